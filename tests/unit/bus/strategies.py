"""Any frame there can be, for properties."""

from hypothesis import strategies as st

from edge.frames import BIT_RATE_SWITCH, ERROR, ERROR_STATE, EXTENDED, FD, REMOTE, Frame

TIMES = st.integers(0, 4_000_000_000_000_000_000)
BUSES = st.sampled_from(["can0", "vcan1", "lin-2"])
STANDARD = st.integers(0, 0x7FF)
WIDE = st.integers(0, 0x1FFF_FFFF)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    flags = draw(st.sampled_from([0, FD, FD | BIT_RATE_SWITCH, FD | ERROR_STATE, REMOTE, ERROR]))
    if flags != ERROR and draw(st.booleans()):
        flags |= EXTENDED
    payload = draw(st.binary(max_size=64 if flags & FD else 8))
    if flags & REMOTE:
        payload = bytes(len(payload))
    identifier = draw(WIDE if flags & (EXTENDED | ERROR) else STANDARD)
    return Frame(draw(TIMES), identifier, payload, draw(BUSES), flags)
