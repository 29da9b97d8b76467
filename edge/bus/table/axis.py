"""Axis: the one time on which all trips of a table lie, one after the other, never going back."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.bus.log import TIME_MAX_NS
from edge.bus.table.moments import NO_TIME
from edge.bus.table.rows import Int64s
from edge.frames import NANOSECONDS

GAP_NS: Final = 660 * NANOSECONDS
"""Between two trips whose own times do not lie so far apart: beyond the longest silence that the grid judges
(grid.GAP_NS), which ends every trip (trips.QUIET_NS)."""
STALE_PERIODS: Final = 11
"""A gap is so many periods of the slowest signal: ten make it stale."""
RESTART_NS: Final = 60 * NANOSECONDS
"""A longer step back begins another trip, where no column says which row is of which."""
DAY_NS: Final = 86_400 * NANOSECONDS
HALF_DAY_NS: Final = DAY_NS // 2
"""A longer step back in times of day is midnight."""

NO_TIME_COUNT: Final = "no_time"
TIME_BACKWARD: Final = "time_backward"
TRIPS: Final = "trips"
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows on the axis."""

    rows: npt.NDArray[np.intp]
    """(M,) which rows of the piece have a place, ascending."""
    time: Int64s
    """(M,) ns, never going back."""


class Axis:
    """Takes rows piece by piece; what comes out does not depend on where the pieces are cut.

    The first trip keeps its own times. Another one keeps them too where they lie a gap or more behind the last row;
    else it is moved by whole seconds to where they do. Within a trip a step back is raised, as in a log, and counted.
    """

    def __init__(self, *, has_trips: bool, is_of_day: bool = False, period_s: float = 0.0) -> None:
        """`has_trips`: a column says which row is of which. `is_of_day`: times begin again at midnight.
        `period_s`: of the slowest signal."""
        self._has_trips = has_trips
        self._is_of_day = is_of_day
        self._gap_ns = max(GAP_NS, round(STALE_PERIODS * period_s * NANOSECONDS))
        self._counters = Counter({NO_TIME_COUNT: 0, TIME_BACKWARD: 0, TRIPS: 0})
        self._trip = ""
        self._raw: int | None = None
        """The last row's own time."""
        self._days = 0
        """Midnights in this trip."""
        self._offset: int | None = None
        """From own times to the axis; None: the next row begins a trip."""
        self._last = -1
        """The last row's place on the axis; -1: there was none."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Rows left out or raised, and trips."""
        return dict(self._counters)

    def begin_again(self) -> None:
        """The table is read once more: its next row begins a trip."""
        self._trip, self._raw, self._days, self._offset = "", None, 0, None

    def place(self, raw: Int64s, trips: Sequence[str] | None) -> Placed:
        """Lay rows on the axis; `trips`: the trip of each, "" where it is that of the row before."""
        rows = np.flatnonzero(raw != NO_TIME)
        self._counters[NO_TIME_COUNT] += len(raw) - len(rows)
        if not len(rows):
            return Placed(rows, np.empty(0, np.int64))
        raw = raw[rows]
        is_new = self._changes(None if trips is None else [trips[row] for row in rows.tolist()], len(rows))
        raw = self._across_midnights(raw, is_new)
        if not self._has_trips:
            is_new |= self._steps(raw) < -RESTART_NS
        self._raw = int(raw[-1])
        is_new[0] |= self._offset is None
        cuts = [*np.flatnonzero(is_new).tolist(), len(rows)]
        parts = [self._go_on(raw[: cuts[0]])]
        parts += [self._begin(raw[start:end]) for start, end in itertools.pairwise(cuts)]
        time = np.concatenate(parts)
        kept = time >= 0
        return Placed(rows[kept], time[kept])

    def _changes(self, trips: Sequence[str] | None, count: int) -> Bools:
        found = np.zeros(count, np.bool_)
        for row, trip in enumerate(trips or ()):
            if trip and trip != self._trip:
                found[row], self._trip = True, trip
        return found

    def _steps(self, raw: Int64s) -> Int64s:
        """From each row's predecessor to it."""
        return np.diff(raw, prepend=raw[0] if self._raw is None else self._raw)

    def _across_midnights(self, raw: Int64s, is_new: Bools) -> Int64s:
        if not self._is_of_day:
            return raw
        before = None if self._raw is None else self._raw - self._days * DAY_NS
        steps = np.diff(raw, prepend=raw[0] if before is None else before)
        total = self._days + np.cumsum(steps < -HALF_DAY_NS)
        days = total - np.maximum.accumulate(np.where(is_new, total, 0))
        self._days = int(days[-1])
        return raw + days * DAY_NS

    def _begin(self, raw: Int64s) -> Int64s:
        """Another trip."""
        first, floor = int(raw[0]), 0 if self._last < 0 else self._last + self._gap_ns
        self._offset = 0 if first >= floor else -(-(floor - first) // NANOSECONDS) * NANOSECONDS
        self._counters[TRIPS] += 1
        return self._go_on(raw)

    def _go_on(self, raw: Int64s) -> Int64s:
        """More of the trip; -1 for rows that are beyond the end of the axis."""
        if not len(raw):
            return raw
        own = raw + np.int64(min(self._offset or 0, TIME_MAX_NS))
        own = np.where((own < 0) & (raw > 0), TIME_MAX_NS, own)
        is_beyond = own >= TIME_MAX_NS
        time = np.maximum.accumulate(np.where(is_beyond, self._last, np.maximum(own, self._last)))
        self._counters[NO_TIME_COUNT] += int(np.count_nonzero(is_beyond))
        self._counters[TIME_BACKWARD] += int(np.count_nonzero(own < time))
        self._last = int(time[-1])
        return np.where(is_beyond, -1, time)
