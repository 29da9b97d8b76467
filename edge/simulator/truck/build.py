"""The truck's parts as they are at the beginning: sizes, and what its traits make of them."""

from typing import Final

from edge.simulator.parts.brakes import Brakes
from edge.simulator.parts.tyres import Tyres
from edge.simulator.truck.air import CompressedAir
from edge.simulator.truck.columns import PLACARD_KPA
from edge.simulator.truck.cooling import DIESEL_128, TruckCooling
from edge.simulator.truck.exhaust import FULL_G, Exhaust
from edge.simulator.truck.fuel import FuelSystem
from edge.simulator.truck.scr import Scr
from edge.simulator.truck.traits import TruckTraits

TANK_L: Final = 600.0
DEF_TANK_L: Final = 75.0
WARM_C: Final = 84.0
BRAKE_SHARE: Final = (0.10, 0.10, 0.13, 0.13, 0.09, 0.09, 0.09, 0.09, 0.09, 0.09)
"""Steering axle, driven axle, three axles of the trailer."""
BRAKE_J_PER_K: Final = 22_000.0
LINING_WEAR_MM_PER_J: Final = 1.0e-9
"""17 mm in about 500,000 km of motorway or 55,000 km of town; the engine brake does most of it."""
TYRE_J_PER_K: Final = 60_000.0
"""A laden tyre runs about 20 K above the air at 85 km/h."""
KM_PER_L: Final = 3.4
AIR_KPA: Final = 930.0
WARM_EXHAUST_C: Final = 240.0


def cooling(traits: TruckTraits, start_c: float) -> TruckCooling:
    """Full, and as warm as the engine."""
    return TruckCooling(
        design=DIESEL_128,
        metal_c=start_c,
        coolant_c=start_c,
        oil_c=start_c,
        full_kg=traits.coolant_kg,
        coolant_kg=traits.coolant_kg,
        opens_c=traits.thermostat_opens_c,
        radiator_share=traits.radiator_share,
        wax=0.2 if start_c >= WARM_C else 0.0,
    )


def fuel_system(traits: TruckTraits, ambient_c: float) -> FuelSystem:
    """A tank as full as the seed drew it."""
    return FuelSystem(TANK_L, traits.fuel_share * TANK_L, ambient_c, used_l=traits.odometer_km / KM_PER_L)


def compressed_air(traits: TruckTraits) -> CompressedAir:
    """Filled, somewhere between cut-in and cut-out."""
    return CompressedAir([AIR_KPA] * 3, traits.air_leak_kpa_per_h, AIR_KPA, traits.compressor_share)


def exhaust(traits: TruckTraits, ambient_c: float, *, warm: bool) -> Exhaust:
    """Catalysts and filter, still hot from the last drive if `warm`."""
    made = Exhaust(ambient_c, traits.soot_share * FULL_G, traits.ash_share)
    if warm:
        made.before_filter_c = made.after_filter_c = made.before_scr_c = made.after_scr_c = WARM_EXHAUST_C
    return made


def scr(traits: TruckTraits, ambient_c: float) -> Scr:
    """A tank of good reagent."""
    return Scr(DEF_TANK_L, traits.def_share * DEF_TANK_L, ambient_c)


def brakes(traits: TruckTraits, ambient_c: float) -> Brakes:
    """Ten brakes, all with the same linings."""
    linings = [traits.lining_mm] * len(BRAKE_SHARE)
    return Brakes(BRAKE_SHARE, linings, BRAKE_J_PER_K, ambient_c, LINING_WEAR_MM_PER_J)


def tyres(traits: TruckTraits, ambient_c: float) -> Tyres:
    """Twelve tyres, each a little off the placard in its own way."""
    shares = [1.0 + traits.tyre_spread * (1.0 - 0.3 * (place % 4)) for place in range(len(PLACARD_KPA))]
    return Tyres(PLACARD_KPA, traits.rolling, TYRE_J_PER_K, ambient_c, shares)
