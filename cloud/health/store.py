"""The tables of trouble codes, folded indicators and services, and all SQL on them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime, to_vehicle, vehicle_key, within
from cloud.database import beyond, put
from cloud.health.model import CodeFilter, Serviced, StandingCode
from cloud.health.stretch import QUARTER, Figure, Figures, Fold, Stretch
from cloud.pages import Key
from edge.wire.envelope import Clock
from edge.wire.messages import TroubleCodeStatus
from edge.wire.topics import Address

trouble_codes: Final = sa.Table(
    "trouble_codes",
    METADATA,
    *vehicle_key(),
    sa.Column("ecu", sa.String(200), primary_key=True),
    sa.Column("code", sa.String(200), primary_key=True),
    sa.Column("failure_type", sa.Text, primary_key=True),
    sa.Column("protocol", sa.String(200), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("lamp", sa.Text),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("freeze_frame", sa.JSON, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("stream", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    to_vehicle(),
    sa.Index("trouble_codes_by_receipt", "received_at"),
    comment="Every trouble code of each control unit as it was told last; failure_type is empty where there is none",
)
indicator_stretches: Final = sa.Table(
    "indicator_stretches",
    METADATA,
    *vehicle_key(),
    sa.Column("fold", sa.String(16), primary_key=True),
    sa.Column("started_at", UtcTime, primary_key=True),
    sa.Column("figures", sa.JSON, nullable=False),
    to_vehicle(),
    comment="What each indicator of health did in each quarter of an hour and in each day; the newest of each vehicle",
)
service_items: Final = sa.Table(
    "service_items",
    METADATA,
    *vehicle_key(),
    sa.Column("component", sa.String(200), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    to_vehicle(),
    comment="When each component of a vehicle was last put right; what was known before no longer counts",
)

_FIGURES: Final = sa.cast(indicator_stretches.c.figures, sa.Text)
"""As text: a look at a vehicle reads a thousand of them, and pydantic's parser takes a third of json's time."""
_CODE_KEY: Final = ("fleet", "vehicle", "ecu", "code", "failure_type")
_LISTED: Final = (
    trouble_codes.c.received_at,
    trouble_codes.c.fleet,
    trouble_codes.c.vehicle,
    trouble_codes.c.ecu,
    trouble_codes.c.code,
    trouble_codes.c.failure_type,
)


def code_place(connection: Connection, code: StandingCode) -> tuple[int, int] | None:
    """Where in the streams the code that is held was told."""
    query = sa.select(trouble_codes.c.stream, trouble_codes.c.seq).where(
        _of(trouble_codes, code.address),
        trouble_codes.c.ecu == code.ecu,
        trouble_codes.c.code == code.code,
        trouble_codes.c.failure_type == (code.failure_type or ""),
    )
    row = connection.execute(query).first()
    return None if row is None else (row.stream, row.seq)


def put_code(connection: Connection, code: StandingCode, place: tuple[int, int]) -> None:
    """Insert a code or replace what is held of it."""
    content = {
        "protocol": code.protocol,
        "status": code.status,
        "lamp": code.lamp,
        "seen_at": code.seen_at,
        "clock": code.clock,
        "freeze_frame": dict(code.freeze_frame),
        "received_at": code.received_at,
        "stream": place[0],
        "seq": place[1],
    }
    key = {
        "fleet": code.address.fleet,
        "vehicle": code.address.vehicle,
        "ecu": code.ecu,
        "code": code.code,
        "failure_type": code.failure_type or "",
    }
    put(connection, trouble_codes, {**key, **content}, key=_CODE_KEY, replace=tuple(content))


def expire_codes(connection: Connection, address: Address, codes_max: int) -> int:
    """Delete the codes of a vehicle that were told longest ago, beyond so many; how many went."""
    table = trouble_codes
    newest_first = (
        sa.select(table.c.received_at)
        .where(_of(table, address))
        .order_by(table.c.received_at.desc())
        .offset(codes_max)
        .limit(1)
    )
    gone = sa.delete(table).where(_of(table, address), table.c.received_at <= newest_first.scalar_subquery())
    return connection.execute(gone).rowcount


def codes_of(connection: Connection, address: Address) -> list[StandingCode]:
    """All codes of a vehicle, gone ones as well, in the order in which they came to their status."""
    table = trouble_codes
    query = sa.select(table).where(_of(table, address)).order_by(table.c.seen_at, table.c.ecu, table.c.code)
    return [_code(row) for row in connection.execute(query)]


def list_codes(connection: Connection, wanted: CodeFilter, *, after: Key | None, rows_max: int) -> list[StandingCode]:
    """Codes, what was told last first."""
    table = trouble_codes
    query = sa.select(table).order_by(*(column.desc() for column in _LISTED)).limit(rows_max)
    query = query.where(within(table.c.fleet, wanted.within))
    if wanted.fleet is not None:
        query = query.where(table.c.fleet == wanted.fleet)
    if wanted.vehicle is not None:
        query = query.where(table.c.vehicle == wanted.vehicle)
    if wanted.present is not None:
        is_gone = table.c.status == TroubleCodeStatus.GONE
        query = query.where(~is_gone if wanted.present else is_gone)
    if after is not None:
        query = query.where(beyond(_LISTED, after))
    return [_code(row) for row in connection.execute(query)]


def figures_of(connection: Connection, address: Address, fold: Fold, started_at: datetime) -> dict[str, Figure]:
    """What is folded into one stretch so far; empty before its first minute."""
    table = indicator_stretches
    query = sa.select(_FIGURES).where(_of(table, address), table.c.fold == fold, table.c.started_at == started_at)
    text = connection.execute(query).scalar()
    return {} if text is None else _figures(text)


def put_figures(connection: Connection, address: Address, fold: Fold, started_at: datetime, figures: Figures) -> None:
    """Insert a stretch or replace it."""
    row = {
        "fleet": address.fleet,
        "vehicle": address.vehicle,
        "fold": fold,
        "started_at": started_at,
        "figures": dict(figures),
    }
    key = ("fleet", "vehicle", "fold", "started_at")
    put(connection, indicator_stretches, row, key=key, replace=("figures",))


def expire_stretches(connection: Connection, address: Address, fold: Fold, stretches_max: int) -> int:
    """Delete a vehicle's oldest stretches beyond so many; how many went."""
    table = indicator_stretches
    mine = sa.and_(_of(table, address), table.c.fold == fold)
    newest_first = sa.select(table.c.started_at).where(mine).order_by(table.c.started_at.desc())
    limit = newest_first.offset(stretches_max).limit(1).scalar_subquery()
    return connection.execute(sa.delete(table).where(mine, table.c.started_at <= limit)).rowcount


