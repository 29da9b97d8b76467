"""From cells of frames to what is worth telling: decode, remember, judge. Pure: a replay gives what the road gave."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from edge.alerts import Alert, AlertBook, Scene, scene_of
from edge.decode.decoder import Decoder
from edge.detect.finding import Detector
from edge.doing import Situation
from edge.grid import Cells
from edge.history import ROW_BYTES, History, Window
from edge.judges import NOBODY, Judges
from edge.measured import MEASURED, MOTION
from edge.modes import Modes, Surroundings, Week
from edge.personal import is_place
from edge.signals import SignalBatch
from edge.spans import Wants
from edge.style import CAR, StyleLimits
from edge.summaries import Period, Summaries
from edge.testers import times_of_work
from edge.tracking import Tracker
from edge.trips import Trip, TripLog, kept_private
from edge.wire.messages import Position

MAPPED: Final = "Vehicle."
S: Final = 1_000_000_000
NEVER_PRIVATE: Final = Week()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one cell brought to light; most cells bring nothing and have no outcome."""

    at: int
    alerts: Sequence[Alert] = ()
    trips: Sequence[Trip] = ()
    periods: Sequence[Period] = ()
    situation: Situation | None = None
    """What the vehicle does from now on; None: what it did before."""
    position: Position | None = None
    awaited: Sequence[str] = ()
    """Of what the watcher waits for, by name: what has come."""

    @property
    def is_empty(self) -> bool:
        """Nothing is worth telling."""
        news = self.alerts or self.trips or self.periods
        return not (news or self.awaited) and self.situation is None and self.position is None


