"""What the other control units make of their sensors: drive unit, power electronics, brakes, body; tests and lamps.

Thresholds are ordinary ones of production units. Nothing here knows the physics behind a sensor.
"""

from collections.abc import Callable, Mapping
from math import isnan
from typing import Final

from edge.simulator.ecu.codes import Lamp
from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.ev.battery_control import BatteryControl
from edge.simulator.ev.charging import Charge
from edge.simulator.ev.codes import BODY, BRAKES, DRIVE, POWER, WHEEL_CODES
from edge.simulator.ev.drive_unit import FAN_OFF_C, FAN_ON_C, PUMP_MAX_RPM, PUMP_MIN_RPM
from edge.simulator.journey import Key

PLACARD_KPA: Final = {"fl": 250.0, "fr": 250.0, "rl": 260.0, "rr": 260.0}
TYRE_SHARE: Final = 0.80
"""UN R141: warn when a tyre has lost 20 % of its cold pressure."""
INVERTER_FROM_C: Final = 88.0
INVERTER_TO_C: Final = 108.0
MOTOR_FROM_C: Final = 145.0
MOTOR_TO_C: Final = 172.0
LEAST_SHARE: Final = 0.12
INVERTER_OFF_C: Final = 116.0
INVERTER_ON_C: Final = 92.0
"""Semiconductors are switched off above one, and on again below the other."""
INLET_FROM_C: Final = 80.0
INLET_TO_C: Final = 95.0
INLET_LEAST: Final = 0.35
INLET_STOPS_C: Final = 103.0
LOAD_W_PER_K: Final = 45.0
"""An inverter whose coolant flows is warmer than it by its losses over this at most."""


class DriveTests:
    """The drive unit's own tests; derating, pump and fan."""

    def __init__(self) -> None:
        self.memory = CodeMemory(DRIVE)
        self.share = 1.0
        self.pump_rpm = 0.0
        self.fan = 0.0
        self._motor_c = 20.0
        self._inverter_c = 20.0
        self._apart_k = 0.0
        self._off = False

    def second(self, seen: Readings, muted: frozenset[str], *, chills: bool) -> None:
        """Once a second with the key on or a cable in; `chills`: the condenser in front needs air."""
        observe = self.memory.observe
        self._motor_c += (seen["motor_c"] - self._motor_c) * 0.25
        self._inverter_c += (seen["inverter_c"] - self._inverter_c) * 0.25
        inverter_c, motor_c, coolant_c = self._inverter_c, self._motor_c, seen["drive_coolant_c"]
        self.share = _falls(inverter_c, INVERTER_FROM_C, INVERTER_TO_C, LEAST_SHARE)
        self._off = inverter_c > (INVERTER_ON_C if self._off else INVERTER_OFF_C)
        if self._off:
            self.share = 0.0
        if motor_c > MOTOR_FROM_C:
            self.share *= _falls(motor_c, MOTOR_FROM_C, MOTOR_TO_C, LEAST_SHARE)
        observe("P0A3C", seen["inverter_c"] > 104.0)
        observe("P0A2F", seen["motor_c"] > 165.0)
        self._apart_k += (seen["inverter_c"] - coolant_c - self._apart_k) * 0.02
        observe("P0A93", self._apart_k > 28.0)
        if self.pump_rpm >= PUMP_MIN_RPM:
            observe("P0C73", seen["drive_pump_rpm"] < 0.7 * self.pump_rpm)
        observe("U0111", "BMS" in muted)
        if seen["key"] == Key.ON:
            observe("U0121", "BRAKES" in muted)
        self._cool(inverter_c, coolant_c, chills=chills)

    def rest(self) -> None:
        """Asleep."""
        self.pump_rpm = self.fan = 0.0

    def _cool(self, inverter_c: float, coolant_c: float, *, chills: bool) -> None:
        asked = PUMP_MIN_RPM + 110.0 * max(inverter_c - 42.0, coolant_c - 38.0, 0.0)
        self.pump_rpm += (min(asked, PUMP_MAX_RPM) - self.pump_rpm) * 0.2
        least = 0.4 if chills else 0.0
        if coolant_c > FAN_ON_C:
            self.fan = max(min((coolant_c - FAN_ON_C) / 12.0 + 0.4, 1.0), least)
        elif coolant_c < FAN_OFF_C:
            self.fan = least


class PowerTests:
    """DC-DC converter, on-board charger and inlet."""

    def __init__(self) -> None:
        self.memory = CodeMemory(POWER)
        self.share = 1.0
        """Of the charging current, that the inlet's temperature leaves."""
        self.too_hot = False
        self._fed_s = 0.0

    def second(self, seen: Readings, muted: frozenset[str]) -> None:
        """Once a second while high voltage may be there."""
        observe = self.memory.observe
        fed = seen["contactors"] == 2.0
        self._fed_s = self._fed_s + 1.0 if fed else 0.0
        if self._fed_s > 5.0:
            observe("P0A09", seen["dcdc_a"] < 0.5 and seen["dcdc_v"] < 12.9)
            charges = seen["current_a"] > 1.0  # an empty battery holds the voltage down though all is well
            observe("P0A94", seen["dcdc_v"] < seen["dcdc_target_v"] - 1.2 and not charges)
        observe("P0D24", seen["charger_c"] > 92.0)
        inlet_c = seen["inlet_c"]
        observe("P0E5F", inlet_c > 90.0)
        self.share = _falls(inlet_c, INLET_FROM_C, INLET_TO_C, INLET_LEAST)
        self.too_hot = inlet_c > INLET_STOPS_C and seen["charge_state"] > 0.0
        if seen["key"] == Key.ON or seen["charge_state"] > 0.0:
            observe("U0111", "BMS" in muted)


