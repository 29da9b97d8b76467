"""Sentinels: one reading far from all others that comes again and again, which says that there is none."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import Channel, Pace

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SENTINELS_MAX: Final = 4
"""Of one signal."""
VISITS_MIN: Final = 3
"""So often a reading must come out of nowhere, or go there."""
DISTINCT_MIN: Final = 8
"""Other readings, below which nobody can say what is far from them."""
TOGETHER: Final = 2
"""Readings that may stand beside each other outside, as 254 and 255 do."""
MIDDLE: Final = (0.005, 0.995)
"""Quantiles between which a signal's readings lie."""
FAR: Final = 0.5
"""Of that width: so far out any reading is a sentinel."""
FAR_EXTREME: Final = 0.25
"""One that is the end of a scale."""
FAR_ZERO: Final = 0.15
"""Zero: an engine that stands reads no zero as its pedal, and no pressure of zero."""
STEPS: Final = 2.0
"""Of what a slow signal can move in a second: so far out it is none of its readings."""
EXTREMES: Final = frozenset(
    {-40.0, 215.0, 210.0, 254.0, 255.0, 99.21875, 127.0, 128.0, 655.35, 6553.5, 16383.75, 8031.875, 65534.0, 65535.0}
)
"""Bytes and words of all zeros and all ones by the scales of SAE J1979 (appendix B) and SAE J1939-71 (5.1)."""


def sentinels_of(columns: Sequence[Float64s], channel: Channel, *, is_gate: bool) -> tuple[float, ...]:
    """Of one signal over all drives, (seconds,) each; `is_gate`: it is zero whenever the engine stands."""
    found: list[float] = []
    while len(found) < SENTINELS_MAX:
        left = [np.where(np.isin(column, found), np.nan, column) for column in columns]
        more = next(_outermost(left, channel, is_gate=is_gate), ())
        if not more:
            break
        found += more
    return tuple(sorted(found))


def _outermost(columns: Sequence[Float64s], channel: Channel, *, is_gate: bool) -> Iterator[tuple[float, ...]]:
    """Readings beyond all others on one side, two of them at most, where they are sentinels."""
    every = np.concatenate(columns)
    every = every[~np.isnan(every)]
    distinct = np.unique(every)
    for side in (distinct[::-1], distinct):
        for count in range(1, TOGETHER + 1):
            outside, rest = side[:count], side[count:]
            if len(rest) < DISTINCT_MIN:
                continue
            low, high = np.quantile(every[~np.isin(every, outside)], MIDDLE)
            far = min(_far(float(value), channel, float(high - low), is_gate=is_gate) for value in outside)
            if abs(outside[-1] - rest[0]) < far:
                continue
            if all(_visits(columns, float(value), outside) >= VISITS_MIN for value in outside):
                yield tuple(outside.tolist())


def _far(value: float, channel: Channel, width: float, *, is_gate: bool) -> float:
    """How far from all others a reading must be."""
    if channel.pace is Pace.SLOW and channel.step is not None:
        return max(STEPS * channel.step, FAR_ZERO * width)
    if value in EXTREMES:
        return FAR_EXTREME * width
    if value == 0.0:
        return np.inf if is_gate else FAR_ZERO * width
    return FAR * width


def _visits(columns: Sequence[Float64s], value: float, outside: Float64s) -> int:
    """How often the signal jumps there or back; all of a drive at the end of a scale is as good as many."""
    visits = 0
    for column in columns:
        known = column[~np.isnan(column)]
        at, others = known == value, ~np.isin(known, outside)
        jumps = (at[1:] & others[:-1]) | (at[:-1] & others[1:])
        visits += -(-int(np.count_nonzero(jumps)) // 2)
        if len(known) and at.all() and value in EXTREMES:
            visits += VISITS_MIN
    return visits
