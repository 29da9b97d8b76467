"""What a box keeps of its last moment: how that ended, where it was left, and for how long it was off."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.clock import BUILT_S
from edge.detect.tamper import Before
from edge.sealing import FILE, Sealing
from edge.whereabouts import Fix

HERE = Fix(5, 52.5, 13.4, 4.0)
VIN = "WVWZZZ1JZXW000001"


def taken_up(folder: Path, boot_id: str = "a", now_s: float | None = None) -> tuple[Sealing, Before | None]:
    sealing = Sealing(folder, boot_id, wall_s=lambda: now_s)
    return sealing, sealing.take_up()


@pytest.mark.parametrize(
    ("seals", "boot_id", "ended"),
    [(True, "a", "sealed"), (True, "b", "sealed"), (False, "a", "killed"), (False, "b", "power_lost")],
)
def test_how_it_ended_is_known_at_the_next_start(tmp_path: Path, seals: bool, boot_id: str, ended: str) -> None:
    first, before = taken_up(tmp_path)
    assert before is None, "nothing was before"
    first.see(HERE, VIN, private=False)
    if seals:
        first.seal()
    _, before = taken_up(tmp_path, boot_id)
    assert before is not None
    assert before.ended == ended
    assert before.vin == (VIN if seals else "")
    assert (before.left is not None) is seals


def test_what_was_sealed_and_goes_on_is_open_again_and_forgets_nothing(tmp_path: Path) -> None:
    first, _ = taken_up(tmp_path)
    first.see(HERE, VIN, private=False)
    first.seal()
    first.unseal()
    second, before = taken_up(tmp_path, "b")
    assert before == Before("power_lost", None, Fix(0, 52.5, 13.4, 4.0), VIN)
    assert second.place == Fix(0, 52.5, 13.4, 4.0), "until a receiver says more"
    _, again = taken_up(tmp_path, "c")
    assert again is not None
    assert again.left == before.left


def test_in_private_mode_it_keeps_no_place(tmp_path: Path) -> None:
    first, _ = taken_up(tmp_path)
    first.see(HERE, VIN, private=False)
    first.see(HERE, VIN, private=True)
    first.seal()
    assert "52.5" not in (tmp_path / FILE).read_text()
    assert json.loads((tmp_path / FILE).read_text())["vin"] == VIN


def test_how_long_it_was_off_is_since_something_was_last_written(tmp_path: Path) -> None:
    taken_up(tmp_path)
    for name, at_s in ((FILE, BUILT_S + 100), ("outbox.db", BUILT_S + 50), ("outbox.db-wal", BUILT_S + 700)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (at_s, at_s))
    _, before = taken_up(tmp_path, "b", now_s=BUILT_S + 4300.0)
    assert before is not None
    assert before.off_s == 3600.0


@pytest.mark.parametrize(
    ("written_s", "now_s"), [(BUILT_S + 100.0, None), (100.0, BUILT_S + 9.0), (BUILT_S + 99.0, BUILT_S + 1.0)]
)
def test_where_a_clock_was_not_right_nobody_knows(tmp_path: Path, written_s: float, now_s: float | None) -> None:
    taken_up(tmp_path)
    os.utime(tmp_path / FILE, (written_s, written_s))
    _, before = taken_up(tmp_path, "b", now_s=now_s)
    assert before is not None
    assert before.off_s is None


def test_a_disk_that_refuses_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sealing, _ = taken_up(tmp_path / "gone")
    sealing.seal()
    assert caplog.text.count("how this run ends cannot be kept") == 1


def test_without_a_state_nothing_is_kept() -> None:
    sealing = Sealing(None, "a")
    assert sealing.take_up() is None
    sealing.seal()


@given(st.binary(max_size=300) | st.just(b'{"version":1,"place":{"latitude_deg":91,"longitude_deg":0,"accuracy_m":1}}'))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_it_the_daemon_starts(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    taken_up(tmp_path)
    _, before = taken_up(tmp_path)
    assert before is not None
    assert before.ended == "killed"
