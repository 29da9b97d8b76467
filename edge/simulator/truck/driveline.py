"""Longitudinal motion: the driver follows a speed, the automated gearbox finds one of twelve gears, 40 t obey.

Ratios are those of ordinary direct-drive gearboxes; resistances as in Mitschke and Wallentowitz, Dynamik der
Kraftfahrzeuge, chapters 2 to 4. The engine brake holds what it can; the service brakes do the rest.
"""

import math
from dataclasses import dataclass
from typing import Final

from edge.simulator.truck import engine
from edge.simulator.truck.engine import EngineState
from edge.simulator.vehicle import STEP_S, TOWED_MPS

RATIOS: Final = (14.94, 11.73, 9.04, 7.09, 5.54, 4.35, 3.44, 2.70, 2.08, 1.63, 1.27, 1.0)
REVERSE_RATIO: Final = 13.07
FINAL_DRIVE: Final = 2.64
WHEEL_M: Final = 0.492
"""Dynamic radius of a 315/70 R 22.5."""
EFFICIENCY: Final = 0.95
GRAVITY: Final = 9.81
AIR_KG_PER_M3: Final = 1.2
"""At sea level and 20 °C."""
ROTATING: Final = 1.02
"""Wheels and shafts, as a share of the mass."""
ENGINE_KGM2: Final = 3.8
SHIFT_S: Final = 0.8
BETWEEN_SHIFTS_S: Final = 2.0
BRAKE_FULL_MPS2: Final = 5.5
"""Deceleration at a fully pressed brake pedal (ECE R13 asks for 5.0)."""
BRAKE_NM_PER_STEP: Final = 220.0
"""How fast the compression brake builds up."""
BRAKE_FROM_NM: Final = 60.0
"""For less it does not come in."""
COASTS_MPS2: Final = 0.10
"""A driver brakes only when rolling would be that much too fast."""
SHIFT_MPS2: Final = 0.7
"""Below this deceleration nobody brakes while the gearbox shifts."""
FULL_FROM_RPM: Final = 960.0
"""From here the engine has all its torque."""
HOLDS_FROM_RPM: Final = 1600.0
HOLDS_TO_RPM: Final = 2100.0
"""Where the compression brake works best."""
HELD_S: Final = 2.5
"""So long the compression brake gives its best before the gearbox helps it with more speed."""
HELD: Final = 0.03
"""Hysteresis of the brake valve."""
AHEAD_S: Final = 2.0
"""How far a driver looks ahead."""
LIMIT_MPS: Final = 89.0 / 3.6
"""Speed limiter, ECE R89 with its tolerance."""
WALKING_MPS: Final = 0.3
REVERSE: Final = -1
NEUTRAL: Final = 0
ALL_RATIOS: Final = (REVERSE_RATIO, *RATIOS)
"""By place: 0 reverse, 1 to 12 forward."""
RPM_PER_MPS: Final = tuple(ratio * FINAL_DRIVE * 30.0 / math.pi / WHEEL_M for ratio in ALL_RATIOS)
FORCE_PER_NM: Final = tuple(ratio * FINAL_DRIVE * EFFICIENCY / WHEEL_M for ratio in ALL_RATIOS)
ADDED_KG: Final = tuple(ENGINE_KGM2 * (ratio * FINAL_DRIVE / WHEEL_M) ** 2 for ratio in ALL_RATIOS)
OUTPUT_RPM_PER_MPS: Final = FINAL_DRIVE * 30.0 / math.pi / WHEEL_M
TOP: Final = len(RATIOS)


