"""What is known without a label, from learning rows alone: this may be looked at while a recipe is being chosen.

How long a healthy state stays learned shows twice: in the second half of a run's learning rows when the first half
taught, and in the learning rows of the run that came next. What would be missed shows when a sensor is shifted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.testbed.contenders import Contender
from models.testbed.table import Run

Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """Shares of learning rows."""

    second_half: float
    """Alarmed in second halves."""
    next_run: float
    """Alarmed in each run's successor in time."""
    missed: float
    """Not alarmed in second halves, with one sensor after the other shifted there."""


def alarmed_in_second_half(contender: Contender, runs: Sequence[Run], learning_rows: int) -> float:
    """Share of the rows."""
    half = learning_rows // 2
    return _share([contender.alarms(run.rows[:learning_rows], half) for run in runs])


def alarmed_in_next_run(contender: Contender, runs: Sequence[Run], learning_rows: int, settle_rows: int) -> float:
    """Share of the rows of each run's successor in time, after `settle_rows` in which windows still hold the first."""
    in_time = sorted(runs, key=lambda run: run.began)
    return _share(
        [
            contender.alarms(_one_after_other(first, then, learning_rows), learning_rows)[settle_rows:]
            for first, then in pairwise(in_time)
        ]
    )


def missed_when_shifted(
    contender: Contender, runs: Sequence[Run], learning_rows: int, shifts: Mapping[int, float], settle_rows: int
) -> float:
    """Share of the rows of second halves, after `settle_rows`; `shifts` says by how much, by place in a row."""
    half = learning_rows // 2
    alarms = []
    for run in runs:
        for place, by in shifts.items():
            rows = run.rows[:learning_rows].copy()
            rows[half:, place] += by
            alarms.append(contender.alarms(rows, half)[settle_rows:])
    return 1.0 - _share(alarms)


def _one_after_other(first: Run, then: Run, learning_rows: int) -> Float64s:
    return np.concatenate([first.rows[:learning_rows], then.rows[:learning_rows]])


def _share(alarms: Sequence[npt.NDArray[np.bool_]]) -> float:
    return float(np.concatenate(alarms).mean()) if alarms else float("nan")
