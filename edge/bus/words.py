"""Words of eight characters: text looked at eight at a time, by operations on 64 bits over whole arrays."""

from typing import Final

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
UInt64s = npt.NDArray[np.uint64]

WORD: Final = 8
"""Characters of a word; the first is its lowest byte."""


def u64(value: int) -> np.uint64:
    """A number as 64 bits, which is what numpy needs so as not to turn words into floats."""
    return np.uint64(value & 0xFFFF_FFFF_FFFF_FFFF)


def each(byte: int) -> np.uint64:
    """A word of eight times the same byte."""
    return u64(byte * 0x0101_0101_0101_0101)


FIRST: Final = np.array([(1 << 8 * count) - 1 for count in range(WORD)] + [2**64 - 1], np.uint64)
"""By count: the first so many characters of a word."""
ZEROS: Final = each(0x30)
"""A word of the digit 0."""
_4, _6, _8, _16, _32 = (u64(bits) for bits in (4, 6, 8, 16, 32))
_LOW, _HIGH, _ONES, _SIXES, _THREES = (each(byte) for byte in (0x0F, 0xF0, 0x01, 0x06, 0x33))


def are_decimal(word: UInt64s) -> Bools:
    """Whether all eight characters are digits: each has a 3 above, and still has when six is added."""
    are: Bools = ((word & _HIGH) | (((word + _SIXES) & _HIGH) >> _4)) == _THREES
    return are


def decimal(word: UInt64s) -> UInt64s:
    """The number of eight digits, the first of which is the lowest byte: pairs, pairs of pairs, and those together."""
    pairs = ((word & _LOW) * u64(10 * 256 + 1) >> _8) & u64(0x00FF_00FF_00FF_00FF)
    fours = (pairs * u64(100 * 65536 + 1) >> _16) & u64(0x0000_FFFF_0000_FFFF)
    return fours * u64(10_000 * 2**32 + 1) >> _32


def hexadecimal(word: UInt64s) -> tuple[UInt64s, Bools]:
    """The four bytes that eight hexadecimal digits stand for, the first as the lowest, and whether all are such digits.

    A letter has bit 6; its value is nine more than its lower half. A digit has bits 5 and 4, a letter has no bit 4.
    """
    letters = (word >> _6) & _ONES
    value = (word & _LOW) + letters * u64(9)
    is_odd = (value >> _4) & _ONES  # above fifteen
    is_odd |= (((value + _SIXES) >> _4) & _ONES) ^ letters  # ten and more are letters, and only those
    has_4, has_5, has_7 = (word >> _4) & _ONES, (word >> u64(5)) & _ONES, (word >> u64(7)) & _ONES
    is_odd |= has_7 | (letters & has_4) | ((letters ^ _ONES) & ((has_4 & has_5) ^ _ONES))
    pairs = ((value << _4) | (value >> _8)) & u64(0x00FF_00FF_00FF_00FF)
    fours = (pairs | (pairs >> _8)) & u64(0x0000_FFFF_0000_FFFF)
    return (fours | (fours >> _16)) & u64(0xFFFF_FFFF), is_odd == 0


def are_graphic(word: UInt64s, length: Ints) -> Bools:
    """Whether the characters of a name are from `!` to `~`; the word is zero behind them."""
    filled = word | (ZEROS & ~FIRST.take(length, mode="clip"))
    odd = filled | (filled + _ONES) | ((filled + each(0x5F)) ^ each(0x80))
    graphic: Bools = (odd & each(0x80)) == 0
    return graphic
