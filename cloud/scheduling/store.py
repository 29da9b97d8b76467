"""The tables of centres, bookings and taken cells, and all SQL on them.

Double booking is forbidden by a primary key: a cell of a resource is in `booked_cells` once. PostgreSQL has exclusion
constraints for this and SQLite has not; a key over cells is the same promise on both.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime, vehicle_names, within
from cloud.database import beyond, insert_once, put
from cloud.pages import Key
from cloud.scheduling.booking import TAKING, Booking, BookingFilter, State
from cloud.scheduling.cells import cell_at, taken_by
from cloud.scheduling.model import Centre, Job, Slot
from cloud.scheduling.rooms import Taken
from edge.wire.topics import Address

centres: Final = sa.Table(
    "centres",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("removed_at", UtcTime),
    comment="Service centres as they were put last; a removed one stays for its bookings",
)
bookings: Final = sa.Table(
    "bookings",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    *vehicle_names(),
    sa.Column("centre", sa.String(64), sa.ForeignKey("centres.id"), nullable=False),
    sa.Column("bay", sa.String(64), nullable=False),
    sa.Column("technician", sa.String(64), nullable=False),
    sa.Column("start_at", UtcTime, nullable=False),
    sa.Column("end_at", UtcTime, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("hold_until", UtcTime),
    sa.Column("booked_at", UtcTime),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("job", sa.JSON, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Index("bookings_by_start", "start_at", "id"),
    sa.Index("bookings_by_end", "state", "end_at"),
    comment="Every booking once, as it stands",
)
booked_cells: Final = sa.Table(
    "booked_cells",
    METADATA,
    sa.Column("resource", sa.String(200), primary_key=True),
    sa.Column("cell", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("booking", sa.String(32), sa.ForeignKey("bookings.id"), nullable=False),
    sa.Index("booked_cells_by_booking", "booking"),
    comment="Each quarter of an hour for which a bay, a technician or a vehicle is taken: once, by its key",
)

_CENTRE: Final = TypeAdapter(Centre)
_JOB: Final = TypeAdapter(Job)
_KEY: Final = (bookings.c.start_at, bookings.c.id)
_PLACED: Final = tuple(
    bookings.c[name] for name in ("fleet", "vehicle", "centre", "bay", "technician", "start_at", "end_at")
)
"""Whose booking it is, and its slot: all that is read of thousands for one look at what is free."""


@dataclass(frozen=True, slots=True)
class Known:
    """A centre and how often it was put or removed."""

    centre: Centre
    revision: int
    removed_at: datetime | None


def put_centre(connection: Connection, known: Known) -> None:
    """Insert a centre or replace it."""
    content = {"revision": known.revision, "body": _CENTRE.dump_python(known.centre, mode="json")}
    row = {"id": known.centre.id, **content, "removed_at": known.removed_at}
    put(connection, centres, row, key=("id",), replace=("revision", "body", "removed_at"))


def centre_of(connection: Connection, centre: str, *, keep: bool = False) -> Known | None:
    """A centre, removed or not; with `keep` nobody changes it before this transaction ends."""
    query = sa.select(centres).where(centres.c.id == centre)
    row = connection.execute(query.with_for_update(read=True) if keep else query).first()
    return None if row is None else _known(row)


def open_centres(connection: Connection) -> list[Centre]:
    """The centres that are not removed, by id."""
    query = sa.select(centres).where(centres.c.removed_at.is_(None)).order_by(centres.c.id)
    return [_known(row).centre for row in connection.execute(query)]


def taken(connection: Connection, now: datetime, *, besides: str | None = None) -> Taken:
    """Everything that is taken after now, without what one booking takes."""
    query = sa.select(bookings.c.id, *_PLACED).where(bookings.c.end_at > now, _taking(now))
    found: defaultdict[str, set[int]] = defaultdict(set)
    for booking, fleet, vehicle, *slot in connection.execute(query):
        if booking != besides:
            for resource, cell in taken_by(Slot(*slot), Address(fleet, vehicle)):
                found[resource].add(cell)
    return {resource: frozenset(cells) for resource, cells in found.items()}


def free_what_is_over(connection: Connection, now: datetime) -> None:
    """Let holds that have run out expire, and give back their cells and all that lie in the past."""
    over = sa.and_(bookings.c.state == State.HELD, bookings.c.hold_until <= now)
    rows = connection.execute(sa.select(bookings).where(over)).all()
    for row in rows:
        before = _booking(row)
        replace_booking(connection, before, before.as_of(now))
    connection.execute(sa.delete(booked_cells).where(booked_cells.c.cell < cell_at(now)))


def add_booking(connection: Connection, booking: Booking) -> bool:
    """Insert a booking with its cells; False where something of it is taken: the transaction must not be kept then."""
    return insert_once(connection, bookings, _row(booking)) and _take(connection, booking)


def replace_booking(connection: Connection, before: Booking, after: Booking) -> bool:
    """Replace a booking and what it takes; False where it has changed meanwhile or something is taken (see above)."""
    same = sa.and_(bookings.c.id == before.id, bookings.c.sequence == before.sequence)
    if not connection.execute(sa.update(bookings).where(same).values(**_row(after))).rowcount:
        return False
    connection.execute(sa.delete(booked_cells).where(booked_cells.c.booking == before.id))
    return _take(connection, after)


def booking_of(connection: Connection, booking: str) -> Booking | None:
    """One booking, if there is one."""
    row = connection.execute(sa.select(bookings).where(bookings.c.id == booking)).first()
    return None if row is None else _booking(row)


def count_held(connection: Connection, address: Address, now: datetime) -> int:
    """How many times are held for a vehicle."""
    of_it = sa.and_(bookings.c.fleet == address.fleet, bookings.c.vehicle == address.vehicle)
    query = sa.select(sa.func.count()).select_from(bookings).where(of_it, _is(State.HELD, now))
    return connection.execute(query).scalar_one()


def coming_to(connection: Connection, centre: str, now: datetime) -> list[Booking]:
    """What takes something of a centre after now, by start."""
    query = sa.select(bookings).where(bookings.c.centre == centre, bookings.c.end_at > now, _taking(now))
    return [_booking(row) for row in connection.execute(query.order_by(*_KEY))]


def list_bookings(
    connection: Connection, wanted: BookingFilter, now: datetime, *, after: Key | None, rows_max: int
) -> list[Booking]:
    """Bookings, the latest start first."""
    query = sa.select(bookings).order_by(*(column.desc() for column in _KEY)).limit(rows_max)
    query = query.where(within(bookings.c.fleet, wanted.within))
    for column, value in (
        (bookings.c.fleet, wanted.fleet), (bookings.c.vehicle, wanted.vehicle), (bookings.c.centre, wanted.centre)
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if wanted.state is not None:
        query = query.where(_is(wanted.state, now))
    if after is not None:
        query = query.where(beyond(_KEY, after))
    return [_booking(row) for row in connection.execute(query)]


def _take(connection: Connection, booking: Booking) -> bool:
    if booking.state not in TAKING:
        return True
    return all(
        insert_once(connection, booked_cells, {"resource": resource, "cell": cell, "booking": booking.id})
        for resource, cell in taken_by(booking.slot, booking.job.address)
    )


def _taking(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(_is(State.BOOKED, now), _is(State.HELD, now))


def _is(state: State, now: datetime) -> sa.ColumnElement[bool]:
    """Whether a booking is in a state now: a hold that has run out is expired before anyone has written so."""
    over = sa.and_(bookings.c.state == State.HELD, bookings.c.hold_until <= now)
    if state is State.HELD:
        return sa.and_(bookings.c.state == State.HELD, bookings.c.hold_until > now)
    if state is State.EXPIRED:
        return sa.or_(bookings.c.state == state, over)
    return bookings.c.state == state


def _row(booking: Booking) -> dict[str, Any]:
    return {
        "id": booking.id,
        "fleet": booking.job.address.fleet,
        "vehicle": booking.job.address.vehicle,
        "centre": booking.slot.centre,
        "bay": booking.slot.bay,
        "technician": booking.slot.technician,
        "start_at": booking.slot.start_at,
        "end_at": booking.slot.end_at,
        "state": booking.state,
        "sequence": booking.sequence,
        "hold_until": booking.hold_until,
        "booked_at": booking.booked_at,
        "reason": booking.reason,
        "job": _JOB.dump_python(booking.job, mode="json"),
        "made_at": booking.made_at,
        "changed_at": booking.changed_at,
    }


def _booking(row: Row[Any]) -> Booking:
    return Booking(
        id=row.id,
        job=_JOB.validate_python(row.job, strict=False),
        slot=Slot(row.centre, row.bay, row.technician, row.start_at, row.end_at),
        state=State(row.state),
        sequence=row.sequence,
        hold_until=row.hold_until,
        booked_at=row.booked_at,
        reason=row.reason,
        made_at=row.made_at,
        changed_at=row.changed_at,
    )


def _known(row: Row[Any]) -> Known:
    return Known(_CENTRE.validate_python(row.body), row.revision, row.removed_at)
