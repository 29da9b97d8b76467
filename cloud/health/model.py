"""What is said of a vehicle's health: causes, a diagnosis, trouble codes, scores, remaining life. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.wire.envelope import Clock
from edge.wire.messages import TroubleCodeStatus, Value
from edge.wire.topics import Address


class Why(StrEnum):
    """Why a diagnosis ends as it does, by name."""

    SURE = "sure"
    """One cause stands out and explains what is known."""
    CLOSE = "close"
    """Two causes or more explain it about as well: the first tests tell them apart."""
    NOTHING_WRONG = "nothing_wrong"
    """What is known is what a healthy vehicle shows."""
    NONE_OF_THESE = "none_of_these"
    """Something is wrong, and no cause that is known here explains it."""
    CONTRADICTORY = "contradictory"
    """The likeliest cause would not show what is known: a symptom must be wrong, or there are two faults."""
    TOO_LITTLE = "too_little"
    """Fewer symptoms are known than it takes."""
    NOT_COVERED = "not_covered"
    """The knowledge base has nothing on this component."""
    TOO_YOUNG = "too_young"
    """The vehicle has not been heard for long enough to know what is usual for it."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What may be wrong, with everything that speaks for it and against it, in words."""

    id: str
    component: str
    title: str
    probability: float
    """0 to 1, among all causes and none of them."""
    evidence_for: tuple[str, ...]
    """What speaks most for it first."""
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
    """The probability that it is none of these, 0 to 1: nothing is wrong, or something else."""
    verdict: str | None
    """A cause's id when sure enough; None: "don't know"."""
    reason: str
    """Why this verdict, or why none: in words."""
    why: Why | None = None
    """The same by name; None where a person said it."""


@dataclass(frozen=True, slots=True)
class StandingCode:
    """A trouble code as it was last told of."""

    address: Address
    ecu: str
    code: str
    failure_type: str | None
    protocol: str
    status: TroubleCodeStatus
    lamp: str | None
    seen_at: datetime
    """When it came to this status, by the vehicle's clock."""
    clock: Clock
    freeze_frame: Mapping[str, Value]
    received_at: datetime

    @property
    def is_there(self) -> bool:
        """It is stored in the control unit; a pending one as well."""
        return self.status is not TroubleCodeStatus.GONE


@dataclass(frozen=True, slots=True)
class CodeFilter:
    """Which trouble codes are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    present: bool | None = None
    """True: stored now; False: gone."""
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


@dataclass(frozen=True, slots=True)
class Serviced:
    """When a component was last put right, and who said so."""

    component: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a part still lasts, or why that is unknown."""

    part: str
    title: str
    middle_days: float | None
    """None: unknown."""
    low_days: float | None
    high_days: float | None
    """None with a middle: no end in sight within the horizon."""
    reason: str
    """What it is derived from, or why it is unknown, in words."""


@dataclass(frozen=True, slots=True)
class ComponentHealth:
    """How well one component is."""

    component: str
    title: str
    score: int | None
    """100 is nothing known against it, 0 is that it must not be driven; None: nothing is known at all."""
    reasons: tuple[str, ...]
    """What costs points, most first."""
    lifetimes: tuple[Lifetime, ...]
    serviced: Serviced | None
    as_of: datetime | None
    """Of the latest that is known."""


@dataclass(frozen=True, slots=True)
class VehicleHealth:
    """How well a vehicle is: as well as its worst component."""

    address: Address
    score: int | None
    components: tuple[ComponentHealth, ...]
