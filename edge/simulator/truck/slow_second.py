"""One second of everything slow on the truck: heat, air, exhaust, tyres, brakes, tanks; also while it sleeps."""

from typing import TYPE_CHECKING, Final, NamedTuple

from edge.simulator.truck.air import APPLIED_KPA
from edge.simulator.truck.columns import HUBS
from edge.simulator.truck.driveline import GRAVITY
from edge.simulator.truck.engine import CYLINDERS, FUEL_G_PER_L
from edge.simulator.truck.exhaust import FULL_G
from edge.simulator.truck.levers import TruckLevers
from edge.simulator.truck.scr import CONCENTRATION

if TYPE_CHECKING:
    from edge.simulator.truck.truck import Truck

TO_COOLANT: Final = 0.185
"""Share of the fuel's power at full load; more at little load."""
BRAKE_TO_COOLANT: Final = 0.18
"""Of the compression brake's power; the rest leaves through the exhaust."""
GEARBOX_LOSES: Final = 0.014 * 0.1047
"""Of the power that passes: 1.4 % at Nm times rpm."""
GEARBOX_J_PER_K: Final = 110_000.0
GEARBOX_TO_COOLANT_W_PER_K: Final = 110.0
"""Of its oil cooler; little enough that the coolant does not feel it."""
WHEEL_GRIP: Final = 0.8
BRAKE_FULL_MPS2: Final = 5.5
TYRES_EVERY_S: Final = 4
CRUISE_FROM_MPS: Final = 16.0
STEADY_MPS: Final = 0.9
SEIZE_C: Final = 190.0
ASH_L: Final = 130_000.0


def obey(truck: "Truck", levers: TruckLevers) -> None:
    """What scenarios set at once: batteries, linings, filter, trailer, reagent, injectors."""
    traits = truck.traits
    if levers.battery_charge is not None:
        truck.battery.charge = levers.battery_charge
    truck.battery.capacity_ah = traits.battery_ah * levers.battery_capacity
    if truck.seconds == 0:
        for wheel, left_mm in levers.pad_start_mm.items():
            truck.brakes.lining_mm[wheel] = left_mm
    if levers.soot_share is not None:
        truck.exhaust.soot_g = levers.soot_share * FULL_G
    truck.road.mass_kg = traits.gross_kg if levers.gross_kg is None else levers.gross_kg
    truck.scr.concentration = CONCENTRATION if levers.def_concentration is None else levers.def_concentration
    lacking = sum(1.0 - share for share in levers.injector.values())
    truck.uneven = max((abs(1.0 - share) for share in levers.injector.values()), default=0.0)
    truck.motor.spray = 1.0 - lacking / CYLINDERS


class Means(NamedTuple):
    """What the engine did in the fast steps of a second, on average."""

    fuel_w: float
    fuel_gps: float
    friction_w: float
    brake_w: float
    """Of the compression brake."""


def live(truck: "Truck", levers: TruckLevers, means: Means) -> None:
    """One second awake."""
    drive = truck.drive
    place = truck.place if truck.place < len(drive.altitude_m) else len(drive.altitude_m) - 1
    air = truck.weather.at(truck.seconds, drive.altitude_m[place] + levers.climb_m)
    if levers.colder_k:
        air = air._replace(temp_c=air.temp_c - levers.colder_k)
    truck.outside = air
    _warm_engine(truck, levers, means)
    _clean_exhaust(truck, levers, means)
    _feed(truck, levers)
    _wheels(truck, levers)
    _driver(truck)
    truck.electrics.second()
    truck.battery.warm(air.temp_c, 1.0)
    truck.fans_and_idle()


