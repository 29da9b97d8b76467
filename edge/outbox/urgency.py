"""What of a class should be sent next, where the cloud allows any order.

Without a backlog (all that waits fits in) as numbered. With one, of bulk the newest first: what happened now is worth
more than what happened a week ago. Of records the kind that is missed most, the reverse of what is evicted first: gaps,
then codes, results, what was reported, trips, summaries, positions, health, what it asks for; each kind as numbered.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from itertools import islice
from typing import Final

from edge.outbox import rows
from edge.outbox.eviction import ORDER
from edge.outbox.handed import is_within
from edge.outbox.rows import Seqs
from edge.wire.envelope import STREAM_OF, StreamClass
from edge.wire.topics import Kind

FIRST: Final[tuple[Kind, ...]] = tuple(kind for kind in reversed(ORDER) if STREAM_OF[kind] is StreamClass.RECORD)
"""Records in a backlog, the most important kind first."""


def next_numbers(
    db: sqlite3.Connection,
    stream_class: StreamClass,
    taken: Sequence[tuple[int, int]],
    limit: int,
    kinds: Collection[Kind] | None = None,
) -> list[int]:
    """At most `limit` numbers that wait and are not in `taken` (ascending ranges), what is worth most first.

    `kinds`: of these alone, as with a backlog; None: of all.
    """
    if kinds is not None:
        return _by_kind(db, [kind for kind in reversed(ORDER) if kind in kinds], taken, limit)
    first = _free(rows.as_numbered(db, stream_class), taken, limit + 1)
    if len(first) <= limit or stream_class is StreamClass.ALERT:
        return first[:limit]
    if stream_class is StreamClass.BULK:
        return _free(rows.newest_first(db, stream_class), taken, limit)
    return _by_kind(db, FIRST, taken, limit)


def _by_kind(db: sqlite3.Connection, kinds: Iterable[Kind], taken: Sequence[tuple[int, int]], limit: int) -> list[int]:
    chosen: list[int] = []
    for kind in kinds:
        chosen += _free(rows.of_kind(db, kind), taken, limit - len(chosen))
    return chosen


def _free(seqs: Seqs, taken: Sequence[tuple[int, int]], limit: int) -> list[int]:
    with closing(seqs):
        return list(islice((seq for seq in seqs if not is_within(taken, seq)), limit))
