"""Frames of any kind that a bus may have, for properties of what keeps them."""

from typing import Final

from hypothesis import strategies as st

from edge.frames import CLASSIC_BYTES, ERROR, EXTENDED, FD, FD_BYTES, REMOTE, Frame
from edge.wire.frame_block import ID_MAX
from tests.in_columns import counted, framed

TIMES: Final = st.one_of(
    st.integers(0, 10**10),
    st.integers(0, 10**7).map(lambda micros: micros * 1000),
    st.integers(-(2**63), 2**63 - 1),
    st.just(5),
)
FLAGS: Final = st.sampled_from([0, 0, EXTENDED, ERROR, REMOTE, EXTENDED | REMOTE, FD, FD | 0x10, FD | EXTENDED | 0x30])
BUSES: Final = ("can0", "can1", "Bus ü")


@st.composite
def lines(draw: st.DrawFn) -> list[Frame]:
    """What one unit sends again and again: its id, and payloads that count, add up, stand still or are noise."""
    flags = draw(FLAGS)
    identifier = draw(st.sampled_from([0, 1, 0x7FF, 0x800, ID_MAX]))
    length = draw(st.integers(0, CLASSIC_BYTES if not flags & FD else FD_BYTES))
    first = draw(st.binary(min_size=length, max_size=length))
    bus = draw(st.sampled_from(BUSES))
    times = draw(st.lists(TIMES, max_size=12))
    found = [first]
    for _ in times[1:]:
        before = found[-1]
        found.append(draw(st.sampled_from([before, counted(before), first])) if before else before)
        if draw(st.integers(0, 3)) == 0:
            found[-1] = draw(st.binary(min_size=length, max_size=length))
    if flags & REMOTE:
        found = [bytes(length)] * len(found)
    return [Frame(time, identifier, payload, bus, flags) for time, payload in zip(times, found, strict=False)]


ANY_FRAMES: Final = st.lists(lines(), max_size=6).flatmap(
    lambda found: st.permutations([frame for line in found for frame in line]).map(lambda mixed: framed(mixed, BUSES))
)
