"""Which lives the diagnosis is tried on: what is driven, and how fast each fault develops.

Every life begins healthy, so that there is something to compare with; the pace brings weeks into some hours of driving.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Run:
    """One kind of life, and what is asked at its end."""

    component: str
    """Of which component the cloud is asked."""
    truth: str | None
    """The cause that is right; None: nothing is wrong, or nothing that the knowledge base knows."""
    length_s: float = 3900.0
    onset_s: float = 1800.0
    pace: float = 1.0
    cycle: str = "mixed"
    weather: str = "mild"


CAR: Final[Mapping[str, Run]] = {
    "coolant_leak": Run("cooling", "coolant_leak", 3300.0),
    "water_pump": Run("cooling", "water_pump", 3300.0),
    "stuck_thermostat": Run("cooling", "stuck_thermostat"),
    "alternator": Run("charging", "alternator", 4200.0),
    "battery": Run("charging", "alternator", 3600.0),
    "weak_battery": Run("charging", "weak_battery", 6000.0, 2700.0, 400.0, weather="winter"),
    "parasitic_drain": Run("charging", "parasitic_drain", 3.4 * DAY_S, 1.4 * DAY_S, 1.0, "cold_start"),
    "misfire": Run("engine", "ignition_coil", pace=250.0),
    "injector": Run("engine", "injector", pace=900.0),
    "fuel_filter": Run("engine", "fuel_supply", pace=600.0),
    "maf_drift": Run("engine", "air_flow_sensor", pace=1800.0),
    "vacuum_leak": Run("engine", "vacuum_leak", pace=200.0),
    "o2_ageing": Run("engine", "oxygen_sensor", pace=5000.0),
    "catalyst_ageing": Run("engine", "catalyst", 5400.0, pace=12000.0),
    "loose_fuel_cap": Run("engine", "fuel_cap", 1.45 * DAY_S, 3600.0, cycle="commute"),
    "tyre_leak": Run("tyres", "tyre_leak", pace=12.0),
    "dragging_brake": Run("brakes", "dragging_brake", pace=5.0),
    "brake_wear": Run("brakes", "worn_pads", pace=90.0),
    "none": Run("cooling", None),
    "smart_alternator": Run("charging", None),
    "jump_start": Run("charging", None, 3600.0),
    "stop_start": Run("charging", None, 3600.0, 1200.0, cycle="city"),
    "cold_tyres": Run("tyres", None, pace=8.0),
    "altitude": Run("engine", None),
}
EV: Final[Mapping[str, Run]] = {
    "coolant_pump": Run("cooling", "drive_pump", 3600.0, cycle="motorway"),
    "dcdc_failure": Run("charging", "dcdc", 3600.0),
    "weak_battery": Run("charging", "weak_battery", 6000.0, 2700.0, 400.0, weather="winter"),
    "parasitic_drain": Run("charging", "parasitic_drain", 5400.0, 2700.0, 3.0),
    "cell_imbalance": Run("traction_battery", "cell_short", pace=350.0),
    "battery_coolant_loss": Run("traction_battery", "pack_coolant_loss", pace=16.0),
    "isolation_fault": Run("traction_battery", "isolation", pace=700.0),
    "charge_port_hot": Run("traction_battery", "charge_port", 8400.0, 1800.0, 400.0, "motorway"),
    "tyre_leak": Run("tyres", "tyre_leak", pace=20.0),
    "dragging_brake": Run("brakes", "dragging_brake", pace=5.0),
    "brake_wear": Run("brakes", "worn_pads", pace=600.0),
    "none": Run("traction_battery", None),
    "fast_charging": Run("traction_battery", None, 4200.0, cycle="motorway"),
    "cold_tyres": Run("tyres", None, pace=8.0),
}
TRUCK: Final[Mapping[str, Run]] = {
    "coolant_leak": Run("cooling", "coolant_leak", 4200.0, pace=8.0, cycle="haul"),
    "water_pump": Run("cooling", "water_pump", 3600.0, cycle="haul"),
    "stuck_thermostat": Run("cooling", "stuck_thermostat", cycle="haul"),
    "alternator": Run("charging", "alternator", 4800.0, cycle="haul"),
    "tyre_leak": Run("tyres", "tyre_leak", pace=24.0, cycle="haul"),
    "none": Run("cooling", None, cycle="haul"),
}
RUNS: Final[Mapping[str, Mapping[str, Run]]] = {"car": CAR, "ev": EV, "truck": TRUCK}
