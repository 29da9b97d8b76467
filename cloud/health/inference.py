"""From symptoms to ranked causes: a small Bayesian model that can say "don't know". Pure.

Given a cause, groups of symptoms are independent; symptoms of one group say the same thing, so their log-likelihoods are
averaged and count once (a logarithmic opinion pool: Genest and Zidek 1986). Beside the known causes stand two that are
none of them: that nothing is wrong, and that something else is, of which nobody knows what it shows.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cloud.health.evidence import Evidence
from cloud.health.knowledge import Drive, KnownCause, System
from cloud.health.model import Cause, Diagnosis, Why
from cloud.health.symptom import Reading, Standing, Symptom, read
from edge.wire.topics import Address

SURE: Final = 0.7
"""A verdict takes at least so much; judgement: a wrong repair costs about twice what another test does."""
KNOWN_MIN: Final = 2
"""Groups of symptoms that must be known."""
SURPRISE_MAX: Final = 2.5
"""Standard deviations by which the evidence may be less likely than the best cause makes one expect."""
TELLING: Final = 0.25
"""Nats from which a symptom is worth naming."""
HEALTHY: Final = "healthy"
OTHER: Final = "other"
_ENGINE_TELLS: Final = ("coolant_c", "coolant_warm_c", "rough", "trim_long")
_ELECTRIC_TELLS: Final = ("cell_below_mv", "dcdc_a", "isolation_kohm", "inverter_over_k")


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One thing that may be so: a known cause, that nothing is wrong, or that something else is."""

    id: str
    prior: float
    cause: KnownCause | None
    other_shows: float | None = None

    def shows(self, symptom: Symptom) -> float:
        """How often it shows a symptom."""
        if self.cause is not None:
            return self.cause.shows.get(symptom.id, symptom.leak)
        return symptom.leak if self.other_shows is None else self.other_shows

    def likelihood(self, reading: Reading) -> float:
        """Of how a symptom stands; of an unknown one 1."""
        if reading.standing is Standing.UNKNOWN:
            return 1.0
        share = self.shows(reading.symptom)
        return share if reading.standing is Standing.PRESENT else 1.0 - share


def diagnose(system: System, evidence: Evidence, address: Address) -> Diagnosis:
    """What is wrong with a component, by everything that is known."""
    readings = [read(symptom, evidence) for symptom in system.symptoms.values()]
    weights = _weights(readings)
    hypotheses = _hypotheses(system, drive_of(evidence))
    shares = posterior(hypotheses, readings, weights)
    ranked = sorted((one for one in hypotheses if one.cause), key=lambda one: (-shares[one.id], one.id))
    unknown = shares[HEALTHY] + shares[OTHER]
    why, reason = _decide(ranked, shares, readings, weights)
    causes = tuple(_told(system, one, hypotheses, shares, readings, weights) for one in ranked if one.cause is not None)
    return Diagnosis(
        address=address,
        component=system.component,
        made_at=evidence.at,
        causes=causes,
        unknown=unknown,
        verdict=ranked[0].id if why is Why.SURE else None,
        reason=reason,
        why=why,
    )


def unknown_component(address: Address, component: str, at: datetime, systems: Sequence[System]) -> Diagnosis:
    """What is said of a component of which the knowledge base knows nothing."""
    there_are = ", ".join(sorted(system.component for system in systems))
    reason = f"nothing is known here of {component!r}, only of {there_are}: a technician has to look at it"
    return Diagnosis(address, component, at, (), 1.0, None, reason, Why.NOT_COVERED)


def without(system: System, cause: str) -> System:
    """The system as it would be if nobody knew this cause; the priors of the others grow."""
    left = [one for one in system.causes if one.id != cause]
    lost = {one.id: one for one in system.causes}[cause]
    return replace(
        system,
        causes=tuple(
            replace(one, prior=one.prior / (1.0 - lost.prior)) if one.drives & lost.drives else one for one in left
        ),
    )


def drive_of(evidence: Evidence) -> str | None:
    """What moves the vehicle, by what it tells; None: it does not tell."""
    names = {name for stretch in (*evidence.days[-4:], *evidence.stretches[-8:]) for name in stretch.figures}
    if names & set(_ELECTRIC_TELLS):
        return Drive.ELECTRIC
    return Drive.COMBUSTION if names & set(_ENGINE_TELLS) else None


def posterior(
    hypotheses: Sequence[Hypothesis], readings: Sequence[Reading], weights: Mapping[str, float]
) -> dict[str, float]:
    """The probability of each hypothesis; together they are 1."""
    logs = {
        one.id: math.log(one.prior)
        + sum(weights.get(reading.symptom.id, 0.0) * math.log(one.likelihood(reading)) for reading in readings)
        for one in hypotheses
    }
    top = max(logs.values())
    raw = {name: math.exp(log - top) for name, log in logs.items()}
    total = sum(raw.values())
    return {name: value / total for name, value in raw.items()}


