"""What the inbox sets aside: bad messages, messages that no feature takes, gaps. Tables and all SQL on them.

Each of the three is bounded; the oldest rows go, and how many went is counted.
"""

import hashlib
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_names
from cloud.database import beyond, keep_newest, put
from cloud.heard import Heard
from cloud.inbox.kept import GapRange, Quarantined, Shelved
from cloud.inbox.model import Arrival
from cloud.pages import Key
from edge.wire.codec import JSON_BYTES_MAX
from edge.wire.messages import Gap
from edge.wire.topics import Address

QUARANTINED_BYTES_MAX: Final = JSON_BYTES_MAX
"""What is kept of one bad message: any small message whole, the beginning of a larger one."""
TOPIC_LENGTH_MAX: Final = 512
DETAIL_LENGTH_MAX: Final = 1000

quarantine: Final = sa.Table(
    "quarantine",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("topic", sa.String(TOPIC_LENGTH_MAX), nullable=False),
    sa.Column("sha256", sa.LargeBinary(32), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("detail", sa.String(DETAIL_LENGTH_MAX), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("times", sa.BigInteger, nullable=False),
    sa.Column("first_received_at", UtcTime, nullable=False),
    sa.Column("last_received_at", UtcTime, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("topic", "sha256", "reason", name="quarantine_once"),
    sa.Index("quarantine_sizes", "id", "size"),
    comment="Messages that break the contract, with the reason and how often they came; the newest",
)
shelf: Final = sa.Table(
    "shelf",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("stream", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("observed_at", UtcTime, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("stream", "seq", name="shelf_once"),
    to_vehicle(),
    sa.Index("shelf_sizes", "id", "size"),
    comment="Good messages that no feature takes, whole; the newest",
)
gaps: Final = sa.Table(
    "gaps",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("stream", sa.String(32), nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("cause", sa.String(32), nullable=False),
    sa.Column("observed_at", UtcTime, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    to_vehicle(),
    comment="What vehicles declared that they will never send, and why; the newest",
)


def put_quarantined(connection: Connection, arrival: Arrival, *, reason: str, detail: str) -> None:
    """Keep a bad message; one that came before is counted instead."""
    row = {
        "topic": arrival.topic[:TOPIC_LENGTH_MAX],
        "sha256": hashlib.sha256(arrival.payload).digest(),
        "reason": reason,
        "detail": detail[:DETAIL_LENGTH_MAX],
        "size": len(arrival.payload),
        "times": 1,
        "first_received_at": arrival.received_at,
        "last_received_at": arrival.received_at,
        "payload": arrival.payload[:QUARANTINED_BYTES_MAX],
    }
    key = ("topic", "sha256", "reason")
    put(connection, quarantine, row, key=key, replace=("last_received_at",), add=("times",))


def bound_quarantine(connection: Connection, *, rows_max: int, bytes_max: int) -> int:
    """Let the oldest go; how many went."""
    return keep_newest(connection, quarantine, rows_max=rows_max, bytes_max=bytes_max)


def list_quarantined(
    connection: Connection, *, reason: str | None, after: Key | None, rows_max: int
) -> list[Quarantined]:
    """Bad messages without their bytes, the newest first."""
    query = sa.select(*(column for column in quarantine.c if column.name != "payload"))
    query = query.order_by(quarantine.c.id.desc()).limit(rows_max)
    if reason is not None:
        query = query.where(quarantine.c.reason == reason)
    if after is not None:
        query = query.where(beyond([quarantine.c.id], after))
    return [_quarantined(row, b"") for row in connection.execute(query)]


def quarantined(connection: Connection, row_id: int) -> Quarantined | None:
    """One bad message with its bytes, if it is still there."""
    row = connection.execute(sa.select(quarantine).where(quarantine.c.id == row_id)).first()
    return None if row is None else _quarantined(row, row.payload)


def put_shelved(connection: Connection, message: Shelved) -> None:
    """Keep a good message for the feature that will read it one day."""
    row = {
        "fleet": message.address.fleet,
        "vehicle": message.address.vehicle,
        "stream": message.stream,
        "seq": message.seq,
        "kind": message.kind,
        "observed_at": message.observed_at,
        "received_at": message.received_at,
        "size": len(message.payload),
        "payload": message.payload,
    }
    connection.execute(sa.insert(shelf).values(**row))


def bound_shelf(connection: Connection, *, rows_max: int, bytes_max: int) -> int:
    """Let the oldest go; how many went."""
    return keep_newest(connection, shelf, rows_max=rows_max, bytes_max=bytes_max)


def put_gap(connection: Connection, heard: Heard, gap: Gap) -> None:
    """Keep what a vehicle declared lost."""
    common = {
        "fleet": heard.address.fleet,
        "vehicle": heard.address.vehicle,
        "stream": gap.stream,
        "cause": gap.cause,
        "observed_at": heard.observed_at,
        "received_at": heard.received_at,
    }
    connection.execute(sa.insert(gaps), [{**common, "first": first, "last": last} for first, last in gap.ranges])


def bound_gaps(connection: Connection, *, rows_max: int) -> int:
    """Let the oldest go; how many went."""
    return keep_newest(connection, gaps, rows_max=rows_max)


def list_gaps(
    connection: Connection, *, fleet: str | None, vehicle: str | None, after: Key | None, rows_max: int
) -> list[GapRange]:
    """Gaps, the newest first."""
    query = sa.select(gaps).order_by(gaps.c.id.desc()).limit(rows_max)
    if fleet is not None:
        query = query.where(gaps.c.fleet == fleet)
    if vehicle is not None:
        query = query.where(gaps.c.vehicle == vehicle)
    if after is not None:
        query = query.where(beyond([gaps.c.id], after))
    return [_gap(row) for row in connection.execute(query)]


def _quarantined(row: Row[Any], payload: bytes) -> Quarantined:
    return Quarantined(
        id=row.id,
        topic=row.topic,
        reason=row.reason,
        detail=row.detail,
        size=row.size,
        times=row.times,
        first_received_at=row.first_received_at,
        last_received_at=row.last_received_at,
        payload=payload,
    )


def _gap(row: Row[Any]) -> GapRange:
    return GapRange(
        id=row.id,
        address=Address(row.fleet, row.vehicle),
        stream=row.stream,
        first=row.first,
        last=row.last,
        cause=row.cause,
        observed_at=row.observed_at,
        received_at=row.received_at,
    )
