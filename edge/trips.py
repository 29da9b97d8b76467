"""Trips: from ignition on to ignition off, integrated on the judgement grid. Pure."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from edge.doing import ENGINE_SPEED, IGNITION, MOVING_KMH, ON, SPEED
from edge.figures import Figures
from edge.frames import NANOSECONDS
from edge.history import Window

FUEL_RATE: Final = "Vehicle.OBD.FuelRate"
OFF_NS: Final = 5 * NANOSECONDS
"""Ignition off for this long ends a trip; a restart within it goes on."""
HELD_PERIODS: Final = 3
"""So long a value lasts: two lost frames are bridged, a longer gap is not driven at its last speed."""
HELD_MIN_S: Final = 0.3
"""What comes a hundred times a second may be late by some frames."""
QUIET_NS: Final = 120 * NANOSECONDS
"""Without an ignition signal: nothing turns, moves or is heard for longer than a stop-start engine rests."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One finished drive; a figure is None when its signal was never known on it.

    The speed was known for `moving_s` and `idle_s` together; the distance lacks what was driven beyond those.
    """

    id: str
    started: int
    ended: int
    ended_by: str
    """ignition_off, silence, or shutdown."""
    distance_m: float | None
    moving_s: float | None
    idle_s: float | None
    speed_max_kmh: float | None
    fuel_used_l: float | None
    alerts: tuple[str, ...]
    figures: Mapping[str, Figures] = field(default_factory=dict)
    """By path; up to the cell in which it was last in use."""


@dataclass(slots=True)
class _Running:
    id: str
    started: int
    last_on: int
    heard: int
    distance_m: float | None = None
    moving_s: float | None = None
    idle_s: float | None = None
    speed_max_kmh: float | None = None
    fuel_used_l: float | None = None
    alerts: list[str] = field(default_factory=list)


class TripLog:
    """Follows the vehicle from tick to tick; hands out a trip when it is over."""

    ALERTS_MAX: Final = 200

    def __init__(self, vehicle: str, *, grid_ns: int) -> None:
        self._vehicle = vehicle
        self._grid_s = grid_ns / NANOSECONDS
        self._trip: _Running | None = None
        self._at: int | None = None

    @property
    def running(self) -> str | None:
        """Id of the trip that runs."""
        return self._trip.id if self._trip else None

    @property
    def in_use(self) -> bool:
        """Whether a trip runs and nothing yet speaks for its end."""
        return self._trip is not None and self._trip.last_on == self._at

    def begin(self, window: Window) -> None:
        """Look whether a trip begins at this tick; `update` does so too, but what happens at it may want its id."""
        if self._trip is None and _is_on(window):
            name = "\0".join((self._vehicle, "trip", str(window.until)))
            trip_id = hashlib.sha256(name.encode()).hexdigest()[:32]
            self._trip = _Running(trip_id, started=window.until, last_on=window.until, heard=window.until)

    def update(self, window: Window, began: Sequence[str] = ()) -> Trip | None:
        """Take in one tick and the ids of alerts that began at it; the trip that ended at it, if one did."""
        self.begin(window)
        self._at = window.until
        on, trip = _is_on(window), self._trip
        if trip is None:
            return None
        trip.alerts.extend(began[: self.ALERTS_MAX - len(trip.alerts)])
        if on is not None:
            trip.heard = window.until
        if on:
            trip.last_on = window.until
            self._integrate(trip, window)
            return None
        return self._ended(trip, window)

    def close(self) -> Trip | None:
        """End the running trip because the daemon or the recording ends."""
        return self._finish("shutdown") if self._trip else None

    def _ended(self, trip: _Running, window: Window) -> Trip | None:
        limit = OFF_NS if not math.isnan(window.value(IGNITION)) else QUIET_NS
        if window.until - trip.last_on < limit:
            return None
        return self._finish("ignition_off" if trip.heard > trip.last_on else "silence")

    def _finish(self, ended_by: str) -> Trip | None:
        trip, self._trip = self._trip, None
        if trip is None:
            return None
        return Trip(
            id=trip.id,
            started=trip.started,
            ended=trip.last_on,
            ended_by=ended_by,
            distance_m=trip.distance_m,
            moving_s=trip.moving_s,
            idle_s=trip.idle_s,
            speed_max_kmh=trip.speed_max_kmh,
            fuel_used_l=trip.fuel_used_l,
            alerts=tuple(trip.alerts),
        )

    def _integrate(self, trip: _Running, window: Window) -> None:
        speed, known_s = abs(window.value(SPEED)), self._known_s(window, SPEED)
        if known_s:
            moving = speed > MOVING_KMH
            trip.distance_m = (trip.distance_m or 0.0) + speed / 3.6 * known_s
            trip.moving_s = (trip.moving_s or 0.0) + known_s * moving
            trip.idle_s = (trip.idle_s or 0.0) + known_s * (not moving)
            trip.speed_max_kmh = max(trip.speed_max_kmh or 0.0, speed)
        if known_s := self._known_s(window, FUEL_RATE):
            trip.fuel_used_l = (trip.fuel_used_l or 0.0) + window.value(FUEL_RATE) / 3600 * known_s

    def _known_s(self, window: Window, path: str) -> float:
        """How much of this cell the latest value of a signal lasts; until its period is learned, while it is fresh."""
        if math.isnan(window.value(path)):
            return 0.0
        period_s = window.period_s(path)
        if period_s is None:
            return self._grid_s
        left_s = max(HELD_PERIODS * period_s, HELD_MIN_S) - window.age_s(path)
        return min(max(left_s + self._grid_s, 0.0), self._grid_s)


def _is_on(window: Window) -> bool | None:
    """Whether the vehicle is in use; None when nothing that tells is known."""
    ignition = window.value(IGNITION)
    if not math.isnan(ignition):
        return ignition >= ON
    turning = [window.value(path) for path in (ENGINE_SPEED, SPEED)]
    known = [abs(value) > MOVING_KMH for value in turning if not math.isnan(value)]
    return any(known) if known else None
