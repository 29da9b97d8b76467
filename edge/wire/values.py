"""Physical values as whole numbers: multiples of a step that give each value back to the last bit, or its bits.

A *series* is what one signal said, in the order in which it said it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.wire.columns import Int64s, Ints, Reader, UInt8s, UInt64s, bad, planes, unzigzag, zigzag
from edge.wire.positions import changes, payloads

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BITS: Final = 0
"""The number is the float64's bits."""
TIMES: Final = 1
"""The value is the number times the step."""
OVER: Final = 2
"""The value is the number divided by the step."""
PLAIN: Final = 0
"""Numbers stand as they are, less the series' base."""
STEPS: Final = 1
"""Numbers stand as the steps from one to the next, in zigzag; before the first stands the base."""

_CANDIDATES: Final = (
    (TIMES, 1.0),
    *((way, step) for power in range(1, 10) for way, step in ((TIMES, float(f"1e-{power}")), (OVER, float(10**power)))),
    *((TIMES, 0.5**power) for power in range(1, 21)),
    (OVER, 255.0),
)
"""Ways and steps that are tried, the coarser first."""
_EXACT: Final = float(2**53)
_NUMBER_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class _Found:
    """Numbers of all series, and of each series how they become values."""

    numbers: Int64s
    way: UInt8s
    step: Float64s
    multiple: UInt64s
    """Numbers are so many times as large."""


def value_columns(values: Float64s, sizes: Ints) -> list[bytes]:
    """The columns of series that follow one another; each has at least one value, and all are finite."""
    begins = np.cumsum(sizes) - sizes
    series = np.repeat(np.arange(len(sizes)), sizes)
    found = _found(values, begins, series)
    plain, plain_base = _plain(found.numbers, begins, series)
    forth, forth_base = _forth(found.numbers, begins)
    is_forth = _bits_of(forth, begins) < _bits_of(plain, begins)
    stored = np.where(is_forth[series], forth, plain)
    base = np.where(is_forth, forth_base, plain_base)
    width = _width(stored, begins)
    largest = int(width.max(initial=0))
    rows = stored.astype("<u8", copy=False).view(np.uint8).reshape(-1, _NUMBER_BYTES).T[:largest]
    told = changes(np.ascontiguousarray(rows), begins, series, width)
    head = found.way.tobytes() + is_forth.astype(np.uint8).tobytes() + width.astype(np.uint8).tobytes()
    bits = found.step.view(np.uint64)
    numbers = planes(bits, 8) + planes(found.multiple, 8) + planes(base.view(np.uint64), 8)
    return [head + numbers, told.firsts + told.ways, told.cells]


