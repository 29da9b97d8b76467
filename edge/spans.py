"""What signals did over stretches of time, from every sample: so that no spike between two judgements is missed.

A stretch is kept in at most BUCKETS buckets of whole cells, so it reaches back as far as was asked, to within one of
them: up to 30 s at ten judgements a second to the cell, an hour to 12 s. Pure; the same samples give the same bits
however they were batched: a bucket is filled cell by cell, and buckets lie on the axis, not where the daemon began.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.frames import NANOSECONDS

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
BUCKETS: Final = 300
UNKNOWN: Final = float("nan")
_BEFORE: Final = np.iinfo(np.int64).min // 4


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A signal over the last `span_ns`."""

    path: str
    span_ns: int


@dataclass(frozen=True, slots=True)
class Wants:
    """What somebody wants to know of samples."""

    spans: Collection[Span] = ()
    extremes: Collection[str] = ()
    """Signals of which the lowest and the highest of each cell are wanted."""
    changing: Collection[str] = ()
    """Signals whose changes are counted."""

    @classmethod
    def all_of(cls, several: "Iterable[Wants]") -> "Wants":
        """Those of several together."""
        each = list(several)
        return cls(
            {span for one in each for span in one.spans},
            {path for one in each for path in one.extremes},
            {path for one in each for path in one.changing},
        )


class Spans:
    """Buckets of every stretch that somebody asked for, and the extremes of the last cell."""

    def __init__(self, wants: Wants, slot: Mapping[str, int], grid_ns: int) -> None:
        """`slot`: place of each path in the columns; what has none is unknown for ever."""
        wanted, extremes = sorted(set(wants.spans)), wants.extremes
        paths = sorted(
            {span.path for span in wanted if span.path in slot} | {path for path in extremes if path in slot}
        )
        self._lane_of_path = {path: lane for lane, path in enumerate(paths)}
        self._slots: Places = np.array([slot[path] for path in paths], np.intp)
        self._lane_of_slot = np.full(max(slot.values(), default=-1) + 1, -1, np.intp)
        self._lane_of_slot[self._slots] = np.arange(len(paths))
        self._rows = [span for span in wanted if span.path in slot]
        self._row = {span: row for row, span in enumerate(self._rows)}
        self._lanes: Places = np.array([self._lane_of_path[span.path] for span in self._rows], np.intp)
        self._grid_ns = grid_ns
        self._kept = _Kept(self._rows, grid_ns) if self._rows else None
        count = len(paths)
        self.low: Float64s = np.full(count, UNKNOWN)
        """(lanes,) lowest sample of the last cell, the value as it stood where none came."""
        self.high: Float64s = np.full(count, UNKNOWN)
        self._last: Float64s = np.full(count, UNKNOWN)
        self._changing = np.array([path in wants.changing for path in paths], np.bool_)
        self._cell = _Cell.empty(count)

    def lane(self, path: str) -> int | None:
        """Place of a signal in `low` and `high`."""
        return self._lane_of_path.get(path)

    def row(self, span: Span) -> int | None:
        """Place of a stretch in what `read` gives; None: its signal is not on this vehicle."""
        return self._row.get(span)

    def take(self, slots: Places, values: Float64s) -> None:
        """The samples of a cell, before `step`."""
        if not len(self._slots):
            return
        lanes = self._lane_of_slot[slots]
        known = lanes >= 0
        lanes, values = lanes[known], values[known]
        if not len(lanes):
            return
        self._cell = _Cell.of(lanes, values, len(self._slots))
        if self._changing.any():
            self._cell.changes[:] = _changes(lanes, values, self._last) * self._changing

    def step(self, fresh: Float64s, until: int) -> None:
        """The cell up to `until` (ns) is over; `fresh`: all signals, NaN is unknown."""
        if not len(self._slots):
            return
        now = fresh[self._slots]
        cell, self._cell = self._cell, _Cell.empty(len(self._slots))
        came = cell.count > 0
        self.low = np.where(came & ~np.isnan(now), cell.low, now)
        self.high = np.where(came & ~np.isnan(now), cell.high, now)
        self._last = np.where(came, cell.last, self._last)
        if self._kept is not None:
            self._kept.step(cell, now, self._lanes, until)

    def read(self, what: str) -> Float64s:
        """(rows,) of one figure of every stretch, by its name in FIGURES; NaN where it is unknown."""
        return FIGURES[what](self._kept) if self._kept is not None else np.empty(0)

    def quantile(self, row: int, share: float) -> float:
        """What `share` of the values at each tick of a stretch lay below."""
        return self._kept.quantile(row, share) if self._kept is not None else UNKNOWN


