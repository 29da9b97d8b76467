"""Which cohorts go wrong more often than chance allows, over all that were tried. Pure.

One look at a fleet tries some dozen cohorts. What chance does with all of them together (chance.py) keeps how often any
of its claims is false at LEVEL or less.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud.rca.chance import together
from cloud.rca.cohort import Attribute, Cohort, Observed, Period, cohorts_of, pieces_of
from cloud.rca.exact import Interval, Stratum, binomial_tail, least_tail, ratio_interval, stratified_tail

LEVEL: Final = 0.05
"""How often a look may claim anything at all where nothing is there."""
ALONE: Final = LEVEL / 2.0
"""The tail of a claim for itself alone, at most: its 95 % interval is above 1 then, however few others were tried."""
VEHICLES_MIN: Final = 5
"""In a cohort, and beside it."""
EVENTS_MIN: Final = 5
"""Vehicles with an incident of the component, in and beside the cohort."""
CLAIM_MIN: Final = 3
"""Vehicles with an incident within a cohort, before anything is claimed of it."""
CONFIRMED_MIN: Final = 3
"""Times that technicians must have found one and the same cause in a cohort."""


class Stands(StrEnum):
    """How a claim stands beside the others of its component."""

    ALONE = "alone"
    """Whatever else was tried, it is still there among vehicles that are alike in that."""
    INDISTINGUISHABLE = "indistinguishable"
    """These vehicles have something else in common as well, and the counts cannot tell which it is."""
    EXPLAINED = "explained"
    """Among vehicles that are alike in something else nothing is left of it; that other thing is left."""


class Evidence(StrEnum):
    """What a claim rests upon."""

    CONFIRMED = "confirmed"
    """Technicians found one cause in most of those incidents in which they found any."""
    SUSPECTED = "suspected"
    """Counts alone."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another cohort that a claim is mixed up with."""

    attribute: Attribute
    value: str