class BrakeTests:
    """Wheel speeds against one another, and tyre pressures."""

    def __init__(self) -> None:
        self.memory = CodeMemory(BRAKES)
        self.tyre_lamp = 0.0

    def second(self, seen: Readings, muted: frozenset[str]) -> None:
        """Once a second with the key on."""
        self.memory.observe("U0110", "DRIVE" in muted)
        speeds = (seen["wheel_fl_kmh"], seen["wheel_fr_kmh"], seen["wheel_rl_kmh"], seen["wheel_rr_kmh"])
        fastest = max([speed for speed in speeds if not isnan(speed)], default=0.0)
        for code, speed in zip(WHEEL_CODES, speeds, strict=True):
            if isnan(speed):
                self.memory.observe(code, bad=True)
            elif fastest > 15.0:
                self.memory.observe(code, speed < 0.7 * fastest)
        if seen["speed_kmh"] > 15.0:
            self._tyres(seen)

    def _tyres(self, seen: Readings) -> None:
        outside_kpa = seen["outside_kpa"]
        low = False
        for wheel, placard_kpa in PLACARD_KPA.items():
            cold = (seen[f"tyre_{wheel}_kpa"] + outside_kpa) * 293.15 / (seen[f"tyre_{wheel}_c"] + 273.15)
            low = low or cold - 101.325 < TYRE_SHARE * placard_kpa
        self.tyre_lamp = 1.0 if low else 0.0


class BodyTests:
    """The 12 V supply, and who is missing on the bus."""

    def __init__(self) -> None:
        self.memory = CodeMemory(BODY)

    def second(self, seen: Readings, muted: frozenset[str]) -> None:
        """Once a second with the key on."""
        if seen["ready"] > 0.0:
            self.memory.observe("P0562", seen["volt"] < 11.8)
        self.memory.observe("U0121", "BRAKES" in muted)
        self.memory.observe("U0298", "POWER" in muted)


class EvTests:
    """All units of the car; what they command is read by the physics."""

    def __init__(self, battery: BatteryControl) -> None:
        self.battery = battery
        self.drive = DriveTests()
        self.power = PowerTests()
        self.brakes = BrakeTests()
        self.body = BodyTests()
        self.warning_lamp = self.stop_lamp = self.charge_lamp = self.turtle_lamp = 0.0
        self.memories = tuple(unit.memory for unit in (self.battery, self.drive, self.power, self.brakes, self.body))
        self._in_cycle = False

    def second(
        self,
        seen: Readings,
        readings: Callable[[], Mapping[str, float]],
        muted: frozenset[str],
        *,
        warms: bool,
        cabin_cools: bool,
    ) -> None:
        """Once a second while something is awake."""
        key, ready = seen["key"], seen["ready"] > 0.0
        session = Charge.GREETING <= seen["charge_state"] <= Charge.DC
        if (ready or session) != self._in_cycle:
            self._turn(begins=ready or session)
        self.battery.second(seen, muted, warms=warms)
        self.power.second(seen, muted)
        if key == Key.ON or session:
            self.drive.second(seen, muted, chills=self.battery.cooling_w > 0.0 or cabin_cools)
        else:
            self.drive.rest()
        if key == Key.ON:
            self.brakes.second(seen, muted)
            self.body.second(seen, muted)
        speed_kmh = seen["speed_kmh"]
        nothing = float("nan")
        for memory in self.memories:
            memory.second(readings, running=ready, speed_kmh=speed_kmh, coolant_c=nothing)
        self._light(ready=ready)

    def asleep(self) -> None:
        """The last unit sleeps."""
        if self._in_cycle:
            self._turn(begins=False)
        self.battery.asleep()
        self.drive.rest()

    def _turn(self, *, begins: bool) -> None:
        """An operation cycle: from READY, or from a cable being plugged in, until it is over."""
        self._in_cycle = begins
        for memory in self.memories:
            if begins:
                memory.cycle_begins()
            else:
                memory.cycle_ends()

    def _light(self, *, ready: bool) -> None:
        memories = self.memories
        self.warning_lamp = float(any(memory.lamp(Lamp.AMBER) for memory in memories))
        self.stop_lamp = float(any(memory.lamp(Lamp.RED) for memory in memories))
        self.charge_lamp = float(self.power.memory.lamp(Lamp.RED) or self.body.memory.lamp(Lamp.RED))
        self.turtle_lamp = float(ready and (self.battery.derate < 0.5 or self.drive.share < 0.5))


def _falls(value: float, begins: float, ends: float, least: float) -> float:
    """1 until `begins`, `least` from `ends` on, a straight line between."""
    if value <= begins:
        return 1.0
    share = 1.0 - (1.0 - least) * (value - begins) / (ends - begins)
    return share if share > least else least
