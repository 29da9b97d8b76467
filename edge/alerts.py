"""Findings → debounced alerts with a life of their own. Pure: time is that of the data."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from edge.detect.finding import Concern, Finding, Verdict

Fingerprint = tuple[str, str]
"""(rule, component): within a vehicle, one alert at a time."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as of its last transition; `ended` is None while it fires."""

    id: str
    concern: Concern
    since: int
    """ns; when the condition began to hold."""
    started: int
    """ns; when it began to fire, `for` later."""
    ended: int | None
    values: Mapping[str, float | None]
    summary: str
    advice: str
    driver: str

    @property
    def fingerprint(self) -> Fingerprint:
        """What at most one firing alert of a vehicle has."""
        return self.concern.rule, self.concern.component


def alert_id(vehicle: str, rule: str, component: str, started: int) -> str:
    """32 hex digits that name this alert for good: a hash of vehicle, rule, component and start (ns)."""
    return hashlib.sha256("\0".join((vehicle, rule, component, str(started))).encode()).hexdigest()[:32]


class AlertBook:
    """Keeps what is pending and what fires; says what changed."""

    def __init__(self, vehicle: str) -> None:
        self._vehicle = vehicle
        self._since: dict[Fingerprint, int] = {}
        self._firing: dict[Fingerprint, Alert] = {}

    @property
    def firing(self) -> Sequence[Alert]:
        """What fires now, oldest first."""
        return tuple(self._firing.values())

    def restore(self, alerts: Sequence[Alert]) -> None:
        """Take up alerts that fired when the daemon last ran, so that they neither double nor stay open for ever."""
        self._firing.update({alert.fingerprint: alert for alert in alerts})

    def update(self, until: int, findings: Sequence[Finding]) -> list[Alert]:
        """Take in one tick; alerts that began or ended at it.

        A condition begins an alert after holding at every tick for the rule's `for`. An alert ends at the first tick
        at which its condition is known not to hold or linger.
        """
        found: dict[Fingerprint, Finding] = {}
        for finding in findings:
            found.setdefault((finding.concern.rule, finding.concern.component), finding)
        ended = [self._end(alert, until) for alert in self.firing if alert.fingerprint not in found]
        began = [alert for finding in found.values() if (alert := self._begin(finding, until))]
        holding = {key for key, finding in found.items() if finding.verdict is Verdict.HOLDS}
        self._since = {key: since for key, since in self._since.items() if key in holding}
        return ended + began

    def _begin(self, finding: Finding, until: int) -> Alert | None:
        concern = finding.concern
        key = (concern.rule, concern.component)
        if finding.verdict is not Verdict.HOLDS or key in self._firing:
            return None
        since = self._since.setdefault(key, until)
        if until - since < concern.for_ns:
            return None
        alert = Alert(
            id=alert_id(self._vehicle, *key, until),
            concern=concern,
            since=since,
            started=until,
            ended=None,
            values=finding.values,
            summary=concern.summary.format_map(finding.facts),
            advice=concern.advice.format_map(finding.facts),
            driver=concern.driver.format_map(finding.facts),
        )
        self._firing[key] = alert
        return alert

    def _end(self, alert: Alert, until: int) -> Alert:
        del self._firing[alert.fingerprint]
        return replace(alert, ended=until)
