"""The inbox's own tables: streams, receipts, what is stored of each stream, and gaps; and all SQL on them.

A stream's stored numbers are kept as ranges that grow together, so an acknowledgement reads a handful of rows however
long the stream is. A receipt holds a message's digest, so that a number used twice is noticed; old receipts go.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_names
from cloud.database import insert_once
from edge.wire.downlink import ACK_RANGES_MAX
from edge.wire.ranges import merge_ranges
from edge.wire.topics import Address

SEQ_MAX: Final = 2**63 - 1

streams: Final = sa.Table(
    "streams",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("stream", sa.String(32), nullable=False),
    sa.Column("receipts_from", sa.BigInteger, nullable=False),
    sa.Column("reused_at", UtcTime),
    sa.UniqueConstraint("fleet", "vehicle", "stream", name="streams_once"),
    to_vehicle(),
    comment="Every stream of every outbox, numbered as it was met; reused_at: two cards wrote in it, it is given up",
)
stream_ranges: Final = sa.Table(
    "stream_ranges",
    METADATA,
    sa.Column("stream", sa.ForeignKey("streams.id"), primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    comment="Which numbers of a stream are stored, or will never come: the fewest ranges that say it",
)
receipts: Final = sa.Table(
    "receipts",
    METADATA,
    sa.Column("stream", sa.ForeignKey("streams.id"), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("sha256", sa.LargeBinary(32), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    comment="Each message that was taken in, once, with the digest of its bytes; the newest of each stream",
)


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as the database knows it."""

    id: int
    receipts_from: int
    """Receipts of lower numbers were let go."""
    is_reused: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message that was taken in."""

    seq: int
    kind: str
    sha256: bytes
    received_at: datetime


def open_stream(connection: Connection, address: Address, stream: str) -> Stream:
    """The stream of this name, made when it is new; nobody else changes it until the transaction ends."""
    names = {"fleet": address.fleet, "vehicle": address.vehicle, "stream": stream}
    query = sa.select(streams).filter_by(**names).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        insert_once(connection, streams, {**names, "receipts_from": 1, "reused_at": None})
        row = connection.execute(query).one()
    return Stream(row.id, row.receipts_from, row.reused_at is not None)


def newest(connection: Connection) -> int:
    """The highest number that a stream has so far; 0 before any."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(streams.c.id), 0))).scalar_one())


def mark_reused(connection: Connection, stream: int, at: datetime) -> None:
    """Two outboxes have written in this stream; from now on every acknowledgement asks for a new one."""
    connection.execute(
        sa.update(streams).where(streams.c.id == stream, streams.c.reused_at.is_(None)).values(reused_at=at)
    )


def digests(connection: Connection, stream: int, seqs: Iterable[int]) -> dict[int, bytes]:
    """The digests of those of these numbers that have a receipt."""
    query = sa.select(receipts.c.seq, receipts.c.sha256)
    rows = connection.execute(query.where(receipts.c.stream == stream, receipts.c.seq.in_(list(seqs))))
    return {row.seq: row.sha256 for row in rows}


def add_receipts(connection: Connection, stream: int, taken: Sequence[Receipt]) -> None:
    """Messages that were not there before."""
    rows = [
        {"stream": stream, "seq": one.seq, "kind": one.kind, "sha256": one.sha256, "received_at": one.received_at}
        for one in taken
    ]
    if rows:
        connection.execute(sa.insert(receipts), rows)


def drop_receipts(connection: Connection, stream: int, below: int) -> None:
    """Let the receipts of lower numbers go; that these were stored stays known."""
    connection.execute(sa.delete(receipts).where(receipts.c.stream == stream, receipts.c.seq < below))
    connection.execute(sa.update(streams).where(streams.c.id == stream).values(receipts_from=below))


def is_covered(connection: Connection, stream: int, seq: int) -> bool:
    """Whether this number counts as stored."""
    query = sa.select(sa.literal(1)).where(
        stream_ranges.c.stream == stream, stream_ranges.c.first <= seq, stream_ranges.c.last >= seq
    )
    return connection.execute(query).first() is not None


def cover(connection: Connection, stream: int, ranges: Iterable[tuple[int, int]]) -> None:
    """Count these numbers as stored, growing together with the ranges that they touch."""
    for first, last in merge_ranges(ranges):
        touching = sa.and_(
            stream_ranges.c.stream == stream,
            stream_ranges.c.first <= min(last + 1, SEQ_MAX),
            stream_ranges.c.last >= first - 1,
        )
        held = connection.execute(sa.select(stream_ranges.c.first, stream_ranges.c.last).where(touching)).all()
        [merged] = merge_ranges([*((row.first, row.last) for row in held), (first, last)])
        if [merged] == [(row.first, row.last) for row in held]:
            continue
        connection.execute(sa.delete(stream_ranges).where(touching))
        connection.execute(sa.insert(stream_ranges).values(stream=stream, first=merged[0], last=merged[1]))


def covered(connection: Connection, stream: int, about: Iterable[int] = ()) -> list[tuple[int, int]]:
    """What an acknowledgement can say of the stored numbers, ascending: the lowest ranges.

    Where there are more than it can name, those go first in which the numbers lie that it is `about`: a vehicle that
    sends the most important first would otherwise wait for ever for a word on what it has just sent.
    """
    table = stream_ranges
    query = sa.select(table.c.first, table.c.last).where(table.c.stream == stream)
    lowest = [
        (row.first, row.last) for row in connection.execute(query.order_by(table.c.first).limit(ACK_RANGES_MAX + 1))
    ]
    if len(lowest) <= ACK_RANGES_MAX:
        return lowest
    room = ACK_RANGES_MAX + (lowest[0][0] == 1)  # what is contiguous from the start is no range of its own
    named = {lowest[0]}
    for seq in sorted(about):
        row = connection.execute(query.where(table.c.first <= seq).order_by(table.c.first.desc()).limit(1)).first()
        if row is not None and row.last >= seq and len(named) < room:
            named.add((row.first, row.last))
    rest = [one for one in lowest if one not in named]
    return sorted([*named, *rest[: room - len(named)]])
