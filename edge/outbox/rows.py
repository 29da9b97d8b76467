"""The messages in the file: numbered, written with a checksum, read back, evicted, given new numbers."""

import sqlite3
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from edge.outbox.streams import take_number
from edge.wire.codec import decode, encode
from edge.wire.envelope import STREAM_OF, Clock, StreamClass
from edge.wire.errors import WireError
from edge.wire.messages import Body
from edge.wire.times import Correction
from edge.wire.topics import Address, Kind

_SELECT: Final = "SELECT id, name, seq, kind, crc, payload FROM message JOIN stream USING (class) "
_OLDEST: Final = (
    "SELECT id, name, seq, kind, length(payload), CAST(stored_s AS INTEGER) FROM message JOIN stream USING (class) "
    "WHERE kind = ? AND id > ? ORDER BY id LIMIT ?"
)
_AT_ONCE: Final = 100

Seqs = Generator[int, None, None]
"""Numbers, read as they are asked for. Nothing may be written before it is closed."""


@dataclass(frozen=True, slots=True)
class Posting:
    """Something to tell the cloud."""

    body: Body
    observed_at: datetime
    """With its offset from UTC."""
    clock: Clock
    key: str | None = None
    """Set: queued at most once ever, also across restarts and replays, and after the cloud has it."""
    block: bytes = b""
    """What follows the head of a bulk message."""
    correction: Correction | None = None
    """By how much its times are wrong, as far as that is known."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An encoded message that the cloud has not acknowledged."""

    stream: str
    seq: int
    kind: Kind
    payload: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One message's place in the file."""

    id: int
    """0: never in the file."""
    stream: str
    seq: int
    kind: str
    message: Waiting | None = None
    """None when it was not read, or is not what was written: a bit has flipped."""
    size: int = 0
    """Bytes of its payload; 0 where that was not asked."""


def encoded(posting: Posting, vehicle: str, stream: str, seq: int) -> bytes:
    """The payload of a posting at its place.

    Raises:
        WireError: `too_large`.
    """
    return encode(
        posting.body,
        vehicle=vehicle,
        stream=stream,
        seq=seq,
        observed_at=posting.observed_at,
        clock=posting.clock,
        block=posting.block,
        correction=posting.correction,
    )


def insert(db: sqlite3.Connection, kind: Kind, seq: int, payload: bytes, stored_s: int) -> None:
    """Keep a message, from `stored_s` of the outbox's own time until it is deleted; the totals follow by trigger."""
    db.execute(
        "INSERT INTO message (class, seq, kind, stored_s, crc, payload) VALUES (?, ?, ?, ?, ?, ?)",
        (STREAM_OF[kind], seq, kind, stored_s, _checksum(seq, kind, payload), payload),
    )


