"""What the engine's control unit makes of its sensors: codes, and the torque that it still allows.

Thresholds are ordinary ones of production units. Nothing here knows the physics behind a sensor, only the maps that the
unit itself drives boost and rail pressure by.
"""

import math
from typing import Final

from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.truck.codes import ENGINE, INJECTORS
from edge.simulator.truck.engine import EFFICIENCY, FUEL_FULL_G, FUEL_G_PER_L, FUEL_J_PER_G, RADIANS, REFERENCE_NM
from edge.simulator.truck.fuel import rail_wanted_mpa
from edge.simulator.truck.turbo import wanted_kpa as boost_wanted_kpa

WARNS_C: Final = 104.0
HOT_C: Final = 110.0
HOT_SHARE: Final = 0.40
"""Torque that an overheated engine is still allowed."""
BOOST_SHORT: Final = 0.78
RAIL_SHORT_MPA: Final = 18.0
BALANCE_PERCENT: Final = 14.0
FILL_PER_PERCENT: Final = 0.01 * REFERENCE_NM * RADIANS / (EFFICIENCY * FUEL_J_PER_G * FUEL_FULL_G)
"""Fuel per stroke that the unit asks for, by its own torque figure."""
WARM_J_PER_K: Final = 620_000.0
"""The unit's reckoning of what has to be warmed, on the safe side."""


class EngineTests:
    """The engine control unit's own tests; `second` looks at the sensors once."""

    def __init__(self) -> None:
        self.memory = CodeMemory(ENGINE)
        self.torque_share = 1.0
        """Torque that the driver may have."""
        self._expected_c = math.nan
        self._started_c = math.nan
        self._wanted_kpa = self._steady_s = 0.0
        self._active: object = ()
        self._share = 1.0
        self._warns = False

    def begins(self, seen: Readings) -> None:
        """A driving cycle begins."""
        self._started_c = seen["coolant_c"]
        self._expected_c = min(self._started_c, 55.0)

    def second(self, seen: Readings, muted: frozenset[str], run_s: float) -> None:
        """Once a second with the key on; `run_s` is how long the engine has been running."""
        observe = self.memory.observe
        coolant_c = seen["coolant_c"]
        observe("SPN 110 FMI 3", math.isnan(coolant_c))
        observe("SPN 110 FMI 16", coolant_c > WARNS_C)
        observe("SPN 110 FMI 0", coolant_c > HOT_C)
        observe("SPN 111 FMI 1", seen["coolant_level_percent"] < 12.0)
        observe("SPN 639 FMI 9", len(muted) >= 2)
        if run_s > 10.0:
            self._running(seen, coolant_c)
        self._protect(coolant_c)

    def _running(self, seen: Readings, coolant_c: float) -> None:
        observe = self.memory.observe
        rpm = seen["rpm"]
        fill = seen["torque_percent"] * FILL_PER_PERCENT
        observe("SPN 100 FMI 1", seen["oil_kpa"] < 70.0)
        observe("SPN 175 FMI 16", seen["oil_c"] > 126.0)
        observe("SPN 105 FMI 16", seen["intake_c"] > 92.0)
        if rpm > 900.0:
            observe("SPN 94 FMI 18", seen["fuel_kpa"] < 300.0)
        lacks_mpa = rail_wanted_mpa(fill, rpm) - seen["rail_mpa"]
        if fill > 0.35:
            observe("SPN 157 FMI 18", lacks_mpa > RAIL_SHORT_MPA)
        self._boost(seen["boost_kpa"], fill if lacks_mpa < 0.5 * RAIL_SHORT_MPA else 0.0, rpm)
        if 550.0 < rpm < 1400.0 and 0.04 < fill < 0.5:
            for place, code in enumerate(INJECTORS):
                off = seen[BALANCES[place]]
                observe(code, off > BALANCE_PERCENT or off < -BALANCE_PERCENT)
        self._thermostat(seen, coolant_c)

    def _boost(self, boost_kpa: float, fill: float, rpm: float) -> None:
        """Boost short of its map while the load is steady for seconds: neither a lag nor too little fuel is a leak."""
        wanted_kpa = boost_wanted_kpa(fill, rpm)
        change = wanted_kpa - self._wanted_kpa
        self._wanted_kpa = wanted_kpa
        self._steady_s = self._steady_s + 1.0 if -12.0 < change < 12.0 and wanted_kpa > 70.0 else 0.0
        if self._steady_s > 5.0 and not math.isnan(boost_kpa):
            self.memory.observe("SPN 102 FMI 18", boost_kpa < BOOST_SHORT * wanted_kpa)

    def _thermostat(self, seen: Readings, coolant_c: float) -> None:
        """The fuel burned should have warmed the coolant, with a good margin, and did not."""
        burned_w = seen["fuel_lph"] * FUEL_G_PER_L / 3600.0 * FUEL_J_PER_G
        ambient_c, wind = seen["ambient_c"], seen["speed_kmh"] / 3.6
        expected_c = self._expected_c
        if not expected_c < 84.0:
            expected_c = 84.0
        lost_w = (340.0 + 12.0 * wind) * (expected_c - ambient_c) + 95.0 * max(19.0 - ambient_c, 0.0) * 3.0
        self._expected_c = max(expected_c + (0.15 * burned_w - lost_w) / WARM_J_PER_K, self._started_c - 5.0)
        if coolant_c > 76.0:
            self.memory.observe("SPN 110 FMI 17", bad=False)
        elif self._expected_c > 78.0 and coolant_c < 71.0:
            self.memory.observe("SPN 110 FMI 17", bad=True)

    def _protect(self, coolant_c: float) -> None:
        """Less torque the hotter it gets, and with codes that ask for it; back only slowly."""
        active = self.memory.active()
        if active is not self._active:
            self._active = active
            texts = {code.text for code in active}
            self._share = 1.0
            if "SPN 157 FMI 18" in texts or "SPN 102 FMI 18" in texts:
                self._share = 0.75
            if "SPN 100 FMI 1" in texts or "SPN 110 FMI 0" in texts:
                self._share = HOT_SHARE
            self._warns = "SPN 110 FMI 16" in texts
        share = self._share
        if self._warns and coolant_c > WARNS_C:
            by_heat = 1.0 - 0.075 * (coolant_c - WARNS_C)
            share = min(share, max(by_heat, HOT_SHARE))
        step = share - self.torque_share
        self.torque_share += step if step < 0.02 else 0.02


BALANCES: Final = tuple(f"balance_{cylinder}_percent" for cylinder in range(1, 7))
"""Each cylinder's share in turning the crank, off from the mean, as the crank sensor shows it."""
