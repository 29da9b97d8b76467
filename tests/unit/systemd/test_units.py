"""The units as systemd itself judges them, in a root where the programs are; and the samples as the daemon does."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.programs import run
from tests.shared import ROOT

UNITS: Final = sorted((ROOT / "systemd").glob("*.service"))
SAMPLES: Final = sorted((ROOT / "systemd" / "samples").glob("*.toml"))
EXPOSURE_MAX: Final = 2.0
ANALYZE: Final = shutil.which("systemd-analyze") or ""
needs_systemd: Final = pytest.mark.skipif(not ANALYZE, reason="systemd-analyze is not installed")


def analyzed(*arguments: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "SYSTEMD_LOG_COLOR": "0", "SYSTEMD_COLORS": "0", "SYSTEMD_EMOJI": "0"}
    return subprocess.run(
        [ANALYZE, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, timeout=60, env=environ
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the units, their programs where these say they are."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("telltale-edge", "telltale-cloud"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/telltale/bin", str(programs)))
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("unit", [unit.name for unit in UNITS])
def test_systemd_has_nothing_to_say_of_a_unit(unit: str, installed: Path) -> None:
    done = analyzed("verify", "--recursive-errors=no", "--man=no", installed / unit, cwd=installed)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_systemd
def test_a_mistake_in_a_unit_is_found(installed: Path) -> None:
    broken = installed / "telltale-edge.service"
    broken.write_text(broken.read_text().replace("WatchdogSec=30", "WatchdogSec=soon"))
    done = analyzed("verify", "--recursive-errors=no", "--man=no", broken, cwd=installed)
    assert (done.returncode, "ignoring: soon" in done.stderr) == (1, True)


@needs_systemd
@pytest.mark.parametrize("unit", [unit.name for unit in UNITS])
def test_what_a_unit_exposes_is_little(unit: str, installed: Path) -> None:
    done = analyzed("security", "--offline=true", "--threshold=100", installed / unit, cwd=installed)
    [level] = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert float(level) <= EXPOSURE_MAX, done.stdout


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_sample_is_a_configuration(sample: Path, tmp_path: Path) -> None:
    (tmp_path / sample.name).write_text(sample.read_text())
    done = run("telltale-edge", "check", "--config", tmp_path / sample.name)
    assert done.status == 0, done.err


def test_the_first_boot_starts_nothing_once_the_claim_that_is_lent_to_it_is_gone() -> None:
    """systemd sets credentials up anew for each command, and fails where their file is missing."""
    unit = (ROOT / "systemd" / "telltale-first-boot.service").read_text()
    commands = re.findall(r"(?m)^Exec\w+=\S*?(\w+(?:-\w+)*) .*", unit)
    assert commands == ["telltale-edge", "systemctl", "rm"]
