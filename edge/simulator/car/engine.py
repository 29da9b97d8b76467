"""A 1.8-litre petrol engine as a technician sees it: torque, friction, air and fuel.

The shape of the torque curve, friction and efficiency are those of ordinary port-injected engines (Heywood, Internal
Combustion Engine Fundamentals, ch. 13 and 15), rounded; the README says what they give.
"""

import math
from dataclasses import dataclass
from typing import Final

IDLE_RPM: Final = 720.0
COLD_IDLE_RPM_PER_K: Final = 6.0
"""How much faster a cold engine idles, up to 60 K below warm."""
STALL_RPM: Final = 400.0
LIMIT_RPM: Final = 6200.0
PEAK_TORQUE_NM: Final = 165.0
PEAK_RPM: Final = 4200.0
INDICATED_EFFICIENCY: Final = 0.385
FUEL_J_PER_G: Final = 43_000.0
FUEL_G_PER_L: Final = 745.0
AIR_PER_FUEL: Final = 14.5
DISPLACEMENT_L: Final = 1.8
CYLINDERS: Final = 4
AIR_G_PER_L: Final = 1.184
"""At 25 °C and sea level."""
VOLUMETRIC_EFFICIENCY: Final = 0.9
CUT_AIR: Final = 0.22
"""Filling behind the closed throttle while the car pushes the engine; recorded overruns show 23 to 27 kPa."""
LEAST_AIR: Final = 0.17
"""Less never passes; recorded manifolds never fall below 18 kPa."""
MANIFOLD_LEAST: Final = 0.03
MANIFOLD_PER_LOAD: Final = 0.95
"""Manifold pressure over the air's by load: the cylinders' filling is the pressure before them, nearly 1 : 1."""
THROTTLE_REST_PERCENT: Final = 13.0
"""What its sensor shows with the throttle closed; recorded ones show 16 to 18 % at idle."""
CUT_SPARK_DEG: Final = 10.0
LIGHT_LOAD: Final = 0.28
LIGHT_DEG: Final = 150.0
"""Later below a light load, as recorded."""
RESERVE_DEG: Final = 13.0
SPARK_PER_RPM: Final = 0.15
"""With which the unit holds the idle speed."""
RADIANS: Final = math.pi / 30.0
_FILL_GPS_PER_RPM: Final = DISPLACEMENT_L * AIR_G_PER_L * VOLUMETRIC_EFFICIENCY / 120.0 * 298.0
_FUEL_W_TO_LPH: Final = 3600.0 / FUEL_J_PER_G / FUEL_G_PER_L


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
    """Air drawn in relation to the most at this speed and height, 0 to 1."""
    friction_w: float = 0.0
    cut: bool = False
    """The injectors are shut: the car pushes the engine."""
    density: float = 1.0
    """Of the air outside, in relation to sea level."""
    burning: float = 1.0
    """Share of the torque that mixture and missing firings leave."""


def torque_max_nm(rpm: float) -> float:
    """Full-throttle torque at the flywheel, at sea level."""
    off = (rpm - PEAK_RPM) / 3200.0
    return PEAK_TORQUE_NM * (1.0 - 0.30 * off * off)


def friction_nm(rpm: float, oil_c: float, load: float) -> float:
    """Rubbing, stiff oil and pumping past the throttle."""
    stiff = 0.11 * (90.0 - oil_c) if oil_c < 90.0 else 0.0
    return 17.0 + 0.0035 * rpm + stiff + 9.0 * (1.0 - load)


def manifold_share(load: float) -> float:
    """Manifold pressure in relation to the air outside."""
    return MANIFOLD_LEAST + MANIFOLD_PER_LOAD * load


def air_max_gps(rpm: float, intake_c: float, density: float) -> float:
    """Air that the engine would draw with the throttle open."""
    return _FILL_GPS_PER_RPM * rpm * density / (273.0 + intake_c)


def burn(
    state: EngineState, *, rpm: float, wanted_nm: float, accessory_w: float, oil_c: float, intake_c: float
) -> None:
    """Give the wanted flywheel torque at this speed, or drag when it is below what the engine drags by itself."""
    omega = rpm * RADIANS
    drag_nm = friction_nm(rpm, oil_c, state.load) + accessory_w / omega
    most_gps = air_max_gps(rpm, intake_c, state.density)
    indicated_nm = wanted_nm + drag_nm
    state.rpm = rpm
    state.friction_w = drag_nm * omega - accessory_w
    if indicated_nm <= 0.5 and rpm > 1.4 * IDLE_RPM:
        state.cut = True
        state.torque_nm, state.fuel_w, state.fuel_lph = -drag_nm, 0.0, 0.0
        state.air_gps = CUT_AIR * most_gps
    else:
        state.cut = False
        indicated_nm = indicated_nm if indicated_nm > 0.3 * drag_nm else 0.3 * drag_nm
        fuel_w = indicated_nm * omega / (INDICATED_EFFICIENCY * state.burning)
        air_gps = fuel_w / FUEL_J_PER_G * AIR_PER_FUEL
        least_gps = LEAST_AIR * most_gps
        if air_gps > most_gps:
            fuel_w *= most_gps / air_gps
            air_gps = most_gps
        state.torque_nm = fuel_w * INDICATED_EFFICIENCY * state.burning / omega - drag_nm
        state.fuel_w = fuel_w
        state.air_gps = air_gps if air_gps > least_gps else least_gps
        state.fuel_lph = fuel_w * _FUEL_W_TO_LPH * _enrichment(state.load, oil_c)
    state.load = state.air_gps / most_gps


def throttle_percent(state: EngineState, pedal: float) -> float:
    """What the throttle's sensor shows: wider for the same filling at speed, and never behind the pedal."""
    opening = math.pow(state.load, 1.7) * (0.3 + state.rpm / 7900.0)
    pressed = pedal * pedal
    return THROTTLE_REST_PERCENT + 75.0 * (opening if opening > pressed else pressed)


def spark_deg(state: EngineState) -> float:
    """Ignition before top dead centre: late at idle, which keeps torque in reserve, and while nothing burns."""
    rpm = state.rpm
    if state.cut:
        return CUT_SPARK_DEG
    early = 22.0 + 0.0055 * (rpm if rpm < 3600.0 else 3600.0) - 25.0 * state.load
    if state.load < LIGHT_LOAD:
        early -= LIGHT_DEG * (LIGHT_LOAD - state.load)
    reserve = (1350.0 - rpm) / 500.0
    if reserve <= 0.0:
        return early
    held = SPARK_PER_RPM * (rpm - IDLE_RPM) if rpm < 1.2 * IDLE_RPM else 0.0
    return early - RESERVE_DEG * (reserve if reserve < 1.0 else 1.0) - held


def still(state: EngineState, rpm: float) -> None:
    """The engine burns nothing: off, or turned by the starter at `rpm`."""
    state.running = False
    state.cut = False
    state.rpm = rpm
    state.torque_nm = state.fuel_w = state.fuel_lph = state.air_gps = state.load = state.friction_w = 0.0


def _enrichment(load: float, oil_c: float) -> float:
    """Extra fuel at full load, which cools, and in a cold engine, where it condenses."""
    rich = 0.6 * (load - 0.85) if load > 0.85 else 0.0
    return 1.0 + rich + (0.0025 * (60.0 - oil_c) if oil_c < 60.0 else 0.0)
