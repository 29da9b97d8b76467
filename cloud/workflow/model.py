"""A case: what becomes of an incident on its way to a repaired vehicle. Pure.

Which agent has it, in which state it is, and whom it waits for. The database row is the truth about a case; the graph
(graph.py) only knows where it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from cloud.health.model import Cause, Diagnosis
from cloud.scheduling.model import Job, Slot
from edge.wire.messages import Action, Severity
from edge.wire.topics import Address


class Agent(StrEnum):
    """Who works on a case, in the order of the way."""

    DATA = "data"
    """Is there something to do at all?"""
    DIAGNOSIS = "diagnosis"
    """What is wrong?"""
    ENGAGEMENT = "engagement"
    """May it be repaired?"""
    SCHEDULING = "scheduling"
    """Where and when?"""
    WORK = "work"
    """Is it being done?"""
    FEEDBACK = "feedback"
    """Was it right?"""

    @property
    def principal(self) -> str:
        """Its name in audit and timelines."""
        return f"agent/{self}"


EDGES: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        (Agent.DATA, Agent.DIAGNOSIS),
        (Agent.DIAGNOSIS, Agent.ENGAGEMENT),
        (Agent.ENGAGEMENT, Agent.SCHEDULING),
        (Agent.SCHEDULING, Agent.WORK),
        (Agent.WORK, Agent.SCHEDULING),
        (Agent.WORK, Agent.FEEDBACK),
    }
)
"""Which agent may hand a case to which; a test compares it with the graph."""


class CaseState(StrEnum):
    """Where a case is, in words that a person can act on."""

    NEW = "new"
    WATCHING = "watching"
    ASKED = "asked"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    APPROVED = "approved"
    NO_SLOT = "no_slot"
    OFFERED = "offered"
    BOOKED = "booked"
    CENTRE_GONE = "centre_gone"
    IN_WORK = "in_work"
    OVERDUE = "overdue"
    REPAIRED = "repaired"
    NOT_REPAIRED = "not_repaired"
    ALL_CLEAR = "all_clear"
    NEEDS_A_PERSON = "needs_a_person"
    CLOSED = "closed"


MEANINGS: Final[Mapping[CaseState, tuple[str, str]]] = {
    CaseState.NEW: ("an agent is about to look at it", "it goes on by itself; close"),
    CaseState.WATCHING: ("its alerts ask for nothing but watching", "it goes on when they get worse; retry; close"),
    CaseState.ASKED: ("the owner was asked; reminded once, then it is given up", "answer; close"),
    CaseState.DECLINED: ("the owner said no; asked once more later, then over", "answer; retry asks anew; close"),
    CaseState.NO_ANSWER: ("asked, reminded, and nothing came", "answer; retry asks anew"),
    CaseState.APPROVED: ("the owner said yes, a time is looked for", "it goes on by itself; close"),
    CaseState.NO_SLOT: ("no centre has a time; looked for again later", "retry looks at once; close"),
    CaseState.OFFERED: ("times wait for the owner's choice", "choice; retry makes new offers; close"),
    CaseState.BOOKED: ("a time is booked, a work order is open", "move or cancel the booking; start the work order"),
    CaseState.CENTRE_GONE: ("the centre cannot keep the booking", "it goes on by itself with new offers; close"),
    CaseState.IN_WORK: ("the workshop has begun", "complete the work order"),
    CaseState.OVERDUE: ("the booked time is over and nobody said what was done", "the work order; move or cancel"),
    CaseState.REPAIRED: ("put right", "over; a fault that comes back is a new case"),
    CaseState.NOT_REPAIRED: ("the visit did not put it right; `reason` says why", "retry begins again at diagnosis"),
    CaseState.ALL_CLEAR: ("it was over before anything was booked", "over"),
    CaseState.NEEDS_A_PERSON: ("an agent cannot go on; `reason` says why", "retry; close"),
    CaseState.CLOSED: ("a person closed it", "retry begins again at diagnosis"),
}
"""Of each state what it means and the way on for a person."""

HALTED: Final = frozenset(
    {
        CaseState.NO_ANSWER,
        CaseState.REPAIRED,
        CaseState.NOT_REPAIRED,
        CaseState.ALL_CLEAR,
        CaseState.NEEDS_A_PERSON,
        CaseState.CLOSED,
    }
)
"""The states in which no agent works on it; `declined` becomes one when it is over."""


class Answer(StrEnum):
    """What the owner says."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class CaseOffer:
    """A time that the owner may choose."""

    slot: Slot
    cents: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Everything about it, as it stands."""

    number: int
    incident: int
    coming: int
    """Which coming of the incident: how often it had been reopened."""
    address: Address
    component: str
    state: CaseState
    agent: Agent
    """Whose turn it is, or would be."""
    sequence: int
    """Counts its changes; whoever acts says which one they saw."""
    made_at: datetime
    changed_at: datetime
    ended_at: datetime | None = None
    wake_at: datetime | None = None
    """When an agent looks at it again without anything having happened."""
    reason: str = ""
    action: Action | None = None
    """The most urgent of the open alerts."""
    summary: str = ""
    """That alert in words."""
    correlation: str = ""
    diagnosis: Diagnosis | None = None
    asked: int = 0
    reminded: bool = False
    """Since it waits for the owner."""
    answer: Answer | None = None
    answered_by: str | None = None
    choose_for_me: bool = False
    """The best time is booked without asking again."""
    job: Job | None = None
    """What the offers are for."""
    offers: tuple[CaseOffer, ...] = ()
    chosen: int | None = None
    """An index into the offers."""
    visit: int = 1
    """Counts the times that were wanted; names the wish."""
    booking: str | None = None
    work_order: int | None = None
    failures: int = 0
    """How often in a row its agent failed."""
    seen: str = ""
    """What its agent knew of the world when it began to wait; "" while the case is on the move."""

    @property
    def is_halted(self) -> bool:
        """No agent works on it."""
        return self.ended_at is not None or self.state in HALTED

    def is_due(self, now: datetime) -> bool:
        """It has waited long enough."""
        return self.wake_at is not None and self.wake_at <= now

    @property
    def cause(self) -> Cause | None:
        """The one that the diagnosis is sure of; None: nobody knows."""
        if self.diagnosis is None or self.diagnosis.verdict is None:
            return None
        return next((one for one in self.diagnosis.causes if one.id == self.diagnosis.verdict), None)

    @property
    def name(self) -> str:
        """Of its run, its thread and its messages."""
        return f"case/{self.number}"

    def to(self, state: CaseState, now: datetime, **changes: Any) -> "Case":
        """In another state; what is not named stays, but a wait does not."""
        fields: dict[str, Any] = {"wake_at": None, "reason": "", "failures": 0, **changes}
        return replace(self, state=state, sequence=self.sequence + 1, changed_at=now, **fields)

    def end(self, state: CaseState, now: datetime, **changes: Any) -> "Case":
        """Over, until a person says otherwise."""
        return self.to(state, now, ended_at=now, **changes)


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell the people of a fleet, once for each reason."""

    case: int
    """Its number."""
    reason: str
    fleet: str
    vehicle: str
    severity: Severity
    title: str
    text: str
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What an agent or a person did: the case afterwards, and what is to be told of it."""

    after: Case
    note: str
    messages: tuple[Message, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's timeline."""

    at: datetime
    by: str
    state: CaseState
    agent: Agent
    note: str


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    state: CaseState | None = None
    is_open: bool | None = None
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


@dataclass(frozen=True, slots=True)
class Opening:
    """An incident for which a case is to be opened."""

    incident: int
    coming: int
    address: Address
    component: str
