"""What is driven, for how long and how fast, to see each scenario, and which signals show it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

DAY_S: Final = 86_400.0
HOUR_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Study:
    """How a scenario is looked at."""

    columns: tuple[str, ...]
    """Columns of the trace that show it, one panel each."""
    cycle: str = "mixed"
    length_s: float = 2 * HOUR_S
    onset_s: float = 900.0
    pace: float = 1.0
    weather: str = "mild"


CAR: Final[Mapping[str, Study]] = {
    "coolant_leak": Study(("coolant_c", "oil_c", "fan_percent", "torque_nm"), length_s=0.75 * HOUR_S),
    "stuck_thermostat": Study(("coolant_c", "oil_c", "fuel_lph", "speed_kmh"), length_s=2 * HOUR_S),
    "water_pump": Study(("coolant_c", "oil_c", "fan_percent", "torque_nm"), length_s=0.75 * HOUR_S),
    "misfire": Study(
        ("roughness", "misfires_1", "misfires_2", "misfires_3", "misfires_4", "catalyst_c", "mil"),
        "commute",
        8 * DAY_S,
        0.3 * DAY_S,
    ),
    "maf_drift": Study(
        ("air_gps", "trim_short_percent", "trim_long_percent", "mil"), "commute", 14 * DAY_S, DAY_S, 4.0
    ),
    "vacuum_leak": Study(("trim_long_percent", "trim_short_percent", "rpm", "mil"), "commute", 8 * DAY_S, DAY_S),
    "o2_ageing": Study(("lambda", "trim_short_percent", "o2_rear_v", "mil"), "commute", 14 * DAY_S, DAY_S, 10.0),
    "catalyst_ageing": Study(("o2_rear_v", "catalyst_c", "lambda", "mil"), "commute", 14 * DAY_S, DAY_S, 14.0),
    "alternator": Study(("volt", "current_a", "alternator_percent", "charge_lamp"), length_s=3 * HOUR_S),
    "battery": Study(("volt", "current_a", "alternator_percent", "charge_lamp"), length_s=1.5 * HOUR_S),
    "injector": Study(("trim_long_percent", "roughness", "lambda", "mil"), "commute", 14 * DAY_S, DAY_S, 2.0),
    "fuel_filter": Study(("rail_kpa", "lambda", "torque_nm", "mil"), "commute", 14 * DAY_S, DAY_S, 1.5),
    "loose_fuel_cap": Study(("tank_kpa", "purge_percent", "speed_kmh", "mil"), "commute", 4 * DAY_S, 600.0),
    "smart_alternator": Study(("volt", "current_a", "alternator_percent", "accel_mps2"), length_s=0.75 * HOUR_S),
    "stop_start": Study(("rpm", "volt", "running", "speed_kmh"), "city", 0.75 * HOUR_S, 300.0),
}
WHEELS: Final = {
    "tyre_leak": Study(
        ("tyre_fl_kpa", "tyre_fr_kpa", "tyre_rl_kpa", "tyre_rr_kpa", "tyre_lamp"), "commute", 3 * DAY_S, 0.3 * DAY_S
    ),
    "dragging_brake": Study(("tyre_fl_c", "tyre_fr_c", "tyre_rl_c", "tyre_rr_c"), length_s=3 * HOUR_S),
    "brake_wear": Study(("brake_fluid_percent", "pad_lamp"), "commute", 3.6 * DAY_S, 0.3 * DAY_S, 60.0),
    "weak_battery": Study(("volt", "current_a", "battery_c"), "commute", 20 * DAY_S, 1.0, 2.0, "winter"),
    "parasitic_drain": Study(("volt", "current_a"), "commute", 4 * DAY_S, 0.5 * DAY_S),
    "wheel_speed_dropout": Study(("wheel_fl_kmh", "wheel_fr_kmh", "wheel_rl_kmh", "wheel_rr_kmh"), length_s=2 * HOUR_S),
    "intermittent_connector": Study(("rpm", "speed_kmh"), length_s=2 * HOUR_S, pace=50.0),
    "sensor_glitch": Study(("volt", "ambient_c"), length_s=2 * HOUR_S),
    "cold_tyres": Study(("tyre_fl_kpa", "tyre_rr_kpa", "ambient_c", "tyre_lamp"), "commute", 3 * DAY_S, 0.5 * DAY_S),
    "altitude": Study(("outside_kpa", "tyre_fl_kpa", "speed_kmh"), length_s=3 * HOUR_S),
    "battery_replaced": Study(("volt", "current_a"), "commute", 6 * DAY_S, 3 * DAY_S),
    "sensor_replaced": Study(("ambient_c", "speed_kmh"), "commute", 4 * DAY_S, 2 * DAY_S),
    "jump_start": Study(("volt", "current_a"), "mixed", 2 * HOUR_S, 760.0),
    "towing": Study(("speed_kmh", "volt"), "mixed", 1.5 * HOUR_S, 1100.0),
}
EV: Final[Mapping[str, Study]] = {
    "intermittent_connector": Study(("motor_rpm", "speed_kmh"), length_s=2 * HOUR_S, pace=50.0),
    "cell_imbalance": Study(
        ("cell_min_v", "cell_max_v", "cell_mean_v", "soc_percent", "warning_lamp"), "commute", 11 * DAY_S, DAY_S, 4.0
    ),
    "battery_coolant_loss": Study(
        ("pack_level_percent", "pack_max_c", "pack_outlet_c", "charge_kw", "discharge_limit_kw"),
        "haul",
        3 * DAY_S,
        0.2 * DAY_S,
    ),
    "dcdc_failure": Study(("volt", "current_a", "dcdc_a", "ready", "speed_kmh"), "motorway", 3 * HOUR_S, 600.0),
    "isolation_fault": Study(("isolation_kohm", "ready", "warning_lamp"), "commute", 8 * DAY_S, DAY_S, 4.0),
    "coolant_pump": Study(
        ("motor_c", "inverter_c", "drive_coolant_c", "drive_share_percent", "speed_kmh"), "motorway", 2 * HOUR_S, 900.0
    ),
    "charge_port_hot": Study(("inlet_c", "charge_kw", "charge_a"), "haul", 8 * DAY_S, DAY_S, 4.0),
    "fast_charging": Study(
        ("soc_percent", "charge_kw", "pack_max_c", "charge_limit_kw"), "motorway", 3 * HOUR_S, 1800.0
    ),
}
TRUCK: Final[Mapping[str, Study]] = {
    "coolant_leak": Study(
        ("coolant_c", "coolant_level_percent", "fan_percent", "speed_kmh"), "haul", 14 * HOUR_S, 0.5 * HOUR_S
    ),
    "stuck_thermostat": Study(("coolant_c", "oil_c", "fuel_lph"), "haul", 6 * HOUR_S, HOUR_S),
    "water_pump": Study(("coolant_c", "oil_c", "fan_percent", "speed_kmh"), "haul", 3 * HOUR_S, HOUR_S),
    "alternator": Study(("volt", "current_a", "alternator_a"), "haul", 6 * HOUR_S, HOUR_S),
    "dpf_clogging": Study(
        ("dpf_kpa", "soot_percent", "ash_percent", "regen_active", "most_percent"),
        "haul",
        4.6 * DAY_S,
        0.3 * DAY_S,
        4.0,
    ),
    "turbo_leak": Study(("boost_kpa", "soot_percent", "torque_percent", "exhaust_c"), "haul", 5 * DAY_S, 0.3 * DAY_S),
    "injector": Study(
        ("balance_1_percent", "balance_2_percent", "balance_3_percent", "balance_4_percent", "soot_percent"),
        "haul",
        3.3 * DAY_S,
        0.3 * DAY_S,
        5.0,
    ),
    "scr": Study(
        ("conversion_percent", "nox_in_ppm", "nox_out_ppm", "dosing_kpa", "most_percent"),
        "haul",
        3.6 * DAY_S,
        0.3 * DAY_S,
        4.0,
    ),
    "def_quality": Study(
        ("def_concentration", "conversion_percent", "nox_out_ppm", "most_percent"), "haul", 6 * DAY_S, 0.3 * DAY_S
    ),
    "fuel_filter": Study(
        ("rail_mpa", "fuel_kpa", "fuel_filter_kpa", "boost_kpa"), "haul", 3.3 * DAY_S, 0.3 * DAY_S, 5.0
    ),
    "air_leak": Study(
        ("supply_kpa", "service1_kpa", "service2_kpa", "compressor"), "haul", 3.6 * DAY_S, 0.3 * DAY_S, 8.0
    ),
    "compressor": Study(("supply_kpa", "service1_kpa", "compressor"), "haul", 3.6 * DAY_S, 0.3 * DAY_S, 8.0),
    "dpf_regeneration": Study(("dpf_in_c", "dpf_out_c", "soot_percent", "regen_active"), "haul", 4 * HOUR_S, HOUR_S),
    "frozen_def": Study(
        ("def_c", "conversion_percent", "dosing_kpa", "nox_out_ppm"), "haul", DAY_S, 2 * HOUR_S, 1.0, "winter"
    ),
    "trailer_swap": Study(("gross_kg", "load_percent", "boost_kpa", "fuel_lph"), "haul", 8 * HOUR_S, 2 * HOUR_S),
}
PLACES: Final = ("fl", "fr", "rl", "rli", "rri", "rr", "t1l", "t1r", "t2l", "t2r", "t3l", "t3r")
OTHER_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "tyre_leak": (*(f"tyre_{place}_kpa" for place in PLACES), "tyre_alarm"),
    "dragging_brake": tuple(f"tyre_{place}_c" for place in PLACES),
    "brake_wear": tuple(f"lining_{place}_percent" for place in ("fl", "fr", "rl", "rr")),
    "cold_tyres": ("tyre_fl_kpa", "tyre_t3r_kpa", "ambient_c", "tyre_alarm"),
}
"""Of a truck's twelve tyres any may leak."""
HAULED: Final[Mapping[str, Study]] = {
    name: replace(
        study,
        cycle="haul" if study.cycle in ("mixed", "commute") else study.cycle,
        columns=OTHER_COLUMNS.get(name, study.columns),
    )
    for name, study in WHEELS.items()
} | {
    "weak_battery": replace(WHEELS["weak_battery"], cycle="haul", length_s=10 * DAY_S, pace=4.0),
    "parasitic_drain": replace(WHEELS["parasitic_drain"], cycle="haul", length_s=5 * DAY_S, pace=3.0),
}
"""A truck's days are longer, and it takes a week of standing to empty its batteries: here a weekend."""
