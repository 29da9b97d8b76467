"""The thread of an output: when it runs, and what becomes of it when a step fails."""

import os
import threading

import pytest

from edge.driver.worker import Worker
from tests.waiting import wait_until


def started(worker: Worker) -> Worker:
    worker.start()
    return worker


def test_it_runs_at_once_and_then_when_it_is_woken() -> None:
    steps = [0]

    def step() -> None:
        steps[0] += 1

    worker = started(Worker("test", step))
    wait_until(lambda: steps == [1], "the first step")
    worker.wake()
    wait_until(lambda: steps == [2], "the second step")
    assert worker.close()
    assert steps == [2]


def test_it_runs_again_when_its_time_has_come() -> None:
    steps = [0]

    def step() -> float | None:
        steps[0] += 1
        return 0.01 if steps[0] < 3 else None

    worker = started(Worker("test", step))
    wait_until(lambda: steps == [3], "three steps")
    assert worker.close()


def test_it_runs_when_there_is_news() -> None:
    reader, writer = os.pipe()
    read: list[bytes] = []

    def step() -> None:
        worker.listen(reader)
        if os.get_blocking(reader):
            os.set_blocking(reader, False)
            return
        read.append(os.read(reader, 10))

    worker = Worker("test", step)
    worker.start()
    os.write(writer, b"news")
    wait_until(lambda: read == [b"news"], "it is read")
    assert worker.close()
    os.close(reader)
    os.close(writer)


def test_a_step_that_fails_is_trouble_said_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    steps = [0]
    is_mended = threading.Event()

    def step() -> None:
        steps[0] += 1
        if not is_mended.is_set():
            raise ZeroDivisionError("by nought")

    worker = started(Worker("test", step, retry_s=0.01))
    wait_until(lambda: steps[0] >= 3, "three attempts")
    assert "ZeroDivisionError: by nought" in worker.trouble
    assert len(caplog.records) == 1
    is_mended.set()
    wait_until(lambda: worker.trouble == "", "no trouble any more")
    assert worker.close()


def test_a_step_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.driver.worker.CLOSE_S", 0.05)
    goes_on = threading.Event()
    worker = started(Worker("test", lambda: goes_on.wait() and None))
    assert not worker.close()
    goes_on.set()
    assert worker.close()


def test_it_can_be_woken_and_ended_after_its_end() -> None:
    worker = started(Worker("test", lambda: None))
    assert worker.close()
    worker.wake()
    assert worker.close()
