"""What the petrol car's sensors show, as rows of its trace."""

from typing import TYPE_CHECKING, Final

from edge.simulator.car import engine
from edge.simulator.car.driveline import BRAKE_FULL_BAR
from edge.simulator.journey import Drive, Key

if TYPE_CHECKING:
    from edge.simulator.car.petrol import PetrolCar

TANK_L: Final = 50.0
HALF_TRACK_M: Final = 0.76
WHEELBASE_M: Final = 2.65
STEERING_DEG: Final = 15.2 * 57.3
"""Steering wheel angle for one radian at the wheels."""
UNDERSTEER_S2_PER_M2: Final = 0.0022


def fast_row(car: "PetrolCar", drive: Drive, place: int) -> tuple[float, ...]:
    """What changes within a second, as of now; FAST names it."""
    motor, road, electrics, mixture = car.motor, car.road, car.electrics, car.mixture
    speed = road.speed_mps * 3.6
    curve = drive.steer[place]
    sideways = HALF_TRACK_M * curve
    left, right = speed * (1.0 - sideways), speed * (1.0 + sideways)
    turns = car.tyres.turns
    load = motor.load
    lateral = road.speed_mps * road.speed_mps * curve
    key_on = car.key >= Key.ON
    return (
        speed,
        road.accel_mps2,
        lateral,
        STEERING_DEG * (WHEELBASE_M * curve + UNDERSTEER_S2_PER_M2 * lateral),
        road.brake * 100.0,
        road.brake * BRAKE_FULL_BAR,
        left * turns[0],
        right * turns[1],
        left * turns[2],
        right * turns[3],
        motor.rpm,
        motor.torque_nm,
        road.pedal * 100.0,
        float(motor.running),
        mixture.metered_gps,
        car.air.pressure_kpa * engine.manifold_share(load) if motor.running else car.air.pressure_kpa,
        engine.throttle_percent(motor, road.pedal) if key_on else engine.THROTTLE_REST_PERCENT,
        load * 100.0,
        engine.spark_deg(motor) if motor.running else 0.0,
        mixture.seen,
        mixture.rear_v,
        float(road.gear),
        3.0 if motor.running or car.ignition.auto_stopped else 0.0,
        motor.fuel_lph,
        electrics.volt,
        electrics.current_a,
        electrics.duty * 100.0,
        float(car.key),
        car.off_s,
    )


def slow_row(car: "PetrolCar") -> tuple[float, ...]:
    """What is moved on once a second, as of now; SLOW names it."""
    cooling, mixture, motor, air = car.cooling, car.mixture, car.motor, car.air
    tyres, control, warmth = car.tyres, car.control, car.warmth
    oil_kpa = min(90.0 + 0.1 * motor.rpm * (1.0 + 0.01 * (90.0 - cooling.oil_c)), 480.0) if motor.running else 0.0
    return (
        cooling.coolant_c,
        cooling.oil_c,
        warmth.intake_c,
        cooling.fan * 100.0,
        oil_kpa,
        warmth.catalyst_c,
        mixture.short * 100.0,
        mixture.long[mixture.cell] * 100.0,
        mixture.rail_kpa,
        warmth.tank_kpa,
        control.engine.purge,
        car.firing.roughness,
        *map(float, car.firing.missed),
        warmth.gearbox_c,
        car.odometer_km,
        car.fuel_l / TANK_L * 100.0,
        air.temp_c,
        air.pressure_kpa,
        warmth.cabin_c,
        *tyres.pressure_kpa,
        *tyres.temp_c,
        control.body.tyre_lamp,
        car.chassis.fluid_percent,
        float(car.chassis.pads_worn),
        control.charge_lamp,
        control.mil_lamp,
        car.battery.temp_c,
        float(mixture.closed),
        mixture.on_s,
        engine.IDLE_RPM,
        air.wet * 100.0,
        control.engine.torque_share * 100.0,
    )
