"""From cells of frames to what is worth telling: decode, remember, judge. Pure: a replay gives what the road gave."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from edge.alerts import Alert, AlertBook, scene_of
from edge.decode.decoder import Decoder
from edge.detect.finding import Detector
from edge.figures import Figures
from edge.grid import Cells
from edge.history import ROW_BYTES, History, Window
from edge.judges import Judges
from edge.spans import Wants
from edge.style import CAR, StyleLimits
from edge.trips import Trip, TripLog

MAPPED: Final = "Vehicle."
SLOW_PERIODS: Final = 10
"""Of so many summaries one tells what changes slowly: with minutes, still in every quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Period:
    """Figures of one summary period."""

    started: int
    ended: int
    figures: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one cell brought to light; most cells bring nothing and have no outcome."""

    at: int
    alerts: Sequence[Alert] = ()
    trips: Sequence[Trip] = ()
    periods: Sequence[Period] = ()


class Judgement:
    """Runs every cell of the grid through decoder, history, detectors, alerts and trips."""

    def __init__(
        self,
        decoder: Decoder,
        detectors: Sequence[Detector],
        *,
        vehicle: str,
        grid_ns: int,
        summary_ns: int,
        summary_paths: Collection[str] = (),
        summary_slow: Collection[str] = (),
        subscribed: Collection[str] = (),
        row_bytes: int = ROW_BYTES,
        limits: StyleLimits = CAR,
        stopwatch: Callable[[], int] | None = None,
    ) -> None:
        """`summary_paths`: what summaries and trips tell; empty: every signal with a VSS path. `summary_slow`: what
        trips, and of SLOW_PERIODS summaries the first, tell as well. `subscribed`: signals whose rows are kept beside
        those that detectors look at, all in memory of `row_bytes`. `limits`: from where on driving is harsh.
        `stopwatch`: monotonic ns, for who judges live.

        Raises:
            ValueError: not one row fits.
        """
        smoothings = [smoothing for detector in detectors for smoothing in detector.smoothings]
        self.decoder = decoder
        self.history = History(
            decoder.signals,
            grid_ns=grid_ns,
            smoothings=smoothings,
            subscribed={*subscribed, *(path for detector in detectors for path in detector.paths)},
            row_bytes=row_bytes,
            wants=Wants.all_of(detector.wants for detector in detectors),
        )
        self.book = AlertBook(vehicle, grid_ns=grid_ns)
        self.cells = 0
        self.judges = Judges(detectors, stopwatch)
        self._trips = TripLog(vehicle, grid_ns=grid_ns, limits=limits)
        self._summary_ns = summary_ns
        mapped = {path for path in self.history.slot if path.startswith(MAPPED)}
        self._often = set(summary_paths) or mapped - set(summary_slow)
        self._all_told = self._often | set(summary_slow)
        self._periods = 0
        self._period_end: int | None = None
        self._trip_known: str | None = None
        self._trip_in_use = False

    def advance(self, cells: Cells) -> Iterator[Outcome]:
        """Judge cell by cell; what each brought to light, if anything."""
        samples = self.decoder.decode(cells.frames)
        last = np.searchsorted(samples.time, np.array(cells.ends, np.int64), side="left")
        first, told = 0, deque(samples.codes)
        for end, row in zip(cells.ends, last, strict=True):
            periods = self._close_passed(end)
            self.history.absorb(samples.between(first, int(row)), end)
            first = int(row)
            while told and told[0].time < end:
                self.history.codes.hear(told[0].unit, told.popleft().codes)
            outcome = self._judge(end, periods)
            if outcome.alerts or outcome.trips or outcome.periods:
                yield outcome

    def close(self) -> Outcome:
        """The end of the recording or of the daemon: the running trip and the begun period, as far as they came."""
        until = self.history.until
        trip = self._with_figures(self._trips.close())
        periods = [] if self._period_end is None else self._close_period(until)
        self._period_end = None
        return Outcome(until, trips=[trip] if trip else [], periods=periods)

    def _judge(self, end: int, periods: list[Period]) -> Outcome:
        self.cells += 1
        window = self.history.window()
        findings = self.judges.judge(window, self.book.firing)
        self._trips.begin(window)
        alerts = self.book.update(end, findings, lambda: scene_of(window, self._trips.running))
        trip = self._follow(window, [alert.id for alert in alerts if alert.ended is None and not alert.is_worse])
        if end == self._period_end:
            periods = periods + self._close_period(end)
            self._period_end = end + self._summary_ns
        return Outcome(end, alerts, [trip] if trip else [], periods)

    def _follow(self, window: Window, began: Sequence[str]) -> Trip | None:
        """One tick of trips, and what of it counts to their figures; the trip that ended at it."""
        ledger, known, was_in_use = self.history.ledger, self._trip_known, self._trip_in_use
        trip = self._with_figures(self._trips.update(window, began))
        self._trip_known, self._trip_in_use = self._trips.running, self._trips.in_use
        if self._trip_known is None:
            return trip
        if self._trip_known != known:
            ledger.begin_trip()
        elif self._trip_in_use and not was_in_use:
            ledger.resume_trip()
        elif was_in_use and not self._trip_in_use:
            ledger.pause_trip()
        return trip

    def _with_figures(self, trip: Trip | None) -> Trip | None:
        return replace(trip, figures=self.history.close_trip(self._all_told)) if trip else None

    def _close_passed(self, end: int) -> list[Period]:
        """Periods whose end lies before this cell's: only after a silence that was skipped, or at the start."""
        if self._period_end is not None and end <= self._period_end:
            return []
        periods = [] if self._period_end is None else self._close_period(self._period_end)
        self._period_end = -(-end // self._summary_ns) * self._summary_ns
        return periods

    def _close_period(self, ended: int) -> list[Period]:
        tells_all = self._periods % SLOW_PERIODS == 0
        figures = self.history.close_period(self._all_told if tells_all else self._often)
        self._periods += bool(figures)
        started = (ended - 1) // self._summary_ns * self._summary_ns
        return [Period(started, ended, figures)] if figures else []
