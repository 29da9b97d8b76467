"""The tables of cases and their steps, and all SQL on them. One open case of an incident, by its unique index."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_names, within
from cloud.database import beyond, insert_once
from cloud.health.model import Diagnosis
from cloud.pages import Key
from cloud.scheduling.model import Job
from cloud.workflow.model import Agent, Answer, Case, CaseFilter, CaseOffer, CaseState, Entry, Opening
from edge.wire.messages import Action
from edge.wire.topics import Address

_OPEN: Final = sa.text("ended_at IS NULL")

cases: Final = sa.Table(
    "cases",
    METADATA,
    sa.Column("number", BigId, primary_key=True),
    sa.Column("incident", BigId, sa.ForeignKey("incidents.number"), nullable=False),
    sa.Column("coming", sa.Integer, nullable=False),
    *vehicle_names(),
    sa.Column("component", sa.String(200), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("agent", sa.String(16), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("wake_at", UtcTime),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("action", sa.String(16)),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("correlation", sa.String(64), nullable=False),
    sa.Column("diagnosis", sa.JSON(none_as_null=True)),
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("reminded", sa.Boolean, nullable=False),
    sa.Column("answer", sa.String(8)),
    sa.Column("answered_by", sa.String(200)),
    sa.Column("choose_for_me", sa.Boolean, nullable=False),
    sa.Column("job", sa.JSON(none_as_null=True)),
    sa.Column("offers", sa.JSON, nullable=False),
    sa.Column("chosen", sa.Integer),
    sa.Column("visit", sa.Integer, nullable=False),
    sa.Column("booking", sa.String(32), sa.ForeignKey("bookings.id")),
    sa.Column("work_order", BigId, sa.ForeignKey("work_orders.number")),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("seen", sa.String(200), nullable=False),
    to_vehicle(),
    sa.UniqueConstraint("incident", "coming"),
    sa.Index("one_open_case", "incident", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("cases_by_made", "made_at", "number"),
    sa.Index("cases_by_wake", "wake_at"),
    comment="What becomes of each incident on its way to a repair, as it stands; one open case of an incident",
)
case_steps: Final = sa.Table(
    "case_steps",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("case", BigId, sa.ForeignKey("cases.number"), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("agent", sa.String(16), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("case_steps_by_case", "case", "id"),
    comment="Every step of every case, and which agent or person took it",
)

_DIAGNOSIS: Final = TypeAdapter(Diagnosis)
_JOB: Final = TypeAdapter(Job)
_OFFERS: Final = TypeAdapter(tuple[CaseOffer, ...])
_KEY: Final = (cases.c.made_at, cases.c.number)
_PLAIN: Final = (
    "state", "agent", "sequence", "changed_at", "ended_at", "wake_at", "reason", "action", "summary", "correlation",
    "asked", "reminded", "answer", "answered_by", "choose_for_me", "chosen", "visit", "booking", "work_order",
    "failures", "seen",
)  # fmt: skip
"""The columns that are a case's fields as they are."""


def open_case(connection: Connection, opening: Opening, now: datetime) -> Case | None:
    """Insert a new case; None where this coming of the incident has one, or an older one is still open."""
    row = {
        "incident": opening.incident,
        "coming": opening.coming,
        "fleet": opening.address.fleet,
        "vehicle": opening.address.vehicle,
        "component": opening.component,
        "made_at": now,
        **_content(Case(0, opening.incident, opening.coming, opening.address, opening.component,
                        CaseState.NEW, Agent.DATA, 0, now, now, wake_at=now)),
    }  # fmt: skip
    if not insert_once(connection, cases, row):
        return None
    query = sa.select(cases).where(cases.c.incident == opening.incident, cases.c.coming == opening.coming)
    return _case(connection.execute(query).one())


def replace_case(connection: Connection, before: Case, after: Case) -> bool:
    """Replace a case; False where it has changed meanwhile."""
    same = sa.and_(cases.c.number == before.number, cases.c.sequence == before.sequence)
    return bool(connection.execute(sa.update(cases).where(same).values(**_content(after))).rowcount)


def add_step(connection: Connection, number: int, entry: Entry) -> None:
    """Add to a case's timeline."""
    row = {"case": number, "at": entry.at, "by": entry.by, "state": entry.state, "agent": entry.agent}
    connection.execute(sa.insert(case_steps), {**row, "note": entry.note})


