"""What the car's control units make of their sensors: tests that set codes, lamps, and what they do about it.

Thresholds are ordinary ones of production units; where a rule is of the standard it is named. Nothing here knows the
physics behind a sensor.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from edge.simulator.car import engine
from edge.simulator.car.codes import BODY, BRAKES, CYLINDER_CODES, ENGINE, TRANSMISSION, WHEEL_CODES
from edge.simulator.ecu.codes import Lamp
from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.journey import Key

ROLLS_OVER: Final = 65_535.0
LIMP_FROM_C: Final = 118.0
LIMP_SHARE: Final = 0.45
"""Torque that an overheated engine is still allowed."""
TYRE_SHARE: Final = 0.80
"""UN R141: warn when a tyre has lost 20 % of its cold pressure."""
PLACARD_KPA: Final = {"fl": 230.0, "fr": 230.0, "rl": 220.0, "rr": 220.0}
MISFIRE_SHARE: Final = 0.03
"""Of a cylinder's firings over 1,000 revolutions: too much for the exhaust limits (13 CCR 1968.2 (e)(3))."""
SLOW_BEND: Final = 0.004
"""Below this the sensor takes about a second to follow the dither."""
SWING_S: Final = 40.0
"""Time constant of what is averaged over steady driving."""


class Swings(NamedTuple):
    """How the oxygen sensors moved within a second."""

    front: float
    """From the lowest to the highest lambda."""
    bend: float
    """Sharpest turn of lambda between steps: what a quick sensor shows of the dither, and a slow one does not."""
    rear_v: float


