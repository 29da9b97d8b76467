"""The petrol car: its parts joined, moved on step by step, and what its sensors see after each."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from edge.simulator import engine
from edge.simulator.cooling import Cooling
from edge.simulator.drive import STARTED, STEP_S, Drive, Key, plan_drive
from edge.simulator.driveline import Driveline
from edge.simulator.electrics import CONTROL_UNIT_MIN_V, CRANKS_FROM_V, Electrics
from edge.simulator.engine import EngineState
from edge.simulator.faults import BATTERY, COOLANT_LEAK, CarFaults
from edge.simulator.traits import CarTraits

TANK_L: Final = 50.0
REFUEL_BELOW: Final = 0.08
CRANK_RPM: Final = 230.0
SEIZE_C: Final = 185.0
"""Metal temperature at which the engine is lost."""
LIMP_FROM_C: Final = 118.0
LIMP_SHARE: Final = 0.45
"""Torque that an overheated engine is still allowed."""
WARM_C: Final = 84.0
FIRES_AFTER_S: Final = 0.6
"""Of cranking."""
SLEW_RPM_PER_S: Final = 5000.0
"""How fast the engine's own inertia lets its speed change."""
GIVES_UP_S: Final = 45.0
"""A driver whose engine is dead turns the key off after standing this long."""


class Seen(NamedTuple):
    """What the sensors would read after a step, without their noise; the columns of a trace."""

    speed_kmh: float
    accel_mps2: float
    brake_percent: float
    rpm: float
    torque_nm: float
    pedal_percent: float
    running: float
    air_gps: float
    manifold_kpa: float
    throttle_percent: float
    load_percent: float
    gear: float
    lever: float
    fuel_lph: float
    coolant_c: float
    oil_c: float
    intake_c: float
    fan_percent: float
    volt: float
    current_a: float
    alternator_percent: float
    key: float
    odometer_km: float
    fuel_percent: float
    ambient_c: float
    off_s: float
    """Since the key was turned off; 0 while it is on."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a fault stands."""

    severity: float
    """0 healthy to 1: the share of coolant, or of the alternator's output, that is gone."""
    failed: bool
    """The car cannot be driven any more."""


