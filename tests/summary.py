"""Adds up the results of one test step.

usage: summary.py FOLDER

FOLDER holds `ctest.xml`, the JUnit report of ctest, and one JUnit report of
each test program that writes one (GoogleTest, pytest), named like its ctest
entry. Such an entry counts for as many tests as its own report has; any other
entry counts for one. Prints "N passed, M failed" and exits 0.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def read_cases(path: pathlib.Path) -> tuple[int, list[str]]:
    """How many cases of a JUnit report passed, and the names that did not.

    Skipped and disabled cases count as neither.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, OSError):
        return 0, []
    passed = 0
    failed = []
    for case in root.iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif is_run(case):
            passed += 1
    return passed, failed


def is_run(case: ElementTree.Element) -> bool:
    """Whether a case that did not fail was run at all."""
    if case.find("skipped") is not None:
        return False
    if case.get("status") in ("notrun", "disabled"):
        return False
    return case.get("result", "completed") in ("completed", "run")


def add_up(folder: pathlib.Path) -> tuple[int, list[str]]:
    """The sums over all entries of `folder`'s ctest.xml."""
    passed, failed_entries = 0, set()
    _, failures = read_cases(folder / "ctest.xml")
    failed_entries.update(name.rsplit(".", 1)[1] for name in failures)
    failed: list[str] = []
    root = ElementTree.parse(folder / "ctest.xml").getroot()
    for case in root.iter("testcase"):
        name = case.get("name", "")
        inner_passed, inner_failed = read_cases(folder / f"{name}.xml")
        passed += inner_passed
        failed += inner_failed
        if name in failed_entries and not inner_failed:
            failed.append(f"{name} (stopped before its end)")
        elif not inner_passed and not inner_failed and is_run(case):
            passed += 1
    return passed, failed


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    if not (folder / "ctest.xml").exists():
        print("0 passed, 1 failed")
        return 0
    passed, failed = add_up(folder)
    for name in failed[:20]:
        print(f"    FAILED {name}", file=sys.stderr)
    print(f"{passed} passed, {len(failed)} failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
