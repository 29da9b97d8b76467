"""The truck: its parts joined and moved on second by second, and what its sensors see."""

from collections.abc import Mapping, Sequence
from typing import Final

from edge.simulator.faults import Ordered
from edge.simulator.journey import Drive, Journey, Key
from edge.simulator.levers import Flaw
from edge.simulator.parts.lead_acid import LeadAcid
from edge.simulator.readings import flawed
from edge.simulator.truck import build, engine, rows, slow_second
from edge.simulator.truck.air import APPLIED_KPA
from edge.simulator.truck.columns import FAST, PLACARD_KPA, SLOW, TYRE_NAMES
from edge.simulator.truck.driveline import AHEAD_S, LIMIT_MPS, RPM_PER_MPS, Driveline
from edge.simulator.truck.electrics import CONTROL_UNIT_MIN_V, CRANKS_FROM_V, Electrics
from edge.simulator.truck.engine import EngineState
from edge.simulator.truck.levers import TruckLevers
from edge.simulator.truck.monitors import IDLE_RAISED_RPM, TruckTests
from edge.simulator.truck.traits import TruckTraits
from edge.simulator.truck.turbo import Turbo
from edge.simulator.truck.units import truck_units
from edge.simulator.vehicle import AWAKE_S, STEP_S, STEPS, Condition, Second
from edge.simulator.weather import Air, Weather

REFUEL_BELOW: Final = 0.12
REFILL_BELOW: Final = 0.15
CRANK_RPM: Final = 145.0
FIRES_AFTER_S: Final = 0.65
"""Of cranking."""
SLEW_RPM: Final = 130.0
"""How far the engine's own inertia lets its speed change in a step."""
GIVES_UP_S: Final = 45.0
"""A driver whose engine is dead turns the key off after standing this long."""
WAKES_S: Final = 15.0
"""A request keeps the control units awake so long."""
COLD_IDLE_RPM: Final = 60.0
"""How much faster a cold engine idles."""
RIPPLE_RPM: Final = 22.0
"""Amplitude at idle of a cylinder that does not work at all; it falls with the square of the speed (rotating mass)."""
KM_PER_HOUR: Final = 58.0
"""Mean speed of the life before the simulation."""
AHEAD_STEPS: Final = round(AHEAD_S / STEP_S)
NOBODY: Final[frozenset[str]] = frozenset()


