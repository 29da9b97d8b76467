"""/trips: drives, from ignition on to ignition off."""

from dataclasses import asdict
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import Caller, DrivesWanted, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Id, Moment, PageForm, VehicleName, page_form
from cloud.fleet.trip import Style, Trip
from cloud.security.roles import Permission
from edge.wire.envelope import Clock
from edge.wire.messages import StyleEvent

router = APIRouter(prefix="/trips", tags=["trips"])
Reader = Annotated[Caller, may(Permission.SEE_DRIVES)]


class SpotForm(Form):
    """Where a trip began or ended (WGS 84)."""

    latitude_deg: Annotated[float, Field(examples=[52.52])]
    longitude_deg: Annotated[float, Field(examples=[13.405])]


class StyleForm(Form):
    """How a trip was driven: how often; null: it could not be judged."""

    harsh_braking: Annotated[int | None, Field(examples=[2])]
    harsh_acceleration: Annotated[int | None, Field(examples=[0])]
    harsh_cornering: Annotated[int | None, Field(examples=[None])]
    overspeed: Annotated[int | None, Field(examples=[1])]
    overspeed_s: Annotated[float | None, Field(examples=[40.0])]
    """How long together."""
    events: list[StyleEvent]
    """Of those, the worst."""
    events_left_out: int
    """Counted above and not in `events`."""

    @classmethod
    def of(cls, style: Style) -> Self:
        """In this form."""
        return cls.model_validate({**asdict(style), "events": list(style.events)})


class TripForm(Form):
    """One drive; null is what the vehicle did not tell. Where it led and how it was driven is kept for a while only."""

    fleet: FleetName
    vehicle: VehicleName
    id: Id
    started_at: Moment
    ended_at: Moment
    ended_by: Annotated[str, Field(examples=["ignition_off"])]
    """ignition_off, standing (by positions alone), silence, or shutdown."""
    distance_m: Annotated[float | None, Field(examples=[12840.0])]
    distance_by: Annotated[str | None, Field(examples=["speed"])]
    """speed, position, or odometer."""
    odometer_start_km: Annotated[float | None, Field(examples=[48210.4])]
    odometer_end_km: Annotated[float | None, Field(examples=[48223.2])]
    moving_s: Annotated[float | None, Field(examples=[1260.0])]
    idle_s: Annotated[float | None, Field(examples=[95.5])]
    engine_on_s: Annotated[float | None, Field(examples=[1340.0])]
    stops: Annotated[int | None, Field(examples=[1])]
    """How often it stood for more than three minutes while in use."""
    stopped_s: Annotated[float | None, Field(examples=[240.0])]
    speed_max_kmh: Annotated[float | None, Field(examples=[83.0])]
    """Kept as long as `style` is."""
    fuel_used_l: Annotated[float | None, Field(examples=[None])]
    fuel_idle_l: Annotated[float | None, Field(examples=[None])]
    """Burned while it stood."""
    energy_used_kwh: Annotated[float | None, Field(examples=[2.1])]
    """Out of the traction battery."""
    energy_recuperated_kwh: Annotated[float | None, Field(examples=[0.4])]
    """Back into it by driving."""
    no_position_s: Annotated[float | None, Field(examples=[0.0])]
    """In tunnels."""
    moved_off_m: Annotated[float | None, Field(examples=[0.0])]
    """From where the trip before ended to where this one began: carried off, towed, or on a ferry."""
    start: SpotForm | None
    """Null: it did not say, or that is no longer kept; so with `end` and `style`."""
    end: SpotForm | None
    style: StyleForm | None
    private: bool
    """Driven in private mode: where and how was never told."""
    alerts: list[Id]
    """Alerts that began on this drive."""
    clock: Clock
    """Whether the vehicle's clock was known to be right."""
    received_at: Moment

    @classmethod
    def of(cls, trip: Trip) -> Self:
        """In this form."""
        special: dict[str, object] = {
            "fleet": trip.address.fleet,
            "vehicle": trip.address.vehicle,
            "alerts": list(trip.alerts),
            "start": None if trip.start is None else asdict(trip.start),
            "end": None if trip.end is None else asdict(trip.end),
            "style": None if trip.style is None else StyleForm.of(trip.style),
        }
        same = {name: getattr(trip, name) for name in cls.model_fields if name not in special}
        return cls.model_validate({**special, **same})


TripPage = PageForm[TripForm]


@router.get("")
def list_trips(caller: Reader, services: ServicesOf, window: WindowOf, wanted: DrivesWanted) -> TripPage:
    """Trips, the latest start first."""
    return page_form(services.fleet.trips(caller.only(wanted), window), TripForm.of)
