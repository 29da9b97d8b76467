"""The tests of this folder once more, on real vcan: in a small machine whose kernel has CAN."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT
from tests.vehicle.clients import HAS_VCAN

TIMEOUT_S = 1200
CONTROLLERS = "-object can-bus,id=cb0 -device kvaser_pci,canbus=cb0 -device kvaser_pci,canbus=cb0"
"""Two emulated ones on a wire of their own: can0 and can1, for who sets bit rates."""
HARNESS = 125
"""What the tool ends with when the guest could not be had: no root, no packages."""


@pytest.mark.guest
@pytest.mark.timeout(TIMEOUT_S + 60)
@pytest.mark.skipif(HAS_VCAN, reason="this kernel has vcan itself")
@pytest.mark.skipif(os.geteuid() != 0, reason="a guest machine needs root")
def test_on_real_vcan(shared: Path) -> None:
    tool = shared / "tools" / "run-in-vm"
    if not tool.exists():
        pytest.skip("no tool that boots a guest machine")
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/vehicle"]
    command = [str(tool), "--cpus", "2", "--timeout", str(TIMEOUT_S), "--", *tests]
    environ = {**os.environ, "RUN_IN_VM_QEMU": CONTROLLERS}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=TIMEOUT_S + 30
    )
    if done.returncode == HARNESS:
        pytest.skip(f"no guest machine: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    print(done.stdout[-2000:])