@dataclass(frozen=True, slots=True)
class Tested:
    """A cohort with what the counts say of it."""

    cohort: Cohort
    tried: bool
    """Whether it was among those that are tried; why not, `reason` says."""
    reason: str
    interval: Interval | None
    """Of the rate ratio, 95 %, as if it were the only one; None: it cannot be known."""
    p: float | None
    """How probable so many or more are by chance, for itself alone; None: it cannot be known."""
    p_all: float | None
    """How often chance alone shows as much in any of those that were tried and are not shown already (step-down);
    None: not tried."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A cohort of which it is claimed that it goes wrong more often."""

    tested: Tested
    interval_all: Interval
    """Of the rate ratio, as wide as all that were tried together ask for: it is above 1 because it is a claim."""
    stands: Stands
    others: tuple[Other, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that one look at a fleet gives."""

    tested: tuple[Tested, ...]
    claims: tuple[Claim, ...]
    """What technicians confirmed first, then the largest effect."""

    @property
    def tried(self) -> int:
        """How many cohorts were tried."""
        return sum(one.tried for one in self.tested)


def look_at(vehicles: Sequence[Observed], components: Sequence[str], period: Period) -> Look:
    """Try every cohort of every component."""
    cohorts = [
        cohort
        for component in components
        for attribute in Attribute
        for cohort in cohorts_of(vehicles, component, attribute, period)
    ]
    tested, least = try_all(vehicles, cohorts, period)
    tried = [one for one in tested if one.tried]
    claimed = [one for one in tried if _is_claim(one)]
    claims = [_claim(one, least, tried, vehicles, period) for one in claimed]
    claims.sort(key=lambda one: (one.evidence is not Evidence.CONFIRMED, -one.interval_all.low, one.tested.cohort.key))
    return Look(tuple(tested), tuple(claims))


def try_all(vehicles: Sequence[Observed], cohorts: Sequence[Cohort], period: Period) -> tuple[list[Tested], float]:
    """What the counts say of each, in the same order, and the largest tail that is claimed at first sight."""
    why = {cohort.key: why_not(cohort) for cohort in cohorts}
    tried = [cohort for cohort in cohorts if not why[cohort.key]]
    chance = together(vehicles, tried, period, level=LEVEL, events_min=CLAIM_MIN)
    tested = [
        Tested(
            cohort=cohort,
            tried=not why[cohort.key],
            reason=why[cohort.key],
            interval=_interval(cohort),
            p=_p(cohort),
            p_all=chance.p.get(cohort.key),
        )
        for cohort in cohorts
    ]
    return tested, chance.least


def given(vehicles: Sequence[Observed], one: Cohort, other: Cohort, period: Period) -> float:
    """How probable the count of one cohort is by chance among vehicles that are alike in another."""
    attributes = (one.attribute, other.attribute)
    sides: dict[tuple[bool, bool], list[float]] = {}
    for piece in (part for vehicle in vehicles for part in pieces_of(vehicle, one.component, attributes, period)):
        mine, theirs = piece.values
        if mine is not None and theirs is not None:
            side = sides.setdefault((theirs == other.value, mine == one.value), [0.0, 0.0])
            side[0] += piece.had
            side[1] += piece.exposure
    strata = []
    for likeness in (True, False):
        inside, outside = sides.get((likeness, True), [0.0, 0.0]), sides.get((likeness, False), [0.0, 0.0])
        exposure = inside[1] + outside[1]
        if exposure > 0.0:
            strata.append(Stratum(int(inside[0]), int(inside[0] + outside[0]), inside[1] / exposure))
    return stratified_tail(strata)


def _claim(one: Tested, least: float, tried: Sequence[Tested], vehicles: Sequence[Observed], period: Period) -> Claim:
    stands, others = _standing(one, tried, vehicles, period)
    cohort = one.cohort
    share = cohort.share or 0.0
    total = cohort.inside.events + cohort.outside.events
    tail = min(max(least, one.p or 0.0), ALONE)
    interval = ratio_interval(cohort.inside.events, total, share, 1.0 - 2.0 * tail)
    return Claim(one, interval, stands, others, _evidence(cohort))


def _standing(
    one: Tested, tried: Sequence[Tested], vehicles: Sequence[Observed], period: Period
) -> tuple[Stands, tuple[Other, ...]]:
    """Beside each cohort of the same component that is suspicious by itself, in another attribute."""
    mixed: list[Other] = []
    explains: list[Other] = []
    for rival in tried:
        theirs, mine = rival.cohort, one.cohort
        if theirs.component != mine.component or theirs.attribute is mine.attribute or (rival.p or 0.0) > LEVEL:
            continue
        if given(vehicles, mine, theirs, period) <= LEVEL:
            continue
        other = Other(theirs.attribute, theirs.value)
        (explains if given(vehicles, theirs, mine, period) <= LEVEL else mixed).append(other)
    if explains:
        return Stands.EXPLAINED, tuple(explains)
    return (Stands.INDISTINGUISHABLE, tuple(mixed)) if mixed else (Stands.ALONE, ())


def _is_claim(one: Tested) -> bool:
    is_rare = one.p is not None and one.p <= ALONE and one.p_all is not None and one.p_all <= LEVEL
    return is_rare and one.cohort.inside.events >= CLAIM_MIN


def _evidence(cohort: Cohort) -> Evidence:
    found = list(cohort.causes.values())
    is_one = bool(found) and found[0] >= CONFIRMED_MIN and 2 * found[0] > sum(found)
    return Evidence.CONFIRMED if is_one else Evidence.SUSPECTED


def why_not(cohort: Cohort) -> str:
    """Why a cohort cannot be tried, by what is known before looking; "" when it can."""
    if min(cohort.inside.vehicles, cohort.outside.vehicles) < VEHICLES_MIN:
        return f"fewer than {VEHICLES_MIN} vehicles in it, or beside it"
    if cohort.inside.events + cohort.outside.events < EVENTS_MIN:
        return f"fewer than {EVENTS_MIN} vehicles with such an incident"
    if not cohort.inside.exposure > 0.0 or not cohort.outside.exposure > 0.0:
        return "no exposure is known in it, or beside it"
    if least_tail(cohort.inside.events + cohort.outside.events, cohort.share or 0.0) > LEVEL:
        return "too few incidents: not even all of them within it would show anything"
    return ""


def _p(cohort: Cohort) -> float | None:
    if cohort.share is None or not 0.0 < cohort.share < 1.0:
        return None
    return binomial_tail(cohort.inside.events, cohort.inside.events + cohort.outside.events, cohort.share)


def _interval(cohort: Cohort) -> Interval | None:
    share, total = cohort.share, cohort.inside.events + cohort.outside.events
    if share is None or not 0.0 < share < 1.0 or total == 0:
        return None
    return ratio_interval(cohort.inside.events, total, share)
