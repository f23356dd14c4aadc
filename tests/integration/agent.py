"""The program `skerry-agent` for the tests, and models whose answers are
known. Needs Debian's Python packages only."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import numpy
from onnx import helper

import cli

PROGRAM = cli.BUILD / "bin" / "skerry-agent"
READY = " ready models="  # and what was to be loaded at the start is
WAIT_S = 60
COUNT = 64
SLOW_SIZE = 320


def affine(folder: pathlib.Path, bias: float,
           shape: tuple = (1, COUNT)) -> pathlib.Path:
    """A package whose model gives y = 3 * x + bias."""
    folder.mkdir(parents=True)
    source = cli.save(
        folder / "affine.onnx",
        [helper.make_node("Mul", ["x", "three"], ["product"]),
         helper.make_node("Add", ["product", "bias"], ["y"])],
        {"x": shape}, {"y": shape},
        {"three": numpy.array([3], numpy.float32),
         "bias": numpy.array([bias], numpy.float32)})
    return compiled(source)


def slow(folder: pathlib.Path) -> pathlib.Path:
    """A package whose model takes some milliseconds and gives y = x."""
    folder.mkdir(parents=True)
    size = SLOW_SIZE
    identity = numpy.eye(size, dtype=numpy.float32)
    names = ["x", *[f"x{i}" for i in range(5)], "y"]
    nodes = [helper.make_node("MatMul", [before, "w"], [after])
             for before, after in zip(names, names[1:])]
    return compiled(cli.save(folder / "slow.onnx", nodes,
                             {"x": (size, size)}, {"y": (size, size)},
                             {"w": identity}))


def compiled(source: pathlib.Path) -> pathlib.Path:
    """The folder of `source`, which then holds its compiled model only."""
    result = cli.skerry("compile", source, "-o", source.with_suffix(".so"),
                        "--no-self-check")
    assert result.returncode == 0, result.stderr
    source.unlink()
    return source.parent


class Agent:
    """A running agent; ends with its `with` block."""

    def __init__(self, folder: pathlib.Path, *flags: object,
                 socket_path: str | None = None,
                 config: dict | None = None) -> None:
        self.folder = folder
        self.socket = socket_path or str(folder / "agent.sock")
        self.config = folder / "agent.json"
        self.config.write_text(json.dumps(config or {}))
        self.flags = [str(flag) for flag in flags]
        self.lines: list[str] = []
        self.changed = threading.Condition()
        self.process: subprocess.Popen | None = None
        self.start_seconds = 0.0

    def start(self, *more: str, ready: bool = True) -> "Agent":
        """Starts the program, and waits until it says that it is ready."""
        self.lines = []
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [str(PROGRAM), "-a", self.socket, "-c", str(self.config), "-m",
             str(64 << 20), *self.flags, *more],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace")
        threading.Thread(target=self._read, args=[self.process],
                         daemon=True).start()
        if ready:
            self.wait_for(READY)
        self.start_seconds = time.monotonic() - begin
        return self

    def _read(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, text: str) -> str:
        """The line that has `text`, once it is there."""
        def found() -> list[str]:
            return [line for line in self.lines if text in line]

        with self.changed:
            self.changed.wait_for(
                lambda: found() or self.process.poll() is not None, WAIT_S)
            assert found(), f"no '{text}' in: " + "\n".join(self.lines)
            return found()[0]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends the program by a signal; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(WAIT_S)

    def __enter__(self) -> "Agent":
        return self.start("-f")

    def __exit__(self, *_: object) -> None:
        code = self.stop()
        assert code in (0, -signal.SIGKILL), "\n".join(self.lines[-30:])

    def connect(self, timeout: float = WAIT_S) -> "Connection":
        return Connection(self.socket, timeout)

    def get(self, path: str) -> tuple[int, object]:
        with self.connect() as connection:
            return connection.request("GET", path)

    def post(self, path: str, body: object = None) -> tuple[int, object]:
        with self.connect() as connection:
            return connection.request("POST", path, body)

    def load(self, name: str, package: pathlib.Path,
             version: str = "1") -> None:
        """Puts a package into the repository and has it served."""
        place = self.repository / name / version
        place.parent.mkdir(exist_ok=True)
        # Whole at once, since the agent may look at any time.
        shutil.copytree(package, place.with_suffix(".new"))
        place.with_suffix(".new").rename(place)
        status, body = self.post(f"/v2/repository/models/{name}/load", {})
        assert status == 200, body

    @property
    def repository(self) -> pathlib.Path:
        return pathlib.Path(self.flags[self.flags.index("--repository") + 1])

    def metrics(self) -> str:
        status, text = self.get("/metrics")
        assert status == 200
        return text


class Connection(http.client.HTTPConnection):
    """HTTP/1.1 over a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("agent", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def request(self, method: str, path: str, body: object = None,
                headers: dict | None = None) -> tuple[int, object]:
        """The status, and the body: parsed if it is JSON, else text."""
        data = None if body is None else json.dumps(body)
        super().request(method, path, data, headers or {})
        response = self.getresponse()
        content = response.read()
        if content and "json" in response.getheader("Content-Type", ""):
            return response.status, json.loads(content)
        return response.status, content.decode(errors="replace")

    def infer(self, model: str, array: numpy.ndarray, input_name: str = "x",
              **parameters: object) -> tuple[int, object]:
        """Infers with JSON data; the first output as an array."""
        body = {"inputs": [{"name": input_name, "shape": list(array.shape),
                            "datatype": "FP32",
                            "data": array.ravel().tolist()}]}
        if parameters:
            body["parameters"] = parameters
        status, answer = self.request("POST", f"/v2/models/{model}/infer",
                                      body)
        if status != 200:
            return status, answer
        output = answer["outputs"][0]
        return status, numpy.array(output["data"], numpy.float32).reshape(
            output["shape"])


def is_sanitized() -> bool:
    """Whether the agent is built with AddressSanitizer."""
    return b"__asan_init" in PROGRAM.read_bytes()


def resident_bytes(process: int) -> int:
    """The process's memory that is in RAM."""
    pages = pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def children_of(process: int) -> list[int]:
    """The processes that `process` started and that still run."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            status = pathlib.Path("/proc", entry, "stat").read_text()
        except (OSError, NotADirectoryError):
            continue
        fields = status.rpartition(")")[2].split()
        if len(fields) > 1 and int(fields[1]) == process and fields[0] != "Z":
            found.append(int(entry))
    return found


def wait_until(holds: "callable", what: str) -> None:
    """Looks again and again until `holds()`."""
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def free_port() -> int:
    """A TCP port that nobody listens to just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def metric(text: str, name: str, **labels: str) -> float:
    """The sum of the samples of `name` with at least these labels."""
    total = 0.0
    for found in re.finditer(rf"^{name}(?:{{(.*)}})? (\S+)$", text,
                             re.MULTILINE):
        have = dict(re.findall(r'(\w+)="([^"]*)"', found[1] or ""))
        if labels.items() <= have.items():
            total += float(found[2])
    return total
