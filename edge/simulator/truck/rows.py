"""What the truck's sensors show, as rows of the trace: FAST after every step, SLOW after every second."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from edge.simulator.ecu.codes import Lamp
from edge.simulator.journey import Key
from edge.simulator.readings import flawed
from edge.simulator.truck import engine
from edge.simulator.truck.aftertreatment_tests import HIGH_PERCENT, NEEDS_PERCENT, URGENT_PERCENT
from edge.simulator.truck.columns import FAST, TYRE_PLACES
from edge.simulator.truck.cooling import FAN_DRAGS
from edge.simulator.truck.driveline import ALL_RATIOS, OUTPUT_RPM_PER_MPS, RPM_PER_MPS
from edge.simulator.truck.engine import AIR_PER_FUEL, BRAKE_MOST_NM, REFERENCE_NM
from edge.simulator.truck.scr import SENSOR_S

if TYPE_CHECKING:
    from edge.simulator.truck.truck import Truck

NAN: Final = math.nan
WHEEL_COLUMNS: Final = ("wheel_fl_kmh", "wheel_fr_kmh", "wheel_rl_kmh", "wheel_rr_kmh")
WHEELS: Final = slice(FAST.index("wheel_fl_kmh"), FAST.index("wheel_rr_kmh") + 1)
PERCENT: Final = 100.0 / REFERENCE_NM
RETARDER_PERCENT: Final = -100.0 / BRAKE_MOST_NM
HALF_TRACK_M: Final = 1.03
WHEELBASE_M: Final = 3.7
STEERING: Final = 19.0
"""Turns of the steering wheel for those of the wheels."""
TORQUE_DRIVER: Final = 1.0
TORQUE_CRUISE: Final = 2.0
"""SPN 899: accelerator pedal, cruise control; 0 is the idle governor."""
STARTER_ON: Final = 2.0
"""SPN 1675: the starter is active, its gear engaged."""
LINING_MM: Final = 19.0
LAMP_SOLID: Final = 1.0
LAMP_FAST: Final = 4.0
CRUISE_AFTER_S: Final = 8.0
OXYGEN_PERCENT: Final = 20.9
EVEN: Final = (0.0,) * engine.CYLINDERS


def fast_row(truck: "Truck", curve: float) -> tuple[float, ...]:
    """As of the end of a step; `curve` is the path's curvature (1/m)."""
    motor, road = truck.motor, truck.road
    speed_mps, rpm = road.speed_mps, motor.rpm
    sideways = HALF_TRACK_M * curve
    left, right = speed_mps * (1.0 - sideways), speed_mps * (1.0 + sideways)
    front_left, front_right, rear_left, rear_right = truck.wheel_factors
    gear, shifting, place, slip = road.gear, road.shift_left_s > 0.0, road.engaged, road.slip
    indicated = motor.indicated_nm
    load = indicated / (engine.torque_max_nm(rpm) + motor.drag_nm + 1.0) * 100.0 if indicated > 0.0 else 0.0
    brake = road.brake
    electrics = truck.electrics
    return (
        truck.key,
        truck.off_s,
        speed_mps * 3.6,
        road.accel_mps2,
        speed_mps * speed_mps * curve,
        speed_mps * (-curve if road.backwards else curve),
        STEERING * WHEELBASE_M * curve * (1.0 + 0.0016 * speed_mps * speed_mps),
        left * front_left,
        right * front_right,
        left * rear_left,
        right * rear_right,
        rpm + truck.ripple_rpm,
        motor.asked_nm * PERCENT,
        indicated * PERCENT,
        road.pedal * 100.0 if truck.cruise_s <= CRUISE_AFTER_S else 0.0,
        load if load < 100.0 else 100.0,
        gear,
        (place or -1) if rpm > 0.0 else 0,
        ALL_RATIOS[place] if gear else 0.0,
        1.0 if gear and slip == 0.0 else 0.0,
        1.0 if shifting else 0.0,
        slip * 100.0 if gear else 100.0,
        speed_mps * OUTPUT_RPM_PER_MPS,
        speed_mps * RPM_PER_MPS[place] if gear else (500.0 if shifting else 0.0),
        motor.brake_nm * RETARDER_PERCENT,
        brake * 100.0,
        1.0 if brake > 0.0 else 0.0,
        motor.fuel_lph,
        truck.turbo.boost_kpa,
        truck.fuel.rail_mpa,
        electrics.volt,
        electrics.current_a,
    )


