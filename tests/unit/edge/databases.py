"""Databases and payloads as hypothesis makes them: text that any CAN tool reads, and frames for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from edge.frames import CLASSIC_BYTES, FD_BYTES

HEAD = 'VERSION ""\n\nNS_ :\n\nBS_:\n\nBU_: ECU\n\n'
SCALES = st.sampled_from(["1", "0.5", "-1", "0.1", "1e-3", "7", "2.5e-05"])
OFFSETS = st.sampled_from(["0", "-40", "0.25", "1000"])


@dataclass(frozen=True)
class MadeSignal:
    """One signal of a made message."""

    name: str
    start: int
    length: int
    big: bool
    signed: bool
    real: bool
    scale: str
    offset: str
    mux: str = ""

    @property
    def text(self) -> str:
        order, sign = "0" if self.big else "1", "-" if self.signed or self.real else "+"
        place = f"{self.start}|{self.length}@{order}{sign} ({self.scale},{self.offset})"
        return f' SG_ {self.name} {self.mux}: {place} [0|0] "" ECU'


@dataclass(frozen=True)
class MadeMessage:
    """A message with its text."""

    identifier: int
    extended: bool
    length: int
    signals: tuple[MadeSignal, ...]
    branches: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        number = self.identifier | (0x8000_0000 if self.extended else 0)
        lines = [f"BO_ {number} M{self.identifier}: {self.length} ECU", *(one.text for one in self.signals), ""]
        lines += [
            f"SIG_VALTYPE_ {number} {one.name} : {2 if one.length == 64 else 1};" for one in self.signals if one.real
        ]
        lines += [f"SG_MUL_VAL_ {number} {branch};" for branch in self.branches]
        return "\n".join(lines) + "\n"


def text_of(messages: Mapping[int, MadeMessage]) -> str:
    """The file."""
    return HEAD + "\n".join(one.text for one in messages.values())


@st.composite
def signals_of(draw: st.DrawFn, name: str, length: int) -> MadeSignal:
    """A signal anywhere in a frame of so many bytes, over whatever else is there."""
    big, bits = draw(st.booleans()), 8 * length
    real = length >= 4 and draw(st.integers(0, 5)) == 0
    size = draw(st.sampled_from([32, 64] if length >= 8 else [32])) if real else draw(st.integers(1, min(64, bits)))
    begin = draw(st.integers(0, bits - size))
    start = 8 * (begin // 8) + 7 - begin % 8 if big else begin
    return MadeSignal(name, start, size, big, draw(st.booleans()), real, draw(SCALES), draw(OFFSETS))


@st.composite
def plain_messages(draw: st.DrawFn, identifier: int = 256) -> MadeMessage:
    """A message of some signals that are always there."""
    length = draw(st.sampled_from([*range(1, CLASSIC_BYTES + 1), 12, 20, 32, FD_BYTES]))
    count = draw(st.integers(1, 6))
    return MadeMessage(
        identifier, draw(st.booleans()), length, tuple(draw(signals_of(f"S{n}", length)) for n in range(count))
    )


@st.composite
def nested_messages(draw: st.DrawFn, identifier: int = 256) -> MadeMessage:
    """A selector, under one of its values a second one, and signals under both."""
    outer = MadeSignal("Outer", 0, draw(st.integers(1, 8)), False, False, False, "1", "0", "M")
    top = (1 << outer.length) - 1
    value, other = draw(st.integers(0, top)), draw(st.integers(0, top))
    inner = MadeSignal("Inner", 8, draw(st.integers(1, 8)), False, False, False, "1", "0", f"m{value}M")
    below = draw(st.integers(0, (1 << inner.length) - 1))
    leaves = [
        draw(signals_of("Under", 6)).__class__("Under", 16, 12, False, True, False, "0.5", "1", f"m{below}"),
        MadeSignal("Beside", 40, 7, False, False, False, "1", "0", f"m{other}"),
        MadeSignal("Always", 56, 8, False, False, False, "1", "0"),
    ]
    branches = (
        f"Inner Outer {value}-{value}",
        f"Under Inner {below}-{below}",
        f"Beside Outer {other}-{other}",
    )
    return MadeMessage(identifier, draw(st.booleans()), 8, (outer, inner, *leaves), branches)
