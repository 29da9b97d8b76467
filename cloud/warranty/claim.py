"""A claim and what may become of it. Pure: every change gives a new one or says why not.

draft ──► submitted ──► approved | rejected
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from cloud.errors import Conflict, Refused
from cloud.warranty.checks import Check, Finding
from cloud.warranty.eligibility import Decision, Verdict
from cloud.warranty.facts import Service
from edge.wire.topics import Address

SERVICES_MAX: Final = 100
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD_MAX: Final = timedelta(days=1)
"""A vehicle's clock may be ahead of the cloud's."""


class ClaimState(StrEnum):
    """Where a claim is in its life."""

    DRAFT = "draft"
    """Being put together; verdict and checks are as of now whenever it is looked at."""
    SUBMITTED = "submitted"
    """Handed in: its evidence is kept as it was then."""
    APPROVED = "approved"
    REJECTED = "rejected"


class Payer(StrEnum):
    """Who pays for the repair."""

    MAKER = "maker"
    OWNER = "owner"
    OPEN = "open"
    """Nobody has decided yet."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What people say in a claim."""

    failed_at: datetime
    odometer_km: float | None = None
    """At the failure; None: unknown."""
    circumstances: tuple[str, ...] = ()
    maintenance: tuple[Service, ...] | None = None
    """Every service since it went into service; None: nobody knows."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What plan and telemetry say of a claim."""

    plan: str | None
    """Its id; None: none is known."""
    verdict: Verdict
    checks: tuple[Check, ...]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided."""

    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it stands."""

    number: int
    work_order: int
    """The done one it is about, and no other claim is."""
    incident: int
    address: Address
    component: str
    work: str
    """The kind of work that was done."""
    statement: Statement
    state: ClaimState
    sequence: int
    """Counts its changes; whoever changes it says which one they saw."""
    made_by: str
    made_at: datetime
    changed_at: datetime
    submitted_by: str | None = None
    submitted_at: datetime | None = None
    assessment: Assessment | None = None
    """As of the submission; None before."""
    ruling: Ruling | None = None

    @property
    def claimed_on(self) -> date:
        """The day of the claim, in UTC."""
        return self.made_at.date()

    @property
    def pays(self) -> Payer:
        """Who pays; open until it is decided."""
        return _PAYS.get(self.state, Payer.OPEN)

    def state_anew(self, statement: Statement, now: datetime) -> "Claim":
        """With another statement; only a draft is changed. Safe to repeat.

        Raises:
            Conflict: it was submitted already.
        """
        if self.statement == statement:
            return self
        if self.state is not ClaimState.DRAFT:
            raise Conflict(f"claim {self.number} is {self.state}; what was submitted stays as it was")
        return replace(self, statement=statement, sequence=self.sequence + 1, changed_at=now)

    def submit(self, assessment: Assessment, by: str, now: datetime) -> "Claim":
        """Hand it in.

        Raises:
            Conflict: it was decided already.
        """
        if self.state is not ClaimState.DRAFT:
            raise Conflict(f"claim {self.number} is {self.state} already; look at it")
        return replace(
            self,
            state=ClaimState.SUBMITTED,
            sequence=self.sequence + 1,
            assessment=assessment,
            submitted_by=by,
            submitted_at=now,
            changed_at=now,
        )

    def decide(self, *, approved: bool, ruling: Ruling) -> "Claim":
        """Say what was decided; safe to repeat by the same person with the same note.

        Raises:
            Conflict: it is a draft, or was decided otherwise.
            Refused: it goes against the plan, or rejects, and says nothing about why.
        """
        state = ClaimState.APPROVED if approved else ClaimState.REJECTED
        held = self.ruling
        if held is not None and (self.state, held.by, held.note) == (state, ruling.by, ruling.note):
            return self
        if self.state is not ClaimState.SUBMITTED:
            remedy = "submit it first" if self.state is ClaimState.DRAFT else "look at it"
            raise Conflict(f"claim {self.number} is {self.state}; {remedy}")
        if not ruling.note and self._needs_a_word(approved=approved):
            raise Refused("note: say why, since it is rejected, or approved against the plan or the checks")
        return replace(self, state=state, sequence=self.sequence + 1, ruling=ruling, changed_at=ruling.at)

    def _needs_a_word(self, *, approved: bool) -> bool:
        assessed = self.assessment
        if not approved or assessed is None or assessed.verdict.decision is not Decision.ELIGIBLE:
            return True
        return any(one.finding is Finding.IMPLAUSIBLE for one in assessed.checks)


_PAYS: Final = {ClaimState.APPROVED: Payer.MAKER, ClaimState.REJECTED: Payer.OWNER}


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which claims are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    state: ClaimState | None = None
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


def checked(statement: Statement, now: datetime) -> Statement:
    """The same, if it can be.

    Raises:
        Refused: it cannot; names the field.
    """
    if statement.failed_at < _EARLIEST:
        raise Refused(f"failed_at: {statement.failed_at:%Y-%m-%d} is no day that a clock was right; say when it failed")
    if statement.failed_at > now + _AHEAD_MAX:
        raise Refused(f"failed_at: {statement.failed_at:%Y-%m-%d %H:%M} UTC is in the future")
    if statement.odometer_km is not None and not 0 <= statement.odometer_km <= 10_000_000:
        raise Refused(f"odometer_km: {statement.odometer_km:g} is no odometer")
    if len(statement.maintenance or ()) > SERVICES_MAX:
        raise Refused(f"maintenance: more than {SERVICES_MAX} services; leave out what was done between them")
    return statement
