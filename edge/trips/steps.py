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
    at: int
    """ns; when it came here."""
    until: int
    """ns; when it was last heard to be here."""
    moved_m: float
    """Of all that was driven before it came here."""


class Steps:
    """Follows the positions from tick to tick."""

    def __init__(self) -> None:
        self.moved_m = 0.0
        """All steps since it was made."""
        self._trail: deque[Stand] = deque(maxlen=TRAIL_MAX)
        self._heard: int | None = None
        self._doubt: Stand | None = None
        """Where it seems to have jumped to, and when."""

    @property
    def here(self) -> Stand | None:
        """Where it stands; None: never known."""
        return self._trail[-1] if self._trail else None

    def take(self, fix: Fix | None, heard: int) -> None:
        """The position at a tick (None: unknown) and when it was heard (ns); what was taken already says nothing."""
        if fix is None or heard == self._heard:
            return
        self._heard = heard
        if not self._trail:
            self._arrive(fix, heard)
            return
        here = self._trail[-1]
        way, explained = distance_m(here.fix, fix), max(reach_m(here.fix, fix), STEP_MIN_M)
        if way <= explained:
            self._stay(here, fix, heard)
        elif self._doubt is not None and distance_m(self._doubt.fix, fix) < way:
            self._wonder(self._doubt, fix, heard)
        elif way - explained <= FASTEST_MPS * (heard - here.until) / NANOSECONDS:
            self.moved_m += way
            self._arrive(fix, heard)
        else:
            self._doubt = Stand(fix, heard, heard, 0.0)

    def set_off(self) -> Stand | None:
        """Where it stood before it set off; None: it did not within TRAIL_NS."""
        if len(self._trail) < 2:
            return None
        first, last = self._trail[0], self._trail[-1]
        return first if distance_m(first.fix, last.fix) - reach_m(first.fix, last.fix) > SET_OFF_M else None

    def _stay(self, here: Stand, fix: Fix, heard: int) -> None:
        here.until, self._doubt = heard, None
        if fix.accuracy_m < here.fix.accuracy_m / 2:  # the first fixes after a cold start are poor
            here.fix = fix

    def _wonder(self, doubt: Stand, fix: Fix, heard: int) -> None:
        """Still where it jumped to: believed after a while, and not driven."""
        doubt.fix = fix
        if heard - doubt.at >= DOUBTED_NS:
            self._trail.clear()
            self._arrive(fix, heard)

    def _arrive(self, fix: Fix, heard: int) -> None:
        self._doubt = None
        self._trail.append(Stand(fix, heard, heard, self.moved_m))
        while len(self._trail) > 1 and self._trail[0].until < heard - TRAIL_NS:
            self._trail.popleft()


def reach_m(a: Fix, b: Fix) -> float:
    """So far apart are two positions of one place 19 times out of 20: receivers tell one standard deviation."""
    return 2.0 * math.hypot(a.accuracy_m, b.accuracy_m)