class EngineTests:
    """The engine control unit's own tests; `second` looks at the sensors once."""

    def __init__(self) -> None:
        self.memory = CodeMemory(ENGINE)
        self.torque_share = 1.0
        self.purge = 0.0
        self.evap_closed = False
        self._expected_c = math.nan
        self._started_c = math.nan
        self._quiet_s = 0.0
        self._bend = 0.02
        self._rear = 0.0
        self._steady_s = 0.0
        self._missed = [0.0] * 4
        self._counted: list[float] | None = None
        self._evap_s = 0.0
        self._evap_done = False

    def begins(self, seen: Readings) -> None:
        """A driving cycle begins."""
        self.memory.cycle_begins()
        self._started_c = seen["coolant_c"]
        self._expected_c = min(self._started_c, 60.0)
        self._quiet_s = 0.0
        self._evap_s, self._evap_done = 0.0, False
        self._steady_s = 0.0

    def ends(self) -> None:
        """The key is off."""
        self.memory.cycle_ends()
        self.purge = 0.0
        self.evap_closed = False

    def second(self, seen: Readings, swings: Swings) -> None:
        """Once a second with the key on."""
        observe = self.memory.observe
        running = seen["running"] > 0.0
        coolant_c = seen["coolant_c"]
        observe("P0118", math.isnan(coolant_c))
        observe("P0217", coolant_c > LIMP_FROM_C)
        self.torque_share = LIMP_SHARE if coolant_c > LIMP_FROM_C else 1.0
        if not running:
            return
        if seen["run_s"] > 15.0 and seen["rpm"] > 600.0:
            observe("P0562", seen["volt"] < 11.6)
        observe("P0087", seen["rail_kpa"] < 300.0)
        self._thermostat(seen)
        self._misfires(seen)
        self._purge(seen)
        if seen["run_s"] > 60.0:
            self._idle(seen)
        if seen["closed_loop"] > 0.0:
            self._mixture(seen, swings)
        else:
            self._steady_s = 0.0
        self._evap(seen)

    def _thermostat(self, seen: Readings) -> None:
        """P0128: the fuel burned should have warmed the coolant, with a good margin, and did not."""
        burned_w = seen["fuel_lph"] * engine.FUEL_G_PER_L / 3600.0 * engine.FUEL_J_PER_G
        ambient_c, wind = seen["ambient_c"], seen["speed_kmh"] / 3.6
        expected_c, coolant_c = self._expected_c, seen["coolant_c"]
        if not expected_c < 90.0:
            expected_c = 90.0
        lost_w = (55.0 + 2.2 * wind) * (expected_c - ambient_c)
        self._expected_c = max(expected_c + (0.21 * burned_w - lost_w) / 68_000.0, self._started_c - 5.0)
        if coolant_c > 76.0:
            self.memory.observe("P0128", bad=False)
        elif self._expected_c > 76.0 and coolant_c < 70.0:
            self.memory.observe("P0128", bad=True)

    def _misfires(self, seen: Readings) -> None:
        counts = [seen["misfires_1"], seen["misfires_2"], seen["misfires_3"], seen["misfires_4"]]
        before, self._counted = self._counted, counts
        if before is None or (counts == before and not any(self._missed)):
            if seen["run_s"] > 30.0:
                for code in CYLINDER_CODES:
                    self.memory.observe(code, bad=False)
                self.memory.observe("P0300", bad=False)
            return
        firings = seen["rpm"] / 120.0
        turned = firings * 2.0 / 1000.0  # share of 1,000 revolutions
        high = 0
        for place in range(4):
            share = (counts[place] - before[place]) % ROLLS_OVER / firings if firings > 1.0 else 0.0
            missed = self._missed[place] + (share - self._missed[place]) * min(turned, 1.0) * 2.0
            self._missed[place] = missed if missed > 1e-5 else 0.0
            high += missed > MISFIRE_SHARE
        for place, code in enumerate(CYLINDER_CODES):
            self.memory.observe(code, self._missed[place] > MISFIRE_SHARE)
        self.memory.observe("P0300", high >= 2)

    def _idle(self, seen: Readings) -> None:
        if seen["speed_kmh"] == 0.0 and seen["pedal_percent"] < 1.0 and seen["coolant_c"] > 75.0:
            self.memory.observe("P0507", seen["rpm"] > engine.IDLE_RPM + 200.0)

    def _mixture(self, seen: Readings, swings: Swings) -> None:
        observe = self.memory.observe
        learned, air_gps = seen["trim_long_percent"], seen["air_gps"]
        observe("P0171", learned > 20.0)
        observe("P0172", learned < -20.0)
        outside_kpa = seen["outside_kpa"]
        if air_gps > 10.0 and seen["manifold_kpa"] > 0.31 * outside_kpa:
            filled = (seen["manifold_kpa"] / outside_kpa - engine.MANIFOLD_LEAST) / engine.MANIFOLD_PER_LOAD
            likely_gps = filled * engine.air_max_gps(seen["rpm"], seen["intake_c"], outside_kpa / 101.325)
            observe("P0101", not 0.78 < air_gps / likely_gps < 1.28)
        steady = 4.0 < air_gps < 30.0 and abs(seen["accel_mps2"]) < 0.6 and seen["gear"] > 0.0
        self._steady_s = self._steady_s + 1.0 if steady and swings.front < 0.2 else 0.0
        if self._steady_s < 3.0:
            return
        self._bend += (swings.bend - self._bend) / SWING_S
        self._quiet_s += 1.0
        if self._quiet_s > 2.0 * SWING_S:
            observe("P0133", self._bend < SLOW_BEND)
        if seen["catalyst_c"] > 380.0 and self._steady_s > 12.0:
            self._rear += (swings.rear_v - self._rear) / SWING_S
            if self._quiet_s > 3.0 * SWING_S:
                observe("P0420", self._rear > 0.42)

    def _purge(self, seen: Readings) -> None:
        warm = seen["closed_loop"] > 0.0 and seen["coolant_c"] > 60.0
        self.purge = min(12.0 + 1.4 * seen["air_gps"], 60.0) if warm else 0.0

    def _evap(self, seen: Readings) -> None:
        """P0455, P0457: once after a cold start, the tank is sealed, drawn down, and watched."""
        if self._evap_done or not self._started_c < 45.0 or seen["coolant_c"] < 70.0:
            self.evap_closed = False
            return
        ready = 12.0 < seen["fuel_percent"] < 88.0 and seen["ambient_c"] > 2.0 and seen["speed_kmh"] > 25.0
        self._evap_s = self._evap_s + 1.0 if ready else 0.0
        self.evap_closed = self._evap_s > 5.0
        if self._evap_s < 24.0:
            return
        tank_kpa = seen["tank_kpa"]
        if not -1.5 < tank_kpa < -0.7:
            self.memory.observe("P0457", tank_kpa > -0.7)
        self._evap_done, self.evap_closed = True, False


