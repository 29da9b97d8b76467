"""Longitudinal motion: the driver follows a speed; the motor drives and brakes, and discs do what it cannot.

Lifting the foot brakes gently by the motor alone; the pedal asks for more, which the motor gives as far as battery and
speed allow, and the hydraulic brakes add the rest (blending). Below walking pace the motor fades out.
"""

from dataclasses import dataclass
from typing import Final

from edge.simulator.ev.drive_unit import GEAR, GEAR_EFFICIENCY, OMEGA_PER_MPS, WHEEL_M, DriveUnit
from edge.simulator.vehicle import STEP_S, TOWED_MPS

GRAVITY: Final = 9.81
ROLLING: Final = 0.0098
ROTATING: Final = 1.05
"""Turning parts, as a share of the mass."""
DRAG_KG_PER_M: Final = 0.5 * 1.2 * 0.66
"""Half of air density times drag area (cd 0.28, 2.36 m²)."""
DRIVE_N_PER_NM: Final = GEAR * GEAR_EFFICIENCY / WHEEL_M
BRAKE_N_PER_NM: Final = GEAR / GEAR_EFFICIENCY / WHEEL_M
GRIP: Final = 0.58
"""Most driving force, as a share of the weight: the front axle carries 58 %, on a dry road."""
BRAKE_FULL_MPS2: Final = 9.0
"""Deceleration at a fully pressed brake pedal."""
BRAKE_FULL_BAR: Final = 105.0
LIFT_MPS2: Final = 1.1
"""Deceleration by the motor when the foot leaves the pedal."""
LIFT_PEDAL: Final = 0.10
"""Pedal position that neither drives nor brakes."""
REGEN_NM: Final = 190.0
REGEN_MPS2: Final = 2.4
FADES_MPS: Final = 2.4
"""Below this the motor brakes less and less, and not at all below a third of it."""
FASTEST_MPS: Final = 45.0
"""Speed limiter: 162 km/h."""


