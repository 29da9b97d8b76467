"""Longitudinal motion: the driver follows a speed, the six-speed automatic finds a gear, the car has mass and drag."""

import math
from dataclasses import dataclass
from typing import Final

from edge.simulator.car import engine
from edge.simulator.car.engine import EngineState
from edge.simulator.vehicle import STEP_S, TOWED_MPS

RATIOS: Final = (3.95, 2.30, 1.52, 1.12, 0.87, 0.70)
FINAL_DRIVE: Final = 3.95
WHEEL_M: Final = 0.31
EFFICIENCY: Final = 0.92
ROTATING: Final = 1.06
"""Turning parts, as a share of the mass."""
GRAVITY: Final = 9.81
ROLLING: Final = 0.011
DRAG_KG_PER_M: Final = 0.5 * 1.2 * 0.66
"""Half of air density times drag area."""
LAUNCH_RPM: Final = 1500.0
SHIFT_S: Final = 0.3
BETWEEN_SHIFTS_S: Final = 1.5
BRAKE_FULL_MPS2: Final = 9.0
"""Deceleration at a fully pressed brake pedal."""
BRAKE_FULL_BAR: Final = 110.0
UP_RPM: Final = (1450.0, 1550.0, 1700.0, 1900.0, 2050.0)
"""Out of each gear but the last; low gears are left early, so that engine speed rises with road speed."""
DOWN_RPM: Final = (750.0, 900.0, 1050.0, 1150.0, 1250.0)
"""Out of each gear but the first."""
KICK_RPM: Final = 3000.0
"""Added to UP_RPM at full pedal."""
PEDAL_SLOW: Final = 0.22
PEDAL_PER_RPM: Final = 0.72 / 5500.0
"""Pedal that opens the throttle enough for all the torque there is: little at low speed, where a small gap feeds the
engine; so recorded pedals show it (tests/study/realism.py)."""
LAUNCH_PEDAL: Final = 0.28
"""Pedal at which the converter lets the engine reach LAUNCH_RPM."""
_RPM_PER_MPS: Final = tuple(ratio * FINAL_DRIVE * 30.0 / math.pi / WHEEL_M for ratio in RATIOS)
_FORCE_PER_NM: Final = tuple(ratio * FINAL_DRIVE * EFFICIENCY / WHEEL_M for ratio in RATIOS)


