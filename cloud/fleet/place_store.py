"""The table of where vehicles were, an hour a row, and all SQL on it."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cloud.columns import METADATA, UtcTime, to_vehicle, vehicle_key
from cloud.database import put
from cloud.fleet.model import Seen
from edge.wire.topics import Address

PLACES_MAX: Final = 2_000
"""Of one look: twelve weeks of hours."""

hourly_places: Final = sa.Table(
    "hourly_places",
    METADATA,
    *vehicle_key(),
    sa.Column("hour", UtcTime, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("latitude_deg", sa.Float, nullable=False),
    sa.Column("longitude_deg", sa.Float, nullable=False),
    sa.Column("accuracy_m", sa.Float),
    to_vehicle(),
    comment="Where each vehicle was last in each hour in which it said so; only the newest days are kept",
)


def put_place(connection: Connection, address: Address, seen: Seen) -> None:
    """Keep where a vehicle was, unless a later place of the same hour is held."""
    table, hour = hourly_places, seen.at.replace(minute=0, second=0, microsecond=0)
    held = sa.select(table.c.at).where(_of(address), table.c.hour == hour)
    later: datetime | None = connection.execute(held).scalar()
    if later is not None and later >= seen.at:
        return
    content = {
        "at": seen.at,
        "latitude_deg": seen.latitude_deg,
        "longitude_deg": seen.longitude_deg,
        "accuracy_m": seen.accuracy_m,
    }
    row = {"fleet": address.fleet, "vehicle": address.vehicle, "hour": hour, **content}
    put(connection, table, row, key=("fleet", "vehicle", "hour"), replace=tuple(content))


def places_between(connection: Connection, address: Address, since: datetime, until: datetime) -> list[Seen]:
    """Where a vehicle was within this time, the earliest first."""
    table = hourly_places
    query = sa.select(table.c.at, table.c.latitude_deg, table.c.longitude_deg, table.c.accuracy_m)
    # By the key first: an hour begins at most an hour before what is in it.
    query = query.where(_of(address), table.c.hour > since - timedelta(hours=1), table.c.hour <= until)
    query = query.where(table.c.at >= since, table.c.at <= until).order_by(table.c.hour).limit(PLACES_MAX)
    return [Seen(*row) for row in connection.execute(query)]


def expire_places(connection: Connection, address: Address, before: datetime) -> int:
    """Delete where a vehicle was before then; how many hours went."""
    return connection.execute(sa.delete(hourly_places).where(_of(address), hourly_places.c.hour < before)).rowcount


def _of(address: Address) -> sa.ColumnElement[bool]:
    return sa.and_(hourly_places.c.fleet == address.fleet, hourly_places.c.vehicle == address.vehicle)