class PetrolCar:
    """One car that drives for ever; two cars of the same numbers and generator do the same."""

    def __init__(self, traits: CarTraits, faults: CarFaults, *, warm: bool, rng: np.random.Generator) -> None:
        self._rng = rng
        self._faults = faults
        self._ambient_base_c = traits.ambient_c
        self._steps = 0
        self._place = 0
        self._drive = plan_drive(rng)
        self._off_s = 1e6
        self._dead_s = 0.0
        self._ambient_c = traits.ambient_c
        self._intake_c = traits.ambient_c
        self._odometer_km = traits.odometer_km
        self._fuel_l = traits.fuel_share * TANK_L
        self.seized = False
        """The engine is lost to heat."""
        self.flat = False
        """The battery could not start the engine, or keep it running, the last time."""
        self.motor = EngineState()
        self.road = Driveline(mass_kg=traits.mass_kg)
        self.cooling = _cooling(traits, WARM_C if warm else traits.ambient_c)
        self.electrics = _electrics(traits, faults)

    @property
    def now_s(self) -> float:
        """Seconds simulated."""
        return self._steps * STEP_S

    def step(self) -> Seen:
        """Move on by STEP_S; what the sensors see then."""
        if self._place == len(self._drive):
            self._park_ends()
        place = self._place
        drive = self._drive
        key = drive.key[place] if self._dead_s < GIVES_UP_S else int(Key.OFF)
        self._off_s = self._off_s + STEP_S if key == Key.OFF else 0.0
        self._ignite(key)
        self._roll(drive, place)
        self._warm()
        self._power(key)
        self._steps += 1
        self._place += 1
        return self._seen(key)

    def conditions(self) -> dict[str, Condition]:
        """How each ordered fault stands now, by the fault's name."""
        found = {}
        if self._faults.coolant_leak:
            found[COOLANT_LEAK] = Condition(self.cooling.lost_share, self.seized)
        if self._faults.charging_loss:
            found[BATTERY] = Condition(self._faults.charging_loss.lost(self.now_s), self.flat)
        return found

    def _park_ends(self) -> None:
        self._drive = plan_drive(self._rng)
        self._place = 0
        self._dead_s = 0.0
        self._ambient_base_c += float(self._rng.normal(0.0, 0.7))
        if self._fuel_l < REFUEL_BELOW * TANK_L:
            self._fuel_l = 0.95 * TANK_L

    def _ignite(self, key: int) -> None:
        """Start, keep running, or stop."""
        motor, volt = self.motor, self.electrics.volt
        if key in (Key.OFF, Key.ACC) or self.seized:
            motor.running = False
        elif motor.running and volt < CONTROL_UNIT_MIN_V and key == Key.ON:
            motor.running, self.flat = False, True
        elif self.electrics.crank_s > FIRES_AFTER_S:
            motor.running = motor.running or volt > CRANKS_FROM_V
            self.flat = not motor.running

    def _roll(self, drive: Drive, place: int) -> None:
        motor, road = self.motor, self.road
        ahead = min(place + round(1.0 / STEP_S), len(drive) - 1)
        hot = self.cooling.coolant_c > LIMP_FROM_C
        alive = motor.running
        self._dead_s = self._dead_s + STEP_S if not alive and road.speed_mps == 0.0 and place > STARTED else 0.0
        wanted_nm = road.step(
            target_mps=drive.target_mps[place] if alive else 0.0,
            ahead_mps=drive.target_mps[ahead] if alive else 0.0,
            grade=drive.grade[place],
            torque_share=LIMP_SHARE if hot else 1.0,
            motor=motor,
        )
        self._odometer_km += road.speed_mps * STEP_S / 1000.0
        if not motor.running:
            engine.still(motor, CRANK_RPM if self.electrics.crank_s > 0.1 and not self.seized else 0.0)
            return
        slew = SLEW_RPM_PER_S * STEP_S
        rpm = motor.rpm + min(max(road.engine_rpm() - motor.rpm, -slew), slew)
        engine.burn(
            motor,
            rpm=max(rpm, engine.STALL_RPM),
            wanted_nm=wanted_nm,
            accessory_w=self.electrics.accessory_w(),
            oil_c=self.cooling.oil_c,
            intake_c=self._intake_c,
        )
        self._fuel_l = max(self._fuel_l - motor.fuel_lph * STEP_S / 3600.0, 0.0)

    def _warm(self) -> None:
        motor, leak = self.motor, self._faults.coolant_leak
        self._ambient_c += (self._ambient_base_c - self._ambient_c) * STEP_S / 600.0
        self.cooling.step(
            heat_w=motor.fuel_w * (0.25 + 0.10 * (1.0 - motor.load)),
            friction_w=motor.friction_w,
            rpm=motor.rpm,
            speed_mps=self.road.speed_mps,
            ambient_c=self._ambient_c,
            hole=leak.opening(self.now_s) if leak else 0.0,
            hole_kg_per_s=leak.traits.flow_kg_per_min / 60.0 if leak else 0.0,
            powered=self._off_s == 0.0,
        )
        if self.cooling.metal_c > SEIZE_C:
            self.seized = True
        soak = self._ambient_c + 0.35 * (self.cooling.coolant_c - self._ambient_c) / (1.0 + 0.25 * motor.air_gps)
        self._intake_c += (soak - self._intake_c) * STEP_S / 35.0

    def _power(self, key: int) -> None:
        loss = self._faults.charging_loss
        self.electrics.step(
            key=key,
            rpm=self.motor.rpm,
            running=self.motor.running,
            fan=self.cooling.fan,
            brake=self.road.brake,
            overrun=self.motor.running and self.motor.fuel_w == 0.0,
            ambient_c=self._ambient_c,
            health=1.0 - loss.lost(self.now_s) if loss else 1.0,
            off_s=self._off_s,
        )

    def _seen(self, key: int) -> Seen:
        motor, road, cooling, electrics = self.motor, self.road, self.cooling, self.electrics
        return Seen(
            speed_kmh=road.speed_mps * 3.6,
            accel_mps2=road.accel_mps2,
            brake_percent=road.brake * 100.0,
            rpm=motor.rpm,
            torque_nm=motor.torque_nm,
            pedal_percent=road.pedal * 100.0,
            running=float(motor.running),
            air_gps=motor.air_gps,
            manifold_kpa=22.0 + 78.0 * motor.load if motor.running else 100.0,
            throttle_percent=4.0 + 86.0 * motor.load**1.7 if key >= Key.ON else 7.0,
            load_percent=motor.load * 100.0,
            gear=float(road.gear),
            lever=3.0 if motor.running else 0.0,
            fuel_lph=motor.fuel_lph,
            coolant_c=cooling.coolant_c,
            oil_c=cooling.oil_c,
            intake_c=self._intake_c,
            fan_percent=cooling.fan * 100.0,
            volt=electrics.volt,
            current_a=electrics.current_a,
            alternator_percent=electrics.duty * 100.0,
            key=float(key),
            odometer_km=self._odometer_km,
            fuel_percent=self._fuel_l / TANK_L * 100.0,
            ambient_c=self._ambient_c,
            off_s=self._off_s,
        )


def _cooling(traits: CarTraits, start_c: float) -> Cooling:
    return Cooling(
        metal_c=start_c,
        coolant_c=start_c,
        oil_c=start_c,
        full_kg=traits.coolant_kg,
        coolant_kg=traits.coolant_kg,
        opens_c=traits.thermostat_opens_c,
        radiator_share=traits.radiator_share,
    )


def _electrics(traits: CarTraits, faults: CarFaults) -> Electrics:
    old = faults.charging_loss.traits if faults.charging_loss else None
    return Electrics(
        capacity_ah=traits.battery_ah * (old.capacity_share if old else 1.0),
        charge=old.charge if old else traits.battery_charge,
        ohm=traits.battery_ohm * (old.resistance_factor if old else 1.0),
        accessories_a=traits.accessories_a,
    )
