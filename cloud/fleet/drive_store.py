"""The table of summaries and all SQL on it, and how drives of any kind are listed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime, to_vehicle, vehicle_key, within
from cloud.database import beyond, insert_once
from cloud.fleet.model import DriveFilter, Summary
from cloud.pages import Key
from edge.wire.envelope import Clock
from edge.wire.messages import SignalSummary
from edge.wire.topics import Address

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
    return [_summary(row) for row in listed(connection, summaries, key, wanted, after=after, rows_max=rows_max)]


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


def listed(
    connection: Connection,
    table: sa.Table,
    key: tuple[sa.Column[Any], ...],
    wanted: DriveFilter,
    *,
    after: Key | None,
    rows_max: int,
) -> Sequence[Row[Any]]:
    """Rows of a table that has `fleet`, `vehicle` and `started_at`, by `key`, descending."""
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


def _summary(row: Row[Any]) -> Summary:
    return Summary(
        address=Address(row.fleet, row.vehicle),
        started_at=row.started_at,
        ended_at=row.ended_at,
        signals={path: SignalSummary.model_validate(signal) for path, signal in row.signals.items()},
        clock=Clock(row.clock),
        received_at=row.received_at,
    )
