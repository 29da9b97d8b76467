"""The tables of how alerts are handled, and all SQL on them. What must be unique, the database keeps unique."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.alerts.handling import Handling, HandlingState, Incident, IncidentFilter, Step
from cloud.alerts.model import Alert, AlertFilter
from cloud.alerts.store import alerts
from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_key, vehicle_names, within
from cloud.database import beyond, put
from cloud.pages import Key
from edge.wire.topics import Address

_OPEN: Final = sa.text("state <> 'resolved'")
_UNCLOSED: Final = sa.text("closed_at IS NULL")

incidents: Final = sa.Table(
    "incidents",
    METADATA,
    sa.Column("number", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("component", sa.String(200), nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("reopened", sa.Integer, nullable=False),
    to_vehicle(),
    sa.Index(
        "one_open_incident",
        "fleet",
        "vehicle",
        "component",
        unique=True,
        sqlite_where=_UNCLOSED,
        postgresql_where=_UNCLOSED,
    ),
    comment="What people handle: the alerts of one component of a vehicle, while one of them is open",
)
handlings: Final = sa.Table(
    "handlings",
    METADATA,
    *vehicle_key(),
    sa.Column("alert", sa.String(32), primary_key=True),
    sa.Column("rule", sa.String(200), nullable=False),
    sa.Column("component", sa.String(200), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("step", sa.String(16), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(200)),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("incident", BigId, sa.ForeignKey("incidents.number")),
    sa.ForeignKeyConstraint(["fleet", "vehicle", "alert"], ["alerts.fleet", "alerts.vehicle", "alerts.id"]),
    sa.Index(
        "one_open_alert",
        "fleet",
        "vehicle",
        "rule",
        "component",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
    sa.Index("handlings_by_kind", "fleet", "vehicle", "rule", "component"),
    sa.Index("handlings_by_incident", "incident"),
    comment="How each alert is handled as of its last step; one open alert for each vehicle, rule and component",
)
handling_steps: Final = sa.Table(
    "handling_steps",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("alert", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("step", sa.String(16), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(200)),
    sa.Column("note", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["fleet", "vehicle", "alert"], ["alerts.fleet", "alerts.vehicle", "alerts.id"]),
    sa.Index("handling_steps_by_alert", "fleet", "vehicle", "alert", "id"),
    comment="Every step of every alert's handling, and who took it",
)
_INCIDENT_KEY: Final = (incidents.c.opened_at, incidents.c.number)
_SAME: Final = sa.and_(
    alerts.c.fleet == handlings.c.fleet, alerts.c.vehicle == handlings.c.vehicle, alerts.c.id == handlings.c.alert
)

# What every message of a vehicle asks is built once: building a statement costs more than running it.
_HANDLED: Final = sa.select(handlings, alerts.c.started_at, alerts.c.ended_at).join(alerts, _SAME)
_ONE_HANDLED: Final = _HANDLED.where(
    *(handlings.c[name] == sa.bindparam(name) for name in ("fleet", "vehicle", "alert"))
)
_LIKE: Final = _HANDLED.where(
    *(handlings.c[name] == sa.bindparam(name) for name in ("fleet", "vehicle", "rule", "component")),
    handlings.c.alert != sa.bindparam("alert"),
)
_OPEN_LIKE: Final = _LIKE.where(handlings.c.state != HandlingState.RESOLVED)
_LAST_LIKE: Final = (
    _LIKE.where(alerts.c.started_at <= sa.bindparam("began", type_=UtcTime), handlings.c.step != Step.WORKSHOP)
    .order_by(alerts.c.started_at.desc())
    .limit(1)
)
_ADD_STEP: Final = sa.insert(handling_steps)
_OPEN_INCIDENT: Final = sa.select(incidents.c.number).where(
    *(incidents.c[name] == sa.bindparam(name) for name in ("fleet", "vehicle", "component")),
    incidents.c.closed_at.is_(None),
)
_REOPEN_INCIDENT: Final = (
    sa.update(incidents)
    .where(incidents.c.number == sa.bindparam("of"))
    .values(closed_at=None, reopened=incidents.c.reopened + 1)
)
_ADD_INCIDENT: Final = sa.insert(incidents).returning(incidents.c.number)
_CLOSE_INCIDENT: Final = (
    sa.update(incidents)
    .where(
        incidents.c.number == sa.bindparam("of"),
        incidents.c.closed_at.is_(None),
        ~sa.exists().where(handlings.c.incident == incidents.c.number, handlings.c.state != HandlingState.RESOLVED),
    )
    .values(closed_at=sa.bindparam("at", type_=UtcTime))
)


@dataclass(frozen=True, slots=True)
class Handled:
    """An alert's handling with what it takes to decide about others."""

    alert: str
    handling: Handling
    incident: int | None
    started_at: datetime
    ended_at: datetime | None
    """When the vehicle said that it ended."""


