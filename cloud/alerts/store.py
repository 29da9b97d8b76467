"""The tables of alerts and their timelines, and all SQL on them."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.alerts.model import Alert, AlertFilter, Entry
from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_key, vehicle_names, within
from cloud.database import beyond, insert_once, put
from cloud.pages import Key
from edge.wire.envelope import Clock
from edge.wire.messages import Action, AlertState, Severity
from edge.wire.topics import Address

alerts: Final = sa.Table(
    "alerts",
    METADATA,
    *vehicle_key(),
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("rule", sa.String(200), nullable=False),
    sa.Column("component", sa.String(200), nullable=False),
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("since_at", UtcTime, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("advice", sa.Text, nullable=False),
    sa.Column("driver", sa.Text, nullable=False),
    sa.Column("values", sa.JSON, nullable=False),
    sa.Column("observed_at", UtcTime, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("window_s", sa.Float),
    sa.Column("flapping", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("freeze_frame", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("trip", sa.String(32)),
    sa.Column("workshop", sa.Boolean, nullable=False, server_default=sa.false()),
    to_vehicle(),
    sa.Index("alerts_by_start", "started_at", "fleet", "vehicle", "id"),
    comment="Every alert once, as it stands",
)
alert_timeline: Final = sa.Table(
    "alert_timeline",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("alert", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("observed_at", UtcTime, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("values", sa.JSON, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.ForeignKeyConstraint(["fleet", "vehicle", "alert"], ["alerts.fleet", "alerts.vehicle", "alerts.id"]),
    sa.UniqueConstraint("fleet", "vehicle", "alert", "state", "observed_at", name="alert_timeline_once"),
    comment="What the vehicles said of each alert, and when",
)

_KEY: Final = (alerts.c.started_at, alerts.c.fleet, alerts.c.vehicle, alerts.c.id)
_ONE: Final = sa.select(alerts).where(*(alerts.c[name] == sa.bindparam(name) for name in ("fleet", "vehicle", "id")))
"""Built once: it is asked for each message, and building a statement costs more than running it."""


def put_alert(connection: Connection, alert: Alert) -> None:
    """Insert an alert or replace what is held of it."""
    content = {
        "rule": alert.rule,
        "component": alert.component,
        "severity": alert.severity,
        "action": alert.action,
        "state": alert.state,
        "started_at": alert.started_at,
        "ended_at": alert.ended_at,
        "since_at": alert.since_at,
        "summary": alert.summary,
        "advice": alert.advice,
        "driver": alert.driver,
        "values": dict(alert.values),
        "observed_at": alert.observed_at,
        "clock": alert.clock,
        "window_s": alert.window_s,
        "flapping": alert.flapping,
        "freeze_frame": dict(alert.freeze_frame),
        "trip": alert.trip,
        "workshop": alert.workshop,
    }
    row = {"fleet": alert.address.fleet, "vehicle": alert.address.vehicle, "id": alert.id, **content}
    put(connection, alerts, row, key=("fleet", "vehicle", "id"), replace=tuple(content))


def alert_of(connection: Connection, address: Address, alert_id: str) -> Alert | None:
    """One alert, if it is known."""
    row = connection.execute(_ONE, {"fleet": address.fleet, "vehicle": address.vehicle, "id": alert_id}).first()
    return None if row is None else _alert(row)


def list_alerts(connection: Connection, wanted: AlertFilter, *, after: Key | None, rows_max: int) -> list[Alert]:
    """Alerts, the latest start first."""
    query = sa.select(alerts).order_by(*(column.desc() for column in _KEY)).limit(rows_max)
    query = query.where(within(alerts.c.fleet, wanted.within))
    if wanted.fleet is not None:
        query = query.where(alerts.c.fleet == wanted.fleet)
    if wanted.vehicle is not None:
        query = query.where(alerts.c.vehicle == wanted.vehicle)
    if wanted.state is not None:
        query = query.where(alerts.c.state == wanted.state)
    if wanted.since is not None:
        query = query.where(alerts.c.started_at >= wanted.since)
    if wanted.workshop is not None:
        query = query.where(alerts.c.workshop.is_(wanted.workshop))
    if after is not None:
        query = query.where(beyond(_KEY, after))
    return [_alert(row) for row in connection.execute(query)]


def add_entry(connection: Connection, address: Address, alert_id: str, entry: Entry) -> bool:
    """Add a line to an alert's timeline unless it is there; whether it was new."""
    row = {
        "fleet": address.fleet,
        "vehicle": address.vehicle,
        "alert": alert_id,
        "state": entry.state,
        "observed_at": entry.observed_at,
        "clock": entry.clock,
        "values": dict(entry.values),
        "received_at": entry.received_at,
    }
    return insert_once(connection, alert_timeline, row)


def timeline(connection: Connection, address: Address, alert_id: str, rows_max: int) -> list[Entry]:
    """What the vehicle said of an alert, in the order of its own telling; the first `rows_max`."""
    table = alert_timeline
    query = (
        sa.select(table)
        .where(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle, table.c.alert == alert_id)
        .order_by(table.c.observed_at, table.c.id)
        .limit(rows_max)
    )
    return [
        Entry(AlertState(row.state), row.observed_at, Clock(row.clock), row.values, row.received_at)
        for row in connection.execute(query)
    ]


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        address=Address(row.fleet, row.vehicle),
        id=row.id,
        rule=row.rule,
        component=row.component,
        severity=Severity(row.severity),
        action=Action(row.action),
        state=AlertState(row.state),
        started_at=row.started_at,
        ended_at=row.ended_at,
        since_at=row.since_at,
        summary=row.summary,
        advice=row.advice,
        driver=row.driver,
        values=row.values,
        observed_at=row.observed_at,
        clock=Clock(row.clock),
        window_s=row.window_s,
        flapping=row.flapping,
        freeze_frame=row.freeze_frame,
        trip=row.trip,
        workshop=row.workshop,
    )
