"""One life, sampled for a picture and for its milestones."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.simulator.car.petrol import PetrolCar
from edge.simulator.ecu.codes import Lamp
from edge.simulator.ev.electric import ElectricCar
from edge.simulator.faults import FaultSpec
from edge.simulator.life import Life
from edge.simulator.truck.truck import Truck
from edge.simulator.vehicle import Vehicle
from tests.study.scenarios import Study

Float64s = npt.NDArray[np.float64]


LAMPS: Final = ("tyre_lamp", "pad_lamp", "charge_lamp", "warning_lamp", "stop_lamp", "turtle_lamp")
"""Columns of lamps that no code lights."""
TYRE_ALARMS: Final = (3.0, 4.0)
"""Too low, and far too low (SAE J1939-71, SPN 2587)."""
DERATED: Final = 0.99


@dataclass(slots=True)
class Drive:
    """What happened in one life with one scenario."""

    time_s: list[float] = field(default_factory=list)
    samples: list[npt.NDArray[np.float32]] = field(default_factory=list)
    codes: dict[str, tuple[float, str]] = field(default_factory=dict)
    """Code → when it was first pending, and the unit that set it."""
    lamp_s: float | None = None
    """When a lamp first told the driver."""
    derate_s: float | None = None
    failed_s: float | None = None
    severity: list[tuple[float, float]] = field(default_factory=list)

    def column(self, place: int) -> Float64s:
        """One sampled column."""
        return np.array([row[place] for row in self.samples], np.float64)


def drive(
    vehicle: str, fault: str, study: Study, *, seed: int, every_s: int = 1, after_s: float = float("inf")
) -> Drive:
    """Live a study's life, sampling its columns while the vehicle is awake; it ends `after_s` after a failure."""
    faults = [FaultSpec(fault, study.onset_s, study.pace)] if fault != "none" else []
    life = Life(vehicle=vehicle, faults=faults, seed=seed, cycle=study.cycle, weather=study.weather)
    found = Drive()
    places = [life.tracer.columns.index(name) for name in study.columns]
    while life.seconds < min(study.length_s, float("inf") if found.failed_s is None else found.failed_s + after_s):
        trace = life.second()
        if trace is None or life.seconds % every_s:
            continue
        found.time_s.append(float(life.seconds))
        found.samples.append(trace.rows[-1, places].astype(np.float32))
        if life.seconds % 5 == 0:
            _milestones(life, found)
    return found


def _milestones(life: Life, found: Drive) -> None:
    now_s = float(life.seconds)
    for unit in life.vehicle.units:
        for code in (*unit.memory.pending(), *unit.memory.confirmed()):
            found.codes.setdefault(code.text, (now_s, unit.name))
        if found.lamp_s is None and any(unit.memory.lamp(lamp) for lamp in Lamp if lamp is not Lamp.NONE):
            found.lamp_s = now_s
    seen = life.vehicle.readings()
    lit = any(seen.get(name, 0.0) > 0.0 for name in LAMPS) or seen.get("tyre_alarm") in TYRE_ALARMS
    if found.lamp_s is None and lit:
        found.lamp_s = now_s
    if found.derate_s is None and _share(life.vehicle) < DERATED:
        found.derate_s = now_s
    for row in life.truth(0.0):
        found.severity.append((now_s, row.severity))
        found.failed_s = row.failed_s


def _share(vehicle: Vehicle) -> float:
    """How much of its torque or power the vehicle still allows itself."""
    if isinstance(vehicle, PetrolCar):
        return vehicle.control.engine.torque_share
    if isinstance(vehicle, ElectricCar):
        return vehicle.control.drive.share
    assert isinstance(vehicle, Truck)
    return vehicle.control.torque_share
