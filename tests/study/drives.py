"""One life, sampled for a picture and for its milestones."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.simulator.ecu.codes import Lamp
from edge.simulator.faults import FaultSpec
from edge.simulator.life import Life
from tests.study.scenarios import Study

Float64s = npt.NDArray[np.float64]


LAMPS: Final = ("tyre_lamp", "pad_lamp", "charge_lamp", "warning_lamp", "stop_lamp", "turtle_lamp", "tyre_alarm")
"""Columns of lamps that no code lights."""
SHARES: Final = ("allowed_percent", "drive_share_percent", "most_percent")
"""Columns that show how much of its torque or power a vehicle still allows itself."""
DERATED: Final = 99.0


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
    if found.lamp_s is None and any(seen.get(name, 0.0) > 0.0 for name in LAMPS):
        found.lamp_s = now_s
    if found.derate_s is None and any(seen.get(name, 100.0) < DERATED for name in SHARES):
        found.derate_s = now_s
    for row in life.truth(0.0):
        found.severity.append((now_s, row.severity))
        found.failed_s = row.failed_s
