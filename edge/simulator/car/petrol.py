"""The petrol car: its parts joined and moved on second by second, and what its sensors see."""

from collections.abc import Mapping, Sequence
from typing import Final

from edge.simulator.car import engine
from edge.simulator.car.air_conditioning import AirConditioning
from edge.simulator.car.chassis import Chassis
from edge.simulator.car.columns import FAST, LAMBDA, REAR_V, SLOW
from edge.simulator.car.driveline import Driveline
from edge.simulator.car.electrics import Electrics
from edge.simulator.car.engine import EngineState
from edge.simulator.car.firing import Firing
from edge.simulator.car.ignition import Ignition
from edge.simulator.car.levers import CarLevers
from edge.simulator.car.mixture import STORAGE_G, SUPPLY_LPH, Mixture, spray_share
from edge.simulator.car.monitors import CarTests, Swings
from edge.simulator.car.rows import TANK_L, fast_row, slow_row
from edge.simulator.car.traits import CarTraits
from edge.simulator.car.units import car_units
from edge.simulator.car.warmth import LIGHT_OFF_C, Warmth
from edge.simulator.faults import Ordered
from edge.simulator.journey import Drive, Journey, Key
from edge.simulator.levers import Flaw
from edge.simulator.parts.cooling import PETROL_18, Cooling
from edge.simulator.parts.lead_acid import LeadAcid
from edge.simulator.readings import flawed
from edge.simulator.vehicle import AWAKE_S, STEP_S, STEPS, Condition, Second
from edge.simulator.weather import Air, Weather

REFUEL_BELOW: Final = 0.08
CRANK_RPM: Final = 230.0
SEIZE_C: Final = 185.0
"""Metal temperature at which the engine is lost."""
WARM_C: Final = 84.0
SLEW_RPM: Final = 5000.0 * STEP_S
"""How far the engine's own inertia lets its speed change in a step."""
GIVES_UP_S: Final = 45.0
"""A driver whose engine is dead turns the key off after standing this long."""
WAKES_S: Final = 15.0
"""A request keeps the control units awake so long."""
IDLE_RPM_PER_GPS: Final = 45.0
"""How much faster the engine idles for air that its throttle did not let in."""
RESTS_S: Final = 10
"""Asleep, temperatures are moved on so seldom."""
NOBODY: Final[frozenset[str]] = frozenset()


