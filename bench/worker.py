"""One engine with one model in one process, for measure.py.

usage: worker.py JOB, where JOB is JSON:
  engine, model, threads, inputs (.npz), outputs (.npz to write)

Loads and runs once, then answers on standard output, one JSON a line. After
that, each line on standard input is a number of seconds: it infers for that
long, at least once, and answers with each inference's milliseconds. Ends at
the end of its input.
"""

import json
import os
import pathlib
import sys
import time

import numpy

import engines

# More would make the answer long, and tell nothing new.
RUNS_MAX = 5000


def resident_bytes(key: str) -> int:
    """VmRSS (now) or VmHWM (at most) of this process."""
    status = pathlib.Path("/proc/self/status").read_text()
    for line in status.splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    return 0


def forget_peak() -> None:
    """Makes VmHWM start again from what is resident now."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def mapped_files() -> set[str]:
    """The files that are mapped into this process."""
    maps = pathlib.Path("/proc/self/maps").read_text()
    paths = (line.split(maxsplit=5)[5:] for line in maps.splitlines())
    return {path[0] for path in paths if path and path[0].startswith("/")}


def size_of(paths: set[str]) -> int:
    return sum(os.path.getsize(path) for path in paths
               if os.path.isfile(path))


def measure_start(job: dict, inputs: engines.Arrays
                  ) -> tuple[engines.Engine, dict]:
    """Loads the model and runs it once; what that took."""
    engine = engines.ENGINES[job["engine"]]()
    files_before = mapped_files()
    forget_peak()
    bytes_before = resident_bytes("VmRSS")
    started = time.perf_counter()
    engine.load(job["model"], job["threads"], inputs)
    loaded = time.perf_counter()
    engine.run()
    ended = time.perf_counter()
    libraries = {path for path in mapped_files() - files_before
                 if path != job["model"]}
    return engine, {
        "version": engine.version(),
        "cold_ms": 1e3 * (ended - started),
        "first_run_ms": 1e3 * (ended - loaded),
        "peak_bytes": resident_bytes("VmHWM") - bytes_before,
        "library_bytes": size_of(libraries),
    }


def time_runs(engine: engines.Engine, seconds: float) -> list[float]:
    """Infers for `seconds`; the first inference, which warms up, not timed."""
    engine.run()
    times = []
    deadline = time.perf_counter_ns() + round(1e9 * seconds)
    ended = 0
    while ended < deadline and len(times) < RUNS_MAX:
        started = time.perf_counter_ns()
        engine.run()
        ended = time.perf_counter_ns()
        times.append((ended - started) / 1e6)
    return times


def main() -> None:
    # Whatever a library prints must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    job = json.loads(sys.argv[1])
    with numpy.load(job["inputs"]) as stored:
        inputs = {name: numpy.ascontiguousarray(stored[name])
                  for name in stored.files}
    engine, start = measure_start(job, inputs)
    outputs = {f"{index}": array
               for index, array in enumerate(engine.outputs())}
    numpy.savez(job["outputs"], **outputs)
    print(json.dumps(start), file=answers)
    for line in sys.stdin:
        print(json.dumps(time_runs(engine, float(line))), file=answers)


if __name__ == "__main__":
    main()
