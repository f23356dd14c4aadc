"""Many mixed requests to an agent that is swapped, unloaded and killed from
under them.

$SKERRY_SOAK_REQUESTS and $SKERRY_SOAK_SEED say how many, and which. Run as a
program, it prints what agent_soak prints.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

import agent  # noqa: E402

CLIENTS = 16
# Memory settles in the first so many requests.
REQUESTS_TO_SETTLE = 3_000_000
GROWTH_MAX = 0.02


def make_site(folder: pathlib.Path) -> None:
    """A repository of models, and packages to swap in."""
    for bias in (1, 2, 3, 4):
        agent.affine(folder / "packages" / str(bias), bias)
    for model, package in (("net", "1"), ("isolated", "3")):
        shutil.copytree(folder / "packages" / package,
                        folder / "models" / model / "1")
    (folder / "models/isolated/config.json").write_text('{"isolate": true}')


def soak(folder: pathlib.Path, requests: int, seed: int,
         sanitized: bool) -> subprocess.CompletedProcess:
    make_site(folder)
    # A sanitizer keeps freed memory for a while, to find late uses.
    growth = 0 if sanitized or requests < REQUESTS_TO_SETTLE else GROWTH_MAX
    with agent.Agent(folder, "--repository", folder / "models") as server:
        return subprocess.run(
            [str(agent.cli.BUILD / "bin" / "agent_soak"), server.socket,
             str(server.process.pid), str(folder / "models"),
             str(folder / "packages"), str(requests), str(seed), str(CLIENTS),
             str(growth)], check=False)


def wanted_requests() -> int:
    return int(os.environ.get("SKERRY_SOAK_REQUESTS", 20_000))


def test_each_request_gets_its_own_answer(tmp_path: pathlib.Path) -> None:
    seed = int(os.environ.get("SKERRY_SOAK_SEED", 1))

    assert soak(tmp_path, wanted_requests(), seed,
                agent.is_sanitized()).returncode == 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(soak(pathlib.Path(temporary), wanted_requests(),
                      int(os.environ.get("SKERRY_SOAK_SEED", 1)),
                      agent.is_sanitized()).returncode)
