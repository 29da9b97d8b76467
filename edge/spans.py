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
Bools = npt.NDArray[np.bool_]
Rows = Places | slice
BUCKETS: Final = 300
UNKNOWN: Final = float("nan")
_BEFORE: Final = np.iinfo(np.int64).min // 4
_AFTER: Final = np.iinfo(np.int64).max

_COUNT, _TOTAL, _SQUARES, _CHANGES, _LOW, _HIGH, _LAST = range(7)
"""Figures that are kept of a lane's samples; the squares are of what each differs from their mean."""
_SUMS: Final = slice(_COUNT, _LOW)
_NOTHING: Final = np.array([0.0, 0.0, 0.0, 0.0, np.inf, -np.inf, UNKNOWN])[:, None]
"""(figures, 1) of no sample at all."""


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
        self._counts_changes = bool(self._changing.any())
        self._nothing = np.repeat(_NOTHING, count, axis=1)
        self._cell = self._nothing

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
        self._cell = _cell_of(lanes, values, len(self._slots))
        if self._counts_changes:
            self._cell[_CHANGES] = _changes(lanes, values, self._last) * self._changing

    def step(self, fresh: Float64s, until: int) -> None:
        """The cell up to `until` (ns) is over; `fresh`: all signals, NaN is unknown."""
        if not len(self._slots):
            return
        now = fresh[self._slots]
        cell, self._cell = self._cell, self._nothing
        came = cell[_COUNT] > 0
        is_fresh = came & ~np.isnan(now)
        self.low = np.where(is_fresh, cell[_LOW], now)
        self.high = np.where(is_fresh, cell[_HIGH], now)
        self._last = np.where(came, cell[_LAST], self._last)
        if self._kept is not None:
            self._kept.step(cell, now, self._lanes, until)

    def read(self, what: str, rows: Rows = slice(None)) -> Float64s:
        """(rows,) of one figure of these stretches, by its name in FIGURES; NaN where it is unknown."""
        return FIGURES[what](self._kept, rows) if self._kept is not None else np.empty(0)

    def quantile(self, row: int, share: float) -> float:
        """What `share` of the values at each tick of a stretch lay below."""
        return self._kept.quantile(row, share) if self._kept is not None else UNKNOWN


