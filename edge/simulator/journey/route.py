"""A route along its length: limits, stops, bends and slopes, as chance lays them out on roads of several kinds."""

import math
from typing import Final

import numpy as np

from edge.simulator.journey.drive import Style
from edge.simulator.journey.driver import Driver, chance_near
from edge.simulator.journey.roads import Road, Span

KMH: Final = 1.0 / 3.6
"""m/s in one km/h."""
CORNER_M: Final = (9.0, 15.0)
"""Radius of a turn at a junction."""
CORNER_MPS: Final = 5.0
DWELL_SPREAD: Final = 1.15
DWELL_S: Final = (0.5, 95.0)
"""From a car that just lets another pass to a red light."""
HELD: Final = 0.12
"""What unsteadiness a cruise control leaves."""
EAGER: Final = 1.8
"""Nobody speeds up or brakes harder, in relation to what is ordinary."""
LEVELS_PER_M: Final = 5e-5
"""Slope back to the ordinary height, for each metre above it."""
UNSTEADY: Final = 3.0
"""Nobody holds a speed worse, in relation to FOOT_MPS of motion.py."""
APART_M: Final = 8.0
"""Between two stops."""


class Route:
    """Grows by one stretch of road after the other; `seconds` is about how long it will take."""

    def __init__(self, style: Style, driver: Driver, rng: np.random.Generator) -> None:
        self._style = style
        self._driver = driver
        self._rng = rng
        self.length_m = 0.0
        self.seconds = 0.0
        self.zones: list[tuple[float, float, float, float]] = []
        """From (m), speed (m/s), traffic, how restless."""
        self.dips: list[tuple[float, float, float]] = []
        """From, to (m), speed (m/s)."""
        self.stops: list[tuple[float, float]] = []
        """At (m), how long (s)."""
        self.bends: list[tuple[float, float, float]] = []
        """From, to (m), curvature (1/m)."""
        self.slopes: list[tuple[float, float]] = []
        """At (m), rise over run."""
        self.moods: list[tuple[float, float, float]] = []
        """From (m): eagerness to speed up and to brake, as factors."""

    def follow(self, road: Road, *, seconds: float = math.inf, metres: float = math.inf, climb: float = 0.0) -> None:
        """Go on along a road of this kind, for about so long or so far."""
        until_s, start_m = self.seconds + seconds, self.length_m
        end_m = start_m + metres
        zone_ends_m = -1.0
        speed = 0.0
        while self.seconds < until_s and self.length_m < end_m - 1.0:
            if self.length_m >= zone_ends_m:
                speed = self._zone(road)
                zone_ends_m = self.length_m + self._span(road.zone_m)
            chance = float(self._rng.random())
            stops = chance < road.stops
            self._mood(stops=stops)
            self._leg(min(self._span(road.junction_m), end_m - self.length_m), speed)
            if stops:
                self._light(road, speed)
            elif chance < road.stops + road.slows:
                self._slow(road, speed)
            if self._rng.random() < road.turns:
                self._turn(speed)
        self._wind(road, start_m)
        self._climb(road, start_m, climb)

    def stop(self, seconds: float) -> None:
        """Stand still here for so long."""
        if self.stops and self.length_m - self.stops[-1][0] < APART_M:
            self._leg(APART_M, 3.0)
        self.stops.append((self.length_m, seconds))
        self.seconds += seconds

    def _span(self, span: Span) -> float:
        return float(self._rng.uniform(*span))

    def _zone(self, road: Road) -> float:
        limit = road.limits_kmh[int(self._rng.integers(len(road.limits_kmh)))] * KMH
        speed = min(limit * self._driver.pace, self._style.max_mps)
        held = self._rng.random() < road.held
        restless = HELD if held else self._driver.restless * chance_near(self._rng, 0.6)
        self.zones.append(
            (self.length_m, speed, road.traffic * min(restless, 1.5), min(restless * road.foot, UNSTEADY))
        )
        return speed

    def _mood(self, *, stops: bool) -> None:
        """From a standstill and to one people are brisk; in between they let it roll."""
        stood = not self.stops or self.length_m - self.stops[-1][0] < APART_M
        up = self._driver.accel * self._span((0.45, 1.25) if stood else (0.35, 1.2)) * chance_near(self._rng, 0.3)
        down = self._driver.brake * self._span((0.5, 1.35) if stops else (0.3, 1.4)) * chance_near(self._rng, 0.3)
        up = min(up, EAGER) ** min(self._style.accel, 1.0)  # a heavy vehicle is driven with all it has
        self.moods.append((self.length_m, up, min(down, EAGER)))

    def _leg(self, metres: float, speed_mps: float) -> None:
        self.length_m += metres
        self.seconds += metres / speed_mps

    def _light(self, road: Road, speed_mps: float) -> None:
        """Braked to a standstill by a light, a sign or the car in front."""
        self._delay(speed_mps, 0.0)
        seconds = road.dwell_s * math.exp(DWELL_SPREAD * float(self._rng.normal()))
        self.stop(min(max(seconds, DWELL_S[0]), DWELL_S[1]))

    def _slow(self, road: Road, speed_mps: float) -> None:
        """Held up for some seconds."""
        slow = speed_mps * self._span(road.slow_to)
        end_m = self.length_m + slow * self._span(road.slow_s)
        self.dips.append((self.length_m, end_m, slow))
        self._delay(speed_mps, slow)
        self._leg(end_m - self.length_m, slow)

    def _turn(self, speed_mps: float) -> None:
        """By 90° into another street."""
        radius = self._span(CORNER_M)
        side = 1.0 if self._rng.random() < 0.5 else -1.0
        start_m, length = self.length_m + 3.0, 0.5 * math.pi * radius
        self.bends.append((start_m, start_m + length, side / radius))
        slow = min(CORNER_MPS, speed_mps)
        self._delay(speed_mps, slow)
        self._leg(length + 6.0, slow)

    def _delay(self, speed_mps: float, slow_mps: float) -> None:
        """Time lost by slowing down to a speed and coming back from it, in relation to going on."""
        gently = 1.0 / (1.1 * self._style.accel) + 1.0
        self.seconds += (speed_mps - slow_mps) ** 2 / (2.0 * speed_mps) * gently

    def _wind(self, road: Road, start_m: float) -> None:
        """Bends, left and right as chance has it, of all radii alike on a logarithmic scale."""
        place = start_m + self._span(road.bend_m)
        low, high = math.log(road.radius_m[0]), math.log(road.radius_m[1])
        while place < self.length_m:
            radius = math.exp(float(self._rng.uniform(low, high)))
            length = radius * self._span((0.25, 1.6 if radius > 60.0 else 2.8))
            side = 1.0 if self._rng.random() < 0.5 else -1.0
            self.bends.append((place, min(place + length, self.length_m), side / radius))
            place += length + self._span(road.bend_m)

    def _climb(self, road: Road, start_m: float, climb: float) -> None:
        """Hills of this road on top of a steady climb; none leads away for ever."""
        place, above_m = start_m, 0.0
        while place < self.length_m:
            hill = road.hills * min(max(float(self._rng.normal()), -2.2), 2.2) - LEVELS_PER_M * above_m
            self.slopes.append((place, climb + hill))
            length = road.hill_m * self._span((0.5, 1.5))
            above_m += hill * length
            place += length
