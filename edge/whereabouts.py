"""Where the vehicle is: the positions that can be believed. Pure.

A reading (latitude and longitude of one moment) is believed when it is on Earth, accurate enough, and where the vehicle
can have come since the last one; what is not is counted by why. A place that seems out of reach is believed once it has
held for several readings (a ferry, a tow truck, a receiver that woke up wrong). The very same place though the vehicle
drove is no reading: receivers repeat the last one in tunnels, and until they have found themselves.

Between two readings the accuracy gets worse by as much as the vehicle moves; while it is known to stand its place stays
where it is, since receivers wander.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.doing import MOVING_KMH, SPEED
from edge.frames import NANOSECONDS

LATITUDE: Final = "Vehicle.CurrentLocation.Latitude"
LONGITUDE: Final = "Vehicle.CurrentLocation.Longitude"
ACCURACY: Final = "Vehicle.CurrentLocation.HorizontalAccuracy"
HEADING: Final = "Vehicle.CurrentLocation.Heading"
ALTITUDE: Final = "Vehicle.CurrentLocation.Altitude"
EARTH_M: Final = 6_371_008.8
"""Mean radius (2a + b) / 3 of WGS 84."""
USUAL_M: Final = 10.0
"""Accuracy where the receiver tells none: what GPS promises to 95 % of readings, 8 m (SPS Performance Standard, 5th
edition, 2020), and something for the roof above it."""
ACCURACY_MAX_M: Final = 100.0
"""Worse is not believed: ranges good to 5 m seen through a geometry (HDOP) of 20, beyond which it is called poor."""
NOWHERE_DEG: Final = 1e-6
"""Both coordinates nearer to 0 than the last digit of a message (1e-7 degrees in SAE J1939-71): no fix, not the sea."""
FASTEST_MPS: Final = 100.0
"""360 km/h: no vehicle of ours drives faster."""
STILL_M: Final = 100.0
"""So far readings may wander from where it is known to stand, accuracies aside: reflections between houses."""
CONFIRMED: Final = 5
"""So many readings in a row make a place out of reach believed …"""
CONFIRMED_NS: Final = 5 * NANOSECONDS
"""… if they span so much: a receiver that tells ten times a second is wrong for longer than half a second."""
READING_NS: Final = 2 * NANOSECONDS
"""A reading stands for so long as it is: receivers tell once a second, and one may be late."""
UNSURE_NS: Final = 10 * NANOSECONDS
"""Older is unknown where the speed is unknown."""
SKIPPED_NS: Final = NANOSECONDS
"""Ticks further apart than the coarsest grid: what it did in between nobody saw."""
STEP_M: Final = 5.0
"""In such steps accuracy gets worse, so that who judges positions need not do so at every tick."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A position that can be believed."""

    at: int
    """ns; the tick as of which it is known."""
    latitude_deg: float
    longitude_deg: float
    accuracy_m: float
    """One standard deviation, as receivers tell it or as is usual, and what was driven since it was read."""


