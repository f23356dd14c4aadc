"""Times several engines on the same model and input, turn by turn.

Each engine sits in a process of its own (worker.py) and waits while another
one runs, so that no engine's memory or threads disturb another's, and all meet
the same other load of the machine. A round lets each engine infer for a short
while; the order changes from round to round.
"""

import dataclasses
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

import numpy

WORKER = pathlib.Path(__file__).resolve().parent / "worker.py"
# Worker threads of the engine that ran before may still spin for a while.
PAUSE_S = 0.03
COLD_STARTS = 3


@dataclasses.dataclass
class Subject:
    """One engine and its form of the model."""

    engine: str
    model: str
    start: dict = dataclasses.field(default_factory=dict)
    fault: str = ""
    outputs: list[numpy.ndarray] = dataclasses.field(default_factory=list)
    times_ms: list[float] = dataclasses.field(default_factory=list)
    round_medians_ms: list[float] = dataclasses.field(default_factory=list)


class Worker:
    """A worker process, loaded and ready to run."""

    def __init__(self, subject: Subject, threads: int, inputs: pathlib.Path,
                 folder: pathlib.Path) -> None:
        outputs = folder / f"{subject.engine}.npz"
        job = {"engine": subject.engine, "model": subject.model,
               "threads": threads, "inputs": str(inputs),
               "outputs": str(outputs)}
        self._log = folder / f"{subject.engine}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-B", str(WORKER), json.dumps(job)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                text=True, env=environment(threads))
        self.start = self._answer()
        with numpy.load(outputs) as stored:
            self.outputs = [stored[name] for name in stored.files]

    def run(self, seconds: float) -> list[float]:
        """Infers for a while; the time of each inference in ms."""
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            said = self._log.read_text(errors="replace").strip().splitlines()
            raise RuntimeError(said[-1] if said else "stopped silently")
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def environment(threads: int) -> dict[str, str]:
    """For a worker: threads as wanted, and OpenBLAS's own choice of CPU."""
    variables = dict(os.environ, OMP_NUM_THREADS=str(threads),
                     OPENBLAS_NUM_THREADS=str(threads))
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        variables.pop(name, None)
    return variables


def measure(subjects: list[Subject], threads: int, inputs: pathlib.Path,
            folder: pathlib.Path, seconds: float, rounds: int) -> None:
    """Fills in each subject's times, for `seconds` in all per subject.

    A subject that cannot load or run gets a `fault` and no times.
    """
    folder.mkdir(parents=True, exist_ok=True)
    workers: dict[str, Worker] = {}
    for subject in subjects:
        try:
            workers[subject.engine] = start_best(subject, threads, inputs,
                                                 folder)
        except RuntimeError as error:
            subject.fault = str(error)
    ready = [s for s in subjects if s.engine in workers]
    order = random.Random(rounds)
    for _ in range(rounds):
        order.shuffle(ready)
        for subject in ready:
            time.sleep(PAUSE_S)
            times = workers[subject.engine].run(seconds / rounds)
            subject.times_ms += times
            subject.round_medians_ms.append(statistics.median(times))
    for worker in workers.values():
        worker.close()


def start_best(subject: Subject, threads: int, inputs: pathlib.Path,
               folder: pathlib.Path) -> Worker:
    """Starts the subject a few times; keeps the last and the median start."""
    starts = []
    for attempt in range(COLD_STARTS):
        worker = Worker(subject, threads, inputs, folder)
        starts.append(worker.start)
        if attempt + 1 < COLD_STARTS:
            worker.close()
    subject.outputs = worker.outputs
    subject.start = dict(worker.start)
    for key in ("cold_ms", "first_run_ms", "peak_bytes"):
        subject.start[key] = statistics.median(s[key] for s in starts)
    return worker


def relative_error(found: list[numpy.ndarray],
                   wanted: list[numpy.ndarray]) -> float:
    """The largest difference, relative to the largest magnitude wanted.

    Infinite if the outputs differ in number or shape.
    """
    if len(found) != len(wanted):
        return float("inf")
    worst = 0.0
    for a, b in zip(found, wanted):
        if a.shape != b.shape:
            return float("inf")
        if b.size == 0:
            continue
        scale = float(numpy.max(numpy.abs(b.astype(numpy.float64)))) or 1.0
        difference = numpy.abs(a.astype(numpy.float64)
                               - b.astype(numpy.float64))
        worst = max(worst, float(numpy.max(difference)) / scale)
    return worst
