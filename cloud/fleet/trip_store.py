"""The table of trips, and all SQL on it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime, to_vehicle, vehicle_key
from cloud.database import insert_once
from cloud.fleet.drive_store import listed
from cloud.fleet.model import DriveFilter, Driven
from cloud.fleet.trip import Style, Trip, spot_of
from cloud.pages import Key
from edge.wire.envelope import Clock
from edge.wire.messages import StyleEvent
from edge.wire.topics import Address

trips: Final = sa.Table(
    "trips",
    METADATA,
    *vehicle_key(),
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("ended_by", sa.String(200), nullable=False),
    sa.Column("distance_m", sa.Float),
    sa.Column("moving_s", sa.Float),
    sa.Column("idle_s", sa.Float),
    sa.Column("speed_max_kmh", sa.Float),
    sa.Column("fuel_used_l", sa.Float),
    sa.Column("alerts", sa.JSON, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("distance_by", sa.String(200)),
    sa.Column("stops", sa.BigInteger),
    sa.Column("odometer_start_km", sa.Float),
    sa.Column("odometer_end_km", sa.Float),
    sa.Column("fuel_idle_l", sa.Float),
    sa.Column("energy_used_kwh", sa.Float),
    sa.Column("energy_recuperated_kwh", sa.Float),
    sa.Column("engine_on_s", sa.Float),
    sa.Column("stopped_s", sa.Float),
    sa.Column("no_position_s", sa.Float),
    sa.Column("moved_off_m", sa.Float),
    sa.Column("start_latitude_deg", sa.Float),
    sa.Column("start_longitude_deg", sa.Float),
    sa.Column("end_latitude_deg", sa.Float),
    sa.Column("end_longitude_deg", sa.Float),
    sa.Column("style", sa.JSON(none_as_null=True)),
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),
    to_vehicle(),
    sa.Index("trips_by_start", "started_at", "fleet", "vehicle", "id"),
    comment="Drives, from ignition on to ignition off; where they led and how they were driven only of the newest days",
)
_SAME_NAME: Final = (
    "id", "started_at", "ended_at", "ended_by", "distance_m", "moving_s", "idle_s", "speed_max_kmh", "fuel_used_l",
    "received_at", "distance_by", "stops", "odometer_start_km", "odometer_end_km", "fuel_idle_l", "energy_used_kwh",
    "energy_recuperated_kwh", "engine_on_s", "stopped_s", "no_position_s", "moved_off_m", "private",
)  # fmt: skip
"""What stands in the table as it is in a Trip."""
_PERSONAL: Final = (
    "start_latitude_deg", "start_longitude_deg", "end_latitude_deg", "end_longitude_deg", "style", "speed_max_kmh",
)  # fmt: skip
"""Where and how."""


def put_trip(connection: Connection, trip: Trip) -> bool:
    """Keep a trip unless it is known by its id; whether it was new."""
    row = {
        **{name: getattr(trip, name) for name in _SAME_NAME},
        "fleet": trip.address.fleet,
        "vehicle": trip.address.vehicle,
        "alerts": list(trip.alerts),
        "clock": trip.clock,
        "start_latitude_deg": None if trip.start is None else trip.start.latitude_deg,
        "start_longitude_deg": None if trip.start is None else trip.start.longitude_deg,
        "end_latitude_deg": None if trip.end is None else trip.end.latitude_deg,
        "end_longitude_deg": None if trip.end is None else trip.end.longitude_deg,
        "style": None if trip.style is None else _style_row(trip.style),
    }
    return insert_once(connection, trips, row)


def list_trips(connection: Connection, wanted: DriveFilter, *, after: Key | None, rows_max: int) -> list[Trip]:
    """Trips, the latest start first."""
    key = (trips.c.started_at, trips.c.fleet, trips.c.vehicle, trips.c.id)
    return [_trip(row) for row in listed(connection, trips, key, wanted, after=after, rows_max=rows_max)]


def forget_personal(connection: Connection, address: Address, before: datetime) -> int:
    """Delete where and how a vehicle drove on trips that ended, or came, then or earlier; how many trips lost it."""
    is_old = sa.or_(trips.c.ended_at <= before, trips.c.received_at <= before)
    is_told = sa.or_(*(trips.c[name].is_not(None) for name in _PERSONAL))
    update = sa.update(trips).where(_of(address), is_old, is_told).values(dict.fromkeys(_PERSONAL, sa.null()))
    return connection.execute(update).rowcount


def driven(connection: Connection, fleet: str, since: datetime, until: datetime) -> list[Driven]:
    """What each vehicle of a fleet drove."""
    told = sa.func.count(trips.c.distance_m)
    columns = (sa.func.count().label("trips"), told.label("told"), sa.func.sum(trips.c.distance_m).label("metres"))
    query = sa.select(trips.c.vehicle, *columns).where(_begun(since, until), trips.c.fleet == fleet)
    rows = connection.execute(query.group_by(trips.c.vehicle).order_by(trips.c.vehicle))
    return [
        Driven(Address(fleet, row.vehicle), row.trips, row.trips - row.told, (row.metres or 0.0) / 1000.0)
        for row in rows
    ]


def legs(connection: Connection, address: Address, since: datetime, until: datetime) -> list[tuple[datetime, float]]:
    """When each trip of a vehicle began and how many km it told, the earliest first."""
    query = sa.select(trips.c.started_at, trips.c.distance_m).where(_of(address), _begun(since, until))
    told = query.where(trips.c.distance_m.is_not(None)).order_by(trips.c.started_at)
    return [(row.started_at, row.distance_m / 1000.0) for row in connection.execute(told)]


def driven_until(connection: Connection, address: Address, until: datetime) -> tuple[int, int, float]:
    """Trips that had ended by then, those of them that told a distance, and what these add up to in metres."""
    told, metres = sa.func.count(trips.c.distance_m), sa.func.coalesce(sa.func.sum(trips.c.distance_m), 0)
    query = sa.select(sa.func.count(), told, metres).where(_of(address), trips.c.ended_at <= until)
    all_of_them, with_distance, total = connection.execute(query).one()
    return all_of_them, with_distance, float(total)


def _of(address: Address) -> sa.ColumnElement[bool]:
    return sa.and_(trips.c.fleet == address.fleet, trips.c.vehicle == address.vehicle)


def _begun(since: datetime, until: datetime) -> sa.ColumnElement[bool]:
    """Trips of a period, of which it is known that they are."""
    return sa.and_(trips.c.started_at >= since, trips.c.started_at < until, trips.c.clock != Clock.UNSYNCED)


def _style_row(style: Style) -> dict[str, Any]:
    return {**asdict(style), "events": [event.model_dump(mode="json") for event in style.events]}


def _trip(row: Row[Any]) -> Trip:
    return Trip(
        **{name: getattr(row, name) for name in _SAME_NAME},
        address=Address(row.fleet, row.vehicle),
        alerts=tuple(row.alerts),
        clock=Clock(row.clock),
        start=spot_of(row.start_latitude_deg, row.start_longitude_deg),
        end=spot_of(row.end_latitude_deg, row.end_longitude_deg),
        style=None if row.style is None else _style(row.style),
    )


def _style(said: dict[str, Any]) -> Style:
    return Style(**{**said, "events": tuple(StyleEvent.model_validate(event) for event in said["events"])})
