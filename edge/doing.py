"""What the vehicle is doing: parked, starting, idling, driving or charging. Pure.

    charging   current flows in through the plug, and it stands
    driving    it moves
    starting   the starter turns, or it was switched on less than SETTLING_NS ago: pressures and voltages still rise
    idling     it is on and stands
    parked     it is off and stands

Unknown where nothing that tells is known: a bus that sleeps says neither.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge.catalogue import ENGINE
from edge.frames import NANOSECONDS

SPEED: Final = "Vehicle.Speed"
IGNITION: Final = "Vehicle.LowVoltageSystemState"
ENGINE_SPEED: Final = f"{ENGINE}.Speed"
READY: Final = "Vehicle.Telltale.Ready"
CHARGING: Final = "Vehicle.Powertrain.TractionBattery.Charging.IsCharging"
CHARGING_KW: Final = "Vehicle.Telltale.Charging.Power"
PATHS: Final = (SPEED, IGNITION, ENGINE_SPEED, READY, CHARGING, CHARGING_KW)
"""What is looked at."""

ON: Final = 4.0
START: Final = 5.0
"""Of the ignition: VSS 6.0 lists UNDEFINED, LOCK, OFF, ACC, ON, START; we number them 0 to 5."""
MOVING_KMH: Final = 1.0
"""Above the noise of a wheel-speed sensor at rest."""
_TELLS_ON: Final = ((IGNITION, ON), (READY, 1.0), (ENGINE_SPEED, 1.0))
"""From which value on each says that it is on."""
RUNNING_RPM: Final = 300.0
"""Above what a starter turns an engine with: 150 to 300 rpm."""
DRAWING_KW: Final = 0.1
SETTLING_NS: Final = 10 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class Situation:
    """What the vehicle does, as far as it matters to who speaks to its driver."""

    doing: str | None = None
    """parked, starting, idling, driving, charging; None: unknown."""
    moves: bool | None = None
    """None: unknown, as where no speed is heard of a vehicle that is on."""
    in_trip: bool = False
    is_heard: bool = False
    """At least one signal is known."""
    private: bool = False
    workshop_until: int | None = None
    """ns; somebody works on it until then, unless more happens; None: nobody does."""


class Doing:
    """Follows the vehicle from tick to tick."""

    def __init__(self) -> None:
        self.now: str | None = None
        """What it is doing; None: unknown."""
        self.moves: bool | None = None
        """None: unknown; a vehicle that is off, or charging, stands."""
        self._on_since: int | None = None

    def update(self, value: Callable[[str], float], until: int) -> None:
        """Take in one tick; `value`: a signal by its path, NaN is unknown."""
        is_on = _is_on(value)
        if not is_on:
            self._on_since = None
        elif self._on_since is None:
            self._on_since = until
        self.now = self._judged(value, is_on, until)
        is_known = not math.isnan(value(SPEED)) or self.now in {"charging", "parked"}
        self.moves = self.now == "driving" if is_known else None

    def _judged(self, value: Callable[[str], float], is_on: bool | None, until: int) -> str | None:
        speed = value(SPEED)
        if abs(speed) > MOVING_KMH:
            return "driving"
        if value(CHARGING) > 0.5 or value(CHARGING_KW) > DRAWING_KW:
            return "charging"
        if is_on is None:
            return None
        if not is_on:
            return "parked"
        turns = value(ENGINE_SPEED)
        cranks = value(IGNITION) >= START or 0.0 < turns < RUNNING_RPM
        if cranks or until - (self._on_since or until) < SETTLING_NS:
            return "starting"
        return "idling"


def _is_on(value: Callable[[str], float]) -> bool | None:
    """Whether it is switched on; None where nothing that tells is known."""
    told = [value(path) >= least for path, least in _TELLS_ON if not math.isnan(value(path))]
    speed = value(SPEED)
    if not told and not math.isnan(speed):
        told = [abs(speed) > MOVING_KMH]
    return any(told) if told else None
