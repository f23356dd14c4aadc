"""Runs one Python test for ctest.

usage: run_pytest.py NAME FILE [PYTEST OPTION]...

With SKERRY_RESULTS set, leaves a JUnit report in $SKERRY_RESULTS/NAME.xml.
"""

import os
import sys

import pytest

if __name__ == "__main__":
    name, *options = sys.argv[1:]
    options += ["-q", "-p", "no:cacheprovider"]
    if results := os.environ.get("SKERRY_RESULTS"):
        options.append(f"--junitxml={results}/{name}.xml")
    sys.exit(pytest.main(options))
