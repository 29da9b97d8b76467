"""An alert and how what is told of it changes it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

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
    window_s: float | None = None
    """What decided lies in so much time before `started_at`; None: the vehicle does not tell."""
    flapping: bool = False
    """It began so often of late that it ends only when its condition has settled."""
    freeze_frame: Mapping[str, Value] = field(default_factory=dict)
    """The vehicle when it began, by path."""
    trip: str | None = None
    """The trip on which it began."""
    workshop: bool = False
    """It began while somebody worked on the vehicle, and the vehicle never said without that that it fires or ended."""


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
    workshop: bool | None = None
    """Only those that were never told of but from a workshop; or only the others."""
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


class Change(StrEnum):
    """What a message did to an alert."""

    OPENED = "opened"
    UPDATED = "updated"
    WORSENED = "worsened"
    """It fires, and is graver than anything that was told of it before."""
    GIVEN_BACK = "given_back"
    """It began in a workshop, the vehicle was given back, and it fires still: now it is everybody's business."""
    RESOLVED = "resolved"
    CAME_RESOLVED = "came_resolved"
    """Its end was the first that was heard of it."""
    LATE = "late"
    """It tells of a time before what is known: for the timeline only. A late `firing` never reopens."""


def apply(held: Alert | None, told: Alert) -> tuple[Alert, Change]:
    """The alert after a message, and what the message did.

    The end result does not depend on the order of the messages nor on their number: what is resolved stays so, among
    messages of one state the later word counts, and of severities and actions the worst, whatever is told later. Once
    it was told of without the workshop, it is not the workshop's any more.
    """
    if held is None:
        return told, Change.OPENED if told.state is AlertState.FIRING else Change.CAME_RESOLVED
    is_late = _weight(told) <= _weight(held)
    alert = _of_both(held, told) if is_late else _of_both(told, held)
    if alert.state is not held.state:
        return alert, Change.RESOLVED
    if alert.state is AlertState.FIRING and held.workshop and not alert.workshop:
        return alert, Change.GIVEN_BACK
    if alert.state is AlertState.FIRING and alert.severity is not held.severity:
        return alert, Change.WORSENED
    return alert, Change.LATE if is_late else Change.UPDATED


_MILDEST_FIRST: Final = tuple(Severity)
_MOST_URGENT_FIRST: Final = tuple(Action)


def _of_both(alert: Alert, other: Alert) -> Alert:
    """The alert by one message, with what does not hang on which of two came last."""
    return replace(
        alert,
        severity=max(alert.severity, other.severity, key=_MILDEST_FIRST.index),
        action=min(alert.action, other.action, key=_MOST_URGENT_FIRST.index),
        workshop=alert.workshop and other.workshop,
    )


def _weight(alert: Alert) -> tuple[bool, datetime, str]:
    # The text decides only between two different messages of one moment, which no vehicle should send. What all of
    # them decide together is left out of it: a held alert has that of others.
    text = repr(replace(alert, severity=Severity.INFO, action=Action.WATCH, workshop=False))
    return alert.state is AlertState.RESOLVED, alert.observed_at, text
