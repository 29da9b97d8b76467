"""Exact tails and intervals of counts. Pure, and no more than sums: counts of incidents are small.

Counts are Poisson in their exposure. Two of them are compared by the share of the one in their sum, which is binomial
whatever the rate is (Przyborowski and Wilenski 1940).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

CONFIDENCE: Final = 0.95
_HALVINGS: Final = 60
"""Of a range, until it is as fine as a float."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From the least to the greatest value that the counts do not speak against."""

    low: float
    high: float | None
    """None: without end."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Events of two groups, among vehicles that are alike in something else."""

    inside: int
    total: int
    share: float
    """Of the exposure that is the group's, 0 to 1."""


def rate_interval(events: int, exposure: float, confidence: float = CONFIDENCE) -> Interval:
    """Of a rate: events for each unit of exposure (Garwood 1936, Biometrika 28, 437-442).

    Raises:
        ValueError: there is no exposure, so that there is no rate.
    """
    if exposure <= 0:
        raise ValueError("a rate without exposure")
    tail = (1.0 - confidence) / 2.0
    most = 10.0 + 3.0 * events + 10.0 * math.sqrt(events + 1.0) - 3.0 * math.log(tail)
    low = 0.0 if events == 0 else _root(lambda mean: 1.0 - _poisson_below(events, mean) - tail, 0.0, most)
    high = _root(lambda mean: tail - _poisson_below(events + 1, mean), 0.0, most)
    return Interval(low / exposure, high / exposure)


def ratio_interval(inside: int, total: int, share: float, confidence: float = CONFIDENCE) -> Interval:
    """Of the rate of a group over the rate of the others: Clopper and Pearson 1934 for the share of the events.

    Raises:
        ValueError: one of the groups has no exposure.
    """
    if not 0.0 < share < 1.0:
        raise ValueError("a ratio needs exposure on both sides")
    odds = share / (1.0 - share)
    of_events = binomial_interval(inside, total, confidence)
    if of_events.high is None or of_events.high >= 1.0:
        return Interval(_odds(of_events.low) / odds if inside else 0.0, None)
    return Interval(_odds(of_events.low) / odds, _odds(of_events.high) / odds)


def binomial_interval(hits: int, total: int, confidence: float = CONFIDENCE) -> Interval:
    """Of a share: Clopper and Pearson 1934, Biometrika 26, 404-413; of none at all, anything from 0 to 1."""
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if hits == 0 else _root(lambda p: binomial_tail(hits, total, p) - tail, 0.0, 1.0)
    high = 1.0 if hits == total else _root(lambda p: tail - binomial_tail(total - hits, total, 1.0 - p), 0.0, 1.0)
    return Interval(low, high)


def binomial_tail(least: int, total: int, share: float) -> float:
    """How probable it is that at least so many of `total` events fall to a group with this share of the exposure."""
    if least <= 0:
        return 1.0
    return min(1.0, math.fsum(_binomial(total, share)[least:]))


def stratified_tail(strata: Sequence[Stratum]) -> float:
    """The same over several strata at once: what the group gets in all of them together, each with its own share."""
    together = [1.0]
    for stratum in strata:
        together = _convolved(together, _binomial(stratum.total, stratum.share))
    return min(1.0, math.fsum(together[sum(stratum.inside for stratum in strata) :]))


def least_tail(total: int, share: float) -> float:
    """The smallest tail that so many events can give: all of them fall to the group."""
    return share**total


def _odds(share: float) -> float:
    return share / (1.0 - share)


def _binomial(total: int, share: float) -> list[float]:
    """The probability of each count from 0 to `total`."""
    if share <= 0.0 or share >= 1.0:
        certain = total if share >= 1.0 else 0
        return [float(count == certain) for count in range(total + 1)]
    log_in, log_out, log_all = math.log(share), math.log1p(-share), math.lgamma(total + 1)
    return [
        math.exp(
            log_all
            - math.lgamma(count + 1)
            - math.lgamma(total - count + 1)
            + count * log_in
            + (total - count) * log_out
        )
        for count in range(total + 1)
    ]


def _poisson_below(events: int, mean: float) -> float:
    """How probable fewer events are."""
    if mean <= 0.0:
        return 1.0 if events > 0 else 0.0
    log_mean = math.log(mean)
    return min(1.0, math.fsum(math.exp(count * log_mean - mean - math.lgamma(count + 1)) for count in range(events)))


def _convolved(one: Sequence[float], other: Sequence[float]) -> list[float]:
    both = [0.0] * (len(one) + len(other) - 1)
    for first, chance in enumerate(one):
        for second, other_chance in enumerate(other):
            both[first + second] += chance * other_chance
    return both


def _root(rises: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that rises with its argument is 0, by halving."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if rises(middle) > 0.0:
            high = middle
        else:
            low = middle
    return (low + high) / 2.0
