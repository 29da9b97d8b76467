"""The truck's 24 V: two batteries in series, an alternator, and what hangs on them."""

import math
from dataclasses import dataclass
from typing import Final

from edge.simulator.journey import Key
from edge.simulator.parts.lead_acid import LeadAcid
from edge.simulator.vehicle import STEP_S

ALTERNATOR_A: Final = 125.0
STARTER_A: Final = 330.0
STARTER_OHM: Final = 0.022
"""Of starter and cables before it turns: what limits the inrush, together with the batteries themselves."""
INRUSH_S: Final = 0.1
SETPOINT_V: Final = 28.3
SETPOINT_V_PER_K: Final = -0.020
SETPOINT_MIN_V: Final = 27.6
SETPOINT_MAX_V: Final = 28.9
CHARGE_MAX_A: Final = 80.0
CRANKS_FROM_V: Final = 15.5
"""Below this under the starter's load the engine does not start."""
CONTROL_UNIT_MIN_V: Final = 19.4
"""Below this the injectors no longer open in time, and the engine dies."""
AWAKE_A: Final = 4.5
ASLEEP_A: Final = 0.045
"""Tachograph, alarm, telematics."""
ENGINE_A: Final = 14.0
"""Injection, sensors, reagent and lift pumps."""
LAMPS_A: Final = 4.0
"""Brake lamps of tractor and trailer."""
HELPER_OHM: Final = 0.012
"""Jump leads and the other truck's batteries."""
HELPER_V: Final = 27.0
EFFICIENCY: Final = 0.65


@dataclass(slots=True)
class Electrics:
    """The 24 V system; `step` moves it on."""

    battery: LeadAcid
    accessories_a: float
    volt: float
    charging_v: float = 0.0
    """At the alternator."""
    current_a: float = 0.0
    """Into the batteries."""
    setpoint_v: float = SETPOINT_V
    alternator_a: float = 0.0
    crank_s: float = 0.0
    _rest_v: float = 25.0
    _ohm: float = 0.01
    _stored_as: float = 0.0
    """Ampere-seconds since the battery last counted them."""

    def __post_init__(self) -> None:
        self._look()

    def step(
        self,
        *,
        key: int,
        rpm: float,
        running: bool,
        braking: bool,
        health: float,
        ohm_factor: float,
        drain_a: float,
        helper: bool,
    ) -> None:
        """One step; `health` is the share of the alternator's output that is left."""
        cranks = key == Key.START and not running
        if cranks:
            self._look()  # hundreds of amperes change the battery within a step
        rest_v, ohm = self._rest_v, self._ohm * ohm_factor
        given_a = 0.0
        if running:
            load = AWAKE_A + ENGINE_A + self.accessories_a + drain_a
            most_a = ALTERNATOR_A * (1.0 - math.exp(rpm * -0.0016)) * health
            wanted_a = load + min((self.setpoint_v - rest_v) / ohm, CHARGE_MAX_A)
            if wanted_a > 0.0:
                given_a = most_a if most_a < wanted_a else wanted_a
        else:
            load = self._load(key, cranks=cranks, inrush_a=rest_v / (ohm + STARTER_OHM)) + drain_a
        if braking:
            load += LAMPS_A
        self.crank_s = self.crank_s + STEP_S if cranks else 0.0
        self.alternator_a = given_a
        current_a = given_a - load
        if helper:
            more_a = (HELPER_V - (rest_v + current_a * ohm)) / (HELPER_OHM + ohm)
            current_a += more_a if more_a > 0.0 else 0.0
        self.current_a = current_a
        volt = rest_v + current_a * ohm
        self.volt = volt if volt > 0.0 else 0.0
        self._stored_as += current_a * STEP_S
        if cranks:
            self._store()

    def second(self) -> None:
        """Store what flowed; the regulator looks at the battery's temperature: a cold one is charged with more."""
        self._store()
        self._look()
        wanted = SETPOINT_V + SETPOINT_V_PER_K * (self.battery.temp_c - 25.0)
        self.setpoint_v = min(max(wanted, SETPOINT_MIN_V), SETPOINT_MAX_V)
        self.charging_v = self.volt + 0.0015 * self.alternator_a

    def _look(self) -> None:
        self._rest_v = self.battery.rest_v()
        self._ohm = self.battery.resistance_ohm()

    def _store(self) -> None:
        if self._stored_as:
            self.battery.store(self._stored_as, 1.0)
            self._stored_as = 0.0

    def rest(self, drain_a: float, seconds: float) -> None:
        """Everything sleeps."""
        self.current_a = -(ASLEEP_A + drain_a)
        self.battery.store(self.current_a, seconds)
        self.volt = self.charging_v = max(self.battery.rest_v(), 0.0)
        self.alternator_a = self.crank_s = 0.0

    def accessory_w(self) -> float:
        """What the alternator takes from the crankshaft."""
        return self.volt * self.alternator_a / EFFICIENCY

    def _load(self, key: int, *, cranks: bool, inrush_a: float) -> float:
        """What flows with the engine off."""
        if cranks:
            return AWAKE_A + (inrush_a if self.crank_s < INRUSH_S else STARTER_A)
        if key == Key.OFF:
            return AWAKE_A
        if key == Key.ACC:
            return AWAKE_A + 4.0
        return AWAKE_A + self.accessories_a + 6.0
