"""Steps: the way from one position to the next that lies beyond the accuracy of both.

So a receiver that wanders while parked drives nowhere, and a position that jumps away and back is not driven to.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from edge.frames import NANOSECONDS
from edge.whereabouts import Fix, distance_m

STEP_MIN_M: Final = 10.0
"""However accurate a receiver says it is."""
FASTEST_MPS: Final = 83.0
"""300 km/h; what moves faster was not driven."""
DOUBTED_NS: Final = 30 * NANOSECONDS
"""Where a position jumped to is believed when it is still there after so long."""
TRAIL_NS: Final = 120 * NANOSECONDS
TRAIL_MAX: Final = 256
SET_OFF_M: Final = 100.0
"""Beyond the accuracy, within TRAIL_NS: nobody walks a receiver's error so far."""


@dataclass(slots=True)
class Stand:
    """A position, and until when it was not left beyond accuracy."""

    fix: Fix
    until: int
    moved_m: float
    """Of all that was driven before it came here."""


class Steps:
    """Follows the positions from tick to tick."""

    def __init__(self) -> None:
        self.moved_m = 0.0
        """All steps since it was made."""
        self._trail: deque[Stand] = deque(maxlen=TRAIL_MAX)
        self._doubt: Fix | None = None

    @property
    def here(self) -> Stand | None:
        """Where it stands; None: never known."""
        return self._trail[-1] if self._trail else None

    def take(self, fix: Fix | None) -> None:
        """The position at a tick; None: unknown."""
        if fix is None:
            return
        if not self._trail:
            self._trail.append(Stand(fix, fix.at, 0.0))
            return
        here = self._trail[-1]
        if _same(here.fix, fix):
            here.until, self._doubt = fix.at, None
            return
        way = distance_m(here.fix, fix)
        explained = max(reach_m(here.fix, fix), STEP_MIN_M)
        if way <= explained:
            here.until, self._doubt = fix.at, None
            if fix.accuracy_m < here.fix.accuracy_m / 2:  # the first fixes after a cold start are poor
                here.fix = fix
        elif way - explained <= FASTEST_MPS * (fix.at - here.until) / NANOSECONDS:
            self._step(fix, way)
        else:
            self._wonder(fix)

    def set_off(self) -> Stand | None:
        """Where it stood before it set off; None: it did not within TRAIL_NS."""
        if len(self._trail) < 2:
            return None
        first, last = self._trail[0], self._trail[-1]
        return first if distance_m(first.fix, last.fix) - reach_m(first.fix, last.fix) > SET_OFF_M else None

    def forget(self) -> None:
        """The trip is over: what comes next is seen from here."""
        while len(self._trail) > 1:
            self._trail.popleft()

    def _step(self, fix: Fix, way: float) -> None:
        self.moved_m += way
        self._arrive(fix)

    def _wonder(self, fix: Fix) -> None:
        """A jump: believed, and not driven, when it stays."""
        if self._doubt is None:
            self._doubt = fix
        elif fix.at - self._doubt.at >= DOUBTED_NS:
            self._trail.clear()
            self._arrive(fix)

    def _arrive(self, fix: Fix) -> None:
        self._doubt = None
        self._trail.append(Stand(fix, fix.at, self.moved_m))
        while len(self._trail) > 1 and self._trail[0].until < fix.at - TRAIL_NS:
            self._trail.popleft()


def reach_m(a: Fix, b: Fix) -> float:
    """So far apart are two positions of one place, 19 times out of 20: receivers tell one standard deviation."""
    return 2.0 * math.hypot(a.accuracy_m, b.accuracy_m)


def _same(a: Fix, b: Fix) -> bool:
    return a.latitude_deg == b.latitude_deg and a.longitude_deg == b.longitude_deg
