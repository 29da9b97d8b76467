"""What people are told of alerts, and when they are told no more."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cloud.alerts.handling import HandlingState, Step
from cloud.alerts.model import Alert
from cloud.database import Connection
from cloud.heard import Heard
from cloud.notify.model import Notice
from cloud.notify.service import NotifyService
from edge.wire.envelope import Clock
from edge.wire.messages import Action, Severity

LATE_AFTER: Final = timedelta(minutes=15)
"""An alert first heard of so long after it began comes from a vehicle that was without a network: it is written down
and wakes nobody. Traccar draws the same line."""
_WHAT_TO_DO: Final = {
    Action.STOP_NOW: "Stop now",
    Action.NEAREST_WORKSHOP: "To the nearest workshop",
    Action.FINISH_SHIFT: "To a workshop after this shift",
    Action.NEXT_SERVICE: "At the next service",
    Action.WATCH: "Keep an eye on it",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """Notices of alerts; each call belongs to the transaction in which the alert changes."""

    notify: NotifyService
    public_url: str | None = None
    """Where people reach the console; None: notices have no link."""
    all_clear: bool = False
    """Whether those who were told of it are told of its end."""

    def opened(self, connection: Connection, alert: Alert, state: HandlingState, heard: Heard) -> None:
        """An alert begins: tell people of it, unless it is late."""
        if is_late(alert, heard):
            return
        again = " again" if state is HandlingState.REOPENED else ""
        title = f"{alert.address.vehicle}: {alert.summary or alert.rule}{again}"
        self.notify.post(connection, self._notice(alert, reason_of(alert), title, alert.severity))

    def over(self, connection: Connection, alert: Alert, step: Step) -> None:
        """Somebody has seen it, or it is over: tell nobody else."""
        self.notify.settle(connection, alert.address.fleet, reason_of(alert))
        if self.all_clear and step is Step.ALL_CLEAR:
            title = f"{alert.address.vehicle}: all clear, {alert.summary or alert.rule}"
            clear = self._notice(alert, f"{reason_of(alert)}/all_clear", title, Severity.INFO)
            self.notify.follow_up(connection, reason_of(alert), clear)

    def _notice(self, alert: Alert, reason: str, title: str, severity: Severity) -> Notice:
        fleet, vehicle = alert.address.fleet, alert.address.vehicle
        link = None if self.public_url is None else f"{self.public_url.rstrip('/')}/alerts/{fleet}/{vehicle}/{alert.id}"
        return Notice(
            reason=reason,
            fleet=fleet,
            vehicle=vehicle,
            severity=severity,
            title=title,
            text=_text(alert),
            link=link,
            correlation=alert.id,
            escalates=severity is not Severity.INFO,
        )


def reason_of(alert: Alert) -> str:
    """What an alert is told once for; its fleet is the notice's own."""
    return f"alert/{alert.address.vehicle}/{alert.id}"


def is_late(alert: Alert, heard: Heard) -> bool:
    """Whether it is first heard of long after it began. Of a clock that may be wrong nothing follows: better tell."""
    return heard.clock is Clock.SYNCED and heard.received_at - alert.started_at > LATE_AFTER


def _text(alert: Alert) -> str:
    ended = "" if alert.ended_at is None else f", ended {alert.ended_at:%Y-%m-%d %H:%M} UTC"
    lines = [
        alert.summary,
        f"{_WHAT_TO_DO[alert.action]}. {alert.advice}".strip(),
        f"Vehicle {alert.address.vehicle} of fleet {alert.address.fleet}, {alert.component}, {alert.severity}",
        f"Began {alert.started_at:%Y-%m-%d %H:%M} UTC{ended}",
    ]
    return "\n".join(line for line in lines if line)
