"""The table of corrective and preventive actions, and all SQL on it."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, NAME_LENGTH, BigId, UtcTime, within
from cloud.database import beyond
from cloud.pages import Key
from cloud.rca.capa import Capa, CapaFilter, CapaState, Kind
from cloud.rca.cohort import Attribute

_TEXT: Final = 200
capas: Final = sa.Table(
    "capas",
    METADATA,
    sa.Column("number", BigId, primary_key=True),
    sa.Column("fleet", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("title", sa.String(_TEXT), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("component", sa.String(_TEXT), nullable=False),
    sa.Column("attribute", sa.String(16)),
    sa.Column("value", sa.String(_TEXT + 1)),
    sa.Column("insight", sa.BigInteger),
    sa.Column("owner", sa.String(_TEXT), nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("done_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("capas_by_fleet", "fleet", "number"),
    comment="Corrective and preventive actions as they stand: what, who, until when, and whether it helped",
)
_PLAIN: Final = tuple(Capa.__dataclass_fields__)


def add_capa(connection: Connection, capa: Capa) -> int:
    """Keep a new one; its number."""
    row = {name: getattr(capa, name) for name in _PLAIN if name != "number"}
    number: int = connection.execute(sa.insert(capas).returning(capas.c.number), row).scalar_one()
    return number


def replace_capa(connection: Connection, before: Capa, after: Capa) -> bool:
    """Replace one; False where it has changed meanwhile."""
    same = sa.and_(capas.c.number == before.number, capas.c.sequence == before.sequence)
    row = {name: getattr(after, name) for name in _PLAIN if name != "number"}
    return bool(connection.execute(sa.update(capas).where(same).values(row)).rowcount)


def capa_of(connection: Connection, number: int) -> Capa | None:
    """One action."""
    row = connection.execute(sa.select(capas).where(capas.c.number == number)).first()
    return None if row is None else _capa(row)


def count_open(connection: Connection, fleet: str) -> int:
    """How many of a fleet are open or done, and not over."""
    going = capas.c.state.in_([CapaState.OPEN, CapaState.DONE])
    query = sa.select(sa.func.count()).select_from(capas).where(capas.c.fleet == fleet, going)
    counted: int = connection.execute(query).scalar_one()
    return counted


def list_capas(connection: Connection, wanted: CapaFilter, *, after: Key | None, rows_max: int) -> list[Capa]:
    """Actions, the latest first."""
    query = sa.select(capas).order_by(capas.c.number.desc()).limit(rows_max)
    query = query.where(within(capas.c.fleet, wanted.within))
    for column, value in ((capas.c.fleet, wanted.fleet), (capas.c.state, wanted.state)):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(beyond((capas.c.number,), after))
    return [_capa(row) for row in connection.execute(query)]


def _capa(row: Row[Any]) -> Capa:
    same = {name: getattr(row, name) for name in _PLAIN}
    attribute = None if row.attribute is None else Attribute(row.attribute)
    return Capa(**{**same, "kind": Kind(row.kind), "state": CapaState(row.state), "attribute": attribute})
