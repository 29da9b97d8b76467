"""Many lines of a candump log at once: lines as `candump -L` writes them, by array operations.

A line is taken in words of eight characters, read at any place of the text, and each word is looked at as a whole:
eight digits take some twenty operations on 64 bits, over all lines. What is not written in just this way (remote
requests, FD frames, other spacing, broken lines) is left to `candump.py`, which knows all of the format.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.frames import CLASSIC_BYTES, ERROR, EXTENDED, NANOSECONDS, Int64s, UInt8s, UInt32s

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
UInt64s = npt.NDArray[np.uint64]

NAME_MAX: Final = 8
"""Characters of a bus: a word."""
_PADDING: Final = bytes(32)
"""Before and behind the text: a word may begin before the first line, or end behind the last."""
_NEW_LINE, _RETURN, _BLANK, _HASH = b"\n\r #"
_ERROR_BIT: Final = 0x2000_0000
_ID_MASK: Final = 0x1FFF_FFFF
_HEADS: Final = {18: 6, 21: 9}
"""Where the bracket closes: digits of the fraction."""


def _u64(value: int) -> np.uint64:
    return np.uint64(value & 0xFFFF_FFFF_FFFF_FFFF)


def _each(byte: int) -> np.uint64:
    """A word of eight times the same byte."""
    return _u64(byte * 0x0101_0101_0101_0101)


_1, _4, _6, _8, _16, _32 = (_u64(bits) for bits in (1, 4, 6, 8, 16, 32))
_LOW, _HIGH, _ONES, _SIXES, _THREES, _ZEROS = (_each(byte) for byte in (0x0F, 0xF0, 0x01, 0x06, 0x33, 0x30))
_FIRST: Final = np.array([(1 << 8 * count) - 1 for count in range(NAME_MAX)] + [2**64 - 1], np.uint64)
"""By count: the first so many characters of a word."""


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
    """(K, 8)"""
    left: list[tuple[int, bytes]]
    """Lines that are not of this form, with their rows."""
    lines: int
    """N"""


def name_of(word: int) -> bytes:
    """The name of a bus."""
    return word.to_bytes(NAME_MAX, "little").rstrip(b"\0")


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
        self._words = np.ndarray((len(text) - NAME_MAX + 1,), "<u8", text, strides=(1,))
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
        hashes = (self._text == _HASH).nonzero()[0]
        if len(hashes) != len(is_read) or not ((hashes > self._begin) & (hashes < self._end)).all():
            place = np.searchsorted(hashes, self._begin)
            hashes = np.append(hashes, len(self._text) - len(_PADDING)).take(place)
        name = self._begin + bracket + 2
        is_read = hashes < self._end
        is_read &= hashes > name + 4
        is_read &= self._read_time(_HEADS[bracket])
        is_read &= self._read_bus_and_id(name, hashes)
        is_read &= self._read_payload(hashes + 1)
        return is_read

    def _read_time(self, fraction_digits: int) -> Bools:
        """`(1234567890.123456) `, or with nine digits of a fraction."""
        begin, words = self._begin, self._words
        seconds, middle, fraction = words[begin + 1], words[begin + 9], words[begin + 12]
        is_read: Bools = self._text.take(begin) == ord("(")
        is_read &= _are_digits(seconds)
        is_read &= (middle & _u64(0xFFF0F0)) == _u64(0x2E3030)  # two more digits, a point
        tens, ones = (middle & _u64(0xF)), (middle >> _8) & _u64(0xF)
        is_read &= (tens < _u64(10)) & (ones < _u64(10))
        whole = _digits(seconds) * _u64(100) + tens * _u64(10) + ones
        if fraction_digits == 6:
            is_read &= fraction >> _u64(48) == _u64(int.from_bytes(b") ", "little"))
            fraction = (fraction << _16) | _u64(0x3030)
            nanoseconds = _digits(fraction) * _u64(1000)
        else:
            last = words[begin + 20]
            is_read &= (last & _u64(0xFFFFF0)) == _u64(int.from_bytes(b"0) ", "little"))
            is_read &= (last & _u64(0xF)) < _u64(10)
            nanoseconds = _digits(fraction) * _u64(10) + (last & _u64(0xF))
        is_read &= _are_digits(fraction)
        is_read &= whole < _u64(9_000_000_000)
        self.time = (whole * _u64(NANOSECONDS) + nanoseconds).view(np.int64)
        return is_read

    def _read_bus_and_id(self, name: Ints, hashes: Ints) -> Bools:
        """`can0 123`, or with eight digits."""
        word = self._words[hashes - 8]
        is_short = (word >> _32) & _u64(0xFF) == _u64(_BLANK)
        is_long = ~is_short
        is_read: Bools = is_short | (self._text.take(hashes - 9) == _BLANK)
        word = np.where(is_long, word, (word & _u64(0xFFFFFF << 40)) | (_ZEROS >> _u64(24)))
        digits, are_digits = _hexadecimal(word)
        number = digits.astype(np.uint32).byteswap()
        is_read &= are_digits
        is_read &= number < np.where(is_long, 2 * _ERROR_BIT, 0x800)
        is_error = is_long & ((number & np.uint32(_ERROR_BIT)) != 0)
        self.id = number & np.uint32(_ID_MASK)
        self.flags = np.where(is_error, ERROR, np.where(is_long, EXTENDED, 0)).astype(np.uint8)
        length = hashes - np.where(is_long, 9, 4) - name
        is_read &= (length > 0) & (length <= NAME_MAX)
        self.bus = self._words[np.minimum(name, len(self._words) - 1)] & _FIRST.take(length, mode="clip")
        is_read &= _is_graphic(self.bus, length)
        return is_read

    def _read_payload(self, begin: Ints) -> Bools:
        """Up to sixteen digits to the end of the line."""
        count = self._end - begin
        is_read: Bools = (count >= 0) & (count <= 2 * CLASSIC_BYTES) & ((count & 1) == 0)
        last = len(self._words) - 1
        words = self.payload.view("<u8")[:, 0]
        for number in range(2):
            there = _FIRST.take(count - 8 * number, mode="clip")
            word = (self._words[np.minimum(begin + 8 * number, last)] & there) | (_ZEROS & ~there)
            digits, are_digits = _hexadecimal(word)
            is_read &= are_digits
            words |= digits << _u64(32 * number)
        self.length = (count >> 1).astype(np.uint8)
        return is_read


def _are_digits(word: UInt64s) -> Bools:
    """Whether all eight characters are digits: each has a 3 above, and still has when six is added."""
    are: Bools = ((word & _HIGH) | (((word + _SIXES) & _HIGH) >> _4)) == _THREES
    return are


def _digits(word: UInt64s) -> UInt64s:
    """The number of eight digits, the first of which is the lowest byte: pairs, pairs of pairs, and those together."""
    pairs = ((word & _LOW) * _u64(10 * 256 + 1) >> _8) & _u64(0x00FF_00FF_00FF_00FF)
    fours = (pairs * _u64(100 * 65536 + 1) >> _16) & _u64(0x0000_FFFF_0000_FFFF)
    return fours * _u64(10_000 * 2**32 + 1) >> _32


def _hexadecimal(word: UInt64s) -> tuple[UInt64s, Bools]:
    """The four bytes that eight hexadecimal digits stand for, the first as the lowest, and whether all are such digits.

    A letter has bit 6; its value is nine more than its lower half. A digit has bits 5 and 4, a letter has no bit 4.
    """
    letters = (word >> _6) & _ONES
    value = (word & _LOW) + letters * _u64(9)
    is_odd = (value >> _4) & _ONES  # above fifteen
    is_odd |= (((value + _SIXES) >> _4) & _ONES) ^ letters  # ten and more are letters, and only those
    has_4, has_5, has_7 = (word >> _4) & _ONES, (word >> _u64(5)) & _ONES, (word >> _u64(7)) & _ONES
    is_odd |= has_7 | (letters & has_4) | ((letters ^ _ONES) & ((has_4 & has_5) ^ _ONES))
    pairs = ((value << _4) | (value >> _8)) & _u64(0x00FF_00FF_00FF_00FF)
    fours = (pairs | (pairs >> _8)) & _u64(0x0000_FFFF_0000_FFFF)
    return (fours | (fours >> _16)) & _u64(0xFFFF_FFFF), is_odd == 0


def _is_graphic(word: UInt64s, length: Ints) -> Bools:
    """Whether the characters of a name are from `!` to `~`; the word is zero behind them."""
    filled = word | (_ZEROS & ~_FIRST.take(length, mode="clip"))
    odd = filled | (filled + _ONES) | ((filled + _each(0x5F)) ^ _each(0x80))
    is_graphic: Bools = (odd & _each(0x80)) == 0
    return is_graphic
