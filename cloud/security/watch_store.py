"""The tables of behaviour monitoring, and all SQL on them."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, BigId, UtcTime
from cloud.database import beyond, insert_once, put
from cloud.pages import Key
from cloud.security.behaviour import Habit, Kind, Outcome, Suspicion
from cloud.security.finding import Finding, FindingFilter
from edge.wire.messages import Severity

_OPEN: Final = sa.text("closed_at IS NULL")
ActivityKey = tuple[str, datetime, str, Outcome]
"""Principal, begin of the hour, action, outcome."""

activities: Final = sa.Table(
    "activities",
    METADATA,
    sa.Column("principal", sa.String(200), primary_key=True),
    sa.Column("hour", UtcTime, primary_key=True),
    sa.Column("action", sa.String(64), primary_key=True),
    sa.Column("outcome", sa.String(16), primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Index("activities_by_hour", "hour"),
    comment="How often each principal did what in each hour, and whether it was allowed",
)
findings: Final = sa.Table(
    "findings",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("principal", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("first_at", UtcTime, nullable=False),
    sa.Column("last_at", UtcTime, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("closed_by", sa.String(200)),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("one_open_finding", "principal", "kind", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    comment="Behaviour that is not like somebody; one open finding for each principal and kind",
)
locks: Final = sa.Table(
    "locks",
    METADATA,
    sa.Column("principal", sa.String(200), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("finding", BigId, sa.ForeignKey("findings.id"), nullable=False),
    comment="Whose tokens open nothing until a person has looked at the finding",
)


def add_activities(connection: Connection, counts: Mapping[ActivityKey, int]) -> None:
    """Add to the counts of the hours."""
    key = ("principal", "hour", "action", "outcome")
    for names, count in sorted(counts.items()):
        put(connection, activities, {**dict(zip(key, names, strict=True)), "count": count}, key=key, add=("count",))


def forget_activities(connection: Connection, before: datetime) -> None:
    """Delete the hours before then."""
    connection.execute(sa.delete(activities).where(activities.c.hour < before))


def habit_of(connection: Connection, principal: str, since: datetime, until: datetime) -> Habit:
    """What a principal did from then until then."""
    total = sa.func.sum(activities.c.count).label("total")
    query = sa.select(activities.c.hour, total).group_by(activities.c.hour)
    rows = connection.execute(query.where(*_of(principal, since, until))).all()
    days_at = Counter(row.hour.hour for row in rows)
    return Habit(tuple(int(row.total) for row in rows), days_at, len({row.hour.date() for row in rows}))


def counts_of(connection: Connection, principal: str, hour: datetime) -> dict[Outcome, int]:
    """What is written of one hour of a principal."""
    total = sa.func.sum(activities.c.count).label("total")
    query = sa.select(activities.c.outcome, total).group_by(activities.c.outcome)
    rows = connection.execute(query.where(activities.c.principal == principal, activities.c.hour == hour))
    return {Outcome(row.outcome): int(row.total) for row in rows}


def told_since(connection: Connection, principal: str, since: datetime) -> set[tuple[Kind, Severity]]:
    """What was found of a principal since then, open or closed."""
    query = sa.select(findings.c.kind, findings.c.severity)
    rows = connection.execute(query.where(findings.c.principal == principal, findings.c.last_at >= since))
    return {(Kind(row.kind), Severity(row.severity)) for row in rows}


def raise_finding(connection: Connection, principal: str, suspicion: Suspicion, at: datetime) -> int:
    """Open a finding, or add to the open one of its kind, which only gets worse; its id."""
    row = {
        "principal": principal,
        "kind": suspicion.kind,
        "severity": suspicion.severity,
        "first_at": at,
        "last_at": at,
        "times": 1,
        "detail": suspicion.detail,
        "note": "",
    }
    is_new = insert_once(connection, findings, row)
    query = sa.select(findings.c.id, findings.c.severity).where(
        findings.c.principal == principal, findings.c.kind == suspicion.kind, findings.c.closed_at.is_(None)
    )
    held = connection.execute(query).one()
    if not is_new:
        worst = max(Severity(held.severity), suspicion.severity, key=list(Severity).index)
        changes = {"last_at": at, "severity": worst, "detail": suspicion.detail, "times": findings.c.times + 1}
        connection.execute(sa.update(findings).where(findings.c.id == held.id).values(changes))
    number: int = held.id
    return number


def lock(connection: Connection, principal: str, finding: int, at: datetime) -> bool:
    """Lock a principal's tokens; whether they were open."""
    return insert_once(connection, locks, {"principal": principal, "at": at, "finding": finding})


def unlock(connection: Connection, finding: int) -> None:
    """Unlock what is locked for a finding."""
    connection.execute(sa.delete(locks).where(locks.c.finding == finding))


def finding_that_locks(connection: Connection, principal: str) -> int | None:
    """The finding for which a principal's tokens are locked."""
    found: int | None = connection.execute(sa.select(locks.c.finding).where(locks.c.principal == principal)).scalar()
    return found


def finding_of(connection: Connection, number: int) -> Finding | None:
    """One finding."""
    row = connection.execute(_findings().where(findings.c.id == number)).first()
    return None if row is None else _finding(row)


def close_finding(connection: Connection, number: int, *, by: str, note: str, at: datetime) -> None:
    """Close it, as somebody has looked at it."""
    changes = {"closed_at": at, "closed_by": by, "note": note}
    connection.execute(sa.update(findings).where(findings.c.id == number), changes)


def list_findings(connection: Connection, wanted: FindingFilter, *, after: Key | None, rows_max: int) -> list[Finding]:
    """Findings, the newest first."""
    query = _findings().order_by(findings.c.id.desc()).limit(rows_max)
    for column, value in ((findings.c.principal, wanted.principal), (findings.c.kind, wanted.kind)):
        if value is not None:
            query = query.where(column == value)
    if wanted.is_open is not None:
        query = query.where(findings.c.closed_at.is_(None) if wanted.is_open else findings.c.closed_at.is_not(None))
    if after is not None:
        query = query.where(beyond((findings.c.id,), after))
    return [_finding(row) for row in connection.execute(query)]


def count_open(connection: Connection) -> dict[str, int]:
    """How many findings are open, by severity, of those of which there are any."""
    number = sa.func.count().label("number")
    query = sa.select(findings.c.severity, number).where(findings.c.closed_at.is_(None)).group_by(findings.c.severity)
    return {row.severity: row.number for row in connection.execute(query)}


def _of(principal: str, since: datetime, until: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return activities.c.principal == principal, activities.c.hour >= since, activities.c.hour < until


def _findings() -> sa.Select[Any]:
    return sa.select(findings, locks.c.principal.label("locked")).outerjoin(locks, locks.c.finding == findings.c.id)


def _finding(row: Row[Any]) -> Finding:
    return Finding(
        row.id,
        row.principal,
        Kind(row.kind),
        Severity(row.severity),
        row.first_at,
        row.last_at,
        row.times,
        row.detail,
        row.closed_at,
        row.closed_by,
        row.note,
        row.locked is not None,
    )
