"""What gearbox, brakes, air supply, tyres, body and cluster make of their sensors."""

from math import isnan
from typing import Final

from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.truck.air import CUT_IN_KPA, CUT_OUT_KPA
from edge.simulator.truck.codes import AIR, BODY, BRAKES, CLUSTER, HEARD, LININGS, TRANSMISSION, TYRES, WHEELS, silent

LOW_AIR_KPA: Final = 380.0
"""55 psi."""
WARN_AIR_KPA: Final = 550.0
"""ECE R13: the driver is warned at no less than 65 % of the working pressure."""
BUILT_UP_S: Final = 420.0
"""From an empty system, at idle (ECE R13 annex 7 allows six to nine minutes)."""
SPAN_KPA: Final = CUT_OUT_KPA - CUT_IN_KPA
SLOW_TURNS: Final = 2.6
"""Thousands of engine turns from cut-in to cut-out that are too many; a good compressor needs 0.6 to 1."""
TYRE_LOW: Final = 0.80
"""UN R141: warn when a tyre has lost 20 % of its cold pressure."""
TYRE_EMPTY: Final = 0.65
NO_ALARM: Final = 2.0
UNDER: Final = 3.0
FAR_UNDER: Final = 4.0
CHARGING_V: Final = 25.4
REST_V: Final = 24.2
DIPS_V: Final = 14.5
RESTED_S: Final = 3600.0
WHEEL_COLUMNS: Final = ("wheel_fl_kmh", "wheel_fr_kmh", "wheel_rl_kmh", "wheel_rr_kmh")
LINING_COLUMNS: Final = ("lining_fl_percent", "lining_fr_percent", "lining_rl_percent", "lining_rr_percent")
_OPEN: Final = tuple(f"SPN {spn} FMI 5" for spn in WHEELS)
_IMPLAUSIBLE: Final = tuple(f"SPN {spn} FMI 8" for spn in WHEELS)
_WORN: Final = tuple(f"SPN {spn} FMI 18" for spn in LININGS)
_GONE: Final = tuple(f"SPN {spn} FMI 1" for spn in LININGS)
_SILENT: Final = tuple((node, silent(address)) for node, address in HEARD.items())


class TransmissionTests:
    """Oil temperature, and the engine that it needs to shift."""

    def __init__(self) -> None:
        self.memory = CodeMemory(TRANSMISSION)

    def second(self, seen: Readings, muted: frozenset[str]) -> None:
        """Once a second with the key on."""
        self.memory.observe("SPN 177 FMI 16", seen["gearbox_c"] > 120.0)
        self.memory.observe("SPN 2000 FMI 9", "ENGINE" in muted)


class BrakeTests:
    """Wheel speeds against one another, linings, and the air that must be there."""

    def __init__(self) -> None:
        self.memory = CodeMemory(BRAKES)
        self._filled = [False, False]

    def ends(self) -> None:
        """The key is off."""
        self._filled = [False, False]

    def second(self, seen: Readings, muted: frozenset[str], run_s: float) -> None:
        """Once a second with the key on."""
        observe = self.memory.observe
        observe("SPN 2000 FMI 9", "ENGINE" in muted)
        for place, column in enumerate(LINING_COLUMNS):
            left = seen[column]
            observe(_WORN[place], left < 10.5)
            observe(_GONE[place], left < 3.5)
        self._low_air(0, "SPN 117 FMI 1", seen["brake1_kpa"], run_s)
        self._low_air(1, "SPN 118 FMI 1", seen["brake2_kpa"], run_s)
        speeds = (seen["wheel_fl_kmh"], seen["wheel_fr_kmh"], seen["wheel_rl_kmh"], seen["wheel_rr_kmh"])
        fastest = 0.0
        for speed in speeds:
            fastest = speed if speed > fastest else fastest
        for place, speed in enumerate(speeds):
            lost = isnan(speed)
            observe(_OPEN[place], lost)
            if fastest > 15.0 and not lost:
                observe(_IMPLAUSIBLE[place], speed < 0.72 * fastest)

    def _low_air(self, place: int, code: str, kpa: float, run_s: float) -> None:
        """An empty system that is still being filled in the morning is no fault."""
        if kpa > WARN_AIR_KPA:
            self._filled[place] = True
        if self._filled[place] or run_s > BUILT_UP_S:
            self.memory.observe(code, kpa < LOW_AIR_KPA)


