"""The tables of trips and summaries, and all SQL on them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime, to_vehicle, vehicle_key, within
from cloud.database import beyond, insert_once
from cloud.fleet.model import DriveFilter, Driven, Summary, Trip
from cloud.pages import Key
from edge.wire.envelope import Clock
from edge.wire.messages import SignalSummary
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
    to_vehicle(),
    sa.Index("trips_by_start", "started_at", "fleet", "vehicle", "id"),
    comment="Drives, from ignition on to ignition off",
)
summaries: Final = sa.Table(
    "summaries",
    METADATA,
    *vehicle_key(),
    sa.Column("started_at", UtcTime, primary_key=True),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("signals", sa.JSON, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    to_vehicle(),
    sa.Index("summaries_by_start", "started_at", "fleet", "vehicle"),
    sa.Index("summaries_by_receipt", "received_at"),
    comment="What the signals of each vehicle did in each period; only the newest periods are kept",
)


def put_trip(connection: Connection, trip: Trip) -> bool:
    """Keep a trip unless it is known by its id; whether it was new."""
    row = {
        "fleet": trip.address.fleet,
        "vehicle": trip.address.vehicle,
        "id": trip.id,
        "started_at": trip.started_at,
        "ended_at": trip.ended_at,
        "ended_by": trip.ended_by,
        "distance_m": trip.distance_m,
        "moving_s": trip.moving_s,
        "idle_s": trip.idle_s,
        "speed_max_kmh": trip.speed_max_kmh,
        "fuel_used_l": trip.fuel_used_l,
        "alerts": list(trip.alerts),
        "clock": trip.clock,
        "received_at": trip.received_at,
    }
    return insert_once(connection, trips, row)


def list_trips(connection: Connection, wanted: DriveFilter, *, after: Key | None, rows_max: int) -> list[Trip]:
    """Trips, the latest start first."""
    key = (trips.c.started_at, trips.c.fleet, trips.c.vehicle, trips.c.id)
    return [_trip(row) for row in _listed(connection, trips, key, wanted, after=after, rows_max=rows_max)]


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
    query = sa.select(trips.c.started_at, trips.c.distance_m).where(
        trips.c.fleet == address.fleet, trips.c.vehicle == address.vehicle, _begun(since, until)
    )
    told = query.where(trips.c.distance_m.is_not(None)).order_by(trips.c.started_at)
    return [(row.started_at, row.distance_m / 1000.0) for row in connection.execute(told)]


def _begun(since: datetime, until: datetime) -> sa.ColumnElement[bool]:
    """Trips of a period, of which it is known that they are."""
    return sa.and_(trips.c.started_at >= since, trips.c.started_at < until, trips.c.clock == Clock.SYNCED)


def put_summary(connection: Connection, summary: Summary) -> bool:
    """Keep a summary unless the vehicle's period is known; whether it was new."""
    row = {
        "fleet": summary.address.fleet,
        "vehicle": summary.address.vehicle,
        "started_at": summary.started_at,
        "ended_at": summary.ended_at,
        "signals": {path: signal.model_dump(mode="json") for path, signal in summary.signals.items()},
        "clock": summary.clock,
        "received_at": summary.received_at,
    }
    return insert_once(connection, summaries, row)


def expire_summaries(connection: Connection, address: Address, periods_max: int) -> int:
    """Delete a vehicle's oldest summaries beyond so many; how many went."""
    of_vehicle = sa.and_(summaries.c.fleet == address.fleet, summaries.c.vehicle == address.vehicle)
    newest_first = sa.select(summaries.c.started_at).where(of_vehicle).order_by(summaries.c.started_at.desc())
    oldest_kept = newest_first.offset(periods_max - 1).limit(1).scalar_subquery()
    return connection.execute(sa.delete(summaries).where(of_vehicle, summaries.c.started_at < oldest_kept)).rowcount


