"""Exhaust after the turbine: oxidation catalyst, particulate filter, SCR catalyst, each a mass that the gas warms.

Soot is filtered and burned: by nitrogen dioxide from about 250 °C on, slowly, and by oxygen above 550 °C, in minutes
(Heywood ch. 11.5; Dieselnet, "Diesel particulate filters"). Differential pressure follows the volume flow and what
lies in the filter (Darcy); ash stays for good.
"""

import math
from dataclasses import dataclass, field
from typing import Final

GAS_J_PER_G_K: Final = 1.10
KELVIN: Final = 273.15
EXHAUST_SHARE: Final = 0.27
"""Of the fuel's power, behind the turbine."""
CATALYST_J_PER_K: Final = 9_000.0
FILTER_J_PER_K: Final = 24_000.0
SCR_J_PER_K: Final = 30_000.0
SENSOR_S: Final = 5.0
FULL_G: Final = 92.0
"""Soot at 100 %: about 4 g/l."""
DARCY_KPA: Final = 11.5
"""Of a clean filter at 1 kg/s and 600 K."""
BY_SOOT: Final = 2.4
"""A full filter resists so much more."""
BY_ASH: Final = 1.3
ACTIVE_C: Final = 590.0
ACTIVE_S: Final = 560.0
"""Time constant of soot burning at ACTIVE_C."""
ACTIVE_K: Final = 28.0
"""It changes by e for so many degrees."""
PASSIVE_C: Final = 330.0
PASSIVE_S: Final = 11.0 * 3600.0
PASSIVE_K: Final = 45.0
LIGHT_OFF_C: Final = 215.0
"""From here the catalyst burns the fuel that is sprayed in for a regeneration."""
RAISED_K: Final = 95.0
"""Late injection and a closed throttle raise the exhaust's temperature while a regeneration is on."""
FUEL_J_PER_G: Final = 42_800.0
DOSED_GPS: Final = 4.5
"""Most fuel that is sprayed before the catalyst."""


