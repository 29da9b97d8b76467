"""From symptoms to the probability of each cause: a small Bayesian model. Pure.

Given a cause, groups of symptoms are independent; symptoms of one group say the same thing, so their log-likelihoods
are averaged and count once (a logarithmic opinion pool: Genest and Zidek 1986). Beside the known causes stand two that
are none of them: that nothing is wrong, and that something else is, of which nobody knows what it shows.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from cloud.health.evidence import Evidence
from cloud.health.knowledge import Drive, KnownCause, System
from cloud.health.symptom import Reading, Standing, Symptom, read

HEALTHY: Final = "healthy"
OTHER: Final = "other"
_ENGINE_TELLS: Final = frozenset({"coolant_c", "coolant_warm_c", "rough", "trim_long"})
_ELECTRIC_TELLS: Final = frozenset({"cell_below_mv", "dcdc_a", "isolation_kohm", "inverter_over_k"})


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


@dataclass(frozen=True)
class Weighed:
    """All hypotheses about a component, weighed by what is known."""

    hypotheses: Sequence[Hypothesis]
    readings: Sequence[Reading]

    @cached_property
    def known(self) -> Sequence[Reading]:
        """Those that say something."""
        return [reading for reading in self.readings if reading.standing is not Standing.UNKNOWN]

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """By symptom: a group counts once, by those of it that are there, or else by those that are known to be absent.

        A code that has not come yet does not speak against a temperature that is measured.
        """
        there = {reading.symptom.group for reading in self.known if reading.standing is Standing.PRESENT}
        counting = [
            reading
            for reading in self.known
            if reading.standing is Standing.PRESENT or reading.symptom.group not in there
        ]
        sizes = Counter(reading.symptom.group for reading in counting)
        return {reading.symptom.id: 1.0 / sizes[reading.symptom.group] for reading in counting}

    @cached_property
    def shares(self) -> Mapping[str, float]:
        """The probability of each hypothesis; together they are 1."""
        logs = {one.id: math.log(one.prior) + self.log_likelihood(one) for one in self.hypotheses}
        top = max(logs.values())
        raw = {name: math.exp(log - top) for name, log in logs.items()}
        total = sum(raw.values())
        return {name: value / total for name, value in raw.items()}

    @cached_property
    def ranked(self) -> Sequence[tuple[Hypothesis, KnownCause]]:
        """The known causes, most likely first."""
        found = [(one, one.cause) for one in self.hypotheses if one.cause is not None]
        return sorted(found, key=lambda pair: (-self.shares[pair[0].id], pair[0].id))

    def log_likelihood(self, one: Hypothesis) -> float:
        """Of everything that is known, given a hypothesis."""
        return sum(self._weight(reading) * math.log(one.likelihood(reading)) for reading in self.known)

    def surprise(self, one: Hypothesis) -> float:
        """How much less likely the evidence is than a hypothesis makes one expect, in standard deviations."""
        expected = variance = 0.0
        for reading in self.known:
            weight, share = self._weight(reading), one.shows(reading.symptom)
            yes, no = math.log(share), math.log(1.0 - share)
            expected += weight * (share * yes + (1.0 - share) * no)
            variance += weight**2 * share * (1.0 - share) * (yes - no) ** 2
        return (expected - self.log_likelihood(one)) / math.sqrt(variance) if variance else 0.0

    def moves(self, one: Hypothesis, reading: Reading) -> float:
        """Nats by which a reading moves the odds of one hypothesis against all others, as they stood before."""
        others = [other for other in self.hypotheses if other.id != one.id]
        total = sum(other.prior for other in others)
        mixed = sum(other.prior * other.likelihood(reading) for other in others) / total
        return self._weight(reading) * math.log(one.likelihood(reading) / mixed)

    def _weight(self, reading: Reading) -> float:
        return self.weights.get(reading.symptom.id, 0.0)


def weigh(system: System, evidence: Evidence) -> Weighed:
    """Everything that a vehicle's evidence says of one component."""
    readings = [read(symptom, evidence) for symptom in system.symptoms.values()]
    return Weighed(hypotheses_of(system, drive_of(evidence)), readings)


def hypotheses_of(system: System, drive: str | None) -> list[Hypothesis]:
    """Those that this vehicle can have, with priors that add up to 1; a drive of None can have them all."""
    possible = [cause for cause in system.causes if drive is None or drive in cause.drives]
    wrong = 1.0 - system.healthy - system.other
    total = sum(cause.prior for cause in possible) or 1.0
    return [
        *(Hypothesis(cause.id, wrong * cause.prior / total, cause) for cause in possible),
        Hypothesis(HEALTHY, system.healthy, None),
        Hypothesis(OTHER, system.other, None, system.other_shows),
    ]


def drive_of(evidence: Evidence) -> str | None:
    """What moves the vehicle, by what it tells; None: it does not tell."""
    names = {name for stretch in (*evidence.days[-4:], *evidence.stretches[-8:]) for name in stretch.figures}
    if names & _ELECTRIC_TELLS:
        return Drive.ELECTRIC
    return Drive.COMBUSTION if names & _ENGINE_TELLS else None


def without(system: System, cause: str) -> System:
    """The system as it would be if nobody knew this cause."""
    return replace(system, causes=tuple(one for one in system.causes if one.id != cause))