@dataclass(frozen=True, slots=True)
class _Cell:
    """Every lane's samples of one cell, summed up."""

    count: Float64s
    total: Float64s
    squares: Float64s
    """Sum of the squares of what each differs from their mean."""
    low: Float64s
    high: Float64s
    last: Float64s
    changes: Float64s

    @classmethod
    def empty(cls, lanes: int) -> "_Cell":
        zero = np.zeros(lanes)
        return cls(zero, zero, zero, np.full(lanes, np.inf), np.full(lanes, -np.inf), np.full(lanes, UNKNOWN), zero)

    @classmethod
    def of(cls, lanes: Places, values: Float64s, size: int) -> "_Cell":
        low, high, last = np.full(size, np.inf), np.full(size, -np.inf), np.full(size, UNKNOWN)
        np.minimum.at(low, lanes, values)
        np.maximum.at(high, lanes, values)
        last[lanes] = values  # of equal places the last one stands
        count = np.bincount(lanes, minlength=size).astype(np.float64)
        total = _sums(lanes, values, size)
        differ = values - (total / np.maximum(count, 1.0))[lanes]
        return cls(count, total, _sums(lanes, differ * differ, size), low, high, last, np.zeros(size))


def _sums(lanes: Places, values: Float64s, size: int) -> Float64s:
    """Of each lane, value by value in the order of time."""
    return np.bincount(lanes, values, size).astype(np.float64, copy=False)


def _changes(lanes: Places, values: Float64s, before: Float64s) -> Float64s:
    """How often each lane's value was another than the one before it."""
    order = np.argsort(lanes, kind="stable")
    sorted_lanes, sorted_values = lanes[order], values[order]
    previous = np.concatenate(([UNKNOWN], sorted_values[:-1]))
    first = np.concatenate(([True], sorted_lanes[1:] != sorted_lanes[:-1]))
    previous[first] = before[sorted_lanes[first]]
    is_other = (sorted_values != previous) & ~np.isnan(previous)
    return _sums(sorted_lanes, is_other.astype(np.float64), len(before))