def put_handling(connection: Connection, alert: Alert, handling: Handling, incident: int | None) -> None:
    """Take a step: replace how the alert is handled, and add to its steps."""
    where = {"fleet": alert.address.fleet, "vehicle": alert.address.vehicle, "alert": alert.id}
    step = {
        "state": handling.state,
        "step": handling.step,
        "at": handling.at,
        "by": handling.by,
        "note": handling.note,
    }
    content = {**step, "rule": alert.rule, "component": alert.component, "incident": incident}
    put(connection, handlings, {**where, **content}, key=("fleet", "vehicle", "alert"), replace=tuple(content))
    connection.execute(_ADD_STEP, {**where, **step})


def handled_of(connection: Connection, address: Address, alert: str) -> Handled | None:
    """How one alert is handled."""
    key = {"fleet": address.fleet, "vehicle": address.vehicle, "alert": alert}
    row = connection.execute(_ONE_HANDLED, key).first()
    return None if row is None else _of(row)


def open_like(connection: Connection, alert: Alert) -> Handled | None:
    """The open alert of the same vehicle, rule and component, if there is one; never the alert itself."""
    row = connection.execute(_OPEN_LIKE, _kind_of(alert)).first()
    return None if row is None else _of(row)


def last_like(connection: Connection, alert: Alert) -> Handled | None:
    """The last of its kind that began before this one; none that only a workshop saw."""
    row = connection.execute(_LAST_LIKE, {**_kind_of(alert), "began": alert.started_at}).first()
    return None if row is None else _of(row)


def steps(connection: Connection, address: Address, alert: str, rows_max: int) -> list[Handling]:
    """Every step of an alert's handling, in order; the first `rows_max`."""
    table = handling_steps
    query = (
        sa.select(table)
        .where(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle, table.c.alert == alert)
        .order_by(table.c.id)
        .limit(rows_max)
    )
    return [_handling(row) for row in connection.execute(query)]


def steps_of_fleet(
    connection: Connection, fleet: str, since: datetime, until: datetime, rows_max: int
) -> list[tuple[tuple[str, str], Handling]]:
    """Every step in a fleet in this time, by vehicle and alert, in order; the first `rows_max`."""
    table = handling_steps
    query = sa.select(table).where(table.c.fleet == fleet, table.c.at >= since, table.c.at < until)
    query = query.order_by(table.c.vehicle, table.c.alert, table.c.id).limit(rows_max)
    return [((row.vehicle, row.alert), _handling(row)) for row in connection.execute(query)]


def last_step(connection: Connection) -> int:
    """The number of the last step of any alert; 0 before any."""
    last: int | None = connection.execute(sa.select(sa.func.max(handling_steps.c.id))).scalar()
    return last or 0


def changed_between(
    connection: Connection, after: int, until: int, wanted: AlertFilter, rows_max: int
) -> list[tuple[str, str, str]]:
    """Fleet, vehicle and id of the alerts with a step after that one and not after this one, each once, in order."""
    table = handling_steps
    last = sa.func.max(table.c.id)
    query = sa.select(table.c.fleet, table.c.vehicle, table.c.alert).where(table.c.id > after, table.c.id <= until)
    query = query.where(within(table.c.fleet, wanted.within))
    for column, value in ((table.c.fleet, wanted.fleet), (table.c.vehicle, wanted.vehicle)):
        if value is not None:
            query = query.where(column == value)
    query = query.group_by(table.c.fleet, table.c.vehicle, table.c.alert).order_by(last).limit(rows_max)
    return [(row.fleet, row.vehicle, row.alert) for row in connection.execute(query)]


def handlings_of(connection: Connection, listed: list[Alert]) -> dict[tuple[str, str, str], Handled]:
    """How these alerts are handled, by fleet, vehicle and id."""
    keys = [(alert.address.fleet, alert.address.vehicle, alert.id) for alert in listed]
    query = _HANDLED.where(sa.tuple_(handlings.c.fleet, handlings.c.vehicle, handlings.c.alert).in_(keys))
    return {(row.fleet, row.vehicle, row.alert): _of(row) for row in connection.execute(query)} if keys else {}