class PetrolCar:
    """One car that lives for ever; implements Vehicle."""

    fast_columns = FAST
    slow_columns = SLOW

    def __init__(
        self,
        traits: CarTraits,
        faults: Sequence[Ordered],
        journey: Journey,
        weather: Weather,
        *,
        seed: int,
        warm: bool = False,
    ) -> None:
        self._traits = traits
        self._faults = tuple(faults)
        self._journey = journey
        self._weather = weather
        self._drive = journey.next_drive()
        self._place = 0
        self._parked_s = 0.0
        self._seconds = 0
        self.off_s = 1e6
        self._dead_s = 0.0
        self.key = int(Key.OFF)
        self.odometer_km = traits.odometer_km
        self.fuel_l = traits.fuel_share * TANK_L
        self.ignition = Ignition()
        self._braked = 0.0
        self._oxygen_g = STORAGE_G
        self._spray = 1.0
        self.levers = CarLevers()
        self.air: Air = weather.at(0.0, self._drive.altitude_m[0])
        ambient_c = self.air.temp_c
        start_c = WARM_C if warm else ambient_c
        self.warmth = Warmth(ambient_c, start_c, 350.0 if warm else ambient_c, ambient_c)
        self.air_conditioning = AirConditioning(ambient_c)
        self.firing = Firing(seed)
        self.chassis = Chassis(traits, ambient_c)
        self.tyres, self.brakes = self.chassis.tyres, self.chassis.brakes
        self.seized = False
        """The engine is lost to heat."""
        self.motor = EngineState()
        self.mixture = Mixture(long=[traits.trim, traits.trim])
        self.road = Driveline(mass_kg=traits.mass_kg)
        self.cooling = _cooling(traits, start_c)
        self.battery = LeadAcid(traits.battery_ah, traits.battery_charge, traits.battery_ohm, ambient_c)
        self.electrics = Electrics(self.battery, traits.accessories_a, volt=self.battery.rest_v())
        self._readings: dict[str, float] = {}
        self._flaws: Mapping[str, Flaw] = {}
        self.control = CarTests()
        self.units = car_units(self.control.memories)
        self._last: tuple[float, ...] = fast_row(self, self._drive, 0)
        self._slow_row: tuple[float, ...] = slow_row(self)

    @property
    def no_start(self) -> bool:
        """The battery could not start the engine, or keep it running, the last time."""
        return self.ignition.failed

    @property
    def asleep(self) -> bool:
        """Parked, and the last control unit sleeps."""
        parked = self._place >= len(self._drive.key) and self._parked_s < self._drive.parked_s - 1.0
        return parked and self.off_s > AWAKE_S

    def readings(self) -> dict[str, float]:
        """What the sensors show now."""
        if not self._readings:
            values = (*self._last, *self._slow_row)
            self._readings = dict(zip((*self.fast_columns, *self.slow_columns), values, strict=True))
            for name, flaw in self._flaws.items():
                self._readings[name] = flawed(self._readings[name], flaw)
        return self._readings

    def disturb(self) -> None:
        """Wake, or stay awake for a while."""
        self.off_s = min(self.off_s, max(AWAKE_S - WAKES_S, 0.0)) if self.off_s else 0.0

    def conditions(self) -> dict[str, Condition]:
        """How each ordered fault stands."""
        found = {}
        for ordered in self._faults:
            stage = ordered.stage(self._seconds)
            severity = ordered.fault.severity(stage, self) if stage.age_s >= 0.0 else 0.0
            failed = stage.age_s >= 0.0 and ordered.fault.failed(self)
            found[ordered.spec.name] = Condition(min(max(severity, 0.0), 1.0), failed)
        return found

    def second(self) -> Second:
        """Live one second awake."""
        levers = self._pull_levers()
        drive = self._drive
        fuel_w = friction_w = 0.0
        self._braked = 0.0
        rows = []
        motor = self.motor
        for _ in range(STEPS):
            if self._place >= len(drive.key):
                place = len(drive.key) - 1
                self._parked_s += STEP_S
                key = int(Key.OFF)
                if self._parked_s >= drive.parked_s:
                    drive = self._leave()
                    place = 0
                    key = drive.key[0]
            else:
                place = self._place
                key = drive.key[place]
                self._place += 1
            self.key = key = key if self._dead_s < GIVES_UP_S else int(Key.OFF)
            self.off_s = self.off_s + STEP_S if key == Key.OFF else 0.0
            self.ignition.step(self, key, drive, place)
            self._roll(drive, place, levers)
            self._power(key, levers)
            fuel_w += motor.fuel_w
            friction_w += motor.friction_w
            rows.append(fast_row(self, drive, place))
        self._last = rows[-1]
        self._live_second(fuel_w / STEPS, friction_w / STEPS, levers)
        self._seconds += 1
        self._slow_row = slow_row(self)
        self._readings = {}
        muted = frozenset(levers.muted) if levers.muted else NOBODY
        self._watch(rows, muted)
        return Second(rows, self._slow_row, self._flaws, muted)

    def _watch(self, rows: Sequence[tuple[float, ...]], muted: frozenset[str]) -> None:
        """Let the control units look at what their sensors show."""
        mixed = [row[LAMBDA] for row in rows]
        rear = [row[REAR_V] for row in rows]
        bends = [abs(mixed[at] - 2.0 * mixed[at + 1] + mixed[at + 2]) for at in range(STEPS - 2)]
        watched = Swings(max(mixed) - min(mixed), max(bends), max(rear) - min(rear))
        self.control.second(self.readings(), self.readings, watched, muted)

    def rest(self) -> None:
        """Live one second asleep."""
        levers = self._pull_levers()
        self._seconds += 1
        self._parked_s += 1.0
        self.off_s += 1.0
        self.electrics.rest(levers.drain_a, 1.0)
        if self._seconds % RESTS_S == 0:
            self._cool_down(levers, float(RESTS_S))

    def _pull_levers(self) -> CarLevers:
        if not self._faults:
            return self.levers
        levers = CarLevers()
        for ordered in self._faults:
            ordered.fault.act(ordered.stage(self._seconds), levers)
        if levers.battery_charge is not None:
            self.battery.charge = levers.battery_charge
        for wheel, left_mm in levers.pad_start_mm.items():
            if self._seconds == 0:
                self.brakes.lining_mm[wheel] = left_mm
        self.battery.capacity_ah = self._traits.battery_ah * levers.battery_capacity
        self._flaws = levers.flaws
        self.levers = levers
        return levers

    def _leave(self) -> Drive:
        """The next drive begins."""
        self._drive = self._journey.next_drive()
        self._place = 1
        self._parked_s = 0.0
        self._dead_s = 0.0
        if self.fuel_l < REFUEL_BELOW * TANK_L:
            self.fuel_l = 0.95 * TANK_L
        return self._drive

    def _roll(self, drive: Drive, place: int, levers: CarLevers) -> None:
        motor, road = self.motor, self.road
        target = drive.target_mps[place]
        if levers.towed:
            road.tow(target)
            engine.still(motor, 0.0)
            self.mixture.off()
            self.odometer_km += road.speed_mps * (STEP_S / 1000.0)
            return
        last = len(drive.target_mps) - 1
        ahead = drive.target_mps[place + STEPS if place + STEPS < last else last]
        alive = motor.running or self.ignition.auto_stopped
        if alive:
            self._dead_s = 0.0
        elif road.speed_mps == 0.0 and drive.started < place < last:
            self._dead_s += STEP_S
        motor.density = self.air.pressure_kpa / 101.325
        wanted_nm = road.step(
            target_mps=target if alive else 0.0,
            ahead_mps=ahead if alive else 0.0,
            grade=drive.grade[place],
            torque_share=self.control.engine.torque_share,
            motor=motor,
        )
        self.odometer_km += road.speed_mps * (STEP_S / 1000.0)
        self._braked += road.brake * road.speed_mps
        if not motor.running:
            engine.still(motor, CRANK_RPM if self.electrics.crank_s > 0.05 and not self.seized else 0.0)
            self.mixture.off()
            return
        self._turn(wanted_nm, levers)

    def _turn(self, wanted_nm: float, levers: CarLevers) -> None:
        motor, cooling = self.motor, self.cooling
        cold_k = 80.0 - cooling.coolant_c
        idle_rpm = engine.IDLE_RPM + (engine.COLD_IDLE_RPM_PER_K * min(cold_k, 60.0) if cold_k > 0.0 else 0.0)
        if levers.vacuum_leak_gps:
            idle_rpm += IDLE_RPM_PER_GPS * levers.vacuum_leak_gps
        off = self.road.engine_rpm(idle_rpm + self.firing.hunting_rpm) - motor.rpm
        rpm = motor.rpm + (SLEW_RPM if off > SLEW_RPM else (off if off > -SLEW_RPM else -SLEW_RPM))
        engine.burn(
            motor,
            rpm=rpm if rpm > engine.STALL_RPM else engine.STALL_RPM,
            wanted_nm=wanted_nm,
            accessory_w=self.electrics.accessory_w() + self.air_conditioning.torque_nm * motor.rpm * engine.RADIANS,
            oil_c=cooling.oil_c,
            intake_c=self.warmth.intake_c,
        )
        self.fuel_l -= motor.fuel_lph * (STEP_S / 3600.0)
        self.mixture.step(
            motor,
            manifold_share=engine.manifold_share(motor.load),
            maf_gain=levers.maf_gain,
            leak_gps=levers.vacuum_leak_gps,
            lag_s=levers.o2_lag_s,
            oxygen_g=self._oxygen_g,
            spray=self._spray,
            unburned=self.firing.unburned,
            supply_lph=SUPPLY_LPH * levers.fuel_supply,
        )

    def _power(self, key: int, levers: CarLevers) -> None:
        motor = self.motor
        self.electrics.step(
            key=key,
            rpm=motor.rpm,
            running=motor.running,
            fan=self.cooling.fan,
            brake=self.road.brake,
            overrun=motor.cut,
            health=levers.charger_health,
            ohm_factor=levers.battery_ohm,
            drain_a=levers.drain_a,
            smart=levers.smart_alternator,
            helper=levers.jump_start,
        )

    def _live_second(self, fuel_w: float, friction_w: float, levers: CarLevers) -> None:
        """Everything slow: firings, heat, tyres, brakes, tank."""
        place = min(self._place, len(self._drive.altitude_m) - 1)
        self.air = air = self._outside(levers, self._drive.altitude_m[place])
        motor, cooling, speed_mps = self.motor, self.cooling, self.road.speed_mps
        self.firing.second(motor, self.mixture, levers)
        cooling.second(
            heat_w=fuel_w * (0.22 + 0.29 * (1.0 - motor.load)),
            friction_w=friction_w,
            rpm=motor.rpm,
            speed_mps=speed_mps + air.wind_mps if speed_mps > 5.0 else speed_mps,
            ambient_c=air.temp_c,
            outside_kpa=air.pressure_kpa,
            hole=levers.hole,
            hole_kg_per_s=levers.hole_kg_per_s,
            pump_share=levers.pump,
            stuck_from=levers.thermostat_from,
            powered=self.key == Key.ON,
        )
        self.seized = self.seized or cooling.metal_c > SEIZE_C
        control = self.control.engine
        self.warmth.second(
            motor,
            fuel_w=fuel_w,
            unburned=self.firing.unburned,
            coolant_c=cooling.coolant_c,
            ambient_c=air.temp_c,
            purge=control.purge,
            sealed=control.evap_closed,
            cap_open=levers.fuel_cap_open,
        )
        self.air_conditioning.second(
            cabin_c=self.warmth.cabin_c, ambient_c=air.temp_c, load=motor.load, on_s=self.mixture.on_s
        )
        works = self.warmth.catalyst_c > LIGHT_OFF_C
        self._oxygen_g = STORAGE_G * self._traits.catalyst * levers.catalyst if works else 0.0
        self._spray = spray_share(levers.injector) if levers.injector else 1.0
        self.battery.warm(air.temp_c + 0.25 * (cooling.coolant_c - air.temp_c), 1.0)
        self.chassis.second(self.road, self._braked / STEPS, levers, air)
        self.fuel_l = max(self.fuel_l, 0.0)

    def _outside(self, levers: CarLevers, altitude_m: float) -> Air:
        air = self._weather.at(self._seconds, altitude_m + levers.climb_m)
        return air._replace(temp_c=air.temp_c - levers.colder_k) if levers.colder_k else air

    def _cool_down(self, levers: CarLevers, seconds: float) -> None:
        """Parked and asleep: everything drifts to the air's temperature."""
        self.air = air = self._outside(levers, self._drive.altitude_m[-1])
        self.cooling.rest(air.temp_c, seconds)
        self.warmth.rest(coolant_c=self.cooling.coolant_c, ambient_c=air.temp_c, sun=air.sun, seconds=seconds)
        self.air_conditioning.rest(self.warmth.cabin_c)
        self.firing.rest()
        self.battery.warm(air.temp_c, seconds)
        self.chassis.rest(levers, air, seconds)


def _cooling(traits: CarTraits, temperature_c: float) -> Cooling:
    return Cooling(
        design=PETROL_18,
        metal_c=temperature_c,
        coolant_c=temperature_c,
        oil_c=temperature_c,
        full_kg=traits.coolant_kg,
        coolant_kg=traits.coolant_kg,
        opens_c=traits.thermostat_opens_c,
        radiator_share=traits.radiator_share,
        wax=0.3 if temperature_c >= WARM_C else 0.0,
    )
