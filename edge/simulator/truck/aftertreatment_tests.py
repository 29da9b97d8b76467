"""What the aftertreatment's control unit makes of its sensors: soot load, regeneration, conversion, inducement.

The inducement follows the guidance of the US EPA of August 2025 for trucks: 15 % less torque after 650 miles or 10 h
with the fault, 30 % after 4,200 miles or 80 h, 25 mph after 8,400 miles or 160 h.
"""

import math
from typing import Final

from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.truck.codes import AFTERTREATMENT, CAUSES, INDUCED
from edge.simulator.truck.exhaust import BY_ASH, BY_SOOT, DARCY_KPA, KELVIN

NEEDS_PERCENT: Final = 75.0
"""Soot at which a regeneration is asked for."""
URGENT_PERCENT: Final = 90.0
DONE_PERCENT: Final = 10.0
HIGH_PERCENT: Final = 105.0
EXTREME_PERCENT: Final = 125.0
LOCKED_PERCENT: Final = 140.0
"""Too much to be burned on the road without melting the filter."""
LONGEST_S: Final = 90.0 * 60.0
"""Of time with the engine at work: a town's stops make it long."""
SHORTEST_S: Final = 12.0 * 60.0
AGAIN_S: Final = 1800.0
"""After a regeneration that did not come to its end."""
MILE_KM: Final = 1.609344
STEPS: Final = ((650.0, 10.0), (4_200.0, 80.0), (8_400.0, 160.0))
"""Miles and hours with a fault until each step of the inducement."""
STEP_SHARES: Final = (1.0, 0.85, 0.70, 0.70)
STEP_LIMIT_KMH: Final = 25.0 * MILE_KM
FORGETS_H: Final = 40.0
"""Hours without the fault until its miles and hours are forgotten."""
CONVERSION_LOW: Final = 0.75
JUDGED_S: Final = 240.0
PRIMED_KPA: Final = 620.0
THAWED_C: Final = -8.0
PRIMED_S: Final = 240.0
"""A thawed tank and a full line give reagent after so long."""
HOT_S: Final = 90.0
"""The catalyst's ammonia has settled after so long at its working temperature."""


