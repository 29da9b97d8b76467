"""Which readings of one vehicle left what was usual for it, when, and how far. Pure.

Usual is the middle (median) of the first half of what is known before the incident, and its scatter the median absolute
deviation: neither is moved by some odd ones. When a reading left it is found with a cumulative sum (Page 1954,
Biometrika 41, 100-115) of its standardised values, of which each counts at most CLIP, so that one spike is no change.
How high the sum must rise is learned from the usual half itself: they follow each other, and do not scatter alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

READINGS_MIN: Final = 30
"""Of a reading before the incident: half of them make what is usual."""
SLACK: Final = 1.0
"""What a standardised value must exceed to count: half of the shift that is looked for (Page: k)."""
HEIGHT: Final = 8.0
"""How high the sum must rise at least (Page: h)."""
OVER_USUAL: Final = 1.5
"""How far above its highest in the usual half."""
CLIP: Final = 4.0
MAD_TO_SD: Final = 1.4826
"""Of a normal scatter."""
SCATTER_MIN: Final = 0.01
"""Of the middle: a sensor that never moves would else leave with its first step."""
TOGETHER: Final = timedelta(minutes=5)
"""What leaves within so long leaves together; then the larger effect comes first."""

Reading = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Departure:
    """A reading that left what was usual."""

    name: str
    unit: str
    left_at: datetime
    usual: float
    """The middle of the usual half."""
    scatter: float
    """Its standard deviation, by the median absolute deviation."""
    since: float
    """The middle from then on."""
    effect: float
    """How far that is from what was usual, in scatters; with its sign."""
    readings: int


@dataclass(frozen=True, slots=True)
class Departures:
    """What the readings of one vehicle say of an incident."""

    ranked: tuple[Departure, ...]
    """What left first, and of what left together the largest effect."""
    steady: tuple[str, ...]
    """Readings that stayed as usual."""
    too_few: tuple[str, ...]
    """Readings with not enough history."""
    reason: str
    """Why nothing can be ranked; "" where something is."""


def departures(readings: Mapping[str, tuple[str, Sequence[Reading]]], at: datetime) -> Departures:
    """Rank what left what was usual before or soon after the incident.

    Args:
        readings: unit and readings of each, the earliest first, until soon after the incident.
        at: when the incident began.
    """
    ranked, steady, too_few = [], [], []
    for name, (unit, values) in sorted(readings.items()):
        if sum(moment < at for moment, _ in values) < READINGS_MIN:
            too_few.append(name)
            continue
        found = departure(name, unit, values, at)
        if found is None:
            steady.append(name)
        else:
            ranked.append(found)
    ranked.sort(key=lambda one: one.left_at)
    return Departures(tuple(_by_groups(ranked)), tuple(steady), tuple(too_few), _why(ranked, steady, too_few))


def departure(name: str, unit: str, values: Sequence[Reading], at: datetime) -> Departure | None:
    """How one reading left what was usual; None: it did not."""
    before = sum(moment < at for moment, _ in values)
    usual = [value for _, value in values[: before // 2]]
    middle = median(usual)
    scatter = max(MAD_TO_SD * median(abs(value - middle) for value in usual), SCATTER_MIN * abs(middle), 1e-9)
    standard = [max(-CLIP, min(CLIP, (value - middle) / scatter)) for _, value in values]
    left = [_left(sign, standard, before // 2) for sign in (1.0, -1.0)]
    first = min((place for place in left if place is not None), default=None)
    if first is None:
        return None
    since = median(value for _, value in values[first:])
    effect = (since - middle) / scatter
    return Departure(name, unit, values[first][0], middle, scatter, since, effect, len(values))


def _left(sign: float, standard: Sequence[float], half: int) -> int | None:
    """Where the sum that crossed its height began to rise; None: it never did."""
    highest, total = 0.0, 0.0
    for value in standard[:half]:
        total = max(0.0, total + sign * value - SLACK)
        highest = max(highest, total)
    height = max(HEIGHT, OVER_USUAL * highest)
    total, begin = 0.0, half
    for place in range(half, len(standard)):
        total += sign * standard[place] - SLACK
        if total <= 0.0:
            total, begin = 0.0, place + 1
        elif total > height:
            return begin
    return None


def _by_groups(ranked: Sequence[Departure]) -> list[Departure]:
    """What left together by its effect, the groups in their order."""
    ordered: list[Departure] = []
    group: list[Departure] = []
    for one in ranked:
        if group and one.left_at - group[0].left_at > TOGETHER:
            ordered += _by_effect(group)
            group = []
        group.append(one)
    return ordered + _by_effect(group)


def _by_effect(group: Sequence[Departure]) -> list[Departure]:
    return sorted(group, key=lambda one: (-abs(one.effect), one.name))


def _why(ranked: Sequence[Departure], steady: Sequence[str], too_few: Sequence[str]) -> str:
    if ranked:
        return ""
    if steady:
        return f"everything with enough history stayed as usual ({len(steady)} readings)"
    if too_few:
        return f"not enough history: it takes {READINGS_MIN} readings before the incident"
    return "not enough history: the vehicle told nothing before the incident from which one can be read"
