"""/vehicles/…/health: how well each component is, why, and how long what wears still lasts."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from cloud.api.access import AddressOf, Caller, ServicesOf, may
from cloud.api.forms import FleetName, Form, Line, Moment, VehicleName
from cloud.api.jobs import PlanMoment
from cloud.health.model import ComponentHealth, Lifetime, VehicleHealth
from cloud.security.roles import Permission

router = APIRouter(prefix="/vehicles", tags=["health"])
Reader = Annotated[Caller, may(Permission.SEE_HEALTH)]
Mender = Annotated[Caller, may(Permission.WORK)]
Score = Annotated[int | None, Field(ge=0, le=100, examples=[65])]
Days = Annotated[float | None, Field(ge=0, examples=[120.5])]


class LifetimeForm(Form):
    """How long a part still lasts, or why that is unknown."""

    part: Annotated[str, Field(examples=["brake_pads"])]
    title: Annotated[str, Field(examples=["brake pads, by the fluid"])]
    middle_days: Days
    """Null: unknown, or no end in sight; `reason` says which."""
    low_days: Days
    """With nine in ten it lasts at least so long, and at most `high_days`; null: no end in sight."""
    high_days: Days
    reason: str


class ServicedForm(Form):
    """When a component was last put right."""

    at: Moment
    by: Annotated[str, Field(examples=["ada@example.org"])]
    """Who said so; empty: a work order."""


class ComponentHealthForm(Form):
    """How well one component is."""

    component: Annotated[str, Field(examples=["cooling"])]
    """`other`: what no part of the knowledge base covers."""
    title: Annotated[str, Field(examples=["Cooling"])]
    score: Score
    """100: nothing is known against it; null: nothing is known at all."""
    reasons: Annotated[list[str], Field(examples=[["code P0128 pending since 2026-11-21 08:15 UTC"]])]
    """What costs points, most first."""
    lifetimes: list[LifetimeForm]
    serviced: ServicedForm | None
    """What was known before it no longer counts; null: never."""
    as_of: Moment | None
    """Of the latest that the vehicle told of it; null: it never did."""


class VehicleHealthForm(Form):
    """How well a vehicle is."""

    fleet: FleetName
    vehicle: VehicleName
    score: Score
    """That of its worst component."""
    components: list[ComponentHealthForm]


class ResetWish(Form):
    """A component was put right."""

    model_config = ConfigDict(extra="forbid")

    component: Annotated[Line, Field(examples=["brakes"])]
    at: PlanMoment
    """When; not in the future."""


@router.get("/{fleet}/{vehicle}/health")
def vehicle_health(_: Reader, services: ServicesOf, address: AddressOf) -> VehicleHealthForm:
    """The score of each component with its reasons, and how long what wears still lasts."""
    return _form(services.health.health(address))


@router.post("/{fleet}/{vehicle}/health/reset")
def reset_component(caller: Mender, services: ServicesOf, address: AddressOf, wish: ResetWish) -> VehicleHealthForm:
    """Say that a component was put right without a work order: what was known of it before no longer counts."""
    services.health.reset(address, wish.component, wish.at, by=caller.name)
    return _form(services.health.health(address))


def _form(health: VehicleHealth) -> VehicleHealthForm:
    return VehicleHealthForm(
        fleet=health.address.fleet,
        vehicle=health.address.vehicle,
        score=health.score,
        components=[_component(one) for one in health.components],
    )


def _component(one: ComponentHealth) -> ComponentHealthForm:
    serviced = None if one.serviced is None else ServicedForm(at=one.serviced.at, by=one.serviced.by)
    return ComponentHealthForm(
        component=one.component,
        title=one.title,
        score=one.score,
        reasons=list(one.reasons),
        lifetimes=[_lifetime(life) for life in one.lifetimes],
        serviced=serviced,
        as_of=one.as_of,
    )


def _lifetime(life: Lifetime) -> LifetimeForm:
    return LifetimeForm.model_validate({name: getattr(life, name) for name in LifetimeForm.model_fields})
