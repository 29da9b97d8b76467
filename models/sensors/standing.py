"""Standing: rows that a recorder repeats, signals that do not move while others do, and seconds without a reading."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import Pace, Plan

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STALL_S: Final = 20
"""So long all signals together stand still in no running engine: ten drives' longest was 9 s."""
STUCK_S: Final = 180
"""So long a quick signal may stand while the others move."""
STUCK_TIMES: Final = 4
"""And so many times longer than in any other drive."""
RESTS: Final = 0.05
"""Share of a signal's readings in other drives at which it is one where it rests: a pedal that nobody touches."""
MOVING: Final = 1 / 3
"""Share of the others that move."""


def stalls_of(plan: Plan, rows: Float64s) -> Bools:
    """(seconds,) in which all that is known repeats the row before, for long, while the engine runs."""
    known = ~np.isnan(rows)
    same = (rows[1:] == rows[:-1]) | ~(known[1:] | known[:-1])
    running = rows[:, plan.paths.index(plan.running.path)]
    repeats = np.zeros(len(rows), np.bool_)
    repeats[1:] = same.all(axis=1) & known[1:].any(axis=1) & ~(running[1:] <= plan.running.above)
    stalled = np.zeros(len(rows), np.bool_)
    for begin, end in stretches(repeats):
        stalled[begin:end] = end - begin >= STALL_S
    return stalled


def stuck_of(plan: Plan, drives: Sequence[Float64s]) -> Iterator[tuple[int, int, Bools]]:
    """Number of a drive, of a quick channel, and the (seconds,) in which it stands as in no other drive."""
    if len(drives) < 3:
        return
    for channel, one in enumerate(plan.channels):
        if one.pace is not Pace.FAST:
            continue
        longest = [_longest(rows, channel, _rests(drives, number, channel)) for number, rows in enumerate(drives)]
        for number, (seconds, begin, end) in enumerate(longest):
            others = max(told for other, (told, _, _) in enumerate(longest) if other != number)
            if seconds >= max(STUCK_S, STUCK_TIMES * others):
                stuck = np.zeros(len(drives[number]), np.bool_)
                stuck[begin + 1 : end] = True
                yield number, channel, stuck


def _rests(drives: Sequence[Float64s], number: int, channel: int) -> Float64s:
    """Where the signal often is in other drives."""
    others = np.concatenate([rows[:, channel] for other, rows in enumerate(drives) if other != number])
    values, counts = np.unique(others[~np.isnan(others)], return_counts=True)
    resting: Float64s = values[counts >= RESTS * max(int(counts.sum()), 1)]
    return resting


def _longest(rows: Float64s, channel: int, rests: Float64s) -> tuple[int, int, int]:
    """Seconds in which others move during the signal's longest standstill, and where it begins and ends."""
    column, others = rows[:, channel], np.delete(rows, channel, axis=1)
    stands = np.zeros(len(rows), np.bool_)
    stands[1:] = (column[1:] == column[:-1]) & ~np.isin(column[1:], rests)
    moves = np.zeros(len(rows), np.bool_)
    moves[1:] = (np.abs(np.diff(others, axis=0)) > 0).mean(axis=1) >= MOVING
    sums = np.concatenate([[0], np.cumsum(moves)])
    found = [(int(sums[end] - sums[begin]), begin - 1, end) for begin, end in stretches(stands)]
    return max(found, default=(0, 0, 0))


def stretches(mask: Bools) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    yield from ((begin, end) for begin, end in list(pairwise(edges.tolist()))[::2])
