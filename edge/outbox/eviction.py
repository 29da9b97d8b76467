"""What has to go so that the rest fits: which kind first, and how much and how long each kind may wait.

A kind that holds more than its quota, or holds it for longer, loses its own oldest; nothing else pays for it. When the
outbox as a whole is over its limits, the kind goes first that is missed least, in it the oldest.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from edge.outbox import rows
from edge.outbox.rows import Row
from edge.wire.topics import Kind

ORDER: Final = (
    Kind.TELEMETRY,
    Kind.CAPTURE,
    Kind.FETCH,
    Kind.HEALTH,
    Kind.POSITION,
    Kind.SUMMARY,
    Kind.TRIP,
    Kind.REPORTED,
    Kind.RESULT,
    Kind.DTC,
    Kind.ALERT,
    Kind.GAP,
)
"""What goes first, and what last: gaps, for they are what is left of everything that went before."""
_CORRECTIONS: Final = (
    """UPDATE held SET (messages, bytes) =
        (SELECT count(*), coalesce(sum(length(payload)), 0) FROM message WHERE message.kind = held.kind)
        WHERE (messages, bytes) IS NOT
        (SELECT count(*), coalesce(sum(length(payload)), 0) FROM message WHERE message.kind = held.kind)""",
    """UPDATE stream SET (messages, bytes) =
        (SELECT count(*), coalesce(sum(length(payload)), 0) FROM message WHERE message.class = stream.class)
        WHERE (messages, bytes) IS NOT
        (SELECT count(*), coalesce(sum(length(payload)), 0) FROM message WHERE message.class = stream.class)""",
)
"""What is right already is not written again."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of a kind may wait, and for how long."""

    bytes: int
    age_s: int | None = None
    """By the outbox's own time (ages.py); None: however long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the outbox holds before it evicts."""

    messages: int = 200_000
    bytes: int = 256 * 1024 * 1024
    """Payloads; the file is about a third larger, and does not shrink."""
    keys: int = 100_000
    """Keys of postings that are remembered, so that none is queued twice."""
    reserve_bytes: int = 0
    """Kept free on the disk for alerts (reserve.py); 0: nothing is, and nobody looks how much there is."""
    quotas: Mapping[Kind, Quota] = field(default_factory=dict)
    """Of kinds that have one; gaps need none, since only a few of them ever wait."""

    def bytes_of(self, kind: Kind) -> int:
        """How much of a kind may wait; more cannot be taken in at all."""
        quota = self.quotas.get(kind)
        return self.bytes if quota is None else min(self.bytes, quota.bytes)


def evict(db: sqlite3.Connection, limits: Limits, now_s: int) -> list[Row]:
    """Take out what is over the limits as of `now_s` of the outbox's own time; what that was."""
    gone: list[Row] = []
    held = dict(db.execute("SELECT kind, bytes FROM held"))
    for kind, quota in limits.quotas.items():
        gone += _too_old(db, kind, quota, now_s)
        excess = held.get(kind, 0) - quota.bytes
        if excess > 0:
            gone += _oldest(db, kind, 0, excess - sum(row.size for row in gone if row.kind == kind))
    messages, size = db.execute("SELECT sum(messages), sum(bytes) FROM stream").fetchone()
    for kind in ORDER:
        if messages <= limits.messages and size <= limits.bytes:
            break
        went = _oldest(db, kind, messages - limits.messages, size - limits.bytes)
        messages, size = messages - len(went), size - sum(row.size for row in went)
        gone += went
    return gone


def make_room(db: sqlite3.Connection, kind: Kind, size: int) -> list[Row]:
    """Take out at least so many bytes of kinds that are missed less than this one, as far as there are; what it was."""
    gone: list[Row] = []
    for lower in ORDER[: ORDER.index(kind)]:
        gone += _oldest(db, lower, 0, size - sum(row.size for row in gone))
    return gone


def take_all(db: sqlite3.Connection, kind: Kind) -> list[Row]:
    """Take out whatever waits of a kind; what that was."""
    return _taken(db, [row for row, _ in rows.oldest(db, kind)])


def recount(db: sqlite3.Connection) -> None:
    """Make the totals those of the messages: a bit that flips in them would otherwise be believed for ever."""
    db.execute("INSERT OR IGNORE INTO held SELECT DISTINCT kind, 0, 0 FROM message")
    for correction in _CORRECTIONS:
        db.execute(correction)


def _too_old(db: sqlite3.Connection, kind: Kind, quota: Quota, now_s: int) -> list[Row]:
    """Its oldest stand first, so the search ends at the first that is young enough."""
    if quota.age_s is None:
        return []
    border_s = now_s - quota.age_s
    old = takewhile(lambda one: one[1] < border_s, rows.oldest(db, kind))
    return _taken(db, [row for row, _ in old])


def _oldest(db: sqlite3.Connection, kind: Kind, messages: int, size: int) -> list[Row]:
    """The oldest of a kind: so many messages, and so many bytes, or all of them."""
    out: list[Row] = []
    for row, _ in rows.oldest(db, kind):
        if messages <= 0 and size <= 0:
            break
        out.append(row)
        messages, size = messages - 1, size - row.size
    return _taken(db, out)


def _taken(db: sqlite3.Connection, out: list[Row]) -> list[Row]:
    rows.delete(db, out)
    return out
