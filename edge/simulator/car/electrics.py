"""The car's 12 V: a regulated alternator, what it feeds, and the battery between them."""

import math
from dataclasses import dataclass
from typing import Final

from edge.simulator.journey import Key
from edge.simulator.parts.lead_acid import LeadAcid
from edge.simulator.vehicle import STEP_S

ALTERNATOR_A: Final = 135.0
STARTER_A: Final = 165.0
STARTER_OHM: Final = 0.022
"""Of starter and cables before it turns: what limits the inrush, together with the battery itself."""
INRUSH_S: Final = 0.12
SETPOINT_V: Final = 13.65
SETPOINT_V_PER_K: Final = -0.010
SETPOINT_MIN_V: Final = 13.3
SETPOINT_MAX_V: Final = 14.65
SAVING_V: Final = 12.45
"""What a smart regulator lets the battery fall to while it saves fuel, and keeps there."""
SAVING_CHARGE: Final = 0.72
"""Below this charge it does not save."""
CHARGE_MAX_A: Final = 60.0
CRANKS_FROM_V: Final = 8.0
"""Below this under the starter's load the engine does not start."""
CONTROL_UNIT_MIN_V: Final = 9.0
"""Below this the engine control unit resets and the engine dies."""
AWAKE_A: Final = 4.0
ASLEEP_A: Final = 0.02
FAN_A: Final = 24.0
ENGINE_A: Final = 13.0
"""Ignition, injection and fuel pump."""
HELPER_OHM: Final = 0.018
"""Jump leads and the other car's battery."""
HELPER_V: Final = 13.6


@dataclass(slots=True)
class Electrics:
    """The 12 V system; `step` moves it on."""

    battery: LeadAcid
    accessories_a: float
    volt: float = 12.5
    current_a: float = 0.0
    """Into the battery."""
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
        health: float,
        ohm_factor: float,
        drain_a: float,
        smart: bool,
        helper: bool,
    ) -> None:
        """One step; `health` is the share of the alternator's output that is left."""
        battery = self.battery
        rest_v = battery.rest_v()
        ohm = battery.resistance_ohm() * ohm_factor
        inrush_a = rest_v / (ohm + STARTER_OHM)
        load = self._load(key, running=running, fan=fan, brake=brake, inrush_a=inrush_a) + drain_a
        self._regulate(overrun=overrun, smart=smart)
        most_a = ALTERNATOR_A * (1.0 - math.exp(-rpm / 1400.0)) * health if running else 0.0
        charging_a = (self.setpoint_v - rest_v) / ohm
        wanted_a = load + (charging_a if charging_a < CHARGE_MAX_A else CHARGE_MAX_A)
        given_a = most_a if most_a < wanted_a else wanted_a
        self.alternator_a = given_a if given_a > 0.0 else 0.0
        self.duty = self.alternator_a / most_a if most_a > 1.0 else float(running)
        current_a = self.alternator_a - load
        if helper:
            current_a += max((HELPER_V - (rest_v + current_a * ohm)) / (HELPER_OHM + ohm), 0.0)
        self.current_a = current_a
        volt = rest_v + current_a * ohm
        self.volt = volt if volt > 0.0 else 0.0
        battery.store(current_a, STEP_S)

    def rest(self, drain_a: float, seconds: float) -> None:
        """Everything sleeps."""
        self.current_a = -(ASLEEP_A + drain_a)
        self.battery.store(self.current_a, seconds)
        self.volt = max(self.battery.rest_v(), 0.0)
        self.alternator_a = self.duty = self.crank_s = 0.0

    def accessory_w(self) -> float:
        """What the alternator takes from the crankshaft."""
        return self.volt * self.alternator_a / 0.62

    def _load(self, key: int, *, running: bool, fan: float, brake: float, inrush_a: float) -> float:
        if key == Key.START:
            self.crank_s += STEP_S
            return AWAKE_A + (inrush_a if self.crank_s <= INRUSH_S else STARTER_A)
        self.crank_s = 0.0
        if key == Key.OFF:
            return AWAKE_A
        if key == Key.ACC:
            return AWAKE_A + 3.0
        return AWAKE_A + self.accessories_a + ENGINE_A * running + FAN_A * fan + (3.0 if brake > 0.0 else 0.0)

    def _regulate(self, *, overrun: bool, smart: bool) -> None:
        """Higher in the cold; a little more while the car pushes the engine, for that power is free."""
        wanted = SETPOINT_V + SETPOINT_V_PER_K * (self.battery.temp_c - 25.0) + (0.22 if overrun else 0.0)
        wanted = SETPOINT_MIN_V if wanted < SETPOINT_MIN_V else (wanted if wanted < SETPOINT_MAX_V else SETPOINT_MAX_V)
        if smart and not overrun and self.battery.charge > SAVING_CHARGE:
            wanted = SAVING_V
        self.setpoint_v += (wanted - self.setpoint_v) * (STEP_S / 0.8)
