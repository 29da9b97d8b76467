"""/trouble-codes: what control units have stored, as it was told last."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, VehicleName, page_form
from cloud.health.model import CodeFilter, StandingCode
from cloud.security.roles import Permission
from edge.wire.envelope import Clock
from edge.wire.messages import TroubleCodeStatus, Value

router = APIRouter(prefix="/trouble-codes", tags=["health"])
Reader = Annotated[Caller, may(Permission.SEE_HEALTH)]


class TroubleCodeForm(Form):
    """A trouble code of one control unit."""

    fleet: FleetName
    vehicle: VehicleName
    ecu: Annotated[str, Field(examples=["7E8"])]
    """Who stored it: the id of its answer, or its source address."""
    code: Annotated[str, Field(examples=["P0301"])]
    failure_type: Annotated[str | None, Field(examples=[None])]
    """Third byte, two hex digits; null where the protocol has none."""
    protocol: Annotated[str, Field(examples=["j1979"])]
    status: TroubleCodeStatus
    """`gone`: it is not stored any more, which is not the same as repaired."""
    lamp: Annotated[str | None, Field(examples=["on"])]
    """What is lit for it; null is unknown."""
    seen_at: Moment
    """When it came to this status, by the vehicle's clock."""
    clock: Clock
    freeze_frame: Annotated[dict[str, Value], Field(examples=[{"Vehicle.Speed": 63.0}])]
    """Signals by path as they were when it first failed."""
    received_at: Moment


def _wanted(
    fleet: str | None = None,
    vehicle: str | None = None,
    present: Annotated[bool | None, Query(description="true: stored now; false: gone.")] = None,
) -> CodeFilter:
    return CodeFilter(fleet, vehicle, present)


@router.get("")
def list_trouble_codes(
    caller: Reader, services: ServicesOf, window: WindowOf, wanted: Annotated[CodeFilter, Depends(_wanted)]
) -> PageForm[TroubleCodeForm]:
    """Trouble codes, what was told last first."""
    return page_form(services.health.codes(caller.only(wanted), window), _form)


def _form(code: StandingCode) -> TroubleCodeForm:
    names = {"fleet": code.address.fleet, "vehicle": code.address.vehicle}
    rest = {name: getattr(code, name) for name in TroubleCodeForm.model_fields if name not in names}
    return TroubleCodeForm.model_validate({**names, **rest})