def slow_row(truck: "Truck") -> tuple[float, ...]:
    """As of the end of a second."""
    tyres = truck.tyres
    turn = truck.tyre_turn
    return (
        *_motion(truck),
        *_engine(truck),
        *_air(truck),
        *_exhaust(truck),
        *_counters(truck),
        float(TYRE_PLACES[turn]),
        tyres.pressure_kpa[turn],
        tyres.temp_c[turn],
        truck.control.tyres.alarm(turn),
        *(left / LINING_MM * 100.0 for left in truck.brakes.lining_mm[:4]),
        *_balance(truck),
        *tyres.pressure_kpa,
        *tyres.temp_c,
    )


def _motion(truck: "Truck") -> tuple[float, ...]:
    motor, road, electrics, outside_kpa = truck.motor, truck.road, truck.electrics, truck.outside.pressure_kpa
    front_left, front_right, rear_left, rear_right = wheels = truck.last[WHEELS]
    if truck.flaws:
        front_left, front_right, rear_left, rear_right = _as_sensed(truck, wheels)
    axle = 0.5 * (front_left + front_right)
    kmh, lph = road.speed_mps * 3.6, motor.fuel_lph
    mode = 0.0
    if road.pedal > 0.0:
        mode = TORQUE_CRUISE if truck.cruise_s > CRUISE_AFTER_S else TORQUE_DRIVER
    return (
        1.0 if motor.running else 0.0,
        STARTER_ON if electrics.crank_s > 0.0 else 0.0,
        mode,
        1.0 if mode != TORQUE_DRIVER else 0.0,
        1.0 if road.backwards else 0.0,
        0.5 * (rear_left + rear_right),
        axle,
        front_left - axle,
        front_right - axle,
        rear_left - axle,
        rear_right - axle,
        truck.pressed_kpa() if road.brake > 0.0 else 0.0,
        kmh / lph if lph > 0.05 else (125.0 if kmh > 1.0 else 0.0),
        outside_kpa + truck.turbo.boost_kpa,
        electrics.charging_v,
        electrics.alternator_a,
    )


def _as_sensed(truck: "Truck", speeds: Sequence[float]) -> tuple[float, ...]:
    """Wheel speeds as the brakes' control unit has them, from which it reckons the axle's."""
    sensed = []
    for column, speed in zip(WHEEL_COLUMNS, speeds, strict=True):
        flaw = truck.flaws.get(column)
        sensed.append(speed if flaw is None else flawed(speed, flaw))
    return tuple(sensed)


def _engine(truck: "Truck") -> tuple[float, ...]:
    motor, cooling, fuel, turbo = truck.motor, truck.cooling, truck.fuel, truck.turbo
    rpm, drag = motor.rpm, motor.drag_nm
    running = motor.running
    cruises = truck.cruise_s > CRUISE_AFTER_S
    full = cooling.coolant_kg / cooling.full_kg
    level = (full - 0.83) / 0.17 * 100.0
    oil_kpa = (130.0 + 0.24 * rpm * (1.0 + 0.006 * (95.0 - cooling.oil_c))) if running else 0.0
    warm_k = cooling.coolant_c - 20.0
    ambient_c = truck.outside.temp_c
    flow = turbo.air_gps + turbo.lost_gps
    fan = cooling.fan
    return (
        (engine.torque_max_nm(rpm) * truck.control.torque_share + drag) * PERCENT if running else 0.0,
        (drag - truck.accessory_w / (rpm * engine.RADIANS)) * PERCENT if running else 0.0,
        truck.accessory_w / (rpm * engine.RADIANS) * PERCENT if running else 0.0,
        truck.exhaust.flow_gps * 3.6,
        1.0 if cruises else 0.0,
        truck.road.speed_mps * 3.6 if cruises else 0.0,
        1.0 if truck.key == Key.OFF else 0.0,
        cooling.coolant_c,
        fuel.fuel_c,
        cooling.oil_c,
        fuel.delivery_kpa,
        fuel.filter_kpa,
        oil_kpa if oil_kpa < 560.0 else 560.0,
        0.25 + 0.9 * motor.fill if running else 0.0,
        min(max(warm_k, 0.0) * 1.1, 90.0) * (1.0 if full > 0.6 else 0.0) * (1.0 - truck.levers.hole),
        0.0 if level < 0.0 else (level if level < 100.0 else 100.0),
        turbo.charge_c,
        ambient_c + (4.0 if running else 0.0) + 0.05 * (cooling.coolant_c - ambient_c),
        0.4 + 1.4e-5 * flow * flow if running else 0.0,
        truck.back_kpa,
        truck.exhaust.turbine_c,
        turbo.turbine_rpm(rpm) if running else 0.0,
        fan * 100.0,
        0.0 if fan <= FAN_DRAGS else 2.0,
        1.25 * fan * rpm,
    )


