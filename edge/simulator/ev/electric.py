"""The electric car: its parts joined and moved on second by second."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from edge.simulator.ev.battery_control import BatteryControl
from edge.simulator.ev.cabin import Cabin
from edge.simulator.ev.chassis import Chassis
from edge.simulator.ev.drive_unit import DriveUnit
from edge.simulator.ev.high_voltage import HighVoltage
from edge.simulator.ev.levers import EvLevers
from edge.simulator.ev.low_voltage import BLOWER_A, DCDC_W_PER_K, FAN_A, PUMP_A, SHEDS_V, LowVoltage
from edge.simulator.ev.monitors import EvTests
from edge.simulator.ev.pack_heat import PUMP_MAX_RPM
from edge.simulator.ev.recharging import UNPLUGGED_BEFORE_S, Recharging
from edge.simulator.ev.road import Road
from edge.simulator.ev.rows import CELL_COLUMNS, FAST, SLOW, fast_row, slow_row
from edge.simulator.ev.start import Start
from edge.simulator.ev.stops import Phase
from edge.simulator.ev.traction import Traction
from edge.simulator.ev.traits import EvTraits
from edge.simulator.ev.units import ev_units
from edge.simulator.faults import Ordered
from edge.simulator.journey import Drive, Journey, Key
from edge.simulator.levers import Flaw
from edge.simulator.parts.lead_acid import LeadAcid
from edge.simulator.readings import flawed
from edge.simulator.vehicle import AWAKE_S, STEP_S, STEPS, Condition, Second
from edge.simulator.weather import Air, Weather

WAKES_S: Final = 15.0
"""A request keeps the control units awake so long."""
REGEN_MOST_W: Final = 75_000.0
RESTS_S: Final = 60
"""Asleep, all but the 12 V battery is moved on so seldom."""
KWH_PER_KM: Final = 0.165
CONSUMES: Final = (0.09, 0.40)
"""What the range is ever reckoned with (kWh/km)."""
LEARNS_KM: Final = 40.0
SAVING: Final = 0.35
"""Share of its power that the air conditioning is left when there is little."""
WARM_K: Final = (25.0, 15.0, 12.0)
"""Motor, inverter and coolant above the air, shortly after a drive."""
NOBODY: Final[frozenset[str]] = frozenset()
CHASSIS: Final = frozenset({"BRAKES"})
CHASSIS_AND_DRIVE: Final = frozenset({"BRAKES", "DRIVE"})
"""Control units that sleep while the car charges, and while it tops up its 12 V battery."""


class ElectricCar:
    """One car that lives for ever; implements Vehicle."""

    fast_columns = FAST
    slow_columns = SLOW

    def __init__(
        self,
        traits: EvTraits,
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
        self._braked = 0.0
        self._auxiliary_w = self._limit_w = self._regen_w = 0.0
        self._share = 1.0
        self.motor_w = 0.0
        """From the high voltage into the inverter."""
        self.odometer_km = traits.odometer_km
        self.kwh_per_km = KWH_PER_KM
        self.levers = EvLevers()
        self.air: Air = weather.at(0.0, self._drive.altitude_m[0])
        self.start = Start()
        self.recharging = Recharging(traits, self.air.temp_c, seed)
        self.charging, self.stop = self.recharging.inlet, self.recharging.stop
        self._make(np.random.default_rng(seed), self.air.temp_c, warm=warm)
        self._readings: dict[str, float] = {}
        self._flaws: Mapping[str, Flaw] = {}
        self._last: tuple[float, ...] = fast_row(self, 0.0)
        self._slow_row: tuple[float, ...] = slow_row(self)

    def _make(self, rng: np.random.Generator, ambient_c: float, *, warm: bool) -> None:
        """Put the parts together."""
        traits = self._traits
        pack_c = 0.5 * (max(ambient_c, 5.0) + ambient_c) + (8.0 if warm else 0.0)
        self.traction = Traction(traits, rng, pack_c)
        self.unit = DriveUnit(*(ambient_c + (above_k if warm else 0.0) for above_k in WARM_K))
        self.road = Road(traits.mass_kg)
        self.high = HighVoltage(traits.isolation_kohm)
        self.battery = LeadAcid(traits.battery_ah, traits.battery_charge, traits.battery_ohm, ambient_c)
        self.low = LowVoltage(self.battery, traits.accessories_a, ambient_c, volt=self.battery.rest_v())
        self.cabin = Cabin(ambient_c)
        self.chassis = Chassis(traits, ambient_c)
        self.brakes, self.tyres = self.chassis.brakes, self.chassis.tyres
        self.control = EvTests(BatteryControl(self.traction.estimate))
        self.units = ev_units(self.control.memories)

    @property
    def no_start(self) -> bool:
        """12 V could not close the contactors, or hold them under way, the last time."""
        return self.start.no_start

    @property
    def asleep(self) -> bool:
        """Parked, with nothing to do, and the last control unit sleeps."""
        parked = 1.0 <= self._parked_s < self._drive.parked_s - 1.0
        return parked and self.start.off_s > AWAKE_S and self.stop.idle

    def readings(self) -> dict[str, float]:
        """What the sensors show now, and every cell's voltage."""
        return self._seen() | dict(zip(CELL_COLUMNS, map(float, self.traction.cells.volts), strict=True))

    def _seen(self) -> dict[str, float]:
        if not self._readings:
            self._readings = dict(zip(FAST, self._last, strict=True))
            self._readings.update(zip(SLOW, self._slow_row, strict=True))
            for name, flaw in self._flaws.items():
                self._readings[name] = flawed(self._readings[name], flaw)
        return self._readings

    def disturb(self) -> None:
        """Wake, or stay awake for a while."""
        self.start.off_s = min(self.start.off_s, AWAKE_S - WAKES_S)

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
        self._allow(levers)
        self._braked = 0.0
        rows = [self._still_second()] * STEPS if self._stands_still() else [self._step(levers) for _ in range(STEPS)]
        self._last = rows[-1]
        self._live_second(levers)
        self._seconds += 1
        self._slow_row = slow_row(self)
        self._readings = {}
        muted = self._muted(levers)
        warms = levers.warms_pack or self.stop.phase is Phase.PULLS_OVER
        self.control.second(self._seen(), self.readings, muted, warms=warms, cabin_cools=self.cabin.cooling)
        return Second(rows, self._slow_row, self._flaws, muted)

    def rest(self) -> None:
        """Live one second asleep."""
        levers = self._pull_levers()
        self._seconds += 1
        self._parked_s += 1.0
        self.start.off_s += 1.0
        self.low.rest(levers.drain_a, 1.0)
        if self._seconds % RESTS_S == 0:
            self._rest_on(levers, float(RESTS_S))

    # what the driver, scenarios and control units say

    def _pull_levers(self) -> EvLevers:
        if not self._faults:
            return self.levers
        levers = EvLevers()
        for ordered in self._faults:
            ordered.fault.act(ordered.stage(self._seconds), levers)
        if levers.battery_charge is not None:
            self.battery.charge = levers.battery_charge
        if self._seconds == 0:
            for wheel, left_mm in levers.pad_start_mm.items():
                self.brakes.lining_mm[wheel] = left_mm
        self.traction.pull(levers)
        self.battery.capacity_ah = self._traits.battery_ah * levers.battery_capacity
        self._flaws = levers.flaws
        self.levers = levers
        return levers

    def _allow(self, levers: EvLevers) -> None:
        """What control units and levers say for the whole of the next second."""
        battery, low, cabin_w = self.control.battery, self.low, self.cabin.electric_w
        self.start.may_close = not (battery.opens or levers.towed)
        self._auxiliary_w = cabin_w + battery.electric_w
        self._limit_w = battery.discharge_w - cabin_w
        self._share = self.control.drive.share
        self._regen_w = min(battery.charge_w, REGEN_MOST_W) * self._share
        low.working = self.recharging.busy
        low.health, low.drain_a, low.helper = levers.charger_health, levers.drain_a, levers.jump_start

    def _muted(self, levers: EvLevers) -> frozenset[str]:
        """Control units that are cut off, or sleep while others charge."""
        muted = NOBODY
        if self.start.key == Key.OFF and self.start.off_s == 0.0:
            muted = CHASSIS_AND_DRIVE if self.recharging.top_up.busy else CHASSIS
        return muted | levers.muted if levers.muted else muted

    def _stands_still(self) -> bool:
        """Whether the key stays off for the whole second."""
        parked = self._place >= len(self._drive.key) and self._parked_s + 1.0 < self._drive.parked_s
        return self.stop.key_off or (parked and self.stop.idle)

    def _still_second(self) -> tuple[float, ...]:
        """A second with the key off, as one step."""
        if self._place >= len(self._drive.key):
            self._parked_s += 1.0
        self.stop.step(0.0, 0.0, 1.0)
        self._turn_key(int(Key.OFF), 1.0)
        self.road.pedal = self.road.brake = self.road.friction = self.motor_w = 0.0
        self.unit.freewheel(0.0)
        self._supply(1.0)
        return fast_row(self, 0.0)

    def _step(self, levers: EvLevers) -> tuple[float, ...]:
        """One fast step."""
        drive, stop = self._drive, self.stop
        place, last = self._place, len(drive.key) - 1
        if not stop.idle:
            stop.step(self.road.speed_mps, drive.target_mps[min(place, last)])
        if stop.waits:
            key = int(Key.OFF if stop.key_off else Key.ON)
        elif place > last:
            key = int(Key.OFF)
            self._parked_s += STEP_S
            if self._parked_s >= drive.parked_s:
                key = self._leave()
                drive, place, last = self._drive, self._place, len(self._drive.key) - 1
        else:
            key = drive.key[place]
            self._place = place + 1
        place = place if place < last else last
        self._turn_key(int(Key.OFF) if self.start.given_up else key, STEP_S)
        self._roll(drive, place, levers)
        self._supply(STEP_S)
        return fast_row(self, drive.steer[place])

    def _leave(self) -> int:
        """Parking is over: to a fast charger first, or on the next drive; returns the key."""
        if self.recharging.first(self.traction.estimate.shown, self.levers):
            return int(Key.OFF)
        self._drive = self._journey.next_drive()
        self._place = 0
        self._parked_s = 0.0
        self.start.begin()
        return self._drive.key[0]

    def _turn_key(self, key: int, span_s: float) -> None:
        battery = self.control.battery
        self.start.step(
            key,
            span_s,
            started=self._place >= self._drive.started or not self.stop.idle,
            refuses=battery.refuses_charge if self.charging.busy else battery.refuses,
            high=self.high,
            low=self.low,
            pack_v=self.traction.pack.volt,
            control=battery,
        )

    # motion and currents

    @property
    def ready(self) -> bool:
        """Contactors are closed and the car can be driven."""
        return self.start.ready

    def _roll(self, drive: Drive, place: int, levers: EvLevers) -> None:
        road, unit = self.road, self.unit
        self.motor_w = 0.0
        if levers.towed:
            road.tow(drive.target_mps[place], unit)
        elif self.start.ready:
            self._drive_on(drive, place)
        else:
            road.coast(drive.grade[place], unit, brakes=True)
            if road.speed_mps == 0.0 and drive.started + STEPS < place < len(drive.key) - 1:
                self.start.dead_s += STEP_S
        self.odometer_km += road.speed_mps * (STEP_S / 1000.0)
        self._braked += road.friction * road.speed_mps / STEPS

    def _drive_on(self, drive: Drive, place: int) -> None:
        targets = drive.target_mps
        last = len(targets) - 1
        target, ahead = targets[place], targets[place + STEPS if place + STEPS < last else last]
        if not self.stop.idle:
            target, ahead = self.stop.hold(target, ahead)
        self.motor_w = self.road.step(
            target_mps=target,
            ahead_mps=ahead,
            grade=drive.grade[place],
            unit=self.unit,
            most_nm=self.unit.most_nm(self._limit_w) * self._share,
            regen_w=self._regen_w,
        )

    def _supply(self, span_s: float) -> None:
        """Currents of both voltages."""
        low, closed = self.low, self.high.closed
        if closed:
            self.traction.pack.step(self.motor_w + low.input_w + self._auxiliary_w - self.charging.power_w, span_s)
        else:
            self.traction.pack.step(0.0, span_s)
        low.step(self.start.key, fed=closed, braking=self.road.brake > 0.0, span_s=span_s)

    # everything slow

    def _outside(self, levers: EvLevers, altitude_m: float) -> Air:
        air = self._weather.at(self._seconds, altitude_m + levers.climb_m)
        return air._replace(temp_c=air.temp_c - levers.colder_k) if levers.colder_k else air

    def _live_second(self, levers: EvLevers) -> None:
        heights = self._drive.altitude_m
        self.air = air = self._outside(levers, heights[min(self._place, len(heights) - 1)])
        battery, closed = self.control.battery, self.high.closed
        self.traction.second(battery, levers, ambient_c=air.temp_c, closed=closed, now_s=self._seconds)
        self._warm(levers)
        self._charge(levers)
        self.high.insulate(path_kohm=levers.isolation_kohm, wet=air.wet)
        self.cabin.second(
            ambient_c=air.temp_c,
            sun=air.sun,
            speed_mps=self.road.speed_mps,
            powered=self.start.ready,
            share=SAVING if battery.derate < 0.5 or self.low.volt < SHEDS_V else 1.0,
        )
        self.chassis.second(self.road, self._braked, levers, air)
        self._look_ahead(levers)

    def _warm(self, levers: EvLevers) -> None:
        """Drive unit, converter, charger and 12 V battery."""
        battery, drive, low, unit = self.control.battery, self.control.drive, self.low, self.unit
        ambient_c = self.air.temp_c
        charger_w = self.charging.heat(ambient_c=ambient_c, coolant_c=unit.coolant_c, ohm=levers.inlet_ohm)
        low.second(coolant_c=unit.coolant_c, ohm_factor=levers.battery_ohm, fed=self.high.closed)
        unit.second(
            asked_rpm=drive.pump_rpm,
            fan=drive.fan,
            other_w=charger_w + DCDC_W_PER_K * (low.temp_c - unit.coolant_c),
            speed_mps=self.road.speed_mps,
            ambient_c=ambient_c,
            flow=levers.pump_flow,
            turns=levers.pump_rpm,
        )
        pumps_a = PUMP_A * (drive.pump_rpm / 5_000.0 + battery.pump_rpm / PUMP_MAX_RPM)
        low.steady_a = pumps_a + FAN_A * drive.fan + BLOWER_A * self.cabin.blower
        self.battery.warm(ambient_c + 0.15 * (unit.coolant_c - ambient_c), 1.0)

    def _charge(self, levers: EvLevers) -> None:
        drive, battery = self._drive, self.control.battery
        at_wall = drive.plugged and 0.0 < self._parked_s < drive.parked_s - UNPLUGGED_BEFORE_S
        self.recharging.second(
            self.control,
            levers,
            wall_s=self._parked_s if at_wall else None,
            spare_w=self.low.input_w + battery.electric_w,
            closed=self.high.closed,
            pack_v=self.traction.pack.volt,
            current_a=self.low.current_a,
            key_off=self.start.key == Key.OFF,
        )

    def _look_ahead(self, levers: EvLevers) -> None:
        """The driver looks at the gauge; the car learns what it uses."""
        road, targets = self.road, self._drive.target_mps
        if road.speed_mps > 1.0 and not road.backwards:
            self._learn(road.speed_mps / 1000.0)
        if not (self.start.ready and self.stop.idle):
            return
        self.start.watch(road.speed_mps, targets[min(self._place, len(targets) - 1)])
        left_s = 0.0 if road.backwards else (len(targets) - self._place) * STEP_S
        self.recharging.look_ahead(self.traction.estimate.shown, levers, left_s=left_s, speed_mps=road.speed_mps)

    def _learn(self, km: float) -> None:
        used_kwh = -self.traction.mean_a * self.traction.pack.volt / 3.6e6
        low, high = CONSUMES
        self.kwh_per_km = min(max(self.kwh_per_km + (used_kwh - self.kwh_per_km * km) / LEARNS_KM, low), high)

    def _rest_on(self, levers: EvLevers, seconds: float) -> None:
        """Some time asleep: everything drifts to the air's temperature, cells leak and are balanced."""
        self.air = air = self._outside(levers, self._drive.altitude_m[-1])
        ambient_c, unit, battery = air.temp_c, self.unit, self.control.battery
        self.control.asleep()
        self.traction.rest(levers, ambient_c=ambient_c, seconds=seconds)
        unit.rest(ambient_c, seconds)
        self.low.cool(unit.coolant_c, seconds)
        self.charging.rest(ambient_c, unit.coolant_c, seconds)
        self.cabin.rest(ambient_c=ambient_c, sun=air.sun, seconds=seconds)
        self.battery.warm(ambient_c, seconds)
        self.high.insulate(path_kohm=levers.isolation_kohm, wet=air.wet, span_s=seconds)
        self.chassis.rest(levers, air, seconds)
        if self.recharging.top_up.wakes(self.low.volt, battery.estimate.shown, refused=battery.refuses):
            self.start.off_s = 0.0
