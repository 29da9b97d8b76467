"""What can be said of an id that no database explains: how it comes, which bits move, and what they look like."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.frames import NANOSECONDS, UInt8s
from edge.suggest.checksum import Checksum, find_checksum
from edge.suggest.heard import HeardId
from edge.suggest.protocols import is_isotp

Float64s = npt.NDArray[np.float64]
PAIRS_MIN: Final = 16
"""Neighbours, before anything is said of how bits move."""
COUNTS: Final = 0.8
"""Of its neighbours so many are one further, in a counter of which frames were lost."""
ROUGH_MAX: Final = 0.15
"""Mean step over span of what moves smoothly; a third of numbers drawn by chance (see evidence.py)."""
FIELD_BITS: Final = range(6, 25)
STEPS_MIN: Final = 8
"""What moved over a shorter span says nothing."""
CYCLIC: Final = 0.5
"""Of the median: the middle four fifths of the gaps lie no further apart in what comes by the clock."""
_TEXT: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9 _./:-]{3,}")


@dataclass(frozen=True, slots=True)
class Field:
    """Bits that look like one thing."""

    begin: int
    """The first bit, counted as databases do: little-endian from the least significant bit of byte 0, big-endian from
    its most significant."""
    bits: int
    big: bool
    low: int = 0
    """The least raw value that was heard."""
    high: int = 0

    @property
    def text(self) -> str:
        """Where it is."""
        first, last = self.begin // 8, (self.begin + self.bits - 1) // 8
        if first < last:
            return f"bytes {first}-{last} ({'big' if self.big else 'little'}-endian, {self.bits} bits)"
        low = 8 - self.begin % 8 - self.bits if self.big else self.begin % 8
        return f"byte {first}" if self.bits == 8 else f"byte {first} bits {low}-{low + self.bits - 1}"


@dataclass(frozen=True, slots=True)
class Portrait:
    """One id that nobody understands."""

    heard: HeardId
    share: float
    """Of the frames of its bus."""
    period_s: float | None
    """Median; None: too few frames."""
    mean_s: float | None
    """From the first to the last; where the median is 0, all that a coarse clock of the recording leaves."""
    spread_s: tuple[float, float] | None
    """Between these lie the middle four fifths of the gaps."""
    changing: UInt8s
    """By byte the bits that change."""
    counters: tuple[Field, ...]
    checksum: Checksum | None
    quantities: tuple[Field, ...]
    """What moves smoothly."""
    text: str
    """ASCII that is in it."""
    is_isotp: bool
    """Longer messages in parts, as testers use them (ISO 15765-2)."""

    @property
    def is_cyclic(self) -> bool:
        """It comes by the clock, not by what happens."""
        if not self.period_s or self.spread_s is None:
            return False
        return self.spread_s[1] - self.spread_s[0] <= CYCLIC * self.period_s


def portrait(heard: HeardId, frames: int) -> Portrait:
    """Look at one id of a bus with so many frames."""
    gaps = heard.gaps_s
    size = max(heard.lengths, key=lambda length: heard.lengths[length])
    usual = heard.length == size
    payload, follows = heard.payload[usual, :size], (heard.follows & np.append(np.False_, usual[:-1]))[usual]
    counters: tuple[Field, ...] = ()
    checksum: Checksum | None = None
    quantities: tuple[Field, ...] = ()
    is_in_parts = is_isotp(heard)
    if not is_in_parts:  # in parts of messages no bit is one thing
        counters = _apart(list(_counters(payload, follows)))
        checksum = find_checksum(payload)
        quantities = tuple(_quantities(payload, follows, _taken(size, counters, checksum)))
    return Portrait(
        heard=heard,
        share=heard.frames / max(1, frames),
        period_s=heard.period_s,
        mean_s=(heard.last_ns - heard.first_ns) / NANOSECONDS / (heard.frames - 1) if heard.frames > 1 else None,
        spread_s=(float(np.quantile(gaps, 0.1)), float(np.quantile(gaps, 0.9))) if len(gaps) > 2 else None,
        changing=heard.changed[: max(heard.lengths)],
        counters=counters,
        checksum=checksum,
        quantities=quantities,
        text=_text(payload),
        is_isotp=is_in_parts,
    )


def _counters(payload: UInt8s, follows: npt.NDArray[np.bool_]) -> Iterator[Field]:
    """Fields within a byte that go up by one from frame to frame; of those in each other the longest."""
    if np.count_nonzero(follows) < PAIRS_MIN:
        return
    for byte, column in enumerate(payload.T.astype(np.int64)):
        for low in range(7):
            if (np.diff(column >> low & 1)[follows[1:]] != 0).mean() < COUNTS:
                continue  # by one further the last bit is always another
            found = next((bits for bits in range(8 - low, 1, -1) if _counts(column >> low, bits, follows)), 0)
            if found:
                yield Field(8 * byte + low, found, big=False, high=(1 << found) - 1)
                break


def _apart(counters: list[Field]) -> tuple[Field, ...]:
    """Of those with two bits the first: in frames that repeat in fours many bits go round with it."""
    short = [one for one in counters if one.bits == 2]
    return tuple(one for one in counters if one.bits > 2 or one is short[0])


def _counts(values: npt.NDArray[np.int64], bits: int, follows: npt.NDArray[np.bool_]) -> bool:
    values = values % (1 << bits)
    if len(np.unique(values)) < min(1 << bits, PAIRS_MIN) * 3 // 4:
        return False  # its upper bits do not belong to it
    moved = np.diff(values)[follows[1:]]
    is_up = (moved == 1) | ((moved < 0) & (values[1:][follows[1:]] <= 1))
    return bool(is_up.mean() >= COUNTS)


def _taken(size: int, counters: tuple[Field, ...], checksum: Checksum | None) -> UInt8s:
    """(bytes,) the bits that are explained already."""
    taken = np.zeros(size, np.uint8)
    for one in counters:
        taken[one.begin // 8] |= ((1 << one.bits) - 1) << one.begin % 8
    if checksum is not None:
        taken[checksum.byte] = 0xFF
    return taken


def _quantities(payload: UInt8s, follows: npt.NDArray[np.bool_], taken: UInt8s) -> Iterator[Field]:
    """Neighbouring bits that flip the more often the less significant they are, and whose number moves in small steps.

    After M. Marchetti and D. Stabili, READ: Reverse Engineering of Automotive Data Frames (IEEE TIFS 14(4), 2019), who
    part a payload where the rate of flips falls; here both byte orders are tried, and the steps have to be small.
    """
    if np.count_nonzero(follows) < PAIRS_MIN or not payload.shape[1]:
        return
    found: list[tuple[float, Field]] = []
    for big in (True, False):
        bits = np.unpackbits(payload, axis=1, bitorder="big" if big else "little")
        free = np.unpackbits(~taken, bitorder="big" if big else "little").astype(bool)
        flips = (bits[1:] != bits[:-1])[follows[1:]].mean(axis=0) * free
        found += [
            (rough, field)
            for begin, end in _rising(flips, big=big)
            if (rough := _roughness(values := _numbers(bits[:, begin:end], big=big), follows)) <= ROUGH_MAX
            for field in [Field(begin, end - begin, big, int(values.min()), int(values.max()))]
        ]
    used = np.zeros(8 * payload.shape[1], bool)
    for _, field in sorted(found, key=lambda one: (-one[1].bits, one[0])):
        places = _places(field)
        if not used[places].any():
            used[places] = True
            yield field


def _places(field: Field) -> npt.NDArray[np.intp]:
    """Its bits, counted from the right of each byte."""
    places = np.arange(field.begin, field.begin + field.bits)
    return 8 * (places // 8) + 7 - places % 8 if field.big else places


def _rising(flips: Float64s, *, big: bool) -> Iterator[tuple[int, int]]:
    """Runs of bits that flip, as begin and end, parted where the rate falls by more than a half towards the least
    significant."""
    begin: int | None = None
    for place in range(len(flips) + 1):
        rate = flips[place] if place < len(flips) else 0.0
        if begin is not None:
            before = flips[place - 1]
            falls = rate < before / 2 if big else before < rate / 2
            if not rate or falls:
                if place - begin in FIELD_BITS:
                    yield begin, place
                begin = None
        if begin is None and rate:
            begin = place


def _numbers(bits: UInt8s, *, big: bool) -> npt.NDArray[np.int64]:
    weight = np.left_shift(np.int64(1), np.arange(bits.shape[1], dtype=np.int64))
    numbers: npt.NDArray[np.int64] = bits.astype(np.int64) @ (weight[::-1] if big else weight)
    return numbers


def _roughness(values: npt.NDArray[np.int64], follows: npt.NDArray[np.bool_]) -> float:
    span = int(np.ptp(values))
    return float(np.abs(np.diff(values))[follows[1:]].mean()) / span if span >= STEPS_MIN else 1.0


def _text(payload: UInt8s) -> str:
    """The longest text that is in at least half of the frames looked at."""
    found: dict[bytes, int] = {}
    some = payload[:: max(1, len(payload) // 32)]
    for row in some:
        for text in _TEXT.findall(row.tobytes()):
            found[text] = found.get(text, 0) + 1
    often = [text for text, count in found.items() if 2 * count >= len(some) and re.search(rb"[A-Za-z]{2}", text)]
    return max(often, key=len).decode("ascii") if often else ""
