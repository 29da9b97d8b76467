"""The table of what is wanted of vehicles, and all SQL on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime, vehicle_key
from cloud.database import put
from cloud.fleet.model import Desired
from edge.wire.signed import DocumentKind, Signed
from edge.wire.topics import Address

desired: Final = sa.Table(
    "desired",
    METADATA,
    *vehicle_key(),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("signed", sa.JSON, nullable=False, server_default="{}"),
    sa.Index("desired_changed", "changed_at"),
    comment="What is wanted of each vehicle of which anything ever was, with what is signed; versions only grow",
)


def put_desired(connection: Connection, wanted: Desired) -> None:
    """Keep it in place of what was wanted before."""
    content = {
        "version": wanted.version,
        "state": dict(wanted.state),
        "changed_at": wanted.changed_at,
        "signed": {kind: signed.model_dump(mode="json") for kind, signed in wanted.signed.items()},
    }
    row = {"fleet": wanted.address.fleet, "vehicle": wanted.address.vehicle, **content}
    put(connection, desired, row, key=("fleet", "vehicle"), replace=tuple(content))


def desired_of(connection: Connection, address: Address) -> Desired | None:
    """What is wanted of a vehicle; None: nothing ever was."""
    table = desired
    query = sa.select(table).where(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)
    row = connection.execute(query).one_or_none()
    return None if row is None else _desired(row)


def versions_since(connection: Connection, since: datetime | None) -> list[tuple[Address, int]]:
    """Whose was changed then or later, the longest ago first, with the version; None: of every vehicle."""
    table = desired
    query = sa.select(table.c.fleet, table.c.vehicle, table.c.version).order_by(table.c.changed_at)
    if since is not None:
        query = query.where(table.c.changed_at >= since)
    return [(Address(row.fleet, row.vehicle), row.version) for row in connection.execute(query)]


def desired_of_each(connection: Connection, addresses: Sequence[Address]) -> list[Desired]:
    """What is wanted of these vehicles, the longest unchanged first."""
    names = [(one.fleet, one.vehicle) for one in addresses]
    query = sa.select(desired).where(sa.tuple_(desired.c.fleet, desired.c.vehicle).in_(names))
    return [_desired(row) for row in connection.execute(query.order_by(desired.c.changed_at))]


def _desired(row: Row[Any]) -> Desired:
    signed = {DocumentKind(kind): Signed.model_validate(one) for kind, one in row.signed.items()}
    return Desired(Address(row.fleet, row.vehicle), row.version, row.state, row.changed_at, signed)
