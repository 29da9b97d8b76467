"""/vehicles: which there are, and the twin of each."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import AddressOf, Caller, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, VehicleName, page_form
from cloud.api.summaries import SummaryForm
from cloud.fleet.model import Desired, Presence, Told, Vehicle, VehicleFilter
from cloud.security.roles import Permission
from edge.wire.envelope import Clock
from edge.wire.messages import PartHealth, Refusal, Value, VehicleChange

router = APIRouter(prefix="/vehicles", tags=["vehicles"])
Reader = Annotated[Caller, may(Permission.SEE_VEHICLES)]


class VehicleForm(Form):
    """A vehicle that was heard at least once."""

    fleet: FleetName
    vehicle: VehicleName
    presence: Presence
    """Asleep while it is parked and has said that it will be silent; offline after its goodbye, or a silence of which
    it did not speak."""
    quiet_until: Moment | None
    """Until when it need say nothing, as it said when it was parked; null: it goes on saying that it is well."""
    first_seen_at: Moment
    last_seen_at: Moment
    """When the cloud last received anything from it."""


class ToldForm(Form):
    """When a vehicle said something of itself."""

    observed_at: Moment
    """By the vehicle's clock."""
    clock: Clock
    """Whether that clock was known to be right."""
    received_at: Moment


class ReportedForm(ToldForm):
    """The state that a vehicle says it is in."""

    desired_version: Annotated[int, Field(examples=[0])]
    """The last desired state that it had looked at; 0 before any."""
    state: Annotated[dict[str, Value], Field(examples=[{"summary_period_s": 60}])]
    refusals: list[Refusal]
    changes: list[VehicleChange]
    """What was not as before when it was said: units, calibrations, codes that somebody cleared."""


class HealthForm(ToldForm):
    """How the daemon on the vehicle is."""

    version_edge: Annotated[str, Field(examples=["0.1.0"])]
    uptime_s: Annotated[float, Field(examples=[3600.5])]
    parts: Annotated[dict[str, PartHealth], Field(examples=[{"bus:car": {"state": "ok", "reason": ""}}])]
    counters: Annotated[dict[str, int], Field(examples=[{"frames": 52597}])]


class PositionForm(ToldForm):
    """Where a vehicle was; personal, told only where the fleet's configuration says so."""

    latitude_deg: Annotated[float, Field(examples=[52.52])]
    longitude_deg: Annotated[float, Field(examples=[13.405])]
    altitude_m: Annotated[float | None, Field(examples=[34.0])]
    speed_kmh: Annotated[float | None, Field(examples=[48.0])]
    heading_deg: Annotated[float | None, Field(examples=[270.0])]
    accuracy_m: Annotated[float | None, Field(examples=[5.0])]


class DesiredForm(Form):
    """What is wanted of a vehicle."""

    version: Annotated[int, Field(examples=[3])]
    """Only grows; the vehicle ignores what is not newer than the last it heard."""
    state: Annotated[dict[str, Value], Field(examples=[{"workshop_until": "2026-05-04T18:00:00+00:00"}])]
    changed_at: Moment


class TwinForm(Form):
    """What is known of a vehicle's state; null is what it never told."""

    vehicle: VehicleForm
    reported: ReportedForm | None
    health: HealthForm | None
    position: PositionForm | None
    latest: SummaryForm | None
    """The summary of the latest period that it told: `last` is the latest value of each signal heard in it."""
    desired: DesiredForm | None
    """What is wanted of it; null: nothing ever was."""


@router.get("")
def list_vehicles(
    caller: Reader, services: ServicesOf, window: WindowOf, fleet: str | None = None
) -> PageForm[VehicleForm]:
    """Vehicles by fleet and name."""
    vehicles = services.fleet.vehicles(caller.only(VehicleFilter(fleet)), window)
    return page_form(vehicles, lambda row: _vehicle(services, row))


@router.get("/{fleet}/{vehicle}")
def one_vehicle(_: Reader, services: ServicesOf, address: AddressOf) -> VehicleForm:
    """One vehicle."""
    return _vehicle(services, services.fleet.vehicle(address))


@router.get("/{fleet}/{vehicle}/twin")
def twin(_: Annotated[Caller, may(Permission.SEE_DRIVES)], services: ServicesOf, address: AddressOf) -> TwinForm:
    """What is known of its state."""
    known = services.fleet.twin(address)
    return TwinForm(
        vehicle=_vehicle(services, known.vehicle),
        reported=None if known.reported is None else ReportedForm.model_validate(_fields(known.reported)),
        health=None if known.health is None else HealthForm.model_validate(_fields(known.health)),
        position=None if known.position is None else PositionForm.model_validate(_fields(known.position)),
        latest=None if known.latest is None else SummaryForm.of(known.latest),
        desired=None if known.desired is None else _desired(known.desired),
    )


def _vehicle(services: ServicesOf, vehicle: Vehicle) -> VehicleForm:
    return VehicleForm(
        fleet=vehicle.address.fleet,
        vehicle=vehicle.address.vehicle,
        presence=services.fleet.presence(vehicle),
        quiet_until=vehicle.quiet_until,
        first_seen_at=vehicle.first_seen_at,
        last_seen_at=vehicle.last_seen_at,
    )


def _desired(wanted: Desired) -> DesiredForm:
    return DesiredForm(version=wanted.version, state=dict(wanted.state), changed_at=wanted.changed_at)


def _fields(told: Told) -> dict[str, object]:
    when = {"observed_at": told.observed_at, "clock": told.clock, "received_at": told.received_at}
    return {**told.body.model_dump(), **when}