@dataclass(slots=True)
class Road:
    """The car on the road; `step` moves it on."""

    mass_kg: float
    speed_mps: float = 0.0
    """Never negative: `backwards` says which way."""
    backwards: bool = False
    accel_mps2: float = 0.0
    """Along the car: negative also when it speeds up backwards."""
    pedal: float = 0.0
    brake: float = 0.0
    friction: float = 0.0
    """Hydraulic braking as a share of the most."""
    rolling: float = ROLLING
    """Resistance of the tyres as they are."""
    drag_n: float = 0.0
    """Brakes that do not let go."""
    wind_mps: float = 0.0
    """Against the car."""
    density: float = 1.0
    """Of the air, in relation to sea level."""
    wet: float = 0.0
    drive_n: float = 0.0
    """At the tyres of the front axle."""

    def step(
        self,
        *,
        target_mps: float,
        ahead_mps: float,
        grade: float,
        unit: DriveUnit,
        most_nm: float,
        regen_w: float,
        creep: float = 1.0,
    ) -> float:
        """One step towards the wanted speed; returns the battery's power (W).

        `most_nm` is what the motor may drive with, `regen_w` what the battery takes now, `creep` a share of the force
        that the driver wants (a driver who rolls out gently).
        """
        if target_mps < -0.02 or self.backwards:
            target_mps, ahead_mps, grade = self._turn_round(target_mps, ahead_mps, grade)
        speed, mass = self.speed_mps, self.mass_kg
        resist_n = self._resist_n(grade)
        accel = ahead_mps - target_mps + 0.7 * (target_mps - speed)  # ahead is one second ahead
        accel = -4.5 if accel < -4.5 else (accel if accel < 3.2 else 3.2)
        wanted_n = (mass * ROTATING * accel + resist_n) * creep
        standing = target_mps < 0.1 and speed < 0.3
        if wanted_n >= 0.0 and not standing:
            nm = self._push(wanted_n, most_nm)
            self.brake = friction_n = 0.0
            power_w = unit.turn(nm, speed * OMEGA_PER_MPS, STEP_S)
        else:
            nm = 0.0 if standing else self._regen_nm(wanted_n, unit.omega, regen_w)
            power_w = unit.turn(nm, speed * OMEGA_PER_MPS, STEP_S)
            friction_n = self._press(wanted_n, unit.nm, standing=standing)
        nm = unit.nm
        self.drive_n = drive_n = nm * (DRIVE_N_PER_NM if nm > 0.0 else BRAKE_N_PER_NM)
        self.friction = friction_n / (mass * BRAKE_FULL_MPS2)
        self._move(drive_n - friction_n - resist_n, friction_n)
        return power_w

    def coast(self, grade: float, unit: DriveUnit, *, brakes: bool) -> None:
        """One step without power: the driver rolls to a standstill and holds the brake."""
        self.pedal = self.drive_n = 0.0
        held_n = self.mass_kg * 1.6 if brakes else 0.0
        if self.speed_mps < 0.3:
            held_n = self.mass_kg * BRAKE_FULL_MPS2 * 0.15
        self.brake = self.friction = held_n / (self.mass_kg * BRAKE_FULL_MPS2)
        self._move(-held_n - self._resist_n(grade), held_n)
        unit.freewheel(self.speed_mps * OMEGA_PER_MPS)

    def tow(self, target_mps: float, unit: DriveUnit) -> None:
        """One step on a rope: the car goes where it is pulled to, gently, in neutral."""
        target_mps = target_mps if target_mps < TOWED_MPS else TOWED_MPS
        before = self.speed_mps
        self.speed_mps = max(before + min(max(target_mps - before, -2.0 * STEP_S), 1.0 * STEP_S), 0.0)
        self.accel_mps2 = (self.speed_mps - before) / STEP_S
        self.pedal = self.brake = self.friction = self.drive_n = 0.0
        self.backwards = False
        unit.freewheel(self.speed_mps * OMEGA_PER_MPS)

    def _turn_round(self, target_mps: float, ahead_mps: float, grade: float) -> tuple[float, float, float]:
        """Look at the world from behind while going backwards; the lever moves only at a standstill."""
        if self.speed_mps < 0.05:
            if target_mps < -0.02:
                self.backwards = True
            elif target_mps > 0.02:
                self.backwards = False
        if self.backwards:
            target_mps, ahead_mps, grade = -target_mps, -ahead_mps, -grade
        return (target_mps if target_mps > 0.0 else 0.0), (ahead_mps if ahead_mps > 0.0 else 0.0), grade

    def _resist_n(self, grade: float) -> float:
        speed, mass = self.speed_mps, self.mass_kg
        resist_n = grade * mass * GRAVITY
        if speed > 0.05:
            resist_n += self.rolling * mass * GRAVITY + self.drag_n
            air = speed + (self.wind_mps if speed > 2.0 else 0.0)
            resist_n += DRAG_KG_PER_M * self.density * air * (air if air > 0.0 else -air)
        return resist_n

    def _push(self, wanted_n: float, most_nm: float) -> float:
        """Torque for a force, within motor and grip; also sets the pedal."""
        grip_n = GRIP * self.mass_kg * GRAVITY * (0.95 - 0.35 * self.wet)
        nm = (wanted_n if wanted_n < grip_n else grip_n) / DRIVE_N_PER_NM
        if self.speed_mps > FASTEST_MPS:
            nm = 0.0
        share = nm / most_nm if most_nm > 1.0 else 1.0
        self.pedal = LIFT_PEDAL + (1.0 - LIFT_PEDAL) * (share if share < 1.0 else 1.0)
        return nm if nm < most_nm else most_nm

    def _regen_nm(self, wanted_n: float, omega: float, regen_w: float) -> float:
        """What the motor takes of a wanted braking force (below 0)."""
        speed = self.speed_mps
        nm = -wanted_n / BRAKE_N_PER_NM
        most = REGEN_MPS2 * self.mass_kg / BRAKE_N_PER_NM
        most = most if most < REGEN_NM else REGEN_NM
        if omega > 1.0 and regen_w / omega < most:
            most = regen_w / omega
        if speed < FADES_MPS:
            fade = (speed / FADES_MPS - 0.33) * 1.5
            most *= fade if fade > 0.0 else 0.0
        return -(nm if nm < most else most)

    def _press(self, wanted_n: float, nm: float, *, standing: bool) -> float:
        """Hydraulic force that is still missing; also sets both pedals."""
        full_n = self.mass_kg * BRAKE_FULL_MPS2
        if standing:
            self.pedal, self.brake = 0.0, 0.15
            return 0.15 * full_n
        slows = -wanted_n / self.mass_kg
        lift = slows / LIFT_MPS2
        self.pedal = LIFT_PEDAL * (1.0 - lift) if lift < 1.0 else 0.0
        short_n = -wanted_n + nm * BRAKE_N_PER_NM if nm < 0.0 else -wanted_n
        short_n = short_n if short_n > 30.0 else 0.0
        over = (slows - LIFT_MPS2) / BRAKE_FULL_MPS2
        least = short_n / full_n
        asked = over if over > least else least
        asked = asked if asked < 1.0 else 1.0
        self.brake = asked if asked >= 0.008 else 0.0
        return short_n if short_n < full_n else full_n

    def _move(self, force_n: float, friction_n: float) -> None:
        before = self.speed_mps
        speed = before + force_n / (self.mass_kg * ROTATING) * STEP_S
        if speed < 0.0 or (friction_n > 0.0 and speed < 0.12):
            speed = 0.0
        self.speed_mps = speed
        change = (speed - before) / STEP_S
        self.accel_mps2 = -change if self.backwards else change
