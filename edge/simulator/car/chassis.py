"""The car's wheels: brakes and tyres, and what they cost the car in drag."""

from typing import Final

from edge.simulator.car.driveline import BRAKE_FULL_MPS2, GRAVITY, ROLLING, Driveline
from edge.simulator.car.levers import CarLevers
from edge.simulator.car.traits import CarTraits
from edge.simulator.parts.brakes import WORN_MM, Brakes
from edge.simulator.parts.tyres import Tyres
from edge.simulator.weather import Air

PLACARD_KPA: Final = (230.0, 230.0, 220.0, 220.0)
"""Front left, front right, rear left, rear right."""
BRAKE_SHARE: Final = (0.36, 0.36, 0.14, 0.14)
DISC_J_PER_K: Final = 9_000.0
"""Cast iron disc of 7 kg, its hub with it."""
TYRE_J_PER_K: Final = 12_000.0
PAD_MM: Final = 12.0
FLUID_PERCENT_PER_MM: Final = 4.0
"""Fluid follows the pistons out of the reservoir."""
GRIP: Final = 0.9
"""Of a dry road: what locks a wheel."""
WET_DRAG: Final = 0.12
"""More rolling resistance on a wet road."""


class Chassis:
    """Brakes and tyres of one car."""

    def __init__(self, traits: CarTraits, ambient_c: float) -> None:
        self.brakes = Brakes(BRAKE_SHARE, [traits.pad_mm] * 4, DISC_J_PER_K, ambient_c)
        shares = [1.0 + traits.tyre_spread * way for way in (1.0, 0.6, -0.2, 0.4)]
        self.tyres = Tyres(PLACARD_KPA, ROLLING, TYRE_J_PER_K, ambient_c, shares)

    @property
    def fluid_percent(self) -> float:
        """Brake fluid in the reservoir."""
        return 100.0 - FLUID_PERCENT_PER_MM * (PAD_MM - min(self.brakes.lining_mm[:2]))

    @property
    def pads_worn(self) -> bool:
        """What the wear sensors in the linings say."""
        return min(self.brakes.lining_mm) < WORN_MM

    def second(self, road: Driveline, braked: float, levers: CarLevers, air: Air) -> None:
        """Live a second on the road; `braked` is the mean of brake pedal (0 to 1) times speed (m/s)."""
        speed_mps = road.speed_mps
        drags: list[float] | None = None
        road.drag_n = 0.0
        if levers.brake_drag:
            lock_n = road.mass_kg * GRAVITY * 0.25 * GRIP
            drags = [levers.brake_drag.get(wheel, 0.0) * lock_n * speed_mps for wheel in range(4)]
            road.drag_n = sum(levers.brake_drag.values()) * lock_n
        self.brakes.second(
            braking_w=braked * road.mass_kg * BRAKE_FULL_MPS2,
            drag_w=drags,
            speed_mps=speed_mps,
            ambient_c=air.temp_c,
            faster=levers.pad_wear,
        )
        self.tyres.second(
            speed_mps=speed_mps,
            ambient_c=air.temp_c,
            outside_kpa=air.pressure_kpa,
            load_n=road.mass_kg * GRAVITY / 4.0,
            wet=air.wet,
            holes_kpa_per_h=levers.tyre_hole_kpa_per_h,
            hub_c=self.brakes.disc_c,
        )
        road.rolling = ROLLING * self.tyres.drag * (1.0 + WET_DRAG * air.wet)
        road.wind_mps = air.wind_mps

    def rest(self, levers: CarLevers, air: Air, seconds: float) -> None:
        """Stand for a while."""
        self.brakes.second(braking_w=0.0, drag_w=None, speed_mps=0.0, ambient_c=air.temp_c, faster={}, span_s=seconds)
        self.tyres.second(
            speed_mps=0.0,
            ambient_c=air.temp_c,
            outside_kpa=air.pressure_kpa,
            load_n=0.0,
            wet=air.wet,
            holes_kpa_per_h=levers.tyre_hole_kpa_per_h,
            span_s=seconds,
        )
