"""Decimals: rows of numbers as lines of text, a hundred million numbers in ten seconds.

A simulated vehicle fills ten rows of sixty columns in half a millisecond; formatting each number by itself would take
a third of that again. So whole parts and fractions are looked up as text, for all columns of many rows at once.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
UInt64s = npt.NDArray[np.uint64]

DECIMALS_MAX: Final = 4
SIZE_MAX: Final = 9_999_999_999.0
"""What is not below is no measurement of a vehicle, and left empty."""
_PART: Final = 100_000
"""A number is written in parts of five digits."""
_NEGATIVE: Final = _PART
_PADDED: Final = 2 * _PART
_WORD: Final = 8
"""Bytes: each part has the room of one number, so that numpy can look it up; what is left of it is zeros, taken out."""


class Lines:
    """Makes lines of comma-separated decimal numbers; zeros at the end of a fraction are left out."""

    def __init__(self, decimals: Sequence[int]) -> None:
        """`decimals`: of each column, 0 to 4."""
        self._scale = 10.0 ** np.array(decimals)
        self._first = np.array([sum(10**fewer for fewer in range(number)) for number in decimals])
        """Where the fractions of so many decimals begin in the table of all."""
        self._parts = _part_texts()
        self._fractions = np.concatenate([_fraction_texts(number) for number in range(DECIMALS_MAX + 1)])

    def format(self, values: Float64s) -> bytes:
        """The lines of (N, columns) numbers; one that is not finite is left empty.

        The text of a number depends on nothing but that number and its column.
        """
        known = np.abs(values) < SIZE_MAX  # False for NaN
        number = np.rint(np.where(known, values, 0.0) * self._scale)
        size = np.abs(number)
        whole = np.floor(size / self._scale).astype(np.int64)  # exact: all is below 2^53
        fraction = (size - whole * self._scale).astype(np.int64)
        sign = np.where(number < 0.0, _NEGATIVE, 0)
        is_large = (whole >= _PART).any(axis=0)
        ends = np.cumsum(np.where(is_large, 3, 2)) - 1
        words = np.empty((len(values), ends[-1] + 1), np.uint64)
        words[:, ends - 1] = np.where(known, self._parts[whole % _PART + sign], 0)
        words[:, ends] = self._fractions[np.where(known, fraction + self._first, 0)]
        for column in np.flatnonzero(is_large):
            place = slice(ends[column] - 2, ends[column])
            words[:, place] = self._large(whole[:, column], sign[:, column], known[:, column])
        text = words.view(np.uint8)
        text[:, -1] = ord("\n")
        return text.tobytes().translate(None, b"\0")

    def _large(self, whole: Int64s, sign: Int64s, known: Bools) -> UInt64s:
        """(N, 2) words with whole parts of up to ten digits."""
        upper, lower = np.divmod(whole, _PART)
        high = np.where(upper > 0, self._parts[upper + sign], 0)
        low = self._parts[lower + np.where(upper > 0, _PADDED, sign)]
        return np.where(known[:, None], np.stack((high, low), axis=1), 0)


@cache
def _part_texts() -> UInt64s:
    """`0` to `99999`, then `-0` to `-99999`, then `00000` to `99999`, a word each."""
    number = np.arange(_PART)[:, None]
    powers = 10 ** np.arange(4, -1, -1)
    digits = (number // powers % 10 + ord("0")).astype(np.uint8)
    text = np.zeros((3, _PART, _WORD), np.uint8)
    text[:2, :, 1:6] = np.where((number >= powers) | (powers == 1), digits, 0)
    text[1, :, 0] = ord("-")
    text[2, :, 1:6] = digits
    return text.reshape(-1).view(np.uint64)


@cache
def _fraction_texts(decimals: int) -> UInt64s:
    """Every fraction of so many decimals, from nothing to `.9999`, a word each with a comma at its end."""
    texts = [f".{number:0{decimals}d}".rstrip("0").rstrip(".") for number in range(10**decimals)]
    whole = "".join(text.ljust(_WORD - 1, "\0") + "," for text in texts)
    return np.frombuffer(whole.encode(), np.uint64)