class Whereabouts:
    """Follows the position from tick to tick. Inside, the time of a reading is when its older coordinate was heard."""

    def __init__(self) -> None:
        self.fix: Fix | None = None
        """Where it is now; None: unknown."""
        self.counters = {"no_fix": 0, "inaccurate": 0, "repeated": 0, "jumped": 0}
        """Readings that were not believed, by why."""
        self._pair = _Pair()
        self._last: Fix | None = None
        """The last reading that was believed."""
        self._place: Fix | None = None
        """What is told of it: while it stands, the best reading since."""
        self._elsewhere = _Elsewhere()
        self._driven_m = 0.0
        """Since a reading was believed and told."""
        self._pace_mps = 0.0
        """How fast it was, as speed or readings told last."""
        self._is_carried = False
        """It was moved while its speed said that it stands: aboard a ferry or a truck, or the speed is wrong."""
        self._until: int | None = None

    def update(self, value: Callable[[str], float], heard_at: Callable[[str], int | None], until: int) -> None:
        """Take in one tick; `value`: a signal by its path, NaN is unknown; `heard_at`: when it was heard (ns)."""
        speed_kmh = abs(value(SPEED))
        if speed_kmh > MOVING_KMH:
            self._is_carried = False
        elif self._is_carried:
            speed_kmh = math.nan
        stands = speed_kmh <= MOVING_KMH
        self._drive(speed_kmh, stands, until)
        if self._pair.completes(heard_at(LATITUDE), heard_at(LONGITUDE)) and (reading := self._reading(value)):
            if not math.isnan(speed_kmh) and self._repeats(reading):
                self.counters["repeated"] += 1
            else:
                self._weigh(reading, stands)
        self.fix = self._told(until, is_sure=not math.isnan(speed_kmh))

    def _drive(self, speed_kmh: float, stands: bool, until: int) -> None:
        """What it drove since the last tick makes its place less sure."""
        passed_ns = 0 if self._until is None else until - self._until
        self._until = until
        if not 0 <= passed_ns <= SKIPPED_NS:
            self._place = None
        if not math.isnan(speed_kmh):
            self._pace_mps = 0.0 if stands else speed_kmh / 3.6
        self._driven_m += self._pace_mps * passed_ns / NANOSECONDS

    def _reading(self, value: Callable[[str], float]) -> Fix | None:
        """The new reading, unless it cannot be one."""
        latitude, longitude, said_m = value(LATITUDE), value(LONGITUDE), value(ACCURACY)
        is_place = abs(latitude) <= 90.0 and abs(longitude) <= 180.0
        if not is_place or (abs(latitude) < NOWHERE_DEG and abs(longitude) < NOWHERE_DEG):
            self.counters["no_fix"] += 1
            return None
        accuracy_m = (said_m if said_m > 0.0 else USUAL_M) + self._pace_mps * self._pair.apart_ns / NANOSECONDS
        if accuracy_m > ACCURACY_MAX_M:
            self.counters["inaccurate"] += 1
            return None
        return Fix(self._pair.at, latitude, longitude, accuracy_m)

    def _repeats(self, reading: Fix) -> bool:
        """Whether it is the last one that was believed, to the last digit, though it drove since."""
        if self._last is None or not self._driven_m:
            return False
        last, here = self._last, (reading.latitude_deg, reading.longitude_deg)
        return (last.latitude_deg, last.longitude_deg) == here

    def _weigh(self, reading: Fix, stands: bool) -> None:
        """Believe a reading that is within reach, or that others like it confirm."""
        last, held = self._last, self._place if stands else None
        if held is not None:
            is_near = distance_m(held, reading) <= STILL_M + held.accuracy_m + reading.accuracy_m
        else:
            is_near = last is None or _is_within_reach(last, reading)
        if is_near:
            self._elsewhere.forget()
            if held is None or reading.accuracy_m < held.accuracy_m + self._driven_m:
                self._believe(reading)
            self._last = reading
            return
        self.counters["jumped"] += 1
        if self._elsewhere.confirms(reading):
            self._elsewhere.forget()
            self._believe(reading)
            self._last, self._is_carried = reading, stands

    def _believe(self, reading: Fix) -> None:
        last, self._place = self._last, reading
        age_ns = (self._until or 0) - reading.at - self._pair.apart_ns
        self._driven_m = self._pace_mps * age_ns / NANOSECONDS
        if last is not None and 0 < reading.at - last.at <= UNSURE_NS:
            self._pace_mps = min(distance_m(last, reading) * NANOSECONDS / (reading.at - last.at), FASTEST_MPS)

    def _told(self, until: int, *, is_sure: bool) -> Fix | None:
        """The place as sure as it still is; what became unknown stays so until the next reading."""
        place = self._place
        if place is None:
            return None
        age_ns = until - place.at
        worse_m = math.ceil(self._driven_m / STEP_M) * STEP_M if age_ns > READING_NS else 0.0
        if place.accuracy_m + worse_m > ACCURACY_MAX_M or (age_ns > UNSURE_NS and not is_sure):
            self._place = None
            return None
        return Fix(until, place.latitude_deg, place.longitude_deg, place.accuracy_m + worse_m)


class _Pair:
    """Latitude and longitude that belong together, whether they come in one message or in two.

    Both must be new, and no more apart than half the interval at which the older one comes: else the next one of
    it belongs to the newer one, and an old longitude would be put to a new latitude.
    """

    def __init__(self) -> None:
        self.at = 0
        """ns; when the older of the two was heard."""
        self.apart_ns = 0
        self._heard: list[int | None] = [None, None]
        self._interval_ns: list[int | None] = [None, None]
        self._taken: tuple[int | None, int | None] = (None, None)

    def completes(self, latitude_at: int | None, longitude_at: int | None) -> bool:
        """Whether there is a new pair as of these times (ns; None: never heard)."""
        if latitude_at is None or longitude_at is None:
            return False
        times = (latitude_at, longitude_at)
        for index, at in enumerate(times):
            if (before := self._heard[index]) != at:
                self._interval_ns[index] = None if before is None else at - before
                self._heard[index] = at
        older = 0 if latitude_at <= longitude_at else 1
        apart_ns, interval_ns = abs(latitude_at - longitude_at), self._interval_ns[older]
        if times[0] == self._taken[0] or times[1] == self._taken[1]:
            return False
        if interval_ns is not None and 2 * apart_ns > interval_ns:
            return False
        self._taken, self.at, self.apart_ns = times, times[older], apart_ns
        return True


class _Elsewhere:
    """A place out of reach, and how long it has been told."""

    def __init__(self) -> None:
        self._last: Fix | None = None
        self._since = 0
        self._readings = 0

    def forget(self) -> None:
        """A reading within reach came: it was a jump."""
        self._last, self._readings = None, 0

    def confirms(self, reading: Fix) -> bool:
        """Whether this is one of enough readings in a row that go together."""
        if self._last is None or not _is_within_reach(self._last, reading):
            self._since, self._readings = reading.at, 0
        self._last, self._readings = reading, self._readings + 1
        return self._readings >= CONFIRMED and reading.at - self._since >= CONFIRMED_NS


def _is_within_reach(a: Fix, b: Fix) -> bool:
    """Whether a vehicle can come from one to the other in the time between."""
    reach_m = FASTEST_MPS * abs(b.at - a.at) / NANOSECONDS
    return distance_m(a, b) <= reach_m + a.accuracy_m + b.accuracy_m


def distance_m(a: Fix, b: Fix) -> float:
    """The way between two positions on a sphere (haversine; R. W. Sinnott, Sky and Telescope 68, 1984)."""
    phi_a, phi_b = math.radians(a.latitude_deg), math.radians(b.latitude_deg)
    half = math.radians(b.longitude_deg - a.longitude_deg) / 2
    square = math.sin((phi_b - phi_a) / 2) ** 2 + math.cos(phi_a) * math.cos(phi_b) * math.sin(half) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(square)))
