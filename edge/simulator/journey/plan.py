"""The journey: one drive after the other, by the timetable of its cycle."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from edge.errors import ConfigError
from edge.simulator.journey.cycles import KINDS, Trip
from edge.simulator.journey.drive import Drive, Style
from edge.simulator.journey.driver import Driver
from edge.simulator.journey.ignition import with_key
from edge.simulator.journey.motion import Mover
from edge.simulator.journey.roads import YARD
from edge.simulator.journey.route import Route
from edge.simulator.journey.timetable import BEGIN_S, HOUR_S
from edge.simulator.vehicle import STEP_S

CYCLES: Final[Mapping[str, str]] = MappingProxyType({name: cycle.about for name, cycle in KINDS.items()})
"""Name of a cycle → what it is, in a line."""
LONG_S: Final = 2.0 * HOUR_S
"""An electric vehicle that stands for less is not plugged in."""
TRIES: Final = 50
"""Plans of the wrong length that are thrown away; about one in two is, at worst (delivery)."""
HOME_M: Final = (180.0, 450.0)
VALLEY_M: Final = (350.0, 650.0)
"""Where a mountain journey lives."""


class Journey:
    """Drives without end, of one cycle; the same cycle, style and generator give the same drives."""

    def __init__(self, cycle: str, style: Style, rng: np.random.Generator) -> None:
        """The first drive begins at 07:00 on a Monday.

        Raises:
            ConfigError: there is no such cycle.
        """
        if cycle not in KINDS:
            raise ConfigError(f"there is no drive cycle {cycle!r}", remedy=f"Take one of: {', '.join(KINDS)}")
        self._cycle = KINDS[cycle]
        self._style = style
        self._rng = rng
        self._driver = Driver.draw(rng)
        self._mover = Mover(style, self._driver, rng)
        self._home_m = float(rng.uniform(*(VALLEY_M if cycle == "mountain" else HOME_M)))
        self._away_m = max(self._home_m + float(rng.uniform(-60.0, 60.0)), 5.0)
        self._here_m = self._home_m
        self._clock_s = BEGIN_S

    def next_drive(self) -> Drive:
        """The next drive, and how long the vehicle stands after it."""
        least_s, most_s = self._cycle.on_s
        for _ in range(TRIES):
            drive = self._drive()
            if least_s <= len(drive) * STEP_S <= most_s:
                break
        end_s = self._clock_s + len(drive) * STEP_S
        self._clock_s = self._cycle.timetable.next_start_s(end_s, self._rng)
        self._here_m = drive.altitude_m[-1]
        parked_s = self._clock_s - end_s
        plugged = parked_s >= LONG_S and bool(self._rng.random() < self._cycle.plugs)
        return replace(drive, parked_s=parked_s, plugged=plugged)

    def _drive(self) -> Drive:
        """One that may be too short or too long for the cycle."""
        rng, cycle = self._rng, self._cycle
        route = Route(self._style, self._driver, rng)
        route.follow(YARD, metres=float(rng.uniform(20.0, 80.0)))
        trip = Trip(clock_s=self._clock_s, here_m=self._here_m, home_m=self._home_m, away_m=self._away_m, rng=rng)
        to_m = cycle.outing(route, trip)
        route.follow(YARD, metres=float(rng.uniform(20.0, 80.0)))
        motion = self._mover.along(route, from_m=self._here_m, to_m=to_m)
        return with_key(motion, self._style, rng, settle_s=float(rng.uniform(*cycle.settle_s)))
