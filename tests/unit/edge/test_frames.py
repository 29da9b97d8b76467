"""FrameBatch: single frames in, the same frames out; merging keeps all of them in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.frames import EXTENDED, FD, Frame, FrameBatch, merge

frame = st.builds(
    Frame,
    time=st.integers(0, 1000),
    id=st.integers(0, 2**29 - 1),
    payload=st.binary(max_size=8),
    bus=st.sampled_from(["can0", "can1"]),
    flags=st.sampled_from([0, EXTENDED]),
)
wide = st.builds(Frame, time=st.integers(0, 1000), id=st.just(1), payload=st.binary(max_size=64), flags=st.just(FD))
several = st.lists(frame | wide, max_size=20).map(lambda frames: sorted(frames, key=lambda one: one.time))


@given(several)
def test_round_trip(frames: list[Frame]) -> None:
    assert list(FrameBatch.of(frames).frames()) == frames


@given(several, several)
def test_merging_loses_nothing_and_sorts_by_time(left: list[Frame], right: list[Frame]) -> None:
    merged = merge([FrameBatch.of(left), FrameBatch.of(right)], buses=["can0", "can1"], until=7)
    out = list(merged.frames())
    assert sorted(out, key=repr) == sorted([*left, *right], key=repr)
    assert [one.time for one in out] == sorted(one.time for one in out)
    assert merged.until == 7


def test_a_payload_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 8"):
        FrameBatch.of([Frame(0, 1, bytes(9))])
    with pytest.raises(ValueError, match="at most 64"):
        FrameBatch.of([Frame(0, 1, bytes(65), flags=FD)])
