"""Gearing: a car has the same gears on every drive, so a drive with others measures its speed in another unit."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import Plan
from models.sensors.mistaken import Mistake, Reading, readings_of

Float64s = npt.NDArray[np.float64]

EDGES: Final = np.arange(-9.0, 9.0, 0.03)
"""Of the logarithm of a quotient: steps of 3 %."""
WIDE: Final = np.array([0.25, 0.5, 0.25])
SECONDS_MIN: Final = 120
"""In gear; with fewer nobody can tell."""
DRIVES_MIN: Final = 4
SAME: Final = 0.8
"""Likeness to the other drives, from 0 to 1, of the right unit: those of two real cars were between 0.73 and 0.99."""
WORSE: Final = 0.25
"""So much less like them it is in the wrong one: with 1.6 times as large a speed 0.69 at most."""


def geared_mistakes(plan: Plan, drives: Sequence[Float64s]) -> Iterator[Mistake]:
    """Of each drive whose gears are those of the others once the quotient's first signal is read in another unit."""
    for first, second, *above in plan.geared:
        pairs = [rows[:, [first, second]] for rows in drives]
        gears = [_gears(pair, above) for pair in pairs]
        for number, mine in enumerate(gears):
            others = [one for other, one in enumerate(gears) if one is not None and other != number]
            if len(others) < DRIVES_MIN - 1:
                continue
            usual = np.sum(others, axis=0)
            usual /= np.linalg.norm(usual)
            like = 0.0 if mine is None else float(mine @ usual)
            best, guess = max(_readings(pairs[number], above, usual, readings_of(plan.channels[first].unit)))
            if best >= SAME and best - like >= WORSE:
                yield Mistake(number, first, None, guess, f"has other gears than the other drives ({like:.0%} alike)")


def _readings(
    pair: Float64s, above: Sequence[float], usual: Float64s, readings: dict[str, Reading]
) -> Iterator[tuple[float, str]]:
    """How like the others the drive is, by how its signal is read."""
    for guess, reading in readings.items():
        gears = _gears(np.stack([reading(pair[:, 0]), pair[:, 1]], axis=1), above)
        yield (0.0 if gears is None else float(gears @ usual)), guess


def _gears(pair: Float64s, above: Sequence[float]) -> Float64s | None:
    """How often each quotient is there, of length one; None where there are too few."""
    in_gear = (pair > np.array(above)).all(axis=1)
    if np.count_nonzero(in_gear) < SECONDS_MIN:
        return None
    counts, _ = np.histogram(np.log(pair[in_gear, 0] / pair[in_gear, 1]), EDGES)
    smooth: Float64s = np.convolve(np.sqrt(counts), WIDE, "same")
    length = float(np.linalg.norm(smooth))
    return smooth / length if length else None
