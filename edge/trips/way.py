"""How far and how long: distance, moving, standing and stops of a trip, by the speed or else by positions."""

import math
from typing import Final

from edge.doing import MOVING_KMH, SPEED
from edge.frames import NANOSECONDS
from edge.gauges import Gauge, Panel
from edge.history import NEVER, UNKNOWN
from edge.trips.steps import FASTEST_MPS, Stand, Steps
from edge.trips.trip import DistanceBy

ODOMETER: Final = "Vehicle.TraveledDistance"
STOP_S: Final = 180.0
"""Standing longer is a stop: no traffic light and few level crossings are closed for three minutes."""
M_PER_KM: Final = 1000.0


class Way:
    """Follows one trip from tick to tick."""

    def __init__(self, panel: Panel, steps: Steps, moved_m: float) -> None:
        """`moved_m`: what `steps` had moved when it began."""
        self._panel, self._steps, self._moved_m = panel, steps, moved_m
        self._speed, self._odometer = panel[SPEED], Odometer(panel[ODOMETER])
        self._stood_s = 0.0
        self._step: Stand | None = steps.here
        self._stepped_m: float | None = None
        self.driven_m: float | None = None
        """By the speed."""
        self.moving_s: float | None = None
        self.idle_s: float | None = None
        self.speed_max_kmh: float | None = None
        self.stops: int | None = None
        self.stopped_s: float | None = None

    @property
    def is_moving(self) -> bool | None:
        """Whether it moves at this tick; None: the speed is unknown."""
        return abs(self._speed.value) > MOVING_KMH if self._speed.is_known else None

    @property
    def distance(self) -> tuple[float | None, DistanceBy | None]:
        """In m, and by what."""
        if self.driven_m is not None:
            return self.driven_m, DistanceBy.SPEED
        if self._stepped_m is not None:
            return self._stepped_m, DistanceBy.POSITION
        if (told := self._odometer.told) is not None:
            return M_PER_KM * (told[1] - told[0]), DistanceBy.ODOMETER
        return None, None

    @property
    def odometer_km(self) -> tuple[float | None, float | None]:
        """At its beginning and its end."""
        return self._odometer.told or (None, None)

    def take(self) -> None:
        """A tick at which the vehicle is in use."""
        if known_s := self._panel.known_s(self._speed):
            self._by_speed(abs(self._speed.value), known_s)
        elif self.driven_m is None:
            self._by_position()
        self._odometer.take()

    def _by_speed(self, speed: float, known_s: float) -> None:
        if self.driven_m is None:  # whatever positions said before: never of both
            self.driven_m = self.moving_s = self.idle_s = self.speed_max_kmh = self.stopped_s = 0.0
            self.stops = 0
        moving = speed > MOVING_KMH
        self.driven_m = (self.driven_m or 0.0) + speed / 3.6 * known_s
        self.moving_s = (self.moving_s or 0.0) + known_s * moving
        self.idle_s = (self.idle_s or 0.0) + known_s * (not moving)
        self.speed_max_kmh = max(self.speed_max_kmh or 0.0, speed)
        self._stand(0.0 if moving else known_s)

    def _stand(self, known_s: float) -> None:
        if not known_s:
            self._stood_s = 0.0
            return
        was_stop = self._stood_s > STOP_S
        self._stood_s += known_s
        if self._stood_s > STOP_S:
            self.stops = (self.stops or 0) + (not was_stop)
            self.stopped_s = (self.stopped_s or 0.0) + (known_s if was_stop else self._stood_s)

    def _by_position(self) -> None:
        here, before = self._steps.here, self._step
        if here is None:
            return
        if self._stepped_m is None:
            self.stops, self.stopped_s = 0, 0.0
        self._stepped_m = self._steps.moved_m - self._moved_m
        if here is before:
            return
        self._step = here
        stood_s = (here.at - before.at) / NANOSECONDS if before is not None else 0.0
        if stood_s > STOP_S:
            self.stops, self.stopped_s = (self.stops or 0) + 1, (self.stopped_s or 0.0) + stood_s


class Odometer:
    """The first and the last of a trip; of two senders that tell different ones, none."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._first = self._last = UNKNOWN
        self._heard = NEVER
        self._doubted = False

    @property
    def told(self) -> tuple[float, float] | None:
        """In km; None: never known, or not to be believed."""
        if self._doubted or math.isnan(self._first):
            return None
        return self._first / M_PER_KM, self._last / M_PER_KM

    def take(self) -> None:
        """A tick at which the vehicle is in use."""
        gauge = self._gauge
        if not gauge.is_known or gauge.at == self._heard:
            return
        if math.isnan(self._first):
            self._first = gauge.value
        else:
            most = M_PER_KM + FASTEST_MPS * (gauge.at - self._heard) / NANOSECONDS  # some tell whole km
            self._doubted |= not 0.0 <= gauge.value - self._last <= most
        self._last, self._heard = gauge.value, gauge.at
