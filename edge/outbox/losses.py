"""What will never be sent: kept as ranges until the cloud is told in `gap` messages, and counted by cause and kind.

Ranges wait here, growing together, until the link is about to send records: one gap message then tells of a week's
evictions, where a message per eviction would fill the outbox with nothing else.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from edge.outbox import rows, streams
from edge.outbox.rows import Posting, Row
from edge.outbox.seals import is_sealed, seal
from edge.wire.envelope import Clock, StreamClass
from edge.wire.messages import Gap, GapCause
from edge.wire.ranges import merge_ranges, to_ranges
from edge.wire.topics import Kind

UNKNOWN_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a message was found damaged: no wall clock is asked in here, so with it goes Clock.UNSYNCED."""
_NAMES: Final = frozenset(f"lost.{cause}.{kind}" for cause in GapCause for kind in (*Kind, "unknown"))
PENDING_MAX: Final = 1000
"""Ranges that may wait to be told; more are told at once."""
GAPS_WAITING_MAX: Final = 20
"""Gap messages that may wait for the cloud; while there are as many, further losses only widen the pending ranges."""
_RANGES: Final = "SELECT stream, cause, first, last, observed_at, clock, seal FROM gap "
_RANGES_PER_GAP: Final = 1000
"""What the contract takes in one gap message."""


Told = tuple[str, str, int, int, str, str]
"""A loss as it is kept: stream, cause, first and last number, when that was known, and by what clock."""


def take_over(db: sqlite3.Connection, told: Iterable[Told], unknown: int) -> None:
    """Remember losses of another file, and count messages of it of which nothing more is known."""
    for row in told:
        _remember(db, row)
    if unknown:
        _count(db, GapCause.UNREADABLE, Counter({"unknown": unknown}))


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


def tell(
    db: sqlite3.Connection, vehicle: str, stored_s: int, corrected: Callable[[Posting], Posting] = lambda gap: gap
) -> None:
    """Queue what is pending as gap messages, `corrected`, at `stored_s` of the outbox's own time."""
    for gap in _take_pending(db):
        stream, seq = streams.take_number(db, StreamClass.RECORD)
        rows.insert(db, Kind.GAP, seq, rows.encoded(corrected(gap), vehicle, stream, seq), stored_s)


def tallies(db: sqlite3.Connection) -> dict[str, int]:
    """How much was lost since the file was born, by `lost.<cause>.<kind>`; what cannot be a number is none."""
    found = db.execute("SELECT name, count FROM tally").fetchall()
    return {name: count for name, count in found if name in _NAMES and isinstance(count, int) and count >= 0}


def _remember(db: sqlite3.Connection, row: Told) -> None:
    stream, cause, first, last, observed_at, clock = row
    before = db.execute(_RANGES + "WHERE stream = ? AND cause = ? AND last = ?", (stream, cause, first - 1)).fetchone()
    if before is not None and is_sealed(before[-1], *before[:-1]):
        first = before[2]
    grown = (stream, cause, first, last, observed_at, clock)
    db.execute("INSERT OR REPLACE INTO gap VALUES (?, ?, ?, ?, ?, ?, ?)", (*grown, seal(*grown)))


def _count(db: sqlite3.Connection, cause: GapCause, kinds: Counter[str]) -> None:
    for kind, messages in kinds.items():
        name = kind if kind in set(Kind) else "unknown"  # of an unreadable message the kind may be what has changed
        db.execute(
            "INSERT INTO tally VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
            (f"lost.{cause}.{name}", messages),
        )


def _take_pending(db: sqlite3.Connection) -> list[Posting]:
    pending = db.execute(_RANGES + "ORDER BY 1, 2, 3").fetchall()
    db.execute("DELETE FROM gap")
    # The disk has changed what was written: what it says now would have the cloud pass what may still come.
    whole = [row for row in pending if is_sealed(row[-1], *row[:-1])]
    _count(db, GapCause.UNREADABLE, Counter([Kind.GAP] * (len(pending) - len(whole))))
    gaps = []
    for (stream, cause), group in groupby(whole, key=lambda row: (row[0], row[1])):
        lost = list(group)
        *_, known_at, clock, _ = max(lost, key=lambda row: str(row[4]))
        ranges = merge_ranges(row[2:4] for row in lost)
        for start in range(0, len(ranges), _RANGES_PER_GAP):
            try:
                body = Gap(stream=stream, ranges=ranges[start : start + _RANGES_PER_GAP], cause=cause)
                gaps.append(Posting(body, datetime.fromisoformat(known_at), Clock(clock)))
            except ValueError:  # the same, of what an earlier version wrote
                _count(db, GapCause.UNREADABLE, Counter([Kind.GAP]))
    return gaps
