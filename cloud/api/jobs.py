"""What callers say of a job, and what they are told of a time for it; shared by offers, plans and bookings."""

from datetime import UTC, datetime, time
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator

from cloud.api.access import Instant
from cloud.api.forms import FleetName, Form, Moment, VehicleName
from cloud.scheduling.cost import Charge, Cost
from cloud.scheduling.model import Job, Life, Place, Preferences, Slot, Work
from edge.wire.messages import Action
from edge.wire.topics import NAME, Address

_NAMES_MAX = 50
NAME_PATTERN = f"^{NAME.pattern}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN, examples=["cooling"])]
Names = Annotated[tuple[Name, ...], Field(max_length=_NAMES_MAX)]
Weekday = Annotated[int, Field(ge=0, le=6, examples=[0])]


def _without_zone(wall: time) -> time:
    if wall.tzinfo is not None:
        raise ValueError("a wall time of the centre has no zone")
    return wall


_CLOCK = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$", "examples": ["08:00"]}
"""JSON Schema's own `time` has a zone."""
WallTime = Annotated[time, AfterValidator(_without_zone), WithJsonSchema(_CLOCK)]


PlanMoment = Annotated[Instant, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(3000, 1, 1, tzinfo=UTC))]
"""With room on both sides for whatever is added to it."""


class Wish(Form):
    """Base of what callers send: an unknown member is a mistake and is refused."""

    model_config = ConfigDict(extra="forbid")


class PlaceForm(Wish):
    """A point on the earth (WGS 84)."""

    latitude_deg: Annotated[float, Field(ge=-90, le=90, examples=[52.52])]
    longitude_deg: Annotated[float, Field(ge=-180, le=180, examples=[13.405])]

    def place(self) -> Place:
        """The same inside."""
        return Place(self.latitude_deg, self.longitude_deg)


class WorkForm(Wish):
    """What is to be done."""

    minutes: Annotated[int, Field(ge=1, le=960, examples=[90])]
    skills: Annotated[Names, Field(examples=[["cooling"]])] = ()
    """One technician has them all."""
    equipment: Annotated[Names, Field(examples=[["lift"]])] = ()
    """One bay has it all."""
    parts: Annotated[Names, Field(examples=[["water_pump"]])] = ()
    parts_value_eur: Annotated[float, Field(ge=0, le=100_000, examples=[180.0])] = 0.0

    def work(self) -> Work:
        """The same inside."""
        return Work(
            minutes=self.minutes,
            skills=frozenset(self.skills),
            equipment=frozenset(self.equipment),
            parts=frozenset(self.parts),
            parts_value_eur=self.parts_value_eur,
        )


class LifeForm(Wish):
    """When the component is expected to fail."""

    fails_from: PlanMoment
    fails_by: PlanMoment

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fails_from >= self.fails_by:
            raise ValueError("fails_from must be before fails_by")
        return self


class PreferencesForm(Wish):
    """What the owner would rather have."""

    weekdays: Annotated[tuple[Weekday, ...], Field(max_length=7)] = ()
    """0 is Monday."""
    after: WallTime | None = None
    """Begin not before this wall time of the centre,"""
    before: WallTime | None = None
    """and be done by this one."""
    centre: Annotated[Name | None, Field(examples=["mitte"])] = None
    distance_max_km: Annotated[float | None, Field(gt=0, le=20_100, examples=[50.0])] = None
    """By road, one way. The only one that is never gone against."""

    def preferences(self) -> Preferences:
        """The same inside."""
        return Preferences(
            weekdays=frozenset(self.weekdays),
            after=self.after,
            before=self.before,
            centre=self.centre,
            distance_max_km=self.distance_max_km,
        )


class JobForm(Wish):
    """One vehicle's visit to a workshop."""

    fleet: FleetName
    vehicle: VehicleName
    component: Annotated[Name, Field(examples=["cooling"])]
    work: WorkForm
    action: Action
    """How urgent it is, as the alert says."""
    ready_at: PlanMoment
    """When the vehicle can be spared at the earliest."""
    latest_at: PlanMoment | None = None
    """Begin by then; null leaves it to the action and the remaining life."""
    life: LifeForm | None = None
    place: PlaceForm | None = None
    """Where the vehicle comes from; null: unknown."""
    preferences: PreferencesForm = PreferencesForm()

    def job(self) -> Job:
        """The same inside.

        Raises:
            BadTopic: fleet or vehicle is no name.
        """
        return Job(
            address=Address(self.fleet, self.vehicle),
            component=self.component,
            work=self.work.work(),
            action=self.action,
            ready_at=self.ready_at,
            latest_at=self.latest_at,
            life=None if self.life is None else Life(self.life.fails_from, self.life.fails_by),
            place=None if self.place is None else self.place.place(),
            preferences=self.preferences.preferences(),
        )


class SlotForm(Form):
    """Where and when."""

    centre: Annotated[str, Field(examples=["mitte"])]
    bay: Annotated[str, Field(examples=["1"])]
    technician: Annotated[str, Field(examples=["anna"])]
    start_at: Moment
    end_at: Moment


class CostForm(Form):
    """What a time costs as expected money: a detour, waiting, a risk."""

    cents: int
    charges: Annotated[dict[Charge, int], Field(examples=[{"travel": 1200, "too_late": 300}])]
    """What it consists of, in cents."""


def slot_form(slot: Slot) -> SlotForm:
    """A slot for callers."""
    return SlotForm(
        centre=slot.centre, bay=slot.bay, technician=slot.technician, start_at=slot.start_at, end_at=slot.end_at
    )


def cost_form(cost: Cost) -> CostForm:
    """A cost for callers."""
    return CostForm(cents=cost.total, charges=cost.cents)
