"""/warranty-plans: what is covered for how long, and which vehicle has which plan."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import AddressOf, Caller, ServicesOf, may
from cloud.api.forms import FleetName, Form, PageForm, VehicleName
from cloud.api.jobs import Wish
from cloud.security.roles import Permission
from cloud.warranty.plan import Clause, Plan
from cloud.warranty.plans import How, VehiclePlan

router = APIRouter(prefix="/warranty-plans", tags=["warranty"])
Reader = Annotated[Caller, may(Permission.SEE_CLAIMS)]
PlanId = Annotated[str, Field(max_length=64, examples=["example_van"])]


class ClauseForm(Form):
    """One clause of a plan."""

    id: Annotated[str, Field(examples=["V7"])]
    kind: Annotated[str, Field(examples=["cover"])]
    """countries, wear, misuse, maintenance, fitted, cover, rest."""
    text: str


class PlanForm(Form):
    """A warranty plan."""

    id: PlanId
    title: Annotated[str, Field(examples=["Example van warranty (invented)"])]
    unit: Annotated[str, Field(examples=["km"])]
    """Of its distances: km or mi."""
    clauses: list[ClauseForm]


class VehiclePlanForm(Form):
    """Which plan a vehicle has."""

    fleet: FleetName
    vehicle: VehicleName
    plan: Annotated[str | None, Field(examples=["example_van"])]
    """Null: unknown."""
    how: How


class AssignWish(Wish):
    """Which plan a vehicle has."""

    plan: PlanId | None
    """Null leaves it to make, model and year of its profile."""


@router.get("")
def list_plans(_: Reader, services: ServicesOf) -> PageForm[PlanForm]:
    """All plans, by id; there are never more than one page."""
    return PageForm(items=[_form(plan) for plan in services.warranty.plans.all_plans()], after=None)


@router.get("/vehicles/{fleet}/{vehicle}")
def plan_of_vehicle(_: Reader, services: ServicesOf, address: AddressOf) -> VehiclePlanForm:
    """Which plan a vehicle has, and how that is known."""
    return _vehicle_form(services.warranty.plans.plan_of(address))


@router.put("/vehicles/{fleet}/{vehicle}")
def assign_plan(
    caller: Annotated[Caller, may(Permission.DECIDE_CLAIMS)], services: ServicesOf, address: AddressOf, form: AssignWish
) -> VehiclePlanForm:
    """Say which plan a vehicle has; safe to repeat. What was submitted before stays as it was judged."""
    return _vehicle_form(services.warranty.plans.assign(address, form.plan, by=caller.name))


def _form(plan: Plan) -> PlanForm:
    clauses = [ClauseForm(id=one.id, kind=_kind(one), text=one.text) for one in plan.clauses]
    return PlanForm(id=plan.id, title=plan.title, unit=plan.unit, clauses=clauses)


def _kind(clause: Clause) -> str:
    return type(clause).__name__.lower()


def _vehicle_form(said: VehiclePlan) -> VehiclePlanForm:
    plan = None if said.plan is None else said.plan.id
    return VehiclePlanForm(fleet=said.address.fleet, vehicle=said.address.vehicle, plan=plan, how=said.how)
