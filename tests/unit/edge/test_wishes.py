"""What the driver asks for: taken at the next tick, and of modes kept what outlives a restart."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.driver.notice import Request, Wish
from edge.modes import Modes
from edge.wishes import WAITING_MAX, Wishes, with_wish


@pytest.mark.parametrize("modes", [Modes(private_wish=True), Modes(withholds=True), Modes(asked_until=5)])
def test_modes_outlive_a_restart_and_only_a_change_is_written(tmp_path: Path, modes: Modes) -> None:
    file = tmp_path / "modes.json"
    wishes = Wishes(file)
    wishes.keep(Modes())
    assert not file.exists(), "there was nothing to keep"
    wishes.keep(modes)
    first = file.stat().st_ino
    wishes.keep(replace(modes, moved_ns=7, at=3))
    assert file.stat().st_ino == first, "nothing that a restart would find has changed"
    again = Wishes(file)
    assert again.recall().kept == modes.kept
    again.keep(modes)
    assert file.stat().st_ino == first
    again.keep(Modes())
    assert Wishes(file).recall() == Modes()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_what_cannot_be_read_is_private(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    (file := tmp_path / "modes.json").write_bytes(content)
    assert Wishes(file).recall().private
    assert "private mode is on until somebody ends it" in caplog.text


def test_a_disk_that_fails_is_said_once_and_the_modes_hold(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state").write_text("a file in place of the folder")
    wishes = Wishes(tmp_path / "state" / "modes.json")
    for _ in range(3):
        wishes.keep(Modes(private_wish=True))
    assert caplog.text.count("end with the next restart") == 1


def test_more_than_any_person_asks_for_is_counted_as_dropped() -> None:
    wishes = Wishes(None)
    for _ in range(WAITING_MAX + 2):
        wishes(Request(Wish.PRIVATE_ON, "button"))
    assert len(wishes.take()) == WAITING_MAX
    assert wishes.counters == {"private_on_by_button": WAITING_MAX, "dropped": 2}
    assert wishes.take() == []


def test_a_wish_changes_its_mode_alone() -> None:
    private = with_wish(Modes(withholds=True), Wish.PRIVATE_ON, 0)
    assert (private.private, private.workshop, private.withholds) == (True, False, True)
    worked_on = with_wish(private, Wish.WORKSHOP_ON, 0)
    assert (worked_on.private, worked_on.workshop) == (True, True)
    assert with_wish(worked_on, Wish.WORKSHOP_OFF, 0).private
    assert with_wish(worked_on, Wish.ACKNOWLEDGE, 0) == worked_on