@dataclass(slots=True)
class Exhaust:
    """Temperatures, soot and ash; `second` moves them on."""

    ambient_c: float
    soot_g: float
    ash: float
    """Share of a filter full of ash."""
    turbine_c: float = field(init=False)
    """Behind the turbine, as its sensor shows."""
    before_filter_c: float = field(init=False)
    after_filter_c: float = field(init=False)
    before_scr_c: float = field(init=False)
    after_scr_c: float = field(init=False)
    flow_gps: float = 0.0
    dosed_gps: float = 0.0
    """Fuel sprayed before the catalyst."""
    filter_kpa: float = 0.0
    """Differential pressure."""
    oxidised_g_per_h: float = 0.0
    """By nitrogen dioxide."""
    burned_g: float = 0.0

    def __post_init__(self) -> None:
        ambient_c = self.ambient_c
        self.turbine_c = self.before_filter_c = self.after_filter_c = self.before_scr_c = self.after_scr_c = ambient_c

    @property
    def soot_share(self) -> float:
        """How full the filter is with soot."""
        return self.soot_g / FULL_G

    def back_kpa(self) -> float:
        """What the engine has to push against besides the turbine."""
        return self.filter_kpa + 9.0e-6 * self.flow_gps * self.flow_gps

    def second(
        self,
        *,
        fuel_w: float,
        air_gps: float,
        fuel_gps: float,
        brake_w: float,
        intake_c: float,
        ambient_c: float,
        soot_mg: float,
        regenerate: bool,
        catalysis: float,
        more_ash: float,
    ) -> None:
        """One second with the engine running; `brake_w` is what its compression brake turns into heat."""
        flow = air_gps + fuel_gps
        self.flow_gps = flow
        carries = flow * GAS_J_PER_G_K + 1.0
        raised_k = RAISED_K if regenerate and fuel_w > 0.0 else 0.0
        out_c = intake_c + 25.0 + (EXHAUST_SHARE * fuel_w + 0.45 * brake_w) / carries + raised_k
        self.turbine_c += (out_c - self.turbine_c) / SENSOR_S
        self._dose(carries, regenerate=regenerate, catalysis=catalysis)
        into_c = self.turbine_c + self.dosed_gps * FUEL_J_PER_G * 0.92 / carries
        self.before_filter_c = _pass(
            self.before_filter_c, into_c, ambient_c, carries, stores=CATALYST_J_PER_K, loses=5.0
        )
        heat_w = self._burn(soot_mg, catalysis)
        through_c = self.before_filter_c + heat_w / carries
        self.after_filter_c = _pass(
            self.after_filter_c, through_c, ambient_c, carries, stores=FILTER_J_PER_K, loses=7.0
        )
        self.before_scr_c += (self.after_filter_c - 0.02 * (self.after_filter_c - ambient_c) - self.before_scr_c) / 6.0
        self.after_scr_c = _pass(self.after_scr_c, self.before_scr_c, ambient_c, carries, stores=SCR_J_PER_K, loses=8.0)
        mean_k = 0.5 * (self.before_filter_c + self.after_filter_c) + KELVIN
        full = 1.0 + BY_SOOT * self.soot_g / FULL_G + BY_ASH * (self.ash + more_ash)
        self.filter_kpa = DARCY_KPA * flow * 0.001 * mean_k / 600.0 * full

    def rest(self, ambient_c: float, seconds: float) -> None:
        """Cool down with the engine off."""
        self.flow_gps = self.dosed_gps = self.filter_kpa = self.oxidised_g_per_h = 0.0
        share = 1.0 - math.exp(-seconds / 2200.0)
        self.before_filter_c += (ambient_c - self.before_filter_c) * share
        self.after_filter_c += (ambient_c - self.after_filter_c) * share
        self.before_scr_c += (ambient_c - self.before_scr_c) * share
        self.after_scr_c += (ambient_c - self.after_scr_c) * share
        self.turbine_c += (ambient_c - self.turbine_c) * (1.0 - math.exp(-seconds / 700.0))

    def _dose(self, carries: float, *, regenerate: bool, catalysis: float) -> None:
        """Spray what brings the filter to ACTIVE_C, as soon as the catalyst can burn it."""
        if not regenerate or self.before_filter_c < LIGHT_OFF_C:
            self.dosed_gps = 0.0
            return
        lacks_k = ACTIVE_C + 12.0 - self.turbine_c
        wanted = min(max(lacks_k, 0.0) * carries / (FUEL_J_PER_G * 0.92), DOSED_GPS) * catalysis
        self.dosed_gps += (wanted - self.dosed_gps) * 0.2

    def _burn(self, soot_mg: float, catalysis: float) -> float:
        """Soot comes in and burns; the heat that gives (W)."""
        soot_g = self.soot_g + soot_mg * 0.001
        filter_c = self.before_filter_c if self.before_filter_c < 650.0 else 650.0
        passive = catalysis * math.exp((filter_c - PASSIVE_C) / PASSIVE_K) / PASSIVE_S if filter_c > 200.0 else 0.0
        passive = passive if passive < 1.0 / 9000.0 else 1.0 / 9000.0
        active = math.exp((filter_c - ACTIVE_C) / ACTIVE_K) / ACTIVE_S if filter_c > 480.0 else 0.0
        self.oxidised_g_per_h = soot_g * passive * 3600.0
        burned_g = soot_g * (passive + active)
        self.burned_g += burned_g
        self.soot_g = soot_g - burned_g
        return burned_g * 33_000.0


def _pass(mass_c: float, gas_c: float, ambient_c: float, carries: float, *, stores: float, loses: float) -> float:
    """Temperature of a brick, and of the gas behind it, after one second; `stores` J/K, `loses` W/K to the air."""
    return mass_c + ((gas_c - mass_c) * carries - loses * (mass_c - ambient_c)) / (stores + carries)
