"""How an outbox is just now, for people: what waits of each kind and since when, and everything that it counts."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_HELD: Final = "SELECT kind, messages, bytes FROM held WHERE messages > 0"
_OLDEST: Final = "SELECT CAST(stored_s AS INTEGER) FROM message WHERE kind = ? ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True)
class Held:
    """What waits of one kind."""

    kind: str
    messages: int
    bytes: int
    oldest_s: float | None
    """How long the oldest has waited, by the outbox's own time; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An outbox as of one moment."""

    held: Sequence[Held]
    counters: Mapping[str, int]
    """As health tells them."""
    set_aside: int
    """Unusable files beside it."""
    trouble: str | None


def held(db: sqlite3.Connection, now_s: int) -> Iterator[Held]:
    """What waits, by kind, at `now_s` of the outbox's own time; reads no message, however many there are."""
    for kind, messages, size in db.execute(_HELD).fetchall():
        found = db.execute(_OLDEST, (kind,)).fetchone()
        yield Held(kind, messages, size, None if found is None else float(max(0, now_s - found[0])))
