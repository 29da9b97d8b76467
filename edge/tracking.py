"""Tracker: which positions are worth telling the cloud. Pure.

driving   when it begins, every so many seconds, after a turn, after a long way, and when it is over
standing  once a day, where it is known
private   nothing, nor after it until the vehicle is BEYOND_M away from where it was first known to be again, also if
          the box was restarted in between

Positions are personal and cost money: so many a day and no more; what was due beyond that is counted.
"""

import math
from collections import deque
from typing import Final

from edge.doing import SPEED
from edge.frames import NANOSECONDS
from edge.history import Window
from edge.whereabouts import ALTITUDE, HEADING, Fix, distance_m
from edge.wire.messages import Position

TURN_DEG: Final = 30.0
"""A road that bends more gently is drawn well enough by its ends."""
TURN_LEAST_M: Final = 30.0
"""Since the last one told: a roundabout is no dozen turns, and a bearing over less is the receiver's noise."""
FAR_M: Final = 2_000.0
MOVED_M: Final = 100.0
"""Where nothing tells what it is doing, so far beyond the accuracies is driving: receivers wander less."""
STOPPED_NS: Final = 120 * NANOSECONDS
"""A stop in traffic is shorter; what is longer ends a drive, as with trips."""
LAST_SEEN_NS: Final = 600 * NANOSECONDS
"""A drive that ends without a sky ended near where it was seen so lately: a garage, not a county."""
DAY_NS: Final = 86_400 * NANOSECONDS
A_DAY: Final = 5_000
"""One every ten seconds for nearly fourteen hours; drivers' hours end at ten (Regulation (EC) 561/2006, article 6)."""
BEYOND_M: Final = 500.0
"""So far from where private mode ended: beyond a street's own houses, so that a door is not told. On a road without a
turn the first position still tells the direction."""
COORDINATE_DIGITS: Final = 6
"""Of a degree: 0.1 m."""