def stretches_of(connection: Connection, address: Address, fold: Fold, until: datetime) -> list[Stretch]:
    """The stretches of a vehicle that began until then, oldest first."""
    table = indicator_stretches
    query = (
        sa.select(table.c.started_at, _FIGURES)
        .where(_of(table, address), table.c.fold == fold, table.c.started_at <= until)
        .order_by(table.c.started_at)
    )
    return [Stretch(started_at, _figures(text)) for started_at, text in connection.execute(query)]


def told_until(connection: Connection, address: Address) -> datetime | None:
    """The end of the last quarter of an hour that a vehicle told of, by its own clock; None: it told of none."""
    table = indicator_stretches
    query = sa.select(sa.func.max(table.c.started_at)).where(_of(table, address), table.c.fold == Fold.QUARTER)
    last: datetime | None = connection.execute(query).scalar()
    return None if last is None else last + QUARTER


def put_serviced(connection: Connection, address: Address, serviced: Serviced) -> None:
    """A component was put right; the latest stands, whatever came first."""
    held = services_of(connection, address).get(serviced.component)
    if held is not None and held.at >= serviced.at:
        return
    row = {
        "fleet": address.fleet,
        "vehicle": address.vehicle,
        "component": serviced.component,
        "at": serviced.at,
        "by": serviced.by,
    }
    put(connection, service_items, row, key=("fleet", "vehicle", "component"), replace=("at", "by"))


def services_of(connection: Connection, address: Address) -> Mapping[str, Serviced]:
    """When each component of a vehicle was last put right; only those that were."""
    query = sa.select(service_items).where(_of(service_items, address))
    return {row.component: Serviced(row.component, row.at, row.by) for row in connection.execute(query)}


def _of(table: sa.Table, address: Address) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)


def _figures(text: str) -> dict[str, Figure]:
    return {name: Figure(*figure) for name, figure in from_json(text).items()}


def _code(row: Row[Any]) -> StandingCode:
    return StandingCode(
        address=Address(row.fleet, row.vehicle),
        ecu=row.ecu,
        code=row.code,
        failure_type=row.failure_type or None,
        protocol=row.protocol,
        status=TroubleCodeStatus(row.status),
        lamp=row.lamp,
        seen_at=row.seen_at,
        clock=Clock(row.clock),
        freeze_frame=row.freeze_frame,
        received_at=row.received_at,
    )
