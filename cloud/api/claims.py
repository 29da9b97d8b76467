"""/claims: who pays for a repair, why, and the evidence for it."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from cloud.api.access import Caller, Services, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, Prose, VehicleName, page_form
from cloud.api.jobs import Name, PlanMoment, Wish
from cloud.security.roles import Permission
from cloud.warranty.checks import Finding, Subject
from cloud.warranty.claim import (
    SERVICES_MAX,
    Assessment,
    Claim,
    ClaimFilter,
    ClaimState,
    Payer,
    Ruling,
    Statement,
)
from cloud.warranty.eligibility import Decision
from cloud.warranty.facts import Lack, Service
from cloud.warranty.service import NewClaim

router = APIRouter(prefix="/claims", tags=["warranty"])
Reader = Annotated[Caller, may(Permission.SEE_CLAIMS)]
Claimer = Annotated[Caller, may(Permission.CLAIM)]
Decider = Annotated[Caller, may(Permission.DECIDE_CLAIMS)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Sequence = Annotated[int, Field(ge=0, examples=[0])]
Km = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False, examples=[48210.0])]


class ServiceForm(Wish):
    """One service that was done."""

    on: Annotated[date, Field(examples=["2025-06-02"])]
    km: Km | None = None
    """Null: nobody wrote it down."""


class StatementForm(Wish):
    """What people say in a claim. Null is unknown."""

    failed_at: PlanMoment | None = None
    """Null: when the first alert of the incident began."""
    odometer_km: Km | None = None
    """At the failure."""
    circumstances: Annotated[tuple[Name, ...], Field(max_length=20, examples=[["overloaded"]])] = ()
    """What a plan's clauses about misuse name, if there was any."""
    maintenance: Annotated[tuple[ServiceForm, ...], Field(max_length=SERVICES_MAX)] | None = None
    """Every service since it went into service; null: nobody knows."""
    note: Prose = ""

    def statement(self, otherwise: datetime) -> Statement:
        """The same inside."""
        services = None if self.maintenance is None else tuple(Service(one.on, one.km) for one in self.maintenance)
        return Statement(self.failed_at or otherwise, self.odometer_km, self.circumstances, services, self.note)


class ClaimWish(StatementForm):
    """A claim about a work order that is done."""

    work_order: Annotated[int, Field(ge=1, le=2**63 - 1, examples=[12])]

    def new(self) -> NewClaim:
        """The same inside."""
        statement = self.statement(datetime.min.replace(tzinfo=UTC))
        return NewClaim(self.work_order, statement, from_incident=self.failed_at is None)


class RestateWish(StatementForm):
    """Another statement in the place of a draft's."""

    failed_at: PlanMoment
    sequence: Sequence
    """Of the claim as the caller saw it."""


class SubmitWish(Wish):
    """A draft is handed in."""

    sequence: Sequence
    """Of the claim as the caller saw it."""


class DecideWish(SubmitWish):
    """What was decided."""

    decision: Literal["approved", "rejected"]
    note: Prose = ""
    """Needed to reject, and to approve against plan or checks."""


class VerdictForm(Form):
    """What the plan says."""

    decision: Decision
    clause: Annotated[str, Field(examples=["V7"])]
    """The one that decides; "": none was reached."""
    text: str
    """What it says."""
    reason: str
    lacks: list[Lack]
    """What is missing or in conflict."""


class CheckForm(Form):
    """One comparison of the claim with what the vehicle told."""

    subject: Subject
    finding: Finding
    reason: str
    sources: list[str]


class AssessmentForm(Form):
    """What plan and telemetry say of a claim."""

    plan: Annotated[str | None, Field(examples=["example_van"])]
    """Null: none is known."""
    verdict: VerdictForm
    checks: list[CheckForm]
    as_of: Moment


class RulingForm(Form):
    """What was decided."""

    by: str
    at: Moment
    note: str


class ClaimForm(Form):
    """A claim as it stands."""

    number: Annotated[int, Field(examples=[3])]
    work_order: Annotated[int, Field(examples=[12])]
    incident: Annotated[int, Field(examples=[17])]
    fleet: FleetName
    vehicle: VehicleName
    component: Annotated[str, Field(examples=["cooling"])]
    work: Annotated[str, Field(examples=["water_pump_replacement"])]
    state: ClaimState
    sequence: Sequence
    """Counts its changes; whoever changes it says which one they saw."""
    pays: Payer
    statement: StatementForm
    assessment: AssessmentForm | None
    """As of the submission; of a draft as of now, and null in listings."""
    ruling: RulingForm | None
    made_by: str
    made_at: Moment
    submitted_by: str | None
    submitted_at: Moment | None
    changed_at: Moment