class AirTests:
    """The air supply's own unit: pressures, and how long the compressor needs."""

    def __init__(self) -> None:
        self.memory = CodeMemory(AIR)
        self._filled = False
        self._turns = self._allowed = 0.0

    def ends(self) -> None:
        """The key is off."""
        self._filled = False

    def second(self, seen: Readings, run_s: float) -> None:
        """Once a second with the key on."""
        one, two = seen["service1_kpa"], seen["service2_kpa"]
        self._filled = self._filled or (one > WARN_AIR_KPA and two > WARN_AIR_KPA) or run_s > BUILT_UP_S
        if self._filled:
            self.memory.observe("SPN 1087 FMI 18", one < WARN_AIR_KPA)
            self.memory.observe("SPN 1088 FMI 18", two < WARN_AIR_KPA)
        if run_s > 0.0:
            self._build_up(seen)

    def _build_up(self, seen: Readings) -> None:
        """One verdict for each time that the compressor pumps, by engine turns for the pressure that was lacking."""
        if seen["compressor"] < 1.0:
            if self._turns > 0.0:
                self.memory.observe("SPN 1351 FMI 7", self._turns > self._allowed)
            self._turns = 0.0
            return
        if self._turns == 0.0:
            self._allowed = SLOW_TURNS * max(CUT_OUT_KPA - seen["supply_kpa"], SPAN_KPA) / SPAN_KPA
        self._turns += seen["rpm"] / 60_000.0
        if self._turns > 2.0 * self._allowed:
            self.memory.observe("SPN 1351 FMI 7", bad=True)


class TyreTests:
    """Tyre pressures, one wheel module after the other."""

    def __init__(self, placard_kpa: tuple[float, ...], names: tuple[str, ...]) -> None:
        self.memory = CodeMemory(TYRES)
        self.lowest = 1.0
        self._placard_kpa = placard_kpa
        self._columns = tuple((f"tyre_{name}_kpa", f"tyre_{name}_c") for name in names)
        self._shares = [1.0] * len(names)
        self._unheard = [False] * len(names)

    def alarm(self, place: int) -> float:
        """SPN 2587 of one wheel: 2 no warning, 3 under pressure, 4 extremely so."""
        share = self._shares[place]
        return NO_ALARM if share >= TYRE_LOW else (UNDER if share >= TYRE_EMPTY else FAR_UNDER)

    def second(self, seen: Readings, place: int) -> None:
        """Once a second while the truck moves: the wheel module `place` reports."""
        column, warmth = self._columns[place]
        gauge, temp_c = seen[column], seen[warmth]
        unheard = isnan(gauge)
        self._unheard[place] = unheard
        if not unheard:
            cold_kpa = (gauge + seen["outside_kpa"]) * 293.15 / (temp_c + 273.15) - 101.3
            self._shares[place] = cold_kpa / self._placard_kpa[place]
        self.lowest = lowest = min(self._shares)
        observe = self.memory.observe
        observe("SPN 241 FMI 18", lowest < TYRE_LOW)
        observe("SPN 241 FMI 1", lowest < TYRE_EMPTY)
        observe("SPN 929 FMI 9", True in self._unheard)


class BodyTests:
    """Batteries and charging."""

    def __init__(self) -> None:
        self.memory = CodeMemory(BODY)
        self._off_s = 0.0

    def second(self, seen: Readings, run_s: float, *, key_on: bool) -> None:
        """Once a second while awake."""
        observe, volt = self.memory.observe, seen["volt"]
        if not key_on:
            self._off_s = seen["off_s"]
            return
        if self._off_s > RESTED_S and seen["rpm"] == 0.0:
            observe("SPN 168 FMI 18", volt < REST_V)
            self._off_s = 0.0
        observe("SPN 168 FMI 1", seen["volt_min"] < DIPS_V or (run_s > 30.0 and volt < 21.5))
        if run_s > 60.0 and seen["rpm"] > 850.0:
            observe("SPN 167 FMI 1", seen["charging_v"] < CHARGING_V)


class ClusterTests:
    """Who is missing on the bus."""

    def __init__(self) -> None:
        self.memory = CodeMemory(CLUSTER)

    def second(self, muted: frozenset[str]) -> None:
        """Once a second with the key on."""
        for node, code in _SILENT:
            self.memory.observe(code, node in muted)