def _found(values: Float64s, begins: Ints, series: Ints) -> _Found:
    """The first candidate that gives every value of a series back; where there is none, the bits."""
    numbers = values.view(np.int64).copy()
    way, step = np.zeros(len(begins), np.uint8), np.zeros(len(begins))
    rows, count = np.arange(len(values)), len(begins)
    for kind, size in _CANDIDATES:
        if not len(rows):
            break
        tried = values[rows]
        with np.errstate(over="ignore"):
            whole = np.rint(tried / size if kind == TIMES else tried * size) + 0.0
        whole[np.abs(whole) > _EXACT] = 0
        again = whole * size if kind == TIMES else whole / size
        wrong = np.zeros(count, bool)
        wrong[series[rows[again.view(np.int64) != tried.view(np.int64)]]] = True
        fits = ~wrong[series[rows]]
        numbers[rows[fits]] = whole[fits].astype(np.int64)
        way[series[rows[fits]]], step[series[rows[fits]]] = kind, size
        rows = rows[~fits]
    multiple = _multiple(numbers, begins, way)
    return _Found(numbers // multiple[series], way, step, multiple.view(np.uint64))


def _multiple(numbers: Int64s, begins: Ints, way: UInt8s) -> Int64s:
    """What all numbers of a series are multiples of; 1 for bits and where all are 0."""
    if not len(begins):
        return np.empty(0, np.int64)
    common: Int64s = np.gcd.reduceat(np.where(np.repeat(way != BITS, _sizes(numbers, begins)), numbers, 1), begins)
    return np.maximum(common, 1)


def _sizes(numbers: npt.NDArray[np.generic], begins: Ints) -> Ints:
    return np.diff(begins, append=len(numbers))


def _plain(numbers: Int64s, begins: Ints, series: Ints) -> tuple[UInt64s, Int64s]:
    """Numbers from the least of their series on."""
    base: Int64s = np.minimum.reduceat(numbers, begins) if len(begins) else np.empty(0, np.int64)
    return (numbers - base[series]).view(np.uint64), base


def _forth(numbers: Int64s, begins: Ints) -> tuple[UInt64s, Int64s]:
    """Steps from number to number, the first one's from the base, which is that number."""
    steps = np.zeros(len(numbers), np.int64)
    steps[1:] = numbers[1:] - numbers[:-1]
    steps[begins] = 0
    return zigzag(steps), numbers[begins]


def _width(stored: UInt64s, begins: Ints) -> Ints:
    """Bytes that hold every number of a series."""
    if not len(begins):
        return np.empty(0, np.intp)
    largest = np.bitwise_or.reduceat(stored, begins)
    shifts = np.arange(0, 8 * _NUMBER_BYTES, 8, dtype=np.uint64)
    width: Ints = np.count_nonzero(largest >> shifts[:, None], axis=0)
    return width


def _bits_of(stored: UInt64s, begins: Ints) -> Int64s:
    """Roughly the bits that a series needs: those of each number."""
    _, exponents = np.frexp(stored.astype(np.float64))
    bits: Int64s = np.add.reduceat(exponents.astype(np.int64), begins) if len(begins) else np.empty(0, np.int64)
    return bits


def read_values(reader: Reader, sizes: Ints) -> Float64s:
    """The values of series of these sizes, each at least 1.

    Raises:
        WireError: the columns are not those of such series, or a value is not finite.
    """
    count = len(sizes)
    way, form, width = (reader.column(count) for _ in range(3))
    step = reader.planes(count, 8).view(np.float64)
    multiple, base = reader.planes(count, 8), reader.planes(count, 8).view(np.int64)
    if (way > OVER).any() or (form > STEPS).any() or (width > _NUMBER_BYTES).any():
        raise bad("a series is told in a way that there is not")
    if not np.isfinite(step).all() or (step[way != BITS] <= 0).any():
        raise bad("a step is no number above 0")
    stored = np.zeros((int(sizes.sum()), _NUMBER_BYTES), np.uint8)
    rows = payloads(reader, sizes, width.astype(np.intp))
    stored[:, : len(rows)] = rows.T
    series = np.repeat(np.arange(count), sizes)
    numbers = _numbers(stored.view("<u8").reshape(-1).astype(np.uint64, copy=False), form == STEPS, base, sizes)
    numbers *= multiple.view(np.int64)[series]
    values = numbers.astype(np.float64)
    with np.errstate(over="ignore"):
        values = np.where(way[series] == TIMES, values * step[series], values)
        values = np.divide(values, step[series], out=values, where=way[series] == OVER)
    values = np.where(way[series] == BITS, numbers.view(np.float64), values)
    if not np.isfinite(values).all():
        raise bad("a value is not finite")
    return values


def _numbers(stored: UInt64s, is_forth: Bools, base: Int64s, sizes: Ints) -> Int64s:
    """Numbers again, in the order of their series."""
    begins = np.cumsum(sizes) - sizes
    totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(unzigzag(stored))])
    forth = totals[1:] - np.repeat(totals[begins], sizes)
    numbers: Int64s = np.where(np.repeat(is_forth, sizes), forth, stored.view(np.int64)) + np.repeat(base, sizes)
    return numbers
