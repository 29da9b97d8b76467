"""Sieve: which reports of a receiver are readings, and why the others are none. Pure.

    no_fix     the receiver says so, or has no place to tell
    sentinel   0, 0; not on Earth; no numbers
    stale      its time stands still or goes back: it repeats what it said before
    leaped     its time has run away from ours by more than two seconds (weeks that roll over, leap seconds that it
               learns late); believed once five on end agree with each other

What becomes of places (out of reach, repeated in a tunnel, too inaccurate) is for whereabouts.py, which all sources
share.
"""

import math
from collections.abc import Iterator
from typing import Final

from edge.measured import ACCURACY, ALTITUDE, HEADING, LATITUDE, LONGITUDE, Reading
from edge.receivers.report import FIX_2D, FIX_3D, Report

NO_FIX: Final = "no_fix"
SENTINEL: Final = "sentinel"
STALE: Final = "stale"
LEAPED: Final = "leaped"
CAUSES: Final = (NO_FIX, SENTINEL, STALE, LEAPED)
S: Final = 1_000_000_000
NOWHERE_DEG: Final = 1e-6
LEAP_S: Final = 2.0
"""A line is late by a second at most, and one may be lost."""
CONFIRMED: Final = 5
HEADING_MPS: Final = 1.0
"""Slower, a heading is noise."""
ALTITUDES_M: Final = (-500.0, 9000.0)
ACCURACY_MAX_M: Final = 100_000.0


class Sieve:
    """Takes report after report of one receiver."""

    def __init__(self) -> None:
        self.counters = dict.fromkeys(CAUSES, 0)
        self._last: tuple[float, float] | None = None
        """The receiver's time and ours of the last report that was taken."""
        self._other: tuple[float, float] | None = None
        """The same of one that was refused as its time had leaped."""
        self._agree = 0

    def take(self, now_ns: int, report: Report) -> list[Reading]:
        """The readings of a report that came now (ns, monotonic); none: it was refused, and counted."""
        why = self._refused(now_ns, report)
        if why is not None:
            self.counters[why] += 1
            return []
        return list(_readings(now_ns, report))

    def _refused(self, now_ns: int, report: Report) -> str | None:
        latitude, longitude = report.latitude_deg, report.longitude_deg
        if report.mode < FIX_2D or latitude is None or longitude is None:
            return NO_FIX
        is_place = abs(latitude) <= 90.0 and abs(longitude) <= 180.0  # neither is what is no number
        if not is_place or (abs(latitude) < NOWHERE_DEG and abs(longitude) < NOWHERE_DEG):
            return SENTINEL
        return None if report.time_s is None else self._out_of_time(now_ns / S, report.time_s)

    def _out_of_time(self, now_s: float, time_s: float) -> str | None:
        last = self._last
        if not math.isfinite(time_s):
            return SENTINEL
        if last is not None and time_s == last[0]:
            return STALE
        if last is None or _agree(last, (time_s, now_s)):
            if last is not None and time_s < last[0]:
                return STALE
            self._last, self._other, self._agree = (time_s, now_s), None, 0
            return None
        other, self._other = self._other, (time_s, now_s)
        is_next = other is not None and time_s > other[0] and _agree(other, self._other)
        self._agree = self._agree + 1 if is_next else 1
        if self._agree < CONFIRMED:
            return LEAPED
        self._last, self._other, self._agree = self._other, None, 0
        return None


def _agree(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether the receiver's clock and ours went on alike between two reports."""
    return abs((other[0] - one[0]) - (other[1] - one[1])) <= LEAP_S


def _readings(now_ns: int, report: Report) -> Iterator[Reading]:
    yield Reading(now_ns, LATITUDE, report.latitude_deg or 0.0)
    yield Reading(now_ns, LONGITUDE, report.longitude_deg or 0.0)
    if report.accuracy_m is not None and 0.0 < report.accuracy_m <= ACCURACY_MAX_M:
        yield Reading(now_ns, ACCURACY, report.accuracy_m)
    low_m, high_m = ALTITUDES_M
    if report.mode >= FIX_3D and report.altitude_m is not None and low_m <= report.altitude_m <= high_m:
        yield Reading(now_ns, ALTITUDE, report.altitude_m)
    is_moving = report.speed_mps is not None and report.speed_mps >= HEADING_MPS
    if is_moving and report.heading_deg is not None and 0.0 <= report.heading_deg <= 360.0:
        yield Reading(now_ns, HEADING, report.heading_deg % 360.0)
