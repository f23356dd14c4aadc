"""What the demo says, and the commands that it runs."""

import contextlib
import pathlib
import subprocess
import time
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
MIB = 1 << 20


class Fault(Exception):
    """What went wrong, in words for who runs the demo."""


def heading(text: str) -> None:
    print(f"\n==> {text}", flush=True)


def say(text: str) -> None:
    print(f"    {text}", flush=True)


@contextlib.contextmanager
def timed(text: str) -> Iterator[list[str]]:
    """Says the text, with what the block appends to it, and how long the block
    took."""
    said = [text]
    started = time.monotonic()
    yield said
    say(f"{''.join(said)}: {time.monotonic() - started:.1f} s")


def shown(path: pathlib.Path) -> str:
    """The path as seen from the project's folder."""
    inside = path.is_relative_to(ROOT)
    return str(path.relative_to(ROOT) if inside else path)


def mebibytes(path: pathlib.Path) -> str:
    return f"{path.stat().st_size / MIB:.1f} MiB"


def run(*command: object, **options) -> str:
    """Runs a command; its output, or a fault with what it said."""
    words = [str(word) for word in command]
    result = subprocess.run(words, text=True, capture_output=True, check=False,
                            **options)
    if result.returncode != 0:
        raise Fault(f"this command failed:\n  {' '.join(words)}\n"
                    f"{result.stderr.strip()}")
    return result.stdout


def is_newer(target: pathlib.Path, *sources: pathlib.Path) -> bool:
    """Whether `target` exists and was made after all `sources`."""
    return target.exists() and all(
        target.stat().st_mtime >= source.stat().st_mtime
        for source in sources)