class Truck:
    """One tractor with its trailer that lives for ever; implements Vehicle."""

    fast_columns = tuple(FAST)
    slow_columns = tuple(SLOW)

    def __init__(
        self,
        traits: TruckTraits,
        faults: Sequence[Ordered],
        journey: Journey,
        weather: Weather,
        *,
        seed: int = 0,  # noqa: ARG002  nothing here is left to chance; every vehicle is made the same way
        warm: bool = False,
    ) -> None:
        self.traits = traits
        self.weather = weather
        self._faults = tuple(faults)
        self._journey = journey
        self.drive = journey.next_drive()
        self.place = 0
        self.parked_s = 0.0
        self.seconds = 0
        self.off_s = 1e6
        self.key = int(Key.OFF)
        self._dead_s = 0.0
        self.levers = TruckLevers()
        self.flaws: Mapping[str, Flaw] = {}
        self.outside: Air = weather.at(0.0, self.drive.altitude_m[0])
        self.seized = False
        """The engine is lost to heat."""
        self.no_start = False
        """The batteries could not start the engine, or keep it running, the last time."""
        self.odometer_km = traits.odometer_km
        self.hours = traits.odometer_km / KM_PER_HOUR
        self.turns_k = self.hours * 66.0
        """Thousands of engine turns."""
        self.braked_m = self.cruise_s = 0.0
        """Metres of full braking in this second so far; how long nothing has been against cruise control."""
        self.accessory_w, self.back_kpa, self.volt_min = 5_000.0, 2.0, 25.0
        self.wheel_factors = (3.6, 3.6, 3.6, 3.6)
        self.idle_rpm = engine.IDLE_RPM
        self.uneven = self.ripple_rpm = 0.0
        """How far the worst injector is off, as a share; what that does to the crank's speed just now."""
        ambient_c = self.outside.temp_c
        start_c = build.WARM_C if warm else ambient_c
        self.motor = EngineState()
        self.road = Driveline(traits.gross_kg, traits.drag_area_m2, traits.rolling)
        self.turbo = Turbo(ambient_c)
        self.fuel = build.fuel_system(traits, ambient_c)
        self.cooling = build.cooling(traits, start_c)
        self.gearbox_c = self.cabin_c = min(start_c, 60.0)
        self.battery = LeadAcid(traits.battery_ah, traits.battery_charge, traits.battery_ohm, ambient_c, blocks=2)
        self.electrics = Electrics(self.battery, traits.accessories_a, volt=self.battery.rest_v())
        self.air = build.compressed_air(traits)
        self.exhaust = build.exhaust(traits, ambient_c, warm=warm)
        self.scr = build.scr(traits, ambient_c)
        self.brakes = build.brakes(traits, ambient_c)
        self.tyres = build.tyres(traits, ambient_c)
        self.control = TruckTests(traits.soot_share * 100.0, PLACARD_KPA, TYRE_NAMES)
        self.units = truck_units(self.control.memories)
        self._readings: dict[str, float] = {}
        self.last: tuple[float, ...] = rows.fast_row(self, 0.0)
        self.slow_row: tuple[float, ...] = rows.slow_row(self)

    @property
    def now_s(self) -> float:
        """Seconds lived."""
        return float(self.seconds)

    @property
    def asleep(self) -> bool:
        """Parked, and the last control unit sleeps."""
        parked = self.place >= len(self.drive.key) and self.parked_s < self.drive.parked_s - 1.0
        return parked and self.off_s > AWAKE_S

    def readings(self) -> dict[str, float]:
        """What the sensors show now."""
        if not self._readings:
            self._readings = dict(zip(COLUMNS, (*self.last, *self.slow_row), strict=True))
            for name, flaw in self.flaws.items():
                if name in self._readings:
                    self._readings[name] = flawed(self._readings[name], flaw)
        return self._readings

    def disturb(self) -> None:
        """Wake, or stay awake for a while."""
        self.off_s = min(self.off_s, max(AWAKE_S - WAKES_S, 0.0)) if self.off_s else 0.0

    def conditions(self) -> dict[str, Condition]:
        """How each ordered fault stands."""
        found = {}
        for ordered in self._faults:
            stage = ordered.stage(self.seconds)
            begun = stage.age_s >= 0.0
            severity = ordered.fault.severity(stage, self) if begun else 0.0
            found[ordered.spec.name] = Condition(min(max(severity, 0.0), 1.0), begun and ordered.fault.failed(self))
        return found

    def second(self) -> Second:
        """Live one second awake."""
        levers = self._pull_levers()
        drive = self.drive
        motor, electrics = self.motor, self.electrics
        fuel_w = friction_w = fuel_gps = brake_w = 0.0
        volt_min = 99.0
        fast = []
        for _ in range(STEPS):
            if self.place >= len(drive.key):
                place = len(drive.key) - 1
                self.parked_s += STEP_S
                key = int(Key.OFF)
                if self.parked_s >= drive.parked_s:
                    drive = self._leave()
                    place, key = 0, drive.key[0]
            else:
                place = self.place
                key = drive.key[place]
                self.place += 1
            self.key = key = key if self._dead_s < GIVES_UP_S else int(Key.OFF)
            self.off_s = self.off_s + STEP_S if key == Key.OFF else 0.0
            self._ignite(key, levers)
            self._roll(drive, place, levers)
            electrics.step(
                key=key,
                rpm=motor.rpm,
                running=motor.running,
                braking=self.road.brake > 0.0,
                health=levers.charger_health,
                ohm_factor=levers.battery_ohm,
                drain_a=levers.drain_a,
                helper=levers.jump_start,
            )
            volt_min = electrics.volt if electrics.volt < volt_min else volt_min
            fuel_w += motor.fuel_w
            fuel_gps += motor.fuel_gps
            friction_w += motor.friction_w
            brake_w += motor.brake_nm * motor.rpm
            fast.append(rows.fast_row(self, drive.steer[place]))
        self.volt_min = volt_min
        self.last = fast[-1]
        means = slow_second.Means(
            fuel_w / STEPS, fuel_gps / STEPS, friction_w / STEPS, brake_w * (engine.RADIANS / STEPS)
        )
        slow_second.live(self, levers, means)
        self.seconds += 1
        self.slow_row = rows.slow_row(self)
        self._readings = {}
        muted = frozenset(levers.muted) if levers.muted else NOBODY
        self.control.second(self.readings(), self.readings, muted, self.tyre_turn)
        return Second(fast, self.slow_row, self.flaws, muted)

    def rest(self) -> None:
        """Live one second asleep."""
        levers = self._pull_levers()
        self.seconds += 1
        self.parked_s += 1.0
        self.off_s += 1.0
        if self.seconds % 10 == 0:
            self.electrics.rest(levers.drain_a, 10.0)
            slow_second.cool_down(self, levers, 10.0)

    @property
    def tyre_turn(self) -> int:
        """Wheel module that reports in this second: each has its turn."""
        return self.seconds % len(TYRE_NAMES)

    def _pull_levers(self) -> TruckLevers:
        if not self._faults:
            return self.levers
        levers = TruckLevers()
        for ordered in self._faults:
            ordered.fault.act(ordered.stage(self.seconds), levers)
        slow_second.obey(self, levers)
        self.flaws = levers.flaws
        self.levers = levers
        return levers

    def _leave(self) -> Drive:
        """The next drive begins."""
        self.drive = self._journey.next_drive()
        self.place = 1
        self.parked_s = self._dead_s = 0.0
        if self.fuel.left_l < REFUEL_BELOW * build.TANK_L:
            self.fuel.left_l = 0.95 * build.TANK_L
        if self.scr.left_l < REFILL_BELOW * build.DEF_TANK_L:
            self.scr.left_l = 0.95 * build.DEF_TANK_L
        return self.drive

    def _ignite(self, key: int, levers: TruckLevers) -> None:
        """Start, keep running, or stop."""
        motor = self.motor
        if key in (Key.OFF, Key.ACC) or self.seized or levers.towed:
            motor.running = False
            return
        volt = self.electrics.volt
        if motor.running:
            if volt < CONTROL_UNIT_MIN_V and key == Key.ON:
                motor.running, self.no_start = False, True
        elif self.electrics.crank_s > FIRES_AFTER_S:
            motor.running = volt > CRANKS_FROM_V
            self.no_start = not motor.running

    def _roll(self, drive: Drive, place: int, levers: TruckLevers) -> None:
        motor, road = self.motor, self.road
        target = drive.target_mps[place]
        if levers.towed:
            road.tow(target)
            self._still()
        else:
            last = len(drive.target_mps) - 1
            ahead = drive.target_mps[place + AHEAD_STEPS if place + AHEAD_STEPS < last else last]
            alive = motor.running
            if alive:
                self._dead_s = 0.0
            elif road.speed_mps == 0.0 and drive.started < place < last:
                self._dead_s += STEP_S
            if not alive or self.air.holds:
                target = ahead = 0.0
            limit_mps = self.control.limit_mps
            wanted_nm = road.step(
                target_mps=target,
                ahead_mps=ahead,
                grade=drive.grade[place],
                torque_share=self.control.torque_share,
                limit_mps=limit_mps if limit_mps < LIMIT_MPS else LIMIT_MPS,
                motor=motor,
            )
            if alive:
                self._turn(wanted_nm, levers)
            else:
                self._still()
        moved_m = road.speed_mps * STEP_S
        self.odometer_km += moved_m * 0.001
        self.braked_m += road.brake * moved_m

    def _turn(self, wanted_nm: float, levers: TruckLevers) -> None:
        """The engine runs: speed, torque, fuel, boost and rail follow from what is wanted."""
        motor, turbo, fuel = self.motor, self.turbo, self.fuel
        off = self.road.engine_rpm(self.idle_rpm) - motor.rpm
        rpm = motor.rpm + (SLEW_RPM if off > SLEW_RPM else (off if off > -SLEW_RPM else -SLEW_RPM))
        engine.burn(
            motor,
            rpm=rpm if rpm > engine.STALL_RPM else engine.STALL_RPM,
            wanted_nm=wanted_nm,
            brake_nm=self.road.brake_nm,
            accessory_w=self.accessory_w,
            oil_c=self.cooling.oil_c,
            back_kpa=self.back_kpa,
            air_gps=turbo.air_gps,
            rail_share=fuel.rail_share,
        )
        turbo.step(motor, self.outside.pressure_kpa, levers.charge_leak)
        fuel.step(motor.fill, motor.rpm)
        if self.uneven:
            ripple_rpm = RIPPLE_RPM * self.uneven * (engine.IDLE_RPM / motor.rpm) ** 2
            self.ripple_rpm = -ripple_rpm if self.ripple_rpm > 0.0 else ripple_rpm

    def _still(self) -> None:
        """The engine stands, or the starter turns it."""
        motor = self.motor
        cranking = self.electrics.crank_s > 0.05 and not self.seized
        engine.still(motor, CRANK_RPM if cranking else 0.0)
        self.ripple_rpm = 0.0
        turbo = self.turbo
        turbo.still(self.outside.pressure_kpa)
        if cranking:
            turbo.air_gps = 30.0
        self.fuel.off()

    def fans_and_idle(self) -> None:
        """What the engine has to turn besides the wheels, and how fast it idles; once a second."""
        motor, cooling = self.motor, self.cooling
        rpm = motor.rpm
        steering_w = 1_400.0 * rpm / 1000.0
        self.accessory_w = self.electrics.accessory_w() + self.air.accessory_w(rpm) + cooling.fan_w() + steering_w
        idle_rpm = engine.IDLE_RPM
        if cooling.coolant_c < 50.0:
            idle_rpm += COLD_IDLE_RPM * min((50.0 - cooling.coolant_c) / 30.0, 1.0)
        if self.control.aftertreatment.regenerates:
            idle_rpm = IDLE_RAISED_RPM
        self.idle_rpm = idle_rpm

    def pressed_kpa(self) -> float:
        """What the driver lets into the brake chambers."""
        circuits = self.air.circuits_kpa
        most = circuits[0] if circuits[0] < circuits[1] else circuits[1]
        asked = self.road.brake * APPLIED_KPA
        return asked if asked < most else most

    def input_rpm(self) -> float:
        """Of the gearbox: what the wheels turn behind the clutch."""
        return self.road.speed_mps * RPM_PER_MPS[self.road.engaged]


COLUMNS: Final = (*FAST, *SLOW)
