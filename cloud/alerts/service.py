"""What the rest of the cloud may ask about alerts."""

from datetime import datetime
from typing import Final

from cloud.alerts import store
from cloud.alerts.model import Alert, AlertFilter, Change, Entry, apply
from cloud.database import Connection, Database
from cloud.errors import NotFound
from cloud.heard import Heard
from cloud.pages import Page, Window
from edge.wire import messages
from edge.wire.topics import Address

_TIMELINE_MAX: Final = 1000


class AlertService:
    """Alerts and their timelines. `record` runs inside the inbox's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, connection: Connection, heard: Heard, body: messages.Alert) -> Change:
        """Take in what a vehicle says of an alert and say what that did; safe to repeat, in any order."""
        told = _told(heard, body)
        held = store.alert_of(connection, heard.address, body.id)
        alert, change = apply(held, told)
        if alert != held:
            store.put_alert(connection, alert)
        entry = Entry(body.state, heard.observed_at, heard.clock, body.values, heard.received_at)
        store.add_entry(connection, heard.address, body.id, entry)
        return change

    def alert(self, address: Address, alert_id: str) -> tuple[Alert, list[Entry]]:
        """One alert with its timeline.

        Raises:
            NotFound: the vehicle never told of it.
        """
        with self._database.snapshot() as connection:
            alert = store.alert_of(connection, address, alert_id)
            if alert is None:
                raise NotFound(f"vehicle {address.vehicle!r} of fleet {address.fleet!r} has no alert {alert_id!r}")
            return alert, store.timeline(connection, address, alert_id, _TIMELINE_MAX)

    def alerts(self, wanted: AlertFilter, window: Window) -> Page[Alert]:
        """Alerts, the latest start first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str, str, str))
        with self._database.snapshot() as connection:
            rows = store.list_alerts(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.started_at, row.address.fleet, row.address.vehicle, row.id))


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
    )