def _wanted(fleet: str | None = None, vehicle: str | None = None, state: ClaimState | None = None) -> ClaimFilter:
    return ClaimFilter(fleet, vehicle, state)


@router.get("")
def list_claims(
    caller: Reader, services: ServicesOf, window: WindowOf, wanted: Annotated[ClaimFilter, Depends(_wanted)]
) -> PageForm[ClaimForm]:
    """Claims, the latest first."""
    return page_form(services.warranty.claims(caller.only(wanted), window), claim_form)


@router.post("", status_code=201)
def make_claim(caller: Claimer, services: ServicesOf, form: ClaimWish) -> ClaimForm:
    """Begin a claim about a done work order; safe to repeat with the same words."""
    order = services.orders.order(form.work_order)
    caller.must(order.address.fleet, f"work order {form.work_order}")
    return _whole(services, services.warranty.make(form.new(), by=caller.name))


@router.get("/{number}")
def one_claim(caller: Reader, services: ServicesOf, number: Number) -> ClaimForm:
    """One claim; a draft with what plan and telemetry say now."""
    return _whole(services, _theirs(caller, services, number))


@router.put("/{number}")
def restate(caller: Claimer, services: ServicesOf, number: Number, form: RestateWish) -> ClaimForm:
    """Another statement in a draft; safe to repeat."""
    _theirs(caller, services, number)
    statement = form.statement(form.failed_at)
    return _whole(services, services.warranty.restate(number, statement, form.sequence, by=caller.name))


@router.post("/{number}/submit")
def submit(caller: Claimer, services: ServicesOf, number: Number, form: SubmitWish) -> ClaimForm:
    """Hand a draft in: its evidence is kept as it is now; safe to repeat by the same person."""
    _theirs(caller, services, number)
    return claim_form(services.warranty.submit(number, form.sequence, by=caller.name))


@router.post("/{number}/decide")
def decide(caller: Decider, services: ServicesOf, number: Number, form: DecideWish) -> ClaimForm:
    """Write down what was decided: approved, and the maker pays; or rejected, and the owner does. Safe to repeat."""
    _theirs(caller, services, number)
    is_approved = form.decision == "approved"
    after = services.warranty.decide(
        number, approved=is_approved, note=form.note, sequence=form.sequence, by=caller.name
    )
    return claim_form(after)


@router.get("/{number}/pack", response_class=Response, responses={200: {"content": {"application/zip": {}}}})
def pack(caller: Claimer, services: ServicesOf, number: Number) -> Response:
    """The evidence pack: the story as PDF, every piece of evidence, their hashes, and a seal."""
    _theirs(caller, services, number)
    headers = {"Content-Disposition": f'attachment; filename="claim-{number}.zip"'}
    return Response(services.warranty.pack(number), media_type="application/zip", headers=headers)


def _theirs(caller: Caller, services: Services, number: int) -> Claim:
    """A claim of a fleet of theirs; of a stranger's they are told what they are told of none."""
    found = services.warranty.claim(number)
    caller.must(found.address.fleet, f"claim {number}")
    return found


def _whole(services: Services, claim: Claim) -> ClaimForm:
    return claim_form(claim, services.warranty.assessment(claim))


def claim_form(claim: Claim, assessment: Assessment | None = None) -> ClaimForm:
    """A claim for callers."""
    assessed = assessment or claim.assessment
    same = {name: getattr(claim, name) for name in ClaimForm.model_fields if hasattr(claim, name)}
    same |= {
        "fleet": claim.address.fleet,
        "vehicle": claim.address.vehicle,
        "statement": StatementForm.model_validate(claim.statement, from_attributes=True),
        "assessment": None if assessed is None else _assessment_form(assessed),
        "ruling": None if claim.ruling is None else _ruling_form(claim.ruling),
    }
    return ClaimForm(**same)


def _assessment_form(assessed: Assessment) -> AssessmentForm:
    return AssessmentForm.model_validate(assessed, from_attributes=True)


def _ruling_form(ruling: Ruling) -> RulingForm:
    return RulingForm(by=ruling.by, at=ruling.at, note=ruling.note)
