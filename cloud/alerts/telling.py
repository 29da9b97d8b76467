"""What people are told of alerts, and when they are told no more."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cloud.alerts.handling import HandlingState, Step
from cloud.alerts.model import Alert
from cloud.database import Connection
from cloud.heard import Heard
from cloud.notify.model import Notice
from cloud.notify.service import NotifyService
from edge.wire.messages import Action, Severity

LATE_AFTER: Final = timedelta(minutes=15)
"""An alert first heard of so long after it was said comes from a vehicle that was without a network: it is written down
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

    def worsened(self, connection: Connection, alert: Alert, heard: Heard) -> None:
        """It is graver than it was: tell people anew, in the place of what was not told yet; unless it is late."""
        if is_late(alert, heard):
            return
        self._settle(connection, alert)
        title = f"{alert.address.vehicle}: {alert.summary or alert.rule}, now {alert.severity}"
        self.notify.post(connection, self._notice(alert, _reason_at(alert, alert.severity), title, alert.severity))

    def over(self, connection: Connection, alert: Alert, step: Step) -> None:
        """Somebody has seen it, or it is over: tell nobody else."""
        self._settle(connection, alert)
        if self.all_clear and step is Step.ALL_CLEAR:
            title = f"{alert.address.vehicle}: all clear, {alert.summary or alert.rule}"
            clear = self._notice(alert, f"{reason_of(alert)}/all_clear", title, Severity.INFO)
            any(self.notify.follow_up(connection, reason, clear) for reason in _reasons(alert))  # the last one told

    def _settle(self, connection: Connection, alert: Alert) -> None:
        for reason in _reasons(alert):
            self.notify.settle(connection, alert.address.fleet, reason)

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


def _reason_at(alert: Alert, severity: Severity) -> str:
    """What it is told once more for, when it has come to be so grave."""
    return f"{reason_of(alert)}/{severity}"


def _reasons(alert: Alert) -> Iterator[str]:
    """All that it may have been told for, the gravest first."""
    yield from (_reason_at(alert, severity) for severity in (Severity.CRITICAL, Severity.WARNING))
    yield reason_of(alert)


def is_late(alert: Alert, heard: Heard) -> bool:
    """Whether it is heard of long after it began, or after the vehicle said so: it holds back what another alert says
    already. Of a clock that may be wrong nothing follows: better tell.
    """
    said_at = max(alert.started_at, heard.observed_at)
    return heard.clock.is_right and heard.received_at - said_at > LATE_AFTER


def _text(alert: Alert) -> str:
    ended = "" if alert.ended_at is None else f", ended {alert.ended_at:%Y-%m-%d %H:%M} UTC"
    lines = [
        alert.summary,
        f"{_WHAT_TO_DO[alert.action]}. {alert.advice}".strip(),
        f"Vehicle {alert.address.vehicle} of fleet {alert.address.fleet}, {alert.component}, {alert.severity}",
        f"Began {alert.started_at:%Y-%m-%d %H:%M} UTC{ended}",
    ]
    return "\n".join(line for line in lines if line)
