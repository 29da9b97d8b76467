"""How sure a count makes of a rate."""

import math
from typing import Final

SURE: Final = 0.95
ROUNDS: Final = 60
"""Of halving: more digits than a float has."""


def upper_bound(events: int, hours: float) -> float:
    """The rate per hour that a count is too low for with 95 % certainty, one-sided, exact: none in T hours: 3.0 / T.

    Garwood, Biometrika 28 (1936). Infinite where nothing was watched.
    """
    if hours <= 0.0:
        return math.inf
    low, high = float(events), 2.0 * events + 20.0
    for _ in range(ROUNDS):
        middle = (low + high) / 2.0
        if _at_most(events, middle) > 1.0 - SURE:
            low = middle
        else:
            high = middle
    return high / hours


def _at_most(events: int, mean: float) -> float:
    """How likely so many or fewer are, where so many are expected (Poisson)."""
    if mean <= 0.0:
        return 1.0
    return math.fsum(math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) for count in range(events + 1))
