"""Follows the vehicle from tick to tick and hands out a trip when it is over, integrated on the judgement grid."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from edge.doing import ENGINE_SPEED, IGNITION, MOVING_KMH, ON, READY, SPEED
from edge.frames import NANOSECONDS
from edge.gauges import Panel
from edge.history import NEVER, Window
from edge.style import CAR, STYLE_PATHS, StyleJudge, StyleLimits
from edge.trips.consumption import CONSUMPTION_PATHS, Consumption
from edge.trips.places import Places, place_of
from edge.trips.steps import Steps
from edge.trips.trip import Trip
from edge.trips.way import ODOMETER, Way
from edge.whereabouts import LATITUDE, Fix

OFF_NS: Final = 5 * NANOSECONDS
"""Ignition off for this long ends a trip; a restart within it goes on."""
QUIET_NS: Final = 120 * NANOSECONDS
"""Without an ignition signal: nothing turns, moves or is heard for longer than a stop-start engine rests."""
STANDING_NS: Final = 300 * NANOSECONDS
"""By positions alone: nothing tells a traffic jam from a parked vehicle, so as long as trackers usually wait."""
STEPS_NS: Final = 30 * NANOSECONDS
"""By positions alone: it moves while the last step is not older; slower than that is drift."""
TELLS: Final = (IGNITION, READY, ENGINE_SPEED, SPEED)
"""Says whether the vehicle is in use; where one of them was ever heard, positions do not say it."""


@dataclass(slots=True)
class _Running:
    id: str
    started: int
    last_on: int
    heard: int
    way: Way
    consumption: Consumption
    places: Places
    style: StyleJudge
    alerts: list[str] = field(default_factory=list)


class TripLog:
    """Follows the vehicle from tick to tick; hands out a trip when it is over."""

    ALERTS_MAX: Final = 200

    def __init__(self, vehicle: str, *, grid_ns: int, limits: StyleLimits = CAR) -> None:
        self._vehicle, self._limits = vehicle, limits
        self._panel = Panel((*TELLS, *STYLE_PATHS, *CONSUMPTION_PATHS, ODOMETER, LATITUDE), grid_ns=grid_ns)
        self._tells = [self._panel[path] for path in TELLS]
        self._steps = Steps()
        self._left: Fix | None = None
        """Where the trip before ended."""
        self._trip: _Running | None = None
        self._on: bool | None = None
        self._at: int | None = None

    @property
    def running(self) -> str | None:
        """Id of the trip that runs."""
        return self._trip.id if self._trip else None

    @property
    def running_since(self) -> int | None:
        """When (ns) the trip that runs began."""
        return self._trip.started if self._trip else None

    @property
    def is_on(self) -> bool | None:
        """Whether the vehicle was in use at the last tick; None: nothing that tells is known."""
        return self._on

    @property
    def in_use(self) -> bool:
        """Whether a trip runs and nothing yet speaks for its end."""
        return self._trip is not None and bool(self._on)

    def begin(self, window: Window) -> None:
        """Look whether a trip begins at this tick; `update` does so too, but what happens at it may want its id."""
        if window.until == self._at:
            return
        self._at = window.until
        self._panel.read(window)
        self._steps.take(window.fix, self._panel[LATITUDE].at)
        self._on = self._is_on(window.fix)
        if self._trip is None and self._on:
            self._trip = self._begun(window)

    def update(self, window: Window, began: Sequence[str] = ()) -> Trip | None:
        """Take in one tick and the ids of alerts that began at it; the trip that ended at it, if one did."""
        self.begin(window)
        trip = self._trip
        if trip is None:
            return None
        trip.alerts.extend(began[: self.ALERTS_MAX - len(trip.alerts)])
        if self._on is not None:
            trip.heard = window.until
        if not self._on:
            return self._ended(trip, window.until)
        trip.last_on = self._used_until(window.until)
        self._follow(trip, window)
        return None

    def close(self, ended_by: str = "shutdown") -> Trip | None:
        """End the running trip because the daemon or the recording ends, or for what is said."""
        return self._finish(ended_by) if self._trip else None

    def _begun(self, window: Window) -> _Running:
        name = "\0".join((self._vehicle, "trip", str(window.until)))
        stood = self._steps.set_off() if self._by_position else None
        started = stood.until if stood else window.until
        moved_m = stood.moved_m if stood else self._steps.moved_m
        start = stood.fix if stood else None
        return _Running(
            id=hashlib.sha256(name.encode()).hexdigest()[:32],
            started=started,
            last_on=window.until,
            heard=window.until,
            way=Way(self._panel, self._steps, moved_m),
            consumption=Consumption(self._panel),
            places=Places(self._panel, self._steps, started=started, left=self._left, start=start),
            style=StyleJudge(self._limits, self._panel),
        )

    def _follow(self, trip: _Running, window: Window) -> None:
        trip.way.take()
        is_moving = trip.way.is_moving
        trip.consumption.take(is_moving=is_moving, is_charging=window.doing == "charging")
        trip.places.take(window.fix, is_moving=is_moving, driven_m=trip.way.driven_m)
        trip.style.update()

    def _ended(self, trip: _Running, until: int) -> Trip | None:
        by_position, ignition = self._by_position, self._panel[IGNITION]
        limit = OFF_NS if ignition.is_known else STANDING_NS if by_position else QUIET_NS
        if until - trip.last_on < limit:
            return None
        if self._on is None if by_position else trip.heard <= trip.last_on:
            return self._finish("silence")
        return self._finish("standing" if by_position else "ignition_off")

    def _finish(self, ended_by: str) -> Trip | None:
        trip, self._trip = self._trip, None
        if trip is None:
            return None
        self._left = trip.places.left(trip.last_on)
        (distance_m, distance_by), odometer_km = trip.way.distance, trip.way.odometer_km
        return Trip(
            id=trip.id,
            started=trip.started,
            ended=trip.last_on,
            ended_by=ended_by,
            distance_m=distance_m,
            moving_s=trip.way.moving_s,
            idle_s=trip.way.idle_s,
            speed_max_kmh=trip.way.speed_max_kmh,
            fuel_used_l=trip.consumption.fuel_used_l,
            alerts=tuple(trip.alerts),
            distance_by=distance_by,
            odometer_start_km=odometer_km[0],
            odometer_end_km=odometer_km[1],
            fuel_idle_l=trip.consumption.fuel_idle_l,
            energy_used_kwh=trip.consumption.energy_used_kwh,
            energy_recuperated_kwh=trip.consumption.energy_recuperated_kwh,
            engine_on_s=trip.consumption.engine_on_s,
            stops=trip.way.stops,
            stopped_s=trip.way.stopped_s,
            no_position_s=trip.places.no_position_s,
            moved_off_m=trip.places.moved_off_m,
            start=trip.places.start,
            end=place_of(self._left),
            manners=trip.style.end(),
        )

    @property
    def moves_by_position(self) -> bool:
        """A trip runs that positions alone tell of, and it moves."""
        return self.in_use and self._by_position

    @property
    def _by_position(self) -> bool:
        """Nothing that tells was ever heard: a box with a receiver and no bus."""
        return all(gauge.at == NEVER for gauge in self._tells)

    def _is_on(self, fix: Fix | None) -> bool | None:
        """Whether the vehicle is in use; None when nothing that tells is known."""
        ignition, ready, engine, speed = self._tells
        if ignition.is_known:
            return ignition.value >= ON
        known = [abs(gauge.value) > MOVING_KMH for gauge in (engine, speed) if gauge.is_known]
        known += [ready.value >= 1.0] if ready.is_known else []
        if known:
            return any(known)
        return self._moves() if fix is not None and self._by_position else None

    def _moves(self) -> bool:
        here = self._steps.here
        steps = here is not None and self._at is not None and self._at - here.at < STEPS_NS
        return steps and (self._trip is not None or self._steps.set_off() is not None)

    def _used_until(self, until: int) -> int:
        here = self._steps.here
        return here.at if self._by_position and here is not None else until