def _warm_engine(truck: "Truck", levers: TruckLevers, means: Means) -> None:
    motor, road, cooling, air = truck.motor, truck.road, truck.cooling, truck.outside
    speed_mps, ambient_c = road.speed_mps, air.temp_c
    cooling.engine_rpm = motor.rpm if motor.running else 0.0
    cooling.charge_c = truck.turbo.charge_c
    cooling.second(
        heat_w=means.fuel_w * (TO_COOLANT + 0.09 * (1.0 - min(motor.fill, 1.0))) + BRAKE_TO_COOLANT * means.brake_w,
        friction_w=means.friction_w,
        rpm=motor.rpm,
        speed_mps=max(speed_mps + air.wind_mps, 0.3 * speed_mps),  # a tail wind never blows through the grille
        ambient_c=ambient_c,
        outside_kpa=air.pressure_kpa,
        hole=levers.hole,
        hole_kg_per_s=levers.hole_kg_per_s,
        pump_share=levers.pump,
        stuck_from=levers.thermostat_from,
        powered=motor.running,
    )
    if cooling.metal_c > SEIZE_C:
        truck.seized = True
    truck.turbo.second(
        rpm=motor.rpm,
        ambient_c=ambient_c,
        outside_kpa=air.pressure_kpa,
        speed_mps=speed_mps,
        bay_c=cooling.coolant_c,
    )
    lost_w = GEARBOX_LOSES * abs(motor.torque_nm) * motor.rpm + 0.9 * motor.rpm
    cooled_w = (22.0 + 2.6 * speed_mps) * (truck.gearbox_c - ambient_c)
    to_coolant_w = GEARBOX_TO_COOLANT_W_PER_K * (truck.gearbox_c - cooling.coolant_c) if motor.running else 0.0
    truck.gearbox_c += (lost_w - cooled_w - to_coolant_w) / GEARBOX_J_PER_K
    cosy_c = 21.0 if cooling.coolant_c > 45.0 or ambient_c > 21.0 else ambient_c
    truck.cabin_c += (cosy_c - truck.cabin_c) / 500.0
    if motor.running:
        truck.hours += 1.0 / 3600.0
        truck.turns_k += motor.rpm / 60_000.0


def _clean_exhaust(truck: "Truck", levers: TruckLevers, means: Means) -> None:
    motor, exhaust, turbo = truck.motor, truck.exhaust, truck.turbo
    ambient_c = truck.outside.temp_c
    if not motor.running:
        exhaust.rest(ambient_c, 1.0)
        truck.scr.rest(ambient_c, 1.0)
        truck.back_kpa, motor.soot_mg = 0.0, 0.0
        return
    exhaust.second(
        fuel_w=means.fuel_w,
        air_gps=turbo.air_gps,
        fuel_gps=means.fuel_gps,
        brake_w=means.brake_w,
        intake_c=turbo.charge_c,
        ambient_c=ambient_c,
        soot_mg=motor.soot_mg * levers.soot,
        regenerate=truck.control.aftertreatment.regenerates,
        catalysis=levers.catalysis,
        more_ash=levers.ash,
    )
    motor.soot_mg = 0.0
    truck.back_kpa = exhaust.back_kpa()
    truck.scr.second(
        fill=motor.fill,
        flow_gps=exhaust.flow_gps,
        before_c=exhaust.before_scr_c,
        after_c=exhaust.after_scr_c,
        turbine_c=exhaust.turbine_c,
        ambient_c=ambient_c,
        coolant_c=truck.cooling.coolant_c,
        valve=levers.dosing,
        pump=levers.def_pump,
    )


def _feed(truck: "Truck", levers: TruckLevers) -> None:
    """Fuel and compressed air."""
    motor, road, fuel = truck.motor, truck.road, truck.fuel
    burned_lph = motor.fuel_lph + truck.exhaust.dosed_gps * 3600.0 / FUEL_G_PER_L
    fuel.second(
        running=motor.running,
        rpm=motor.rpm,
        fuel_lph=burned_lph,
        clog=levers.fuel_filter,
        ambient_c=truck.outside.temp_c,
        engine_c=truck.cooling.coolant_c,
    )
    truck.exhaust.ash += burned_lph / 3600.0 / ASH_L
    air = truck.air
    air.braked_kpa = road.applied * APPLIED_KPA
    air.shifts = road.shifts
    road.applied, road.shifts = 0.0, 0
    air.second(
        rpm=motor.rpm if motor.running else 0.0,
        moving=road.speed_mps > 0.5,
        holes=levers.air_hole_nl_per_min,
        compressor=levers.compressor,
    )


