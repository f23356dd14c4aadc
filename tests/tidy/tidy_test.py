"""Holds the sources to the rules that no compiler checks.

ARCHITECTURE.md says which module may include which, and which one may include
a third party's headers; this test reads those tables and the sources.
"""

import pathlib
import re
import shutil
import subprocess

import pytest

import sources

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = 80
TEXT_SUFFIXES = (".cc", ".h", ".py", ".txt", ".cmake", ".md", ".sh", ".def",
                 ".json", ".yaml", ".yml")
SELF = "tests/tidy/tidy_test.py"


def report(faults: list[str]) -> None:
    """Fails with every fault on a line of its own."""
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def source_files() -> list[str]:
    return [name for name in sources.files() if sources.is_source(name)]


def text_files() -> list[str]:
    names = [name for name in sources.files()
             if name.endswith(TEXT_SUFFIXES) or name in ("run", ".ci/run")]
    return [name for name in names if name != SELF]


def allowed_modules() -> dict[str, set[str]]:
    """Module to what it may include, from ARCHITECTURE.md."""
    rows = sources.table("## Modules")
    everything = {row[0] for row in rows}
    allowed = {}
    for name, _, arrows in rows:
        named = everything if arrows == "all" else set(arrows.split())
        allowed[name] = (named - {"-"}) | {name}
    return allowed


def test_the_module_table_is_read() -> None:
    allowed = allowed_modules()

    assert allowed["base"] == {"base"}
    assert "runtime" not in allowed["compiler"]
    assert "compiler" not in allowed["runtime"]


def test_modules_include_only_what_the_table_allows() -> None:
    allowed = allowed_modules()
    faults = []
    for name in source_files():
        module = sources.module_of(name)
        if sources.is_test(name) or module not in allowed:
            continue
        for include in sources.includes(name):
            other = sources.module_of(include)
            if include.startswith("skerry/") and other not in allowed[module]:
                faults.append(f"{name}: {module} may not include {include}")
    report(faults)


def test_every_module_is_in_the_table() -> None:
    allowed = allowed_modules()
    modules = {sources.module_of(name) for name in source_files()
               if name.startswith("src/")}

    assert modules <= set(allowed), "add a row to ARCHITECTURE.md"


def test_kernels_include_only_kernels_and_intrinsics() -> None:
    own = re.compile(r"skerry/kernels/|[a-z0-9]*intrin\.h$|arm_\w+\.h$")
    faults = [f"{name}: includes {include}"
              for name in source_files()
              if name.startswith("src/skerry/kernels/")
              and not sources.is_test(name)
              for include in sources.includes(name) if not own.match(include)]
    report(faults)


def test_third_party_headers_stay_with_the_module_that_wraps_them() -> None:
    faults = []
    for pattern, wrapper in sources.table("## Third parties"):
        prefix = pattern.strip("`").replace("...", "")
        owners = wrapper.strip("`").split("`, `")
        for name in source_files():
            if sources.is_test(name) or name.startswith(tuple(owners)):
                continue
            faults += [f"{name}: {include} belongs to {wrapper}"
                       for include in sources.includes(name)
                       if include.startswith(prefix)]
    report(faults)


def test_files_are_short_enough() -> None:
    faults = []
    for name in source_files():
        count = sources.read(name).count("\n")
        if count > FILE_LINES_MAX and "/kernels/" not in name:
            faults.append(f"{name}: {count} lines, limit {FILE_LINES_MAX}")
    report(faults)


def test_functions_are_short_enough() -> None:
    faults = [f"{name}:{line}: {count} lines, limit {FUNCTION_LINES_MAX}: "
              f"{text.strip()}"
              for name in source_files()
              for line, count, text in sources.functions(name)
              if count > FUNCTION_LINES_MAX]
    report(faults)


def test_lines_fit_in_80_columns() -> None:
    faults = []
    for name in text_files():
        if not name.endswith((".cc", ".h", ".py", ".cmake")):
            continue
        for number, line in enumerate(sources.read(name).splitlines(), 1):
            if len(line) > LINE_COLUMNS_MAX and "://" not in line:
                faults.append(f"{name}:{number}: {len(line)} columns")
    report(faults)


def test_sources_are_formatted() -> None:
    program = shutil.which("clang-format-19")
    if program is None:
        pytest.skip("clang-format-19 is not installed")

    result = subprocess.run(
        [program, "--dry-run", "-Werror", *source_files()],
        cwd=sources.ROOT, capture_output=True, text=True, check=False)

    names = set(re.findall(r"^(\S+?):\d+:\d+: error", result.stderr,
                           re.MULTILINE))
    report([f"{name}: not formatted; ./run fmt" for name in sorted(names)])


def test_every_source_file_is_in_a_cmake_list() -> None:
    lists = {str(pathlib.PurePath(name).parent): sources.read(name)
             for name in sources.files() if name.endswith("CMakeLists.txt")}
    faults = []
    for name in source_files():
        if not name.endswith(".cc"):
            continue
        path = pathlib.PurePath(name)
        listed = any(re.search(rf"(?<![\w/.]){re.escape(relative(path, at))}"
                               r"(?!\w)", lists[str(at)])
                     for at in path.parents if str(at) in lists)
        if not listed:
            faults.append(f"{name}: in no CMakeLists.txt")
    report(faults)


def relative(path: pathlib.PurePath, folder: pathlib.PurePath) -> str:
    return str(path.relative_to(folder))


def test_every_limit_is_documented() -> None:
    page = "docs/operating/limits.md"
    documented = sources.read(page)
    faults = []
    for name in source_files():
        # The sizes of register tiles are no limits.
        if (not name.startswith("src/") or not name.endswith(".h")
                or name.startswith("src/skerry/kernels/")):
            continue
        constants = re.findall(r"constexpr [\w:<> ]*?\b(k\w*Max)\b",
                               sources.read(name))
        faults += [f"{name}: {constant} is not in {page}"
                   for constant in constants
                   if f"`{constant}`" not in documented]
    report(faults)


LEFTOVERS = (
    (r"\b(TODO|FIXME)\b(?!\(#\d+\))|\bXXX\b", "an open end without an issue"),
    (r"\.\./shared", "a path outside the project"),
    (r"(?<![\w.{}$/])/(work|tmp|home|root|mnt)/", "a path of one machine"),
    (r"^(<<<<<<<|>>>>>>>|=======$)", "a merge conflict"),
    (r"[ \t]$", "white space at the end of a line"),
    (r"\bfile\s*\(\s*GLOB", "sources are listed by hand"),
)


@pytest.mark.parametrize("pattern,what", LEFTOVERS,
                         ids=[what for _, what in LEFTOVERS])
def test_nothing_is_left_over(pattern: str, what: str) -> None:
    faults = []
    for name in text_files():
        if name.startswith("bench/results/"):
            continue
        for number, line in enumerate(sources.read(name).splitlines(), 1):
            if re.search(pattern, line):
                faults.append(f"{name}:{number}: {what}: {line.strip()}")
    report(faults)


def test_headers_are_guarded_and_open_no_namespace() -> None:
    faults = []
    for name in source_files():
        text = sources.read(name)
        guard = name.removeprefix("src/").upper()
        guard = "#define " + re.sub(r"\W", "_", guard) + "_"
        # C headers for others have the guard that every C compiler knows.
        if (name.endswith(".h") and "#pragma once" not in text
                and guard not in text):
            faults.append(f"{name}: no #pragma once")
        if re.search(r"^\s*using namespace", text, re.MULTILINE):
            faults.append(f"{name}: using namespace")
    report(faults)
