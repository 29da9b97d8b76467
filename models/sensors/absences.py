"""Absences: seconds without a reading, of one signal or of all."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import Plan
from models.sensors.remarks import ALL, Defect, Fate, Remark
from models.sensors.standing import stretches

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SHARE: Final = 0.05
"""Of a drive's seconds without a reading that is worth a word."""
GAP_S: Final = 30
"""So is a gap as long, of all signals."""
HOLLOW: Final = 0.5
"""Of a drive's cells that are unknown, of signals that the drives hold at all: nothing is learned from it."""


def absences_of(plan: Plan, drives: Sequence[tuple[str, Float64s]]) -> Iterator[Remark]:
    """`drives`: name and (seconds, channels)."""
    unknown = [np.isnan(rows) for _, rows in drives]
    absent = np.array([lacks.all(axis=0) for lacks in unknown]).all(axis=0)
    for channel in np.flatnonzero(absent):
        name, rows = plan.channels[channel].name, sum(map(len, unknown))
        yield Remark(ALL, name, Defect.DROPOUT, rows, "is in no drive", Fate.TOLD)
    if absent.all():
        return
    for (name, _), lacks in zip(drives, unknown, strict=True):
        share = float(lacks[:, ~absent].mean())
        if share > HOLLOW:
            told = f"{share:.0%} of its readings are missing"
            yield Remark(name, ALL, Defect.EMPTY, len(lacks), told, Fate.LEFT_OUT)
            continue
        silent = np.asarray(lacks.all(axis=1))
        yield from _silence(name, silent)
        for channel in np.flatnonzero(~absent):
            alone = int(np.count_nonzero(lacks[:, channel] & ~silent))
            if alone > SHARE * len(lacks):
                told = f"missing in {alone / len(lacks):.0%} of the seconds in which there are others"
                yield Remark(name, plan.channels[channel].name, Defect.DROPOUT, alone, told, Fate.TOLD)


def _silence(name: str, silent: Bools) -> Iterator[Remark]:
    longest = max((end - begin for begin, end in stretches(silent)), default=0)
    if longest >= GAP_S or silent.mean() > SHARE:
        told = f"no reading at all in {silent.mean():.0%} of its seconds, for {longest} s at a time"
        yield Remark(name, ALL, Defect.DROPOUT, int(np.count_nonzero(silent)), told, Fate.TOLD)
