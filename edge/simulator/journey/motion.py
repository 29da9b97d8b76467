"""From a route to a motion: how fast a driver goes along it, second by second.

The road says how fast one may be at each place (limit, bend, slope, stop). What one can be follows from that by a pass
forwards (speeding up) and one backwards (slowing down). Time, small unsteadiness and smoothness come last.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.simulator.journey.drive import Style
from edge.simulator.journey.driver import Driver, Floats, bend_mps, slope_mps, slowing_down, speeding_up
from edge.simulator.journey.route import Route
from edge.simulator.vehicle import STEP_S

NODE_M: Final = 2.0
SLOWEST_MPS: Final = 0.8
STILL_MPS: Final = 0.03
"""Slower than this is a standstill."""
ROLLS_MPS: Final = 0.15
"""This much faster it is surely none."""
SMOOTH_S: Final = (1.5, 0.9, 0.5)
"""Widths of the running means over the speed: a foot that moves takes about so long, and jerk stays finite."""
MORE_S: Final = 0.2
"""Of a stop is lost to the running means."""
REST_STEPS: Final = 15
"""Standstill before and after, so that the running means begin and end at 0."""
FOOT_MPS: Final = 0.33
"""Standard deviation of the speed that one does not notice."""
FOOT_S: Final = 2.5
ROUNDING_M: Final = 80.0
"""Over this length one slope goes over into the next."""
CORRECTION: Final = 0.015
"""Most that the slope is changed all along, to end at the right height."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What a drive does from the first turn of the wheels to the last, a value for each step."""

    speed_mps: list[float]
    grade: list[float]
    altitude_m: list[float]
    steer: list[float]


class Mover:
    """Makes motions of one driver in one kind of vehicle."""

    def __init__(self, style: Style, driver: Driver, rng: np.random.Generator) -> None:
        self._style = style
        self._driver = driver
        self._rng = rng
        self._up = speeding_up(style)
        self._down = slowing_down(style)

    def along(self, route: Route, *, from_m: float, to_m: float) -> Motion:
        """The motion along a route that begins and ends at these heights, as near as slopes allow."""
        place = np.arange(round(route.length_m / NODE_M) + 1, dtype=np.float64) * NODE_M
        curve = _curvature(route, len(place))
        grade = _grade(route, place, to_m - from_m)
        speed = self._possible(route, place, curve, grade)
        time, knots, where = _clock(route, speed)
        steps = np.arange(-REST_STEPS, int(time[-1] / STEP_S) + REST_STEPS, dtype=np.float64) * STEP_S
        node = np.interp(steps, time, where)
        target = self._by_foot(np.interp(steps, time, knots), node, route)
        height = from_m + np.concatenate(([0.0], np.cumsum(grade[1:] + grade[:-1]) * (0.5 * NODE_M)))
        nodes = np.arange(len(place), dtype=np.float64)
        return Motion(
            speed_mps=target.tolist(),
            grade=np.interp(node, nodes, grade).tolist(),
            altitude_m=np.interp(node, nodes, height).tolist(),
            steer=np.interp(node, nodes, curve).tolist(),
        )

    def _possible(self, route: Route, place: Floats, curve: Floats, grade: Floats) -> Floats:
        """The speed at each node: within what the road allows and what the vehicle can."""
        speed = self._allowed(route, place)
        bend = bend_mps(curve, self._driver.lateral_mps2)
        speed = np.maximum(np.minimum(np.minimum(speed, bend), slope_mps(grade, self._style)), SLOWEST_MPS)
        for at_m, _ in route.stops:
            speed[round(at_m / NODE_M)] = 0.0
        speed[0] = speed[-1] = 0.0
        moods = np.array(route.moods)
        mood = moods[np.searchsorted(moods[:, 0], place, side="right") - 1]
        speed = self._up.along(speed, np.cumsum(mood[:, 1]) * NODE_M)
        return self._down.along(speed[::-1], np.cumsum(mood[::-1, 2]) * NODE_M)[::-1]

    def _allowed(self, route: Route, place: Floats) -> Floats:
        zones = np.array(route.zones)
        zone = zones[np.searchsorted(zones[:, 0], place, side="right") - 1]
        speed = zone[:, 1]
        about_s = np.cumsum(NODE_M / speed)
        sway = 0.7 * self._noise(about_s, 10.0) + 0.9 * self._noise(about_s, 35.0)
        speed = speed * np.maximum(1.0 + zone[:, 2] * sway, 0.4)
        for from_m, to_m, slow_mps in route.dips:
            piece = slice(round(from_m / NODE_M), round(to_m / NODE_M) + 1)
            speed[piece] = np.minimum(speed[piece], slow_mps)
        allowed: Floats = np.minimum(speed, self._style.max_mps)
        return allowed

    def _noise(self, at: Floats, spacing: float) -> Floats:
        """Standard normal knots, joined by straight lines."""
        knots = self._rng.standard_normal(int(at[-1] / spacing) + 3)
        return np.interp(at, np.arange(len(knots)) * spacing, knots)

    def _by_foot(self, speed: Floats, node: Floats, route: Route) -> Floats:
        """The speed as a foot makes it: not quite steady, never with a corner."""
        zones = np.array(route.zones)
        restless = zones[np.searchsorted(zones[:, 0], node * NODE_M, side="right") - 1, 3]
        unsteady = FOOT_MPS * (0.4 + 0.6 * self._style.accel)  # mass steadies
        wobble = self._noise(np.arange(len(speed), dtype=np.float64) * STEP_S, FOOT_S)
        speed = speed + unsteady * restless * wobble * np.minimum(speed / 5.0, 1.0)
        for width_s in SMOOTH_S:
            speed = _running_mean(speed, round(width_s / STEP_S))
        speed = np.minimum(speed, self._style.max_mps)
        return speed * np.clip((speed - STILL_MPS) / ROLLS_MPS, 0.0, 1.0)


