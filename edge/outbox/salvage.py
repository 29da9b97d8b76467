"""Salvage: what can still be read in a file that was set aside, so that damage costs what it hit and nothing else.

Rows are read in the order of their ids. Where SQLite cannot go on, it is tried again further on, twice as far each
time. Every message has a checksum and every small thing a seal, so nothing is taken over but what was written.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from edge.errors import EdgeError
from edge.outbox import losses, remembered
from edge.outbox.disk import Aside, Disk
from edge.outbox.file import reading_only
from edge.outbox.losses import Told
from edge.outbox.rows import Posting, Row, posting_of, read_row
from edge.outbox.seals import is_sealed
from edge.wire.envelope import STREAM, STREAM_OF, Clock, StreamClass
from edge.wire.errors import WireError
from edge.wire.messages import GapCause
from edge.wire.topics import Kind

AT_ONCE: Final = 50
WRITTEN_AT_ONCE: Final = 20
"""Messages in one transaction; a block may have four megabytes."""
LEAPS_MAX: Final = 40
"""Tries to go on behind what cannot be read, each twice as far."""
UNREADABLE: Final = (sqlite3.Error, OverflowError, UnicodeDecodeError)
"""What SQLite and Python say of damage; the last where even the words of an error are garbled."""
ROWS_MAX: Final = 1_000_000
"""A damaged tree may lead in circles."""
_ROWS: Final = "SELECT id, class, seq, kind, crc, payload FROM message WHERE id > ? ORDER BY id LIMIT ?"


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a file that was set aside."""

    note: str
    """For a person."""
    messages: int = 0
    """Those that are in the new file."""
    is_broken_off: bool = False
    """The disk did not take all of it."""


def take_over(aside: Aside, disk: Disk, vehicle: str, queue: Callable[[sqlite3.Connection, Posting], object]) -> Saved:
    """Put what can be read of a file into the one that is open now, by `queue`, and remember what is lost of it."""
    try:
        with reading_only(aside.path) as old:
            return _taken_over(Salvage(old, vehicle), disk, queue, is_foreign=aside.is_foreign)
    except EdgeError as error:
        return Saved(f"not all of it can be taken over: {error}", is_broken_off=True)


def _taken_over(
    salvage: "Salvage", disk: Disk, queue: Callable[[sqlite3.Connection, Posting], object], *, is_foreign: bool
) -> Saved:
    waited, found, lost = salvage.waited(), salvage.messages(), list[Row]()
    while batch := list(islice(found, WRITTEN_AT_ONCE)):
        lost += [one for one in batch if isinstance(one, Row)]
        with disk.transaction() as db:
            for one in batch:
                if isinstance(one, Posting):
                    queue(db, one)
    if is_foreign and not salvage.taken:  # each message says whose it is
        return Saved("nothing of it is taken over")
    unknown = max(0, waited - salvage.taken - len(lost)) if waited is not None else 0
    with disk.transaction() as db:
        losses.lose(db, lost, GapCause.UNREADABLE, losses.UNKNOWN_TIME, Clock.UNSYNCED)
        losses.take_over(db, salvage.pending(), unknown)
        remembered.keep(db, salvage.remembered())
    if waited is None:
        note = f"{salvage.taken:,} of an unknown number of messages taken over"
    else:
        note = f"{salvage.taken:,} of {waited:,} messages taken over, {len(lost) + unknown:,} lost"
    return Saved(note, salvage.taken)


class Salvage:
    """One file that was set aside, open to be read."""

    def __init__(self, old: sqlite3.Connection, vehicle: str) -> None:
        """`vehicle`: whose messages are taken; another's are none."""
        with suppress(*UNREADABLE):
            old.execute("PRAGMA writable_schema = ON")  # a table whose words are damaged hides no other
        self._old = old
        self._vehicle = vehicle
        self._streams = _streams(old)
        self.taken = 0
        """Messages that could be read."""

    def messages(self) -> Iterator[Posting | Row]:
        """What waited, as it was put in; of what cannot be read, its place in the old stream where that is known."""
        for fields in self._rows():
            found = self._posting(fields)
            if found is not None:
                self.taken += 1
                yield found
            elif (lost := self._lost(fields)) is not None:
                yield lost

    def waited(self) -> int | None:
        """How many messages the file says that waited; None where it does not say, or what cannot be."""
        with suppress(*UNREADABLE, TypeError, ValueError):
            [total] = self._old.execute("SELECT sum(messages) FROM stream").fetchone()
            return int(total) if 0 <= int(total) <= ROWS_MAX else None
        return None

    def pending(self) -> Iterator[Told]:
        """Losses that the cloud was not told of."""
        query = "SELECT stream, cause, first, last, observed_at, clock, seal FROM gap"
        for row in _all(self._old, query):
            if row[-1] is not None and is_sealed(row[-1], *row[:-1]):
                yield row[:-1]

    def remembered(self) -> Mapping[str, bytes]:
        """What was remembered, by name."""
        rows = _all(self._old, "SELECT name, value, seal FROM remembered")
        return {
            name: value
            for name, value, crc in rows
            if isinstance(value, bytes) and crc is not None and is_sealed(crc, name, value)
        }

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        """All that can be read, by ascending id."""
        after, tries, seen = 0, 0, 0
        while tries <= LEAPS_MAX and seen < ROWS_MAX:
            rows = self._next(after, AT_ONCE if tries == 0 else 1)
            if rows == []:
                return
            before = after
            for fields in rows or ():
                if isinstance(fields[0], int) and fields[0] > after:
                    after, seen = fields[0], seen + 1
                    yield fields
            if after > before:
                tries = 0
            else:  # row by row at first, then further on, twice as far each time
                after += 2 ** (tries - 1) if tries else 0
                tries += 1

    def _next(self, after: int, limit: int) -> list[tuple[Any, ...]] | None:
        """The next rows; none at the end, None where there is damage."""
        try:
            return self._old.execute(_ROWS, (after, limit)).fetchall()
        except UNREADABLE:
            return None

    def _posting(self, fields: tuple[Any, ...]) -> Posting | None:
        id_, _, seq, kind, crc, payload = fields
        try:
            row = read_row((id_, "", seq, kind, crc, payload))
            return posting_of(row, self._vehicle)
        except (ValueError, TypeError, WireError):  # a kind that is none, a number that is none
            return None

    def _lost(self, fields: tuple[Any, ...]) -> Row | None:
        _, stream_class, seq, kind, *_ = fields
        name, next_seq = self._streams.get(stream_class, ("", 0))
        if not isinstance(seq, int) or not 1 <= seq < next_seq or kind not in set(Kind):
            return None
        return Row(0, name, seq, kind) if STREAM_OF[Kind(kind)] == stream_class else None


def _streams(old: sqlite3.Connection) -> dict[str, tuple[str, int]]:
    """The old streams' names and next numbers, by class."""
    return {
        stream_class: (name, next_seq)
        for stream_class, name, next_seq, crc in _all(old, "SELECT class, name, next_seq, seal FROM stream")
        if stream_class in set(StreamClass)
        and STREAM.fullmatch(str(name))
        and crc is not None
        and is_sealed(crc, stream_class, name, next_seq)
    }


def _all(old: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    """What can be read of a small table."""
    rows: list[tuple[Any, ...]] = []
    with suppress(*UNREADABLE), closing(old.execute(query)) as found:
        rows.extend(found)
    return rows
