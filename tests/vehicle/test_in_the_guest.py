"""The tests of this folder once more, on real vcan: in a small machine whose kernel has CAN."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT
from tests.vehicle.clients import HAS_VCAN

TIMEOUT_S = 5400
SLOWER = 12
"""Than this machine is one that is emulated (10 to 13 times)."""
CONTROLLERS = "-object can-bus,id=cb0 -device kvaser_pci,canbus=cb0 -device kvaser_pci,canbus=cb0"
"""Options of the emulator."""
HERE = "tests/vehicle"
HARNESS = 125
"""What the tool ends with when the guest could not be had: no root, no packages."""


@pytest.mark.guest
@pytest.mark.timeout(TIMEOUT_S + 60)
@pytest.mark.skipif(HAS_VCAN, reason="this kernel has vcan itself")
@pytest.mark.skipif(os.geteuid() != 0, reason="a guest machine needs root")
def test_on_real_vcan(shared: Path) -> None:
    _in_the_guest(shared, HERE)


@pytest.mark.guest
@pytest.mark.timeout(TIMEOUT_S + 60)
@pytest.mark.skipif(HAS_VCAN, reason="this kernel has vcan itself")
@pytest.mark.skipif(os.geteuid() != 0, reason="a guest machine needs root")
def test_on_real_controllers(shared: Path) -> None:
    """Two on one wire, which the guest's kernel drives as it does real ones."""
    _in_the_guest(shared, f"{HERE}/test_doctor_controllers.py {HERE}/test_controllers.py", RUN_IN_VM_QEMU=CONTROLLERS)


def _in_the_guest(shared: Path, tests: str, **environ: str) -> None:
    tool = shared / "tools" / "run-in-vm"
    if not tool.exists():
        pytest.skip("no tool that boots a guest machine")
    cache = os.environ.get("RUN_IN_VM_CACHE", str(Path.home() / ".cache" / "run-in-vm"))
    driver = f"{cache}/k/bin/busybox modprobe kvaser_pci; " if environ else ""
    slowly = f"TELLTALE_TESTS_SLOWER={SLOWER} exec {sys.executable} -m pytest -q -p no:cacheprovider"
    script = f"{driver}{slowly} --timeout {TIMEOUT_S // 3} {tests}"
    command = [str(tool), "--cpus", "2", "--timeout", str(TIMEOUT_S), "--", "sh", "-c", script]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, check=False,
        timeout=TIMEOUT_S + 30,
    )  # fmt: skip
    if done.returncode == HARNESS:
        pytest.skip(f"no guest machine: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    print(done.stdout[-2000:])