def _curvature(route: Route, nodes: int) -> Floats:
    """1/m at each node, going over smoothly from straight to bent as roads do."""
    curve = np.zeros(nodes)
    for from_m, to_m, curvature in route.bends:
        piece = slice(round(from_m / NODE_M), round(to_m / NODE_M) + 1)
        curve[piece] = curvature
    return _running_mean(curve, 5)


def _grade(route: Route, place: Floats, rise_m: float) -> Floats:
    """Slope at each node, corrected a little all along so that it ends at the right height."""
    slopes = np.array(route.slopes)
    grade = _running_mean(np.interp(place, slopes[:, 0], slopes[:, 1]), round(ROUNDING_M / NODE_M))
    short = (rise_m - float(grade.sum()) * NODE_M) / max(float(place[-1]), 1.0)
    return grade + min(max(short, -CORRECTION), CORRECTION)


def _clock(route: Route, speed: Floats) -> tuple[Floats, Floats, Floats]:
    """Time, speed and (fractional) node of knots between which acceleration is constant; stops take their time."""
    time = np.concatenate(([0.0], np.cumsum(2.0 * NODE_M / np.maximum(speed[1:] + speed[:-1], SLOWEST_MPS))))
    where = np.arange(len(speed), dtype=np.float64)
    if not route.stops:
        return time, speed, where
    nodes = np.array([round(at_m / NODE_M) for at_m, _ in route.stops])
    dwell = np.array([seconds for _, seconds in route.stops]) + MORE_S
    waits = np.zeros(len(speed) + 1)
    waits[nodes + 1] = dwell
    waited = np.cumsum(waits)
    time = np.insert(time + waited[:-1], nodes + 1, time[nodes] + waited[nodes + 1])
    return time, np.insert(speed, nodes + 1, 0.0), np.insert(where, nodes + 1, where[nodes])


def _running_mean(values: Floats, width: int) -> Floats:
    """Mean over `width` neighbours; the ends are held."""
    before = width // 2
    padded = np.concatenate((np.full(before + 1, values[0]), values, np.full(width - before - 1, values[-1])))
    total = np.cumsum(padded)
    mean: Floats = (total[width:] - total[:-width]) / width
    return mean
