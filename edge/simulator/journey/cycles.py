"""Drive cycles: over which roads each drive goes, and when the next one begins."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from edge.simulator.journey.roads import CITY, CROWD, JAM, MOTORWAY, PASS, RING, RURAL, YARD, Span
from edge.simulator.journey.route import Route
from edge.simulator.journey.timetable import DAY_S, HOUR_S, Pause, Timetable, Weekly

MINUTE_S: Final = 60.0
LOWEST_M: Final = 120.0
HOME_BY_H: Final = 16.3
"""A haul's last leg of the day ends about then."""


@dataclass(frozen=True, slots=True)
class Trip:
    """What an outing may depend on."""

    clock_s: float
    """Since midnight before the first Monday."""
    here_m: float
    """Height above sea."""
    home_m: float
    away_m: float
    rng: np.random.Generator

    def between(self, low: float, high: float) -> float:
        """Anything between the two, all alike."""
        return float(self.rng.uniform(low, high))

    def happens(self, chance: float) -> bool:
        """Whether something of this chance does."""
        return bool(self.rng.random() < chance)

    @property
    def morning(self) -> bool:
        """Before noon."""
        return self.clock_s % DAY_S < 12.0 * HOUR_S

    @property
    def weekend(self) -> bool:
        """Saturday or Sunday."""
        return int(self.clock_s // DAY_S) % 7 >= 5


Outing = Callable[[Route, Trip], float]
"""Lays out the route and tells the height at its end."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """A way of using a vehicle."""

    about: str
    outing: Outing
    timetable: Timetable
    settle_s: Span = (3.0, 15.0)
    """From the start of the engine to the first turn of the wheels."""
    on_s: Span = (0.0, math.inf)
    """How long the key is on; a plan that misses it is thrown away."""
    plugs: float = 0.6
    """Chance that an electric vehicle is plugged in when it stands for hours."""


def _mixed(route: Route, trip: Trip) -> float:
    route.follow(CITY, seconds=trip.between(75.0, 110.0))
    for part in trip.rng.permutation(3):
        route.follow((CITY, RING, MOTORWAY)[part], seconds=trip.between(120.0, 155.0))
    route.follow(CITY, seconds=trip.between(40.0, 70.0))
    return _near_home(trip)


def _city(route: Route, trip: Trip) -> float:
    _streets(route, trip, trip.between(8.0, 20.0) * MINUTE_S)
    if trip.happens(0.5):
        route.follow(RING, seconds=trip.between(2.0, 5.0) * MINUTE_S)
    _streets(route, trip, trip.between(4.0, 12.0) * MINUTE_S)
    return _near_home(trip)


def _streets(route: Route, trip: Trip, seconds: float) -> None:
    """Streets that flow, and for a while some that hardly do."""
    crowded = seconds * trip.between(0.15, 0.5) if trip.happens(0.6) else 0.0
    first = (seconds - crowded) * trip.between(0.2, 0.8)
    route.follow(CITY, seconds=first)
    route.follow(CROWD, seconds=crowded)
    route.follow(CITY, seconds=seconds - crowded - first)


def _rural(route: Route, trip: Trip) -> float:
    for _ in range(int(trip.rng.integers(2, 5))):
        route.follow(CITY, seconds=trip.between(40.0, 120.0))
        route.follow(RURAL, seconds=trip.between(5.0, 12.0) * MINUTE_S)
    route.follow(CITY, seconds=trip.between(40.0, 120.0))
    return _near_home(trip, 80.0)


def _motorway(route: Route, trip: Trip) -> float:
    _long_way(route, trip, trip.between(40.0, 90.0) * MINUTE_S, jam=0.15)
    return _near_home(trip, 80.0)


def _haul(route: Route, trip: Trip) -> float:
    """As far as the working day allows: 10 hours of driving at most, 45 minutes of rest within 4.5 (EC 561/2006)."""
    left_h = HOME_BY_H - trip.clock_s % DAY_S / HOUR_S
    _long_way(route, trip, trip.between(2.0, min(3.8, max(left_h, 2.1))) * HOUR_S, jam=0.25)
    return _near_home(trip, 80.0)


def _long_way(route: Route, trip: Trip, seconds: float, *, jam: float) -> None:
    route.follow(RING, seconds=trip.between(2.0, 5.0) * MINUTE_S)
    first = seconds * trip.between(0.2, 0.8)
    route.follow(MOTORWAY, seconds=first)
    if trip.happens(jam):
        route.follow(JAM, seconds=trip.between(3.0, 15.0) * MINUTE_S)
    route.follow(MOTORWAY, seconds=seconds - first)
    route.follow(RING, seconds=trip.between(2.0, 5.0) * MINUTE_S)


def _mountain(route: Route, trip: Trip) -> float:
    """Up from the valley, or over the pass, or down again."""
    steep = trip.between(0.06, 0.075)
    low_m, top_m = trip.home_m, trip.between(1500.0, 1770.0)
    if trip.here_m > low_m + 400.0:
        route.follow(PASS, metres=(trip.here_m - low_m) / steep, climb=-steep)
        route.follow(RURAL, seconds=trip.between(3.0, 8.0) * MINUTE_S)
        return low_m
    route.follow(RURAL, seconds=trip.between(3.0, 8.0) * MINUTE_S)
    route.follow(PASS, metres=(top_m - trip.here_m) / steep, climb=steep)
    if trip.happens(0.5):
        return top_m
    route.stop(trip.between(5.0, 60.0))
    route.follow(PASS, metres=(top_m - low_m) / steep, climb=-steep)
    return low_m


def _delivery(route: Route, trip: Trip) -> float:
    """From door to door, often with the engine left running."""
    route.follow(CITY, seconds=trip.between(50.0, 150.0))
    while trip.happens(0.55):
        route.stop(trip.between(20.0, 60.0))
        route.follow(CITY, seconds=trip.between(20.0, 70.0))
    return _near_home(trip)


def _short(route: Route, trip: Trip) -> float:
    route.follow(CITY, seconds=trip.between(4.0, 8.0) * MINUTE_S)
    return _near_home(trip)


def _errand(route: Route, trip: Trip) -> float:
    route.follow(CITY, seconds=trip.between(3.0, 6.0) * MINUTE_S)
    route.follow(RING, seconds=trip.between(3.0, 6.0) * MINUTE_S)
    route.follow(CITY, seconds=trip.between(3.0, 6.0) * MINUTE_S)
    return _near_home(trip)


def _commute(route: Route, trip: Trip) -> float:
    """To work and back; an errand at the weekend."""
    if trip.weekend:
        return _errand(route, trip)
    _streets(route, trip, trip.between(4.0, 7.0) * MINUTE_S)
    route.follow(RING, seconds=trip.between(4.0, 8.0) * MINUTE_S)
    route.follow(MOTORWAY, seconds=trip.between(8.0, 13.0) * MINUTE_S)
    if trip.happens(0.4):
        route.follow(JAM, seconds=trip.between(3.0, 7.0) * MINUTE_S)
    route.follow(RING, seconds=trip.between(2.0, 3.0) * MINUTE_S)
    _streets(route, trip, trip.between(4.0, 6.0) * MINUTE_S)
    return trip.away_m if trip.morning else trip.home_m


def _idle(route: Route, trip: Trip) -> float:
    """Stands with the engine on, and moves up a little."""
    for _ in range(int(trip.rng.integers(2, 5))):
        route.stop(trip.between(5.0, 20.0) * MINUTE_S)
        route.follow(YARD, metres=trip.between(20.0, 120.0))
    return trip.here_m


def _near_home(trip: Trip, spread_m: float = 25.0) -> float:
    return max(trip.home_m + spread_m * min(max(float(trip.rng.normal()), -2.0), 2.0), LOWEST_M)


_OFFICE: Final = (7.0, 16.6)
_SATURDAY: Final = (10.0, 11.4)

KINDS: Final[Mapping[str, Cycle]] = MappingProxyType(
    {
        "mixed": Cycle(
            "city, suburb and motorway in an order of chance, 10 to 15 minutes; then 2 to 3 minutes parked",
            _mixed,
            Pause((120.0, 180.0)),
            settle_s=(3.0, 6.0),
            on_s=(10.0 * MINUTE_S, 15.0 * MINUTE_S),
        ),
        "city": Cycle(
            "15 to 40 minutes of streets, with stops and turns; parked 10 to 60 minutes, and by night",
            _city,
            Pause((10 * MINUTE_S, 60 * MINUTE_S), day_h=(7.0, 19.0)),
        ),
        "rural": Cycle(
            "20 to 60 minutes of country roads and villages; parked 10 to 60 minutes, and by night",
            _rural,
            Pause((10 * MINUTE_S, 60 * MINUTE_S), day_h=(7.0, 19.0)),
        ),
        "motorway": Cycle(
            "45 to 110 minutes, mostly motorway, now and then a jam; parked 10 to 30 minutes, and by night",
            _motorway,
            Pause((10 * MINUTE_S, 30 * MINUTE_S), day_h=(7.0, 19.0)),
        ),
        "mountain": Cycle(
            "long climbs to 1,500 to 1,800 m and descents, with hairpins; parked 20 to 60 minutes, and by night",
            _mountain,
            Pause((20 * MINUTE_S, 60 * MINUTE_S), day_h=(7.0, 17.0)),
        ),
        "delivery": Cycle(
            "hops of 2 to 5 minutes, stops of 20 to 60 seconds, the engine off or idling; nights and Sundays parked",
            _delivery,
            Pause((20.0, 60.0), longer_s=(10 * MINUTE_S, 30 * MINUTE_S), longer=0.03, day_h=(7.0, 16.0), days=6),
            settle_s=(2.0, 6.0),
            on_s=(2.0 * MINUTE_S, 5.0 * MINUTE_S),
            plugs=0.95,
        ),
        "parked": Cycle(
            "stands for 1.5 to 5.5 days, then 10 to 20 minutes of driving",
            _errand,
            Pause((1.5 * DAY_S, 5.5 * DAY_S)),
            plugs=0.0,
        ),
        "cold_start": Cycle(
            "5 to 10 minutes in the early morning and in the evening, cold each time",
            _short,
            Weekly(((6.8, 17.3),) * 7, spread_h=0.4),
            on_s=(5.0 * MINUTE_S, 10.0 * MINUTE_S),
        ),
        "commute": Cycle(
            "25 to 45 minutes to work and back on weekdays, errands on Saturday, little on Sunday; parked by night",
            _commute,
            Weekly((_OFFICE,) * 5 + (_SATURDAY, (15.0,)), spread_h=0.3),
            on_s=(8.0 * MINUTE_S, 45.0 * MINUTE_S),
            plugs=0.8,
        ),
        "haul": Cycle(
            "motorway legs of 2 to 4 hours, 45 to 60 minutes of rest, nights; Monday to Saturday",
            _haul,
            Pause((45 * MINUTE_S, 60 * MINUTE_S), day_h=(5.5, 14.0), days=6),
        ),
        "idle": Cycle(
            "20 to 80 minutes of standing with the engine on and moving up; parked 5 to 20 minutes, and by night",
            _idle,
            Pause((5 * MINUTE_S, 20 * MINUTE_S), day_h=(7.0, 19.0)),
        ),
    }
)
"""Every cycle, by its name."""
