"""/capa: corrective and preventive actions: what is done, by whom, until when, and whether it helped."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from cloud.api.access import Caller, Instant, Services, ServicesOf, WindowOf, may
from cloud.api.cohorts import IntervalForm, SideForm
from cloud.api.forms import FleetName, Form, Line, Moment, PageForm, Prose, page_form
from cloud.api.jobs import Name, Wish
from cloud.rca.capa import Capa, CapaFilter, CapaState, Check, Effect, Kind
from cloud.rca.capas import NewCapa
from cloud.rca.cohort import Attribute, Unit
from cloud.security.roles import Permission

router = APIRouter(prefix="/capa", tags=["root cause"])
Reader = Annotated[Caller, may(Permission.SEE_HEALTH)]
Seeker = Annotated[Caller, may(Permission.SEEK_CAUSES)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Sequence = Annotated[int, Field(ge=0, examples=[0])]


class CapaWish(Wish):
    """What is to be done about what."""

    fleet: FleetName
    kind: Kind = Kind.CORRECTIVE
    title: Annotated[Line, Field(examples=["Replace pumps of batch K-2531"])]
    what: Prose = ""
    owner: Annotated[Line, Field(examples=["ada@example.org"])]
    due_on: Annotated[date, Field(examples=["2026-12-31"])]
    insight: Annotated[int | None, Field(ge=1, le=2**63 - 1, examples=[3])] = None
    """The claim that leads to it: component, attribute and value are the claim's."""
    component: Annotated[Name | None, Field(examples=["cooling"])] = None
    """Without an insight: what is to go wrong no more."""
    attribute: Attribute | None = None
    """With `value`: in which vehicles; neither: in all."""
    value: Annotated[Line | None, Field(examples=["K-2531"])] = None


class DoneWish(Wish):
    """It was done in all of its vehicles."""

    sequence: Sequence
    """Of the action as the caller saw it."""
    done_at: Instant | None = None
    """Left out: now."""
    note: Prose = ""


class CloseWish(Wish):
    """How it ends."""

    sequence: Sequence
    state: Literal["verified", "ineffective", "dropped"]
    note: Prose = ""


class CapaForm(Form):
    """An action as it stands."""

    number: Annotated[int, Field(examples=[4])]
    fleet: FleetName
    kind: Kind
    title: str
    what: str
    component: Annotated[str, Field(examples=["cooling"])]
    attribute: Attribute | None
    value: str | None
    insight: int | None
    owner: str
    due_on: date
    late: bool
    """It should have been done by now."""
    state: CapaState
    sequence: Sequence
    made_at: Moment
    done_at: Moment | None
    ended_at: Moment | None
    note: str


class CheckForm(Form):
    """Whether it helped: its vehicles since it was done, against the year before."""

    effect: Effect
    why: str
    unit: Unit
    before: SideForm | None
    after: SideForm | None
    ratio: float | None
    """Of the rates, after over before; null: it cannot be known."""
    ratio_interval: IntervalForm | None
    """95 % (Clopper-Pearson)."""


class CheckedCapaForm(CapaForm):
    """An action with whether it helped so far."""

    check: CheckForm


def _wanted(fleet: str | None = None, state: CapaState | None = None) -> CapaFilter:
    return CapaFilter(fleet, state)


@router.get("")
def list_capas(
    caller: Reader, services: ServicesOf, window: WindowOf, wanted: Annotated[CapaFilter, Depends(_wanted)]
) -> PageForm[CapaForm]:
    """Actions, the latest first."""
    today = services.now().date()
    return page_form(services.capas.capas(caller.only(wanted), window), lambda row: CapaForm(**_fields(row, today)))


@router.post("")
def open_capa(caller: Seeker, services: ServicesOf, form: CapaWish) -> CapaForm:
    """Open an action."""
    caller.must(form.fleet, f"fleet {form.fleet!r}")
    opened = services.capas.open(NewCapa(**form.model_dump()), by=caller.name)
    return CapaForm(**_fields(opened, services.now().date()))


@router.get("/{number}")
def one_capa(caller: Reader, services: ServicesOf, number: Number) -> CheckedCapaForm:
    """One action, with whether it helped so far."""
    found = _theirs(caller, services, number)
    check = _check_form(services.capas.check(found))
    return CheckedCapaForm(**_fields(found, services.now().date()), check=check)


@router.post("/{number}/done")
def capa_done(caller: Seeker, services: ServicesOf, number: Number, form: DoneWish) -> CapaForm:
    """It was done in all of its vehicles; safe to repeat."""
    _theirs(caller, services, number)
    after = services.capas.done(number, form.sequence, form.done_at, form.note, by=caller.name)
    return CapaForm(**_fields(after, services.now().date()))


@router.post("/{number}/close")
def close_capa(caller: Seeker, services: ServicesOf, number: Number, form: CloseWish) -> CapaForm:
    """It helped, it was in vain, or it is not to be done; the first two only where the counts say so."""
    _theirs(caller, services, number)
    after = services.capas.close(number, form.sequence, CapaState(form.state), form.note, by=caller.name)
    return CapaForm(**_fields(after, services.now().date()))


def _theirs(caller: Caller, services: Services, number: int) -> Capa:
    """An action of a fleet of theirs; of a stranger's they are told what they are told of none."""
    found = services.capas.capa(number)
    caller.must(found.fleet, f"action {number}")
    return found


def _fields(capa: Capa, today: date) -> dict[str, object]:
    same = {name: getattr(capa, name) for name in CapaForm.model_fields if name != "late"}
    return {**same, "late": capa.is_late(today)}


def _check_form(check: Check) -> CheckForm:
    return CheckForm(
        effect=check.effect,
        why=check.why,
        unit=check.unit,
        before=None if check.before is None else SideForm.of(check.before),
        after=None if check.after is None else SideForm.of(check.after),
        ratio=check.ratio,
        ratio_interval=None if check.interval is None else IntervalForm.of(check.interval),
    )
