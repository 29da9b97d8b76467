"""/centres: the service centres, with what they can do and when."""

from datetime import date
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import AfterValidator, Field, model_validator

from cloud.api.access import Caller, ServicesOf, may
from cloud.api.bookings import BookingForm, booking_form
from cloud.api.forms import Form, PageForm
from cloud.api.jobs import Name, Names, PlaceForm, WallTime, Weekday, Wish
from cloud.scheduling.booking import Booking
from cloud.scheduling.model import Bay, Centre, Hours, Technician
from cloud.security.roles import Permission

router = APIRouter(prefix="/centres", tags=["centres"])
Reader = Annotated[Caller, may(Permission.SEE_CENTRES)]
Keeper = Annotated[Caller, may(Permission.PUT_CENTRES)]


def _known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        raise ValueError("no time zone of the IANA database, such as Europe/Berlin") from None
    return zone


ZoneName = Annotated[str, Field(max_length=64, examples=["Europe/Berlin"]), AfterValidator(_known_zone)]


class HoursForm(Wish):
    """From when until when on one weekday, in the centre's wall time."""

    weekday: Weekday
    """0 is Monday."""
    opens: WallTime
    closes: Annotated[WallTime, Field(examples=["17:00"])]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("opens must be before closes; nothing goes over midnight")
        return self


Week = Annotated[list[HoursForm], Field(max_length=21)]


class BayForm(Wish):
    """Where one vehicle can be worked on."""

    id: Annotated[Name, Field(examples=["1"])]
    equipment: Annotated[Names, Field(examples=[["lift"]])] = ()


class TechnicianForm(Wish):
    """Who works on one vehicle at a time."""

    id: Annotated[Name, Field(examples=["anna"])]
    skills: Annotated[Names, Field(examples=[["cooling", "brakes"]])] = ()
    shifts: Week


class CentreForm(Wish):
    """A service centre."""

    name: Annotated[
        str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["Workshop Mitte"])
    ]
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", examples=["mitte@example.org"])]
    """Who organises its appointments."""
    place: PlaceForm
    zone: ZoneName
    hours: Week
    closed_on: Annotated[tuple[date, ...], Field(max_length=400, examples=[["2026-12-25"]])] = ()
    bays: Annotated[list[BayForm], Field(max_length=50)]
    technicians: Annotated[list[TechnicianForm], Field(max_length=100)]
    lead_time_h: Annotated[
        dict[Name, Annotated[float, Field(ge=0, le=8760)]],
        Field(default_factory=dict, max_length=5000, examples=[{"water_pump": 0}]),
    ]
    """How long until a part is there; 0 is on the shelf. A part that is not named: nobody knows."""

    @model_validator(mode="after")
    def _once(self) -> Self:
        for what in (self.bays, self.technicians):
            ids = [one.id for one in what]
            if len(set(ids)) < len(ids):
                raise ValueError("two bays or two technicians have the same id")
        return self

    def centre(self, centre: str) -> Centre:
        """The same inside."""
        return Centre(
            id=centre,
            name=self.name,
            email=self.email,
            place=self.place.place(),
            zone=self.zone,
            hours=_hours(self.hours),
            closed_on=frozenset(self.closed_on),
            bays=tuple(Bay(bay.id, frozenset(bay.equipment)) for bay in self.bays),
            technicians=tuple(
                Technician(one.id, frozenset(one.skills), _hours(one.shifts)) for one in self.technicians
            ),
            lead_time_h=self.lead_time_h,
        )


class CentreWithIdForm(CentreForm):
    """A service centre under its id."""

    id: Annotated[Name, Field(examples=["mitte"])]


class LostForm(Form):
    """What a change of a centre did to its bookings."""

    lost: list[BookingForm]
    """The bookings that it can no longer keep, in state centre_gone: each is to be moved or cancelled."""


@router.get("")
def list_centres(_: Reader, services: ServicesOf) -> PageForm[CentreWithIdForm]:
    """All centres, by id; there are never more than one page."""
    return PageForm(items=[_form(centre) for centre in services.scheduling.centres()], after=None)


@router.get("/{centre}")
def one_centre(_: Reader, services: ServicesOf, centre: str) -> CentreWithIdForm:
    """One centre."""
    return _form(services.scheduling.centre(centre))


@router.put("/{centre}")
def put_centre(caller: Keeper, services: ServicesOf, centre: Name, form: CentreForm) -> LostForm:
    """Add a centre or change it. What was booked and no longer fits is told, and is not lost."""
    return _lost(services.scheduling.put_centre(form.centre(centre), by=caller.name))


@router.delete("/{centre}")
def remove_centre(caller: Keeper, services: ServicesOf, centre: str) -> LostForm:
    """Take a centre away; its bookings that are still to come are told."""
    return _lost(services.scheduling.remove_centre(centre, by=caller.name))


def _hours(week: list[HoursForm]) -> tuple[Hours, ...]:
    return tuple(Hours(span.weekday, span.opens, span.closes) for span in week)


def _week(hours: tuple[Hours, ...]) -> list[HoursForm]:
    return [HoursForm(weekday=span.weekday, opens=span.opens, closes=span.closes) for span in hours]


def _lost(bookings: list[Booking]) -> LostForm:
    return LostForm(lost=[booking_form(booking) for booking in bookings])


def _form(centre: Centre) -> CentreWithIdForm:
    return CentreWithIdForm(
        id=centre.id,
        name=centre.name,
        email=centre.email,
        place=PlaceForm(latitude_deg=centre.place.latitude_deg, longitude_deg=centre.place.longitude_deg),
        zone=centre.zone,
        hours=_week(centre.hours),
        closed_on=tuple(sorted(centre.closed_on)),
        bays=[BayForm(id=bay.id, equipment=tuple(sorted(bay.equipment))) for bay in centre.bays],
        technicians=[
            TechnicianForm(id=one.id, skills=tuple(sorted(one.skills)), shifts=_week(one.shifts))
            for one in centre.technicians
        ],
        lead_time_h=dict(centre.lead_time_h),
    )
