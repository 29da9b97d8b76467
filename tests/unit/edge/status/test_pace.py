"""Figures over time: how fast, what was lost lately, what driving writes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.budget import frame_bits
from edge.frames import ERROR, EXTENDED, FD, Frame, FrameBatch
from edge.status.pace import LATELY_S, LOST, SOON_S, Bits, Driven, Flow


def test_how_fast_frames_come_is_of_the_last_seconds() -> None:
    flow = Flow(100.0)
    for second in range(1, 60):
        flow.look(100.0 + second, {"frames": second * 1000}, 0)
    assert flow.frames_per_s == pytest.approx(1000.0)
    for second in range(60, 66):
        flow.look(100.0 + second, {"frames": 59_000}, 0)
    assert flow.frames_per_s == 0.0
    assert flow.heard_ago_s(165.0) == pytest.approx(6.0)


def test_before_a_frame_was_heard_nobody_knows_when() -> None:
    flow = Flow(0.0)
    flow.look(1.0, {"frames": 0}, 0)
    assert flow.heard_ago_s(1.0) is None
    assert flow.frames_per_s == 0.0


@pytest.mark.parametrize("cause", LOST)
def test_what_was_lost_within_a_minute_and_ever(cause: str) -> None:
    flow = Flow(0.0)
    for second in range(1, 200):
        flow.look(float(second), {"frames": second, cause: 5 * (second >= 20)}, 0)
        was_lately = 20 <= second < 20 + LATELY_S
        assert (flow.lost, flow.lost_lately) == (5 * (second >= 20), 5 * was_lately), second


def test_a_bus_that_is_full_is_at_100_percent() -> None:
    flow = Flow(0.0)
    for second in range(1, 10):
        flow.look(float(second), {"frames": second}, second * 500_000)
    assert flow.load_percent(500_000) == pytest.approx(100.0)


@given(
    frames=st.lists(st.tuples(st.sampled_from([0, EXTENDED, ERROR, ERROR | EXTENDED]), st.integers(0, 8)), max_size=20)
)
def test_bits_are_those_of_each_frame_at_worst(frames: list[tuple[int, int]]) -> None:
    """The budget's formula for single frames is the measure; in between it rounds down, a bit a frame at most."""
    bits = Bits(500_000)
    bits.hear(FrameBatch.of([Frame(0, 0x123, bytes(length), flags=flags) for flags, length in frames]))
    whole = [frame_bits(length, extended=bool(flags & EXTENDED)) for flags, length in frames if not flags & ERROR]
    assert sum(whole) - len(whole) <= bits.total <= sum(whole) + len(whole)


def test_frames_of_can_fd_have_two_bit_rates_so_their_load_is_unknown() -> None:
    bits = Bits(500_000)
    bits.hear(FrameBatch.of([Frame(0, 0x123, bytes(64), flags=FD)]))
    assert bits.is_fd
    bits.hear(FrameBatch.empty(("can0",), 0))
    assert bits.is_fd


def test_without_a_bit_rate_nothing_is_counted() -> None:
    bits = Bits(None)
    bits.hear(FrameBatch.of([Frame(0, 0x123, bytes(8))]))
    assert bits.total == 0


def test_bytes_of_driving_are_those_of_trips_with_what_their_ends_bring() -> None:
    driven = Driven()
    count, at_s = 1000, 0.0
    driven.look(at_s, {"outbox": count, "daemon": None}, drives=False)
    for drives, seconds, each in [(False, 600, 5_000), (True, 120, 500), (False, 1, 60_000), (False, 600, 9_000)]:
        for _ in range(seconds):
            at_s, count = at_s + 1.0, count + each
            driven.look(at_s, {"outbox": count, "daemon": None}, drives=drives)
    assert driven.driven_s == pytest.approx(121.0)
    assert driven.per_hour("outbox") == round((120 * 500 + 60_000) * 3600 / 121)
    assert driven.per_hour("daemon") is None


def test_an_hour_is_told_when_there_is_enough_to_tell_it_from() -> None:
    driven = Driven()
    for second in range(int(SOON_S)):
        driven.look(float(second), {"outbox": second}, drives=True)
    assert driven.per_hour("outbox") is None
    driven.look(SOON_S, {"outbox": int(SOON_S)}, drives=True)
    assert driven.per_hour("outbox") == 3600


def test_a_count_that_begins_anew_takes_nothing_back() -> None:
    driven = Driven()
    for second, count in enumerate([100, 200, 0, *np.arange(1, 98).tolist()]):
        driven.look(float(second), {"outbox": count}, drives=True)
    assert driven.per_hour("outbox") == round((100 + 97) * 3600 / driven.driven_s)
