"""The table of work orders, and all SQL on it. One order of a booking, by its unique key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_names, within
from cloud.database import beyond, insert_once
from cloud.pages import Key
from cloud.scheduling.work_order import Label, OrderFilter, OrderState, Report, WorkOrder
from edge.wire.topics import Address

work_orders: Final = sa.Table(
    "work_orders",
    METADATA,
    sa.Column("number", BigId, primary_key=True),
    sa.Column("booking", sa.String(32), sa.ForeignKey("bookings.id"), nullable=False, unique=True),
    sa.Column("incident", BigId, sa.ForeignKey("incidents.number"), nullable=False),
    *vehicle_names(),
    sa.Column("component", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("diagnosed_cause", sa.String(200)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("report", sa.JSON(none_as_null=True)),
    sa.Column("found_cause", sa.String(200)),
    sa.Column("label", sa.String(16)),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("started_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    to_vehicle(),
    sa.Index("work_orders_by_opened", "opened_at", "number"),
    comment="Each booked job once: what was predicted, what the workshop found, and the label that follows",
)
_REPORT: Final = TypeAdapter(Report)
_KEY: Final = (work_orders.c.opened_at, work_orders.c.number)


def add_order(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Insert an order unless its booking has one; whether it was new."""
    return insert_once(connection, work_orders, row)


def replace_order(connection: Connection, before: WorkOrder, after: WorkOrder) -> bool:
    """Replace an order; False where it has changed meanwhile."""
    same = sa.and_(work_orders.c.number == before.number, work_orders.c.sequence == before.sequence)
    changed = {
        "state": after.state,
        "sequence": after.sequence,
        "report": None if after.report is None else _REPORT.dump_python(after.report, mode="json"),
        "found_cause": None if after.report is None else after.report.found_cause,
        "label": after.label,
        "reason": after.reason,
        "started_at": after.started_at,
        "ended_at": after.ended_at,
    }
    return bool(connection.execute(sa.update(work_orders).where(same).values(changed)).rowcount)


def order_of(connection: Connection, number: int) -> WorkOrder | None:
    """One order."""
    row = connection.execute(sa.select(work_orders).where(work_orders.c.number == number)).first()
    return None if row is None else _order(row)


def order_of_booking(connection: Connection, booking: str) -> WorkOrder | None:
    """The order of a booking."""
    row = connection.execute(sa.select(work_orders).where(work_orders.c.booking == booking)).first()
    return None if row is None else _order(row)


def list_orders(connection: Connection, wanted: OrderFilter, *, after: Key | None, rows_max: int) -> list[WorkOrder]:
    """Orders, the latest first."""
    query = sa.select(work_orders).order_by(*(column.desc() for column in _KEY)).limit(rows_max)
    query = query.where(within(work_orders.c.fleet, wanted.within))
    named = {"fleet": wanted.fleet, "vehicle": wanted.vehicle, "state": wanted.state}
    for column, value in ((work_orders.c[name], value) for name, value in named.items()):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(beyond(_KEY, after))
    return [_order(row) for row in connection.execute(query)]


def count_labels(
    connection: Connection, fleets: frozenset[str] | None, since: datetime | None
) -> list[tuple[str | None, Label, int]]:
    """How often each diagnosed cause got each label, by cause."""
    number = sa.func.count().label("number")
    table = work_orders
    query = sa.select(table.c.diagnosed_cause, table.c.label, number).where(table.c.label.is_not(None))
    query = query.where(within(table.c.fleet, fleets)).group_by(table.c.diagnosed_cause, table.c.label)
    if since is not None:
        query = query.where(table.c.ended_at >= since)
    rows = connection.execute(query.order_by(table.c.diagnosed_cause, table.c.label))
    return [(row.diagnosed_cause, Label(row.label), row.number) for row in rows]


def _order(row: Row[Any]) -> WorkOrder:
    return WorkOrder(
        number=row.number,
        booking=row.booking,
        incident=row.incident,
        address=Address(row.fleet, row.vehicle),
        component=row.component,
        kind=row.kind,
        title=row.title,
        diagnosed_cause=row.diagnosed_cause,
        state=OrderState(row.state),
        sequence=row.sequence,
        report=None if row.report is None else _REPORT.validate_python(row.report, strict=False),
        label=None if row.label is None else Label(row.label),
        reason=row.reason,
        opened_at=row.opened_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
