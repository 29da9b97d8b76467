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
    """For each column which of its ways of being told is smallest; SUM only of the last byte.

    The entropy of a column is n log n of its length less the sum of n log n over how often each value comes: the way
    with the largest sum is smallest. The logarithm is straight between powers of two: whole numbers, so that every
    machine chooses the same.
    """
    ways, columns = len(found), len(is_last)
    firsts = (column * _BYTES).astype(np.int32)
    numbers = np.array([firsts + values for values in found])
    numbers.sort(axis=1)
    numbers += np.arange(0, ways * columns * _BYTES, columns * _BYTES, dtype=np.int32)[:, None]
    numbers = numbers.ravel()
    is_end = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=is_end[:-1])
    ends = np.flatnonzero(is_end)
    counts = ends.copy()
    counts[1:] -= ends[:-1]
    counts[0] += 1
    saved = np.bincount(numbers[ends] // _BYTES, weights=_n_log_n(counts), minlength=ways * columns)
    saved = saved.reshape(ways, columns)
    saved[SUM - RAW, ~is_last] = -1
    best: Ints = np.argmax(saved, axis=0)
    return best


def _n_log_n(counts: Ints) -> Int64s:
    _, exponents = np.frexp(counts.astype(np.float64))
    power = exponents.astype(np.int64) - 1
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
    _check_ways(ways, length)
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


def _check_ways(ways: UInt8s, length: Ints) -> None:
    if (ways > SUM).any():
        raise bad(f"a byte is told in way {int(ways.max())}")
    positions, lines = np.nonzero(ways == SUM)
    if (positions + 1 != length[lines]).any():
        raise bad("a sum is not at the end of its payload")


def _since(plus: np.ufunc, minus: np.ufunc, cells: UInt8s, lengths: Ints) -> UInt8s:
    """Of each stretch the running total."""
    totals: UInt8s = plus.accumulate(cells, dtype=np.uint8)
    before = np.concatenate([np.zeros(1, np.uint8), totals])[spans(lengths)]
    taken: UInt8s = minus(totals, np.repeat(before, lengths))
    return taken