class BodyTests:
    """Tyre pressure, and who is missing on the bus."""

    def __init__(self) -> None:
        self.memory = CodeMemory(BODY)
        self.tyre_lamp = 0.0

    def second(self, seen: Readings, muted: frozenset[str]) -> None:
        """Once a second while awake."""
        self.memory.observe("U0100", "ENGINE" in muted)
        if seen["speed_kmh"] < 15.0:
            return
        low = False
        for wheel, placard_kpa in PLACARD_KPA.items():
            cold = (seen[f"tyre_{wheel}_kpa"] + seen["outside_kpa"]) * 293.15 / (seen[f"tyre_{wheel}_c"] + 273.15)
            low = low or cold - 101.325 < TYRE_SHARE * placard_kpa
        self.tyre_lamp = 1.0 if low else 0.0


class BrakeTests:
    """Wheel speeds against one another."""

    def __init__(self) -> None:
        self.memory = CodeMemory(BRAKES)

    def second(self, seen: Readings, muted: frozenset[str]) -> None:
        """Once a second with the key on."""
        self.memory.observe("U0100", "ENGINE" in muted)
        speeds = [seen["wheel_fl_kmh"], seen["wheel_fr_kmh"], seen["wheel_rl_kmh"], seen["wheel_rr_kmh"]]
        known = [speed for speed in speeds if not math.isnan(speed)]
        fastest = max(known, default=0.0)
        for code, speed in zip(WHEEL_CODES, speeds, strict=True):
            if math.isnan(speed):
                self.memory.observe(code, bad=True)
            elif fastest > 15.0:
                self.memory.observe(code, speed < 0.7 * fastest)


class TransmissionTests:
    """It needs engine and wheels to shift."""

    def __init__(self) -> None:
        self.memory = CodeMemory(TRANSMISSION)

    def second(self, muted: frozenset[str]) -> None:
        """Once a second with the key on."""
        self.memory.observe("U0100", "ENGINE" in muted)
        self.memory.observe("U0121", "BRAKES" in muted)


class CarTests:
    """All units of the car; what they command is read by the physics."""

    def __init__(self) -> None:
        self.engine = EngineTests()
        self.transmission = TransmissionTests()
        self.brakes = BrakeTests()
        self.body = BodyTests()
        self.mil_lamp = 0.0
        """0 off, 1 on, 2 flashing."""
        self.charge_lamp = 0.0
        self._in_cycle = False

    @property
    def memories(self) -> tuple[CodeMemory, ...]:
        """Of engine, transmission, brakes, body."""
        return (self.engine.memory, self.transmission.memory, self.brakes.memory, self.body.memory)

    def second(
        self,
        seen: Readings,
        readings: Callable[[], Mapping[str, float]],
        swings: Swings,
        muted: frozenset[str],
    ) -> None:
        """Once a second while something is awake."""
        key, running = seen["key"], seen["running"] > 0.0
        if key == Key.OFF:
            if self._in_cycle:
                self._end()
            self.body.second(seen, muted)
            return
        if running and not self._in_cycle:
            self._in_cycle = True
            self.engine.begins(seen)
            for memory in self.memories[1:]:
                memory.cycle_begins()
        if key != Key.START:
            self.engine.second(seen, swings)
            self.transmission.second(muted)
            self.brakes.second(seen, muted)
            self.body.second(seen, muted)
        speed_kmh, coolant_c = seen["speed_kmh"], seen["coolant_c"]
        for memory in self.memories:
            memory.second(readings, running=running, speed_kmh=speed_kmh, coolant_c=coolant_c)
        self._lamps()

    def _end(self) -> None:
        self._in_cycle = False
        self.engine.ends()
        for memory in self.memories[1:]:
            memory.cycle_ends()

    def _lamps(self) -> None:
        memory = self.engine.memory
        self.mil_lamp = (2.0 if memory.flashing(Lamp.MIL) else 1.0) if memory.mil else 0.0
        self.charge_lamp = float(memory.lamp(Lamp.AMBER))
