"""When a vehicle sets out again. All times are seconds since midnight before the first Monday."""

from dataclasses import dataclass
from itertools import count
from typing import Final, Protocol

import numpy as np

from edge.simulator.journey.roads import Span

DAY_S: Final = 86_400.0
HOUR_S: Final = 3_600.0
BEGIN_S: Final = 7.0 * HOUR_S
"""The simulation begins at 07:00 on a Monday."""
SHORTEST_S: Final = 300.0
"""Parking between two departures of a weekly timetable."""


class Timetable(Protocol):
    """Says when the next drive begins."""

    def next_start_s(self, end_s: float, rng: np.random.Generator) -> float:
        """After a drive that ended then."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Stands for a while after each drive, and from the end of the working day to the next."""

    pause_s: Span
    longer_s: Span = (0.0, 0.0)
    longer: float = 0.0
    """Share of the pauses that are longer."""
    day_h: Span | None = None
    """No drive begins outside these hours."""
    days: int = 7
    """Working days in a week, from Monday on."""

    def next_start_s(self, end_s: float, rng: np.random.Generator) -> float:
        """After the pause, or on the next working day."""
        start_s = end_s + float(rng.uniform(*(self.longer_s if rng.random() < self.longer else self.pause_s)))
        if self.day_h is None or self._open(start_s, self.day_h):
            return start_s
        morning_h = self.day_h[0] + float(rng.uniform(0.0, 0.5))
        for day in count(int(end_s // DAY_S)):
            morning_s = day * DAY_S + morning_h * HOUR_S
            if day % 7 < self.days and morning_s > start_s:
                return morning_s
        raise AssertionError  # there is always another day

    def _open(self, at_s: float, day_h: Span) -> bool:
        hour = at_s % DAY_S / HOUR_S
        return day_h[0] <= hour < day_h[1] and int(at_s // DAY_S) % 7 < self.days


@dataclass(frozen=True, slots=True)
class Weekly:
    """Sets out at about the same hours every week."""

    hours: tuple[tuple[float, ...], ...]
    """For each day from Monday on."""
    spread_h: float
    """As much earlier or later."""

    def next_start_s(self, end_s: float, rng: np.random.Generator) -> float:
        """The first hour in the timetable that is still to come."""
        off_h = float(rng.uniform(-self.spread_h, self.spread_h))
        for day in count(int(end_s // DAY_S)):
            for hour in self.hours[day % 7]:
                if day * DAY_S + (hour - self.spread_h) * HOUR_S > end_s + SHORTEST_S:
                    return day * DAY_S + (hour + off_h) * HOUR_S
        raise AssertionError  # there is always another week
