"""Outbox: messages numbered, durable, and forgotten only when the cloud says that it has them."""

import hashlib
import logging
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from edge.errors import EdgeError, OutboxFull
from edge.outbox import losses, remembered, rows, streams
from edge.outbox.ages import Now, OwnTime
from edge.outbox.correcting import Correcting
from edge.outbox.disk import MEMORY, Disk
from edge.outbox.eviction import Limits, evict, recount
from edge.outbox.file import Unusable, files_set_aside
from edge.outbox.handed import HandedOut
from edge.outbox.reserve import PIECE
from edge.outbox.room import Room
from edge.outbox.rows import Posting, Row, Waiting
from edge.outbox.salvage import take_over
from edge.outbox.seals import is_sealed
from edge.outbox.standing import Standing, held
from edge.outbox.streams import RandomHex
from edge.outbox.urgency import next_numbers
from edge.wire.downlink import Ack
from edge.wire.envelope import STREAM_OF, Clock, StreamClass
from edge.wire.errors import WireError
from edge.wire.messages import GapCause
from edge.wire.ranges import merge_ranges, to_ranges
from edge.wire.times import Correction
from edge.wire.topics import Kind

log = logging.getLogger(__name__)


class Outbox:
    """One vehicle's three streams in one SQLite file. Any thread may call; each call is one short transaction."""

    def __init__(
        self,
        path: Path,
        *,
        vehicle: str,
        limits: Limits,
        random_hex: RandomHex,
        now: Now | None = None,
        why: str | None = None,
    ) -> None:
        """Use `open` or `without_disk`."""
        self._disk = Disk(path, limits.reserve_bytes, lambda: now().monotonic_s if now else 0.0)
        self._vehicle = vehicle
        self._limits = limits
        self._random_hex = random_hex
        self._now = now
        self._time = OwnTime(None, None)
        self.handed_out = 0
        """Messages that were handed out since the file was opened, each counted once in its stream."""
        self._handed_out = {stream_class: HandedOut() for stream_class in StreamClass}
        self._correcting = Correcting()
        self._counted: Counter[str] = Counter()
        self._failed: str | None = None
        self._damage: Unusable | None = None
        self._is_other = False
        self._lasting = f"nothing is kept across a restart: {why}" if why else None
        self.client_id = ""
        """Vehicle and 16 hex digits born with the file: no other client has it by accident."""
        self.notes: tuple[str, ...] = ()
        """What a person should know about how the file was found."""

    @classmethod
    def open(cls, path: Path, *, vehicle: str, limits: Limits, random_hex: RandomHex, now: Now | None = None) -> Self:
        """Open or make the outbox of a vehicle.

        A file that is damaged, of a newer Telltale or another vehicle's is set aside, a new one begun: the vehicle must
        not go unwatched for it. What can be read of a damaged one is taken over, in new streams. `notes` says so. So it
        is with damage that shows later.

        `random_hex(n)` gives 2n hex digits that nobody else has (`secrets.token_hex`): streams are named by them. `now`
        is what the box's clocks say; without it nothing grows old.

        Raises:
            ConfigError: no folder, or no permission.
            EdgeError: the disk is full or failing.
        """
        outbox = cls(path, vehicle=vehicle, limits=limits, random_hex=random_hex, now=now)
        try:
            outbox._disk.with_reserve(outbox._open)
        except BaseException:
            outbox._disk.close()
            raise
        outbox._disk.reserve.restore()
        return outbox

    @classmethod
    def without_disk(cls, why: str, *, vehicle: str, limits: Limits, random_hex: RandomHex) -> Self:
        """An outbox in memory, for a disk that cannot be used: nothing in it survives the program. `trouble` says why.

        Its streams are new ones, so that no number of those on the disk is given again.
        """
        outbox = cls(MEMORY, vehicle=vehicle, limits=limits, random_hex=random_hex, why=why)
        outbox._open()
        return outbox

    def put(self, postings: Sequence[Posting], *, remember: Mapping[str, bytes] | None = None) -> int:
        """Make postings and remembered state durable, all or none; how many postings were queued.

        What this returned for survives kill -9 and a power cut. Not queued, but counted: a key that was queued before,
        and what is too large to be sent (the cloud is told by a gap). What is over the limits is evicted (eviction.py),
        and the cloud told.

        While less than the reserve is free on the disk, what is no alert gets in only where the file has pages to
        spare, or, as health does, in the place of the last; the cloud is told of the rest (`disk_full`). Alerts get in
        as long as there is anything to make room of: the disk, the reserve, and what is missed less than they are.

        Raises:
            OutboxFull: the disk is full; nothing was taken in, the same may be put again.
            EdgeError: the disk is failing; likewise.
        """
        if not postings and not remember:
            return 0
        try:
            with self._disk.turn:
                queued = self._put_healed(postings, remember or {})
        except EdgeError as error:
            cause = "disk_full" if isinstance(error, OutboxFull) else "disk_error"
            self._counted[f"refused.{cause}"] += len(postings)
            self._failed = str(error)
            raise
        self._failed = None
        return queued

    def recall(self, name: str) -> bytes | None:
        """What was last remembered under this name; None also where the disk has changed it, which is counted.

        Raises:
            EdgeError: the disk is failing.
        """
        with self._reading() as db:
            row = db.execute("SELECT value, seal FROM remembered WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        value, crc = row
        if isinstance(value, bytes) and is_sealed(crc, name, value):
            return value
        self._counted["remembered_unreadable"] += 1
        return None

    def waiting(self, stream_class: StreamClass, after_seq: int, limit: int) -> list[Waiting]:
        """The next unacknowledged messages of a class in the order of their numbers; they count as handed out.

        When records are asked for, losses that the cloud does not know of become gap messages.

        Raises:
            EdgeError: the disk is failing, or a new file was begun, once: whoever asks must begin anew as well.
        """
        with self._asked_for(stream_class) as db:
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
            EdgeError: the disk is failing, or a new file was begun, once: whoever asks must begin anew as well.
        """
        with self._asked_for(stream_class) as db:
            while seqs := next_numbers(db, stream_class, taken, limit, kinds):
                if messages := self._hand_out(stream_class, rows.at(db, stream_class, seqs)):
                    return messages
                taken = merge_ranges([*taken, *to_ranges(seqs)])
            return []

    def correct(self, correction: Correction) -> int:
        """From now on everything unsynced of this run goes with its correction; how many were that wait already.

        What was handed out stays as it is: it may be stored.

        Raises:
            EdgeError: the disk is full or failing; some of what waits stays as it is.
        """
        with self._disk.turn:
            self._correcting.learn(correction)
        corrected = 0
        for stream_class in StreamClass:
            after_seq: int | None = 0
            while after_seq is not None:  # a hundred at a time: between them others have their turn
                with self._transaction() as db:
                    some, after_seq = self._correcting.write_again(
                        db, stream_class, after_seq, self._handed_out[stream_class], self._vehicle
                    )
                    corrected += some
        self._counted["corrected"] += corrected
        return corrected

    def acknowledge(self, ack: Ack) -> int:
        """Forget what the cloud has; how many messages that were.

        Only what was handed out since this file was opened is forgotten: other numbers can only have come from an
        earlier run, which costs a resend, or from a copy of this card, which must not cost a message.
        With `renew` nothing is forgotten, since the cloud's ranges then speak of another's messages too: the class
        gets a new stream, and everything that waits is numbered anew in it. An unknown stream is ignored.

        Raises:
            EdgeError: the disk is full or failing; nothing was forgotten, which costs a resend.
        """
        with self._disk.turn:
            forgotten = self._disk.with_reserve(lambda: self._acknowledge(ack))
            if self._disk.is_low:
                self._disk.write_log()
            return forgotten

    def counters(self) -> dict[str, int]:
        """By name, for the health message.

        Now `waiting.<class>` messages and `bytes` of payload, and `reserve_bytes` where there is to be a reserve;
        `disk_bytes` written at the disk, and of an hour (wear.py);
        `lost.<cause>.<kind>` since the file was born; since it was opened `known` (keys queued before),
        `refused.<cause>` by the disk, `begun_anew` files, `saved` messages of those before and `unsaved` files of them,
        `remembered_unreadable`, `renewed.<class>` streams, `corrected` messages that waited, `acks.unknown_stream`, and
        `acks.ahead` of what was handed out.

        Raises:
            EdgeError: the disk is failing.
        """
        with self._reading() as db:
            totals = db.execute("SELECT class, messages, bytes FROM stream").fetchall()
            tally = losses.tallies(db)
            counted = dict(self._counted)
        waiting = {f"waiting.{stream_class}": messages for stream_class, messages, _ in totals}
        reserve = {"reserve_bytes": self._disk.reserve.held} if self._limits.reserve_bytes else {}
        return (
            waiting
            | {"bytes": sum(size for *_, size in totals)}
            | reserve
            | self._disk.wear.counters()
            | tally
            | counted
        )

    def standing(self, *, wait_s: float) -> Standing | None:
        """How it is just now; None where others have it for longer than `wait_s`, as when its disk hangs.

        Raises:
            EdgeError: the disk is failing.
        """
        if not self._disk.turn.acquire(timeout=wait_s):
            return None
        try:
            with self._reading() as db:
                waiting = list(held(db, self._time()))
                return Standing(waiting, self.counters(), files_set_aside(self._disk.path), self.trouble)
        finally:
            self._disk.turn.release()

    @property
    def trouble(self) -> str | None:
        """What keeps it from keeping everything, in a few words; None where nothing does."""
        if self._failed or self._lasting or not self._disk.is_low:
            return self._failed or self._lasting
        return f"{self._disk.path}: little space is left on its disk, so what is no alert may be refused"

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
        with suppress(EdgeError), self._disk.transaction() as db:  # how old things are is not worth a complaint
            streams.keep_time(db, self._time.to_keep(at_the_end=True))
        self._disk.close()

    def _open(self) -> int:
        self._disk.open()
        try:
            self._settle()
        except Unusable as why:
            self._disk.begin_anew(why)
            self._settle()
        return int(self._begun_anew())

    def _begun_anew(self) -> bool:
        """Whether a file was set aside; then what can be read of it is in the new one, and `notes` say so."""
        aside = self._disk.set_aside_since()
        notes = [self._lasting]
        if aside is not None:
            saved = take_over(aside, self._disk, self._vehicle, lambda db, posting: self._queue(db, posting, None))
            self._counted.update({"begun_anew": 1, "saved": saved.messages, "unsaved": int(saved.is_broken_off)})
            notes = [f"{aside.note}; {saved.note}", *notes]
        self.notes = tuple(filter(None, notes))
        return aside is not None

    def _settle(self) -> None:
        with self._disk.transaction() as db:
            self._time = OwnTime(self._now, streams.time_kept(db))
            recount(db)
            self.client_id = f"{self._vehicle}-{streams.settle(db, self._disk.path, self._vehicle, self._random_hex)}"
            for stream_class in StreamClass:
                self._correcting.begin(db, stream_class)

    def _put_healed(self, postings: Sequence[Posting], remember: Mapping[str, bytes]) -> int:
        """The vehicle must not go unwatched until a restart because its file shows damage.

        What one statement complains of may be less than it seems, so the file is looked at as at a start first.
        """
        if self._damage is not None:
            self._look_again()
        try:
            return self._put_somehow(postings, remember)
        except Unusable:
            self._look_again()
        try:
            return self._put_somehow(postings, remember)
        except Unusable as why:
            self._disk.begin_anew(why)
            self._settle()
            self._begun_anew()
            self._go_on_with_another()
            return self._put_somehow(postings, remember)

    def _look_again(self) -> None:
        if self._disk.with_reserve(self._open):
            self._go_on_with_another()
        self._damage = None

    def _go_on_with_another(self) -> None:
        self._is_other = True
        self._handed_out = {stream_class: HandedOut() for stream_class in StreamClass}
        log.error("%s", "; ".join(self.notes))

    def _put_somehow(self, postings: Sequence[Posting], remember: Mapping[str, bytes]) -> int:
        """As they come; on a full disk with half of the reserve, then alerts in the place of what is missed less.

        Raises:
            OutboxFull: there is nothing left to make room of.
        """
        disk = self._disk
        disk.look()
        as_they_come = partial(self._put, postings, remember, is_full=False)
        alerts_above_all = partial(self._put, postings, remember, is_full=True)
        if disk.reserve.is_short:
            queued = disk.with_reserve(alerts_above_all, keep=PIECE)
        else:
            try:
                queued = disk.with_reserve(as_they_come, keep=disk.reserve.half)
            except OutboxFull:
                queued = disk.with_reserve(alerts_above_all, keep=PIECE)
        if disk.is_low:
            disk.write_log()
        disk.reserve.restore()
        return queued

    def _put(self, postings: Sequence[Posting], remember: Mapping[str, bytes], *, is_full: bool) -> int:
        known_before = self._counted["known"]
        try:
            with self._transaction() as db:
                room = self._room(db, is_full=is_full)
                if room:
                    room.make(sum(map(len, remember.values())))
                remembered.keep(db, remember)
                queued = sum(self._queue(db, posting, room) for posting in postings)
                if postings:
                    self._keep_limits(db, postings[-1], room.evicted if room else [])
                streams.keep_time(db, self._time.to_keep())
        except BaseException:
            self._counted["known"] = known_before
            raise
        return queued

    def _room(self, db: sqlite3.Connection, *, is_full: bool) -> Room | None:
        if is_full or self._disk.is_low:
            return Room(db, self._disk.path, is_full=is_full, may_grow=not self._disk.reserve.is_spent)
        return None

    def _queue(self, db: sqlite3.Connection, posting: Posting, room: Room | None) -> bool:
        if posting.key is not None and not self._is_new(db, posting.key):
            self._counted["known"] += 1
            return False
        kind = posting.body.kind
        stream, seq = streams.take_number(db, STREAM_OF[kind])
        try:
            payload = rows.encoded(self._correcting.of(posting), self._vehicle, stream, seq)
        except WireError:
            payload = None
        # What is larger than all that may wait of its kind would push out everything else and still not fit.
        if payload is None or len(payload) > self._limits.bytes_of(kind):
            cause = GapCause.TOO_LARGE
        elif room and not room.takes(kind, len(payload)):
            cause = GapCause.DISK_FULL
        else:
            rows.insert(db, kind, seq, payload, self._time())
            return True
        losses.lose(db, [Row(0, stream, seq, kind)], cause, posting.observed_at, posting.clock)
        return False

    def _is_new(self, db: sqlite3.Connection, key: str) -> bool:
        fingerprint = hashlib.sha256(key.encode()).digest()[:16]
        if not db.execute("INSERT OR IGNORE INTO queued_key (hash) VALUES (?)", (fingerprint,)).rowcount:
            return False
        db.execute("DELETE FROM queued_key WHERE id <= (SELECT max(id) FROM queued_key) - ?", (self._limits.keys,))
        return True

    def _keep_limits(self, db: sqlite3.Connection, latest: Posting, gone: Sequence[Row]) -> None:
        evicted = [*gone, *evict(db, self._limits, self._time())]
        losses.lose(db, evicted, GapCause.EVICTED, latest.observed_at, latest.clock)
        if losses.too_many_pending(db):
            losses.tell(db, self._vehicle, self._time(), self._correcting.of)

    def _tell_losses(self, db: sqlite3.Connection) -> None:
        if not losses.are_pending(db) or rows.gaps_waiting(db) >= losses.GAPS_WAITING_MAX:
            return
        with suppress(EdgeError), self._transaction():  # a disk that takes no more can still be read
            losses.tell(db, self._vehicle, self._time(), self._correcting.of)

    @contextmanager
    def _asked_for(self, stream_class: StreamClass) -> Iterator[sqlite3.Connection]:
        with self._reading() as db:
            if self._is_other:
                self._is_other = False
                raise EdgeError(f"{self._disk.path}: a new outbox was begun. Connect again")
            if stream_class is StreamClass.RECORD:
                self._tell_losses(db)
            yield db

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
            losses.lose(db, damaged, GapCause.UNREADABLE, losses.UNKNOWN_TIME, Clock.UNSYNCED)

    def _acknowledge(self, ack: Ack) -> int:
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

    def _renew(self, db: sqlite3.Connection, stream_class: StreamClass, old: str) -> None:
        streams.begin_anew(db, stream_class, self._random_hex)
        unreadable = [replace(row, stream=old) for row in rows.renumber(db, stream_class, self._vehicle)]
        losses.lose(db, unreadable, GapCause.UNREADABLE, losses.UNKNOWN_TIME, Clock.UNSYNCED)
        self._handed_out[stream_class] = HandedOut()
        self._correcting.begin(db, stream_class)
        self._counted[f"renewed.{stream_class}"] += 1

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._disk.reading() as db:
                yield db
        except Unusable as why:
            self._damage = why
            raise

    @contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        with self._reading(), self._disk.transaction(durable=durable) as db:
            yield db
