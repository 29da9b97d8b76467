"""/bookings: hold a time, say yes, move it, cancel it, put it into a calendar."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from cloud.api.access import Caller, Services, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Id, Moment, PageForm, VehicleName, page_form
from cloud.api.jobs import JobForm, Name, PlanMoment, SlotForm, Wish, slot_form
from cloud.api.offers import OffersForm, offers_form
from cloud.scheduling.booking import Booking, BookingFilter, State
from cloud.security.roles import Permission

router = APIRouter(prefix="/bookings", tags=["bookings"])
Reader = Annotated[Caller, may(Permission.SEE_BOOKINGS)]
Booker = Annotated[Caller, may(Permission.BOOK)]

Sequence = Annotated[int, Field(ge=0, examples=[1])]


class BookingForm(Form):
    """A booking as it stands."""

    id: Id
    fleet: FleetName
    vehicle: VehicleName
    component: Annotated[str, Field(examples=["cooling"])]
    slot: SlotForm
    state: State
    sequence: Sequence
    """Counts its changes; whoever changes it says which one they saw."""
    hold_until: Annotated[Moment | None, Field(examples=[None])]
    """Confirm it by then; null unless it is held."""
    booked_at: Moment | None
    """When somebody said yes; null: nobody yet."""
    reason: Annotated[str, Field(examples=["the centre was removed"])]
    """Why it is cancelled or the centre is gone."""
    made_at: Moment
    changed_at: Moment


class HoldWish(Wish):
    """A time that somebody has chosen."""

    request: Annotated[str, Field(min_length=8, max_length=200, examples=["3f2c9b1e-7f65-4f0c-9d07-3b1f6d3a2c11"])]
    """A name of the caller's own for this wish, never used for another: sent again, it gives the same booking."""
    job: JobForm
    centre: Name
    start_at: PlanMoment


class MoveWish(Wish):
    """Another time or place."""

    sequence: Sequence
    centre: Name
    start_at: PlanMoment


def _wanted(
    fleet: str | None = None, vehicle: str | None = None, centre: str | None = None, state: State | None = None
) -> BookingFilter:
    return BookingFilter(fleet=fleet, vehicle=vehicle, centre=centre, state=state)


@router.get("")
def list_bookings(
    caller: Reader, services: ServicesOf, window: WindowOf, wanted: Annotated[BookingFilter, Depends(_wanted)]
) -> PageForm[BookingForm]:
    """Bookings, the latest start first."""
    return page_form(services.appointments.bookings(caller.only(wanted), window), booking_form)


@router.post("", status_code=201)
def hold(caller: Booker, services: ServicesOf, form: HoldWish) -> BookingForm:
    """Keep a time for ten minutes; safe to repeat."""
    caller.must(form.job.fleet, f"fleet {form.job.fleet!r}")
    job = form.job.job()
    return booking_form(services.appointments.hold(form.request, job, form.centre, form.start_at, by=caller.name))


@router.get("/{booking}")
def one_booking(caller: Reader, services: ServicesOf, booking: str) -> BookingForm:
    """One booking."""
    return booking_form(_theirs(caller, services, booking))


@router.patch("/{booking}")
def move(caller: Booker, services: ServicesOf, booking: str, form: MoveWish) -> BookingForm:
    """Another time or place; the old one is kept until that is sure."""
    _theirs(caller, services, booking)
    return booking_form(services.appointments.move(booking, form.sequence, form.centre, form.start_at, by=caller.name))


@router.delete("/{booking}")
def cancel(
    caller: Booker,
    services: ServicesOf,
    booking: str,
    reason: Annotated[str, Query(max_length=500)] = "",
    sequence: Annotated[int | None, Query(ge=0, description="Only if it is still as seen.")] = None,
) -> BookingForm:
    """Give its time back; safe to repeat. The booking stays and can be read."""
    _theirs(caller, services, booking)
    return booking_form(services.appointments.cancel(booking, reason, sequence, by=caller.name))


@router.post("/{booking}/confirmation")
def confirm(caller: Booker, services: ServicesOf, booking: str) -> BookingForm:
    """Book what is held; safe to repeat."""
    _theirs(caller, services, booking)
    return booking_form(services.appointments.confirm(booking, by=caller.name))


@router.get("/{booking}/offers")
def offers_instead(caller: Booker, services: ServicesOf, booking: str) -> OffersForm:
    """Other times for it, as if it took none itself."""
    _theirs(caller, services, booking)
    return offers_form(services.appointments.offers_instead(booking))


@router.get("/{booking}/invite.ics", response_class=Response, responses={200: {"content": {"text/calendar": {}}}})
def invite(
    caller: Reader,
    services: ServicesOf,
    booking: str,
    attendee: Annotated[
        str | None,
        Query(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", description="Who is invited, by e-mail address."),
    ] = None,
) -> Response:
    """The booking for a calendar (iCalendar): an invitation with an attendee, a notice without, else a cancellation."""
    _theirs(caller, services, booking)
    return Response(services.appointments.invite(booking, attendee), media_type="text/calendar; charset=utf-8")


def _theirs(caller: Caller, services: Services, booking: str) -> Booking:
    """A booking of a fleet of theirs; of a stranger's they are told what they are told of none."""
    found = services.appointments.booking(booking)
    caller.must(found.job.address.fleet, f"booking {booking!r}")
    return found


def booking_form(booking: Booking) -> BookingForm:
    """A booking for callers."""
    return BookingForm(
        id=booking.id,
        fleet=booking.job.address.fleet,
        vehicle=booking.job.address.vehicle,
        component=booking.job.component,
        slot=slot_form(booking.slot),
        state=booking.state,
        sequence=booking.sequence,
        hold_until=booking.hold_until,
        booked_at=booking.booked_at,
        reason=booking.reason,
        made_at=booking.made_at,
        changed_at=booking.changed_at,
    )
