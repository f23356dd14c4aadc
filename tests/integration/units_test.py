"""The unit files, as systemd itself reads and judges them."""

import pathlib
import subprocess

import pytest

import cli

# The exposure that systemd counts, in tenths: no more than there was when the
# units were last tried under a systemd.
UNITS = {"skerry-cloud": 33, "skerry-agent": 19}


def systemd_analyze(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["systemd-analyze", *map(str, words)], capture_output=True, text=True,
        timeout=60, check=False)


@pytest.fixture(name="unit", params=UNITS)
def make_unit(request, tmp_path) -> pathlib.Path:
    """The unit with the program that was built, not one that is installed."""
    name = request.param
    text = (cli.ROOT / "apps" / name / f"{name}.service").read_text()
    program = cli.BUILD.absolute() / "bin" / name
    assert f"ExecStart=/usr/bin/{name} " in text
    unit = tmp_path / f"{name}.service"
    unit.write_text(text.replace(f"/usr/bin/{name}", str(program)))
    return unit


def test_systemd_takes_every_line(unit) -> None:
    verified = systemd_analyze("verify", "--man=no", unit)

    assert verified.returncode == 0, verified.stderr
    assert unit.name not in verified.stderr


def test_the_unit_is_no_more_exposed_than_it_was(unit) -> None:
    judged = systemd_analyze("security", "--offline=true",
                             f"--threshold={UNITS[unit.stem]}", unit)

    assert judged.returncode == 0, judged.stdout


def test_a_fault_in_a_unit_is_found(unit) -> None:
    unit.write_text(unit.read_text().replace("NoNewPrivileges=yes",
                                             "NoNewPrivilege=yes"))

    verified = systemd_analyze("verify", "--man=no", unit)
    judged = systemd_analyze("security", "--offline=true",
                             f"--threshold={UNITS[unit.stem]}", unit)

    assert "NoNewPrivilege" in verified.stderr
    assert judged.returncode != 0
