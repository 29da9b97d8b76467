"""SCR: nitrogen oxides, the reagent that reduces them, and how well that works at which temperature.

Conversion over temperature is that of a copper zeolite (Dieselnet, "Selective catalytic reduction"); below 190 °C
nothing is dosed, for urea would leave deposits. A gram of NOx needs about 2 g of reagent of 32.5 % (ISO 22241).
"""

from dataclasses import dataclass
from typing import Final

CONCENTRATION: Final = 32.5
"""Urea in the reagent, percent by mass: ISO 22241-1."""
FREEZES_C: Final = -11.0
DOSES_FROM_C: Final = 190.0
CONVERSION: Final = (
    (150.0, 0.0),
    (190.0, 0.30),
    (220.0, 0.66),
    (260.0, 0.93),
    (300.0, 0.965),
    (430.0, 0.965),
    (520.0, 0.88),
    (620.0, 0.6),
)
"""Temperature (°C) → share of the nitrogen oxides that is reduced."""
STORED_S: Final = 35.0
"""Ammonia on the catalyst carries it over so long."""
REAGENT_PER_NOX: Final = 2.05
REAGENT_G_PER_L: Final = 1090.0
NOX_G_PER_PPM: Final = 1.587e-6
"""Grams of NOx (as NO2) for each ppm and gram of exhaust."""
PUMP_KPA: Final = 900.0
"""Above the air outside, behind the reagent pump."""
AWAKE_C: Final = 125.0
"""Below this there may be water in the pipe, and the NOx sensors stay unheated."""
DRY_C: Final = 65.0
"""Once heated they stay so until the pipe is as cold as this."""
SENSOR_S: Final = 45.0
"""They need so long to warm up from there."""
EMPTY_L: Final = 1.2


@dataclass(slots=True)
class Scr:
    """Nitrogen oxides and reagent; `second` moves them on."""

    tank_l: float
    left_l: float
    tank_c: float
    concentration: float = CONCENTRATION
    nox_in_ppm: float = 0.0
    nox_out_ppm: float = 0.0
    reduced: float = 0.0
    """Share that the catalyst takes out just now."""
    pump_kpa: float = 0.0
    """Above the air outside."""
    dosed_gph: float = 0.0
    """Reagent that the unit asks for, grams an hour."""
    dosing: bool = False
    in_s: float = 0.0
    """Since the pipe before the catalyst is dry and warm."""
    out_s: float = 0.0

    @property
    def frozen(self) -> bool:
        """Nothing can be pumped."""
        return self.tank_c < FREEZES_C

    def second(
        self,
        *,
        fill: float,
        flow_gps: float,
        before_c: float,
        after_c: float,
        turbine_c: float,
        ambient_c: float,
        coolant_c: float,
        valve: float,
        pump: float,
    ) -> None:
        """One second with the engine running; `valve` and `pump` are what they still give."""
        warmed_c = ambient_c + (0.25 * (coolant_c - ambient_c) if ambient_c < 8.0 and coolant_c > 40.0 else 3.0)
        self.tank_c += (warmed_c - self.tank_c) / (1500.0 if ambient_c < 8.0 else 6000.0)
        self.in_s = self.in_s + 1.0 if turbine_c > (DRY_C if self.in_s else AWAKE_C) else 0.0
        self.out_s = self.out_s + 1.0 if after_c > (DRY_C if self.out_s else AWAKE_C) else 0.0
        made_ppm = 150.0 + 500.0 * fill if fill > 0.0 else 12.0
        self.nox_in_ppm += (made_ppm - self.nox_in_ppm) * 0.45
        wet = self.left_l > EMPTY_L and not self.frozen
        self.pump_kpa += ((PUMP_KPA * pump if wet else 0.0) - self.pump_kpa) * (0.25 if wet else 0.6)
        self.dosing = before_c > DOSES_FROM_C and self.pump_kpa > 0.55 * PUMP_KPA and fill > 0.0
        best = conversion(0.5 * (before_c + after_c))
        share = 0.0
        if self.dosing:
            asked_gps = self.nox_in_ppm * NOX_G_PER_PPM * flow_gps * best * REAGENT_PER_NOX
            self.dosed_gph = asked_gps * 3600.0
            given = valve * (self.pump_kpa / PUMP_KPA) ** 0.5
            self.left_l -= asked_gps * given / REAGENT_G_PER_L
            share = given * self.concentration / CONCENTRATION
        else:
            self.dosed_gph = 0.0
        if fill > 0.0:  # without nitrogen oxides the ammonia on the catalyst waits
            reached = best * (share if share < 1.0 else 1.0)
            self.reduced += (reached - self.reduced) / STORED_S
        self.nox_out_ppm += (self.nox_in_ppm * (1.0 - self.reduced) - self.nox_out_ppm) * 0.35

    def rest(self, ambient_c: float, seconds: float) -> None:
        """Parked: the pump sucks the line empty."""
        self.tank_c += (ambient_c - self.tank_c) * min(seconds / 30_000.0, 1.0)
        self.pump_kpa = self.dosed_gph = self.in_s = self.out_s = self.reduced = 0.0
        self.nox_in_ppm = self.nox_out_ppm = 0.0
        self.dosing = False


def conversion(temp_c: float) -> float:
    """Share that a good catalyst with enough reagent reduces."""
    before_c, before = CONVERSION[0]
    if temp_c <= before_c:
        return before
    for at_c, share in CONVERSION[1:]:
        if temp_c <= at_c:
            return before + (share - before) * (temp_c - before_c) / (at_c - before_c)
        before_c, before = at_c, share
    return before
