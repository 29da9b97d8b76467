"""What the rest of the cloud may ask about alerts and incidents, and what people may do with them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from cloud.alerts import handling_store, store
from cloud.alerts.handling import (
    Handling,
    Incident,
    IncidentFilter,
    Reaction,
    Step,
    begun,
    history,
    reactions_of,
    set_aside,
    superseded,
)
from cloud.alerts.handling_store import Handled
from cloud.alerts.model import Alert, AlertFilter, Change, Entry, apply
from cloud.alerts.telling import Telling
from cloud.database import Connection, Database
from cloud.errors import NotFound, Refused
from cloud.heard import Heard
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from edge.wire import messages
from edge.wire.messages import Severity
from edge.wire.topics import Address

_TIMELINE_MAX: Final = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HandledAlert:
    """An alert as the vehicle tells it, and how it is handled."""

    alert: Alert
    handling: Handling
    incident: int | None
    """None: it was over when it was first heard of, or is a workshop's."""


@dataclass(frozen=True, slots=True)
class WholeAlert:
    """An alert with everything that was said and done."""

    handled: HandledAlert
    timeline: list[Entry]
    """What the vehicle said, in the order of its own telling."""
    steps: list[Handling]
    """What became of it in the cloud, in order."""


class AlertService:
    """Alerts, how they are handled, and incidents. `record` runs inside the inbox's transaction."""

    def __init__(self, database: Database, audit: Audit, telling: Telling, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._telling = telling
        self._now = now

    def record(self, connection: Connection, heard: Heard, body: messages.Alert) -> Change:
        """Take in what a vehicle says of an alert and say what that did; safe to repeat, in any order."""
        told = _told(heard, body)
        held = store.alert_of(connection, heard.address, body.id)
        alert, change = apply(held, told)
        if alert != held:
            store.put_alert(connection, alert)
        entry = Entry(body.state, heard.observed_at, heard.clock, body.values, heard.received_at)
        store.add_entry(connection, heard.address, body.id, entry)
        match change:
            case Change.OPENED if alert.workshop:
                handling_store.put_handling(connection, alert, set_aside(heard.received_at), None)
            case Change.OPENED | Change.GIVEN_BACK:
                self._begin(connection, alert, heard)
            case Change.WORSENED:
                self._worsen(connection, alert, heard)
            case Change.CAME_RESOLVED:
                handling_store.put_handling(connection, alert, history(heard.received_at), None)
            case Change.RESOLVED:
                handled = _handled(connection, alert)
                self._take(connection, alert, handled, handled.handling.all_clear(heard.received_at))
        return change

    def acknowledge(self, address: Address, alert_id: str, *, by: str, note: str = "") -> HandledAlert:
        """A person has seen it; safe to repeat.

        Raises:
            NotFound: the vehicle never told of it.
            Conflict: it is over.
        """
        return self._step(address, alert_id, lambda handling, at: handling.acknowledged(by=by, at=at, note=note))

    def close(self, address: Address, alert_id: str, step: Step, *, by: str, note: str = "") -> HandledAlert:
        """A person says that it is over, and why; safe to repeat. The vehicle may still begin another.

        Raises:
            NotFound: the vehicle never told of it.
            Conflict: it was over already, for another reason.
        """
        return self._step(address, alert_id, lambda handling, at: handling.closed(step, by=by, at=at, note=note))

    def repaired(self, connection: Connection, number: int, *, by: str, note: str) -> None:
        """Close what is open of an incident as repaired, in the caller's transaction; safe to repeat."""
        for fleet, vehicle, alert_id in handling_store.alerts_of(connection, number, _TIMELINE_MAX):
            alert = _alert(connection, Address(fleet, vehicle), alert_id)
            handled = _handled(connection, alert)
            if handled.handling.is_open:
                after = handled.handling.closed(Step.REPAIRED, by=by, at=self._now(), note=note)
                self._take(connection, alert, handled, after)
                self._record(connection, alert, after)

    def alert(self, address: Address, alert_id: str) -> WholeAlert:
        """One alert with all that was said and done.

        Raises:
            NotFound: the vehicle never told of it.
        """
        with self._database.snapshot() as connection:
            alert = _alert(connection, address, alert_id)
            handled = _handled(connection, alert)
            return WholeAlert(
                HandledAlert(alert, handled.handling, handled.incident),
                store.timeline(connection, address, alert_id, _TIMELINE_MAX),
                handling_store.steps(connection, address, alert_id, _TIMELINE_MAX),
            )

    def alerts(self, wanted: AlertFilter, window: Window) -> Page[HandledAlert]:
        """Alerts, the latest start first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str, str, str))
        with self._database.snapshot() as connection:
            rows = store.list_alerts(connection, wanted, after=after, rows_max=window.limit + 1)
            page = window.page(rows, lambda row: (row.started_at, row.address.fleet, row.address.vehicle, row.id))
            return Page(_with_handling(connection, page.items), page.after)

    def incident(self, number: int) -> tuple[Incident, list[HandledAlert]]:
        """One incident with its alerts, the earliest first.

        Raises:
            NotFound: there is none of this number.
        """
        with self._database.snapshot() as connection:
            incident = handling_store.incident_of(connection, number)
            if incident is None:
                raise NotFound(f"there is no incident {number}")
            keys = handling_store.alerts_of(connection, number, _TIMELINE_MAX)
            alerts = [_alert(connection, Address(fleet, vehicle), alert) for fleet, vehicle, alert in keys]
            return incident, _with_handling(connection, alerts)

    def incidents(self, wanted: IncidentFilter, window: Window) -> Page[Incident]:
        """Incidents, the latest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, int))
        with self._database.snapshot() as connection:
            rows = handling_store.list_incidents(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.opened_at, row.number))

    def false_alarms(self, fleet: str) -> frozenset[int]:
        """The incidents of a fleet of which people called every alert false."""
        with self._database.snapshot() as connection:
            return handling_store.false_alarms(connection, fleet)

    def reactions(self, fleet: str, since: datetime, until: datetime, steps_max: int) -> list[Reaction]:
        """How soon people saw what was opened in a fleet in this time.

        Raises:
            Refused: more happened than `steps_max` steps.
        """
        with self._database.snapshot() as connection:
            rows = handling_store.steps_of_fleet(connection, fleet, since, until, steps_max + 1)
        if len(rows) > steps_max:
            raise Refused(f"more than {steps_max} steps of alerts: name a shorter period")
        grouped = groupby(rows, key=lambda row: row[0])
        return [one for _, steps in grouped for one in reactions_of(step for _, step in steps)]

    def changed_since(self, step: int, wanted: AlertFilter, alerts_max: int) -> tuple[list[HandledAlert], int, bool]:
        """What was begun or done after a step, of any alert.

        Returns:
            The alerts as they stand, the earliest change first and each once; the last step there is; and whether
            these are all, as at most `alerts_max` are given.
        """
        with self._database.snapshot() as connection:
            last = handling_store.last_step(connection)
            keys = handling_store.changed_between(connection, step, last, wanted, alerts_max + 1)
            alerts = [_alert(connection, Address(fleet, vehicle), alert) for fleet, vehicle, alert in keys[:alerts_max]]
            return _with_handling(connection, alerts), last, len(keys) <= alerts_max

    def last_step(self) -> int:
        """The last step of any alert; 0 before any."""
        with self._database.snapshot() as connection:
            return handling_store.last_step(connection)

    def open_alerts(self) -> dict[str, int]:
        """How many alerts are open, by severity; each severity is there."""
        with self._database.snapshot() as connection:
            return dict.fromkeys(Severity, 0) | handling_store.count_open_alerts(connection)

    def open_incidents(self) -> int:
        """How many incidents are open."""
        with self._database.snapshot() as connection:
            return handling_store.count_open_incidents(connection)

    def _step(self, address: Address, alert_id: str, decide: Callable[[Handling, datetime], Handling]) -> HandledAlert:
        with self._database.transaction() as connection:
            alert = _alert(connection, address, alert_id)
            handled = _handled(connection, alert)
            after = decide(handled.handling, self._now())
            self._take(connection, alert, handled, after)
            if after != handled.handling:
                self._record(connection, alert, after)
            return HandledAlert(alert, after, handled.incident)

    def _record(self, connection: Connection, alert: Alert, after: Handling) -> None:
        self._audit.record(
            connection,
            by=after.by or "",
            action=f"alert_{after.step}",
            fleet=alert.address.fleet,
            subject=f"alerts/{alert.address.fleet}/{alert.address.vehicle}/{alert.id}",
            note=after.note,
        )

    def _begin(self, connection: Connection, alert: Alert, heard: Heard) -> None:
        """Open it, in the place of an older one of its kind; where a newer one is open, it is over."""
        at = heard.received_at
        rival = handling_store.open_like(connection, alert)
        if rival is not None and rival.started_at > alert.started_at:
            handling_store.put_handling(connection, alert, superseded(at), rival.incident)
            return
        if rival is not None:
            older = _alert(connection, alert.address, rival.alert)
            handling_store.put_handling(connection, older, superseded(at), rival.incident)
            self._telling.over(connection, older, Step.SUPERSEDED)
        before = handling_store.last_like(connection, alert)
        ended_at = None if before is None else before.ended_at or alert.started_at  # an end never told leaves no gap
        handling = begun(started_at=alert.started_at, before_ended_at=ended_at, at=at)
        again = before.incident if before is not None and handling.step is Step.CAME_BACK else None
        incident = handling_store.open_incident(connection, alert, before=again, at=at)
        handling_store.put_handling(connection, alert, handling, incident)
        _log_step(alert, handling, incident)
        self._telling.opened(connection, alert, handling.state, heard)

    def _worsen(self, connection: Connection, alert: Alert, heard: Heard) -> None:
        """Tell people again, also those who have seen it as it was; not of what is over for them."""
        handling = _handled(connection, alert).handling
        if handling.is_open:
            _log.info("%s: alert %s is %s now", alert.address, alert.id, alert.severity)
            self._telling.worsened(connection, alert, heard)

    def _take(self, connection: Connection, alert: Alert, handled: Handled, after: Handling) -> None:
        """Take a step, if it is one; the incident is over with its last open alert."""
        if after == handled.handling:
            return
        handling_store.put_handling(connection, alert, after, handled.incident)
        _log_step(alert, after, handled.incident)
        self._telling.over(connection, alert, after.step)
        if handled.incident is not None and not after.is_open:
            handling_store.close_incident(connection, handled.incident, after.at)


