"""Clocks: whether a drive's stamps go forward, and as often as those of the other drives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.sensors.remarks import ALL, Defect, Fate, Remark

Float64s = npt.NDArray[np.float64]

PAUSE_S: Final = 5.0
RATE_TIMES: Final = 1.5
"""How far a drive's rate may be from the median of all."""
STOOD_TIMES: Final = 3
STOOD_MIN: Final = 5
"""Rows on one stamp that no drive is told for: recorders write in bursts."""
STOOD_SHARE: Final = 0.1
"""Of a drive's rows on such stamps: from here on, nothing of its order can be believed."""


@dataclass(frozen=True, slots=True)
class Stamps:
    """What is known of the clock of one drive, from the signal that was recorded most often."""

    rows: int
    rate_hz: float
    """Rows a second, pauses aside."""
    bursts: tuple[int, ...]
    """Rows that stand on one stamp, of every stamp that has more than one. A table whose clock goes back is laid on
    the last stamp until the clock has come there again (edge/bus/table/axis.py)."""


def stamps_of(time_s: Float64s) -> Stamps:
    """Of the ascending times of one signal's rows, at least one."""
    _, counts = np.unique(time_s, return_counts=True)
    steps = np.diff(time_s)
    seconds = max(float(steps[steps < PAUSE_S].sum()), 1.0)
    return Stamps(len(time_s), len(time_s) / seconds, tuple(counts[counts > 1].tolist()))


def clock_remarks(drives: Sequence[tuple[str, Stamps | None]]) -> Iterator[Remark]:
    """By name; a drive whose stamps are not known is not told of."""
    known = [(name, stamps) for name, stamps in drives if stamps is not None]
    if not known:
        return
    usual_hz = float(np.median([stamps.rate_hz for _, stamps in known]))
    usual_burst = float(np.median([max(stamps.bursts, default=1) for _, stamps in known]))
    allowed = max(STOOD_MIN, STOOD_TIMES * usual_burst)
    for name, stamps in known:
        stood = sum(burst for burst in stamps.bursts if burst > allowed)
        if stood:
            seconds = stood / stamps.rate_hz
            told = f"{stood} rows came while the clock stood or ran backward, the longest {max(stamps.bursts)}"
            is_lost = stood > STOOD_SHARE * stamps.rows
            yield Remark(name, ALL, Defect.CLOCK, round(seconds), told, Fate.LEFT_OUT if is_lost else Fate.TOLD)
        elif not usual_hz / RATE_TIMES <= stamps.rate_hz <= usual_hz * RATE_TIMES:
            told = f"{stamps.rate_hz:.3g} rows a second, where the median of all drives is {usual_hz:.3g}"
            yield Remark(name, ALL, Defect.RATE, 0, told, Fate.TOLD)
