"""What is said of a vehicle's health: causes, a diagnosis. Pure."""

from dataclasses import dataclass
from datetime import datetime

from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Cause:
    """What may be wrong, with everything that speaks for it and against it, in words."""

    id: str
    component: str
    title: str
    probability: float
    """0 to 1, among all causes and none of them."""
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    tests: tuple[str, ...]
    """What a technician checks next, most telling first."""
    work: str
    """The kind of work that puts it right, by the name that the workshop's catalogue gives it."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with one component of one vehicle, or why nobody can say."""

    address: Address
    component: str
    made_at: datetime
    causes: tuple[Cause, ...]
    """Most likely first."""
    unknown: float
    """The probability that it is none of these, 0 to 1."""
    verdict: str | None
    """A cause's id when sure enough; None: "don't know"."""
    reason: str
    """Why this verdict, or why none: in words."""
