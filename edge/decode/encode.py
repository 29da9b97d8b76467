"""Physical values to payloads, many frames of one message at a time: what a simulated control unit sends."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from cantools.database.can import Message
from cantools.database.can.signal import Signal

from edge.decode.database import load_database
from edge.errors import ConfigError
from edge.frames import CLASSIC_BYTES

Float64s = npt.NDArray[np.float64]
UInt64s = npt.NDArray[np.uint64]
UInt8s = npt.NDArray[np.uint8]

WORD_BITS: Final = 64
EXACT_BITS: Final = 53
"""A float64 holds every integer of this many bits (IEEE 754)."""


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
    _low: Float64s
    _high: Float64s
    _scale: Float64s
    _offset: Float64s
    _mask: UInt64s
    _shift: UInt64s
    _little: int
    """How many of the columns are little-endian; they come first."""

    def pack(self, values: Float64s) -> UInt8s:
        """Payloads of N frames from (N, signals) physical values: (N, 8), zero past `length`.

        A value beyond its signal's range is sent as the nearest end of that range, as a real sensor does.

        Raises:
            ValueError: a value is NaN; a database has no bits for unknown.
        """
        if np.isnan(values).any():
            raise ValueError(f"{self.message} cannot be sent with a value that is not a number")
        physical = np.minimum(np.maximum(values, self._low), self._high)
        raw = np.rint((physical - self._offset) / self._scale).astype(np.int64).view(np.uint64)
        placed = (raw & self._mask) << self._shift
        little = np.bitwise_or.reduce(placed[:, : self._little], axis=1).astype("<u8")
        big = np.bitwise_or.reduce(placed[:, self._little :], axis=1).astype(">u8")
        payload: UInt8s = (little.view(np.uint8) | big.view(np.uint8)).reshape(-1, CLASSIC_BYTES)
        return payload


def load_packers(file: Path, messages: Sequence[str]) -> dict[str, Packer]:
    """A packer for each of the named messages of a database file.

    Raises:
        ConfigError: the file cannot be read, has no such message, or the message is of a kind that is not packed here
            (multiplexed, float signals, more than 8 bytes).
    """
    known = {plan.message.name: plan.message for plan in load_database(file).plans}
    packers = {}
    for name in messages:
        if name not in known:
            raise ConfigError("has no such message", file=file, place=name, remedy=f"It has {', '.join(sorted(known))}")
        packers[name] = _packer(file, known[name])
    return packers


def _packer(file: Path, message: Message) -> Packer:
    _refuse(file, message)
    ordered = sorted(message.signals, key=lambda signal: signal.byte_order != "little_endian")
    ranges = [_physical_range(signal) for signal in ordered]
    return Packer(
        message=message.name,
        id=message.frame_id,
        extended=message.is_extended_frame,
        length=message.length,
        signals=tuple(signal.name for signal in ordered),
        _low=np.array([low for low, _ in ranges], np.float64),
        _high=np.array([high for _, high in ranges], np.float64),
        _scale=np.array([signal.scale for signal in ordered], np.float64),
        _offset=np.array([signal.offset for signal in ordered], np.float64),
        _mask=np.array([(1 << signal.length) - 1 for signal in ordered], np.uint64),
        _shift=np.array([_shift(signal) for signal in ordered], np.uint64),
        _little=sum(signal.byte_order == "little_endian" for signal in ordered),
    )


def _refuse(file: Path, message: Message) -> None:
    problem = ""
    if message.length > CLASSIC_BYTES:
        problem = f"has {message.length} bytes; at most {CLASSIC_BYTES} are packed"
    elif message.is_multiplexed():
        problem = "is multiplexed, which is not packed"
    elif any(signal.is_float or signal.length > EXACT_BITS for signal in message.signals):
        problem = f"has a float signal or one of more than {EXACT_BITS} bits, which is not packed"
    if problem:
        raise ConfigError(problem, file=file, place=message.name, remedy="Simulate a message of plain integer signals")


def _physical_range(signal: Signal) -> tuple[float, float]:
    """What both the signal's bits and its declared range can hold."""
    first = -(1 << (signal.length - 1)) if signal.is_signed else 0
    ends = [raw * signal.scale + signal.offset for raw in (first, first + (1 << signal.length) - 1)]
    low = min(ends) if signal.minimum is None else max(min(ends), signal.minimum)
    high = max(ends) if signal.maximum is None else min(max(ends), signal.maximum)
    return float(low), float(high)


def _shift(signal: Signal) -> int:
    """How far the raw value moves up in the 64-bit word of its byte order."""
    if signal.byte_order == "little_endian":
        return signal.start
    most_significant = 8 * (signal.start // 8) + 7 - signal.start % 8  # DBC numbers bits within a byte from the right
    return WORD_BITS - most_significant - signal.length