def delete(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Take these messages out."""
    db.executemany("DELETE FROM message WHERE id = ?", [(row.id,) for row in rows])


def after(db: sqlite3.Connection, stream_class: StreamClass, seq: int, limit: int) -> list[Row]:
    """The next messages of a class in the order of their numbers."""
    found = db.execute(_SELECT + "WHERE class = ? AND seq > ? ORDER BY seq LIMIT ?", (stream_class, seq, limit))
    return [read_row(fields) for fields in found]


def as_numbered(db: sqlite3.Connection, stream_class: StreamClass) -> Seqs:
    """The numbers that wait in a class, ascending."""
    return _seqs(db, "SELECT seq FROM message WHERE class = ? ORDER BY seq", stream_class)


def newest_first(db: sqlite3.Connection, stream_class: StreamClass) -> Seqs:
    """The numbers that wait in a class, descending."""
    return _seqs(db, "SELECT seq FROM message WHERE class = ? ORDER BY seq DESC", stream_class)


def of_kind(db: sqlite3.Connection, kind: Kind) -> Seqs:
    """The numbers that wait of a kind, ascending."""
    return _seqs(db, "SELECT seq FROM message WHERE kind = ? ORDER BY id", kind)


def at(db: sqlite3.Connection, stream_class: StreamClass, seqs: Iterable[int]) -> list[Row]:
    """The messages of a class that have these numbers, in the order of `seqs`."""
    found = (db.execute(_SELECT + "WHERE class = ? AND seq = ?", (stream_class, seq)).fetchone() for seq in seqs)
    return [read_row(fields) for fields in found if fields is not None]


def oldest(db: sqlite3.Connection, kind: Kind) -> Iterator[tuple[Row, int]]:
    """The messages of a kind, unread, the oldest first; with each when it was stored."""
    # Closed before anything is deleted, so a few at a time.
    after_id = 0
    while found := db.execute(_OLDEST, (kind, after_id, _AT_ONCE)).fetchall():
        for id_, stream, seq, kind_, size, stored_s in found:
            yield Row(id_, stream, seq, kind_, size=size), stored_s
        after_id = found[-1][0]


def gaps_waiting(db: sqlite3.Connection) -> int:
    """How many gap messages the cloud has not acknowledged."""
    [gaps] = db.execute("SELECT count(*) FROM message WHERE kind = ?", (Kind.GAP,)).fetchone()
    return int(gaps)


def renumber(db: sqlite3.Connection, stream_class: StreamClass, vehicle: str) -> list[Row]:
    """Write a class's messages again, in order, under its stream's present name and next numbers.

    Deletes and returns those that cannot be read.
    """
    unreadable = []
    for (id_,) in db.execute("SELECT id FROM message WHERE class = ? ORDER BY seq", (stream_class,)).fetchall():
        row = read_row(db.execute(_SELECT + "WHERE id = ?", (id_,)).fetchone())
        posting = posting_of(row, vehicle)
        if posting is None:
            delete(db, [row])  # at once: a later message may be given the number that it has
            unreadable.append(row)
            continue
        stream, seq = take_number(db, stream_class)
        write_again(db, replace(row, stream=stream, seq=seq), posting, vehicle)
    return unreadable


def write_again(db: sqlite3.Connection, row: Row, posting: Posting, vehicle: str) -> None:
    """Put other words in a message's place, under the number that `row` says.

    Raises:
        WireError: `too_large`; nothing is written.
    """
    payload = encoded(posting, vehicle, row.stream, row.seq)
    crc = _checksum(row.seq, posting.body.kind, payload)
    db.execute("UPDATE message SET seq = ?, crc = ?, payload = ? WHERE id = ?", (row.seq, crc, payload, row.id))


def _seqs(db: sqlite3.Connection, select: str, of: str) -> Seqs:
    with closing(db.execute(select, (of,))) as found:
        yield from (int(seq) for (seq,) in found)


def read_row(fields: tuple[Any, ...]) -> Row:
    """A message from what the file has of it: id, stream, seq, kind, checksum, payload.

    Raises:
        ValueError: there is no such kind.
    """
    id_, stream, seq, kind, crc, payload = fields
    whole = is_whole(seq, kind, crc, payload)
    return Row(id_, stream, seq, kind, Waiting(stream, seq, Kind(kind), payload) if whole else None)


def is_whole(seq: int, kind: str, crc: int, payload: object) -> bool:
    """Whether a message is what was written."""
    return isinstance(payload, bytes) and _checksum(seq, kind, payload) == crc


def _checksum(seq: int, kind: str, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(f"{seq} {kind}".encode()))


def posting_of(row: Row, vehicle: str) -> Posting | None:
    """What was put in there; None where it cannot be read."""
    if row.message is None:
        return None
    try:
        # The fleet is part of the topic only, not of what is stored.
        uplink = decode(Address("any", vehicle).up(row.message.kind), row.message.payload)
    except WireError:  # written by a version whose words are no longer understood
        return None
    return Posting(uplink.body, uplink.observed_at, uplink.clock, block=uplink.block, correction=uplink.correction)
