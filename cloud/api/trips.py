"""/trips: drives, from ignition on to ignition off."""

from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import Caller, DrivesWanted, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Id, Moment, PageForm, VehicleName, page_form
from cloud.fleet.model import Trip
from cloud.security.roles import Permission
from edge.wire.envelope import Clock

router = APIRouter(prefix="/trips", tags=["trips"])
Reader = Annotated[Caller, may(Permission.SEE_DRIVES)]


class TripForm(Form):
    """One drive."""

    fleet: FleetName
    vehicle: VehicleName
    id: Id
    started_at: Moment
    ended_at: Moment
    ended_by: Annotated[str, Field(examples=["ignition_off"])]
    """ignition_off, silence, or shutdown."""
    distance_m: Annotated[float | None, Field(examples=[12840.0])]
    moving_s: Annotated[float | None, Field(examples=[1260.0])]
    idle_s: Annotated[float | None, Field(examples=[95.5])]
    speed_max_kmh: Annotated[float | None, Field(examples=[83.0])]
    fuel_used_l: Annotated[float | None, Field(examples=[None])]
    alerts: list[Id]
    """Alerts that began on this drive."""
    clock: Clock
    """Whether the vehicle's clock was known to be right."""
    received_at: Moment

    @classmethod
    def of(cls, trip: Trip) -> Self:
        """In this form."""
        return cls(
            fleet=trip.address.fleet,
            vehicle=trip.address.vehicle,
            id=trip.id,
            started_at=trip.started_at,
            ended_at=trip.ended_at,
            ended_by=trip.ended_by,
            distance_m=trip.distance_m,
            moving_s=trip.moving_s,
            idle_s=trip.idle_s,
            speed_max_kmh=trip.speed_max_kmh,
            fuel_used_l=trip.fuel_used_l,
            alerts=list(trip.alerts),
            clock=trip.clock,
            received_at=trip.received_at,
        )


TripPage = PageForm[TripForm]


@router.get("")
def list_trips(caller: Reader, services: ServicesOf, window: WindowOf, wanted: DrivesWanted) -> TripPage:
    """Trips, the latest start first."""
    return page_form(services.fleet.trips(caller.only(wanted), window), TripForm.of)
