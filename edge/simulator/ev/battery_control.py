"""The battery control unit: how much power is allowed, whether contactors may close, when to cool and heat; its tests.

It sees its sensors and nothing else. Limits and thresholds are ordinary ones of NMC packs; where a standard gives one
it is named.
"""

from typing import Final

import numpy as np

from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.ev.charging import Charge
from edge.simulator.ev.codes import BATTERY
from edge.simulator.ev.estimate import Estimate
from edge.simulator.journey import Key

MOST_W: Final = 165_000.0
LEAST_W: Final = 3_000.0
TURTLE_SHARE: Final = 0.3
"""Power that a battery which has to be replaced still gives."""
DRY_LIMIT: Final = 0.5
"""And one without coolant."""
HOT_FROM_C: Final = 56.0
HOT_TO_C: Final = 62.0
OPENS_C: Final = 64.0
OPENS_V: Final = 2.45
"""A cell below this: contactors open under way."""
DEEP_V: Final = 2.30
"""A cell below this at rest is never charged again: copper has dissolved."""
SAG_V: Final = 2.95
SAGGED_V: Final = 3.05
HIGH_V: Final = 4.185
EASE_V: Final = 4.165

TAPER_CHARGE: Final = np.array((0.0, 0.05, 0.30, 0.45, 0.60, 0.70, 0.80, 0.90, 0.97, 1.0))
TAPER_W: Final = np.array((95.0, 135.0, 135.0, 112.0, 84.0, 64.0, 46.0, 23.0, 9.0, 2.0)) * 1000.0
"""What the pack takes at 25 to 50 °C."""
COLD_C: Final = np.array((-20.0, -10.0, 0.0, 10.0, 20.0, 25.0))
COLD_SHARE: Final = np.array((0.0, 0.07, 0.28, 0.58, 0.90, 1.0))
"""Lithium plates on cold graphite."""

CHILLER_W: Final = 4_500.0
CHILLER_DC_W: Final = 6_500.0
CHILLER_COP: Final = 2.6
HEATER_W: Final = 5_000.0
RADIATES_C: Final = 27.0
RADIATES_FAST_C: Final = 46.0
"""Above these the coolant passes the radiator; a warm pack charges faster."""
READY_RPM: Final = 1_000.0
RADIATOR_RPM: Final = 2_000.0
WORKS_RPM: Final = 3_600.0

ISOLATION_FAULT: Final = 0.100
"""kΩ for each volt: ISO 6469-3 asks for 100 Ω/V of a direct-current circuit."""
ISOLATION_WARNING: Final = 0.500
"""And for 500 Ω/V where alternating current is part of it."""
FULL_V: Final = 400.0
SPREAD_V: Final = 0.12
SPREAD_WORST_V: Final = 0.35
"""Between highest and lowest cell, nearly unloaded."""
CALM_A: Final = 12.0
STEADY_S: Final = 5.0
"""A pump that was asked for another speed is not judged before it has had so long to reach it."""
NO_CODES: Final[frozenset[str]] = frozenset()


