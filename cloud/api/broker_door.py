"""/broker/door: what the helper beside a broker asks: whom to keep out, and what it has refused meanwhile."""

from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, may, provisioning_of
from cloud.api.forms import FleetName, Form, Moment, VehicleName
from cloud.fleet.provisioning.model import Refusal, Round
from cloud.security.roles import Permission

router = APIRouter(prefix="/broker", tags=["broker"])
REFUSALS_MAX: Final = 500


class RefusedForm(Form):
    """What a broker did not let somebody do."""

    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,24}$", examples=["publish"])]
    who: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$", examples=["south/van-7"])]
    """An identity, or an address where nobody knows more."""
    detail: Annotated[str, Field(max_length=400, pattern=r"^[^\x00-\x1f]*$")]
    times: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1
    fleet: Annotated[str | None, Field(max_length=64)] = None


class RoundForm(Form):
    """How far a helper is."""

    applied: Annotated[int, Field(ge=0, le=2**62)]
    """The last change that holds at its broker."""
    list_ends_at: Moment | None = None
    """When the revocation list that its broker has ends."""
    refused: list[RefusedForm] = Field(default=[], max_length=REFUSALS_MAX)
    """Since it last asked."""


class OutForm(Form):
    """A vehicle that was put out since."""

    fleet: FleetName
    vehicle: VehicleName
    change: int


class DoorForm(Form):
    """What a broker must know."""

    change: int
    """How often somebody was put out so far."""
    revocation_list: str
    """PEM."""
    denied: list[str]
    """`<fleet>/<vehicle>` of all who may do nothing at all."""
    out: list[OutForm]
    """Whose connections are to be ended."""


@router.post("/door")
def door(caller: Annotated[Caller, may(Permission.KEEP_BROKER)], services: ServicesOf, form: RoundForm) -> DoorForm:
    """Say how far the broker is, and hear what it must know."""
    provisioning = provisioning_of(services)
    provisioning.refusals.note([Refusal(one.kind, one.who, one.detail, one.times, one.fleet) for one in form.refused])
    known = provisioning.door(Round(caller.name, form.applied, form.list_ends_at))
    return DoorForm(
        change=known.change,
        revocation_list=known.revocation_list,
        denied=[f"{address.fleet}/{address.vehicle}" for address in known.denied],
        out=[OutForm(fleet=out.address.fleet, vehicle=out.address.vehicle, change=out.change) for out in known.out],
    )
