"""/admissions: which vehicles are let in: codes for boxes, revocation, replacement."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import AddressOf, Caller, ServicesOf, WindowOf, may, provisioning_of
from cloud.api.forms import FleetName, Form, Line, Moment, PageForm, VehicleName, page_form
from cloud.fleet.provisioning.model import CLAIM_FOR, CLAIM_FOR_MAX, Listed, State
from cloud.security.roles import Permission

router = APIRouter(prefix="/admissions", tags=["admissions"])
Keeper = Annotated[Caller, may(Permission.LET_IN)]


class AdmissionForm(Form):
    """How a vehicle stands at the door."""

    fleet: FleetName
    vehicle: VehicleName
    state: State
    since: Moment
    claim_ends_at: Moment | None
    """Of the code that waits to be used."""
    certificate_ends_at: Moment | None
    """Of its newest certificate that is not revoked."""
    shut_at_brokers: bool | None
    """Whether the helpers of all brokers say that it was put out there; null: it never was, or there is no helper."""


class CodeWish(Form):
    """A code for a box."""

    replace: bool = False
    """Whether the box that the vehicle has is put out at once."""
    days: Annotated[float, Field(gt=0, le=CLAIM_FOR_MAX.days)] = CLAIM_FOR.days
    """How long the code opens."""
    cloud: Annotated[str, Field(pattern=r"^https?://[^\s'\"`$\\;&|<>]+$", max_length=300)] | None = None
    """Where the box reaches the cloud, such as `https://cloud.example`; null: the code alone is answered."""


class CodeForm(Form):
    """A code. It is in this answer and nowhere else."""

    code: Annotated[str, Field(examples=["8Z3KQ-…"])]
    """For `telltale-edge enrol --cloud URL --code CODE`."""
    ends_at: Moment
    command: Annotated[str | None, Field(examples=["telltale-edge enrol --cloud https://cloud.example --code 8Z3KQ-…"])]
    """What is to be said on the box; null: `cloud` was not said."""
    qr: Annotated[list[str] | None, Field(examples=[["1011", "0010"]])]
    """The command as a QR code: a text for each row, 1 where it is dark; null: `cloud` was not said."""


class RevocationWish(Form):
    """Why a vehicle is put out."""

    why: Line = "revoked"


@router.get("")
def list_admissions(
    caller: Keeper, services: ServicesOf, window: WindowOf, fleet: str | None = None
) -> PageForm[AdmissionForm]:
    """Every vehicle that was ever to be let in, by fleet and name."""
    fleets = caller.principal.fleets(caller.permission)
    return page_form(provisioning_of(services).vehicles(window, fleet=fleet, fleets=fleets), _form)


@router.post("/{fleet}/{vehicle}/code", status_code=201)
def make_code(caller: Keeper, services: ServicesOf, address: AddressOf, form: CodeWish) -> CodeForm:
    """A code with which a box becomes this vehicle."""
    provisioning = provisioning_of(services)
    make = provisioning.replace if form.replace else provisioning.add
    code, ends_at = make(address, by=caller.name, lasts=timedelta(days=form.days))
    command = None if form.cloud is None else f"telltale-edge enrol --cloud {form.cloud} --code {code}"
    return CodeForm(code=str(code), ends_at=ends_at, command=command, qr=None if command is None else _qr(command))


@router.post("/{fleet}/{vehicle}/revocation")
def revoke(caller: Keeper, services: ServicesOf, address: AddressOf, form: RevocationWish) -> AdmissionForm:
    """Put a vehicle out; safe to repeat."""
    standing = provisioning_of(services).revoke(address, by=caller.name, why=form.why)
    return _form(Listed(standing, None, None))


def _qr(text: str) -> list[str]:
    """A QR code with as much correction as still reads from a screen that is not clean (level M)."""
    import segno  # noqa: PLC0415  # only who lets vehicles in needs it

    return ["".join("1" if dark else "0" for dark in row) for row in segno.make(text, error="m", micro=False).matrix]


def _form(listed: Listed) -> AdmissionForm:
    standing = listed.standing
    ends: tuple[datetime | None, datetime | None] = (listed.claim_ends_at, listed.certificate_ends_at)
    return AdmissionForm(
        fleet=standing.address.fleet,
        vehicle=standing.address.vehicle,
        state=standing.state,
        since=standing.since,
        claim_ends_at=ends[0],
        certificate_ends_at=ends[1],
        shut_at_brokers=listed.is_shut,
    )
