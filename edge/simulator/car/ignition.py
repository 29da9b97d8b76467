"""Starting, keeping running and stopping the engine: key, starter voltage, stop-start."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edge.simulator.car.electrics import CONTROL_UNIT_MIN_V, CRANKS_FROM_V
from edge.simulator.journey import Drive, Key
from edge.simulator.vehicle import STEP_S

if TYPE_CHECKING:
    from edge.simulator.car.petrol import PetrolCar

FIRES_AFTER_S: Final = 0.55
"""Of cranking."""
STOPS_AFTER_S: Final = 1.0
"""Stop-start: standing with the brake held."""
STOPS_FROM_C: Final = 60.0
STOPS_FROM_CHARGE: Final = 0.5
LOOKS_AHEAD: Final = 8
"""Steps before it moves off in which the driver lets the brake go."""
SETTLES: Final = 50
"""Steps after the start in which the engine is not stopped again."""


@dataclass(slots=True)
class Ignition:
    """Whether the engine runs, and why not."""

    auto_stopped: bool = False
    """Stop-start has stopped it; it starts by itself."""
    failed: bool = False
    """The battery could not start the engine, or keep it running, the last time."""
    standing_s: float = 0.0

    def step(self, car: "PetrolCar", key: int, drive: Drive, place: int) -> None:
        """One step: sets whether the car's engine runs."""
        motor = car.motor
        if key in (Key.OFF, Key.ACC) or car.seized or car.levers.towed:
            motor.running = self.auto_stopped = False
            return
        volt = car.electrics.volt
        if motor.running and volt < CONTROL_UNIT_MIN_V and key == Key.ON:
            motor.running, self.failed = False, True
        elif car.electrics.crank_s > FIRES_AFTER_S:
            motor.running = motor.running or volt > CRANKS_FROM_V
            self.failed = not motor.running
        elif car.levers.stop_start:
            self._stop_start(car, drive, place)

    def _stop_start(self, car: "PetrolCar", drive: Drive, place: int) -> None:
        """Stop the warm engine at a standstill; start it when the driver wants to go on."""
        motor = car.motor
        ahead_mps = drive.target_mps[min(place + LOOKS_AHEAD, len(drive.target_mps) - 1)]
        if self.auto_stopped:
            if ahead_mps > 0.2 or car.battery.charge < STOPS_FROM_CHARGE:
                self.auto_stopped, motor.running = False, True
        elif motor.running and car.road.speed_mps == 0.0 and ahead_mps < 0.1 and place > drive.started + SETTLES:
            self.standing_s += STEP_S
            if self.standing_s > STOPS_AFTER_S and car.cooling.coolant_c > STOPS_FROM_C:
                self.auto_stopped, motor.running = True, False
        else:
            self.standing_s = 0.0
