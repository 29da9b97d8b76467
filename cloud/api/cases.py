"""/cases: what becomes of an incident on its way to a repair, and the people's part in it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from cloud.api.access import Caller, Services, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, Prose, VehicleName, page_form
from cloud.api.jobs import SlotForm, Wish, slot_form
from cloud.health.model import Cause, Diagnosis
from cloud.security.roles import Permission
from cloud.workflow.model import MEANINGS, Agent, Answer, Case, CaseFilter, CaseState, Entry
from cloud.workflow.people import OwnersAnswer
from edge.wire.messages import Action

router = APIRouter(prefix="/cases", tags=["cases"])
Reader = Annotated[Caller, may(Permission.SEE_CASES)]
Owner = Annotated[Caller, may(Permission.ANSWER_CASES)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Sequence = Annotated[int, Field(ge=0, examples=[3])]


class CauseForm(Form):
    """One thing that may be wrong."""

    id: Annotated[str, Field(examples=["water_pump_worn"])]
    title: Annotated[str, Field(examples=["The water pump is worn"])]
    probability: Annotated[float, Field(examples=[0.81])]
    evidence_for: list[str]
    evidence_against: list[str]
    tests: list[str]
    """What a technician looks at next, the most telling first."""
    work: Annotated[str, Field(examples=["water_pump_replacement"])]


class CaseDiagnosisForm(Form):
    """What the agents were told is wrong."""

    made_at: Moment
    causes: list[CauseForm]
    """The most likely first."""
    unknown: Annotated[float, Field(examples=[0.1])]
    """The probability that it is none of these."""
    verdict: Annotated[str | None, Field(examples=["water_pump_worn"])]
    """Null: nobody knows."""
    reason: str


class CaseOfferForm(Form):
    """A time that can be chosen."""

    slot: SlotForm
    cents: Annotated[int, Field(examples=[4200])]
    """Expected cost beside the repair."""
    reasons: list[str]


class CaseForm(Form):
    """A case as it stands."""

    number: Annotated[int, Field(examples=[4])]
    incident: Annotated[int, Field(examples=[17])]
    fleet: FleetName
    vehicle: VehicleName
    component: Annotated[str, Field(examples=["cooling"])]
    state: CaseState
    meaning: Annotated[str, Field(examples=["the owner was asked; reminded once, then it is given up"])]
    """Of the state."""
    way_on: Annotated[str, Field(examples=["answer; close"])]
    """What a person can do about it."""
    agent: Agent
    """Whose turn it is."""
    sequence: Sequence
    """Counts its changes; whoever acts says which one they saw."""
    reason: str
    """Why it is in this state, where the state alone does not say."""
    action: Action | None
    """Of its most urgent alert; null: not looked at yet."""
    summary: str
    """That alert in words."""
    diagnosis: CaseDiagnosisForm | None
    answer: Answer | None
    answered_by: str | None
    choose_for_me: bool
    offers: list[CaseOfferForm]
    chosen: int | None
    booking: str | None
    work_order: int | None
    wake_at: Moment | None
    """When it goes on by itself at the latest; null: when something happens."""
    made_at: Moment
    changed_at: Moment
    ended_at: Moment | None


class EntryForm(Form):
    """One step of a case."""

    at: Moment
    by: Annotated[str, Field(examples=["agent/engagement"])]
    """An agent or a person."""
    state: CaseState
    agent: Agent
    note: str


class CaseWithStepsForm(CaseForm):
    """A case with everything that was done."""

    steps: list[EntryForm]


class AnswerWish(Wish):
    """What the owner says."""

    answer: Answer
    note: Prose = ""
    choose_for_me: bool = False
    """Book the best time without asking again."""
    sequence: Sequence | None = None
    """Only if the case is still as seen."""


class ChoiceWish(Wish):
    """One of the offered times."""

    offer: Annotated[int, Field(ge=0, le=100, examples=[0])]
    """Its place among the offers, from 0."""
    sequence: Sequence
    """Of the case whose offers the caller saw."""


class NoteWish(Wish):
    """Why somebody acts."""

    note: Prose = ""
    sequence: Sequence | None = None
    """Only if the case is still as seen."""


def _wanted(
    fleet: str | None = None,
    vehicle: str | None = None,
    state: CaseState | None = None,
    open_only: Annotated[bool | None, Query(alias="open", description="Open ones, or ended ones.")] = None,
) -> CaseFilter:
    return CaseFilter(fleet, vehicle, state, open_only)


@router.get("")
def list_cases(
    caller: Reader, services: ServicesOf, window: WindowOf, wanted: Annotated[CaseFilter, Depends(_wanted)]
) -> PageForm[CaseForm]:
    """Cases, the latest first."""
    return page_form(services.workflow.cases(caller.only(wanted), window), case_form)


@router.get("/{number}")
def one_case(caller: Reader, services: ServicesOf, number: Number) -> CaseWithStepsForm:
    """One case with its steps."""
    case, steps = _theirs(caller, services, number)
    return CaseWithStepsForm(**dict(case_form(case)), steps=[_entry_form(entry) for entry in steps])


@router.post("/{number}/answer")
def answer(caller: Owner, services: ServicesOf, number: Number, form: AnswerWish) -> CaseForm:
    """The owner says yes or no, also after the question was given up."""
    _theirs(caller, services, number)
    said = OwnersAnswer(form.answer, caller.name, form.note, form.choose_for_me)
    return case_form(services.workflow.answer(number, said, form.sequence))


@router.post("/{number}/choice")
def choose(caller: Owner, services: ServicesOf, number: Number, form: ChoiceWish) -> CaseForm:
    """One of the offered times is wanted; it is held and booked."""
    _theirs(caller, services, number)
    return case_form(services.workflow.choose(number, form.offer, form.sequence, by=caller.name))


@router.post("/{number}/retry")
def retry(caller: Owner, services: ServicesOf, number: Number, form: NoteWish) -> CaseForm:
    """Go on from where it stands still."""
    _theirs(caller, services, number)
    return case_form(services.workflow.retry(number, form.note, form.sequence, by=caller.name))


@router.post("/{number}/close")
def close(caller: Owner, services: ServicesOf, number: Number, form: NoteWish) -> CaseForm:
    """Nothing more is to become of it."""
    _theirs(caller, services, number)
    return case_form(services.workflow.close(number, form.note, form.sequence, by=caller.name))


def _theirs(caller: Caller, services: Services, number: int) -> tuple[Case, list[Entry]]:
    """A case of a fleet of theirs; of a stranger's they are told what they are told of none."""
    case, steps = services.workflow.case(number)
    caller.must(case.address.fleet, f"case {number}")
    return case, steps


