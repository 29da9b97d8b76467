"""Alarms where there is no fault, counted without a label: what may be looked at while a recipe is being chosen.

Only learning rows are looked at. How long a healthy state stays learned shows twice: in the second half of a run's
learning rows when the first half taught, and in the learning rows of the run that came next.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.testbed.contenders import Contender
from models.testbed.table import Run

Float64s = npt.NDArray[np.float64]


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


def _one_after_other(first: Run, then: Run, learning_rows: int) -> Float64s:
    return np.concatenate([first.rows[:learning_rows], then.rows[:learning_rows]])


def _share(alarms: Sequence[npt.NDArray[np.bool_]]) -> float:
    return float(np.concatenate(alarms).mean()) if alarms else float("nan")
