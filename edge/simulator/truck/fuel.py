"""Fuel from the tank to the rail: lift pump, filter, high-pressure pump.

The lift pump presses fuel through the filter; what the filter holds back, the high-pressure pump lacks. Below about
2.5 bar it no longer fills, and the rail falls short when much is injected (Bosch, Diesel-Engine Management, "Common
rail").
"""

from dataclasses import dataclass
from typing import Final

LIFT_IDLE_KPA: Final = 520.0
LIFT_KPA_PER_RPM: Final = 0.06
CLEAN_KPA: Final = 18.0
"""Pressure lost in a new filter at 100 l/h and 20 °C."""
CLOGGED: Final = 30.0
"""A filter that passes hardly anything resists so much more."""
RETURN_LPH: Final = 45.0
"""Cools pump and injectors, and flows back."""
PUMPED: Final = 1.35
"""Fuel drawn by the high-pressure pump in relation to what is burned."""
FILLS_FROM_KPA: Final = 250.0
RAIL_LEAST_MPA: Final = 62.0
RAIL_SPAN_MPA: Final = 128.0
RAIL_MOST_MPA: Final = 195.0
THICKER_PER_K: Final = 0.018
"""How fast cold fuel gets thicker below 20 °C (EN 590)."""


def rail_wanted_mpa(fill: float, rpm: float) -> float:
    """Rail pressure for this load and speed; the engine's control unit knows the same map."""
    wanted = RAIL_LEAST_MPA + RAIL_SPAN_MPA * (fill if fill < 1.0 else 1.0) * (0.62 + 0.38 * rpm / 1800.0)
    return wanted if wanted < RAIL_MOST_MPA else RAIL_MOST_MPA


@dataclass(slots=True)
class FuelSystem:
    """`step` moves the rail, `second` the filter, the temperatures and the tank."""

    tank_l: float
    left_l: float
    fuel_c: float
    delivery_kpa: float = 0.0
    """Behind the filter."""
    filter_kpa: float = 0.0
    """Lost in the filter."""
    supply: float = 1.0
    """Share of its need that the high-pressure pump gets."""
    rail_mpa: float = 0.0
    rail_share: float = 1.0
    """Rail pressure that is there of what this load needs, as it acts on the injected amount."""
    used_l: float = 0.0
    """In the vehicle's whole life."""

    def step(self, fill: float, rpm: float) -> None:
        """One step with the engine running."""
        wanted = rail_wanted_mpa(fill, rpm)
        limit = RAIL_MOST_MPA
        if self.supply < 1.0:
            limit = 40.0 + 155.0 * self.supply * (1.25 - 0.25 * fill)
            if limit > wanted:
                self.rail_share = 1.0
            else:
                self.rail_share = (limit / wanted) ** 0.6
        else:
            self.rail_share = 1.0
        self.rail_mpa += ((wanted if wanted < limit else limit) - self.rail_mpa) * 0.45

    def off(self) -> None:
        """The engine stands: the rail leaks down."""
        self.rail_mpa *= 0.93
        self.rail_share = 1.0

    def second(
        self, *, running: bool, rpm: float, fuel_lph: float, clog: float, ambient_c: float, engine_c: float
    ) -> None:
        """One second; `clog` is how much of the filter is gone."""
        if running:
            flow_lph = RETURN_LPH + PUMPED * fuel_lph
            cold_k = 20.0 - self.fuel_c
            thick = 1.0 + THICKER_PER_K * cold_k if cold_k > 0.0 else 1.0
            resists = CLEAN_KPA * (1.0 + (CLOGGED - 1.0) * clog * clog) * thick
            lift_kpa = LIFT_IDLE_KPA + LIFT_KPA_PER_RPM * (rpm - 600.0)
            lost = resists * flow_lph / 100.0
            most = lift_kpa - 20.0
            lost = lost if lost < most else most
            self.filter_kpa += (lost - self.filter_kpa) * 0.6
            self.delivery_kpa = lift_kpa - self.filter_kpa
            supply = self.delivery_kpa / FILLS_FROM_KPA
            self.supply = 1.0 if supply > 1.0 else supply
        else:
            self.filter_kpa *= 0.5
            self.delivery_kpa *= 0.9
        warm_c = ambient_c + 0.35 * (engine_c - ambient_c) if running else ambient_c
        self.fuel_c += (warm_c - self.fuel_c) / 2400.0
        burned_l = fuel_lph / 3600.0
        self.used_l += burned_l
        left = self.left_l - burned_l
        self.left_l = left if left > 0.0 else 0.0