@dataclass(slots=True)
class Driveline:
    """The truck on the road; `step` moves it on."""

    mass_kg: float
    drag_area_m2: float
    rolling: float
    """Resistance of the tyres as they are."""
    speed_mps: float = 0.0
    """Never negative: `backwards` says which way."""
    backwards: bool = False
    accel_mps2: float = 0.0
    """Along the truck: negative also when it speeds up backwards."""
    gear: int = NEUTRAL
    """0 while standing or shifting, -1 reverse, else 1 to 12."""
    engaged: int = 1
    """Place of the gear that is in, or going in, in ALL_RATIOS."""
    pedal: float = 0.0
    brake: float = 0.0
    applied: float = 0.0
    """Rises of the brake pedal since someone last looked, added up."""
    retarding: float = 0.0
    """Share of the compression brake that is asked for."""
    brake_nm: float = 0.0
    """Of the compression brake."""
    shift_left_s: float = 0.0
    steady_s: float = 0.0
    """Since the last shift."""
    shifts: int = 0
    drag_n: float = 0.0
    """Brakes that do not let go."""
    wind_mps: float = 0.0
    """Against the truck."""
    density: float = 1.0
    """Of the air, in relation to sea level."""
    slip: float = 0.0
    """Of the clutch, 0 to 1."""
    _chambers: float = 0.0
    """What the brake chambers hold; a foot that trembles lets no air out."""
    _easy: float = 0.0
    """Acceleration that the driver has in mind on an open road."""
    _slows: bool = False
    """It got slower in the last step."""
    _held_s: float = 0.0
    """How long the compression brake has given all it can."""

    def step(
        self,
        *,
        target_mps: float,
        ahead_mps: float,
        grade: float,
        torque_share: float,
        limit_mps: float,
        motor: EngineState,
    ) -> float:
        """One step towards the wanted speed with the engine as it is; returns the flywheel torque wanted next (Nm).

        `ahead_mps` is the speed wanted AHEAD_S later.
        """
        if target_mps < -0.02 or self.backwards:
            target_mps, ahead_mps, grade = self._turn_round(target_mps, ahead_mps, grade)
        target_mps = target_mps if target_mps < limit_mps else limit_mps
        ahead_mps = ahead_mps if ahead_mps < limit_mps else limit_mps
        speed = self.speed_mps
        place = self.engaged
        mass = self.mass_kg
        rolls = self.rolling * mass * GRAVITY + self.drag_n if speed > 0.05 else 0.0
        air = speed + self.wind_mps
        resist_n = rolls + grade * mass * GRAVITY
        if speed > 0.5:
            resist_n += 0.5 * AIR_KG_PER_M3 * self.drag_area_m2 * self.density * air * (air if air > 0.0 else -air)
        accel = self._foot(target_mps, ahead_mps, limit_mps)
        heavy_kg = mass * ROTATING + (ADDED_KG[place] if self.gear else 0.0)
        wanted_n = heavy_kg * accel + resist_n
        per_nm = FORCE_PER_NM[place]
        rpm = motor.rpm if motor.rpm > engine.IDLE_RPM else engine.IDLE_RPM
        most_nm = engine.torque_max_nm(rpm) * torque_share
        wanted_nm = wanted_n / per_nm
        if wanted_nm >= 0.0:
            pedal = wanted_nm / most_nm if most_nm > 1.0 else 1.0
            self.pedal = pedal if pedal < 1.0 else 1.0
            wanted_nm = wanted_nm if wanted_nm < most_nm else most_nm
        else:
            self.pedal = 0.0
        self._shift(running=motor.running, resist_n=resist_n, torque_share=torque_share)
        gear = self.gear
        drive_n = motor.torque_nm * per_nm if gear and motor.running else 0.0
        drag_n = motor.drag_nm * per_nm if gear else 0.0
        if speed < 4.0 or wanted_n < -drag_n - COASTS_MPS2 * heavy_kg:
            held_n = self._retard(wanted_nm, motor.rpm if gear else 0.0, motor.drag_nm) * per_nm
            hurries = accel < -SHIFT_MPS2 or speed < 4.0
            brake_n = self._brake(wanted_n + drag_n + held_n if gear or hurries else 0.0, standing=target_mps < 0.1)
        else:
            self.retarding = self.brake_nm = self.brake = brake_n = self._held_s = 0.0
        after = speed + (drive_n - brake_n - resist_n) / heavy_kg * STEP_S
        if after < 0.0 or (brake_n > 0.0 and after < 0.12):
            after = 0.0
        self.speed_mps = after
        change = (after - speed) / STEP_S
        self._slows = change < 0.02
        self.accel_mps2 = -change if self.backwards else change
        return wanted_nm if gear else 0.0

    def _foot(self, target_mps: float, ahead_mps: float, limit_mps: float) -> float:
        """Acceleration that the driver wants: at speed a small deviation is hardly answered."""
        speed = self.speed_mps
        off = target_mps - speed
        trend = (ahead_mps - target_mps) / AHEAD_S
        if speed < 6.0:
            accel = trend + 0.6 * off
        else:
            bend = trend * trend * 40.0
            size = off * off
            accel = trend * (bend if bend < 1.0 else 1.0) + off * (0.08 + (0.35 * size if size < 1.0 else 0.35))
            if -0.4 < accel < 0.4 and speed > 12.0:
                accel = self._easy + (accel - self._easy) * 0.08
            self._easy = accel
        over = (limit_mps - speed) * 0.9
        accel = over if accel > over else accel
        return -3.5 if accel < -3.5 else (accel if accel < 1.4 else 1.4)

    def tow(self, target_mps: float) -> None:
        """One step behind a recovery vehicle: the truck goes where it is pulled to, gently, out of gear."""
        target_mps = target_mps if target_mps < TOWED_MPS else TOWED_MPS
        before = self.speed_mps
        change = min(max(target_mps - before, -1.5 * STEP_S), 0.7 * STEP_S)
        self.speed_mps = max(before + change, 0.0)
        self.accel_mps2 = (self.speed_mps - before) / STEP_S
        self.pedal = self.brake = self.brake_nm = self.retarding = self.slip = 0.0
        self.gear, self.backwards = NEUTRAL, False

    def engine_rpm(self, idle_rpm: float) -> float:
        """Engine speed that the wheels ask for; the clutch slips below the launch speed."""
        if not self.gear:
            self.slip = 0.0
            if self.shift_left_s > 0.0:
                turning = self.speed_mps * RPM_PER_MPS[self.engaged]
                return turning if turning > idle_rpm else idle_rpm
            return idle_rpm
        turning = self.speed_mps * RPM_PER_MPS[self.engaged]
        floor = idle_rpm + 320.0 * self.pedal
        if turning >= floor:
            self.slip = 0.0
            return turning if turning < engine.LIMIT_RPM else engine.LIMIT_RPM
        self.slip = 1.0 - turning / floor
        return floor

    def _turn_round(self, target_mps: float, ahead_mps: float, grade: float) -> tuple[float, float, float]:
        """Look at the world from behind while going backwards; change the gear only at a standstill."""
        if target_mps < -0.02 and not self.backwards and self.speed_mps < 0.05:
            self.backwards, self.engaged, self.gear = True, 0, NEUTRAL
        elif self.backwards and target_mps > 0.02 and self.speed_mps < 0.05:
            self.backwards, self.engaged, self.gear = False, 1, NEUTRAL
        if self.backwards:
            return max(-target_mps, 0.0), max(-ahead_mps, 0.0), -grade
        return max(target_mps, 0.0), max(ahead_mps, 0.0), grade

    def _retard(self, wanted_nm: float, rpm: float, drag_nm: float) -> float:
        """Ask the compression brake for what goes beyond the engine's drag; what of it that will hold (Nm)."""
        holds = -wanted_nm - drag_nm
        most = engine.brake_max_nm(rpm) if rpm > 0.0 and holds > BRAKE_FROM_NM and self.slip == 0.0 else 0.0
        if most <= 0.0:
            self.retarding = self.brake_nm = 0.0
            return 0.0
        self.retarding = holds / most if holds < most else 1.0
        self._held_s = self._held_s + STEP_S if holds > most else 0.0
        asked = holds if holds < most else most
        most_now = self.brake_nm + BRAKE_NM_PER_STEP
        self.brake_nm = asked if asked < most_now else most_now
        return asked

    def _brake(self, lacks_n: float, *, standing: bool) -> float:
        """Service brake force at the wheels for what the engine does not hold (below 0); also sets the pedal."""
        full_n = self.mass_kg * BRAKE_FULL_MPS2
        brake = -lacks_n / full_n if lacks_n < 0.0 else 0.0
        if standing and self.speed_mps < WALKING_MPS:
            brake = 0.25
        elif brake < 0.012 and self.speed_mps > 4.0:
            brake = 0.0
        elif brake > 1.0:
            brake = 1.0
        self.brake = brake = self.brake + (brake - self.brake) * 0.4 if brake > 0.0 else 0.0
        if brake > self._chambers:
            self.applied += brake - self._chambers
            self._chambers = brake
        elif brake < self._chambers - HELD:
            self._chambers = brake
        return brake * full_n

    def _shift(self, *, running: bool, resist_n: float, torque_share: float) -> None:
        self.steady_s += STEP_S
        if self.shift_left_s > 0.0:
            self.shift_left_s -= STEP_S
        elif self.backwards:
            pass
        elif self.speed_mps < 0.6:
            self.engaged, self.steady_s = self._first(resist_n), 0.0
        elif self.steady_s > BETWEEN_SHIFTS_S:
            self._choose_gear(resist_n, torque_share)
        if self.shift_left_s > 1e-9 or not running or (self.speed_mps < 0.1 and self.pedal < 0.02):
            self.gear = NEUTRAL
        else:
            self.gear = self.engaged or REVERSE

    def _first(self, resist_n: float) -> int:
        """Gear to start in: the highest that moves this mass on this slope briskly."""
        needs = resist_n + 0.45 * self.mass_kg
        place = 4
        while place > 1 and needs > 0.75 * engine.IDLE_NM * FORCE_PER_NM[place]:
            place -= 1
        return place

    def _choose_gear(self, resist_n: float, torque_share: float) -> None:
        place = self.engaged
        chosen = self._holding_gear() if self.retarding > 0.25 else self._driving_gear(resist_n, torque_share)
        if chosen != place:
            self.engaged, self.shift_left_s, self.steady_s = chosen, SHIFT_S, 0.0
            self.shifts += 1

    def _holding_gear(self) -> int:
        """For the compression brake: more engine speed when it does not suffice, one gear up before it is too much."""
        place, speed = self.engaged, self.speed_mps
        rpm = speed * RPM_PER_MPS[place]
        if rpm > HOLDS_TO_RPM + 80.0 and place < TOP:
            return place + 1
        helps = self._held_s > HELD_S and speed > 9.0 and rpm < HOLDS_FROM_RPM
        if not helps and rpm > 1000.0:
            return place
        wanted = HOLDS_FROM_RPM if helps else 1200.0
        while place > 1 and speed * RPM_PER_MPS[place] < wanted and speed * RPM_PER_MPS[place - 1] < HOLDS_TO_RPM:
            place -= 1
        return place

    def _driving_gear(self, resist_n: float, torque_share: float) -> int:
        place, pedal = self.engaged, self.pedal
        rpm = self.speed_mps * RPM_PER_MPS[place]
        lost_mps = resist_n / self.mass_kg * SHIFT_S if resist_n > 0.0 else 0.0
        after_mps = self.speed_mps - lost_mps  # what is left when the shift is over
        low, high = 840.0 + 270.0 * pedal, 1240.0 + 450.0 * pedal * pedal
        if rpm > high and place < TOP:
            return self._up(after_mps, min(low, FULL_FROM_RPM), resist_n, torque_share)
        if rpm > low or place == 1 or not (self._slows or rpm < 0.8 * low):
            return place
        chosen = place - 1
        spare = 110.0 if pedal > 0.0 else 190.0
        while chosen > 1 and after_mps * RPM_PER_MPS[chosen] < low + spare and place - chosen < 3:
            chosen -= 1
        return place if after_mps * RPM_PER_MPS[chosen] > high + 60.0 else chosen

    def _up(self, after_mps: float, low: float, resist_n: float, torque_share: float) -> int:
        """The highest of the next gears that keeps the engine at work and still holds the speed."""
        place = chosen = self.engaged
        for candidate in range(place + 1, min(place + 3, TOP) + 1):
            rpm = after_mps * RPM_PER_MPS[candidate]
            can_n = engine.torque_max_nm(rpm) * torque_share * FORCE_PER_NM[candidate]
            if rpm < low + 20.0 or can_n < 1.08 * resist_n:
                break
            chosen = candidate
        return chosen
