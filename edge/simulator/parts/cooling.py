"""Heat of an engine: metal, coolant and oil as three masses, a wax thermostat, a radiator with a fan.

Heat reaches the metal from combustion and friction, goes into the coolant with the pump's flow, and leaves through the
radiator with the wind and the fan. A leak takes coolant, and with it flow, radiator surface and pressure.
"""

import math
from dataclasses import dataclass
from typing import Final

STEP_S: Final = 1.0
COOLANT_J_PER_KG_K: Final = 3_600.0
"""Half water, half glycol at 80 °C."""
RESERVE_SHARE: Final = 0.85
"""The expansion tank's reserve: nothing is felt until the coolant falls below this share."""
DRY_SHARE: Final = 0.35
"""Below this share the pump draws air and nothing circulates."""
RESIDUE_SHARE: Final = 0.08
"""What stays in the block."""
BOILING_C: Final = 124.0
"""Glycol mixture at cap pressure; without pressure it boils about 14 K lower."""
PRESSURE_K: Final = 14.0
BOILING_K_PER_KPA: Final = 0.28
"""How the boiling point falls with the air's pressure (water near 100 °C)."""
LEAST_PUMP: Final = 0.003
"""Warm coolant rises by itself, a little."""
EVAPORATION_J_PER_KG: Final = 2_100_000.0


@dataclass(frozen=True, slots=True)
class CoolingDesign:
    """The numbers of one kind of engine."""

    metal_j_per_k: float
    oil_j_per_k: float
    metal_to_coolant_w_per_k: float
    oil_to_coolant_w_per_k: float
    thermostat_range_k: float
    """From opening to fully open."""
    wax_s: float
    fan_on_c: float
    fan_off_c: float
    fan_full_c: float
    full_flow_rpm: float
    """Engine speed from which the pump gives all it can."""
    radiator_w_per_k: float
    heater_w_per_k: float
    bonnet_w_per_k: float
    """Heat that the metal loses to still air."""
    bonnet_wind_w_per_k: float
    """More of it for each m/s."""
    boiling_w_per_k: float


PETROL_18: Final = CoolingDesign(
    metal_j_per_k=32_000.0,
    oil_j_per_k=9_000.0,
    metal_to_coolant_w_per_k=1_600.0,
    oil_to_coolant_w_per_k=170.0,
    thermostat_range_k=9.0,
    wax_s=8.0,
    fan_on_c=98.0,
    fan_off_c=93.5,
    fan_full_c=104.0,
    full_flow_rpm=2600.0,
    radiator_w_per_k=1_690.0,
    heater_w_per_k=38.0,
    bonnet_w_per_k=16.0,
    bonnet_wind_w_per_k=0.9,
    boiling_w_per_k=500.0,
)
"""Ordinary values of a 1.8 l petrol engine in a compact car, chosen for its warm-up and working temperature."""


