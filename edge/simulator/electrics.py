"""12 V: a lead-acid battery (rest voltage, resistance, polarisation), a regulated alternator, and their loads."""

import math
from dataclasses import dataclass
from typing import Final

from edge.simulator.drive import STEP_S, Key

REST_EMPTY_V: Final = 11.9
REST_SPAN_V: Final = 0.9
"""Rest voltage rises by this from empty to full (12.8 V)."""
ALTERNATOR_A: Final = 135.0
STARTER_A: Final = 165.0
STARTER_INRUSH_A: Final = 420.0
INRUSH_S: Final = 0.12
SETPOINT_V: Final = 14.35
SETPOINT_V_PER_K: Final = -0.010
SETPOINT_MIN_V: Final = 14.0
SETPOINT_MAX_V: Final = 14.65
CHARGE_MAX_A: Final = 60.0
CRANKS_FROM_V: Final = 8.0
"""Below this under the starter's load the engine does not start."""
CONTROL_UNIT_MIN_V: Final = 9.0
"""Below this the engine control unit resets and the engine dies."""
POLARISATION_S: Final = 30.0
AWAKE_A: Final = 4.0
ASLEEP_A: Final = 0.03
FAN_A: Final = 24.0
ENGINE_A: Final = 13.0
"""Ignition, injection and fuel pump."""


@dataclass(slots=True)
class Electrics:
    """The 12 V system; `step` moves it on."""

    capacity_ah: float
    charge: float
    """State of charge, 0 to 1."""
    ohm: float
    accessories_a: float
    volt: float = 12.5
    current_a: float = 0.0
    """Into the battery."""
    polarisation_v: float = 0.0
    setpoint_v: float = SETPOINT_V
    alternator_a: float = 0.0
    duty: float = 0.0
    """How hard the regulator drives the alternator, 0 to 1."""
    crank_s: float = 0.0

    def step(
        self,
        *,
        key: int,
        rpm: float,
        running: bool,
        fan: float,
        brake: float,
        overrun: bool,
        ambient_c: float,
        health: float,
        off_s: float,
    ) -> None:
        """One step; `health` is the share of the alternator's output that is left."""
        load = self._load(key, running=running, fan=fan, brake=brake, off_s=off_s)
        rest_v = REST_EMPTY_V + REST_SPAN_V * self.charge + self.polarisation_v
        ohm = self.ohm * (1.0 + 0.9 * (1.0 - self.charge) ** 2) * (1.0 + 0.012 * max(20.0 - ambient_c, 0.0))
        self._regulate(overrun=overrun, ambient_c=ambient_c)
        most_a = ALTERNATOR_A * (1.0 - math.exp(-rpm / 1400.0)) * health if running else 0.0
        charging_a = min(max((self.setpoint_v - rest_v) / ohm, 0.0), CHARGE_MAX_A)
        self.alternator_a = min(most_a, load + charging_a)
        self.duty = self.alternator_a / most_a if most_a > 1.0 else float(running)
        self.current_a = self.alternator_a - load
        self.volt = max(rest_v + self.current_a * ohm, 0.0)
        self._store()

    def accessory_w(self) -> float:
        """What the alternator takes from the crankshaft."""
        return self.volt * self.alternator_a / 0.62

    def _load(self, key: int, *, running: bool, fan: float, brake: float, off_s: float) -> float:
        self.crank_s = self.crank_s + STEP_S if key == Key.START else 0.0
        if key == Key.OFF:
            return AWAKE_A if off_s < 60.0 else ASLEEP_A
        if key == Key.ACC:
            return AWAKE_A + 3.0
        if key == Key.START:
            return AWAKE_A + (STARTER_INRUSH_A if self.crank_s <= INRUSH_S else STARTER_A)
        return AWAKE_A + self.accessories_a + ENGINE_A * running + FAN_A * fan + 3.0 * (brake > 0.0)

    def _regulate(self, *, overrun: bool, ambient_c: float) -> None:
        """Higher in the cold; a little more while the car pushes the engine, for that power is free."""
        wanted = SETPOINT_V + SETPOINT_V_PER_K * (ambient_c - 25.0) + (0.22 if overrun else 0.0)
        wanted = min(max(wanted, SETPOINT_MIN_V), SETPOINT_MAX_V)
        self.setpoint_v += (wanted - self.setpoint_v) * STEP_S / 0.8

    def _store(self) -> None:
        """Charge counted in and out; polarisation follows the current, far more so when charging a full battery."""
        ohm = 0.05 + 0.22 * self.charge**6 if self.current_a > 0.0 else 0.006
        self.polarisation_v += (self.current_a * ohm - self.polarisation_v) * STEP_S / POLARISATION_S
        self.charge = min(max(self.charge + self.current_a * STEP_S / 3600.0 / self.capacity_ah, 0.0), 1.0)
