"""The thread that tells: once a second, by itself, and a mistake in it costs the status alone."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from edge.status.beat import EVERY_S, Beat
from edge.status.file import StatusFile
from edge.status.moment import Moment
from edge.status.place import NAME
from edge.status.telling import Telling
from edge.status.told import Status
from tests.in_memory import folder_in_memory
from tests.unit.edge.status.a_status import well
from tests.waiting import wait_until


class Numbered:
    """In place of a daemon: tells how often it was asked; raises while it is broken, waits while it is held up."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_broken = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.moments: list[Moment | None] = []

    def status(self, moment: Moment | None, *, cpu_s: float, writes_failed: int) -> Status:
        self.asked += 1
        self.may_go_on.wait()
        if self.is_broken:
            raise KeyError("a figure of somebody else")
        self.moments.append(moment)
        return well(daemon__up_s=float(self.asked), own__cpu_percent=cpu_s, own__writes_failed=writes_failed)


@contextmanager
def beating(numbered: Numbered) -> Iterator[tuple[Beat, Path]]:
    with folder_in_memory() as folder, Beat(StatusFile([folder], is_asked=True), cast("Telling", numbered)) as beat:
        yield beat, folder / NAME


def told(file: Path) -> float:
    """How often it was asked, as the file says; 0 while there is none."""
    return float(json.loads(file.read_bytes())["daemon"]["up_s"]) if file.exists() else 0.0


def test_it_tells_whether_anything_is_judged_or_not_and_takes_the_file_away() -> None:
    numbered = Numbered()
    with beating(numbered) as (_, file):
        wait_until(lambda: told(file) >= 2, "two beats")
        assert numbered.moments[:2] == [None, None]
    assert not file.exists()


def test_a_mistake_is_logged_once_and_the_next_beat_tries_again(caplog: pytest.LogCaptureFixture) -> None:
    numbered = Numbered()
    numbered.is_broken = True
    with beating(numbered) as (_, file):
        wait_until(lambda: numbered.asked >= 3, "three beats")
        assert not file.exists()
        numbered.is_broken = False
        wait_until(lambda: told(file) > 0, "it tells again")
    assert [record.getMessage() for record in caplog.records] == ["the status cannot be told"]


def test_who_judges_never_waits_for_who_tells() -> None:
    """The teller is held up in the middle of its work; a moment is handed over all the same."""
    numbered = Numbered()
    numbered.may_go_on.clear()
    moment = cast("Moment", object())
    with beating(numbered) as (beat, _):
        wait_until(lambda: numbered.asked == 1, "it is in the middle")
        began = time.perf_counter()
        for _ in range(1000):
            beat.show(moment)
        assert time.perf_counter() - began < 1.0
        numbered.may_go_on.set()
        wait_until(lambda: moment in numbered.moments, "the moment is told")


def test_a_moment_is_wanted_once_a_second_and_none_without_a_file(caplog: pytest.LogCaptureFixture) -> None:
    now_s = 100.0
    with folder_in_memory() as folder:
        beat = Beat(StatusFile([folder], is_asked=True), cast("Telling", Numbered()), monotonic=lambda: now_s)
        wanted = 0
        for _ in range(40):  # ten looks a second
            wanted += beat.is_due
            now_s += EVERY_S / 10
        assert wanted == 4
    with caplog.at_level(logging.INFO):
        nowhere = Beat(StatusFile([], is_asked=False), cast("Telling", Numbered()))
    with nowhere:
        assert not nowhere.is_due
        assert not any(thread.name == "status" for thread in threading.enumerate())
    assert caplog.records == []