class _Kept:
    """(rows, BUCKETS + 1) of each figure; a row has `buckets` of its own, and one more for where its stretch began."""

    def __init__(self, spans: Sequence[Span], grid_ns: int) -> None:
        cells = np.array([-(-span.span_ns // grid_ns) for span in spans], np.int64)
        self.width_ns: Int64s = -(-cells // BUCKETS) * grid_ns
        self.buckets: Int64s = -(-(cells * grid_ns) // self.width_ns)
        shape = (len(spans), int(self.buckets.max()) + 1)
        self.count, self.total, self.squares, self.changes = (np.zeros(shape) for _ in range(4))
        self.low, self.high = np.full(shape, np.inf), np.full(shape, -np.inf)
        self.last = np.full(shape, UNKNOWN)
        self.now: Float64s = np.full(len(spans), UNKNOWN)
        self.heard = np.zeros(len(spans), np.bool_)
        self.until = 0
        self._number: Int64s = np.full(len(spans), _BEFORE)
        self.since: Int64s = np.full(len(spans), np.iinfo(np.int64).max)
        """When it was first heard after a stretch of silence."""
        self._all = np.arange(len(spans))

    def step(self, cell: _Cell, now: Float64s, lanes: Places, until: int) -> None:
        """Take in a cell that ends at `until`."""
        number = (until - 1) // self.width_ns
        self._roll(number)
        self.since[self.count.sum(axis=1) == 0] = np.iinfo(np.int64).max
        at = self._all, number % (self.buckets + 1)
        self.squares[at] += cell.squares[lanes] + _apart(
            self.count[at], self.total[at], cell.count[lanes], cell.total[lanes]
        )
        self.count[at] += cell.count[lanes]
        self.total[at] += cell.total[lanes]
        self.changes[at] += cell.changes[lanes]
        self.low[at] = np.minimum(self.low[at], cell.low[lanes])
        self.high[at] = np.maximum(self.high[at], cell.high[lanes])
        self.now = now[lanes]
        self.last[at] = self.now
        came = cell.count[lanes] > 0
        self.heard |= came
        self.since = np.where(came, np.minimum(self.since, until), self.since)
        self.until = until

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """(rows,) whether the signal is known, and was heard for the whole stretch."""
        whole = self.until - np.minimum(self.since, self.until) >= (self.buckets - 1) * self.width_ns
        return whole & (self.since <= self.until) & ~np.isnan(self.now)

    def began(self) -> Float64s:
        """(rows,) the value as the stretch began; NaN: unknown."""
        number = (self.until - 1) // self.width_ns
        values: Float64s = self.last[self._all, (number - self.buckets) % (self.buckets + 1)]
        return values

    def elapsed_s(self) -> Float64s:
        """(rows,) from where `began` was taken to now."""
        number = (self.until - 1) // self.width_ns
        elapsed: Float64s = (self.until - (number - self.buckets + 1) * self.width_ns) / NANOSECONDS
        return elapsed

    def quantile(self, row: int, share: float) -> float:
        """Of the values at each tick."""
        if not self.known[row]:
            return UNKNOWN
        values = self.last[row, : self.buckets[row] + 1]
        values = np.delete(
            values, ((self.until - 1) // self.width_ns[row] - self.buckets[row]) % (self.buckets[row] + 1)
        )
        return float(np.quantile(values[~np.isnan(values)], share))

    def _roll(self, number: Int64s) -> None:
        """Empty the buckets that begin, and all but the last value of those that a stretch has left behind."""
        gone = np.minimum(number - self._number, self.buckets + 1)
        self._number = number
        if not gone.any():
            return
        for back in range(int(gone.max())):
            rows = self._all[gone > back]
            size = self.buckets[rows] + 1
            begun = (number[rows] - back) % size
            self.last[rows, begun] = UNKNOWN
            left = (number[rows] - back - self.buckets[rows]) % size
            for column in (begun, left):
                self.low[rows, column], self.high[rows, column] = np.inf, -np.inf
                for kept in (self.count, self.total, self.squares, self.changes):
                    kept[rows, column] = 0.0


def _average(kept: _Kept) -> Float64s:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(kept.known, kept.total.sum(axis=1) / kept.count.sum(axis=1), UNKNOWN)


def _deviation(kept: _Kept) -> Float64s:
    """Of buckets with their own means put together (Chan, Golub and LeVeque, 1979), which loses no digits."""
    with np.errstate(invalid="ignore", divide="ignore"):
        count = kept.count.sum(axis=1)
        means = np.where(kept.count > 0, kept.total / kept.count, 0.0)
        apart = kept.count * (means - (kept.total.sum(axis=1) / count)[:, None]) ** 2
        spread = np.sqrt((kept.squares.sum(axis=1) + apart.sum(axis=1)) / count)
    return np.where(kept.known, spread, UNKNOWN)


def _apart(count: Float64s, total: Float64s, more: Float64s, more_total: Float64s) -> Float64s:
    """What the squares of two groups lack once they are one, because their means differ."""
    both = (count > 0) & (more > 0)
    count, more = np.where(both, count, 1.0), np.where(both, more, 1.0)
    apart: Float64s = np.where(both, (total / count - more_total / more) ** 2 * count * more / (count + more), 0.0)
    return apart


def _rate(kept: _Kept) -> Float64s:
    return (kept.now - kept.began()) / kept.elapsed_s()


FIGURES: Final[Mapping[str, Callable[[_Kept], Float64s]]] = {
    "avg": _average,
    "min": lambda kept: np.where(kept.known, kept.low.min(axis=1), UNKNOWN),
    "max": lambda kept: np.where(kept.known, kept.high.max(axis=1), UNKNOWN),
    "sum": lambda kept: np.where(kept.known, kept.total.sum(axis=1), UNKNOWN),
    "stddev": _deviation,
    "count": lambda kept: np.where(kept.heard, kept.count.sum(axis=1), UNKNOWN),
    "delta": lambda kept: kept.now - kept.began(),
    "rate": _rate,
    "changes": lambda kept: np.where(kept.known, kept.changes.sum(axis=1), UNKNOWN),
}
"""By name."""
