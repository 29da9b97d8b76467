"""The drive unit: a permanent-magnet motor, its inverter and one reduction gear; torque, losses, heat, cooling loop.

Losses are the sum of copper (with the square of torque), iron (with speed), windage (with its cube) and what is always
there (Larminie and Lowry, Electric Vehicle Technology Explained, 7.3), with coefficients that give an ordinary map:
97 % at best, 92 % at 100 km/h. The inverter adds a share for each ampere and one for its square.
"""

import math
from dataclasses import dataclass
from typing import Final

PEAK_NM: Final = 310.0
PEAK_W: Final = 150_000.0
GEAR: Final = 9.0
GEAR_EFFICIENCY: Final = 0.975
WHEEL_M: Final = 0.325
OMEGA_PER_MPS: Final = GEAR / WHEEL_M
RPM_PER_OMEGA: Final = 30.0 / math.pi
COPPER_W_PER_NM2: Final = 0.042
"""At 20 °C; copper's resistance rises by 0.39 % for each kelvin."""
IRON_W_S: Final = 0.95
WINDAGE_W_S3: Final = 4.6e-7
ALWAYS_W: Final = 60.0
INVERTER_W: Final = 110.0
INVERTER_W_PER_NM: Final = 5.2
INVERTER_W_PER_NM2: Final = 0.011
SLEW_NM: Final = 95.0
"""Most that the torque changes in a step of 0.1 s: what the drive shafts are spared."""

MOTOR_J_PER_K: Final = 21_000.0
INVERTER_J_PER_K: Final = 3_200.0
LOOP_J_PER_K: Final = 19_000.0
MOTOR_W_PER_K: Final = 42.0
"""To the coolant at full flow."""
INVERTER_W_PER_K: Final = 75.0
MOTOR_STILL_W_PER_K: Final = 3.0
"""Through coolant that does not flow."""
INVERTER_STILL_W_PER_K: Final = 1.1
CASE_W_PER_K: Final = 4.0
CASE_WIND_W_PER_K: Final = 0.30
"""More of it for each m/s."""
RADIATOR_W_PER_K: Final = 520.0
VALVE_FROM_C: Final = 36.0
VALVE_SPAN_K: Final = 10.0
"""A valve keeps the loop warm past the radiator until here, for the heat pump's sake."""
PUMP_MIN_RPM: Final = 1_500.0
PUMP_MAX_RPM: Final = 5_000.0
FAN_ON_C: Final = 56.0
FAN_OFF_C: Final = 51.0


@dataclass(slots=True)
class DriveUnit:
    """State of motor, inverter and their coolant."""

    motor_c: float
    inverter_c: float
    coolant_c: float
    nm: float = 0.0
    """At the motor's shaft; below 0 while it brakes the car."""
    omega: float = 0.0
    """rad/s; never negative, the car looks at the world from behind while it goes backwards."""
    motor_loss_w: float = 0.0
    inverter_loss_w: float = 0.0
    heat_motor_j: float = 0.0
    heat_inverter_j: float = 0.0
    """Since the last second."""
    pump_rpm: float = 0.0
    fan: float = 0.0

    def most_nm(self, limit_w: float) -> float:
        """Torque at hand at this speed when the battery gives `limit_w`."""
        omega = self.omega
        power_w = 0.93 * limit_w
        power_w = PEAK_W if power_w > PEAK_W else power_w
        most = power_w / omega if omega > 1.0 else PEAK_NM
        return PEAK_NM if most > PEAK_NM else most

    def turn(self, wanted_nm: float, omega: float, span_s: float) -> float:
        """Make this torque, as fast as shafts allow; returns the power taken from the battery (W), below 0 into it."""
        change = wanted_nm - self.nm
        if change > SLEW_NM:
            change = SLEW_NM
        elif change < -SLEW_NM:
            change = -SLEW_NM
        self.nm = nm = self.nm + change
        self.omega = omega
        square = nm * nm
        warm = 1.0 + 0.0039 * (self.motor_c - 20.0)
        motor_w = COPPER_W_PER_NM2 * square * warm + IRON_W_S * omega + WINDAGE_W_S3 * omega * omega * omega
        if omega > 1.0:
            motor_w += ALWAYS_W
        inverter_w = INVERTER_W + INVERTER_W_PER_NM * (nm if nm > 0.0 else -nm) + INVERTER_W_PER_NM2 * square
        self.motor_loss_w, self.inverter_loss_w = motor_w, inverter_w
        self.heat_motor_j += motor_w * span_s
        self.heat_inverter_j += inverter_w * span_s
        return nm * omega + motor_w + inverter_w

    def freewheel(self, omega: float) -> None:
        """Turn without current: the inverter is off."""
        self.nm = 0.0
        self.omega = omega
        self.motor_loss_w = self.inverter_loss_w = 0.0
        self.heat_motor_j += 0.3 * IRON_W_S * omega

    def second(
        self,
        *,
        asked_rpm: float,
        fan: float,
        other_w: float,
        speed_mps: float,
        ambient_c: float,
        flow: float,
        turns: float,
    ) -> None:
        """One second of heat; `other_w` comes from charger and DC-DC, `flow` and `turns` are the pump's shares."""
        self.pump_rpm += (asked_rpm * turns - self.pump_rpm) * 0.5
        self.fan = fan
        moved = asked_rpm / PUMP_MAX_RPM * flow
        share = moved / (moved + 0.22) * 1.22
        motor_c, inverter_c, coolant_c = self.motor_c, self.inverter_c, self.coolant_c
        from_motor_w = (MOTOR_STILL_W_PER_K + MOTOR_W_PER_K * share) * (motor_c - coolant_c)
        from_inverter_w = (INVERTER_STILL_W_PER_K + INVERTER_W_PER_K * share) * (inverter_c - coolant_c)
        case_w = (CASE_W_PER_K + CASE_WIND_W_PER_K * speed_mps) * (motor_c - ambient_c)
        air = 0.035 * speed_mps + 0.30 * fan
        valve = (coolant_c - VALVE_FROM_C) / VALVE_SPAN_K
        valve = 0.02 if valve < 0.02 else (valve if valve < 1.0 else 1.0)
        radiator_w = (5.0 + RADIATOR_W_PER_K * (0.03 + air / (air + 0.6)) * share * valve) * (coolant_c - ambient_c)
        self.motor_c = motor_c + (self.heat_motor_j - from_motor_w - case_w) / MOTOR_J_PER_K
        self.inverter_c = inverter_c + (self.heat_inverter_j - from_inverter_w) / INVERTER_J_PER_K
        self.coolant_c = coolant_c + (from_motor_w + from_inverter_w + other_w - radiator_w) / LOOP_J_PER_K
        self.heat_motor_j = self.heat_inverter_j = 0.0

    def rest(self, ambient_c: float, seconds: float) -> None:
        """Cool down, standing and off."""
        mixing = min(seconds / 900.0, 1.0)
        total = MOTOR_J_PER_K + INVERTER_J_PER_K + LOOP_J_PER_K
        mean_c = (
            self.motor_c * MOTOR_J_PER_K + self.inverter_c * INVERTER_J_PER_K + self.coolant_c * LOOP_J_PER_K
        ) / total
        lost_k = 11.0 * (mean_c - ambient_c) * seconds / total
        self.motor_c += (mean_c - self.motor_c) * mixing - lost_k
        self.inverter_c += (mean_c - self.inverter_c) * mixing - lost_k
        self.coolant_c += (mean_c - self.coolant_c) * mixing - lost_k
        self.pump_rpm = self.fan = 0.0
        self.nm = self.omega = self.motor_loss_w = self.inverter_loss_w = 0.0
