"""The thread that sends: woken at once, several at a time, patient with the database, loud about our mistakes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import pytest

from cloud import database as module
from cloud.database import Database
from cloud.notify import worker as worker_module
from cloud.notify.channel import Letter
from cloud.notify.delivery import State
from cloud.notify.dispatch import Dispatch
from cloud.notify.sending import NotTaken
from cloud.notify.worker import AT_ONCE, Worker
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.telling import ADA, BOB, deliveries, notice, post, states

DEADLINE_S: Final = 20.0


def until(condition: Callable[[], bool]) -> None:
    """Wait for what other threads do."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        threading.Event().wait(0.005)


class Post:
    """A channel that a test opens and shuts."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.at_once = 0
        self.most_at_once = 0
        self.open = threading.Event()
        self.open.set()
        self.error: Exception | None = None
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> None:
        with self._lock:
            self.letters.append(letter)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.open.wait(DEADLINE_S)
        with self._lock:
            self.at_once -= 1
        if self.error is not None:
            raise self.error


@contextmanager
def working(worker: Worker) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=worker.run, name="notify")
    thread.start()
    try:
        yield thread
    finally:
        worker.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


def worker_of(cloud: Cloud, mail: Post, *, send_s_max: float = DEADLINE_S) -> Worker:
    worker = Worker(cloud.dispatch, mail.send, lambda: cloud.now, send_s_max=send_s_max)
    cloud.notify._wake = worker.wake
    return worker


def test_what_is_posted_is_sent_at_once(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    mail = Post()
    with working(worker_of(cloud, mail)):
        began = time.monotonic()
        post(cloud, notice())
        until(lambda: states(cloud) == {"ada": State.SENT})
        assert time.monotonic() - began < worker_module.POLL_S, "it is woken, it does not poll"
    assert len(mail.letters) == 1


def test_several_are_sent_at_once_and_not_too_many(cloud: Cloud) -> None:
    for n in range(3 * AT_ONCE):
        cloud.contacts.put(replace(ADA, id=f"ada-{n}"), by="ada")
    mail = Post()
    mail.open.clear()
    with working(worker_of(cloud, mail)):
        post(cloud, notice())
        until(lambda: mail.at_once == AT_ONCE)
        mail.open.set()
        until(lambda: set(states(cloud).values()) == {State.SENT})
    assert mail.most_at_once == AT_ONCE
    assert len(mail.letters) == 3 * AT_ONCE


def test_what_is_not_taken_is_written_down(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    mail = Post()
    mail.error = NotTaken("away")
    worker = worker_of(cloud, mail)
    with working(worker):
        post(cloud, notice())
        until(lambda: states(cloud) == {"ada": State.RETRYING})
        assert worker.reason == "", "a channel that is away is no reason not to be ready"
        mail.error = None
        cloud.now = deliveries(cloud)["ada"].due_at
        worker.wake()
        until(lambda: states(cloud) == {"ada": State.SENT})


def test_what_hangs_is_given_up_and_holds_nobody_else(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    mail = Post()
    mail.open.clear()
    with working(worker_of(cloud, mail, send_s_max=0.05)):
        post(cloud, notice())
        until(lambda: states(cloud) == {"ada": State.RETRYING})
        assert "may have arrived or not" in deliveries(cloud)["ada"].why
        mail.open.set()
        until(lambda: mail.at_once == 0)
        cloud.contacts.put(replace(BOB, rank=0), by="ada")
        post(cloud, notice(2))
        until(lambda: deliveries(cloud)["bob"].state is State.SENT)


def test_where_too_many_hang_nothing_more_is_sent_until_one_ends(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "HANGING_MAX", 2)
    for n in range(2):
        cloud.contacts.put(replace(ADA, id=f"ada-{n}"), by="ada")
    mail = Post()
    mail.open.clear()
    worker = worker_of(cloud, mail, send_s_max=0.05)
    with working(worker):
        post(cloud, notice())
        until(lambda: worker.reason == "2 sendings hang")
        cloud.contacts.put(replace(BOB, rank=0), by="ada")
        post(cloud, notice(2))
        mail.open.set()
        until(lambda: deliveries(cloud)["bob"].state is State.SENT)
        assert worker.reason == ""


def test_a_database_that_is_away_is_waited_for(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_MS", 20)
    monkeypatch.setattr(worker_module, "RETRY_S", 0.02)
    cloud.contacts.put(ADA, by="ada")
    impatient = Database(cloud.url)
    desk = Dispatch(impatient, lambda: cloud.now, lambda _, most: most, per_hour=3)
    mail = Post()
    mail.open.clear()
    worker = Worker(desk, mail.send, lambda: cloud.now)
    post(cloud, notice())
    with working(worker):
        until(lambda: mail.at_once == 1)
        with cloud.database.transaction():
            mail.open.set()
            until(lambda: worker.reason.startswith("cannot send: database"))
        until(lambda: states(cloud) == {"ada": State.SENT})
        until(lambda: worker.reason == "")
    assert len(mail.letters) == 1, "how it went is remembered until it can be written"
    impatient.close()


def test_a_mistake_of_ours_ends_it_loudly(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    mail = Post()
    mail.error = ZeroDivisionError("ours")
    post(cloud, notice())
    with pytest.raises(ZeroDivisionError):
        worker_of(cloud, mail).run()


def test_at_the_end_what_is_on_its_way_is_waited_for(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    mail = Post()
    mail.open.clear()
    post(cloud, notice())
    worker = worker_of(cloud, mail)
    with working(worker):
        until(lambda: mail.at_once == 1)
        worker.stop()
        mail.open.set()
    assert states(cloud) == {"ada": State.SENT}


def test_what_hangs_does_not_keep_it_from_ending(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "END_S", 0.05)
    cloud.contacts.put(ADA, by="ada")
    mail = Post()
    mail.open.clear()
    post(cloud, notice())
    with working(worker_of(cloud, mail)):
        until(lambda: mail.at_once == 1)
    assert states(cloud) == {"ada": State.SENDING}, "its lease will run out"
    mail.open.set()
    until(lambda: mail.at_once == 0)


def test_nothing_to_do_costs_next_to_nothing(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    mail = Post()
    mail.open.clear()
    worker = worker_of(cloud, mail)
    with working(worker):
        post(cloud, notice())
        until(lambda: mail.at_once == 1)
        assert worker._pause_s() == worker_module.POLL_S
        mail.open.set()
        until(lambda: states(cloud) == {"ada": State.SENT})
        assert worker._pause_s() == worker_module.POLL_S
