"""Whether the wall clock can be believed: never in 1970, whatever the kernel says of it."""

import time

import pytest

from edge.clock import BUILT_S, clock_state
from edge.wire.envelope import Clock


@pytest.mark.parametrize("wall_s", [0.0, 30.0, BUILT_S - 1.0])
def test_a_clock_that_was_never_set_is_not_believed(monkeypatch: pytest.MonkeyPatch, wall_s: float) -> None:
    monkeypatch.setattr(time, "time", lambda: wall_s)
    assert clock_state() is Clock.UNSYNCED


def test_the_kernel_says_whether_it_follows_a_reference() -> None:
    assert clock_state() in (Clock.SYNCED, Clock.UNSYNCED)
