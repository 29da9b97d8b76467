"""How far and how long: distance, moving, standing and stops of a trip, by the speed or else by positions."""

from typing import Final

from edge.doing import MOVING_KMH, SPEED
from edge.frames import NANOSECONDS
from edge.gauges import Panel
from edge.trips.steps import Stand, Steps
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
        self._speed, self._odometer = panel[SPEED], panel[ODOMETER]
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
        self.odometer_start_km: float | None = None
        self.odometer_end_km: float | None = None

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
        if self.odometer_start_km is not None and self.odometer_end_km is not None:
            return M_PER_KM * (self.odometer_end_km - self.odometer_start_km), DistanceBy.ODOMETER
        return None, None

    def take(self) -> None:
        """A tick at which the vehicle is in use."""
        if known_s := self._panel.known_s(self._speed):
            self._by_speed(abs(self._speed.value), known_s)
        elif self.driven_m is None:
            self._by_position()
        if self._odometer.is_known:
            self.odometer_end_km = self._odometer.value / M_PER_KM
            if self.odometer_start_km is None:
                self.odometer_start_km = self.odometer_end_km

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
