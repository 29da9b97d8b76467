"""Cooling of the truck's engine: the shared three masses, with a viscous fan that the engine drives.

The fan's clutch slips until coolant or charge air gets hot; then it takes up to 25 kW from the engine, which one hears.
"""

from dataclasses import dataclass
from typing import Final

from edge.simulator.parts.cooling import Cooling, CoolingDesign

DIESEL_128: Final = CoolingDesign(
    metal_j_per_k=300_000.0,
    oil_j_per_k=75_000.0,
    metal_to_coolant_w_per_k=22_000.0,
    oil_to_coolant_w_per_k=1_500.0,
    thermostat_range_k=10.0,
    wax_s=12.0,
    fan_on_c=92.0,
    fan_off_c=88.0,
    fan_full_c=100.0,
    full_flow_rpm=1500.0,
    radiator_w_per_k=7_200.0,
    heater_w_per_k=75.0,
    bonnet_w_per_k=70.0,
    bonnet_wind_w_per_k=4.0,
    boiling_w_per_k=3_000.0,
)
"""Ordinary values of a 12.8 l engine in a European cab-over, chosen for its warm-up and working temperature."""
FAN_W: Final = 25_000.0
"""At full engagement and FAN_RPM."""
FAN_RPM: Final = 1_800.0
FAN_DRAGS: Final = 0.10
"""A viscous clutch never lets go completely."""
FAN_S: Final = 6.0
CHARGE_FROM_C: Final = 62.0
CHARGE_SPAN_K: Final = 18.0


@dataclass(slots=True)
class TruckCooling(Cooling):
    """Cooling with a viscous fan; `fan` is how far its clutch is closed, 0 to 1."""

    charge_c: float = 20.0
    """Charge air, which may ask for the fan as well; the owner sets it."""
    engine_rpm: float = 0.0
    """The owner sets it: a fan turns only with the engine."""

    def fan_w(self) -> float:
        """What the fan takes from the engine."""
        turns = self.fan * self.engine_rpm / FAN_RPM
        return FAN_W * turns * turns * turns

    def _fan(self, *, powered: bool) -> None:
        if not powered or self.engine_rpm <= 0.0:
            self.fan = 0.0
            return
        design = self.design
        wanted = (self.coolant_c - design.fan_on_c) / (design.fan_full_c - design.fan_on_c)
        by_charge = (self.charge_c - CHARGE_FROM_C) / CHARGE_SPAN_K
        wanted = by_charge if by_charge > wanted else wanted
        wanted = FAN_DRAGS if wanted < FAN_DRAGS else (wanted if wanted < 1.0 else 1.0)
        self.fan += (wanted - self.fan) / FAN_S
