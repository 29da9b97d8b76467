"""A work order and what may become of it. Pure: every change gives a new one or says why not.

opened ──► in_work ──► done | not_done
   │          │
   └──────────┴──► cancelled

What the workshop found labels what was predicted: that is how it is known how often a diagnosis is right.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from cloud.errors import Conflict, Refused
from edge.wire.topics import Address

NO_FAULT: Final = "no_fault"
"""What somebody says they found when there was nothing."""


class OrderState(StrEnum):
    """Where an order is in its life."""

    OPENED = "opened"
    IN_WORK = "in_work"
    DONE = "done"
    """The vehicle is put right."""
    NOT_DONE = "not_done"
    """The visit is over and the vehicle is not put right; the outcome says why."""
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How a visit ended."""

    REPAIRED = "repaired"
    NOT_FOUND = "not_found"
    """Nothing wrong was found."""
    NOT_REPAIRED = "not_repaired"
    """Found, and not put right: a part, a tool, the time is missing."""
    DECLINED = "declined"
    """Found, and the owner does not want it repaired."""


class Label(StrEnum):
    """What a visit says of the prediction that led to it."""

    RIGHT = "right"
    OTHER_CAUSE = "other_cause"
    NOTHING_WRONG = "nothing_wrong"
    """A cause was named and nothing was found."""
    NO_VERDICT = "no_verdict"
    """No cause had been named, so there is nothing to be right or wrong."""
    NOT_SAID = "not_said"
    """The workshop did not say which cause it found."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the workshop says at the end of a visit."""

    outcome: Outcome
    findings: tuple[str, ...] = ()
    found_cause: str | None = None
    """A cause's id; None: not said."""
    parts_changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """A booked job, as it stands."""

    number: int
    booking: str
    """The one it belongs to, and no other order does."""
    incident: int
    address: Address
    component: str
    kind: str
    """Of work."""
    title: str
    diagnosed_cause: str | None
    """What was predicted; None: no verdict."""
    state: OrderState
    sequence: int
    """Counts its changes."""
    report: Report | None
    label: Label | None
    """None until the visit is over."""
    reason: str
    """Why it is cancelled; else ""."""
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Nothing more becomes of it."""
        return self.state in OVER

    def start(self, now: datetime) -> "WorkOrder":
        """Somebody has begun; safe to repeat.

        Raises:
            Conflict: it is over.
        """
        if self.state is OrderState.IN_WORK:
            return self
        self._must_not_be_over()
        return replace(self, state=OrderState.IN_WORK, sequence=self.sequence + 1, started_at=now)

    def complete(self, report: Report, now: datetime) -> "WorkOrder":
        """The visit is over; safe to repeat with the same report.

        Raises:
            Conflict: it is over already, with another report.
            Refused: the report contradicts itself.
        """
        if self.is_over and self.report == report:
            return self
        self._must_not_be_over()
        _check(report)
        state = OrderState.DONE if report.outcome is Outcome.REPAIRED else OrderState.NOT_DONE
        return replace(
            self,
            state=state,
            sequence=self.sequence + 1,
            report=report,
            label=label_of(self.diagnosed_cause, report),
            started_at=self.started_at or now,
            ended_at=now,
        )

    def cancel(self, reason: str, now: datetime) -> "WorkOrder":
        """Not any more; safe to repeat. What is over stays as it ended."""
        if self.is_over:
            return self
        return replace(self, state=OrderState.CANCELLED, sequence=self.sequence + 1, reason=reason, ended_at=now)

    def _must_not_be_over(self) -> None:
        if self.is_over:
            raise Conflict(f"work order {self.number} is {self.state} already; look at it")


OVER: Final = frozenset({OrderState.DONE, OrderState.NOT_DONE, OrderState.CANCELLED})


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    state: OrderState | None = None
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


def label_of(diagnosed: str | None, report: Report) -> Label:
    """What a report says of the cause that was predicted."""
    if diagnosed is None:
        return Label.NO_VERDICT
    if report.outcome is Outcome.NOT_FOUND or report.found_cause == NO_FAULT:
        return Label.NOTHING_WRONG
    if report.found_cause is None:
        return Label.NOT_SAID
    return Label.RIGHT if report.found_cause == diagnosed else Label.OTHER_CAUSE


def _check(report: Report) -> None:
    nothing = report.found_cause in {None, NO_FAULT}
    if report.outcome is Outcome.NOT_FOUND and not (nothing and not report.parts_changed):
        raise Refused("outcome not_found: name neither a found cause nor changed parts, or another outcome")
    if report.outcome is Outcome.REPAIRED and report.found_cause == NO_FAULT:
        raise Refused("outcome repaired: something was wrong, so found_cause cannot be no_fault")
