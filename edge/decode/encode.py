"""Physical values to payloads, many frames of one message at a time: what a simulated control unit sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from edge.decode.database import read_layouts
from edge.decode.layout import MessageLayout, Number, SignalLayout
from edge.errors import ConfigError
from edge.frames import CLASSIC_BYTES

Float64s = npt.NDArray[np.float64]
UInt64s = npt.NDArray[np.uint64]
UInt8s = npt.NDArray[np.uint8]

WORD_BITS: Final = 64
ALL_ONES: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
EXACT_BITS: Final = 53
"""A float64 holds every integer of this many bits (IEEE 754)."""


class Placing(NamedTuple):
    """How one signal's value becomes bits of its frame."""

    low: float
    high: float
    scale: float
    offset: float
    mask: int
    shift: int
    """How far the masked raw value moves up in the 64-bit word of its byte order."""
    big: bool
    """That word is big-endian."""


class Bits:
    """Turns values into bits, each where it stands in the little-endian word of its frame."""

    def __init__(self, placings: Sequence[Placing]) -> None:
        """For as many values at once as there are placings."""
        self.low, self.high, self.scale, self.offset = (
            np.array([placing[place] for placing in placings], np.float64) for place in range(4)
        )
        self._mask = np.array([placing.mask for placing in placings], np.uint64)
        self._shift = np.array([placing.shift for placing in placings], np.uint64)
        self._big = np.flatnonzero([placing.big for placing in placings])

    def place(self, values: Float64s) -> UInt64s:
        """The bits of (…, placings) physical values, alike in shape.

        A value beyond its signal's range is sent as the nearest end of that range, as a real sensor does; NaN as all
        ones, which says "not available" (SAE J1939-71 5.1.4, and the custom of car makers).
        """
        held = np.minimum(np.fmax(values, self.low), self.high)
        raw = np.rint((held - self.offset) / self.scale).astype(np.int64).view(np.uint64)
        raw[np.isnan(values)] = ALL_ONES
        placed: UInt64s = (raw & self._mask) << self._shift
        placed[..., self._big] = placed[..., self._big].byteswap()
        return placed


def payloads(words: UInt64s) -> UInt8s:
    """(N, 8) bytes of N little-endian words."""
    return words.astype("<u8").view(np.uint8).reshape(-1, CLASSIC_BYTES)


@dataclass(frozen=True, slots=True)
class Packer:
    """Encodes one message of a database; equal to cantools' own encoding for every value in the signals' ranges."""

    message: str
    id: int
    extended: bool
    length: int
    """Payload bytes."""
    signals: tuple[str, ...]
    """Names in the order of the columns that `pack` takes."""
    node: str
    """The control unit that sends it; empty when the database names none."""
    placings: tuple[Placing, ...]
    """How each signal's value becomes bits."""

    def pack(self, values: Float64s) -> UInt8s:
        """Payloads of N frames from (N, signals) physical values: (N, 8), zero past `length`; see `Bits.place`."""
        return payloads(np.bitwise_or.reduce(Bits(self.placings).place(values), axis=1))


def load_packers(file: Path, messages: Sequence[str]) -> dict[str, Packer]:
    """A packer for each of the named messages of a database file.

    Raises:
        ConfigError: the file cannot be read, has no such message, or the message is of a kind that is not packed here
            (multiplexed, float signals, more than 8 bytes).
    """
    known = {message.name: message for message in read_layouts(file).messages}
    packers = {}
    for name in messages:
        if name not in known:
            raise ConfigError("has no such message", file=file, place=name, remedy=f"It has {', '.join(sorted(known))}")
        packers[name] = _packer(file, known[name])
    return packers


def _packer(file: Path, message: MessageLayout) -> Packer:
    _refuse(file, message)
    return Packer(
        message=message.name,
        id=message.id,
        extended=message.extended,
        length=message.length,
        signals=tuple(signal.name for signal in message.signals),
        node=message.senders[0] if message.senders else "",
        placings=tuple(_placing(signal) for signal in message.signals),
    )


def _placing(signal: SignalLayout) -> Placing:
    low, high = _physical_range(signal)
    mask = (1 << signal.length) - 1
    return Placing(low, high, signal.scale, signal.offset, mask, _shift(signal), big=signal.big)


def _refuse(file: Path, message: MessageLayout) -> None:
    problem = ""
    if message.length > CLASSIC_BYTES:
        problem = f"has {message.length} bytes; at most {CLASSIC_BYTES} are packed"
    elif any(signal.branch is not None for signal in message.signals):
        problem = "is multiplexed, which is not packed"
    elif any(signal.number is Number.FLOAT or signal.length > EXACT_BITS for signal in message.signals):
        problem = f"has a float signal or one of more than {EXACT_BITS} bits, which is not packed"
    if problem:
        raise ConfigError(problem, file=file, place=message.name, remedy="Simulate a message of plain integer signals")


def _physical_range(signal: SignalLayout) -> tuple[float, float]:
    """What both the signal's bits and its declared range can hold."""
    first = -(1 << (signal.length - 1)) if signal.number is Number.SIGNED else 0
    ends = [raw * signal.scale + signal.offset for raw in (first, first + (1 << signal.length) - 1)]
    low = min(ends) if signal.minimum is None else max(min(ends), signal.minimum)
    high = max(ends) if signal.maximum is None else min(max(ends), signal.maximum)
    return float(low), float(high)


def _shift(signal: SignalLayout) -> int:
    """How far the raw value moves up in the 64-bit word of its byte order."""
    return WORD_BITS - signal.begin - signal.length if signal.big else signal.begin