def _cell_of(lanes: Places, values: Float64s, size: int) -> Float64s:
    """(figures, lanes): every lane's samples of one cell, summed up."""
    cell = np.repeat(_NOTHING, size, axis=1)
    np.minimum.at(cell[_LOW], lanes, values)
    np.maximum.at(cell[_HIGH], lanes, values)
    cell[_LAST, lanes] = values  # of equal places the last one stands
    cell[_COUNT] = np.bincount(lanes, minlength=size)
    cell[_TOTAL] = _sums(lanes, values, size)
    differ = values - (cell[_TOTAL] / np.maximum(cell[_COUNT], 1.0))[lanes]
    cell[_SQUARES] = _sums(lanes, differ * differ, size)
    return cell


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
    """(figures, rows, BUCKETS + 1); a row has `buckets` of its own, and one more for where its stretch began."""

    def __init__(self, spans: Sequence[Span], grid_ns: int) -> None:
        cells = np.array([-(-span.span_ns // grid_ns) for span in spans], np.int64)
        self.width_ns: Int64s = -(-cells // BUCKETS) * grid_ns
        self.buckets: Int64s = -(-(cells * grid_ns) // self.width_ns)
        rows, places = len(spans), int(self.buckets.max()) + 1
        self.figures: Float64s = np.repeat(_NOTHING, rows * places, axis=1).reshape(-1, rows, places)
        self._flat = self.figures.reshape(len(_NOTHING), -1)
        self._begin_of_row = np.arange(rows) * places
        self.now: Float64s = np.full(rows, UNKNOWN)
        self.heard = np.zeros(rows, np.bool_)
        self.until = 0
        self._number: Int64s = np.full(rows, _BEFORE)
        """Of the bucket that is being filled."""
        self._heard_in: Int64s = np.full(rows, _BEFORE)
        """Number of the last bucket that a sample came into."""
        self.since: Int64s = np.full(rows, _AFTER)
        """When it was first heard after a stretch of silence."""
        self._known: Bools | None = None

    def step(self, cell: Float64s, now: Float64s, lanes: Places, until: int) -> None:
        """Take in a cell (figures, lanes) that ends at `until`."""
        number: Int64s = (until - 1) // self.width_ns
        self._roll(number)
        since = np.where(number - self._heard_in >= self.buckets, _AFTER, self.since)
        place = self._place(number)
        kept, more = self._flat[:, place], cell[:, lanes]
        if kept[_COUNT].any():
            more[_SQUARES] += _apart(kept[_COUNT], kept[_TOTAL], more[_COUNT], more[_TOTAL])
        kept[_SUMS] += more[_SUMS]
        kept[_LOW] = np.minimum(kept[_LOW], more[_LOW])
        kept[_HIGH] = np.maximum(kept[_HIGH], more[_HIGH])
        kept[_LAST] = self.now = now[lanes]
        self._flat[:, place] = kept
        came = more[_COUNT] > 0
        self.heard |= came
        self._heard_in = np.where(came, number, self._heard_in)
        self.since = np.where(came, np.minimum(since, until), since)
        self.until = until
        self._known = None

    @property
    def known(self) -> Bools:
        """(rows,) whether the signal is known, and was heard for the whole stretch."""
        if self._known is None:
            whole = self.until - np.minimum(self.since, self.until) >= (self.buckets - 1) * self.width_ns
            self._known = whole & (self.since <= self.until) & ~np.isnan(self.now)
        return self._known

    def known_only(self, figure: Float64s, rows: Rows) -> Float64s:
        """What is known of a figure of these rows; NaN for the rest."""
        return np.where(self.known[rows], figure, UNKNOWN)

    def began(self) -> Float64s:
        """(rows,) the value as the stretch began; NaN: unknown."""
        values: Float64s = self._flat[_LAST, self._place(self._number - self.buckets)]
        return values

    def elapsed_s(self) -> Float64s:
        """(rows,) from where `began` was taken to now."""
        elapsed: Float64s = (self.until - (self._number - self.buckets + 1) * self.width_ns) / NANOSECONDS
        return elapsed

    def quantile(self, row: int, share: float) -> float:
        """Of the values at each tick."""
        if not self.known[row]:
            return UNKNOWN
        size = self.buckets[row] + 1
        values = np.delete(self.figures[_LAST, row, :size], (self._number[row] - self.buckets[row]) % size)
        return float(np.quantile(values[~np.isnan(values)], share))

    def _place(self, number: Int64s) -> Places:
        """(rows,) where each row keeps a bucket."""
        place: Places = self._begin_of_row + number % (self.buckets + 1)
        return place

    def _roll(self, number: Int64s) -> None:
        """Empty the buckets that begin, and all but the last value of those that a stretch has left behind."""
        gone = np.minimum(number - self._number, self.buckets + 1)
        self._number = number
        longest = int(gone.max())
        if longest <= 0:
            return
        for back in range(longest):  # more than one after a gap alone
            self._flat[:, self._place(number - back)[gone > back]] = _NOTHING
        self._flat[:_LAST, self._place(number - self.buckets)[gone > 0]] = _NOTHING[:_LAST]


def _average(kept: _Kept, rows: Rows) -> Float64s:
    count, total = kept.figures[_COUNT, rows], kept.figures[_TOTAL, rows]
    with np.errstate(invalid="ignore", divide="ignore"):
        return kept.known_only(total.sum(axis=1) / count.sum(axis=1), rows)


def _deviation(kept: _Kept, rows: Rows) -> Float64s:
    """Of buckets with their own means put together (Chan, Golub and LeVeque, 1979), which loses no digits."""
    counts, totals = kept.figures[_COUNT, rows], kept.figures[_TOTAL, rows]
    with np.errstate(invalid="ignore", divide="ignore"):
        count = counts.sum(axis=1)
        means = np.where(counts > 0, totals / counts, 0.0)
        apart = counts * (means - (totals.sum(axis=1) / count)[:, None]) ** 2
        spread = np.sqrt((kept.figures[_SQUARES, rows].sum(axis=1) + apart.sum(axis=1)) / count)
    return kept.known_only(spread, rows)


def _apart(count: Float64s, total: Float64s, more: Float64s, more_total: Float64s) -> Float64s:
    """What the squares of two groups lack once they are one, because their means differ."""
    both = (count > 0) & (more > 0)
    count, more = np.where(both, count, 1.0), np.where(both, more, 1.0)
    apart: Float64s = np.where(both, (total / count - more_total / more) ** 2 * count * more / (count + more), 0.0)
    return apart


FIGURES: Final[Mapping[str, Callable[[_Kept, Rows], Float64s]]] = {
    "avg": _average,
    "min": lambda kept, rows: kept.known_only(kept.figures[_LOW, rows].min(axis=1), rows),
    "max": lambda kept, rows: kept.known_only(kept.figures[_HIGH, rows].max(axis=1), rows),
    "sum": lambda kept, rows: kept.known_only(kept.figures[_TOTAL, rows].sum(axis=1), rows),
    "stddev": _deviation,
    "count": lambda kept, rows: np.where(kept.heard[rows], kept.figures[_COUNT, rows].sum(axis=1), UNKNOWN),
    "delta": lambda kept, rows: (kept.now - kept.began())[rows],
    "rate": lambda kept, rows: ((kept.now - kept.began()) / kept.elapsed_s())[rows],
    "changes": lambda kept, rows: kept.known_only(kept.figures[_CHANGES, rows].sum(axis=1), rows),
}
"""By name."""
