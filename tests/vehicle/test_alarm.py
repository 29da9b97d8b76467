"""The alarm that wakes a box, set in a real clock: the kernel says for when."""

import os
from collections.abc import Iterator

import pytest

from edge.power.alarm import RTC, wake_after

ALARM = RTC / "wakealarm"
pytestmark = pytest.mark.skipif(not os.access(ALARM, os.W_OK), reason="no clock here whose alarm could be set")


@pytest.fixture(autouse=True)
def no_alarm() -> Iterator[None]:
    """What a test has set wakes nobody."""
    yield
    ALARM.write_text("0\n")


def seconds_to_go() -> int:
    return int(ALARM.read_text()) - int((RTC / "since_epoch").read_text())


@pytest.mark.parametrize("before_s", [None, 60, 7200])
def test_the_kernel_has_the_alarm_that_was_asked_for_last(before_s: int | None) -> None:
    if before_s is not None:
        wake_after(before_s)
    wake_after(3600)
    assert seconds_to_go() == pytest.approx(3600, abs=5)
