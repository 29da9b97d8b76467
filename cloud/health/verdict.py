"""The diagnosis: a verdict where one cause stands out and explains what is known, else a named reason why not. Pure."""

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations
from typing import Final

from cloud.health.evidence import Evidence
from cloud.health.inference import HEALTHY, OTHER, Hypothesis, Weighed, weigh
from cloud.health.knowledge import KnownCause, System
from cloud.health.model import Cause, Diagnosis, Why
from cloud.health.symptom import Reading, Standing
from edge.wire.topics import Address

SURE: Final = 0.7
"""A verdict takes at least so much; judgement: a wrong repair costs about twice what another test does."""
KNOWN_MIN: Final = 2
"""Groups of symptoms that must be known."""
SURPRISE_MAX: Final = 2.5
"""Standard deviations by which the evidence may be less likely than the best cause makes one expect."""
TELLING: Final = 0.25
"""Nats from which a symptom is worth naming."""
EXPECTED: Final = 0.5
RULED_OUT: Final = 0.1
"""A cause that shows a symptom seldomer than this does not go with it."""


def diagnose(system: System, evidence: Evidence, address: Address) -> Diagnosis:
    """What is wrong with a component, by everything that is known."""
    weighed = weigh(system, evidence)
    why, reason = _decide(weighed)
    return Diagnosis(
        address=address,
        component=system.component,
        made_at=evidence.at,
        causes=tuple(_told(system, weighed, one, cause) for one, cause in weighed.ranked),
        unknown=weighed.shares[HEALTHY] + weighed.shares[OTHER],
        verdict=weighed.ranked[0][0].id if why is Why.SURE else None,
        reason=reason,
        why=why,
    )


def unknown_component(address: Address, component: str, at: datetime, systems: Sequence[System]) -> Diagnosis:
    """What is said of a component of which the knowledge base knows nothing."""
    there_are = ", ".join(sorted(system.component for system in systems))
    reason = f"nothing is known here of {component!r}, only of {there_are}: a technician has to look at it"
    return Diagnosis(address, component, at, (), 1.0, None, reason, Why.NOT_COVERED)


def _decide(weighed: Weighed) -> tuple[Why, str]:
    if not weighed.ranked:
        return Why.NOT_COVERED, "no cause that is known here can be had by such a vehicle"
    if len({reading.symptom.group for reading in weighed.known}) < KNOWN_MIN:
        return _too_little(weighed)
    best, cause = weighed.ranked[0]
    share, healthy, other = weighed.shares[best.id], weighed.shares[HEALTHY], weighed.shares[OTHER]
    if share >= SURE:
        return _sure(weighed, best, cause)
    if healthy >= max(share, other):
        return _nothing(weighed)
    return _something_else(weighed) if other >= share else _close(weighed)


def _too_little(weighed: Weighed) -> tuple[Why, str]:
    if any(reading.needs_history for reading in weighed.readings):
        return _too_young(weighed)
    missing = sorted({reading.symptom.title for reading in weighed.readings if reading.standing is Standing.UNKNOWN})
    return Why.TOO_LITTLE, f"too little is known: the vehicle tells nothing of {', '.join(missing)}"


def _too_young(weighed: Weighed) -> tuple[Why, str]:
    titles = sorted({reading.symptom.title for reading in weighed.readings if reading.needs_history})
    return Why.TOO_YOUNG, (
        "the vehicle has not been heard for long enough to know what is usual for it: "
        f"{', '.join(titles)}; ask again after more drives"
    )


def _sure(weighed: Weighed, best: Hypothesis, cause: KnownCause) -> tuple[Why, str]:
    said = f"{cause.title} ({weighed.shares[best.id]:.0%})"
    if weighed.surprise(best) <= SURPRISE_MAX:
        return Why.SURE, f"{said} explains what is known"
    odd = min(weighed.known, key=best.likelihood)
    return Why.CONTRADICTORY, (
        f"{said} is likeliest, but would not go with this: {odd.words}; "
        "check whether that is true, or whether there are two faults"
    )


def _nothing(weighed: Weighed) -> tuple[Why, str]:
    if any(reading.needs_history for reading in weighed.readings):
        return _too_young(weighed)
    return Why.NOTHING_WRONG, f"what is known is what a healthy vehicle shows ({weighed.shares[HEALTHY]:.0%})"


def _something_else(weighed: Weighed) -> tuple[Why, str]:
    odds = _at_odds(weighed)
    if odds is not None:
        one, other = odds
        return Why.CONTRADICTORY, (
            f"no cause shows both of these: {one.words}; and {other.words}; "
            "check whether both are true, or whether there are two faults"
        )
    best, cause = weighed.ranked[0]
    return Why.NONE_OF_THESE, (
        f"something is wrong, and no cause that is known here explains it ({weighed.shares[OTHER]:.0%}); "
        f"the nearest is {cause.title} ({weighed.shares[best.id]:.0%})"
    )


def _close(weighed: Weighed) -> tuple[Why, str]:
    best, cause = weighed.ranked[0]
    others = [(weighed.shares[one.id], other.title) for one, other in weighed.ranked[1:2]]
    others += [(weighed.shares[HEALTHY], "nothing wrong"), (weighed.shares[OTHER], "something else")]
    share, rival = max(others)
    return Why.CLOSE, (
        f"{cause.title} ({weighed.shares[best.id]:.0%}) is not sure enough beside {rival} ({share:.0%}); "
        f"first: {cause.tests[0]}"
    )


def _at_odds(weighed: Weighed) -> tuple[Reading, Reading] | None:
    """Two symptoms that are both there, each of which belongs to causes that the other rules out."""
    present = [reading for reading in weighed.known if reading.standing is Standing.PRESENT]
    for one, other in permutations(present, 2):
        owners = [cause for cause, _ in weighed.ranked if cause.shows(one.symptom) >= EXPECTED]
        rivals = [cause for cause, _ in weighed.ranked if cause.shows(other.symptom) >= EXPECTED]
        if not owners or not rivals:
            continue
        if all(cause.shows(other.symptom) <= RULED_OUT for cause in owners):
            return one, other
    return None


def _told(system: System, weighed: Weighed, one: Hypothesis, cause: KnownCause) -> Cause:
    moved = [(weighed.moves(one, reading), reading) for reading in weighed.known]
    moved.sort(key=lambda pair: (-abs(pair[0]), pair[1].symptom.id))
    return Cause(
        id=cause.id,
        component=system.component,
        title=cause.title,
        probability=weighed.shares[one.id],
        evidence_for=tuple(reading.words for nats, reading in moved if nats > TELLING),
        evidence_against=tuple(reading.words for nats, reading in moved if nats < -TELLING),
        tests=cause.tests,
        work=cause.work,
    )