def open_incident(connection: Connection, alert: Alert, *, before: int | None, at: datetime) -> int:
    """The incident of an alert that opens: the open one of its component, else `before`, come back, else a new one."""
    key = {"fleet": alert.address.fleet, "vehicle": alert.address.vehicle, "component": alert.component}
    number: int | None = connection.execute(_OPEN_INCIDENT, key).scalar()
    if number is not None:
        return number
    if before is not None:
        connection.execute(_REOPEN_INCIDENT, {"of": before})
        return before
    row = {**key, "opened_at": at, "closed_at": None, "reopened": 0}
    made: int = connection.execute(_ADD_INCIDENT, row).scalar_one()
    return made


def close_incident(connection: Connection, number: int, at: datetime) -> None:
    """Close it unless one of its alerts is open."""
    connection.execute(_CLOSE_INCIDENT, {"of": number, "at": at})


def incident_of(connection: Connection, number: int) -> Incident | None:
    """One incident."""
    row = connection.execute(sa.select(incidents).where(incidents.c.number == number)).first()
    return None if row is None else _incident(row)


def alerts_of(connection: Connection, number: int, rows_max: int) -> list[tuple[str, str, str]]:
    """Fleet, vehicle and id of its alerts, the earliest first; the first `rows_max`."""
    query = (
        sa.select(handlings.c.fleet, handlings.c.vehicle, handlings.c.alert)
        .join(alerts, _SAME)
        .where(handlings.c.incident == number)
        .order_by(alerts.c.started_at, alerts.c.id)
        .limit(rows_max)
    )
    return [(row.fleet, row.vehicle, row.alert) for row in connection.execute(query)]


def list_incidents(
    connection: Connection, wanted: IncidentFilter, *, after: Key | None, rows_max: int
) -> list[Incident]:
    """Incidents, the latest first."""
    query = sa.select(incidents).order_by(*(column.desc() for column in _INCIDENT_KEY)).limit(rows_max)
    query = query.where(within(incidents.c.fleet, wanted.within))
    if wanted.fleet is not None:
        query = query.where(incidents.c.fleet == wanted.fleet)
    if wanted.vehicle is not None:
        query = query.where(incidents.c.vehicle == wanted.vehicle)
    if wanted.is_open is not None:
        query = query.where(incidents.c.closed_at.is_(None) if wanted.is_open else incidents.c.closed_at.is_not(None))
    if wanted.since is not None:
        query = query.where(incidents.c.opened_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(incidents.c.opened_at < wanted.until)
    if after is not None:
        query = query.where(beyond(_INCIDENT_KEY, after))
    return [_incident(row) for row in connection.execute(query)]


def false_alarms(connection: Connection, fleet: str) -> frozenset[int]:
    """The incidents of a fleet of which people called every alert false."""
    denied = sa.func.sum(sa.case((handlings.c.step == Step.FALSE_ALARM, 1), else_=0))
    query = sa.select(handlings.c.incident).where(handlings.c.fleet == fleet, handlings.c.incident.is_not(None))
    query = query.group_by(handlings.c.incident).having(denied == sa.func.count())
    return frozenset(row.incident for row in connection.execute(query))


def count_open_alerts(connection: Connection) -> dict[str, int]:
    """How many alerts are open, by severity, of those of which there are any."""
    number = sa.func.count().label("number")
    query = sa.select(alerts.c.severity, number).join(handlings, _SAME).group_by(alerts.c.severity)
    rows = connection.execute(query.where(handlings.c.state != HandlingState.RESOLVED))
    return {row.severity: row.number for row in rows}


def count_open_incidents(connection: Connection) -> int:
    """How many incidents are open."""
    query = sa.select(sa.func.count()).select_from(incidents).where(incidents.c.closed_at.is_(None))
    return connection.execute(query).scalar_one()


def _kind_of(alert: Alert) -> dict[str, str]:
    where = {"fleet": alert.address.fleet, "vehicle": alert.address.vehicle, "alert": alert.id}
    return {**where, "rule": alert.rule, "component": alert.component}


def _of(row: Row[Any]) -> Handled:
    return Handled(row.alert, _handling(row), row.incident, row.started_at, row.ended_at)


def _handling(row: Row[Any]) -> Handling:
    return Handling(HandlingState(row.state), Step(row.step), row.at, row.by, row.note)


def _incident(row: Row[Any]) -> Incident:
    return Incident(row.number, row.fleet, row.vehicle, row.component, row.opened_at, row.closed_at, row.reopened)
