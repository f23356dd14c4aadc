"""Runs every fuzz target for a while, some at the same time.

usage: run_fuzzers.py --build DIR --seconds S --jobs J --junit FILE

The targets are the programs `DIR/bin/*_fuzz`. Inputs that were found earlier
are in `corpus/<target>` beside this script, and each run begins with them. A
target that finds a fault leaves the input in `DIR/findings`; put it into the
corpus together with the fix.
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
# Readers of large formats get all of the time; the others a third.
LARGE = {"onnx_import_fuzz", "ir_text_fuzz", "manifest_fuzz", "npy_fuzz",
         "image_fuzz"}
INPUT_BYTES_MAX = 1 << 16
MEMORY_MIB_MAX = 2048


def run_one(target: pathlib.Path, build: pathlib.Path, seconds: int) -> str:
    """Fuzzes `target`; returns the end of its output if it found a fault."""
    found = build / "fuzz-corpus" / target.name
    findings = build / "findings"
    found.mkdir(parents=True, exist_ok=True)
    findings.mkdir(exist_ok=True)
    if target.name not in LARGE:
        seconds = max(1, seconds // 3)
    command = [
        str(target),
        str(found),
        f"-max_total_time={seconds}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-rss_limit_mb={MEMORY_MIB_MAX}",
        "-timeout=20",
        "-print_final_stats=1",
        f"-artifact_prefix={findings}/{target.name}-",
    ]
    if (CORPUS / target.name).is_dir():
        command.insert(2, str(CORPUS / target.name))
    result = subprocess.run(command, capture_output=True, text=True,
                            errors="replace", check=False)
    if result.returncode != 0:
        return result.stderr[-3000:] or f"exit code {result.returncode}"
    return ""


def write_junit(path: pathlib.Path, faults: dict[str, str]) -> None:
    """Writes the report that tests/summary.py reads."""
    suite = ElementTree.Element("testsuite", name="fuzz")
    for name, fault in sorted(faults.items()):
        case = ElementTree.SubElement(suite, "testcase", name=name,
                                      classname="fuzz")
        if fault:
            # XML has no place for control characters.
            text = "".join(c for c in fault if c.isprintable() or c == "\n")
            ElementTree.SubElement(case, "failure").text = text
    ElementTree.ElementTree(suite).write(path)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--junit", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    targets = sorted((arguments.build / "bin").glob("*_fuzz"))
    faults: dict[str, str] = {}
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        started = time.monotonic()
        runs = {
            pool.submit(run_one, target, arguments.build, arguments.seconds):
                target.name for target in targets
        }
        for run in concurrent.futures.as_completed(runs):
            name = runs[run]
            faults[name] = run.result()
            outcome = "FAULT FOUND" if faults[name] else "no fault"
            print(f"    {name}: {outcome} "
                  f"({time.monotonic() - started:.0f} s in)", flush=True)
            if faults[name]:
                print(faults[name], file=sys.stderr)
    write_junit(arguments.junit, faults)
    return 1 if any(faults.values()) or not targets else 0


if __name__ == "__main__":
    sys.exit(main())
