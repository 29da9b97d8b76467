"""What a diagnosis says. Pure."""

from dataclasses import dataclass
from datetime import datetime

from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that may be wrong."""

    id: str
    component: str
    title: str
    probability: float
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    tests: tuple[str, ...]
    """What a technician looks at next, the most telling first."""
    work: str
    """The kind of work that puts it right (cloud.scheduling.works)."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What may be wrong with a component of a vehicle."""

    address: Address
    component: str
    made_at: datetime
    causes: tuple[Cause, ...]
    """The most likely first."""
    unknown: float
    """The probability that it is none of these."""
    verdict: str | None
    """A cause's id; None: nobody knows."""
    reason: str
    """Why there is no verdict, or why this one."""