def case_form(case: Case) -> CaseForm:
    """A case for callers."""
    meaning, way_on = MEANINGS[case.state]
    same = {name: getattr(case, name) for name in CaseForm.model_fields if hasattr(case, name)}
    same |= {
        "fleet": case.address.fleet,
        "vehicle": case.address.vehicle,
        "meaning": meaning,
        "way_on": way_on,
        "diagnosis": None if case.diagnosis is None else _diagnosis_form(case.diagnosis),
        "offers": [
            CaseOfferForm(slot=slot_form(one.slot), cents=one.cents, reasons=list(one.reasons)) for one in case.offers
        ],
    }
    return CaseForm(**same)


def _diagnosis_form(diagnosis: Diagnosis) -> CaseDiagnosisForm:
    return CaseDiagnosisForm(
        made_at=diagnosis.made_at,
        causes=[_cause_form(cause) for cause in diagnosis.causes],
        unknown=diagnosis.unknown,
        verdict=diagnosis.verdict,
        reason=diagnosis.reason,
    )


def _cause_form(cause: Cause) -> CauseForm:
    return CauseForm(**{name: getattr(cause, name) for name in CauseForm.model_fields})


def _entry_form(entry: Entry) -> EntryForm:
    return EntryForm(at=entry.at, by=entry.by, state=entry.state, agent=entry.agent, note=entry.note)