def _log_step(alert: Alert, handling: Handling, incident: int | None) -> None:
    who = "" if handling.by is None else f" by {handling.by}"
    what = (alert.address.fleet, alert.address.vehicle, alert.component, alert.id, handling.state, handling.step)
    _log.info("%s/%s: %s alert %s is %s (%s%s), incident %s", *what, who, incident)


def _alert(connection: Connection, address: Address, alert_id: str) -> Alert:
    alert = store.alert_of(connection, address, alert_id)
    if alert is None:
        raise NotFound(f"vehicle {address.vehicle!r} of fleet {address.fleet!r} has no alert {alert_id!r}")
    return alert


def _handled(connection: Connection, alert: Alert) -> Handled:
    handled = handling_store.handled_of(connection, alert.address, alert.id)
    if handled is None:
        raise LookupError(f"{alert.address} {alert.id} is handled by nobody")  # `record` writes both
    return handled


def _with_handling(connection: Connection, alerts: list[Alert]) -> list[HandledAlert]:
    found = handling_store.handlings_of(connection, alerts)
    handled = [found[alert.address.fleet, alert.address.vehicle, alert.id] for alert in alerts]
    return [HandledAlert(alert, one.handling, one.incident) for alert, one in zip(alerts, handled, strict=True)]


def _told(heard: Heard, body: messages.Alert) -> Alert:
    return Alert(
        address=heard.address,
        id=body.id,
        rule=body.rule,
        component=body.component,
        severity=body.severity,
        action=body.action,
        state=body.state,
        started_at=body.started_at,
        ended_at=body.ended_at,
        since_at=body.since_at,
        summary=body.summary,
        advice=body.advice,
        driver=body.driver,
        values=body.values,
        observed_at=heard.observed_at,
        clock=heard.clock,
        window_s=body.window_s,
        flapping=body.flapping,
        freeze_frame=body.freeze_frame,
        trip=body.trip,
        workshop=body.workshop,
    )
