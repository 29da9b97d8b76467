"""A 1.8-litre petrol engine as a technician sees it: torque, friction, air and fuel.

The shape of the torque curve, friction and efficiency are those of ordinary port-injected engines (Heywood, Internal
Combustion Engine Fundamentals, ch. 13 and 15), rounded; the README says what they give.
"""

import math
from dataclasses import dataclass
from typing import Final

IDLE_RPM: Final = 760.0
STALL_RPM: Final = 400.0
LIMIT_RPM: Final = 6200.0
PEAK_TORQUE_NM: Final = 165.0
PEAK_RPM: Final = 4200.0
INDICATED_EFFICIENCY: Final = 0.385
FUEL_J_PER_G: Final = 43_000.0
FUEL_G_PER_L: Final = 745.0
AIR_PER_FUEL: Final = 14.5
DISPLACEMENT_L: Final = 1.8
AIR_G_PER_L: Final = 1.184
"""At 25 °C and sea level."""
VOLUMETRIC_EFFICIENCY: Final = 0.9


@dataclass(slots=True)
class EngineState:
    """What the engine does at one step."""

    running: bool = False
    rpm: float = 0.0
    torque_nm: float = 0.0
    """At the flywheel."""
    fuel_w: float = 0.0
    """Chemical power burned."""
    fuel_lph: float = 0.0
    air_gps: float = 0.0
    load: float = 0.0
    """Air drawn in relation to the most at this speed, 0 to 1."""
    friction_w: float = 0.0


def torque_max_nm(rpm: float) -> float:
    """Full-throttle torque at the flywheel."""
    return PEAK_TORQUE_NM * (1.0 - 0.30 * ((rpm - PEAK_RPM) / 3200.0) ** 2)


def friction_nm(rpm: float, oil_c: float, load: float) -> float:
    """Rubbing, stiff oil and pumping past the throttle."""
    return 11.0 + 0.0035 * rpm + 0.11 * max(90.0 - oil_c, 0.0) + 9.0 * (1.0 - load)


def air_max_gps(rpm: float, intake_c: float) -> float:
    """Air that the engine would draw with the throttle open."""
    return DISPLACEMENT_L * AIR_G_PER_L * VOLUMETRIC_EFFICIENCY * rpm / 120.0 * 298.0 / (273.0 + intake_c)


def burn(
    state: EngineState, *, rpm: float, wanted_nm: float, accessory_w: float, oil_c: float, intake_c: float
) -> None:
    """Give the wanted flywheel torque at this speed, or drag when it is below what the engine drags by itself."""
    omega = rpm * math.pi / 30.0
    drag_nm = friction_nm(rpm, oil_c, state.load) + accessory_w / omega
    most_gps = air_max_gps(rpm, intake_c)
    indicated_nm = wanted_nm + drag_nm
    state.rpm = rpm
    state.friction_w = drag_nm * omega - accessory_w
    if indicated_nm <= 0.5 and rpm > 1.4 * IDLE_RPM:  # overrun: the injectors are shut
        state.torque_nm, state.fuel_w, state.fuel_lph = -drag_nm, 0.0, 0.0
        state.air_gps = 0.13 * most_gps
    else:
        indicated_nm = max(indicated_nm, 0.3 * drag_nm)
        state.torque_nm = indicated_nm - drag_nm
        state.fuel_w = indicated_nm * omega / INDICATED_EFFICIENCY
        air_gps = state.fuel_w / FUEL_J_PER_G * AIR_PER_FUEL
        state.air_gps = min(max(air_gps, 0.1 * most_gps), most_gps)
        state.fuel_lph = state.fuel_w / FUEL_J_PER_G * _enrichment(state.load, oil_c) / FUEL_G_PER_L * 3600.0
    state.load = min(state.air_gps / most_gps, 1.0)


def still(state: EngineState, rpm: float) -> None:
    """The engine burns nothing: off, or turned by the starter at `rpm`."""
    state.running = False
    state.rpm = rpm
    state.torque_nm = state.fuel_w = state.fuel_lph = state.air_gps = state.load = state.friction_w = 0.0


def _enrichment(load: float, oil_c: float) -> float:
    """Extra fuel at full load, which cools, and in a cold engine, where it condenses."""
    return 1.0 + 0.6 * max(load - 0.85, 0.0) + 0.0025 * max(60.0 - oil_c, 0.0)
