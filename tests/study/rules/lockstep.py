"""Lockstep: what a package of virtual sensors says of a whole life, its trips judged side by side.

Within a trip a second needs the one before it, but trips are independent of each other, so one call judges a second of
each: a quarter of the time, and the same findings as the daemon has (a test holds that), given to the same book of
alerts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.alerts import Alert, AlertBook
from edge.detect.finding import Finding
from edge.detect.sensors.contradictions import Contradictions
from edge.detect.sensors.detector import SILENT_MAX, TRIP_GAP_S, SensorsDetector, judges_of, trained_of
from edge.detect.sensors.evidence import Moment
from edge.detect.sensors.expectation import Regressors
from edge.detect.sensors.kinds import KINDS
from edge.detect.sensors.watch import Seen, Watch
from edge.frames import NANOSECONDS
from edge.history import NOTHING, Smoothing, Window

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SIDE_BY_SIDE: Final = 64
"""Trips at once; more bring nothing, and take memory."""
ALIKE: Final = 0.6
"""The shortest of them, in shares of the longest."""


@dataclass(slots=True)
class RecordedTrip:
    """The rows of one trip, (channels,) each, and which second of the axis each is of; silence is NaN."""

    rows: list[Float64s] = field(default_factory=list)
    seconds: list[int] = field(default_factory=list)
    in_use_s: list[int] = field(default_factory=list)
    """Of the vehicle, by then."""


class Recorder:
    """A detector that finds nothing: it keeps the rows that another one would be given, trip by trip."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.name = "recorder"
        self.smoothings: Sequence[Smoothing] = ()
        self.paths: frozenset[str] = frozenset()
        self.wants = NOTHING
        self.trips: list[RecordedTrip] = []
        self.in_use_s = 0
        """Whoever lives the life keeps it."""
        self._paths = paths
        self._heard_at: int | None = None

    def judge(self, window: Window) -> Sequence[Finding]:
        """Keep this second's row; silences within a trip are filled as the detector passes over them."""
        second = window.until // NANOSECONDS
        row = np.array([window.value(path) for path in self._paths])
        if np.isnan(row).all():
            return ()
        last, self._heard_at = self._heard_at, second
        if last is None or second - last >= TRIP_GAP_S:
            self.trips.append(RecordedTrip())
        else:
            for _ in range(min(second - last - 1, SILENT_MAX)):
                self._keep(np.full(len(row), np.nan), second)
        self._keep(row, second)
        return ()

    def _keep(self, row: Float64s, second: int) -> None:
        trip = self.trips[-1]
        trip.rows.append(row)
        trip.seconds.append(second)
        trip.in_use_s.append(self.in_use_s)


@dataclass(frozen=True, slots=True)
class _Judged:
    """One trip: (seconds, kinds, channels) of strengths, and (seconds, channels) of what a moment holds."""

    strength: Float32s
    observed: Float64s
    expected: Float64s
    judged: Bools
    teaches: Bools
    """(seconds,)"""
    seen: Mapping[int, Seen]
    """Of seconds that teach."""

    def moment(self, place: int) -> Moment:
        """Of one second."""
        observed = self.observed[place]
        judged = self.judged[place]
        nothing = np.zeros_like(judged)
        return Moment(observed, self.expected[place], np.ones_like(observed), judged, nothing, judged)


