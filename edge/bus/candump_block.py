"""Many lines of a candump log at once: lines as `candump -L` writes them, by array operations.

A line is taken in words of eight characters, read at any place of the text, and each word is looked at as a whole:
eight digits take some twenty operations on 64 bits, over all lines. What is not written in just this way (remote
requests, other spacing, broken lines) is left to `candump.py`, which knows all of the format.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.bus.words import FIRST, WORD, ZEROS, Bools, Ints, UInt64s, are_decimal, are_graphic, decimal, hexadecimal, u64
from edge.frames import (
    BIT_RATE_SWITCH,
    CLASSIC_BYTES,
    ERROR,
    ERROR_STATE,
    EXTENDED,
    FD,
    FD_BYTES,
    NANOSECONDS,
    Int64s,
    UInt8s,
    UInt32s,
)

_PADDING: Final = bytes(32)
"""Before and behind the text: a word may begin before the first line, or end behind the last."""
_NEW_LINE, _RETURN, _BLANK, _HASH = b"\n\r #"
_ERROR_BIT: Final = 0x2000_0000
_ID_MASK: Final = 0x1FFF_FFFF
_HEADS: Final = {18: 6, 21: 9}
"""Where the bracket closes: digits of the fraction."""
_FD_FLAGS: Final = np.array([FD, FD | BIT_RATE_SWITCH, FD | ERROR_STATE, FD | BIT_RATE_SWITCH | ERROR_STATE], np.uint8)
"""By the two lower bits of the flags of can-utils (CANFD_BRS, CANFD_ESI of linux/can.h)."""


_8, _16, _32 = u64(8), u64(16), u64(32)


@dataclass(frozen=True, slots=True)
class Block:
    """K lines that were read, of N; in the order of the text."""

    row: Ints
    """(K,) which line."""
    time: Int64s
    """(K,) ns, as written."""
    bus: UInt64s
    """(K,) the name of the bus, as a word: `name_of`."""
    id: UInt32s
    flags: UInt8s
    length: UInt8s
    payload: UInt8s
    """(K, 8) when every frame is classic, else (K, 64); zero behind the length."""
    left: list[tuple[int, bytes]]
    """Lines that are not of this form, with their rows."""
    lines: int
    """N"""


def name_of(word: int) -> bytes:
    """The name of a bus."""
    return word.to_bytes(WORD, "little").rstrip(b"\0")


def parse_block(text: bytes) -> Block:
    """The frames of whole lines, each with its end."""
    padded = np.frombuffer(b"".join((_PADDING, text, _PADDING)), np.uint8)
    ends = (padded == _NEW_LINE).nonzero()[0]
    begins = np.empty_like(ends)
    if len(ends):
        begins[0], begins[1:] = len(_PADDING), ends[:-1] + 1
    page = _Page(padded, begins, ends - (padded.take(ends - 1) == _RETURN))
    is_read = page.read()
    left = (~is_read).nonzero()[0]
    texts = [text[begins[row] - len(_PADDING) : ends[row] - len(_PADDING)] for row in left]
    kept = slice(None) if not len(left) else is_read.nonzero()[0]
    return Block(
        row=np.arange(len(ends))[kept],
        time=page.time[kept],
        bus=page.bus[kept],
        id=page.id[kept],
        flags=page.flags[kept],
        length=page.length[kept],
        payload=page.payload[kept],
        left=list(zip(left.tolist(), texts, strict=True)),
        lines=len(ends),
    )


class _Page:
    """A text with its lines, and what was found in them."""

    def __init__(self, text: UInt8s, begin: Ints, end: Ints) -> None:
        self._text, self._begin, self._end = text, begin, end
        self._words = np.ndarray((len(text) - WORD + 1,), "<u8", text, strides=(1,))
        none = np.zeros(len(begin), np.uint64)
        self.time: Int64s = none.view(np.int64)
        self.bus: UInt64s = none
        self.id: UInt32s = none.astype(np.uint32)
        self.flags: UInt8s = none.astype(np.uint8)
        self.length: UInt8s = self.flags
        self.payload: UInt8s = np.zeros((len(begin), CLASSIC_BYTES), np.uint8)

    def read(self) -> Bools:
        """(N,) which lines were read."""
        is_read: Bools = np.zeros(len(self._begin), np.bool_)
        bracket = bytes(self._text[self._begin[0] : self._begin[0] + 24]).find(b")") if len(is_read) else -1
        if bracket not in _HEADS:
            return is_read
        hashes, are_single = self._hashes()
        name = self._begin + bracket + 2
        is_read = hashes < self._end
        is_read &= hashes > name + 4
        is_read &= self._read_time(_HEADS[bracket])
        is_read &= self._read_bus_and_id(name, hashes)
        is_whole = self._read_payload(hashes + 1)
        if not are_single and len(rows := (is_read & (self._text.take(hashes + 1) == _HASH)).nonzero()[0]):
            is_whole[rows] = self._read_fd(rows, hashes[rows] + 2)
        return is_read & is_whole

    def _hashes(self) -> tuple[Ints, bool]:
        """(N,) the first `#` of each line, behind all lines where there is none; whether it is the only one in each."""
        found = (self._text == _HASH).nonzero()[0]
        first = found if len(found) == len(self._begin) else found[self._text.take(found - 1) != _HASH]
        if len(first) == len(self._begin) and ((first > self._begin) & (first < self._end)).all():
            return first, len(first) == len(found)
        place = np.searchsorted(found, self._begin)
        return np.append(found, len(self._text) - len(_PADDING)).take(place), False

    def _read_time(self, fraction_digits: int) -> Bools:
        """`(1234567890.123456) `, or with nine digits of a fraction."""
        begin, words = self._begin, self._words
        seconds, middle, fraction = words[begin + 1], words[begin + 9], words[begin + 12]
        is_read: Bools = self._text.take(begin) == ord("(")
        is_read &= are_decimal(seconds)
        is_read &= (middle & u64(0xFFF0F0)) == u64(0x2E3030)  # two more digits, a point
        tens, ones = (middle & u64(0xF)), (middle >> _8) & u64(0xF)
        is_read &= (tens < u64(10)) & (ones < u64(10))
        whole = decimal(seconds) * u64(100) + tens * u64(10) + ones
        if fraction_digits == 6:
            is_read &= fraction >> u64(48) == u64(int.from_bytes(b") ", "little"))
            fraction = (fraction << _16) | u64(0x3030)
            nanoseconds = decimal(fraction) * u64(1000)
        else:
            last = words[begin + 20]
            is_read &= (last & u64(0xFFFFF0)) == u64(int.from_bytes(b"0) ", "little"))
            is_read &= (last & u64(0xF)) < u64(10)
            nanoseconds = decimal(fraction) * u64(10) + (last & u64(0xF))
        is_read &= are_decimal(fraction)
        is_read &= whole < u64(9_000_000_000)
        self.time = (whole * u64(NANOSECONDS) + nanoseconds).view(np.int64)
        return is_read

    def _read_bus_and_id(self, name: Ints, hashes: Ints) -> Bools:
        """`can0 123`, or with eight digits."""
        word = self._words[hashes - 8]
        is_short = (word >> _32) & u64(0xFF) == u64(_BLANK)
        is_long = ~is_short
        is_read: Bools = is_short | (self._text.take(hashes - 9) == _BLANK)
        word = np.where(is_long, word, (word & u64(0xFFFFFF << 40)) | (ZEROS >> u64(24)))
        digits, are_digits = hexadecimal(word)
        number = digits.astype(np.uint32).byteswap()
        is_read &= are_digits
        is_read &= number < np.where(is_long, 2 * _ERROR_BIT, 0x800)
        is_error = is_long & ((number & np.uint32(_ERROR_BIT)) != 0)
        self.id = number & np.uint32(_ID_MASK)
        self.flags = np.where(is_error, ERROR, np.where(is_long, EXTENDED, 0)).astype(np.uint8)
        length = hashes - np.where(is_long, 9, 4) - name
        is_read &= (length > 0) & (length <= WORD)
        self.bus = self._words[np.minimum(name, len(self._words) - 1)] & FIRST.take(length, mode="clip")
        is_read &= are_graphic(self.bus, length)
        return is_read

    def _read_payload(self, begin: Ints) -> Bools:
        """Up to sixteen digits to the end of the line."""
        count = self._end - begin
        is_read: Bools = (count >= 0) & (count <= 2 * CLASSIC_BYTES) & ((count & 1) == 0)
        last = len(self._words) - 1
        words = self.payload.view("<u8")[:, 0]
        for number in range(2):
            there = FIRST.take(count - 8 * number, mode="clip")
            word = (self._words[np.minimum(begin + 8 * number, last)] & there) | (ZEROS & ~there)
            digits, are_digits = hexadecimal(word)
            is_read &= are_digits
            words |= digits << u64(32 * number)
        self.length = (count >> 1).astype(np.uint8)
        return is_read

    def _read_fd(self, rows: Ints, begin: Ints) -> Bools:
        """`##1` and up to 128 digits to the end of the line; `begin` is where the flags stand."""
        flags, are_flags = hexadecimal((self._words[begin] & u64(0xFF)) | (ZEROS & ~u64(0xFF)))
        count = self._end[rows] - begin - 1
        is_read: Bools = are_flags & (count >= 0) & (count <= 2 * FD_BYTES) & ((count & 1) == 0)
        payload = np.zeros((len(rows), FD_BYTES), np.uint8)
        words = payload.view("<u4")
        for number in range(2 * FD_BYTES // WORD):
            some = (count > WORD * number).nonzero()[0]
            if not len(some):
                break
            there = FIRST.take(count[some] - WORD * number, mode="clip")
            word = (self._words[begin[some] + 1 + WORD * number] & there) | (ZEROS & ~there)
            words[some, number], are_digits = hexadecimal(word)
            is_read[some] &= are_digits
        if not is_read.any():
            return is_read
        wide = np.zeros((len(self.payload), FD_BYTES), np.uint8)
        wide[:, :CLASSIC_BYTES] = self.payload
        wide[rows] = payload
        self.payload = wide
        self.flags[rows] |= _FD_FLAGS.take((flags >> u64(4)) & u64(3))
        self.length[rows] = count >> 1
        return is_read