@dataclass(slots=True)
class Driveline:
    """The car on the road; `step` moves it on."""

    mass_kg: float
    speed_mps: float = 0.0
    accel_mps2: float = 0.0
    gear: int = 0
    """0 while standing or shifting, else 1 to 6."""
    engaged: int = 1
    """The gear that is in, or going in."""
    pedal: float = 0.0
    brake: float = 0.0
    shift_left_s: float = 0.0
    steady_s: float = 0.0
    """Since the last shift."""
    rolling: float = ROLLING
    """Resistance of the tyres as they are."""
    drag_n: float = 0.0
    """Brakes that do not let go."""
    wind_mps: float = 0.0
    """Against the car."""

    def step(
        self, *, target_mps: float, ahead_mps: float, grade: float, torque_share: float, motor: EngineState
    ) -> float:
        """One step towards the wanted speed with the engine as it is; returns the flywheel torque wanted next (Nm)."""
        resist_n = self._resistance(grade, motor.density)
        wanted_n = self._wanted_force(target_mps, ahead_mps, resist_n)
        per_nm = _FORCE_PER_NM[self.engaged - 1]
        rpm = motor.rpm if motor.rpm > engine.IDLE_RPM else engine.IDLE_RPM
        most_nm = engine.torque_max_nm(rpm) * motor.density
        wanted_nm = wanted_n / per_nm
        self.pedal = _pedal(wanted_nm / most_nm, rpm)
        most_nm *= torque_share
        wanted_nm = most_nm if wanted_nm > most_nm else wanted_nm
        self._shift(running=motor.running)
        drive_n = motor.torque_nm * per_nm if motor.running and self.gear else 0.0
        brake_n = self._brake(wanted_n, drive_n, standing=target_mps < 0.1)
        self._move(drive_n - brake_n - resist_n, brake_n)
        return wanted_nm if self.gear else 0.0

    def tow(self, target_mps: float) -> None:
        """One step on a rope: the car goes where it is pulled to, gently, out of gear."""
        target_mps = target_mps if target_mps < TOWED_MPS else TOWED_MPS
        before = self.speed_mps
        self.speed_mps = max(before + min(max(target_mps - before, -2.0 * STEP_S), 1.0 * STEP_S), 0.0)
        self.accel_mps2 = (self.speed_mps - before) / STEP_S
        self.pedal = self.brake = 0.0
        self.gear = 0

    def engine_rpm(self, idle_rpm: float) -> float:
        """Engine speed that the wheels ask for; the converter slips below the launch speed."""
        turning = self.speed_mps * _RPM_PER_MPS[self.engaged - 1]
        eager = self.pedal / LAUNCH_PEDAL
        floor = idle_rpm + (LAUNCH_RPM - idle_rpm) * (eager if eager < 1.0 else 1.0)
        rpm = turning if turning > floor else floor
        return rpm if rpm < engine.LIMIT_RPM else engine.LIMIT_RPM

    def _resistance(self, grade: float, density: float) -> float:
        speed = self.speed_mps
        rolling = self.rolling * self.mass_kg * GRAVITY + self.drag_n if speed > 0.05 else 0.0
        air = speed + self.wind_mps
        return rolling + DRAG_KG_PER_M * density * air * abs(air) * (speed > 0.5) + grade * self.mass_kg * GRAVITY

    def _wanted_force(self, target_mps: float, ahead_mps: float, resist_n: float) -> float:
        accel = (ahead_mps - target_mps) + 0.7 * (target_mps - self.speed_mps)  # ahead is one second ahead
        accel = -4.0 if accel < -4.0 else (accel if accel < 2.6 else 2.6)
        return self.mass_kg * ROTATING * accel + resist_n

    def _brake(self, wanted_n: float, drive_n: float, *, standing: bool) -> float:
        """Brake force at the wheels; also sets the pedal."""
        full_n = self.mass_kg * BRAKE_FULL_MPS2
        if standing and self.speed_mps < 0.3:
            brake = 0.15
        else:
            short_n = (drive_n if drive_n < 0.0 else 0.0) - wanted_n
            brake = short_n / full_n if short_n > 0.0 else 0.0
            brake = 1.0 if brake > 1.0 else brake
        self.brake = brake if brake >= 0.01 else 0.0
        return self.brake * full_n

    def _move(self, force_n: float, brake_n: float) -> None:
        before = self.speed_mps
        speed = before + force_n / (self.mass_kg * ROTATING) * STEP_S
        if speed < 0.0 or (brake_n > 0.0 and speed < 0.15):
            speed = 0.0
        self.speed_mps = speed
        self.accel_mps2 = (speed - before) / STEP_S

    def _shift(self, *, running: bool) -> None:
        self.steady_s += STEP_S
        if self.shift_left_s > 0.0:
            self.shift_left_s -= STEP_S
        elif self.speed_mps < 0.5:
            self.engaged, self.steady_s = 1, 0.0
        elif self.steady_s > BETWEEN_SHIFTS_S:
            self._choose_gear()
        moving = running and (self.speed_mps > 0.1 or self.pedal > 0.02)
        self.gear = self.engaged if moving and self.shift_left_s <= 1e-9 else 0

    def _choose_gear(self) -> None:
        rpm = self.speed_mps * _RPM_PER_MPS[self.engaged - 1]
        eager = KICK_RPM * (self.pedal - 0.25) / 0.75 if self.pedal > 0.25 else 0.0
        chosen = self.engaged
        if chosen < len(RATIOS) and rpm > UP_RPM[chosen - 1] + eager:
            after = rpm * RATIOS[chosen] / RATIOS[chosen - 1]
            chosen += after > DOWN_RPM[chosen - 1] + 0.55 * eager + 80.0
        elif chosen > 1 and rpm < DOWN_RPM[chosen - 2] + 0.55 * eager:
            chosen -= 1
        if chosen != self.engaged:
            self.engaged, self.shift_left_s, self.steady_s = chosen, SHIFT_S, 0.0


def _pedal(share: float, rpm: float) -> float:
    """How far it is pressed for this share of the torque there is; further where that is too little."""
    if share <= 0.0:
        return 0.0
    full = PEDAL_SLOW + PEDAL_PER_RPM * rpm
    pedal = full * share if share < 1.0 else full + (1.0 - full) * (share - 1.0)
    return pedal if pedal < 1.0 else 1.0
