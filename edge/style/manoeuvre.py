"""A manoeuvre: from where something is beyond its limit to where it no longer is; one event for all of it."""

import math
from typing import Final

from edge.frames import NANOSECONDS
from edge.style.manners import StyleEvent, StyleKind

REST_NS: Final = 2 * NANOSECONDS
"""What is back beyond the limit within this is still the same manoeuvre: a foot that eases, a sample that is late."""
LONGEST_NS: Final = 15 * NANOSECONDS
"""No vehicle brakes, gains or turns so hard for longer: 4.4 m/s² from 200 km/h is 13 s. A sensor is stuck."""
AGREES: Final = 0.5
"""Of what the speed should have changed by, it did at least this much; else the sensor is wrong, or tilted."""


class Manoeuvre:
    """Follows one kind of harsh driving."""

    def __init__(self, kind: StyleKind, limit: float, *, at_least_s: float, speed_turns: int = 0) -> None:
        """`limit`: m/s². `speed_turns`: the speed falls (-1) or rises (1) by it, as is seen where it is known."""
        self._kind, self._limit, self._speed_turns = kind, limit, speed_turns
        self._at_least_ns = round(at_least_s * NANOSECONDS)
        self._stuck = False
        self._began: int | None = None
        self._last = 0
        self._worst = 0.0
        self._speeds = (math.nan, math.nan)
        self.judged = False
        """Whether it was ever known how much there is of it."""

    def take(self, at: int, amount: float, before_kmh: float, now_kmh: float) -> StyleEvent | None:
        """How much (m/s², NaN is unknown) at a time (ns), and the speed before it and now; what is over by that."""
        if amount >= self._limit:
            self._beyond(at, amount, before_kmh, now_kmh)
            return None
        if amount < self._limit:
            self._stuck, self.judged = False, True
        return self.end() if self._began is not None and at - self._last >= REST_NS else None

    def end(self) -> StyleEvent | None:
        """What was going on, if it was a manoeuvre."""
        began, self._began = self._began, None
        if began is None or self._last - began < self._at_least_ns or not self._speed_agrees(began):
            return None
        self.judged = True
        speed = self._speeds[0]
        return StyleEvent(
            kind=self._kind,
            at=began,
            duration_s=(self._last - began) / NANOSECONDS,
            worst=self._worst,
            speed_kmh=None if math.isnan(speed) else speed,
            beyond=self._worst / self._limit,
        )

    def _beyond(self, at: int, amount: float, before_kmh: float, now_kmh: float) -> None:
        if self._stuck:
            return
        if self._began is None:
            self._began, self._worst, self._speeds = at, 0.0, (before_kmh, now_kmh)
        self._last, self._worst, self._speeds = at, max(self._worst, amount), (self._speeds[0], now_kmh)
        if at - self._began > LONGEST_NS:
            self._began, self._stuck = None, True

    def _speed_agrees(self, began: int) -> bool:
        first, last = self._speeds
        changed = (last - first) / 3.6 * self._speed_turns
        if not self._speed_turns or math.isnan(changed):
            return True
        return changed >= AGREES * self._limit * (self._last - began) / NANOSECONDS


class Overspeed:
    """Follows the speed beyond a limit that somebody set."""

    SILENT_NS: Final = 10 * NANOSECONDS
    """After so long without a speed it is over as of the last one."""

    def __init__(self, limit_kmh: float, *, after_s: float, margin_kmh: float) -> None:
        self._limit, self._low = limit_kmh, limit_kmh - margin_kmh
        self._after_ns = round(after_s * NANOSECONDS)
        self._began: int | None = None
        self._last = 0
        self._worst = 0.0
        self._before = 0.0
        self._first = 0.0
        self.judged = False
        self.lasted_s = 0.0
        """All that are over, together."""

    def take(self, at: int, kmh: float) -> StyleEvent | None:
        """The speed (NaN is unknown) at a time (ns); what is over by that."""
        if math.isnan(kmh):
            return self.end() if self._began is not None and at - self._last >= self.SILENT_NS else None
        self.judged = True
        lower, self._before = min(kmh, self._before), kmh  # a single sample is no speed
        if kmh > self._limit if self._began is None else kmh > self._low:
            if self._began is None:
                self._began, self._first = at, kmh
            self._last, self._worst = at, max(self._worst, lower)
            return None
        return self.end()

    def end(self) -> StyleEvent | None:
        """What was going on, if it was long enough."""
        began, worst = self._began, self._worst
        self._began, self._worst = None, 0.0
        if began is None or self._last - began < self._after_ns or worst <= self._limit:
            return None
        lasted_s = (self._last - began) / NANOSECONDS
        self.lasted_s += lasted_s
        return StyleEvent(StyleKind.OVERSPEED, began, lasted_s, worst, self._first, worst / self._limit)