class AftertreatmentTests:
    """The aftertreatment control unit; `second` looks at the sensors once."""

    def __init__(self, soot_percent: float) -> None:
        self.memory = CodeMemory(AFTERTREATMENT)
        self.soot_percent = soot_percent
        """Soot in the filter, as the unit reckons from flow and differential pressure."""
        self.conversion_percent = math.nan
        self.regenerates = False
        self.since_s = 120_000.0
        """Since the last regeneration that came to its end."""
        self.torque_share = 1.0
        self.limit_kmh = math.inf
        self.step = 0
        """Of the inducement: 0 none to 3."""
        self.locked = False
        self.inhibited = 0.0
        self._asked = False
        """A regeneration is wanted, or under way."""
        self._on_s = 0.0
        self._wait_s = 0.0
        self._in_ppm = self._out_ppm = 0.0
        self._judged_s = self._hot_s = self._primed_s = 0.0
        self._miles = self._hours = self._well_h = 0.0
        self._active: object = ()
        self._induces = False
        self._share = 1.0

    def begins(self) -> None:
        """A driving cycle begins."""
        self._judged_s = 0.0

    def stops(self) -> None:
        """The engine stands: a regeneration is broken off, and goes on when it can."""
        self.regenerates = False

    def second(self, seen: Readings, run_s: float) -> None:
        """Once a second with the engine running."""
        self.since_s += 1.0
        self._weigh_soot(seen)
        self._regenerate(seen, run_s)
        self._filter_codes(seen["dpf_kpa"])
        self._reagent(seen, run_s)
        self._convert(seen)
        self._induce(seen["speed_kmh"])

    def _weigh_soot(self, seen: Readings) -> None:
        """Differential pressure in relation to a clean filter at this flow and temperature (Darcy)."""
        flow = seen["exhaust_kgph"] / 3600.0
        if flow < 0.11:
            return
        mean_k = 0.5 * (seen["dpf_in_c"] + seen["dpf_out_c"]) + KELVIN
        resists = seen["dpf_kpa"] / (DARCY_KPA * flow * mean_k / 600.0)
        soot = (resists - 1.0 - BY_ASH * 0.01 * seen["ash_percent"]) / BY_SOOT * 100.0
        if not math.isnan(soot):
            soot = 0.0 if soot < 0.0 else (soot if soot < 240.0 else 240.0)
            self.soot_percent += (soot - self.soot_percent) / 100.0

    def _regenerate(self, seen: Readings, run_s: float) -> None:
        soot = self.soot_percent
        if soot > LOCKED_PERCENT:
            self.locked = True
        warm = run_s > 120.0 and seen["coolant_c"] > 60.0 and seen["exhaust_c"] > 140.0
        self.inhibited = float(soot > NEEDS_PERCENT and (self.locked or not warm))
        if self._asked and warm:
            self.regenerates = True
        if self.regenerates:
            self._on_s += 1.0
            if soot < DONE_PERCENT and self._on_s > SHORTEST_S:
                self._end(whole=True)
            elif self._on_s > LONGEST_S:
                self._end(whole=soot < 0.6 * NEEDS_PERCENT)
            elif self.locked:
                self._end(whole=False)
            return
        self._wait_s = self._wait_s - 1.0 if self._wait_s > 0.0 else 0.0
        if soot >= NEEDS_PERCENT and not self.locked and self._wait_s <= 0.0:
            self._asked = True

    def _end(self, *, whole: bool) -> None:
        self.regenerates = self._asked = False
        self._on_s = 0.0
        if whole:
            self.since_s = 0.0
        else:
            self._wait_s = AGAIN_S
        self.memory.observe("SPN 5319 FMI 31", not whole)

    def _filter_codes(self, filter_kpa: float) -> None:
        observe, soot = self.memory.observe, self.soot_percent
        observe("SPN 3719 FMI 16", soot > HIGH_PERCENT)
        observe("SPN 3719 FMI 0", soot > EXTREME_PERCENT)
        observe("SPN 3251 FMI 16", filter_kpa > 24.0)

    def _reagent(self, seen: Readings, run_s: float) -> None:
        observe = self.memory.observe
        level, tank_c = seen["def_percent"], seen["def_c"]
        observe("SPN 1761 FMI 17", level < 9.0)
        observe("SPN 1761 FMI 1", level < 2.5)
        if tank_c < THAWED_C or run_s < PRIMED_S:
            return
        concentration = seen["def_concentration"]
        observe("SPN 3516 FMI 18", concentration < 27.5)
        observe("SPN 3516 FMI 1", concentration < 18.0)
        if level > 4.0:
            observe("SPN 4334 FMI 18", seen["dosing_kpa"] - seen["outside_kpa"] < PRIMED_KPA)

    def _convert(self, seen: Readings) -> None:
        """Nitrogen oxides before and behind the catalyst, when it is warm and something flows."""
        before, behind = seen["nox_in_ppm"], seen["nox_out_ppm"]
        primed = seen["dosing_kpa"] - seen["outside_kpa"] > PRIMED_KPA and seen["def_c"] > THAWED_C
        self._primed_s = self._primed_s + 1.0 if primed else 0.0
        hot = 262.0 < seen["scr_in_c"] < 460.0 and seen["scr_out_c"] > 252.0 and not self.regenerates
        hot = hot and self._primed_s > PRIMED_S
        self._hot_s = self._hot_s + 1.0 if hot else 0.0
        if self._hot_s < HOT_S:
            return
        observe = self.memory.observe
        if seen["sensors_on_s"] > 300.0:
            observe("SPN 3216 FMI 3", math.isnan(before))
            observe("SPN 3226 FMI 3", math.isnan(behind))
        if not (before > 120.0 and behind >= 0.0 and seen["exhaust_kgph"] > 400.0):
            return
        share = 1.0 / 90.0 if self._judged_s > 90.0 else 1.0 / (1.0 + self._judged_s)
        self._in_ppm += (before - self._in_ppm) * share
        self._out_ppm += (behind - self._out_ppm) * share
        self._judged_s += 1.0
        if self._judged_s > 60.0:
            converted = 1.0 - self._out_ppm / self._in_ppm
            self.conversion_percent = 100.0 * (converted if converted > 0.0 else 0.0)
            if self._judged_s > JUDGED_S:
                observe("SPN 4364 FMI 18", converted < CONVERSION_LOW)

    def _induce(self, speed_kmh: float) -> None:
        """Count miles and hours with a fault that lets nitrogen oxides out, and take torque in steps."""
        active = self.memory.active()
        if active is not self._active:
            self._active = active
            texts = {code.text for code in active}
            self._induces = not texts.isdisjoint(CAUSES)
            self._share = 0.5 if "SPN 3719 FMI 0" in texts else (0.75 if "SPN 3719 FMI 16" in texts else 1.0)
            if not self._induces:
                self.step = 0
        if self._induces:
            self._miles += speed_kmh / 3600.0 / MILE_KM if speed_kmh > 0.0 else 0.0
            self._hours += 1.0 / 3600.0
            self._well_h = 0.0
            self.step = sum(self._miles > miles or self._hours > hours for miles, hours in STEPS)
        elif self._hours > 0.0:
            self._well_h += 1.0 / 3600.0
            if self._well_h > FORGETS_H:
                self._miles = self._hours = 0.0
        if self.step or active:
            for place, code in enumerate(INDUCED):
                self.memory.observe(code, self.step == place + 1)
        share = STEP_SHARES[self.step]
        self.torque_share = share if share < self._share else self._share
        self.limit_kmh = STEP_LIMIT_KMH if self.step == len(STEPS) else math.inf
