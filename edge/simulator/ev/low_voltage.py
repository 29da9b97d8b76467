"""The car's 12 V: a DC-DC converter from the traction battery, what it feeds, and a small lead-acid battery."""

from dataclasses import dataclass
from typing import Final

from edge.simulator.journey import Key
from edge.simulator.parts.lead_acid import LeadAcid

MOST_A: Final = 150.0
"""Of the converter: 2.1 kW."""
EFFICIENCY: Final = 0.93
IDLE_W: Final = 25.0
CABLE_OHM: Final = 0.0012
"""From the converter to the battery."""
SETPOINT_V: Final = 14.45
FLOAT_V: Final = 14.05
"""A full battery is only kept so."""
FULL_CHARGE: Final = 0.965
NOT_FULL_CHARGE: Final = 0.93
SETPOINT_V_PER_K: Final = -0.012
CHARGE_MAX_A: Final = 45.0
ASLEEP_A: Final = 0.018
AWAKE_A: Final = 3.5
"""Control units after the key is off."""
CONTACTORS_A: Final = 2.2
CONTROL_A: Final = 8.0
"""Control units, screens and sensors with the key on."""
WAKE_A: Final = 80.0
"""Brake booster, pumps and screens as the key is turned on."""
WAKE_S: Final = 1.0
CHARGING_A: Final = 7.0
PUMP_A: Final = 3.5
"""Each coolant pump at full speed."""
FAN_A: Final = 26.0
BLOWER_A: Final = 7.0
BOOSTER_A: Final = 2.5
"""The electric brake booster while the pedal is pressed."""
SHEDS_V: Final = 11.3
"""Below this comfort is switched off, to stay on the road for longer."""
SHED_SHARE: Final = 0.35
RESETS_V: Final = 9.2
"""Below this control units start anew, and draw what they draw at the start again."""
HELPER_V: Final = 13.6
HELPER_OHM: Final = 0.018
"""Jump leads and the other car's battery."""
DCDC_J_PER_K: Final = 1_800.0
DCDC_W_PER_K: Final = 9.0


@dataclass(slots=True)
class LowVoltage:
    """The 12 V system; `step` moves it on."""

    battery: LeadAcid
    accessories_a: float
    temp_c: float
    """Of the converter."""
    volt: float = 12.6
    current_a: float = 0.0
    """Into the battery."""
    dcdc_a: float = 0.0
    dcdc_v: float = 0.0
    """At the converter's own terminals: what it makes, or what the battery shows it."""
    setpoint_v: float = SETPOINT_V
    floats: bool = False
    """The battery is full and only kept so."""
    input_w: float = 0.0
    """Taken from the high voltage."""
    woken_s: float = 0.0
    """Since the key was turned on."""
    steady_a: float = 0.0
    """Pumps, fans, blower: what changes by the second, set by the owner."""
    working: bool = False
    """The car charges, or tops up its 12 V battery, with the key off."""
    health: float = 1.0
    """Share of the converter's output that is left."""
    drain_a: float = 0.0
    helper: bool = False
    """A helper's battery hangs on the terminals."""
    ohm: float = 0.008
    """Of the battery, as it is in this second."""

    def step(self, key: int, *, fed: bool, braking: bool, span_s: float) -> None:
        """One step; `fed`: the converter has high voltage."""
        battery = self.battery
        load = self._load(key, braking=braking, span_s=span_s) + self.drain_a
        rest_v = battery.rest_v()
        ohm = self.ohm
        converter_a = 0.0
        if fed:
            load += CONTACTORS_A
            charging_a = (self.setpoint_v - CABLE_OHM * self.dcdc_a - rest_v) / ohm
            wanted_a = load + (charging_a if charging_a < CHARGE_MAX_A else CHARGE_MAX_A)
            most_a = MOST_A * self.health
            converter_a = wanted_a if wanted_a < most_a else most_a
            converter_a = converter_a if converter_a > 0.0 else 0.0
        self.dcdc_a = converter_a
        current_a = converter_a - load
        if self.helper:
            helping_a = (HELPER_V - (rest_v + current_a * ohm)) / (HELPER_OHM + ohm)
            if helping_a > 0.0:
                current_a += helping_a
        self.current_a = current_a
        volt = rest_v + current_a * ohm
        self.volt = volt = volt if volt > 0.0 else 0.0
        self.dcdc_v = volt + CABLE_OHM * converter_a
        self.input_w = (converter_a * self.dcdc_v / EFFICIENCY + IDLE_W) if fed else 0.0
        battery.store(current_a, span_s)

    def second(self, *, coolant_c: float, ohm_factor: float, fed: bool) -> None:
        """What changes slowly: the converter's heat and target, the battery's resistance."""
        self.ohm = self.battery.resistance_ohm() * ohm_factor
        lost_w = self.input_w - self.dcdc_a * self.dcdc_v
        self.temp_c += (lost_w - DCDC_W_PER_K * (self.temp_c - coolant_c)) / DCDC_J_PER_K
        if not fed:
            return
        self.floats = self.battery.charge > (NOT_FULL_CHARGE if self.floats else FULL_CHARGE)
        wanted = FLOAT_V if self.floats else SETPOINT_V
        wanted += SETPOINT_V_PER_K * (self.battery.temp_c - 25.0)
        wanted = 14.9 if wanted > 14.9 else (wanted if wanted > 13.2 else 13.2)
        self.setpoint_v += (wanted - self.setpoint_v) * 0.05

    def cool(self, coolant_c: float, seconds: float) -> None:
        """The converter, at rest, on its cooling plate."""
        self.temp_c += (coolant_c - self.temp_c) * min(seconds * DCDC_W_PER_K / DCDC_J_PER_K, 1.0)

    def rest(self, drain_a: float, seconds: float) -> None:
        """Everything sleeps."""
        self.current_a = -(ASLEEP_A + drain_a)
        self.battery.store(self.current_a, seconds)
        rest_v = self.battery.rest_v() + self.current_a * self.battery.ohm
        self.volt = self.dcdc_v = rest_v if rest_v > 0.0 else 0.0
        self.dcdc_a = self.input_w = self.steady_a = self.woken_s = 0.0
        self.setpoint_v = SETPOINT_V

    def _load(self, key: int, *, braking: bool, span_s: float) -> float:
        if key < Key.ON:
            self.woken_s = 0.0
            return AWAKE_A + (CHARGING_A + self.steady_a if self.working else 0.0) + (3.0 if key == Key.ACC else 0.0)
        accessories = self.accessories_a if self.volt > SHEDS_V else self.accessories_a * SHED_SHARE
        load = AWAKE_A + CONTROL_A + accessories + self.steady_a
        if self.woken_s < WAKE_S:
            self.woken_s += span_s
            load += WAKE_A
        return load + BOOSTER_A if braking else load
