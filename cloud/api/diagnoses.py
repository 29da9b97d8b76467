"""/diagnoses: what is wrong with a component, or why nobody can say. Made anew from what is known at each request."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from cloud.api.access import Caller, ServicesOf, may
from cloud.api.forms import FleetName, Form, Line, Moment, VehicleName
from cloud.api.jobs import PlanMoment
from cloud.health.model import Diagnosis, Why
from cloud.security.roles import Permission
from edge.wire.topics import Address

router = APIRouter(prefix="/diagnoses", tags=["health"])
Asker = Annotated[Caller, may(Permission.SEE_HEALTH)]
Share = Annotated[float, Field(ge=0, le=1, examples=[0.86])]


class QuestionForm(Form):
    """Which component of which vehicle."""

    model_config = ConfigDict(extra="forbid")

    fleet: Annotated[Line, Field(examples=["north"])]
    vehicle: Annotated[Line, Field(examples=["van-7"])]
    component: Annotated[Line, Field(examples=["cooling"])]
    """As alerts name it."""
    at: PlanMoment | None = None
    """By what was known then; null is now."""


class CauseForm(Form):
    """One cause, with everything that speaks for it and against it."""

    id: Annotated[str, Field(examples=["water_pump"])]
    component: Annotated[str, Field(examples=["cooling"])]
    title: Annotated[str, Field(examples=["water pump failed"])]
    probability: Share
    evidence_for: Annotated[list[str], Field(examples=[["hottest coolant: 118.2 °C"]])]
    """What speaks most for it first."""
    evidence_against: Annotated[list[str], Field(examples=[["coolant level: 61 %"]])]
    tests: Annotated[list[str], Field(examples=[["engine hot and lower radiator hose cold: no flow"]])]
    """What a technician checks next, most telling first."""
    work: Annotated[str, Field(examples=["water_pump_replacement"])]
    """The kind of work that puts it right."""


class DiagnosisForm(Form):
    """What is wrong, or why nobody can say."""

    fleet: FleetName
    vehicle: VehicleName
    component: Annotated[str, Field(examples=["cooling"])]
    made_at: Moment
    causes: list[CauseForm]
    """Most likely first."""
    unknown: Annotated[float, Field(ge=0, le=1, examples=[0.05])]
    """The probability that it is none of these: nothing is wrong, or something else."""
    verdict: Annotated[str | None, Field(examples=["water_pump"])]
    """A cause's id when sure enough; null is "don't know"."""
    why: Why | None
    """Why it ends like this, by name."""
    reason: Annotated[str, Field(examples=["water pump failed (86%) explains what is known"])]
    """The same in words."""


@router.post("")
def diagnose(caller: Asker, services: ServicesOf, question: QuestionForm) -> DiagnosisForm:
    """Diagnose a component by everything that is known of the vehicle."""
    caller.must(question.fleet, f"vehicle {question.vehicle!r} in fleet {question.fleet!r}")
    address = Address(question.fleet, question.vehicle)
    return diagnosis_form(services.health.diagnose(address, question.component, at=question.at))


def diagnosis_form(found: Diagnosis) -> DiagnosisForm:
    """A diagnosis in its form."""
    return DiagnosisForm(
        fleet=found.address.fleet,
        vehicle=found.address.vehicle,
        component=found.component,
        made_at=found.made_at,
        causes=[
            CauseForm.model_validate({name: getattr(cause, name) for name in CauseForm.model_fields})
            for cause in found.causes
        ],
        unknown=found.unknown,
        verdict=found.verdict,
        why=found.why,
        reason=found.reason,
    )
