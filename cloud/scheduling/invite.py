"""A booking as an iCalendar object, for the calendars of owner and workshop (RFC 5545, RFC 5546)."""

from typing import Final

from icalendar import Calendar, Event, vCalAddress

from cloud.scheduling.booking import Booking, State
from cloud.scheduling.model import Centre

_STATUS: Final = {State.HELD: "TENTATIVE", State.BOOKED: "CONFIRMED"}
"""Whatever else a booking is, the visit does not take place."""


def invite(booking: Booking, centre: Centre, attendee: str | None = None) -> bytes:
    """One event, in UTC. A later one of the same booking replaces it in a calendar, by UID and SEQUENCE.

    Args:
        booking: what it is about; a visit that does not take place is a METHOD:CANCEL.
        centre: where it was or is.
        attendee: the e-mail address of who is invited (METHOD:REQUEST); None only tells of it (METHOD:PUBLISH), because
            a request without an attendee is none (RFC 5546, 3.2.2).
    """
    status = _STATUS.get(booking.state, "CANCELLED")
    calendar = Calendar()
    calendar.add("prodid", "-//Telltale//scheduling//EN")
    calendar.add("version", "2.0")
    calendar.add("method", _method(status, attendee))
    event = Event()
    event.add("uid", f"{booking.id}@telltale")
    event.add("sequence", booking.sequence)
    event.add("dtstamp", booking.changed_at)
    event.add("dtstart", booking.slot.start_at)
    event.add("dtend", booking.slot.end_at)
    event.add("status", status)
    event.add("summary", f"{booking.job.address.vehicle}: {booking.job.component}")
    event.add("location", centre.name)
    event.add("geo", (centre.place.latitude_deg, centre.place.longitude_deg))
    event.add("organizer", _person(centre.email, centre.name))
    if booking.reason:
        event.add("description", booking.reason)
    if attendee is not None:
        event.add("attendee", _person(attendee, attendee))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _method(status: str, attendee: str | None) -> str:
    if status == "CANCELLED":
        return "CANCEL"
    return "PUBLISH" if attendee is None else "REQUEST"


def _person(email: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{email}")
    person.params["CN"] = name
    return person
