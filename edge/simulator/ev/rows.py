"""Columns: what the electric car's sensors show before their noise, in the order of the trace."""

from typing import TYPE_CHECKING, Final

from edge.simulator.ev.drive_unit import RPM_PER_OMEGA
from edge.simulator.ev.road import BRAKE_FULL_BAR

if TYPE_CHECKING:
    from edge.simulator.ev.electric import ElectricCar

FAST: Final = (
    "speed_kmh", "accel_mps2", "lateral_mps2", "steering_deg", "brake_percent", "brake_bar", "wheel_fl_kmh",
    "wheel_fr_kmh", "wheel_rl_kmh", "wheel_rr_kmh", "motor_rpm", "motor_nm", "pedal_percent", "ready", "lever",
    "link_v", "link_a", "pack_v", "pack_a", "contactors", "volt", "current_a", "dcdc_v", "dcdc_a", "key", "off_s",
)  # fmt: skip
"""What changes within a second."""
SLOW: Final = (
    "motor_c", "inverter_c", "drive_coolant_c", "drive_pump_rpm", "fan_percent", "drive_share_percent", "soc_percent",
    "soh_percent", "pack_mean_a", "discharge_limit_kw", "charge_limit_kw", "cell_min_v", "cell_max_v", "cell_mean_v",
    "cell_min_id", "cell_max_id", "pack_min_c", "pack_max_c", "pack_mean_c", "module_1_c", "module_2_c", "module_3_c",
    "module_4_c", "module_5_c", "module_6_c", "module_7_c", "module_8_c", "pack_inlet_c", "pack_outlet_c",
    "pack_pump_rpm", "pack_level_percent", "chiller_kw", "heater_kw", "isolation_kohm", "balancing", "charged_kwh",
    "used_kwh", "energy_kwh", "dcdc_c", "dcdc_target_v", "charger_c", "inlet_c", "charge_state", "plugged",
    "charge_kw", "charge_a", "cabin_c", "cabin_kw", "odometer_km", "range_km", "ambient_c", "outside_kpa",
    "rain_percent", "tyre_fl_kpa", "tyre_fr_kpa", "tyre_rl_kpa", "tyre_rr_kpa", "tyre_fl_c", "tyre_fr_c", "tyre_rl_c",
    "tyre_rr_c", "brake_fluid_percent", "pad_lamp", "battery_c", "warning_lamp", "stop_lamp", "charge_lamp",
    "turtle_lamp", "tyre_lamp",
)  # fmt: skip
"""What is moved on once a second."""
CELL_COLUMNS: Final = tuple(f"cell_{number}_v" for number in range(1, 97))
"""Not on the bus: only who asks for them gets them."""
SLIP_PER_N: Final = 1.0 / 230_000.0
"""Longitudinal stiffness of two front tyres; ordinary value."""
SENSORS_OFF_K: Final = (0.6, -0.5, 0.3, -0.8, 0.5, -0.2, 0.9, -0.6)
"""Of the modules' temperature sensors: ±1 K is what such NTCs hold."""
HALF_TRACK_M: Final = 0.785
STEERING_DEG: Final = 57.3 * 14.5 * 2.72
"""Steering wheel for each 1/m of curvature: ratio times wheelbase."""
UNDERSTEER_S2: Final = 0.0021
REVERSE, NEUTRAL, DRIVE_GEAR = 1.0, 2.0, 3.0


def fast_row(car: "ElectricCar", curve: float) -> tuple[float, ...]:
    """FAST as of the end of a step; `curve` is the curvature of the path."""
    road, unit, low, high, start = car.road, car.unit, car.low, car.high, car.start
    pack = car.traction.pack
    speed_mps = road.speed_mps
    speed = speed_mps * 3.6
    sideways = HALF_TRACK_M * curve
    turns = car.tyres.turns
    driven = speed * (1.0 + road.drive_n * SLIP_PER_N) if speed > 2.0 else speed
    link_v = high.link_v
    ready = start.ready
    return (
        speed,
        road.accel_mps2,
        speed_mps * speed_mps * curve,
        STEERING_DEG * curve * (1.0 + UNDERSTEER_S2 * speed_mps * speed_mps),
        road.brake * 100.0,
        road.friction * BRAKE_FULL_BAR,
        driven * (1.0 - sideways) * turns[0],
        driven * (1.0 + sideways) * turns[1],
        speed * (1.0 - sideways) * turns[2],
        speed * (1.0 + sideways) * turns[3],
        (-unit.omega if road.backwards else unit.omega) * RPM_PER_OMEGA,
        -unit.nm if road.backwards else unit.nm,
        road.pedal * 100.0 if ready else 0.0,
        1.0 if ready else 0.0,
        (REVERSE if road.backwards else DRIVE_GEAR) if ready else (NEUTRAL if car.levers.towed else 0.0),
        link_v,
        car.motor_w / link_v if link_v > 60.0 else 0.0,
        pack.volt,
        pack.current_a,
        float(high.state),
        low.volt,
        low.current_a,
        low.dcdc_v,
        low.dcdc_a,
        float(start.key),
        start.off_s,
    )


def slow_row(car: "ElectricCar") -> tuple[float, ...]:
    """SLOW as of the end of a second."""
    traction, chassis, unit, charging = car.traction, car.chassis, car.unit, car.charging
    pack, heat, cells = traction.pack, traction.heat, traction.cells
    control, air, low, cabin = car.control, car.air, car.low, car.cabin
    battery, tyres = control.battery, chassis.tyres
    estimate = battery.estimate
    modules = [temp_c + off_k for temp_c, off_k in zip(heat.modules_c, SENSORS_OFF_K, strict=True)]
    volts = cells.volts
    energy_kwh = estimate.charge * estimate.capacity_ah * 0.353
    return (
        unit.motor_c,
        unit.inverter_c,
        unit.coolant_c,
        unit.pump_rpm,
        unit.fan * 100.0,
        control.drive.share * 100.0,
        estimate.shown * 100.0,
        estimate.health * 100.0,
        traction.mean_a,
        battery.discharge_w / 1000.0,
        battery.charge_w / 1000.0,
        float(volts[cells.lowest_id]),
        float(volts[cells.highest_id]),
        cells.mean_v,
        cells.lowest_id + 1.0,
        cells.highest_id + 1.0,
        min(modules),
        max(modules),
        sum(modules) / len(modules),
        *modules,
        heat.inlet_c,
        heat.outlet_c,
        heat.pump_rpm,
        heat.level * 100.0,
        battery.cooling_w / 1000.0 if car.high.closed else 0.0,
        battery.heating_w / 1000.0 if car.high.closed else 0.0,
        car.high.shown_kohm,
        float(cells.bleeding),
        pack.charged_kwh,
        pack.used_kwh,
        energy_kwh,
        low.temp_c,
        low.setpoint_v,
        charging.charger_c,
        charging.inlet_c,
        float(charging.state),
        float(charging.plugged),
        charging.power_w / 1000.0,
        charging.current_a,
        cabin.temp_c,
        cabin.electric_w / 1000.0,
        car.odometer_km,
        energy_kwh * 0.94 / car.kwh_per_km,
        air.temp_c,
        air.pressure_kpa,
        air.wet * 100.0,
        *tyres.pressure_kpa,
        *tyres.temp_c,
        chassis.fluid_percent,
        float(chassis.pads_worn),
        car.battery.temp_c,
        control.warning_lamp,
        control.stop_lamp,
        control.charge_lamp,
        control.turtle_lamp,
        control.brakes.tyre_lamp,
    )