def list_summaries(connection: Connection, wanted: DriveFilter, *, after: Key | None, rows_max: int) -> list[Summary]:
    """Summaries, the latest period first."""
    key = (summaries.c.started_at, summaries.c.fleet, summaries.c.vehicle)
    return [_summary(row) for row in _listed(connection, summaries, key, wanted, after=after, rows_max=rows_max)]


def latest_summaries(connection: Connection, wanted: DriveFilter, since: datetime) -> list[Summary]:
    """Of each vehicle the summary of the latest period that was received after then, in the order of receipt."""
    table = summaries
    newest = sa.func.row_number().over(
        partition_by=(table.c.fleet, table.c.vehicle), order_by=table.c.started_at.desc()
    )
    query = _wanted(sa.select(table, newest.label("place")).where(table.c.received_at > since), table, wanted)
    ranked = query.subquery()
    latest = sa.select(ranked).where(ranked.c.place == 1).order_by(ranked.c.received_at)
    return [_summary(row) for row in connection.execute(latest)]


def summaries_between(
    connection: Connection, address: Address, since: datetime, until: datetime, *, newest_first: bool, rows_max: int
) -> list[Summary]:
    """A vehicle's summaries that began within this time, both ends included."""
    table = summaries
    query = sa.select(table).where(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)
    query = query.where(table.c.started_at >= since, table.c.started_at <= until)
    order = table.c.started_at.desc() if newest_first else table.c.started_at
    return [_summary(row) for row in connection.execute(query.order_by(order).limit(rows_max))]


def first_summary_at(connection: Connection, address: Address) -> datetime | None:
    """When the oldest summary that is kept of a vehicle began."""
    table = summaries
    query = sa.select(sa.func.min(table.c.started_at))
    query = query.where(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)
    first: datetime | None = connection.execute(query).scalar_one()
    return first


def driven_until(connection: Connection, address: Address, until: datetime) -> tuple[int, int, float]:
    """Trips that had ended by then, those of them that told a distance, and what these add up to in metres."""
    table = trips
    counted = (sa.func.count(), sa.func.count(table.c.distance_m), sa.func.coalesce(sa.func.sum(table.c.distance_m), 0))
    query = sa.select(*counted).where(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)
    all_of_them, told, total = connection.execute(query.where(table.c.ended_at <= until)).one()
    return all_of_them, told, float(total)


def _listed(
    connection: Connection,
    table: sa.Table,
    key: tuple[sa.Column[Any], ...],
    wanted: DriveFilter,
    *,
    after: Key | None,
    rows_max: int,
) -> Sequence[Row[Any]]:
    query = _wanted(sa.select(table).order_by(*(column.desc() for column in key)).limit(rows_max), table, wanted)
    if after is not None:
        query = query.where(beyond(key, after))
    return connection.execute(query).all()


def _wanted(query: sa.Select[Any], table: sa.Table, wanted: DriveFilter) -> sa.Select[Any]:
    query = query.where(within(table.c.fleet, wanted.within))
    for column, value in ((table.c.fleet, wanted.fleet), (table.c.vehicle, wanted.vehicle)):
        if value is not None:
            query = query.where(column == value)
    return query if wanted.since is None else query.where(table.c.started_at >= wanted.since)


def _trip(row: Row[Any]) -> Trip:
    return Trip(
        address=Address(row.fleet, row.vehicle),
        id=row.id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        distance_m=row.distance_m,
        moving_s=row.moving_s,
        idle_s=row.idle_s,
        speed_max_kmh=row.speed_max_kmh,
        fuel_used_l=row.fuel_used_l,
        alerts=tuple(row.alerts),
        clock=Clock(row.clock),
        received_at=row.received_at,
    )


def _summary(row: Row[Any]) -> Summary:
    return Summary(
        address=Address(row.fleet, row.vehicle),
        started_at=row.started_at,
        ended_at=row.ended_at,
        signals={path: SignalSummary.model_validate(signal) for path, signal in row.signals.items()},
        clock=Clock(row.clock),
        received_at=row.received_at,
    )
