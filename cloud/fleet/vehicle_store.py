"""The tables of vehicles and their twins, and all SQL on them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime, to_vehicle, vehicle_key, within
from cloud.database import insert_once, put
from cloud.fleet.model import Told, TwinPart, Vehicle, VehicleFilter, Whereabouts
from cloud.pages import Key
from edge.wire.envelope import Clock
from edge.wire.messages import Health, Position, Reported
from edge.wire.topics import Address

vehicles: Final = sa.Table(
    "vehicles",
    METADATA,
    *vehicle_key(),
    sa.Column("first_seen_at", UtcTime, nullable=False),
    sa.Column("last_seen_at", UtcTime, nullable=False),
    sa.Column("said_offline_at", UtcTime),
    sa.Column("quiet_until", UtcTime),
    comment="Every vehicle that was heard, made at its first message",
)
twin_parts: Final = sa.Table(
    "twin_parts",
    METADATA,
    *vehicle_key(),
    sa.Column("part", sa.String(16), primary_key=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("observed_at", UtcTime, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("stream", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    to_vehicle(),
    comment="The latest that each vehicle said of itself: reported state, health, position; and where in its streams",
)


_BODIES: Final[Mapping[TwinPart, type[Reported | Health | Position]]] = {
    TwinPart.REPORTED: Reported,
    TwinPart.HEALTH: Health,
    TwinPart.POSITION: Position,
    TwinPart.CAMPAIGNS: Reported,
    TwinPart.UPDATE: Reported,
    TwinPart.REFUSED: Reported,
}


def see(connection: Connection, address: Address, at: datetime) -> None:
    """Something came from this vehicle; it may be the first that is heard of it."""
    row = {"fleet": address.fleet, "vehicle": address.vehicle, "first_seen_at": at, "last_seen_at": at}
    put(connection, vehicles, row, key=("fleet", "vehicle"), replace=("last_seen_at",))


def meet(connection: Connection, address: Address, at: datetime) -> None:
    """There is such a vehicle, though what told of it may be old."""
    row = {"fleet": address.fleet, "vehicle": address.vehicle, "first_seen_at": at, "last_seen_at": at}
    insert_once(connection, vehicles, row)


def set_said_offline(connection: Connection, address: Address, at: datetime | None) -> None:
    """Its goodbye came at this time; None: its hello."""
    connection.execute(sa.update(vehicles).where(_of(vehicles, address)).values(said_offline_at=at))


def set_quiet_until(connection: Connection, address: Address, at: datetime | None) -> None:
    """It need say nothing before this time; None: it goes on talking."""
    connection.execute(sa.update(vehicles).where(_of(vehicles, address)).values(quiet_until=at))


def vehicle(connection: Connection, address: Address) -> Vehicle | None:
    """One vehicle, if it was ever heard."""
    row = connection.execute(sa.select(vehicles).where(_of(vehicles, address))).first()
    return None if row is None else _vehicle(row)


def list_vehicles(connection: Connection, wanted: VehicleFilter, *, after: Key | None, rows_max: int) -> list[Vehicle]:
    """Vehicles by fleet and name."""
    query = sa.select(vehicles).order_by(vehicles.c.fleet, vehicles.c.vehicle).limit(rows_max)
    query = query.where(within(vehicles.c.fleet, wanted.within))
    if wanted.fleet is not None:
        query = query.where(vehicles.c.fleet == wanted.fleet)
    if after is not None:
        query = query.where(sa.tuple_(vehicles.c.fleet, vehicles.c.vehicle) > sa.tuple_(*after))
    return [_vehicle(row) for row in connection.execute(query)]


def last_heard(connection: Connection, fleet: str) -> dict[str, datetime]:
    """When each vehicle of a fleet was heard last."""
    query = sa.select(vehicles.c.vehicle, vehicles.c.last_seen_at).where(vehicles.c.fleet == fleet)
    return {row.vehicle: row.last_seen_at for row in connection.execute(query)}


def members(connection: Connection, fleet: str) -> list[Address]:
    """All vehicles of a fleet, by name."""
    query = sa.select(vehicles.c.vehicle).where(vehicles.c.fleet == fleet).order_by(vehicles.c.vehicle)
    return [Address(fleet, name) for name in connection.execute(query).scalars()]


def count_vehicles(connection: Connection, heard_since: datetime) -> tuple[int, int, int]:
    """How many there are; of those that have said no goodbye since they were heard, how many are not yet as late as
    that with what they promised to say, and how many others were heard since then.
    """
    gone = vehicles.c.said_offline_at.is_not(None) & (vehicles.c.said_offline_at >= vehicles.c.last_seen_at)
    asleep = vehicles.c.quiet_until.is_not(None) & (vehicles.c.quiet_until >= heard_since) & ~gone
    online = (vehicles.c.last_seen_at >= heard_since) & ~gone & ~asleep
    counts = (sa.func.count(), sa.func.count(sa.case((asleep, 1))), sa.func.count(sa.case((online, 1))))
    known, quiet, here = connection.execute(sa.select(*counts).select_from(vehicles)).one()
    return known, quiet, here


def twin_place(connection: Connection, address: Address, part: TwinPart) -> tuple[int, int] | None:
    """Where in the streams the part that is held was said."""
    query = sa.select(twin_parts.c.stream, twin_parts.c.seq)
    row = connection.execute(query.where(_of(twin_parts, address), twin_parts.c.part == part)).first()
    return None if row is None else (row.stream, row.seq)


def put_twin_part(connection: Connection, address: Address, part: TwinPart, told: Told, place: tuple[int, int]) -> None:
    """Replace a part of a twin."""
    content = {
        "body": told.body.model_dump(mode="json"),
        "observed_at": told.observed_at,
        "clock": told.clock,
        "received_at": told.received_at,
        "stream": place[0],
        "seq": place[1],
    }
    row = {"fleet": address.fleet, "vehicle": address.vehicle, "part": part, **content}
    put(connection, twin_parts, row, key=("fleet", "vehicle", "part"), replace=tuple(content))


def twin_part(connection: Connection, address: Address, part: TwinPart) -> Told | None:
    """The latest of a part, if the vehicle ever said any."""
    query = sa.select(twin_parts).where(_of(twin_parts, address), twin_parts.c.part == part)
    row = connection.execute(query).first()
    return None if row is None else _told(row)


def twin_parts_of(connection: Connection, address: Address) -> dict[TwinPart, Told]:
    """The latest of each part that the vehicle ever said, in the order in which they were said."""
    query = sa.select(twin_parts).where(_of(twin_parts, address)).order_by(twin_parts.c.stream, twin_parts.c.seq)
    rows = connection.execute(query)
    return {TwinPart(row.part): _told(row) for row in rows}


def list_positions(
    connection: Connection, wanted: VehicleFilter, *, after: Key | None, rows_max: int
) -> list[Whereabouts]:
    """Where each vehicle was that ever said so, by fleet and name."""
    query = sa.select(twin_parts).where(
        twin_parts.c.part == TwinPart.POSITION, within(twin_parts.c.fleet, wanted.within)
    )
    if wanted.fleet is not None:
        query = query.where(twin_parts.c.fleet == wanted.fleet)
    if after is not None:
        query = query.where(sa.tuple_(twin_parts.c.fleet, twin_parts.c.vehicle) > sa.tuple_(*after))
    rows = connection.execute(query.order_by(twin_parts.c.fleet, twin_parts.c.vehicle).limit(rows_max))
    return [
        Whereabouts(Address(row.fleet, row.vehicle), Position.model_validate(row.body), row.observed_at) for row in rows
    ]


def _told(row: Row[Any]) -> Told:
    body = _BODIES[TwinPart(row.part)].model_validate(row.body)
    return Told(body, row.observed_at, Clock(row.clock), row.received_at)


def _of(table: sa.Table, address: Address) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)


def _vehicle(row: Row[Any]) -> Vehicle:
    return Vehicle(
        Address(row.fleet, row.vehicle), row.first_seen_at, row.last_seen_at, row.said_offline_at, row.quiet_until
    )
