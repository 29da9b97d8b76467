"""The power is cut at random moments while alerts are written: all that was called durable is there."""

import os
import random
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machines import Machine
from tests.power.disk import make_disk

CUTS = 50
"""As many as a winter has hard starts, in which a starter takes the supply away."""
CARELESS_CUTS = 4
WRITES_S = (0.2, 6.0)
BOOT_S = 400
"""A machine whose every instruction is emulated, beside other work, with more to look through after each cut."""
SEED = 20261130


def lives(tool: Path, image: Path, cuts: int) -> list[tuple[int, int, int]]:
    """(called durable before the cut, found at the next boot, notes about the file), one for each cut."""
    rng, told, out = random.Random(SEED), 0, []
    for number in range(cuts + 1):
        machine = Machine(tool, image, BOOT_S, init="/init")
        lines = machine.lines()
        found, notes = what_was_found(lines, after=number)
        if number:
            out.append((told, found, notes))
        told = max(found, 0)
        moment = threading.Timer(rng.uniform(*WRITES_S), machine.cut_now)
        if number < cuts:
            moment.start()
            for line in lines:
                if line.startswith("DURABLE") and line.count(" ") == 1:
                    told = int(line.split()[1])
        machine.cut()
    return out


def what_was_found(lines: Iterator[str], *, after: int) -> tuple[int, int]:
    """What a machine says when it has booted after so many cuts."""
    last: deque[str] = deque(maxlen=20)
    for line in lines:
        if line.startswith("FOUND"):
            found, notes = map(int, line.split()[1:])
            return found, notes
        last.append(line)
    raise AssertionError("\n".join([f"after {after} cuts it does not come up:", *last]))


@pytest.fixture
def tool(shared: Path) -> Path:
    """What boots a disk in a machine without a kernel of its own."""
    found = shared / "tools" / "boot-disk"
    if not found.exists():
        pytest.skip("no tool that boots a disk")
    return found


@pytest.mark.guest
@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.geteuid() != 0, reason="a machine of its own needs root")
def test_what_was_called_durable_is_there_after_each_cut(tool: Path, tmp_path: Path) -> None:
    make_disk(tmp_path / "disk.img", tmp_path / "root")
    outcomes = lives(tool, tmp_path / "disk.img", CUTS)
    print("durable, found, notes:", outcomes)
    assert len(outcomes) == CUTS
    assert all(found >= told for told, found, _ in outcomes)
    assert all(notes == 0 for *_, notes in outcomes), "the file is whole"
    assert outcomes[-1][1] > outcomes[0][1] > 0


@pytest.mark.guest
@pytest.mark.timeout(1800)
@pytest.mark.skipif(os.geteuid() != 0, reason="a machine of its own needs root")
def test_an_outbox_that_does_not_wait_for_the_disk_loses_some(tool: Path, tmp_path: Path) -> None:
    make_disk(tmp_path / "disk.img", tmp_path / "root", is_careless=True)
    outcomes = lives(tool, tmp_path / "disk.img", CARELESS_CUTS)
    print("durable, found, notes:", outcomes)
    assert any(found < told or notes for told, found, notes in outcomes), "so the other test could fail"
