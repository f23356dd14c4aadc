"""The program `skerry-cloud` for the tests: a data folder, the server over it,
and plain HTTP to it. Needs Python's own library only."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time

BUILD = pathlib.Path(os.environ.get("SKERRY_BUILD", "build/ci")).absolute()
PROGRAM = BUILD / "bin" / "skerry-cloud"
COMMAND_LINE = BUILD / "bin" / "skerry"
WAIT_S = 60


def run(*arguments, **options) -> subprocess.CompletedProcess:
    """Runs the program to its end."""
    return subprocess.run([str(word) for word in (PROGRAM, *arguments)],
                          capture_output=True, text=True, timeout=WAIT_S,
                          check=False, **options)


def exports(text: str) -> dict[str, str]:
    """What lines of `export NAME=VALUE` say."""
    return dict(re.findall(r"^export (\w+)=(.*)$", text, re.MULTILINE))


class Cloud:
    """A control plane in `folder`; it may be stopped and started anew."""

    def __init__(self, folder: pathlib.Path, *options, url: str = "",
                 init: tuple = (), of: Cloud | None = None) -> None:
        """`of`: a server whose data folder this one serves as well."""
        self.folder = of.folder if of else folder / "data"
        self.options = options
        self._log_path = folder / "cloud.log"
        self._url = url
        if of:
            self.keys = dict(of.keys)
        else:
            made = run("init", "--data", self.folder, *init)
            assert made.returncode == 0, made.stderr
            self.keys = exports(made.stdout)
        self.start()

    def start(self) -> None:
        self._log = self._log_path.open("w")
        self.process = subprocess.Popen(
            [str(word) for word in (
                PROGRAM, "serve", "--data", self.folder,
                "--listen", "127.0.0.1:0", *self.options)],
            stdout=self._log, stderr=subprocess.STDOUT)
        self.port = self._await_port()

    def _await_port(self) -> int:
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if found := re.search(r"listening.* port=(\d+)", self.log()):
                return int(found[1])
            assert self.process.poll() is None, self.log()
            time.sleep(0.02)
        raise AssertionError("the server does not listen: " + self.log())

    def log(self) -> str:
        return self._log_path.read_text()

    @property
    def url(self) -> str:
        return f"{self._url or 'http'}://127.0.0.1:{self.port}"

    def environment(self, **more: str) -> dict[str, str]:
        """What points stock clients here, and at nothing else."""
        return {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
                "AWS_EC2_METADATA_DISABLED": "true", **self.keys,
                "AWS_ENDPOINT_URL": self.url, **more}

    def skerry(self, *arguments, **more: str) -> subprocess.CompletedProcess:
        """Runs `skerry cloud ...` against the server."""
        return subprocess.run(
            [str(word) for word in (COMMAND_LINE, "cloud", *arguments)],
            capture_output=True, text=True, timeout=WAIT_S, check=False,
            env=self.environment(**more))

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=WAIT_S)

    def get(self, path: str, headers: dict | None = None):
        """Status, headers and body of an unsigned GET."""
        connection = self.connect()
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    def metric(self, name: str) -> float:
        text = self.get("/metrics")[2].decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        assert found, f"no metric {name}"
        return float(found[1])

    def stop(self) -> int:
        """Ends the server as a service manager does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=WAIT_S)
        finally:
            self.process.kill()  # which does nothing to one that has ended
            self._log.close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=WAIT_S)
        self._log.close()


def resident_bytes(process: int, peak: bool = False) -> int:
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    name = "VmHWM" if peak else "VmRSS"
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024


def cpu_seconds(process: int) -> float:
    fields = pathlib.Path(f"/proc/{process}/stat").read_text()
    fields = fields.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def json_of(result: subprocess.CompletedProcess):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
