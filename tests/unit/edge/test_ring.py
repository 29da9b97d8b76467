"""The frame ring: the newest frames within a budget, in order, whatever came in whichever pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.frames import FD, Frame, FrameBatch
from edge.ring import HEAD_BYTES, FrameRing

ALL = -(2**62)


def frames(first: int, count: int, *, fd: bool = False) -> list[Frame]:
    payload = b"\x07" * (20 if fd else 3)
    return [Frame(first + i, 0x100 + i % 5, payload, flags=FD if fd else 0) for i in range(count)]


def test_a_budget_too_small_for_one_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        FrameRing(10)


def test_an_empty_ring_gives_nothing() -> None:
    assert len(FrameRing(1000).since(ALL)) == 0


def test_since_cuts_by_time() -> None:
    ring = FrameRing(10_000)
    ring.append(FrameBatch.of(frames(100, 10)))
    assert ring.since(107).time.tolist() == [107, 108, 109]


def test_the_first_fd_frame_widens_the_ring_and_keeps_what_fits() -> None:
    ring = FrameRing(20 * (HEAD_BYTES + 8))
    ring.append(FrameBatch.of(frames(0, 20)))
    ring.append(FrameBatch.of(frames(20, 1, fd=True)))
    kept = list(ring.since(ALL).frames())
    assert len(kept) == ring.frames_max < 20
    assert kept[-1].payload == b"\x07" * 20
    assert [frame.time for frame in kept] == list(range(21 - len(kept), 21))
    assert ring.frames_overwritten == 21 - len(kept)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=12))
def test_it_holds_exactly_the_newest_frames(pieces: list[tuple[int, bool]]) -> None:
    ring = FrameRing(15 * (HEAD_BYTES + 64))
    everything: list[Frame] = []
    for count, fd in pieces:
        more = frames(len(everything), count, fd=fd)
        everything += more
        ring.append(FrameBatch.of(more, buses=["can0"]))
    kept = list(ring.since(ALL).frames())
    assert kept == everything[len(everything) - len(kept) :]
    assert (ring.first_place, ring.place) == (len(everything) - len(kept), len(everything))
    for place, end in ((0, len(everything)), (len(everything) - 7, len(everything) - 3), (5, 2)):
        found = list(ring.between(place, end).frames())
        assert found == everything[max(place, ring.first_place) : max(end, 0)]
    assert len(kept) == len(ring) >= min(len(everything), 15)
    assert ring.frames_overwritten == len(everything) - len(kept)
