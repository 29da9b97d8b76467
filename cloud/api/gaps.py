"""/gaps: what vehicles declared that they will never send."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, VehicleName, page_form
from cloud.inbox.kept import GapRange
from cloud.security.roles import Permission

router = APIRouter(prefix="/gaps", tags=["gaps"])


class GapForm(Form):
    """A range of messages that will never come."""

    id: Annotated[int, Field(examples=[42])]
    fleet: FleetName
    vehicle: VehicleName
    stream: Annotated[str, Field(examples=["record-0123456789abcdef"])]
    first: Annotated[int, Field(examples=[17])]
    last: Annotated[int, Field(examples=[23])]
    """Both are included."""
    cause: Annotated[str, Field(examples=["evicted"])]
    observed_at: Moment
    received_at: Moment


@router.get("")
def list_gaps(
    _: Annotated[Caller, may(Permission.SEE_OPERATIONS)],
    services: ServicesOf,
    window: WindowOf,
    fleet: str | None = None,
    vehicle: str | None = None,
) -> PageForm[GapForm]:
    """Gaps, the newest first."""
    return page_form(services.aside.gaps(fleet=fleet, vehicle=vehicle, window=window), _gap)


def _gap(row: GapRange) -> GapForm:
    return GapForm(
        id=row.id,
        fleet=row.address.fleet,
        vehicle=row.address.vehicle,
        stream=row.stream,
        first=row.first,
        last=row.last,
        cause=row.cause,
        observed_at=row.observed_at,
        received_at=row.received_at,
    )
