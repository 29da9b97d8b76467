"""What is kept of a look at a fleet: the look itself, also where nothing was found, and what it claims. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.rca.cohort import Attribute, Period, Side, Unit
from cloud.rca.exact import Interval
from cloud.rca.scan import Claim, Evidence, Other, Stands


@dataclass(frozen=True, slots=True)
class Scan:
    """A look that was taken."""

    number: int
    fleet: str
    period: Period
    unit: Unit
    why_unit: str
    vehicles: int
    incidents: int
    denied: int
    """Incidents that did not count: a person said that nothing was wrong."""
    tried: int
    untried: int
    """Cohorts of which too little is known."""
    claims: int
    level: float
    """How often such a look claims anything where nothing is there, at most."""
    made_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Insight:
    """A claim that was made: vehicles with this in common go wrong more often."""

    number: int
    scan: int
    fleet: str
    period: Period
    unit: Unit
    component: str
    attribute: Attribute
    value: str
    inside: Side
    outside: Side
    unknown: int
    ratio: float | None
    """Of the rates; None: nothing happened beside it."""
    interval: Interval
    """95 %, as if it had been the only one tried."""
    interval_all: Interval
    """For all that were tried in this look together."""
    p: float
    p_all: float
    tried: int
    stands: Stands
    others: tuple[Other, ...]
    evidence: Evidence
    causes: Mapping[str, int]
    """What technicians found at its incidents, and how often."""
    made_at: datetime

    @property
    def text(self) -> str:
        """The claim in a sentence."""
        low, high = self.interval_all.low, self.interval_all.high
        interval = f"at least {low:.1f}" if high is None else f"{low:.1f} to {high:.1f}"
        ratio = f"{interval} times as often"
        if self.ratio is not None:
            ratio = f"{self.ratio:.1f} times as often ({interval})"
        ours, theirs = self.inside, self.outside
        counts = f"{ours.events} of {ours.vehicles} vehicles, beside {theirs.events} of {theirs.vehicles}"
        which = f"{self.attribute.replace('_', ' ')} {self.value}"
        first = f"{self.component} goes wrong {ratio} with {which}: {counts}"
        return f"{first}. {_WORDS[self.stands]}{_named(self.others)}."


@dataclass(frozen=True, slots=True)
class InsightFilter:
    """Which insights or scans are wanted; None is all."""

    fleet: str | None = None
    component: str | None = None
    scan: int | None = None
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


def insight_row(claim: Claim) -> dict[str, object]:
    """A claim as a store keeps it, beside its scan."""
    cohort = claim.tested.cohort
    interval = claim.tested.interval or claim.interval_all
    return {
        "component": cohort.component,
        "attribute": cohort.attribute,
        "value": cohort.value,
        "inside": _side(cohort.inside),
        "outside": _side(cohort.outside),
        "unknown": cohort.unknown,
        "ratio": cohort.ratio,
        "interval": [interval.low, interval.high],
        "interval_all": [claim.interval_all.low, claim.interval_all.high],
        "p": claim.tested.p,
        "p_all": claim.tested.p_all,
        "stands": claim.stands,
        "others": [[other.attribute, other.value] for other in claim.others],
        "evidence": claim.evidence,
        "causes": dict(cohort.causes),
    }


def _side(side: Side) -> list[float]:
    return [side.vehicles, side.events, side.exposure]


def _named(others: tuple[Other, ...]) -> str:
    return ", ".join(f" {other.attribute.replace('_', ' ')} {other.value}" for other in others)


_WORDS: Final[Mapping[Stands, str]] = {
    Stands.ALONE: "Nothing else that was tried explains it",
    Stands.INDISTINGUISHABLE: "It cannot be told apart from",
    Stands.EXPLAINED: "It is explained by",
}