def _wheels(truck: "Truck", levers: TruckLevers) -> None:
    road, air, brakes, tyres = truck.road, truck.outside, truck.brakes, truck.tyres
    speed_mps, mass_kg = road.speed_mps, road.mass_kg
    drags: list[float] | None = None
    road.drag_n = 0.0
    if levers.brake_drag:
        wheel_n = mass_kg * GRAVITY / len(brakes.share) * WHEEL_GRIP
        drags = [levers.brake_drag.get(wheel, 0.0) * wheel_n * speed_mps for wheel in range(len(brakes.share))]
        road.drag_n = sum(levers.brake_drag.values()) * wheel_n
    brakes.second(
        braking_w=truck.braked_m * mass_kg * BRAKE_FULL_MPS2,
        drag_w=drags,
        speed_mps=speed_mps,
        ambient_c=air.temp_c,
        faster=levers.pad_wear,
    )
    truck.braked_m = 0.0
    if truck.seconds % TYRES_EVERY_S == 0:
        _tyres(truck, levers)
    road.rolling = tyres.rolling * tyres.drag * (1.0 + 0.1 * air.wet)
    road.wind_mps = air.wind_mps
    road.density = air.pressure_kpa / 101.325 * 293.15 / (air.temp_c + 273.15)


def _tyres(truck: "Truck", levers: TruckLevers) -> None:
    """Tyres are slow enough to be looked at now and then."""
    road, air, discs = truck.road, truck.outside, truck.brakes.disc_c
    truck.tyres.second(
        speed_mps=road.speed_mps,
        ambient_c=air.temp_c,
        outside_kpa=air.pressure_kpa,
        load_n=road.mass_kg * GRAVITY / len(HUBS),
        wet=air.wet,
        holes_kpa_per_h=levers.tyre_hole_kpa_per_h,
        hub_c=[discs[hub] for hub in HUBS],
        span_s=TYRES_EVERY_S,
    )
    turns = truck.tyres.turns
    truck.wheel_factors = (3.6 * turns[0], 3.6 * turns[1], 1.8 * (turns[2] + turns[4]), 1.8 * (turns[3] + turns[5]))


def _driver(truck: "Truck") -> None:
    """Cruise control is set when the road stays fast and even, and leaves with the brake."""
    road, drive, place = truck.road, truck.drive, truck.place
    last = len(drive.target_mps) - 1
    if road.speed_mps < CRUISE_FROM_MPS or road.brake > 0.0 or place >= last or not truck.motor.running:
        truck.cruise_s = 0.0
        return
    later = drive.target_mps[place + 40 if place + 40 < last else last]
    change = later - drive.target_mps[place]
    if -STEADY_MPS < change < STEADY_MPS:
        truck.cruise_s += 1.0
    else:
        truck.cruise_s = 0.0


def cool_down(truck: "Truck", levers: TruckLevers, seconds: float) -> None:
    """Parked and asleep: everything drifts to the air's temperature, and air leaks away."""
    air = truck.weather.at(truck.seconds, truck.drive.altitude_m[-1] + levers.climb_m)
    ambient_c = air.temp_c - levers.colder_k
    truck.outside = air._replace(temp_c=ambient_c)
    truck.cooling.rest(ambient_c, seconds)
    truck.turbo.charge_c += (ambient_c - truck.turbo.charge_c) * seconds / 600.0
    truck.gearbox_c += (ambient_c - truck.gearbox_c) * seconds / 7_200.0
    truck.cabin_c += (ambient_c + 8.0 * air.sun - truck.cabin_c) * seconds / 3_600.0
    truck.fuel.fuel_c += (ambient_c - truck.fuel.fuel_c) * seconds / 20_000.0
    truck.fuel.rail_mpa = truck.fuel.filter_kpa = truck.fuel.delivery_kpa = 0.0
    truck.exhaust.rest(ambient_c, seconds)
    truck.scr.rest(ambient_c, seconds)
    truck.battery.warm(ambient_c, seconds)
    truck.air.second(
        rpm=0.0, moving=False, holes=levers.air_hole_nl_per_min, compressor=levers.compressor, span_s=seconds
    )
    truck.brakes.second(braking_w=0.0, drag_w=None, speed_mps=0.0, ambient_c=ambient_c, faster={}, span_s=seconds)
    truck.tyres.second(
        speed_mps=0.0,
        ambient_c=ambient_c,
        outside_kpa=air.pressure_kpa,
        load_n=0.0,
        wet=air.wet,
        holes_kpa_per_h=levers.tyre_hole_kpa_per_h,
        span_s=seconds,
    )
