"""Everything around the engine that warms and cools: intake, gearbox, catalyst, cabin; and the tank's pressure."""

from dataclasses import dataclass
from typing import Final

from edge.simulator.car.engine import EngineState

INTAKE_S: Final = 35.0
GEARBOX_S: Final = 900.0
CATALYST_S: Final = 45.0
CABIN_S: Final = 400.0
TANK_S: Final = 9.0
LIGHT_OFF_C: Final = 280.0
"""From here on the catalyst works."""
BURNS_FROM_C: Final = 250.0
UNBURNED_K: Final = 900.0
"""What the catalyst would warm by if every firing failed into it."""
SEALED_KPA: Final = -2.2
"""What the purge valve draws the sealed tank down to."""
PURGED_KPA: Final = -0.25
CAP_OPEN_PER_S: Final = 0.9


@dataclass(slots=True)
class Warmth:
    """Temperatures and pressures that follow the engine slowly."""

    intake_c: float
    gearbox_c: float
    catalyst_c: float
    cabin_c: float
    tank_kpa: float = 0.0

    def second(
        self,
        motor: EngineState,
        *,
        fuel_w: float,
        unburned: float,
        coolant_c: float,
        ambient_c: float,
        purge: float,
        sealed: bool,
        cap_open: bool,
    ) -> None:
        """Live a second; each is a first-order lag."""
        air_gps = motor.air_gps
        soak_c = ambient_c + 0.35 * (coolant_c - ambient_c) / (1.0 + 0.25 * air_gps)
        self.intake_c += (soak_c - self.intake_c) / INTAKE_S
        self.gearbox_c += (0.8 * coolant_c + 0.2 * ambient_c + 4e-4 * fuel_w - self.gearbox_c) / GEARBOX_S
        exhaust_c = 480.0 + 320.0 * min(motor.load * motor.rpm / 2600.0, 1.0) if fuel_w else 330.0
        if self.catalyst_c > BURNS_FROM_C:
            exhaust_c += UNBURNED_K * unburned
        flow = air_gps / (air_gps + 12.0)
        self.catalyst_c += (exhaust_c - self.catalyst_c) * flow / CATALYST_S - (self.catalyst_c - ambient_c) * 0.0009
        heated_c = 21.0 if coolant_c > 45.0 or ambient_c > 21.0 else ambient_c
        self.cabin_c += (heated_c - self.cabin_c) / CABIN_S
        drawn_kpa = SEALED_KPA if sealed else PURGED_KPA * min(purge / 40.0, 1.0)
        self.tank_kpa += (drawn_kpa - self.tank_kpa) / TANK_S
        if cap_open:
            self.tank_kpa -= CAP_OPEN_PER_S * self.tank_kpa

    def rest(self, *, coolant_c: float, ambient_c: float, sun: float, seconds: float) -> None:
        """Drift towards the air with the engine off."""
        self.intake_c += (ambient_c + 0.2 * (coolant_c - ambient_c) - self.intake_c) * seconds / 300.0
        self.gearbox_c += (ambient_c - self.gearbox_c) * seconds / 7200.0
        self.catalyst_c += (ambient_c - self.catalyst_c) * seconds / 1500.0
        self.cabin_c += (ambient_c + 12.0 * sun - self.cabin_c) * seconds / 1800.0
        self.tank_kpa -= self.tank_kpa * seconds / 600.0