def case_of(connection: Connection, number: int) -> Case | None:
    """One case."""
    row = connection.execute(sa.select(cases).where(cases.c.number == number)).first()
    return None if row is None else _case(row)


def open_case_of(connection: Connection, incident: int) -> Case | None:
    """The open case of an incident."""
    query = sa.select(cases).where(cases.c.incident == incident, cases.c.ended_at.is_(None))
    row = connection.execute(query).first()
    return None if row is None else _case(row)


def steps(connection: Connection, number: int, rows_max: int) -> list[Entry]:
    """The timeline of a case; the last `rows_max` of it, in order."""
    table = case_steps
    query = sa.select(table).where(table.c.case == number).order_by(table.c.id.desc()).limit(rows_max)
    rows = connection.execute(query).all()[::-1]
    return [Entry(row.at, row.by, CaseState(row.state), Agent(row.agent), row.note) for row in rows]


def known_comings(connection: Connection, incidents: list[int]) -> set[tuple[int, int]]:
    """Which comings of these incidents have a case."""
    query = sa.select(cases.c.incident, cases.c.coming).where(cases.c.incident.in_(incidents))
    return {(row.incident, row.coming) for row in connection.execute(query)}


def due(connection: Connection, now: datetime, rows_max: int) -> list[Case]:
    """Cases that are to be looked at by now, the longest due first; ended ones where their run is to end as well."""
    query = sa.select(cases).where(cases.c.wake_at <= now)
    return [_case(row) for row in connection.execute(query.order_by(cases.c.wake_at, cases.c.number).limit(rows_max))]


def open_after(connection: Connection, number: int, rows_max: int) -> list[Case]:
    """Open cases with greater numbers, by number."""
    query = sa.select(cases).where(cases.c.ended_at.is_(None), cases.c.number > number)
    return [_case(row) for row in connection.execute(query.order_by(cases.c.number).limit(rows_max))]


def count_states(connection: Connection) -> dict[str, int]:
    """How many open cases there are, by state, of those of which there are any."""
    number = sa.func.count().label("number")
    query = sa.select(cases.c.state, number).where(cases.c.ended_at.is_(None)).group_by(cases.c.state)
    return {row.state: row.number for row in connection.execute(query)}


def list_cases(connection: Connection, wanted: CaseFilter, *, after: Key | None, rows_max: int) -> list[Case]:
    """Cases, the latest first."""
    query = sa.select(cases).order_by(*(column.desc() for column in _KEY)).limit(rows_max)
    query = query.where(within(cases.c.fleet, wanted.within))
    for column, value in (
        (cases.c.fleet, wanted.fleet), (cases.c.vehicle, wanted.vehicle), (cases.c.state, wanted.state)
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if wanted.is_open is not None:
        query = query.where(cases.c.ended_at.is_(None) if wanted.is_open else cases.c.ended_at.is_not(None))
    if after is not None:
        query = query.where(beyond(_KEY, after))
    return [_case(row) for row in connection.execute(query)]


def _content(case: Case) -> dict[str, Any]:
    return {
        **{name: getattr(case, name) for name in _PLAIN},
        "diagnosis": None if case.diagnosis is None else _DIAGNOSIS.dump_python(case.diagnosis, mode="json"),
        "job": None if case.job is None else _JOB.dump_python(case.job, mode="json"),
        "offers": _OFFERS.dump_python(case.offers, mode="json"),
    }


def _case(row: Row[Any]) -> Case:
    plain = {name: getattr(row, name) for name in _PLAIN}
    plain |= {
        "state": CaseState(row.state),
        "agent": Agent(row.agent),
        "action": None if row.action is None else Action(row.action),
        "answer": None if row.answer is None else Answer(row.answer),
    }
    return Case(
        number=row.number,
        incident=row.incident,
        coming=row.coming,
        address=Address(row.fleet, row.vehicle),
        component=row.component,
        made_at=row.made_at,
        diagnosis=None if row.diagnosis is None else _DIAGNOSIS.validate_python(row.diagnosis, strict=False),
        job=None if row.job is None else _JOB.validate_python(row.job, strict=False),
        offers=_OFFERS.validate_python(row.offers, strict=False),
        **plain,
    )