def _air(truck: "Truck") -> tuple[float, ...]:
    air = truck.air
    one, two, parking = air.circuits_kpa
    return (air.supply_kpa, parking, one, two, one, two, 1.0 if air.loaded else 0.0)


def _exhaust(truck: "Truck") -> tuple[float, ...]:
    exhaust, scr, unit, motor = truck.exhaust, truck.scr, truck.control.aftertreatment, truck.motor
    outside_kpa = truck.outside.pressure_kpa
    soot = unit.soot_percent
    before = scr.nox_in_ppm if scr.in_s > SENSOR_S else NAN
    behind = scr.nox_out_ppm if scr.out_s > SENSOR_S else NAN
    lean = truck.turbo.air_gps / (motor.fuel_gps * AIR_PER_FUEL) if motor.fuel_gps > 0.0 else 99.0
    oxygen = OXYGEN_PERCENT * (1.0 - 1.0 / lean) if lean > 1.0 else 0.0
    needs = soot >= NEEDS_PERCENT
    status = 0.0 if not needs else (1.0 if soot < URGENT_PERCENT else (2.0 if soot < HIGH_PERCENT else 3.0))
    return (
        scr.left_l / scr.tank_l * 100.0,
        scr.tank_c,
        scr.concentration,
        outside_kpa + scr.pump_kpa,
        scr.dosed_gph,
        (2.0 if scr.dosing else 1.0) if motor.running else 0.0,
        before,
        behind,
        NAN if math.isnan(before) else oxygen,
        NAN if math.isnan(behind) else oxygen,
        scr.in_s if scr.in_s < scr.out_s else scr.out_s,
        exhaust.before_filter_c,
        exhaust.after_filter_c,
        exhaust.before_scr_c,
        exhaust.after_scr_c,
        exhaust.filter_kpa,
        soot,
        truck.traits.ash_share * 100.0,
        unit.since_s,
        1.0 if unit.regenerates else (2.0 if needs else 0.0),
        1.0 if exhaust.oxidised_g_per_h > 1.0 else 0.0,
        0.0 if soot < URGENT_PERCENT else (LAMP_SOLID if soot < HIGH_PERCENT else LAMP_FAST),
        status,
        1.0 if exhaust.before_filter_c > 525.0 and truck.road.speed_mps < 2.2 else 0.0,
        unit.inhibited,
        unit.conversion_percent,
        exhaust.dosed_gps * 3600.0 / engine.FUEL_G_PER_L,
    )


def _counters(truck: "Truck") -> tuple[float, ...]:
    outside, fuel, motor = truck.outside, truck.fuel, truck.motor
    brakes = truck.control.brakes.memory
    return (
        truck.hours,
        truck.turns_k * 1000.0,
        truck.odometer_km * 1000.0,
        fuel.used_l,
        fuel.left_l / fuel.tank_l * 100.0,
        18.0 + 0.02 * motor.rpm if motor.running else 0.0,
        truck.gearbox_c,
        truck.road.mass_kg,
        outside.temp_c,
        outside.pressure_kpa,
        truck.cabin_c,
        truck.battery.temp_c,
        truck.volt_min,
        truck.electrics.volt if truck.key >= Key.ON else 0.0,
        1.0 if brakes.lamp(Lamp.RED) else 0.0,
        1.0 if brakes.lamp(Lamp.AMBER) else 0.0,
    )


def _balance(truck: "Truck") -> tuple[float, ...]:
    """Each cylinder's share in turning the crank, off from the mean (percent)."""
    uneven = truck.levers.injector
    if not uneven or not truck.motor.running:
        return EVEN
    mean = truck.motor.spray
    return tuple((uneven.get(cylinder, 1.0) / mean - 1.0) * 100.0 for cylinder in range(1, engine.CYLINDERS + 1))
