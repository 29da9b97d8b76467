"""Payloads of frames by line and byte position: what never changes is told once, the rest in whichever way is smallest.

A *line* is all frames of one bus, id, flags and length, in the order in which they were heard.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.wire.columns import Int64s, Ints, Reader, UInt8s, bad, spans, within

CONSTANT: Final = 0
RAW: Final = 1
XOR: Final = 2
"""With the frame before."""
STEP: Final = 3
"""From the frame before, modulo 256."""
SUM: Final = 4
"""Of a line's last byte: what is left when the change of all others since the first frame is taken off; a checksum that
adds up leaves nothing."""
_BYTES: Final = 256

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Told:
    """The columns of payloads."""

    firsts: bytes
    """The first payload of each line."""
    ways: bytes
    """Of each byte position, of each line that is so long: how it is told."""
    cells: bytes
    """Of each position and line that changes: the bytes of all frames but the first."""


def changes(rows: UInt8s, begins: Ints, line_of: Ints, length: Ints) -> Told:
    """What payloads are as columns; `rows` has a row for each byte position, its frames sorted by line."""
    is_first = np.zeros(rows.shape[1], bool)
    is_first[begins] = True
    ways, cells = [], []
    before = np.zeros(rows.shape[1], np.uint8)
    for position, row in enumerate(rows):
        differs = np.zeros(len(row), bool)
        differs[1:] = row[1:] != row[:-1]
        way = np.zeros(len(begins), np.uint8)
        way[line_of[differs & ~is_first]] = RAW
        if way.any():
            varies = np.flatnonzero(way)
            places = np.flatnonzero((way[line_of] == RAW) & ~is_first)
            rest = row - before
            rest -= rest[begins][line_of]
            found = [row[places], row[places] ^ row[places - 1], row[places] - row[places - 1], rest[places]]
            column = np.searchsorted(varies, line_of[places])
            best = _smallest(found, column, length[varies] == position + 1)
            way[varies] = best + RAW
            cells.append(np.choose(best[column], found).tobytes())
        ways.append(way[length > position].tobytes())
        before = before + row
    is_there = np.arange(len(rows)) < length[:, None]
    return Told(rows[:, begins].T[is_there].tobytes(), b"".join(ways), b"".join(cells))


def _smallest(found: Sequence[UInt8s], column: Ints, is_last: Bools) -> Ints:
    """For each column which of its ways of being told is smallest; SUM only of the last byte."""
    costs = np.array([_cost(column, values) for values in found])
    costs[SUM - RAW, ~is_last] = np.iinfo(np.int64).max
    best: Ints = np.argmin(costs, axis=0)
    return best


def _cost(column: Ints, values: UInt8s) -> Int64s:
    """Of each column roughly the bits that its values need with the best code for each.

    n log n of the count of a value, less that of all, straight between powers of two: whole numbers, so that every
    machine chooses the same.
    """
    numbers = np.sort((column * _BYTES + values).astype(np.int32))
    ends = np.flatnonzero(np.append(numbers[1:] != numbers[:-1], np.True_))
    counts = np.diff(ends, prepend=-1)
    saved = np.bincount(numbers[ends] // _BYTES, weights=_n_log_n(counts)).astype(np.int64)
    cost: Int64s = _n_log_n(np.bincount(column)) - saved
    return cost


def _n_log_n(counts: Ints) -> Int64s:
    _, exponents = np.frexp(counts.astype(np.float64))
    power = np.maximum(exponents.astype(np.int64) - 1, 0)
    estimate: Int64s = (power << power) + (power + 2) * (counts - (1 << power))
    return estimate


def payloads(reader: Reader, counts: Ints, length: Ints) -> UInt8s:
    """The payloads again: a row for each byte position, its frames sorted by line.

    Raises:
        WireError: the columns are not those of such payloads.
    """
    width = int(length.max(initial=0))
    firsts = np.zeros((len(length), width), np.uint8)
    is_there = np.arange(width) < length[:, None]
    firsts[is_there] = reader.column(int(length.sum()))
    ways = np.zeros((width, len(length)), np.uint8)
    ways[is_there.T] = reader.column(int(length.sum()))
    _check_ways(ways, length, counts)
    rows = np.empty((width, int(counts.sum())), np.uint8)
    for position in range(width):
        rows[position] = np.repeat(firsts[:, position], counts)
        _fill(rows, position, ways[position], counts, reader)
    return rows


def _fill(rows: UInt8s, position: int, way: UInt8s, counts: Ints, reader: Reader) -> None:
    """Put what changes into the row of a position; those of the positions before are there."""
    varies = np.flatnonzero(way)
    sizes = counts[varies] - 1
    told, at, begins = reader.column(int(sizes.sum())), spans(sizes), spans(counts)
    for kind in np.unique(way[varies]).tolist():
        is_so = way[varies] == kind
        lines, lengths = varies[is_so], sizes[is_so]
        cells, places = told[within(at[is_so], lengths)], within(begins[lines] + 1, lengths)
        first = rows[position, places]
        if kind == RAW:
            rows[position, places] = cells
        elif kind == XOR:
            rows[position, places] = first ^ _since(np.bitwise_xor, np.bitwise_xor, cells, lengths)
        elif kind == STEP:
            rows[position, places] = first + _since(np.add, np.subtract, cells, lengths)
        else:
            before = np.repeat(rows[:position, begins[lines]].sum(axis=0, dtype=np.uint8), lengths)
            rows[position, places] = cells + first + rows[:position, places].sum(axis=0, dtype=np.uint8) - before


def _check_ways(ways: UInt8s, length: Ints, counts: Ints) -> None:
    if (ways > SUM).any():
        raise bad(f"a byte is told in way {int(ways.max())}")
    if ways[:, counts == 1].any():
        raise bad("a single frame changes")
    positions, lines = np.nonzero(ways == SUM)
    if (positions + 1 != length[lines]).any():
        raise bad("a sum is not at the end of its payload")


def _since(plus: np.ufunc, minus: np.ufunc, cells: UInt8s, lengths: Ints) -> UInt8s:
    """Of each stretch the running total."""
    totals: UInt8s = plus.accumulate(cells, dtype=np.uint8)
    before = np.concatenate([np.zeros(1, np.uint8), totals])[spans(lengths)]
    taken: UInt8s = minus(totals, np.repeat(before, lengths))
    return taken
