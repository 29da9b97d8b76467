"""What the rest of the cloud may ask about bookings."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import Final

from cloud.database import Connection, Database
from cloud.errors import Conflict, NoSlot, NotFound, Refused, SlotTaken
from cloud.pages import Page, Window
from cloud.scheduling import store
from cloud.scheduling.booking import HELD_MAX, Booking, BookingFilter, hold
from cloud.scheduling.cells import CELL, cell_at, start_of
from cloud.scheduling.model import Centre, Job, Slot
from cloud.scheduling.offers import Offer
from cloud.scheduling.rooms import Calendar, Room, Why, find
from cloud.scheduling.service import offers_at, open_centre
from cloud.scheduling.store import Known
from cloud.security.audit import Audit

_TRIES: Final = 20
"""How often a place at a wanted time is looked for anew when others were quicker: about the bays of a large centre."""


class _Lost(Exception):
    """Somebody was quicker; what this transaction wrote must go."""


class AppointmentService:
    """Bookings, from a held time to the calendar.

    The place for a wanted time is looked for outside of any transaction and taken in a short one, where only the
    database's constraint decides who was first.
    """

    def __init__(self, database: Database, audit: Audit, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._now = now
        self._queue = Lock()
        """One write at a time in this process: who waits for SQLite's own lock polls for it, some for too long."""

    def hold(self, request: str, job: Job, centre: str, start_at: datetime, *, by: str) -> Booking:
        """Keep a time for somebody who has chosen it, for `booking.HOLD`; safe to repeat with the same request.

        Args:
            request: the fleet's own name of this wish; the booking's id follows from it.
            job: what is to be done.
            centre: where.
            start_at: when, on a quarter of an hour.
            by: who wants it.

        Raises:
            NotFound: there is no such centre.
            SlotTaken: somebody else was quicker.
            NoSlot: this centre never has time for this job.
            Refused: the centre has no such time.
            Conflict: the request was used for something else, or too much is held for the vehicle.
        """
        booking_id = sha256(f"{job.address.fleet}\n{request}".encode()).hexdigest()[:32]
        for attempt in range(_TRIES):
            now = self._now()
            with self._database.snapshot() as connection:
                before = store.booking_of(connection, booking_id)
                if before is not None:
                    return _repeated(before, job, centre, start_at).as_of(now)
                known, calendar = _look(connection, centre, now)
            after = hold(booking_id, job, _slot(job, known.centre, calendar, start_at, attempt), now)
            if self._write(now, known, None, after, by):
                return after
        raise _too_slow(centre, start_at)

    def confirm(self, booking: str, *, by: str) -> Booking:
        """Book what is held; safe to repeat.

        Raises:
            NotFound: there is no such booking.
            Conflict: it is neither held nor booked (any longer).
        """
        return self._change(booking, None, lambda before, now: before.confirm(now), by)

    def move(self, booking: str, sequence: int, centre: str, start_at: datetime, *, by: str) -> Booking:
        """Another time or place for a booking, in any state but cancelled; it keeps its own until that is sure.

        Args:
            booking: which.
            sequence: of the booking as the caller saw it.
            centre: where to.
            start_at: when, on a quarter of an hour.
            by: who wants it.

        Raises:
            NotFound: there is no such booking or centre.
            SlotTaken, NoSlot, Refused: as in `hold`.
            Conflict: the booking has changed meanwhile, is cancelled or has begun.
        """
        for attempt in range(_TRIES):
            now = self._now()
            with self._database.snapshot() as connection:
                stored = _booking(connection, booking)
                known, calendar = _look(connection, centre, now, besides=booking)
            before = _seen(stored.as_of(now), sequence)
            after = before.move(_slot(before.job, known.centre, calendar, start_at, attempt), now)
            if self._write(now, known, before, after, by):
                return after
        raise _too_slow(centre, start_at)

    def cancel(self, booking: str, reason: str, sequence: int | None = None, *, by: str) -> Booking:
        """Give a booking's time back; safe to repeat.

        Raises:
            NotFound: there is no such booking.
            Conflict: it is not as the caller saw it.
        """
        return self._change(booking, sequence, lambda before, now: before.cancel(reason, now), by)

    def booking(self, booking: str) -> Booking:
        """One booking.

        Raises:
            NotFound: there is no such booking.
        """
        with self._database.snapshot() as connection:
            return _booking(connection, booking).as_of(self._now())

    def bookings(self, wanted: BookingFilter, window: Window) -> Page[Booking]:
        """Bookings, the latest start first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after, now = window.key((datetime, str)), self._now()
        with self._database.snapshot() as connection:
            rows = store.list_bookings(connection, wanted, now, after=after, rows_max=window.limit + 1)
        return window.page([row.as_of(now) for row in rows], lambda row: (row.slot.start_at, row.id))

    def invite(self, booking: str, attendee: str | None) -> bytes:
        """A booking for a calendar; see cloud.scheduling.invite.

        Raises:
            NotFound: there is no such booking.
        """
        with self._database.snapshot() as connection:
            found = _booking(connection, booking).as_of(self._now())
            known = store.centre_of(connection, found.slot.centre)
        if known is None:
            raise NotFound(f"there is no centre {found.slot.centre!r}")
        from cloud.scheduling.invite import invite  # noqa: PLC0415  # its library takes a while, and is seldom asked for

        return invite(found, known.centre, attendee)

    def offers_instead(self, booking: str) -> list[Offer]:
        """Times for a booking that is to be moved, as if it took nothing.

        Raises:
            NotFound: there is no such booking.
            NoSlot: there are none; says of each centre why.
        """
        now = self._now()
        with self._database.snapshot() as connection:
            job = _booking(connection, booking).job
            centres, taken = store.open_centres(connection), store.taken(connection, now, besides=booking)
        return offers_at(job, centres, Calendar.at(now, taken))

    def _change(
        self, booking: str, sequence: int | None, change: Callable[[Booking, datetime], Booking], by: str
    ) -> Booking:
        now = self._now()
        with self._queue, self._database.transaction() as connection:
            store.free_what_is_over(connection, now)
            before = _booking(connection, booking)
            after = change(before, now)
            if after != before:
                if sequence is not None:
                    _seen(before, sequence)
                if not store.replace_booking(connection, before, after):
                    raise Conflict("the booking has changed meanwhile; look at it and decide anew")
                self._tell(connection, after, by)
            return after

    def _write(self, now: datetime, known: Known, before: Booking | None, after: Booking, by: str) -> bool:
        """Take what a booking needs, or nothing; False where somebody was quicker."""
        try:
            with self._queue, self._database.transaction() as connection:
                store.free_what_is_over(connection, now)
                if before is None:
                    _must_not_hold_more(connection, after.job, now)
                _write(connection, known, before, after)
                self._tell(connection, after, by)
        except _Lost:
            return False
        return True

    def _tell(self, connection: Connection, after: Booking, by: str) -> None:
        self._audit.record(
            connection,
            by=by,
            action=f"booking_{after.state}",
            fleet=after.job.address.fleet,
            subject=f"bookings/{after.id}",
            note=f"{after.job.component} of {after.job.address.vehicle}: {after.slot.centre}, "
            f"{after.slot.start_at:%Y-%m-%d %H:%M} UTC",
        )


def _must_not_hold_more(connection: Connection, job: Job, now: datetime) -> None:
    if store.count_held(connection, job.address, now) >= HELD_MAX:
        raise Conflict(f"{HELD_MAX} times are held for {job.address.vehicle!r} already; confirm or cancel one first")


def _write(connection: Connection, known: Known, before: Booking | None, after: Booking) -> None:
    current = store.centre_of(connection, known.centre.id, keep=True)
    if current is None or current.revision != known.revision:
        raise _Lost
    if before is None:
        is_written = store.add_booking(connection, after)
    else:
        is_written = store.replace_booking(connection, before, after)
    if not is_written:
        raise _Lost


def _booking(connection: Connection, booking: str) -> Booking:
    found = store.booking_of(connection, booking)
    if found is None:
        raise NotFound(f"there is no booking {booking!r}")
    return found


def _look(connection: Connection, centre: str, now: datetime, *, besides: str | None = None) -> tuple[Known, Calendar]:
    return open_centre(connection, centre), Calendar.at(now, store.taken(connection, now, besides=besides))


def _slot(job: Job, centre: Centre, calendar: Calendar, start_at: datetime, attempt: int) -> Slot:
    """A bay and a technician that are free then: the first, as in offers; whoever lost the race for it gets out of the
    others' way."""
    cell = cell_at(start_at)
    if start_of(cell) != start_at:
        raise Refused(f"start_at: times are on quarters of an hour ({CELL.seconds // 60} minutes)")
    room = find(job, centre, calendar)
    if isinstance(room, Room) and room.starts & calendar.frame.of([cell]):
        bays, technicians = room.bays_at(calendar, cell), room.technicians_at(calendar, cell)
        turn = attempt and zlib.crc32(str(job.address).encode())
        return room.slot(cell, bays[turn % len(bays)], technicians[turn % len(technicians)])
    empty = find(job, centre, replace(calendar, taken={}))
    if isinstance(empty, Why):
        raise NoSlot({centre.id: empty})
    if empty.starts & calendar.frame.of([cell]):
        raise SlotTaken(f"{start_at:%Y-%m-%d %H:%M} UTC at {centre.name} is taken; ask for new offers")
    raise Refused(f"{centre.name} cannot begin this at {start_at:%Y-%m-%d %H:%M} UTC; ask for offers")


def _repeated(before: Booking, job: Job, centre: str, start_at: datetime) -> Booking:
    """The booking of an earlier, equal request. What was changed since then cannot tell against it."""
    moved = before.sequence > 0
    if before.job != job or not (moved or (before.slot.centre, before.slot.start_at) == (centre, start_at)):
        raise Conflict("this request was used for another booking; give a new wish a name of its own")
    return before


def _seen(before: Booking, sequence: int) -> Booking:
    if before.sequence != sequence:
        raise Conflict(f"the booking has changed meanwhile, it is {before.state} now; look at it and decide anew")
    return before


def _too_slow(centre: str, start_at: datetime) -> SlotTaken:
    return SlotTaken(f"too many want {start_at:%Y-%m-%d %H:%M} UTC at {centre!r} at once; ask for new offers")
