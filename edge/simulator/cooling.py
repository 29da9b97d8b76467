"""Heat: metal, coolant and oil as three masses, a wax thermostat, a radiator with an electric fan.

Heat reaches the metal from combustion and friction, goes into the coolant with the pump's flow, and leaves through the
radiator with the wind and the fan. A leak takes coolant, and with it flow, radiator surface and pressure.
"""

import math
from dataclasses import dataclass
from typing import Final

from edge.simulator.drive import STEP_S

METAL_J_PER_K: Final = 32_000.0
OIL_J_PER_K: Final = 9_000.0
COOLANT_J_PER_KG_K: Final = 3_600.0
METAL_TO_COOLANT_W_PER_K: Final = 1_600.0
OIL_TO_COOLANT_W_PER_K: Final = 170.0
THERMOSTAT_RANGE_K: Final = 9.0
"""From opening to fully open."""
WAX_S: Final = 8.0
FAN_ON_C: Final = 98.0
FAN_OFF_C: Final = 93.5
FAN_FULL_C: Final = 104.0
RESERVE_SHARE: Final = 0.85
"""The expansion tank's reserve: nothing is felt until the coolant falls below this share."""
DRY_SHARE: Final = 0.35
"""Below this share the pump draws air and nothing circulates."""
RESIDUE_KG: Final = 0.5
"""What stays in the block."""
BOILING_C: Final = 124.0
"""Glycol mixture at cap pressure; without pressure it boils about 14 K lower."""
PRESSURE_K: Final = 14.0
EVAPORATION_J_PER_KG: Final = 2_100_000.0
BOILING_W_PER_K: Final = 500.0


@dataclass(slots=True)
class Cooling:
    """Temperatures of the engine; `step` moves them on."""

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

    def step(
        self,
        *,
        heat_w: float,
        friction_w: float,
        rpm: float,
        speed_mps: float,
        ambient_c: float,
        hole: float,
        hole_kg_per_s: float,
        powered: bool,
    ) -> None:
        """One step with this heat; `hole` is how far a leak is open (0 to 1), `powered` whether the fan has current."""
        flowing = self._flowing()
        self._thermostat()
        self._fan(powered=powered)
        pump = 0.1 + 0.9 * min(rpm / 2600.0, 1.0) if rpm > 0.0 else 0.06
        to_coolant = (
            METAL_TO_COOLANT_W_PER_K * (0.25 + 0.75 * pump) * max(flowing, 0.08) * (self.metal_c - self.coolant_c)
        )
        oil_to_coolant = OIL_TO_COOLANT_W_PER_K * max(flowing, 0.1) * (self.oil_c - self.coolant_c)
        away = self._radiator_w(pump * flowing, speed_mps, ambient_c) + self._heater_w(ambient_c, pump * flowing)
        boiling_c = BOILING_C - PRESSURE_K * hole
        steam = BOILING_W_PER_K * flowing * max(self.coolant_c - boiling_c, 0.0)
        bonnet_w = (16.0 + 0.9 * speed_mps) * (self.metal_c - ambient_c)
        oil_away = (9.0 + 0.7 * speed_mps) * (self.oil_c - ambient_c)
        self.metal_c += (heat_w + 0.4 * friction_w - to_coolant - bonnet_w) / METAL_J_PER_K * STEP_S
        mass_j_per_k = COOLANT_J_PER_KG_K * self.coolant_kg
        self.coolant_c += (to_coolant + oil_to_coolant - away - steam) / mass_j_per_k * STEP_S
        self.oil_c += (0.6 * friction_w - oil_to_coolant - oil_away) / OIL_J_PER_K * STEP_S
        lost = hole_kg_per_s * hole * self._pressed() + steam / EVAPORATION_J_PER_KG
        self.coolant_kg = max(self.coolant_kg - lost * STEP_S, RESIDUE_KG)

    def _flowing(self) -> float:
        """How much of the healthy flow the remaining coolant still makes, 0 to 1."""
        share = self.coolant_kg / self.full_kg
        return min(max((share - DRY_SHARE) / (RESERVE_SHARE - DRY_SHARE), 0.0), 1.0)

    def _pressed(self) -> float:
        """Pressure behind a leak: little in a cold system, full in a hot one; less as it empties."""
        warm = min(max((self.coolant_c - 20.0) / 65.0, 0.15), 1.0)
        return warm * math.sqrt(self.coolant_kg / self.full_kg)

    def _thermostat(self) -> None:
        wanted = min(max((self.coolant_c - self.opens_c) / THERMOSTAT_RANGE_K, 0.0), 1.0)
        self.wax += (wanted - self.wax) * STEP_S / WAX_S

    def _fan(self, *, powered: bool) -> None:
        if not powered or self.coolant_c < FAN_OFF_C:
            self.fan = 0.0
        elif self.coolant_c > FAN_FULL_C:
            self.fan = 1.0
        elif self.coolant_c > FAN_ON_C:
            self.fan = max(self.fan, 0.5)

    def _radiator_w(self, flow: float, speed_mps: float, ambient_c: float) -> float:
        """The more air and the more coolant pass, the nearer to the radiator's best."""
        air = 0.030 * speed_mps + 0.32 * self.fan
        conductance = 25.0 + 1_350.0 * air / (air + 0.6)
        share = self.radiator_share * self.wax * flow / (flow + 0.25) * 1.25
        return conductance * share * (self.coolant_c - ambient_c)

    def _heater_w(self, ambient_c: float, flow: float) -> float:
        """What warms the cabin: the colder outside, the more, and only from warm coolant."""
        wanted = min(max((19.0 - ambient_c) / 20.0, 0.0), 1.0)
        return 38.0 * wanted * min(flow * 2.0, 1.0) * max(self.coolant_c - 20.0, 0.0)
