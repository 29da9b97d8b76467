"""The workflow is killed with -9 before, in and after all that an agent does; each effect is there exactly once."""

import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any, Final

import pytest
from pydantic import SecretStr

from cloud.config import NotifyConfig
from cloud.database import Database
from cloud.notify.room import make_notify
from cloud.security.audit import Audit
from edge.wire.messages import Severity
from tests.integration.cloud.workflow_runs import make_told, now
from tests.receivers import taking_mail
from tests.shared import ROOT
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import open_cloud
from tests.unit.cloud.telling import ADA
from tests.unit.cloud.vehicle import Speaker
from tests.unit.cloud.workshop import MONDAY, centre

RUNS: Final = 50
AGAIN: Final = 10
"""Of these, killed again and again."""
KILLED: Final = -9
TOLD: Final = [f"case/1/{what}" for what in ("question/1", "offers/1", "booked/1/1", "repaired/1")]


class Lives:
    """The program that lives and dies on command."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.integration.cloud.workflow_runs"]
        self._running = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def live(self, folder: Path, points: str = "-", answer: str = "yes") -> int:
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(f"{folder} {points} {answer}\n")
        self._running.stdin.flush()
        return int(self._running.stdout.readline())

    def end(self) -> str:
        _, errors = self._running.communicate(timeout=30)
        return errors


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    program = Lives()
    try:
        yield program
    finally:
        assert program.end() == ""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one incident and one workshop, and nothing done about it."""
    folder = tmp_path_factory.mktemp("start")
    with open_cloud(folder) as cloud:
        cloud.now = MONDAY
        cloud.scheduling.put_centre(centre(), by="ada")
        cloud.take(Speaker().say(says.alert(1), 1))
        cloud.contacts.put(replace(ADA, severity_min=Severity.INFO), by="ada")
    make_told(folder / "telltale.db")
    return folder


def copy(start: Path, folder: Path) -> Path:
    shutil.copytree(start, folder)
    return folder


def rows(folder: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "telltale.db")) as connection:
        return connection.execute(query).fetchall()


def mailed(folder: Path) -> list[str]:
    """What the owner's mail server gets of all that was told in this life, by subject."""
    database = Database(f"sqlite:///{folder / 'telltale.db'}")
    with closing(database), taking_mail() as mailbox:
        config = NotifyConfig(smtp_url=SecretStr(f"smtp://127.0.0.1:{mailbox.server.port}"))
        worker = make_notify(database, Audit(database, now), config, now).worker
        sending = Thread(target=worker.run, name="notify")
        sending.start()
        deadline = time.monotonic() + 60.0
        while rows(folder, "SELECT 1 FROM deliveries WHERE state <> 'sent'"):
            assert time.monotonic() < deadline, rows(folder, "SELECT * FROM deliveries")
            Event().wait(0.02)
        worker.stop()
        sending.join(60.0)
        return [str(mail["Subject"]) for mail in mailbox.mails]


def check_once(folder: Path) -> None:
    """Everything was done, and nothing twice."""
    subjects = mailed(folder)
    assert len(subjects) == len(set(subjects)) == len(TOLD), subjects
    assert sum("may it be repaired?" in subject for subject in subjects) == 1, "the owner is asked once"
    assert [reason for (reason,) in rows(folder, "SELECT reason FROM told")] == TOLD
    assert rows(folder, "SELECT state FROM bookings") == [("booked",)]
    assert rows(folder, "SELECT state, label FROM work_orders") == [("done", "right")]
    assert rows(folder, "SELECT state, asked FROM cases") == [("repaired", 1)]
    assert rows(folder, "SELECT count(*) FROM incidents WHERE closed_at IS NULL") == [(0,)]
    held = Counter(action for (action,) in rows(folder, "SELECT action FROM audit WHERE action LIKE 'booking_%'"))
    assert held == {"booking_held": 1, "booking_booked": 1}
    [notes] = [rows(folder, "SELECT note FROM case_steps ORDER BY id")]
    assert len(set(notes)) == len(notes), "no step was taken twice"


def passed(folder: Path) -> list[str]:
    return [line.split(" ", 1)[1] for line in (folder / "points.log").read_text().splitlines()]


def test_killed_at_every_point(start: Path, lives: Lives, tmp_path: Path) -> None:
    whole = copy(start, tmp_path / "whole")
    assert lives.live(whole) == 0
    check_once(whole)
    points = passed(whole)
    assert {point.split(" ", 1)[1] for point in points} == {
        "Desk.take", "tell", "diagnose", "hand over", "open", "AppointmentService.hold", "AppointmentService.confirm",
        "SqliteSaver.put", "SqliteSaver.put_writes", "SqliteSaver.delete_thread",
    }  # fmt: skip
    # Nothing happens from the end of a turn to its checkpoint, nor from there to the next turn.
    deadly = [number for number, name in enumerate(points, start=1) if "SqliteSaver.put" not in name]
    assert len(deadly) >= RUNS - AGAIN
    for point in deadly:
        folder = copy(start, tmp_path / f"at-{point}")
        assert lives.live(folder, str(point)) == KILLED, points[point - 1]
        assert lives.live(folder) == 0, points[point - 1]
        check_once(folder)
        shutil.rmtree(folder)


@pytest.mark.parametrize("seed", [1])
def test_killed_again_and_again(start: Path, lives: Lives, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    kills = 0
    for run in range(AGAIN):
        folder = copy(start, tmp_path / f"run-{run}")
        while lives.live(folder, str(random.randint(1, 60))) == KILLED:
            kills += 1
        check_once(folder)
        shutil.rmtree(folder)
    assert kills > 20


def test_a_no_ends_at_declined_however_often_it_is_killed(start: Path, lives: Lives, tmp_path: Path) -> None:
    folder = copy(start, tmp_path / "no")
    kills = 0
    while lives.live(folder, "12", "no") == KILLED:
        kills += 1
    assert kills > 1
    assert rows(folder, "SELECT reason FROM told") == [(TOLD[0],)]
    assert rows(folder, "SELECT state, answer, asked FROM cases") == [("declined", "no", 1)]
    assert rows(folder, "SELECT julianday(wake_at) - julianday(changed_at) FROM cases") == [(7.0,)]
    assert rows(folder, "SELECT count(*) FROM bookings") == [(0,)]