class Tracker:
    """Follows the vehicle from tick to tick; hands out a position when it is to be told."""

    def __init__(self, every_s: int, *, a_day: int = A_DAY) -> None:
        """`every_s`: while it drives; 0: nothing is told. `a_day`: at most so many in any 24 hours."""
        self.dropped = 0
        """Positions that were due beyond `a_day`."""
        self._every_ns = every_s * NANOSECONDS
        self._told_at: deque[int] = deque(maxlen=a_day)
        """ns; of the last `a_day` that were told."""
        self._told: Fix | None = None
        self._told_heading = math.nan
        self._course = _Course()
        self._due_since: int | None = None
        """When a position was last told or dropped."""
        self._drives = False
        self._drove_at = 0
        self._seen: Fix | None = None
        """Where it was last known to be."""
        self.withholds = False
        """It has not gone far enough since private mode; whoever knows of that from an earlier run says so."""
        self._unveiled: Fix | None = None
        """Where it was first known to be after private mode."""

    def update(self, window: Window) -> Position | None:
        """Take in one tick; the position that is to be told of it, if any."""
        if not self._every_ns:
            self.withholds = False  # there is nothing to withhold
            return None
        if window.private:
            self._forget()
            return None
        if self.withholds and not self._is_beyond(window.fix):
            return None
        fix, drove = window.fix, self._drives
        self._look(window, fix)
        self._follow(window, fix)
        if drove and not self._drives:
            return self._last(window)
        if fix is None or not self._is_due(window, fix, began=self._drives and not drove):
            return None
        return self._tell(window, fix)

    def _forget(self) -> None:
        """Nothing of before private mode is told in it or after it."""
        self._told = self._seen = self._unveiled = None
        self._drives = False
        self.withholds = True

    def _is_beyond(self, fix: Fix | None) -> bool:
        """Whether it is surely far from where private mode ended; from then on it is told again."""
        if fix is None:
            return False
        start = self._unveiled = self._unveiled or fix
        self.withholds = distance_m(start, fix) < BEYOND_M + start.accuracy_m + fix.accuracy_m
        return not self.withholds

    def _look(self, window: Window, fix: Fix | None) -> None:
        """Where it is and in which direction it goes."""
        self._seen = fix or self._seen
        self._course.update(fix, window.value(HEADING))
        if math.isnan(self._told_heading):
            self._told_heading = self._course.deg

    def _follow(self, window: Window, fix: Fix | None) -> None:
        """Whether it is on a drive: from the first movement until it is off or has stood for long."""
        doing = window.doing
        if doing == "driving" or (doing is None and fix is not None and self._has_moved(fix)):
            self._drives, self._drove_at = True, window.until
        elif doing in ("parked", "charging") or not 0 <= window.until - self._drove_at < STOPPED_NS:
            self._drives = False

    def _has_moved(self, fix: Fix) -> bool:
        told = self._told
        return told is not None and distance_m(told, fix) > MOVED_M + told.accuracy_m + fix.accuracy_m

    def _is_due(self, window: Window, fix: Fix, *, began: bool) -> bool:
        since = self._due_since
        if since is None or began:
            return True
        passed_ns = window.until - since
        if not self._drives:
            return not 0 <= passed_ns < DAY_NS
        return not 0 <= passed_ns < self._every_ns or self._has_turned(fix)

    def _has_turned(self, fix: Fix) -> bool:
        """Whether it went another way than where it was told last, or a long way."""
        if self._told is None:
            return False
        away_m = distance_m(self._told, fix)
        if away_m < TURN_LEAST_M + fix.accuracy_m:
            return False
        turned = abs((self._course.deg - self._told_heading + 180.0) % 360.0 - 180.0)
        return away_m >= FAR_M or turned > TURN_DEG

    def _last(self, window: Window) -> Position | None:
        """Where a drive ended: as known, else where it was last seen, as in a garage, if that was not told yet."""
        if window.fix is not None:
            return self._tell(window, window.fix)
        seen, told = self._seen, self._told
        if seen is None or window.until - seen.at > LAST_SEEN_NS or (told is not None and _is_same(seen, told)):
            return None
        return self._tell(window, seen)

    def _tell(self, window: Window, fix: Fix) -> Position | None:
        self._due_since = now = window.until
        self._told, self._told_heading = fix, self._course.deg
        if self._is_full(now):
            self.dropped += 1
            return None
        self._told_at.append(now)
        said = window.value(HEADING)
        return Position(
            latitude_deg=round(fix.latitude_deg, COORDINATE_DIGITS),
            longitude_deg=round(fix.longitude_deg, COORDINATE_DIGITS),
            altitude_m=_rounded(window.value(ALTITUDE)),
            speed_kmh=_rounded(window.value(SPEED)),
            heading_deg=None if math.isnan(said) else round(said, 1) % 360.0,
            accuracy_m=round(fix.accuracy_m, 1) if window.fix is not None else None,
        )

    def _is_full(self, now: int) -> bool:
        told = self._told_at
        return len(told) == told.maxlen and 0 <= now - told[0] < DAY_NS


class _Course:
    """In which direction it goes: as the receiver says, else from where it was a while ago."""

    def __init__(self) -> None:
        self.deg = math.nan
        """Clockwise from north; NaN is unknown."""
        self._from: Fix | None = None

    def update(self, fix: Fix | None, said_deg: float) -> None:
        """Take in one tick; `said_deg`: NaN is unknown."""
        if not math.isnan(said_deg):
            self.deg = said_deg % 360.0
        elif fix is not None and self._from is None:
            self._from = fix
        elif fix is not None and self._from is not None and distance_m(self._from, fix) > TURN_LEAST_M + fix.accuracy_m:
            self.deg, self._from = bearing_deg(self._from, fix), fix


def _is_same(a: Fix, b: Fix) -> bool:
    return (a.latitude_deg, a.longitude_deg) == (b.latitude_deg, b.longitude_deg)


def bearing_deg(a: Fix, b: Fix) -> float:
    """In which direction one sets out from a to b on a sphere: degrees clockwise from north, 0 to below 360."""
    phi_a, phi_b = math.radians(a.latitude_deg), math.radians(b.latitude_deg)
    east = math.radians(b.longitude_deg - a.longitude_deg)
    across = math.sin(east) * math.cos(phi_b)
    along = math.cos(phi_a) * math.sin(phi_b) - math.sin(phi_a) * math.cos(phi_b) * math.cos(east)
    return math.degrees(math.atan2(across, along)) % 360.0


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1)
