"""The project's files, and what their text says, for tidy_test."""

import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE_SUFFIXES = (".cc", ".h")


@functools.cache
def files() -> tuple[str, ...]:
    """Every file that is or may be committed, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = [name for name in listing.stdout.split("\0") if name]
        return tuple(sorted(n for n in names if (ROOT / n).is_file()))
    # Not a clone, perhaps an unpacked archive.
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*")
             if path.is_file())
    return tuple(sorted(str(path) for path in found
                        if path.parts[0] not in ("build", ".git")))


@functools.cache
def read(name: str) -> str:
    """The text of a file; bytes that are no UTF-8 become U+FFFD."""
    return (ROOT / name).read_text(errors="replace")


def is_source(name: str) -> bool:
    return name.endswith(SOURCE_SUFFIXES)


def is_test(name: str) -> bool:
    """Tests may include across the arrows, to compare results."""
    return (name.startswith("tests/") or
            re.search(r"_(test|test_\w+|fuzz)\.(cc|h)$", name) is not None)


def includes(name: str) -> list[str]:
    """What `name` includes, as written between the quotes or brackets."""
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', read(name),
                      re.MULTILINE)


def module_of(path: str) -> str:
    """The module of a source or include path: "base", ..., "apps"."""
    parts = path.removeprefix("src/").split("/")
    return parts[1] if parts[0] == "skerry" else parts[0]


@functools.cache
def table(heading: str) -> tuple[tuple[str, ...], ...]:
    """The rows of the first table below `heading` in ARCHITECTURE.md."""
    _, _, text = read("ARCHITECTURE.md").partition(heading)
    rows = []
    for line in text.splitlines():
        if line.startswith("|"):
            rows.append(tuple(c.strip() for c in line.strip("|").split("|")))
        elif rows:
            break
    return tuple(rows[2:])


def functions(name: str) -> list[tuple[int, int, str]]:
    """First line, length and first line's text of each function.

    Relies on clang-format: a body ends at the first `}` in the column where
    its declaration begins. Functions inside classes are found too.
    """
    lines = read(name).splitlines()
    found = []
    start = None
    for number, line in enumerate(lines):
        if start is None and opens_function(line):
            start = declaration_start(lines, number)
        elif start is not None and ends_at(line, lines[start]):
            found.append((start + 1, number - start + 1, lines[start]))
            start = None
    return found


NOT_A_FUNCTION = re.compile(
    r"\s*(namespace|struct|class|enum|union|extern|if|else|for|while|switch|"
    r"do|case|return|requires)\b|\s*[#}/]")


def opens_function(line: str) -> bool:
    """Whether `line` ends a function's declaration and opens its body."""
    if NOT_A_FUNCTION.match(line) or re.match(r" {5,}", line):
        return False
    return re.search(r"\)( const| noexcept| override| final| -> [^{]+)* \{$",
                     line) is not None


def declaration_start(lines: list[str], number: int) -> int:
    """The line where the declaration that opens on `number` begins."""
    while number > 0 and re.match(r"^ {4,}", lines[number]) and \
            not re.match(r"^\s*[{}]?$", lines[number - 1]):
        number -= 1
    return number


def ends_at(line: str, first: str) -> bool:
    indent = len(first) - len(first.lstrip())
    return line.rstrip(";") == " " * indent + "}"