@dataclass(slots=True)
class Cooling:
    """Temperatures of the engine; `second` moves them on."""

    design: CoolingDesign
    metal_c: float
    coolant_c: float
    oil_c: float
    full_kg: float
    coolant_kg: float
    opens_c: float
    radiator_share: float
    wax: float = 0.0
    """How far the thermostat is open, 0 to 1."""
    fan: float = 0.0
    """0 off, 0.5 half, 1 full."""

    @property
    def lost_share(self) -> float:
        """Coolant that is gone, 0 to 1."""
        return 1.0 - self.coolant_kg / self.full_kg

    def second(
        self,
        *,
        heat_w: float,
        friction_w: float,
        rpm: float,
        speed_mps: float,
        ambient_c: float,
        outside_kpa: float = 101.325,
        hole: float = 0.0,
        hole_kg_per_s: float = 0.0,
        pump_share: float = 1.0,
        stuck_from: float = 0.0,
        stuck_to: float = 1.0,
        powered: bool = True,
    ) -> None:
        """One second with this heat.

        `hole` is how far a leak is open (0 to 1), `pump_share` what the water pump still moves, `stuck_from` and
        `stuck_to` what the thermostat can open between, `powered` whether the fan has current.
        """
        design = self.design
        coolant_c, metal_c, oil_c = self.coolant_c, self.metal_c, self.oil_c
        flowing = self._flowing()
        self._thermostat(stuck_from, stuck_to)
        self._fan(powered=powered)
        turning = rpm / design.full_flow_rpm
        pump = (0.1 + 0.9 * min(turning, 1.0)) * pump_share if rpm > 0.0 else 0.06
        pump = max(pump, LEAST_PUMP)
        into = design.metal_to_coolant_w_per_k * (0.25 + 0.75 * pump) * max(flowing, 0.08)
        to_coolant = into * (0.2 + 0.8 * min(pump / 0.1, 1.0)) * (metal_c - coolant_c)
        oil_to_coolant = design.oil_to_coolant_w_per_k * max(flowing, 0.1) * (oil_c - coolant_c)
        flow = pump * flowing
        away = self._radiator_w(flow, speed_mps, ambient_c) + self._heater_w(ambient_c, flow)
        boiling_c = BOILING_C - PRESSURE_K * hole - BOILING_K_PER_KPA * (101.325 - outside_kpa)
        steam = design.boiling_w_per_k * flowing * max(coolant_c - boiling_c, 0.0)
        bonnet_w = (design.bonnet_w_per_k + design.bonnet_wind_w_per_k * speed_mps) * (metal_c - ambient_c)
        oil_away = (0.55 * design.bonnet_w_per_k + 0.78 * design.bonnet_wind_w_per_k * speed_mps) * (oil_c - ambient_c)
        self.metal_c = metal_c + (heat_w + 0.4 * friction_w - to_coolant - bonnet_w) / design.metal_j_per_k
        mass_j_per_k = COOLANT_J_PER_KG_K * self.coolant_kg
        self.coolant_c = coolant_c + (to_coolant + oil_to_coolant - away - steam) / mass_j_per_k
        self.oil_c = oil_c + (0.6 * friction_w - oil_to_coolant - oil_away) / design.oil_j_per_k
        lost = hole_kg_per_s * hole * self._pressed() + steam / EVAPORATION_J_PER_KG
        self.coolant_kg = max(self.coolant_kg - lost, RESIDUE_SHARE * self.full_kg)

    def rest(self, ambient_c: float, seconds: float) -> None:
        """Cool down with the engine off, all three towards each other and to the air."""
        design = self.design
        mean_c = (self.metal_c + self.coolant_c + self.oil_c) / 3.0
        mass_j_per_k = design.metal_j_per_k + design.oil_j_per_k + COOLANT_J_PER_KG_K * self.coolant_kg
        lost_k = 1.55 * design.bonnet_w_per_k * (mean_c - ambient_c) / mass_j_per_k * seconds
        mixing = min(seconds / 300.0, 1.0)
        self.metal_c += (mean_c - self.metal_c) * mixing - lost_k
        self.coolant_c += (mean_c - self.coolant_c) * mixing - lost_k
        self.oil_c += (mean_c - self.oil_c) * mixing - lost_k
        self.wax = max(self.wax - seconds / 100.0, 0.0)
        self.fan = 0.0

    def _flowing(self) -> float:
        """How much of the healthy flow the remaining coolant still makes, 0 to 1."""
        share = self.coolant_kg / self.full_kg
        return min(max((share - DRY_SHARE) / (RESERVE_SHARE - DRY_SHARE), 0.0), 1.0)

    def _pressed(self) -> float:
        """Pressure behind a leak: little in a cold system, full in a hot one; less as it empties."""
        warm = min(max((self.coolant_c - 20.0) / 65.0, 0.15), 1.0)
        return warm * math.sqrt(self.coolant_kg / self.full_kg)

    def _thermostat(self, stuck_from: float, stuck_to: float) -> None:
        wanted = min(max((self.coolant_c - self.opens_c) / self.design.thermostat_range_k, stuck_from), stuck_to)
        self.wax += (wanted - self.wax) * STEP_S / self.design.wax_s

    def _fan(self, *, powered: bool) -> None:
        if not powered or self.coolant_c < self.design.fan_off_c:
            self.fan = 0.0
        elif self.coolant_c > self.design.fan_full_c:
            self.fan = 1.0
        elif self.coolant_c > self.design.fan_on_c:
            self.fan = max(self.fan, 0.5)

    def _radiator_w(self, flow: float, speed_mps: float, ambient_c: float) -> float:
        """The more air and the more coolant pass, the nearer to the radiator's best."""
        air = 0.030 * speed_mps + 0.32 * self.fan
        conductance = self.design.radiator_w_per_k * (0.0185 + air / (air + 0.6))
        share = self.radiator_share * self.wax * flow / (flow + 0.25)
        return conductance * share * (self.coolant_c - ambient_c)

    def _heater_w(self, ambient_c: float, flow: float) -> float:
        """What warms the cabin: the colder outside, the more, and only from warm coolant."""
        wanted = min(max((19.0 - ambient_c) / 20.0, 0.0), 1.0)
        return self.design.heater_w_per_k * wanted * min(flow * 2.0, 1.0) * max(self.coolant_c - 20.0, 0.0)
