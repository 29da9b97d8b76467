"""A 12.8-litre diesel as a technician sees it: torque, friction, fuel, and the air that limits it.

Torque curve, friction and efficiency are those of ordinary European heavy-duty engines of 340 kW and 2,300 Nm (Heywood,
Internal Combustion Engine Fundamentals, ch. 10, 13 and 15, rounded); the README says what they give.
"""

import math
from dataclasses import dataclass
from typing import Final

IDLE_RPM: Final = 600.0
STALL_RPM: Final = 350.0
LIMIT_RPM: Final = 2300.0
PEAK_NM: Final = 2300.0
PEAK_FROM_RPM: Final = 950.0
POWER_W: Final = 340_000.0
RATED_RPM: Final = 1800.0
GOVERNED_RPM: Final = 2150.0
IDLE_NM: Final = 1150.0
"""Full-load torque at idle."""
REFERENCE_NM: Final = 2600.0
"""100 % of the torques on the bus (SPN 544): what burns in the cylinders at most, friction included."""
CYLINDERS: Final = 6
DISPLACEMENT_L: Final = 12.8
EFFICIENCY: Final = 0.485
"""Indicated; less when air is short."""
FUEL_J_PER_G: Final = 42_800.0
FUEL_G_PER_L: Final = 835.0
AIR_PER_FUEL: Final = 14.5
SMOKE_LAMBDA: Final = 1.25
"""The control unit allows no more fuel than this leaves air for."""
SOOT: Final = 0.028
"""Milligrams for each gram of fuel, before the factors for little air: about 0.02 g/kWh."""
RADIANS: Final = math.pi / 30.0
NM_PER_KPA: Final = DISPLACEMENT_L / (4.0 * math.pi)
"""Drag torque of one kPa of back pressure."""
BRAKE_FROM_RPM: Final = 850.0
BRAKE_NM_PER_RPM: Final = 1.2
BRAKE_MOST_NM: Final = 1550.0
"""Compression brake: 370 kW at 2,300 rpm."""
FUEL_FULL_G: Final = 0.0125
"""Fuel per second and rpm at full torque; the measure of load for boost and rail pressure."""
_FUEL_W_TO_LPH: Final = 3600.0 / FUEL_J_PER_G / FUEL_G_PER_L
_SMOKE: Final = 1.0 / (AIR_PER_FUEL * SMOKE_LAMBDA)


@dataclass(slots=True)
class EngineState:
    """What the engine does at one step."""

    running: bool = False
    rpm: float = 0.0
    torque_nm: float = 0.0
    """At the flywheel; negative when the truck drives the engine."""
    asked_nm: float = 0.0
    """What driver, cruise control or idle governor ask to be burned, friction included."""
    indicated_nm: float = 0.0
    """Of what burns, as the control unit reckons from the fuel it asks for."""
    drag_nm: float = 0.0
    """Friction, pumping and what hangs on the belts."""
    brake_nm: float = 0.0
    """Of the compression brake."""
    fuel_w: float = 0.0
    """Chemical power burned."""
    fuel_gps: float = 0.0
    fuel_lph: float = 0.0
    fill: float = 0.0
    """Fuel per stroke in relation to full torque, 0 to about 1."""
    friction_w: float = 0.0
    cut: bool = False
    """No injection: the truck pushes the engine."""
    soot_mg: float = 0.0
    """Made in this second so far; whoever looks after the filter sets it back."""
    spray: float = 1.0
    """Share of the asked fuel that the injectors together give."""


def torque_max_nm(rpm: float) -> float:
    """Full-load torque at the flywheel, with all the air it wants."""
    if rpm < PEAK_FROM_RPM:
        return IDLE_NM + (rpm - IDLE_RPM) * 3.2857 if rpm > IDLE_RPM else IDLE_NM * rpm / IDLE_RPM
    if rpm <= RATED_RPM:
        most = POWER_W / (rpm * RADIANS)
        return most if most < PEAK_NM else PEAK_NM
    if rpm < GOVERNED_RPM:
        return POWER_W / (RATED_RPM * RADIANS) * (GOVERNED_RPM - rpm) / (GOVERNED_RPM - RATED_RPM)
    return 0.0


def friction_nm(rpm: float, oil_c: float) -> float:
    """Rubbing, pumps and stiff oil."""
    stiff = 1.6 * (85.0 - oil_c) if oil_c < 85.0 else 0.0
    return 62.0 + 0.055 * rpm + stiff


def brake_max_nm(rpm: float) -> float:
    """What the compression brake can hold."""
    most = (rpm - BRAKE_FROM_RPM) * BRAKE_NM_PER_RPM
    if most < 0.0:
        return 0.0
    return most if most < BRAKE_MOST_NM else BRAKE_MOST_NM


def burn(
    state: EngineState,
    *,
    rpm: float,
    wanted_nm: float,
    brake_nm: float,
    accessory_w: float,
    oil_c: float,
    back_kpa: float,
    air_gps: float,
    rail_share: float,
) -> None:
    """Give the wanted flywheel torque, as far as air and fuel allow, or drag and brake.

    `back_kpa` is what the exhaust has to be pushed against, `air_gps` the air that the cylinders draw, `rail_share` the
    rail pressure that is there of what this load needs.
    """
    omega = rpm * RADIANS
    drag_nm = friction_nm(rpm, oil_c) + NM_PER_KPA * back_kpa + accessory_w / omega
    asked_nm = wanted_nm + drag_nm
    state.rpm = rpm
    state.drag_nm = drag_nm
    state.friction_w = drag_nm * omega - accessory_w
    if asked_nm <= 2.0 and rpm > 1.2 * IDLE_RPM:
        state.cut = True
        state.brake_nm = brake_nm
        state.torque_nm = -drag_nm - brake_nm
        state.fuel_w = state.fuel_gps = state.fuel_lph = state.fill = state.indicated_nm = state.asked_nm = 0.0
        return
    state.cut = False
    state.brake_nm = 0.0
    least_nm = 0.3 * drag_nm
    asked_nm = asked_nm if asked_nm > least_nm else least_nm
    state.asked_nm = asked_nm
    fuel_gps = asked_nm * omega / (EFFICIENCY * FUEL_J_PER_G)
    allowed_gps = air_gps * _SMOKE
    fuel_gps = fuel_gps if fuel_gps < allowed_gps else allowed_gps
    state.indicated_nm = fuel_gps * EFFICIENCY * FUEL_J_PER_G / omega
    if rail_share < 1.0:
        fuel_gps *= rail_share
    fuel_gps *= state.spray
    fuel_w = fuel_gps * FUEL_J_PER_G
    fill = fuel_gps / (rpm * FUEL_FULL_G)
    richness = fuel_gps * (AIR_PER_FUEL * 1.7) / air_gps if air_gps > 1.0 else 2.0
    made = 1.7 if richness <= 1.0 else 1.7 + 12.0 * (richness - 1.0)
    state.soot_mg += fuel_gps * made * SOOT
    state.torque_nm = fuel_w * EFFICIENCY / omega - drag_nm
    state.fuel_w = fuel_w
    state.fuel_gps = fuel_gps
    state.fuel_lph = fuel_w * _FUEL_W_TO_LPH
    state.fill = fill


def still(state: EngineState, rpm: float) -> None:
    """The engine burns nothing: off, or turned by the starter at `rpm`."""
    state.running = state.cut = False
    state.rpm = rpm
    state.torque_nm = state.asked_nm = state.indicated_nm = state.drag_nm = state.brake_nm = 0.0
    state.fuel_w = state.fuel_gps = state.fuel_lph = state.fill = state.friction_w = 0.0
