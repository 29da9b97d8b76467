"""Cells as numbers: which are empty, which stand for nothing, and which nobody can read. What is none is NaN."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.bus.table.rows import Cells, Float64s

NOTHING: Final = frozenset({"", "nan", "null", "none", "na", "n/a", "-"})
"""Texts, in small letters, that say that there is no value."""
_WORDS: Final = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one column become values of its signal."""

    factor: float = 1.0
    offset: float = 0.0
    """Value = number x factor + offset."""
    missing: tuple[float, ...] = ()
    """Numbers that stand for nothing."""
    missing_texts: frozenset[str] = frozenset()
    """Texts that do."""
    low: float = -np.inf
    high: float = np.inf
    """A number outside of them stands for nothing."""


@dataclass(frozen=True, slots=True)
class Values:
    """One column of a piece."""

    values: Float64s
    """(N,) in the unit of the signal; NaN: unknown."""
    empty: int
    """Cells without a value."""
    sentinel: int
    """Cells that stand for nothing."""
    bad: int
    """Cells that nobody can read, and numbers beyond any."""


def values_of(cells: Cells, reading: Reading, *, decimal_comma: bool | None = False) -> Values:
    """The cells as values; `decimal_comma` is as in TableFile."""
    sentinel = bad = 0
    if isinstance(cells, list):
        if reading.missing_texts:
            said = [cell.strip() in reading.missing_texts for cell in cells]
            sentinel = sum(said)
            cells = ["" if is_none else cell for cell, is_none in zip(cells, said, strict=True)]
        numbers, bad = numbers_of(cells, decimal_comma=decimal_comma)
    else:
        numbers = cells.astype(np.float64)
    empty = int(np.count_nonzero(np.isnan(numbers))) - bad - sentinel
    is_none = (numbers < reading.low) | (numbers > reading.high)
    if reading.missing:
        is_none |= np.isin(numbers, reading.missing)
    numbers[is_none] = np.nan
    sentinel += int(np.count_nonzero(is_none))
    with np.errstate(over="ignore", invalid="ignore"):
        if (reading.factor, reading.offset) != (1.0, 0.0):
            numbers = numbers * reading.factor + reading.offset
    is_beyond = np.isinf(numbers)
    numbers[is_beyond] = np.nan
    return Values(numbers, empty, sentinel, bad + int(np.count_nonzero(is_beyond)))


def numbers_of(cells: Sequence[str], *, decimal_comma: bool | None) -> tuple[Float64s, int]:
    """(N,) numbers, NaN where there is none; and how many cells nobody can read."""
    if decimal_comma is False:
        try:
            quick = np.array([float(cell) if cell else np.nan for cell in cells], np.float64)
        except ValueError:
            pass
        else:
            if "_" not in "".join(cells):  # Python reads 1_000 as a number
                return quick, 0
    numbers = [_number(cell.strip().lower(), decimal_comma) for cell in cells]
    bad = sum(number is None for number in numbers)
    return np.array([np.nan if number is None else number for number in numbers], np.float64), bad


def _number(cell: str, decimal_comma: bool | None) -> float | None:
    """NaN: there is none; None: nobody can read it."""
    if cell in NOTHING:
        return float("nan")
    if cell in _WORDS:
        return _WORDS[cell]
    if "_" in cell or (decimal_comma and "." in cell):
        return None
    if decimal_comma is not False:
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None