class Watcher(Protocol):
    """Who came while the vehicle runs, and waits for something."""

    def hear(self, samples: SignalBatch, *, private: bool) -> None:
        """The samples of a cell."""

    def look(self, window: Window) -> Sequence[str]:
        """What has come at this cell, by name."""


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
        position_every_s: int = 0,
        stopwatch: Callable[[], int] | None = None,
        private_hours: Week = NEVER_PRIVATE,
        refused: Mapping[str, str] = NOBODY,
    ) -> None:
        """`summary_paths`: what summaries and trips tell; empty: every signal with a VSS path. `summary_slow`: what
        trips and some summaries tell as well (see Summaries). `subscribed`: signals whose rows are kept beside those
        that detectors look at, all in memory of `row_bytes`. `limits`: from where on driving is harsh.
        `stopwatch`: monotonic ns, for who judges live. `private_hours`: of the week.
        `position_every_s`: how often it is told where the vehicle is while it drives; 0: never.
        `refused`: detectors that cannot be had, by name: why.

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
        self.judges = Judges(detectors, stopwatch, refused)
        self._tracker = Tracker(position_every_s)
        self._trips = TripLog(vehicle, grid_ns=grid_ns, limits=limits)
        mapped = {path for path in self.history.slot if path.startswith(MAPPED) and not is_place(path)} - set(MOTION)
        often = set(summary_paths) or mapped - set(summary_slow)
        self._all_told = often | set(summary_slow)
        self._summaries = Summaries(self.history, minute_ns=summary_ns, often=often, slow=summary_slow)
        own = np.array([path not in MEASURED for path in self.history.slot], np.bool_)
        self._of_vehicle = own if own.any() else ~own
        """What the box measures itself does not tell that the vehicle is heard, unless there is nothing else."""
        self.watcher: Watcher | None = None
        """Whoever runs the judgement sets it, between two cells."""
        self._trip_known: str | None = None
        self._trip_in_use = False
        self._situation = Situation()
        self.modes = Modes()
        self.around = Surroundings()
        """What modes go by that is not in the frames; whoever runs the judgement keeps it."""
        self._week = private_hours
        self._look_at = 0
        self._worked_on = False
        """At the last cell."""
        self.private_ends: list[int] = []
        """Of the cells judged last, the ends (ns) of those that were private."""
        self._trip_is_private = False
        """It was private at some time."""
        self._trip_was_private = False
        """The one before."""

    @property
    def summaries_withheld(self) -> int:
        """Of minutes that were private, wholly or in part."""
        return self._summaries.withheld

    @property
    def places(self) -> Mapping[str, int]:
        """Readings of the position that were not believed, by cause, and positions that were due beyond the day's."""
        return {**self.history.whereabouts.counters, "untold": self._tracker.dropped}

    @property
    def trip_since(self) -> int | None:
        """When (ns) the trip that runs began; None: none runs."""
        return self._trips.running_since

    @property
    def moves_by_position(self) -> bool:
        """It moves, as positions say; of a vehicle of which nothing else tells."""
        return self._trips.moves_by_position

    def advance(self, cells: Cells) -> Iterator[Outcome]:
        """Judge cell by cell; what each brought to light, if anything."""
        self.private_ends = []
        samples = self.decoder.decode(cells.frames)
        last = np.searchsorted(samples.time, np.array(cells.ends, np.int64), side="left")
        first, told, work = 0, deque(samples.codes), times_of_work(cells.frames)
        for end, row in zip(cells.ends, last, strict=True):
            if len(work) and work[0] < end:
                self.around = replace(self.around, tester_heard=not self.around.clears)
                work = work[np.searchsorted(work, end) :]
            if end >= self._look_at:
                self._look_around(end)
            if self.history.private:
                self.private_ends.append(end)
            periods = self._summaries.begin(end)
            heard = samples.between(first, int(row))
            self.history.absorb(heard, end)
            if self.watcher is not None:
                self.watcher.hear(heard, private=self.history.private)
            first = int(row)
            while told and told[0].time < end:
                self.history.codes.hear(told[0].unit, told.popleft().codes)
            outcome = self._judge(end, periods)
            if not outcome.is_empty:
                yield outcome

    def close(self) -> Outcome:
        """The end of the recording or of the daemon: the running trip and the begun period, as far as they came."""
        until = self.history.until
        trip = self._with_figures(self._trips.close())
        return Outcome(until, trips=[trip] if trip else [], periods=self._summaries.close(until))

    def seal(self, ended_by: str) -> Outcome:
        """What is known and not told yet, since the box may lose its power: the running period, as far as it came, and
        a trip for whose end something speaks already, as `ended_by` it. More may come."""
        until = self.history.until
        trip = None if self._trips.in_use else self._with_figures(self._trips.close(ended_by))
        if trip is not None:
            self._trip_known, self._trip_in_use = None, False
        return Outcome(until, trips=[trip] if trip else [], periods=self._summaries.seal(until))

    def _judge(self, end: int, periods: list[Period]) -> Outcome:
        self.cells += 1
        window = self.history.window()
        findings = self.judges.judge(window, self.book.firing)
        self._trips.begin(window)
        self._trip_is_private |= self.history.private
        alerts = self.book.update(end, findings, lambda: self._scene(window))
        trip = self._follow(window, [alert.id for alert in alerts if alert.is_new])
        if self._worked_on and not self.modes.workshop:
            alerts += self.book.release()
        self._worked_on = self.modes.workshop
        periods = periods + self._summaries.look(end, stands=self._stands(window))
        position = self._tracker.update(window)
        awaited = () if self.watcher is None else self.watcher.look(window)
        return Outcome(end, alerts, [trip] if trip else [], periods, self._changed(window), position, awaited)

    def _look_around(self, end: int) -> None:
        """Once a second: which modes hold."""
        self._look_at = (end // S + 1) * S
        around = replace(self.around, moves=self.history.doing.moves)
        self.around = replace(self.around, tester_heard=False)
        self.modes = replace(self.modes.looked(end, around, self._week), withholds=self._withholds)
        if self.modes.private != self.history.private:
            self.history.private = self.modes.private

    @property
    def _withholds(self) -> bool:
        """A place of private mode would be told by the next position, or as the start of a trip."""
        return self._tracker.withholds or self._trip_is_private or self._trip_was_private

    def take_up(self, modes: Modes) -> None:
        """Go on with the modes of an earlier run, from the first cell on."""
        self._tracker.withholds = self._trip_was_private = modes.withholds
        self.wish(modes)

    def wish(self, modes: Modes) -> None:
        """These modes hold from the next cell on: the driver asked for them."""
        self.modes = modes
        self._look_at = 0

    def _changed(self, window: Window) -> Situation | None:
        """The situation, if it is another one than before."""
        doing = self.history.doing
        is_heard = not np.isnan(window.values[self._of_vehicle]).all()
        in_trip, private = self._trips.running is not None, self.history.private
        situation = Situation(doing.now, doing.moves, in_trip, bool(is_heard), private, self.modes.workshop_until)
        if situation == self._situation:
            return None
        self._situation = situation
        return situation

    def _scene(self, window: Window) -> Scene:
        return scene_of(window, self._trips.running, workshop=self.modes.workshop)

    def _stands(self, window: Window) -> bool:
        """It is known that nobody uses it: it is off, or charges while nothing tells whether it is on."""
        is_on = self._trips.is_on
        return not is_on and (is_on is not None or window.doing == "charging")

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
        if trip is None:
            return None
        whole = replace(trip, figures=self.history.figures(self.history.ledger.close_trip(), self._all_told))
        is_private, self._trip_is_private = self._trip_is_private, self.history.private
        is_after, self._trip_was_private = self._trip_was_private, is_private
        if is_private:
            return kept_private(whole)
        # Where this one began is where the private one ended.
        return replace(whole, start=None, moved_off_m=None) if is_after else whole
