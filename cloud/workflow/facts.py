"""What the agents look at: the incident, its most urgent alert, the booking and the work order, as of now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from cloud.alerts.handling import REOPENS_WITHIN, Incident, Step
from cloud.alerts.service import AlertService, HandledAlert
from cloud.scheduling.booking import Booking
from cloud.scheduling.work_order import WorkOrder
from cloud.workflow.model import Case
from edge.wire.messages import Action

_URGENCY: Final = {action: rank for rank, action in enumerate(Action)}
"""Action is ordered from the most to the least urgent."""


_SAID: Final = frozenset({Step.REPAIRED, Step.FALSE_ALARM, Step.ACCEPTED})
"""How a person says that an alert is over."""


class Standing(StrEnum):
    """Whether there is still something to do about an incident."""

    OPEN = "open"
    """One of its alerts is open; or none is, but what is wrong is known, and no person has said that it is over.
    An alert ends when an engine is switched off; a fault that was found does not."""
    QUIET = "quiet"
    """None of its alerts is open, and not for long: it may come back as the same incident."""
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Facts:
    """The world around a case."""

    standing: Standing
    action: Action | None
    """The most urgent of the open ones; None: there is none."""
    summary: str
    correlation: str
    """That alert's id."""
    booking: Booking | None
    order: WorkOrder | None

    def is_worse_than(self, action: Action | None) -> bool:
        """Whether an open alert asks for something more urgent than this."""
        return self.action is not None and (action is None or _URGENCY[self.action] < _URGENCY[action])

    @property
    def digest(self) -> str:
        """The same string as long as nothing has happened that an agent would look at."""
        booking = "" if self.booking is None else f"{self.booking.state}.{self.booking.sequence}"
        order = "" if self.order is None else f"{self.order.state}.{self.order.sequence}"
        return f"{self.standing}/{self.action or ''}/{booking}/{order}"


class Appointments(Protocol):
    """What is asked of bookings here."""

    def booking(self, booking: str) -> Booking:
        """One booking."""


class Orders(Protocol):
    """What is asked of work orders here."""

    def order(self, number: int) -> WorkOrder:
        """One order."""


def gather(case: Case, now: datetime, alerts: AlertService, appointments: Appointments, orders: Orders) -> Facts:
    """The facts of a case, as of now.

    Raises:
        NotFound: what the case names is not there.
    """
    incident, handled = alerts.incident(case.incident)
    worst = most_urgent(handled)
    return Facts(
        standing=_standing(case, incident, handled, now),
        action=None if worst is None else worst.alert.action,
        summary="" if worst is None else worst.alert.summary,
        correlation="" if worst is None else worst.alert.id,
        booking=None if case.booking is None else appointments.booking(case.booking),
        order=None if case.work_order is None else orders.order(case.work_order),
    )


def _standing(case: Case, incident: Incident, handled: list[HandledAlert], now: datetime) -> Standing:
    if incident.closed_at is None:
        return Standing.OPEN
    last = max(handled, key=lambda one: one.handling.at)
    if last.handling.step in _SAID:
        return Standing.OVER
    if case.cause is not None:
        return Standing.OPEN
    return Standing.QUIET if now - incident.closed_at < REOPENS_WITHIN else Standing.OVER


def most_urgent(handled: list[HandledAlert]) -> HandledAlert | None:
    """The open alert whose action is the most urgent, the newest of equals."""
    still = [one for one in handled if one.handling.is_open]
    return min(still, key=lambda one: (_URGENCY[one.alert.action], -one.alert.started_at.timestamp()), default=None)
