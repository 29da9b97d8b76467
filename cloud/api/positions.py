"""/positions: where the vehicles are that say so."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, VehicleName, page_form
from cloud.fleet.model import VehicleFilter, Whereabouts
from cloud.security.roles import Permission

router = APIRouter(prefix="/positions", tags=["vehicles"])
Reader = Annotated[Caller, may(Permission.SEE_DRIVES)]


class WhereaboutsForm(Form):
    """Where a vehicle was when it said so last."""

    fleet: FleetName
    vehicle: VehicleName
    latitude_deg: Annotated[float, Field(examples=[52.52])]
    longitude_deg: Annotated[float, Field(examples=[13.405])]
    speed_kmh: Annotated[float | None, Field(examples=[48.0])]
    heading_deg: Annotated[float | None, Field(examples=[270.0])]
    accuracy_m: Annotated[float | None, Field(examples=[5.0])]
    observed_at: Moment
    """By the vehicle's clock."""


@router.get("")
def positions(
    caller: Reader, services: ServicesOf, window: WindowOf, fleet: str | None = None
) -> PageForm[WhereaboutsForm]:
    """The latest position of each vehicle that ever told one, by fleet and name."""
    return page_form(services.fleet.positions(caller.only(VehicleFilter(fleet)), window), _form)


def _form(one: Whereabouts) -> WhereaboutsForm:
    at = one.position
    return WhereaboutsForm(
        fleet=one.address.fleet,
        vehicle=one.address.vehicle,
        latitude_deg=at.latitude_deg,
        longitude_deg=at.longitude_deg,
        speed_kmh=at.speed_kmh,
        heading_deg=at.heading_deg,
        accuracy_m=at.accuracy_m,
        observed_at=one.observed_at,
    )
