"""Outbox: messages numbered, durable, and forgotten only when the cloud says that it has them."""

import hashlib
import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from edge.errors import EdgeError, OutboxFull
from edge.outbox import losses, rows, streams
from edge.outbox.ages import Now, OwnTime
from edge.outbox.eviction import Limits, evict, recount
from edge.outbox.file import Unusable, named_errors, open_file, set_aside
from edge.outbox.handed import HandedOut
from edge.outbox.rows import Posting, Row, Waiting
from edge.outbox.streams import RandomHex
from edge.outbox.urgency import next_numbers
from edge.wire.downlink import Ack
from edge.wire.envelope import STREAM_OF, Clock, StreamClass
from edge.wire.errors import WireError
from edge.wire.messages import GapCause
from edge.wire.ranges import merge_ranges, to_ranges
from edge.wire.topics import Kind

_UNKNOWN_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a message was found damaged: there is no clock in here, so with it goes Clock.UNSYNCED."""

_REMEMBER: Final = """INSERT INTO remembered VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value
    WHERE value IS NOT excluded.value"""
"""What is remembered already is not written again."""


class Outbox:
    """One vehicle's three streams in one SQLite file. Any thread may call; each call is one short transaction."""

    def __init__(
        self,
        db: sqlite3.Connection,
        path: Path,
        *,
        vehicle: str,
        limits: Limits,
        random_hex: RandomHex,
        now: Now | None = None,
    ) -> None:
        """Use `open`."""
        self._db = db
        self._path = path
        self._vehicle = vehicle
        self._limits = limits
        self._random_hex = random_hex
        self._turn = threading.RLock()
        self.handed_out = 0
        """Messages that were handed out since the file was opened, each counted once in its stream."""
        self._handed_out = {stream_class: HandedOut() for stream_class in StreamClass}
        self._counted: Counter[str] = Counter()
        self._is_open = True
        self._time = OwnTime(now, streams.time_kept(db))
        self.client_id = ""
        """Vehicle and 16 hex digits born with the file: no other client has it by accident."""
        self.notes: tuple[str, ...] = ()
        """What a person should know about how the file was found."""

    @classmethod
    def open(cls, path: Path, *, vehicle: str, limits: Limits, random_hex: RandomHex, now: Now | None = None) -> Self:
        """Open or make the outbox of a vehicle.

        A file that is damaged, of a newer Telltale or another vehicle's is set aside, a new one begun: the vehicle must
        not go unwatched for it. `notes` says so.

        `random_hex(n)` gives 2n hex digits that nobody else has (`secrets.token_hex`): streams are named by them. `now`
        is what the box's clocks say; without it nothing grows old.

        Raises:
            ConfigError: no folder, or no permission.
            EdgeError: the disk is full or failing.
        """
        try:
            return cls._open(path, vehicle=vehicle, limits=limits, random_hex=random_hex, now=now)
        except Unusable as why:
            kept = set_aside(path, why.label)
            outbox = cls._open(path, vehicle=vehicle, limits=limits, random_hex=random_hex, now=now)
            outbox.notes = (f"{path}: {why.problem}; kept as {kept.name}, new streams begun in an empty outbox",)
            return outbox

    def put(self, postings: Sequence[Posting], *, remember: Mapping[str, bytes] | None = None) -> int:
        """Make postings and remembered state durable, all or none; how many postings were queued.

        What this returned for survives kill -9 and a power cut. Not queued, but counted: a key that was queued before,
        and what is too large to be sent (the cloud is told by a gap). What is over the limits is evicted (eviction.py),
        and the cloud told.

        Raises:
            OutboxFull: the disk is full; nothing was taken in, the same may be put again.
            EdgeError: the disk is failing; likewise.
        """
        if not postings and not remember:
            return 0
        try:
            with self._transaction() as db:
                queued = sum(self._queue(db, posting) for posting in postings)
                db.executemany(_REMEMBER, (remember or {}).items())
                if postings:
                    self._keep_limits(db, postings[-1])
                streams.keep_time(db, self._time.to_keep())
        except EdgeError as error:
            cause = "disk_full" if isinstance(error, OutboxFull) else "disk_error"
            self._counted[f"refused.{cause}"] += len(postings)
            raise
        return queued

    def recall(self, name: str) -> bytes | None:
        """What was last remembered under this name.

        Raises:
            EdgeError: the disk is failing.
        """
        with self._reading() as db:
            row = db.execute("SELECT value FROM remembered WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def waiting(self, stream_class: StreamClass, after_seq: int, limit: int) -> list[Waiting]:
        """The next unacknowledged messages of a class in the order of their numbers; they count as handed out.

        When records are asked for, losses that the cloud does not know of become gap messages.

        Raises:
            EdgeError: the disk is failing.
        """
        with self._reading() as db:
            if stream_class is StreamClass.RECORD:
                self._tell_losses(db)
            while found := rows.after(db, stream_class, after_seq, limit):
                after_seq = found[-1].seq
                if messages := self._hand_out(stream_class, found):
                    return messages
            return []

    def worth_most(
        self,
        stream_class: StreamClass,
        taken: Sequence[tuple[int, int]],
        limit: int,
        kinds: Collection[Kind] | None = None,
    ) -> list[Waiting]:
        """The unacknowledged messages of a class that should be sent next (urgency.py); they count as handed out.

        `taken` are ranges of numbers, ascending, that are not wanted: what is on its way. `kinds`: of
        these alone. Otherwise as `waiting`.

        Raises:
            EdgeError: the disk is failing.
        """
        with self._reading() as db:
            if stream_class is StreamClass.RECORD:
                self._tell_losses(db)
            while seqs := next_numbers(db, stream_class, taken, limit, kinds):
                if messages := self._hand_out(stream_class, rows.at(db, stream_class, seqs)):
                    return messages
                taken = merge_ranges([*taken, *to_ranges(seqs)])
            return []

    def acknowledge(self, ack: Ack) -> int:
        """Forget what the cloud has; how many messages that were.

        Only what was handed out since this file was opened is forgotten: other numbers can only have come from an
        earlier run, which costs a resend, or from a copy of this card, which must not cost a message.
        With `renew` nothing is forgotten, since the cloud's ranges then speak of another's messages too: the class
        gets a new stream, and everything that waits is numbered anew in it. An unknown stream is ignored.

        Raises:
            EdgeError: the disk is full or failing; nothing was forgotten, which costs a resend.
        """
        with self._turn:
            with self._transaction(durable=ack.renew) as db:
                stream_class = streams.class_of(db, ack.stream)
                if stream_class is None:
                    self._counted["acks.unknown_stream"] += 1
                    return 0
                if ack.renew:
                    self._renew(db, stream_class, ack.stream)
                    return 0
                handed_out = self._handed_out[stream_class]
                if any(last > handed_out.highest for _, last in [(1, ack.upto), *ack.also]):
                    self._counted["acks.ahead"] += 1
                forgotten = streams.forget(db, stream_class, handed_out.covered_by(ack))
            handed_out.let_go(ack)  # not before that is certain
            return forgotten

    def counters(self) -> dict[str, int]:
        """By name, for the health message.

        `waiting.<class>` messages and `bytes` in all; `lost.<cause>.<kind>` since the file was born; since it was
        opened `known` (keys queued before), `refused.<cause>` by the disk, `renewed.<class>` streams,
        `acks.unknown_stream`, and `acks.ahead` of what was handed out.

        Raises:
            EdgeError: the disk is failing.
        """
        with self._reading() as db:
            totals = db.execute("SELECT class, messages, bytes FROM stream").fetchall()
            tally = dict(db.execute("SELECT name, count FROM tally"))
            counted = dict(self._counted)
        waiting = {f"waiting.{stream_class}": messages for stream_class, messages, _ in totals}
        return waiting | {"bytes": sum(size for *_, size in totals)} | tally | counted

    def is_empty(self) -> bool:
        """Whether the cloud has everything, and knows of every loss.

        Raises:
            EdgeError: the disk is failing.
        """
        with self._reading() as db:
            return not self.waiting_messages() and not losses.are_pending(db)

    def waiting_messages(self) -> int:
        """How many messages the cloud has not acknowledged.

        Raises:
            EdgeError: the disk is failing.
        """
        with self._reading() as db:
            [messages] = db.execute("SELECT sum(messages) FROM stream").fetchone()
            return int(messages)

    def waiting_of(self, kinds: Collection[Kind]) -> int:
        """How many messages of these kinds the cloud has not acknowledged.

        Raises:
            EdgeError: the disk is failing.
        """
        with self._reading() as db:
            held = dict(db.execute("SELECT kind, messages FROM held"))
        return sum(held.get(kind, 0) for kind in kinds)

    def close(self) -> None:
        """Let go of the file; safe to repeat."""
        with self._turn:
            if self._is_open:
                self._is_open = False
                with suppress(EdgeError), self._transaction() as db:  # how old things are is not worth a complaint
                    streams.keep_time(db, self._time.to_keep(at_the_end=True))
            self._db.close()

    @classmethod
    def _open(cls, path: Path, *, vehicle: str, limits: Limits, random_hex: RandomHex, now: Now | None) -> Self:
        with _closed_on_error(open_file(path)) as file, named_errors(path):
            outbox = cls(file, path, vehicle=vehicle, limits=limits, random_hex=random_hex, now=now)
            with outbox._transaction() as db:
                recount(db)
                outbox.client_id = f"{vehicle}-{streams.settle(db, path, vehicle, random_hex)}"
        return outbox

    def _queue(self, db: sqlite3.Connection, posting: Posting) -> bool:
        if posting.key is not None and not self._is_new(db, posting.key):
            self._counted["known"] += 1
            return False
        kind = posting.body.kind
        stream, seq = streams.take_number(db, STREAM_OF[kind])
        try:
            payload = rows.encoded(posting, self._vehicle, stream, seq)
        except WireError:
            payload = None
        # What is larger than all that may wait of its kind would push out everything else and still not fit.
        if payload is None or len(payload) > self._limits.bytes_of(kind):
            lost = [Row(0, stream, seq, kind)]
            losses.lose(db, lost, GapCause.TOO_LARGE, posting.observed_at, posting.clock)
            return False
        rows.insert(db, kind, seq, payload, self._time())
        return True

    def _is_new(self, db: sqlite3.Connection, key: str) -> bool:
        fingerprint = hashlib.sha256(key.encode()).digest()[:16]
        if not db.execute("INSERT OR IGNORE INTO queued_key (hash) VALUES (?)", (fingerprint,)).rowcount:
            return False
        db.execute("DELETE FROM queued_key WHERE id <= (SELECT max(id) FROM queued_key) - ?", (self._limits.keys,))
        return True

    def _keep_limits(self, db: sqlite3.Connection, latest: Posting) -> None:
        evicted = evict(db, self._limits, self._time())
        losses.lose(db, evicted, GapCause.EVICTED, latest.observed_at, latest.clock)
        if losses.too_many_pending(db):
            losses.tell(db, self._vehicle, self._time())

    def _tell_losses(self, db: sqlite3.Connection) -> None:
        if not losses.are_pending(db) or rows.gaps_waiting(db) >= losses.GAPS_WAITING_MAX:
            return
        with suppress(EdgeError), self._transaction():  # a disk that takes no more can still be read
            losses.tell(db, self._vehicle, self._time())

    def _hand_out(self, stream_class: StreamClass, found: Sequence[Row]) -> list[Waiting]:
        messages = [row.message for row in found if row.message]
        self.handed_out += self._handed_out[stream_class].add([message.seq for message in messages])
        self._give_up([row for row in found if row.message is None])
        return messages

    def _give_up(self, damaged: Sequence[Row]) -> None:
        if not damaged:
            return
        with suppress(EdgeError), self._transaction() as db:  # otherwise they are met, and passed over, again
            rows.delete(db, damaged)
            losses.lose(db, damaged, GapCause.UNREADABLE, _UNKNOWN_TIME, Clock.UNSYNCED)

    def _renew(self, db: sqlite3.Connection, stream_class: StreamClass, old: str) -> None:
        streams.begin_anew(db, stream_class, self._random_hex)
        unreadable = [replace(row, stream=old) for row in rows.renumber(db, stream_class, self._vehicle)]
        losses.lose(db, unreadable, GapCause.UNREADABLE, _UNKNOWN_TIME, Clock.UNSYNCED)
        self._handed_out[stream_class] = HandedOut()
        self._counted[f"renewed.{stream_class}"] += 1

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn, named_errors(self._path):
            yield self._db

    @contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        with self._reading() as db:
            # FULL waits for the disk. NORMAL may lose the last commits to a power cut, and with them the numbers that
            # they gave: one that was sent already would be given to another message. So only forgetting is NORMAL.
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # some errors have rolled it back already
                    db.execute("ROLLBACK")
                raise


@contextmanager
def _closed_on_error(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        yield db
    except BaseException:
        db.close()
        raise
