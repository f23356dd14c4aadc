"""A program of Skerry that serves for as long as the demo needs it."""

import pathlib
import re
import subprocess
import time

from console import Fault

READY_S = 60
STOP_S = 40
LOG_LINES = 20


class Service:
    """Ends with its `with` block, and with this process in any case. Its
    output goes to FOLDER/NAME.log, and is shown if the block fails."""

    def __init__(self, folder: pathlib.Path, ready: str,
                 command: list[object]) -> None:
        self.folder = folder
        self.name = pathlib.Path(str(command[0])).name
        self._ready = re.compile(ready)
        self._command = ["setpriv", "--pdeathsig", "TERM", "--",
                         *(str(word) for word in command)]
        self._log = folder / f"{self.name}.log"
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "Service":
        with self._log.open("w") as log:
            # Not in our group of processes: Ctrl-C is for us alone, and what
            # we ask of it meanwhile still gets its answer.
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=subprocess.STDOUT,
                cwd=self.folder, start_new_session=True)
        try:
            self._await_ready()
            self._connect()
        except BaseException as fault:
            self.__exit__(type(fault), fault, None)
            raise
        return self

    def _connect(self) -> None:
        """What is to be done once it is ready."""

    def _await_ready(self) -> None:
        """Until the log says that it is ready; `self.ready` is what it said."""
        end = time.monotonic() + READY_S
        while not (found := self._ready.search(self.log())):
            if self._process.poll() is not None:
                raise Fault(f"{self.name} ended with exit code "
                            f"{self._process.returncode}")
            if time.monotonic() > end:
                raise Fault(f"{self.name} is not ready after {READY_S} s")
            time.sleep(0.02)
        self.ready = found

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def __exit__(self, kind: type | None, fault: object, trace: object) -> None:
        if kind is not None and kind is not KeyboardInterrupt:
            print(f"\n    the log of {self.name}:")
            for line in self.log().splitlines()[-LOG_LINES:]:
                print(f"      {line}")
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
