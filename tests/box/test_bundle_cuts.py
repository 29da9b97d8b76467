"""The power of a box is cut while a bundle is applied: what it runs is wholly what it was, or wholly what comes."""

import hashlib
import json
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from edge.updates.overlay import FILE
from tests.box.debian import bare_system, disk_with, wheel
from tests.box.test_box import BOOT_S, HERE, pytestmark  # noqa: F401  # pytest reads it
from tests.bundles import RULE, SETS_RULES, VERSION, bundle_of, packed, standing_vehicle
from tests.machines import Machine
from tests.programs import run

MOMENTS: Final = (
    ("asked", 0.0, 12.0), ("unpacks", 0.0, 0.3), ("unpacks", 0.0, 20.0), ("is to be tried", 0.0, 0.3),
    ("is to be tried", 0.0, 6.0), ("trying", 0.0, 0.3), ("trying", 0.0, 25.0), ("kept", 0.0, 0.3),
)  # fmt: skip
"""From when on, and between how many seconds later, the power may go."""
CUTS: Final = 10
RULES: Final = 3
PADDING_BYTES: Final = 300_000
SEED: Final = 20261130
INIT: Final = """#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sysfs /sys
exec /usr/bin/python3 -u /srv/trial.py
"""


def files_of(version: int) -> dict[str, str | bytes]:
    """A bundle of rules that fire at once and tell its version, and of something that takes its time to be written."""
    rules = "".join(RULE.format(number=f"{version}_{number}") for number in range(RULES))
    padding = random.Random(version).randbytes(PADDING_BYTES)
    return {FILE: SETS_RULES, "rules/more.toml": rules, "dbc/padding.dbc": padding}


def digest_of(version: int) -> str:
    """As the trial gives it of a slot in which all of it lies."""
    found = hashlib.sha256()
    for name, content in sorted(files_of(version).items()):
        raw = content.encode() if isinstance(content, str) else content
        found.update(f"{name} {hashlib.sha256(raw).hexdigest()}\n".encode())
    return found.hexdigest()


def fires_of(version: int) -> list[str]:
    return sorted(f"rule_{version}_{number}" for number in range(RULES)) if version else []


def bring(root: Path) -> None:
    """What an image's builder does; a vehicle that stands, and every bundle that will be asked for."""
    installed = run("telltale-edge", "install", "--root", root)
    assert installed.status == 0, installed.err
    (root / "srv" / "init").write_text(INIT)
    (root / "srv" / "init").chmod(0o755)
    standing_vehicle(root / "srv" / "drive.csv")
    folder = root / "srv" / "bundles"
    folder.mkdir()
    for version in range(VERSION, VERSION + CUTS + 1):
        archive = packed(files_of(version))
        bundle = bundle_of(archive, version=version, id_=f"{version:032x}", name=f"number {version - VERSION}")
        (folder / f"{version}.zip").write_bytes(archive)
        (folder / f"{version}.json").write_text(bundle.model_dump_json(by_alias=True))


@dataclass
class Boot:
    """What one boot said until its power went."""

    lies: dict[str, Any] = field(default_factory=dict)
    """What the disk had before anything of ours was started."""
    ran: list[dict[str, Any]] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)

    @property
    def is_alive(self) -> bool:
        """The daemon judges, or has brought the bundle on."""
        return bool(self.ran) or len(self.moments) > 1

    @property
    def kept(self) -> int:
        journal = self.lies["journal"]
        return 0 if journal == "none" else int(journal["kept"][0])

    @property
    def comes(self) -> int:
        """The bundle that is applied in this boot."""
        journal = self.lies["journal"]
        if journal == "none":
            return VERSION
        is_open = journal["wanted"] or journal["tries"]
        return int(journal["newest"]) + (0 if is_open else 1)

    @property
    def runnable(self) -> list[tuple[int, str]]:
        """Versions and slots of what is kept or tried, where a bundle is."""
        journal = self.lies["journal"]
        told = [] if journal == "none" else [journal["kept"], journal["tries"]]
        return [(version, slot) for version, slot in filter(None, told) if slot]


def lived(machine: Machine, moment: str, after_s: float) -> Boot:
    """One boot, cut so long after the moment, but not before the daemon lives; or so long after its end."""
    boot, timer, is_near = Boot(), threading.Timer(after_s, machine.cut_now), False
    for what, told in said_by(machine):
        match what:
            case "lies there":
                boot.lies = told
            case "runs":
                boot.ran.append(told)
            case "moment":
                boot.moments.append(told)
                is_near |= told in (moment, "kept", "refused", "rolled_back")
        if is_near and boot.is_alive and not timer.ident:
            timer.start()
    timer.cancel()
    machine.cut()
    return boot


def said_by(machine: Machine) -> Iterator[tuple[str, Any]]:
    for line in machine.lines():
        if line:
            print(line)
        if line.startswith("@@ "):
            what, told = json.loads(line[3:])
            yield what, told


@pytest.fixture
def boots(shared: Path, tmp_path: Path) -> Iterator[Boot]:
    """One for each cut and one more, as they come."""
    tool = shared / "tools" / "boot-disk"
    if not tool.exists():
        pytest.skip("no tool that boots a disk")
    given = {"first": VERSION, "patience_s": BOOT_S - 300}
    trial = HERE / "trials" / "bundle_cuts.py"
    image = disk_with(bare_system(), wheel(tmp_path), tmp_path, trial, given, prepare=bring)
    rng = random.Random(SEED)

    def lives() -> Iterator[Boot]:
        for number in range(CUTS + 1):
            moment, *between = MOMENTS[number % len(MOMENTS)]
            after_s = rng.uniform(*between)
            print(f"-- boot {number}: its power goes {after_s:.1f} s after {moment!r}")
            yield lived(Machine(tool, image, BOOT_S, init="/srv/init", memory_mb=1024), moment, after_s)

    return lives()


@pytest.mark.timeout(2 * 3600)
def test_a_power_cut_while_a_bundle_is_applied_leaves_the_old_or_the_new_and_the_daemon_runs(
    boots: Iterator[Boot],
) -> None:
    before: Boot | None = None
    cut_at, ran_new = [], 0
    for boot in boots:
        assert boot.lies["journal"] != "damaged"
        assert boot.kept in ((before.kept, before.comes) if before else (0,)), "the old or the new"
        assert all(boot.lies["slots"][slot] == digest_of(version) for version, slot in boot.runnable), "and whole"
        assert boot.is_alive, "the daemon runs"
        for ran in boot.ran:
            assert ran["version"] in (boot.kept, boot.comes)
            assert ran["fires"] == fires_of(ran["version"]), "nothing of one beside the other"
            ran_new += ran["version"] == boot.comes
        cut_at.append(boot.moments[-1])
        before = boot
    print("cut at", cut_at)
    assert len(cut_at) == CUTS + 1
    assert ran_new, "the new one came to run"
    assert {"unpacks", "trying"} <= set(cut_at)
