"""All messages of all candidates side by side, as arrays: what of a layout can be held against frames."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.compile import compiled
from edge.decode.compiled import merged
from edge.decode.flat import FlatDecoder
from edge.decode.layout import MessageLayout, Number, SignalLayout
from edge.frames import UInt8s
from edge.suggest.candidate import Candidate

Float64s = npt.NDArray[np.float64]
BYTES: Final = 64
SMOOTH_BITS: Final = 6
"""Shorter signals are states as often as quantities."""
_COUNTER: Final = re.compile(r"count(er)?(?![a-z])|cntr?(?![a-z])|rolling|alive|msgcnt|_bz(_|$)|zaehler", re.IGNORECASE)
_NO_COUNTER: Final = re.compile(r"error|err|fault|fail|trip|pulse|drive|start|warning|number", re.IGNORECASE)
_CHECKSUM: Final = re.compile(r"check_?sum|chks?um?(_|$)|(^|_)crc|crc8|(^|_)chk(_|$)|_cs$", re.IGNORECASE)
COUNTER_BITS: Final = range(2, 17)
CHECKSUM_BITS: Final = range(4, 17)


class Role:
    """What the values of a signal are held against; numbers, since they stand in a table."""

    OTHER: Final = 0
    QUANTITY: Final = 1
    """It should move in small steps."""
    COUNTER: Final = 2
    CHECKSUM: Final = 3


@dataclass(frozen=True)
class Layouts:
    """S signals of M messages of all candidates, in the order of the candidates."""

    candidates: tuple[Candidate, ...]

    @cached_property
    def messages(self) -> tuple[MessageLayout, ...]:
        """(M,)"""
        return tuple(message for one in self.candidates for message in one.messages)

    @cached_property
    def first(self) -> tuple[int, ...]:
        """Of each candidate the first message."""
        return tuple(np.cumsum([0, *(len(one.messages) for one in self.candidates)]).tolist())

    @cached_property
    def signals(self) -> tuple[SignalLayout, ...]:
        """(S,)"""
        return tuple(signal for message in self.messages for signal in message.signals)

    @cached_property
    def decoder(self) -> FlatDecoder:
        """Decodes frames as whatever message they are said to be."""
        return FlatDecoder(merged([one.tables for one in self.candidates] or [compiled((), ())[0]]))

    @cached_property
    def length(self) -> npt.NDArray[np.int64]:
        """(M,) bytes."""
        return np.array([one.length for one in self.messages], np.int64)

    @cached_property
    def cycle_s(self) -> Float64s:
        """(M,) not a number: the file says none."""
        return np.array([one.cycle_s or np.nan for one in self.messages], np.float64)

    @cached_property
    def has_selector(self) -> npt.NDArray[np.bool_]:
        """(M,)"""
        return np.array([any(one.branch for one in message.signals) for message in self.messages], np.bool_)

    @cached_property
    def bits(self) -> UInt8s:
        """(M, 64) the bits of a frame that some signal has."""
        return np.array([_union([mask_of(one) for one in message.signals]) for message in self.messages], np.uint8)

    @cached_property
    def role(self) -> UInt8s:
        """(S,) of Role."""
        return np.array([role_of(one) for one in self.signals], np.uint8)

    @cached_property
    def low(self) -> Float64s:
        """(S,) the least value that the file allows; infinite: any."""
        return np.array([-np.inf if one.minimum is None else one.minimum for one in self.signals], np.float64)

    @cached_property
    def high(self) -> Float64s:
        """(S,)"""
        return np.array([np.inf if one.maximum is None else one.maximum for one in self.signals], np.float64)

    @cached_property
    def told_bits(self) -> Float64s:
        """(S,) how much the file says by the values that it allows: -log2 of their part of all; 0: nothing."""
        return np.array([_told_bits(one) for one in self.signals], np.float64)

    @cached_property
    def labels(self) -> dict[int, Float64s]:
        """By signal that has labels: the values with one, ascending."""
        return {place: _values(one) for place, one in enumerate(self.signals) if one.labels}

    @cached_property
    def is_enumeration(self) -> npt.NDArray[np.bool_]:
        """(S,) its labels are all that it may say."""
        return np.array([is_enumeration(one) for one in self.signals], np.bool_)


def of_candidates(candidates: Sequence[Candidate]) -> Layouts:
    """The layouts of all of them."""
    return Layouts(tuple(candidates))


def mask_of(signal: SignalLayout) -> UInt8s:
    """(64,) the bits of a frame that are a signal's."""
    length = min(signal.length, max(0, 8 * BYTES - signal.begin))
    shift = 8 * BYTES - signal.begin - length if signal.big else signal.begin
    bits = ((1 << length) - 1) << max(0, shift) if length else 0
    return np.frombuffer(bits.to_bytes(BYTES, "big" if signal.big else "little"), np.uint8)


def _union(masks: Sequence[UInt8s]) -> UInt8s:
    union: UInt8s = np.bitwise_or.reduce(np.array([np.zeros(BYTES, np.uint8), *masks]), axis=0)
    return union


def role_of(signal: SignalLayout) -> int:
    """By its name a counter or a checksum; by length, labels and unit a quantity."""
    if signal.length in CHECKSUM_BITS and _CHECKSUM.search(signal.name):
        return Role.CHECKSUM
    if signal.length in COUNTER_BITS and _COUNTER.search(signal.name) and not _NO_COUNTER.search(signal.name):
        return Role.COUNTER
    is_long = signal.length >= SMOOTH_BITS and not is_enumeration(signal) and not signal.selects
    return Role.QUANTITY if is_long and signal.length <= 32 else Role.OTHER


def is_enumeration(signal: SignalLayout) -> bool:
    """Whether it says states: two labels at least, no unit, no scale."""
    return len(signal.labels) >= 2 and not signal.unit and (signal.scale, signal.offset) == (1.0, 0.0)


def _told_bits(signal: SignalLayout) -> float:
    if signal.number is Number.FLOAT:
        return 0.0
    if is_enumeration(signal):
        return max(0.0, signal.length - float(np.log2(len(signal.labels))))
    if signal.minimum is None or signal.maximum is None or not signal.scale:
        return 0.0
    low, high = (
        (-(2.0 ** (signal.length - 1)), 2.0 ** (signal.length - 1) - 1)
        if signal.number is Number.SIGNED
        else (0.0, 2.0**signal.length - 1)
    )
    ends = sorted((limit - signal.offset) / signal.scale for limit in (signal.minimum, signal.maximum))
    allowed = min(ends[1], high) - max(ends[0], low) + 1
    return max(0.0, float(np.log2((high - low + 1) / allowed))) if allowed >= 1 else 0.0


def _values(signal: SignalLayout) -> Float64s:
    return np.unique(np.array([raw * signal.scale + signal.offset for raw in signal.labels], np.float64))