class Lockstep:
    """One package that knows its vehicle."""

    def __init__(self, detector: SensorsDetector) -> None:
        """`detector`: armed; its experts are asked, and what it learns on the way it keeps.

        Raises:
            ValueError: it is not armed.
        """
        if not detector.seasons.armed:
            raise ValueError(f"{detector.name} does not know the vehicle yet")
        self._card, self._seasons, self._answering = detector.card, detector.seasons, detector.answers
        self._trained = trained_of(detector.card)
        self._regressors = Regressors(len(detector.card.plan.channels))
        self._contradictions = Contradictions(detector.card)

    def alerts(self, trips: Sequence[RecordedTrip]) -> Iterator[tuple[Alert, RecordedTrip, int]]:
        """Every alert that begins or gets worse, in order, with its trip and its place in that.

        Where a trip teaches the last of a further season, those after it are judged by that one too.
        """
        book = AlertBook("v", grid_ns=NANOSECONDS)
        done = 0
        while done < len(trips):
            part, known = trips[done : done + SIDE_BY_SIDE], len(self._seasons.armed)
            for trip, judged in zip(part, self._side_by_side(part), strict=True):
                yield from self._told(book, trip, judged)
                self._taught(trip, judged)
                done += 1
                if len(self._seasons.armed) > known:
                    break

    def _told(self, book: AlertBook, trip: RecordedTrip, judged: _Judged) -> Iterator[tuple[Alert, RecordedTrip, int]]:
        if not book.firing and judged.strength.max(initial=0.0) <= 1.0:
            return
        for place, row in enumerate(trip.rows):
            if np.isnan(row).all():
                continue
            strength = judged.strength[place].astype(np.float64)
            findings = self._contradictions.told(strength, judged.moment(place), is_private=False)
            for alert in book.update(trip.seconds[place] * NANOSECONDS, findings):
                if alert.ended is None:
                    yield alert, trip, place

    def _taught(self, trip: RecordedTrip, judged: _Judged) -> None:
        self._seasons.begin_trip()
        if not judged.seen:
            return
        watch = self._watch(())
        for place, row in enumerate(trip.rows):
            if np.isnan(row).all():
                continue
            if judged.teaches[place]:
                self._seasons.teach(watch, judged.seen[place])
            else:
                self._seasons.pause()

    def _side_by_side(self, trips: Sequence[RecordedTrip]) -> list[_Judged]:
        """In groups of like length, since who is over waits for the others."""
        order = sorted(range(len(trips)), key=lambda number: -len(trips[number].rows))
        found: dict[int, _Judged] = {}
        while order:
            longest = len(trips[order[0]].rows)
            group = [number for number in order if len(trips[number].rows) >= ALIKE * longest]
            order = [number for number in order if number not in group]
            found |= dict(zip(group, self._group([trips[number] for number in group]), strict=True))
        return [found[number] for number in range(len(trips))]

    def _group(self, trips: Sequence[RecordedTrip]) -> list[_Judged]:
        channels = len(self._card.plan.channels)
        seconds, shape = max(len(trip.rows) for trip in trips), (len(trips),)
        rows = np.full((seconds, len(trips), channels), np.nan)
        for number, trip in enumerate(trips):
            rows[: len(trip.rows), number] = trip.rows
        watch = self._watch(shape)
        judges = judges_of(self._card, self._seasons.armed, shape)
        strengths = np.empty((seconds, len(trips), len(KINDS), channels), np.float32)
        observed, expected = np.empty_like(rows), np.empty_like(rows)
        judged, teaches = np.empty(rows.shape, np.bool_), np.empty(rows.shape[:-1], np.bool_)
        seen: list[dict[int, Seen]] = [{} for _ in trips]
        for second, row in enumerate(rows):
            now = watch.step(row)
            said = judges.step(watch, now)
            strengths[second], teaches[second] = said.strength, said.teaches
            moment = said.moment
            observed[second], expected[second], judged[second] = moment.observed, moment.expected, moment.judged
            for number in np.flatnonzero(said.teaches).tolist():
                seen[number][second] = _one_of(now, number)
        ends = [len(trip.rows) for trip in trips]
        return [
            _Judged(
                strengths[:end, number],
                observed[:end, number],
                expected[:end, number],
                judged[:end, number],
                teaches[:end, number],
                seen[number],
            )
            for number, end in enumerate(ends)
        ]

    def _watch(self, shape: tuple[int, ...]) -> Watch:
        return Watch(self._card.plan, self._trained, self._regressors, self._answers, shape)

    def _answers(self, columns: Float32s) -> Float64s:
        """Of a second without any signal no expert is asked."""
        answers = self._answering(columns)
        answers[np.isnan(columns[:, : len(self._card.plan.channels)]).all(axis=1)] = np.nan
        return answers


def _one_of(seen: Seen, number: int) -> Seen:
    """Of trips side by side one."""
    return Seen(**{part.name: getattr(seen, part.name)[number] for part in fields(Seen)})
