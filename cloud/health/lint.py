"""Whether a knowledge base makes sense: every complaint with its place and what to do about it. Pure."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from cloud.health.indicators import INDICATORS
from cloud.health.knowledge import KnownCause, System
from cloud.health.symptom import Symptom
from cloud.shipped_files import Complaint

SUM_TOLERANCE: Final = 0.005
APART_MIN: Final = 0.8
"""Nats of the most telling symptom: 0.9 against 0.4. Causes closer than this stay a guess whatever is seen."""


def lint(systems: Sequence[System]) -> list[Complaint]:
    """Everything that is wrong, by file; empty when nothing is."""
    return [*_across(systems), *(complaint for system in systems for complaint in _system(system))]


def _across(systems: Sequence[System]) -> Iterator[Complaint]:
    names = Counter(name for system in systems for name in (system.component, *system.also))
    ids = Counter(cause.id for system in systems for cause in system.causes)
    for system in systems:
        for name in (system.component, *system.also):
            if names[name] > 1:
                yield Complaint(system.file, "component", f"{name} is claimed twice", "Leave it to one file")
        for cause in system.causes:
            if ids[cause.id] > 1:
                yield _of(system, cause, "another cause has this id", "A verdict is known by its id: rename one")


def _system(system: System) -> Iterator[Complaint]:
    for name in ("healthy", "other", "other_shows"):
        if not _is_share(getattr(system, name)):
            yield Complaint(system.file, name, "is no probability between 0 and 1", "Give a share, such as 0.1")
    drives = {drive for cause in system.causes for drive in cause.drives}
    for drive in sorted(drives):
        total = sum(cause.prior for cause in system.causes if drive in cause.drives)
        if abs(total - 1.0) > SUM_TOLERANCE:
            problem = f"the priors of causes that {drive} vehicles can have add up to {total:.3f}"
            yield Complaint(system.file, "prior", problem, "Make them add up to 1: what is not known is `other`")
    for symptom in system.symptoms.values():
        yield from _symptom(system, symptom)
    for cause in system.causes:
        yield from _cause(system, cause)
    yield from _look_alikes(system)


def _symptom(system: System, symptom: Symptom) -> Iterator[Complaint]:
    place = f"symptom {symptom.id}"
    ways = [symptom.level is not None, bool(symptom.codes), bool(symptom.rules)]
    if sum(ways) != 1:
        remedy = "Give an indicator with above or below, or codes, or rules: exactly one of them"
        yield Complaint(system.file, place, f"is declared in {sum(ways)} ways", remedy)
    if not _is_share(symptom.leak):
        yield Complaint(system.file, place, "its leak is no probability between 0 and 1", "Give a share, such as 0.03")
    if not any(symptom.id in cause.shows for cause in system.causes):
        yield Complaint(system.file, place, "no cause shows it", "Name it under a cause's shows, or take it away")
    if symptom.needs is not None and symptom.needs not in INDICATORS:
        yield Complaint(system.file, place, f"needs {symptom.needs!r}, which is no indicator", "Name one, or none")
    level = symptom.level
    if level is None:
        return
    if level.indicator not in INDICATORS:
        remedy = f"There are {', '.join(sorted(INDICATORS))}"
        yield Complaint(system.file, place, f"there is no indicator {level.indicator!r}", remedy)
    if (level.present < level.absent) if level.above else (level.present > level.absent):
        yield Complaint(system.file, place, "is absent beyond the level at which it is present", "Swap the two")


def _cause(system: System, cause: KnownCause) -> Iterator[Complaint]:
    if not 0.0 < cause.prior <= 1.0:
        yield _of(system, cause, "its prior is no probability between 0 and 1", "Give a share, such as 0.2")
    if not cause.shows:
        yield _of(system, cause, "shows nothing", "Name at least one symptom: else nobody can tell it from nothing")
    for name, share in cause.shows.items():
        if name not in system.symptoms:
            remedy = f"There are {', '.join(sorted(system.symptoms))}"
            yield _of(system, cause, f"shows {name!r}, which is no symptom of this file", remedy)
        if not _is_share(share):
            yield _of(system, cause, f"{name}: {share} is no probability between 0 and 1", "Nothing is certain: 0.98")


def _look_alikes(system: System) -> Iterator[Complaint]:
    for one, other in combinations(system.causes, 2):
        if not one.drives & other.drives:
            continue
        apart = max((_apart(symptom, one, other) for symptom in system.symptoms.values()), default=0.0)
        if apart < APART_MIN:
            remedy = "Add a symptom that one of them shows and the other does not, or make them one cause"
            yield _of(system, one, f"nothing tells it from {other.id}", remedy)


def _apart(symptom: Symptom, one: KnownCause, other: KnownCause) -> float:
    """Nats by which seeing, or not seeing, a symptom moves the odds of two causes."""
    p, q = one.shows.get(symptom.id, symptom.leak), other.shows.get(symptom.id, symptom.leak)
    if not (_is_share(p) and _is_share(q)):
        return 0.0
    return max(abs(math.log(p / q)), abs(math.log((1.0 - p) / (1.0 - q))))


def _of(system: System, cause: KnownCause, problem: str, remedy: str) -> Complaint:
    return Complaint(system.file, f"cause {cause.id}", problem, remedy)


def _is_share(value: float) -> bool:
    return 0.0 < value < 1.0