class BatteryControl:
    """Limits, permission, thermal control and tests; `second` looks at the sensors once."""

    def __init__(self, estimate: Estimate) -> None:
        self.memory = CodeMemory(BATTERY)
        self.estimate = estimate
        self.discharge_w = MOST_W
        self.charge_w = 60_000.0
        self.refuses = False
        """Contactors do not close again."""
        self.opens = False
        """Contactors open now, whatever happens."""
        self.refuses_charge = False
        self.pump_rpm = 0.0
        self.cooling_w = 0.0
        """Heat that the chiller takes from the coolant."""
        self.heating_w = 0.0
        self.radiator = False
        self.derate = 1.0
        """Share of the ordinary driving power that is left."""
        self._sag = 1.0
        self._full = 1.0
        self._chills_s = 0.0
        self._heats_s = 0.0
        self._asked_rpm = 0.0
        self._steady_s = 0.0
        """How long the pump was asked for the same speed."""
        self._cooling = False
        self._heating = False
        self._dry = False
        self._empty = False

    @property
    def electric_w(self) -> float:
        """What chiller and heater take from the high voltage."""
        return self.cooling_w / CHILLER_COP + self.heating_w

    def second(self, seen: Readings, muted: frozenset[str], *, warms: bool) -> None:
        """Once a second while awake."""
        self.estimate.second(seen)
        self._limit_driving(seen)
        self._limit_charging(seen)
        self._control_heat(seen, warms=warms)
        self._test(seen, muted)
        self._permit(seen)

    def asleep(self) -> None:
        """Nothing is controlled any more; limits start afresh."""
        self.pump_rpm = self.cooling_w = self.heating_w = 0.0
        self.radiator = self._cooling = self._heating = self.opens = False
        self._chills_s = self._heats_s = 0.0
        self._sag = self._full = 1.0

    def _limit_driving(self, seen: Readings) -> None:
        charge, hottest_c, lowest_v = self.estimate.charge, seen["pack_max_c"], seen["cell_min_v"]
        share = 1.0
        if charge < 0.08:
            share = max((charge - 0.01) / 0.07, 0.02)
        if hottest_c > HOT_FROM_C:
            share *= max((HOT_TO_C - hottest_c) / (HOT_TO_C - HOT_FROM_C), 0.12)
        if lowest_v < SAG_V:
            self._sag = max(self._sag * (0.80 if lowest_v < SAG_V - 0.15 else 0.92), 0.02)
        elif lowest_v > SAGGED_V and self._sag < 1.0:
            self._sag = min(self._sag + 0.015, 1.0)
        memory = self.memory
        if memory.active():
            if any(code.text == "P0A80" for code in memory.active()):
                share *= TURTLE_SHARE
            if self._dry:
                share *= DRY_LIMIT
        self.derate = share * self._sag
        coldest_c = seen["pack_min_c"]
        cold = 1.0 if coldest_c > -5.0 else max(1.0 + (coldest_c + 5.0) * 0.03, 0.3)
        self.discharge_w = max(MOST_W * self.derate * cold, LEAST_W)

    def _limit_charging(self, seen: Readings) -> None:
        highest_v = seen["cell_max_v"]
        if highest_v > HIGH_V:
            self._full = max(self._full * 0.90, 0.005)
        elif highest_v < EASE_V and self._full < 1.0:
            self._full = min(self._full * 1.01 + 0.0005, 1.0)
        power_w = float(np.interp(self.estimate.charge, TAPER_CHARGE, TAPER_W))
        coldest_c, hottest_c = seen["pack_min_c"], seen["pack_max_c"]
        if coldest_c < 25.0:
            power_w *= float(np.interp(coldest_c, COLD_C, COLD_SHARE))
        if hottest_c > 50.0:
            power_w *= max((60.0 - hottest_c) / 10.0, 0.0)
        self.charge_w = power_w * self._full

    def _control_heat(self, seen: Readings, *, warms: bool) -> None:
        """Cool above one temperature, heat below another; both depend on what the car is about to do."""
        state, ready = seen["charge_state"], seen["ready"] > 0.0
        fast = state == Charge.DC
        hottest_c, coldest_c = seen["pack_max_c"], seen["pack_min_c"]
        cool_c, heat_c = (48.0, 22.0) if fast else (36.0, 39.0 if warms else (2.0 if state else -6.0))
        if warms:
            cool_c = 48.0
        powered = seen["contactors"] == 2.0 and (ready or Charge.AC <= state <= Charge.DC)
        if not powered:
            self.pump_rpm = self.cooling_w = self.heating_w = 0.0
            self.radiator = self._cooling = self._heating = False
            return
        self._cooling = hottest_c > (cool_c - 4.0 if self._cooling else cool_c)
        spare = seen["charge_state"] > 0.0 or self.estimate.charge > (0.05 if warms else 0.15)
        self._heating = spare and coldest_c < (heat_c + 2.5 if self._heating else heat_c) and not self._cooling
        self.cooling_w = (CHILLER_DC_W if fast else CHILLER_W) if self._cooling else 0.0
        if self._cooling and seen["pack_inlet_c"] < 14.0:
            self.cooling_w *= 0.2
        self.heating_w = HEATER_W if self._heating and seen["pack_inlet_c"] < 55.0 else 0.0
        idle = not (self._cooling or self._heating)
        self.radiator = (
            idle
            and hottest_c > (RADIATES_FAST_C if fast or warms else RADIATES_C)
            and seen["ambient_c"] < hottest_c - 4.0
        )
        working = self._cooling or self._heating or fast
        uneven = hottest_c - coldest_c > 4.0
        self.pump_rpm = WORKS_RPM if working else (RADIATOR_RPM if self.radiator or uneven else READY_RPM)

    def _test(self, seen: Readings, muted: frozenset[str]) -> None:
        observe = self.memory.observe
        estimate = self.estimate
        state, ready, key = seen["charge_state"], seen["ready"] > 0.0, seen["key"]
        observe("P0A7E", seen["pack_max_c"] > 58.0)
        observe("P0DE6", seen["cell_min_v"] < 2.75)
        if ready:
            observe("P0A7D", estimate.shown < 0.015)
        observe("P0A7F", estimate.health < 0.70)
        self._test_spread(seen)
        kohm = seen["isolation_kohm"]
        observe("P0AA6", kohm < ISOLATION_FAULT * FULL_V)
        observe("P2C88", kohm < ISOLATION_WARNING * FULL_V)
        observe("P2DFC", seen["pack_level_percent"] < 25.0)
        self._test_cooling(seen)
        if key == Key.ON:
            observe("U0110", "DRIVE" in muted)
            observe("U0298", "POWER" in muted)
        elif state:
            observe("U0298", "POWER" in muted)

    def _test_spread(self, seen: Readings) -> None:
        """Nearly without current, and not near the ends, where a small difference in charge is a big one in volts."""
        current_a = seen["pack_a"]
        calm = -CALM_A < current_a < CALM_A
        if not (calm and seen["contactors"] == 2.0):
            return
        spread_v = seen["cell_max_v"] - seen["cell_min_v"]
        charge = self.estimate.charge
        if 0.12 < charge < 0.97 or spread_v > SPREAD_WORST_V:
            self.memory.observe("P0BBD", spread_v > SPREAD_V)
            self.memory.observe("P0A80", spread_v > SPREAD_WORST_V or self.estimate.health < 0.5)

    def _test_cooling(self, seen: Readings) -> None:
        """Two minutes of chilling, or heating, have to show between inlet and modules; a pump in air turns too fast."""
        observe = self.memory.observe
        self._chills_s = self._chills_s + 1.0 if self.cooling_w > 2_000.0 else 0.0
        self._heats_s = self._heats_s + 1.0 if self.heating_w > 2_000.0 else 0.0
        if self._chills_s > 120.0:
            observe("P0C32", seen["pack_max_c"] - seen["pack_inlet_c"] < 2.0)
        elif self._heats_s > 120.0:
            observe("P0C32", seen["pack_inlet_c"] - seen["pack_min_c"] < 2.0)
        asked_rpm = self.pump_rpm
        self._steady_s = self._steady_s + 1.0 if asked_rpm == self._asked_rpm else 0.0
        self._asked_rpm = asked_rpm
        if self._steady_s >= STEADY_S and asked_rpm >= READY_RPM and abs(seen["pack_pump_rpm"] / asked_rpm - 1.0) < 0.6:
            observe("P0E3B", seen["pack_pump_rpm"] > 1.15 * asked_rpm)

    def _permit(self, seen: Readings) -> None:
        """Whether contactors may close, and must open."""
        lowest_v, hottest_c, current_a = seen["cell_min_v"], seen["pack_max_c"], seen["pack_a"]
        active = self.memory.active()
        found = {code.text for code in active} if active else NO_CODES
        self._dry = "P2DFC" in found and ("P0E3B" in found or "P0C32" in found)
        deep = lowest_v < DEEP_V and -CALM_A < current_a < CALM_A
        self.opens = (lowest_v < OPENS_V and current_a < CALM_A) or hottest_c > OPENS_C
        if lowest_v < OPENS_V:
            self._empty = True
        elif seen["charge_kw"] > 1.0:
            self._empty = False
        spoilt = "P0AA6" in found or deep or hottest_c > OPENS_C - 2.0
        self.refuses = spoilt or self._empty
        self.refuses_charge = spoilt or self._dry
