"""Lives of simulated vehicles as columns, for tests that judge them as a technician would."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from edge.simulator.faults import parse_fault
from edge.simulator.life import Life
from edge.simulator.vehicle import STEPS, Vehicle

Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lived:
    """What was seen of a vehicle, ten rows for each second awake."""

    life: Life
    time_s: Float64s
    rows: Float64s

    @property
    def vehicle(self) -> Vehicle:
        """As it is at the end."""
        return self.life.vehicle

    def of(self, name: str) -> Float64s:
        """One column."""
        column: Float64s = self.rows[:, self.life.tracer.columns.index(name)]
        return column

    def codes(self) -> set[str]:
        """Every code that any unit has, pending or more."""
        memories = [unit.memory for unit in self.vehicle.units]
        return {code.text for memory in memories for code in (*memory.pending(), *memory.confirmed())}


@lru_cache(maxsize=8)
def lived(
    vehicle: str,
    *faults: str,
    seed: int = 1,
    minutes: float = 40.0,
    cycle: str = "mixed",
    weather: str = "mild",
    warm: bool = False,
) -> Lived:
    """A life from its first drive on."""
    specs = [parse_fault(fault) for fault in faults]
    life = Life(vehicle=vehicle, faults=specs, seed=seed, cycle=cycle, weather=weather, warm=warm)
    times, rows = [], []
    while life.seconds < minutes * 60:
        trace = life.second()
        if trace is not None:
            times.append(life.seconds - 1 + np.arange(1, STEPS + 1) / STEPS)
            rows.append(trace.rows[1:])
    return Lived(life, np.concatenate(times), np.concatenate(rows))


def first_s(seen: Lived, mask: npt.NDArray[np.bool_]) -> float:
    """When the mask first holds; infinite when it never does."""
    return float(seen.time_s[np.argmax(mask)]) if mask.any() else float("inf")
