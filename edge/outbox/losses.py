"""What will never be sent: kept as ranges until the cloud is told in `gap` messages, and counted by cause and kind.

Ranges wait here, growing together, until the link is about to send records: one gap message then tells of a week's
evictions, where a message per eviction would fill the outbox with nothing else.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from edge.outbox import rows, streams
from edge.outbox.rows import Posting, Row
from edge.wire.envelope import Clock, StreamClass
from edge.wire.messages import Gap, GapCause
from edge.wire.ranges import merge_ranges, to_ranges
from edge.wire.topics import Kind

PENDING_MAX: Final = 1000
"""Ranges that may wait to be told; more are told at once."""
GAPS_WAITING_MAX: Final = 20
"""Gap messages that may wait for the cloud; while there are as many, further losses only widen the pending ranges."""
_RANGES_PER_GAP: Final = 1000
"""What the contract takes in one gap message."""


def lose(db: sqlite3.Connection, lost: Collection[Row], cause: GapCause, observed_at: datetime, clock: Clock) -> None:
    """Count these messages, and remember that the cloud has to be told that they will never come."""
    seqs: defaultdict[str, list[int]] = defaultdict(list)
    for row in lost:
        seqs[row.stream].append(row.seq)
    known = (observed_at.astimezone(UTC).isoformat(), clock)
    for stream in seqs:
        for first, last in to_ranges(seqs[stream]):
            _remember(db, (stream, cause, first, last, *known))
    _count(db, cause, Counter(row.kind for row in lost))


def are_pending(db: sqlite3.Connection) -> bool:
    """Whether there are losses that no gap message tells of."""
    return db.execute("SELECT 1 FROM gap LIMIT 1").fetchone() is not None


def too_many_pending(db: sqlite3.Connection) -> bool:
    """Whether the ranges that wait to be told must wait no longer."""
    [ranges] = db.execute("SELECT count(*) FROM gap").fetchone()
    return bool(ranges >= PENDING_MAX)


def tell(db: sqlite3.Connection, vehicle: str, stored_s: int) -> None:
    """Queue what is pending as gap messages, at `stored_s` of the outbox's own time."""
    for gap in _take_pending(db):
        stream, seq = streams.take_number(db, StreamClass.RECORD)
        rows.insert(db, Kind.GAP, seq, rows.encoded(gap, vehicle, stream, seq), stored_s)


def _remember(db: sqlite3.Connection, row: tuple[str, str, int, int, str, str]) -> None:
    stream, cause, first, last, observed_at, clock = row
    grown = db.execute(
        "UPDATE gap SET last = ?, observed_at = ?, clock = ? WHERE stream = ? AND cause = ? AND last = ?",
        (last, observed_at, clock, stream, cause, first - 1),
    ).rowcount
    if not grown:
        db.execute("INSERT OR REPLACE INTO gap VALUES (?, ?, ?, ?, ?, ?)", row)


def _count(db: sqlite3.Connection, cause: GapCause, kinds: Counter[str]) -> None:
    for kind, messages in kinds.items():
        name = kind if kind in set(Kind) else "unknown"  # of an unreadable message the kind may be what has changed
        db.execute(
            "INSERT INTO tally VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
            (f"lost.{cause}.{name}", messages),
        )


def _take_pending(db: sqlite3.Connection) -> list[Posting]:
    pending = db.execute("SELECT stream, cause, first, last, observed_at, clock FROM gap ORDER BY 1, 2, 3").fetchall()
    db.execute("DELETE FROM gap")
    gaps = []
    for (stream, cause), group in groupby(pending, key=lambda row: (row[0], row[1])):
        lost = list(group)
        *_, known_at, clock = max(lost, key=lambda row: str(row[4]))
        ranges = merge_ranges(row[2:4] for row in lost)
        for start in range(0, len(ranges), _RANGES_PER_GAP):
            try:
                body = Gap(stream=stream, ranges=ranges[start : start + _RANGES_PER_GAP], cause=cause)
                gaps.append(Posting(body, datetime.fromisoformat(known_at), Clock(clock)))
            except ValueError:  # the disk has changed what was written
                _count(db, GapCause.UNREADABLE, Counter([Kind.GAP]))
    return gaps