def surprise(one: Hypothesis, readings: Sequence[Reading], weights: Mapping[str, float]) -> float:
    """How much less likely the evidence is than this hypothesis makes one expect, in standard deviations."""
    actual = expected = variance = 0.0
    for reading in readings:
        weight = weights.get(reading.symptom.id, 0.0)
        if not weight:
            continue
        share = one.shows(reading.symptom)
        yes, no = math.log(share), math.log(1.0 - share)
        actual += weight * math.log(one.likelihood(reading))
        expected += weight * (share * yes + (1.0 - share) * no)
        variance += weight**2 * share * (1.0 - share) * (yes - no) ** 2
    return (expected - actual) / math.sqrt(variance) if variance else 0.0


def _weights(readings: Sequence[Reading]) -> dict[str, float]:
    """By symptom: one over how many of its group are known."""
    known = [reading.symptom for reading in readings if reading.standing is not Standing.UNKNOWN]
    sizes = Counter(symptom.group for symptom in known)
    return {symptom.id: 1.0 / sizes[symptom.group] for symptom in known}


def _hypotheses(system: System, drive: str | None) -> list[Hypothesis]:
    """Those that this vehicle can have, with priors that add up to 1."""
    possible = [cause for cause in system.causes if drive is None or drive in cause.drives]
    wrong = 1.0 - system.healthy - system.other
    total = sum(cause.prior for cause in possible) or 1.0
    return [
        *(Hypothesis(cause.id, wrong * cause.prior / total, cause) for cause in possible),
        Hypothesis(HEALTHY, system.healthy, None),
        Hypothesis(OTHER, system.other, None, system.other_shows),
    ]


def _decide(
    ranked: Sequence[Hypothesis],
    shares: Mapping[str, float],
    readings: Sequence[Reading],
    weights: Mapping[str, float],
) -> tuple[Why, str]:
    groups = {reading.symptom.group for reading in readings if reading.standing is not Standing.UNKNOWN}
    young = [reading for reading in readings if reading.needs_history]
    best = ranked[0] if ranked else None
    if best is None or best.cause is None:
        return Why.NOT_COVERED, "no cause that is known here can be had by such a vehicle"
    if len(groups) < KNOWN_MIN:
        missing = ", ".join(
            sorted({reading.symptom.title for reading in readings if reading.symptom.id not in weights})
        )
        if young:
            return Why.TOO_YOUNG, _too_young(young)
        return Why.TOO_LITTLE, f"too little is known: the vehicle tells nothing of {missing}"
    title, share = best.cause.title, shares[best.id]
    if share >= SURE:
        apart = surprise(best, readings, weights)
        if apart > SURPRISE_MAX:
            odd = _against(best, readings)
            return Why.CONTRADICTORY, (
                f"{title} is likeliest ({share:.0%}), but would not go with {odd}: "
                "check whether that symptom is true, or whether there are two faults"
            )
        return Why.SURE, f"{title} ({share:.0%}) explains what is known"
    if shares[HEALTHY] >= max(share, shares[OTHER]):
        if young:
            return Why.TOO_YOUNG, _too_young(young)
        return Why.NOTHING_WRONG, f"what is known is what a healthy vehicle shows ({shares[HEALTHY]:.0%})"
    if shares[OTHER] >= share:
        return Why.NONE_OF_THESE, (
            f"something is wrong, and none of the causes that are known here explains it ({shares[OTHER]:.0%}); "
            f"the nearest is {title} ({share:.0%})"
        )
    second = ranked[1] if len(ranked) > 1 else None
    rival = "something else" if second is None or second.cause is None else second.cause.title
    rest = 0.0 if second is None else shares[second.id]
    return Why.CLOSE, f"{title} ({share:.0%}) and {rival} ({rest:.0%}) explain it about as well: {best.cause.tests[0]}"


def _too_young(young: Sequence[Reading]) -> str:
    titles = ", ".join(sorted({reading.symptom.title for reading in young}))
    return f"the vehicle has not been heard for long enough to know what is usual of: {titles}; ask again after more drives"


def _against(best: Hypothesis, readings: Sequence[Reading]) -> str:
    worst = min(readings, key=best.likelihood)
    return worst.words


def _told(
    system: System,
    one: Hypothesis,
    hypotheses: Sequence[Hypothesis],
    shares: Mapping[str, float],
    readings: Sequence[Reading],
    weights: Mapping[str, float],
) -> Cause:
    cause = one.cause
    assert cause is not None  # only causes are told
    moved = sorted(
        ((_moves(one, hypotheses, reading) * weights.get(reading.symptom.id, 0.0), reading) for reading in readings),
        key=lambda pair: (-abs(pair[0]), pair[1].symptom.id),
    )
    return Cause(
        id=cause.id,
        component=system.component,
        title=cause.title,
        probability=shares[one.id],
        evidence_for=tuple(reading.words for nats, reading in moved if nats > TELLING),
        evidence_against=tuple(reading.words for nats, reading in moved if nats < -TELLING),
        tests=cause.tests,
        work=cause.work,
    )


def _moves(one: Hypothesis, hypotheses: Sequence[Hypothesis], reading: Reading) -> float:
    """Nats by which a reading moves the odds of one hypothesis against all others, as they stood before."""
    others = [other for other in hypotheses if other.id != one.id]
    total = sum(other.prior for other in others)
    mixed = sum(other.prior * other.likelihood(reading) for other in others) / total
    return math.log(one.likelihood(reading) / mixed)
