"""An alert and how what is told of it changes it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.wire.envelope import Clock
from edge.wire.messages import Action, AlertState, Severity, Value
from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it stands, by the message that says most about it."""

    address: Address
    id: str
    rule: str
    component: str
    severity: Severity
    action: Action
    state: AlertState
    started_at: datetime
    ended_at: datetime | None
    since_at: datetime
    summary: str
    advice: str
    driver: str
    values: Mapping[str, Value]
    observed_at: datetime
    """When the vehicle said so, by its clock."""
    clock: Clock


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an alert's timeline: one thing that the vehicle said of it."""

    state: AlertState
    observed_at: datetime
    clock: Clock
    values: Mapping[str, Value]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    state: AlertState | None = None
    since: datetime | None = None
    """Begun then or later."""
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


class Change(StrEnum):
    """What a message did to an alert."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"
    CAME_RESOLVED = "came_resolved"
    """Its end was the first that was heard of it."""
    LATE = "late"
    """It tells of a time before what is known: for the timeline only. A late `firing` never reopens."""


def apply(held: Alert | None, told: Alert) -> tuple[Alert, Change]:
    """The alert after a message, and what the message did.

    The end result does not depend on the order of the messages nor on their number: what is resolved stays so, and
    among messages of one state the later word counts.
    """
    if held is None:
        return told, Change.OPENED if told.state is AlertState.FIRING else Change.CAME_RESOLVED
    if _weight(told) <= _weight(held):
        return held, Change.LATE
    return told, Change.UPDATED if told.state is held.state else Change.RESOLVED


def _weight(alert: Alert) -> tuple[bool, datetime, str]:
    # The text decides only between two different messages of one moment, which no vehicle should send.
    return alert.state is AlertState.RESOLVED, alert.observed_at, repr(alert)
