"""Where a trip began and ended, whether the vehicle was carried there, and how long nobody knew where it was."""

from typing import Final

from edge.frames import NANOSECONDS
from edge.gauges import Panel
from edge.trips.steps import Steps, reach_m
from edge.trips.trip import Place
from edge.whereabouts import LATITUDE, Fix, distance_m

NEAR_NS: Final = 60 * NANOSECONDS
"""A position stands for the beginning or the end of a trip when it is not further from it; a receiver that was cold
needs half a minute."""
DARK_MIN_NS: Final = 3 * NANOSECONDS
DARK_PERIODS: Final = 3
"""Of the position: so much is no tunnel."""


class Places:
    """Follows one trip from tick to tick."""

    def __init__(self, panel: Panel, steps: Steps, *, started: int, left: Fix | None, start: Fix | None) -> None:
        """`left`: where the trip before ended. `start`: where this one began, if that is known already."""
        self._panel, self._steps, self._started, self._left = panel, steps, started, left
        self._position = panel[LATITUDE]
        self._heard: int | None = None
        self._moving_s = 0.0
        """Since a position was heard."""
        self._moved_m = steps.moved_m
        self._start: Fix | None = None
        self.last: Fix | None = None
        self.no_position_s: float | None = None
        self.moved_off_m: float | None = None
        if start is not None:
            self._arrive(start, driven_m=0.0)

    @property
    def start(self) -> Place | None:
        """Where it began; None: no position near it."""
        return place_of(self._start)

    def left(self, ended: int) -> Fix | None:
        """Where a trip that ended then came to stand; None: no position near it."""
        return self.last if self.last is not None and ended - self.last.at <= NEAR_NS else None

    def take(self, fix: Fix | None, *, is_moving: bool | None, driven_m: float | None) -> None:
        """A tick at which the vehicle is in use; `driven_m` so far."""
        self._moving_s += self._panel.grid_s * bool(is_moving)
        if fix is None or self._position.at == self._heard:
            return
        if self._start is None and self._heard is None and fix.at - self._started <= NEAR_NS:
            self._arrive(fix, driven_m=driven_m or 0.0)
        self._look_back(is_moving)
        self.last, self._heard, self._moving_s, self._moved_m = fix, self._position.at, 0.0, self._steps.moved_m

    def _arrive(self, fix: Fix, *, driven_m: float) -> None:
        self._start = fix
        if self._left is not None:
            way = distance_m(self._left, fix)
            self.moved_off_m = way if way > reach_m(self._left, fix) + driven_m else 0.0

    def _look_back(self, is_moving: bool | None) -> None:
        """How long it was driven since the last position, if that is long ago."""
        self.no_position_s = self.no_position_s or 0.0
        if self._heard is None:
            return
        dark_ns = self._position.at - self._heard
        if dark_ns > max(DARK_PERIODS * (self._position.period_s or 0.0) * NANOSECONDS, DARK_MIN_NS):
            has_moved = is_moving is None and self._steps.moved_m > self._moved_m
            self.no_position_s += dark_ns / NANOSECONDS if has_moved else self._moving_s


def place_of(fix: Fix | None) -> Place | None:
    """Of a position."""
    return None if fix is None else Place(fix.latitude_deg, fix.longitude_deg)
