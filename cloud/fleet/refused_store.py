"""The table of what vehicles have refused, and all SQL on it."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime, to_vehicle, vehicle_key
from cloud.database import put
from edge.wire.topics import Address

vehicle_refusals: Final = sa.Table(
    "vehicle_refusals",
    METADATA,
    *vehicle_key(),
    sa.Column("what", sa.String(64), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("times", sa.BigInteger, nullable=False),
    sa.Column("heard_at", UtcTime, nullable=False),
    sa.Column("told_at", UtcTime),
    sa.Column("lines", sa.Integer, nullable=False),
    sa.Column("lines_since", UtcTime, nullable=False),
    to_vehicle(),
    comment="What each vehicle has refused of what was signed for it, how often, and what of that is in the audit",
)
_KEY: Final = ("fleet", "vehicle", "what")


def find(connection: Connection, address: Address, what: str) -> Row[Any] | None:
    """What is known of one."""
    is_it = sa.and_(_of(address), vehicle_refusals.c.what == what)
    return connection.execute(sa.select(vehicle_refusals).where(is_it)).first()


def lines_since(connection: Connection, address: Address, since: datetime) -> int:
    """How many lines of the audit a vehicle has had in stretches that began since then."""
    total = sa.select(sa.func.sum(vehicle_refusals.c.lines))
    return connection.execute(total.where(_of(address), vehicle_refusals.c.lines_since > since)).scalar() or 0


def put_refusal(connection: Connection, address: Address, what: str, **columns: Any) -> None:
    """Keep it as it stands."""
    row = {"fleet": address.fleet, "vehicle": address.vehicle, "what": what, **columns}
    put(connection, vehicle_refusals, row, key=_KEY, replace=tuple(columns))


def forget(connection: Connection, address: Address, heard_before: datetime) -> None:
    """Delete what a vehicle has not refused any more since then."""
    connection.execute(sa.delete(vehicle_refusals).where(_of(address), vehicle_refusals.c.heard_at < heard_before))


def _of(address: Address) -> sa.ColumnElement[bool]:
    return sa.and_(vehicle_refusals.c.fleet == address.fleet, vehicle_refusals.c.vehicle == address.vehicle)
