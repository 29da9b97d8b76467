"""/work-orders: what the workshop does about a booking, what it found, and how often the diagnosis was right."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from cloud.api.access import Caller, Services, ServicesOf, Since, WindowOf, may
from cloud.api.forms import FleetName, Form, Id, Line, Moment, PageForm, VehicleName, page_form
from cloud.api.jobs import Wish
from cloud.scheduling.work_order import Label, OrderFilter, OrderState, Outcome, Report, WorkOrder
from cloud.security.roles import Permission

router = APIRouter(prefix="/work-orders", tags=["work orders"])
Reader = Annotated[Caller, may(Permission.SEE_WORK)]
Worker = Annotated[Caller, may(Permission.WORK)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Sequence = Annotated[int, Field(ge=0, examples=[0])]
Cause = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[a-z0-9_]+$", examples=["water_pump_worn"])]


class ReportForm(Form):
    """What the workshop said at the end."""

    outcome: Outcome
    findings: list[str]
    found_cause: str | None
    """Null: not said."""
    parts_changed: list[str]


class WorkOrderForm(Form):
    """A work order as it stands."""

    number: Annotated[int, Field(examples=[12])]
    booking: Id
    incident: Annotated[int, Field(examples=[17])]
    fleet: FleetName
    vehicle: VehicleName
    component: Annotated[str, Field(examples=["cooling"])]
    kind: Annotated[str, Field(examples=["water_pump_replacement"])]
    title: Annotated[str, Field(examples=["Replace the water pump"])]
    diagnosed_cause: Annotated[str | None, Field(examples=["water_pump_worn"])]
    """What was predicted; null: no verdict."""
    state: OrderState
    sequence: Sequence
    """Counts its changes; whoever changes it says which one they saw."""
    report: ReportForm | None
    label: Label | None
    """What the visit says of the prediction; null until it is over."""
    reason: str
    """Why it is cancelled."""
    opened_at: Moment
    started_at: Moment | None
    ended_at: Moment | None


class StartWish(Wish):
    """Work begins."""

    sequence: Sequence
    """Of the order as the caller saw it."""


class CompleteWish(Wish):
    """The visit is over."""

    sequence: Sequence
    """Of the order as the caller saw it."""
    outcome: Outcome
    findings: Annotated[tuple[Line, ...], Field(max_length=50, examples=[["Pump leaks at the shaft"]])] = ()
    found_cause: Cause | None = None
    """A cause's id as the diagnosis names them, or `no_fault`; null: not said."""
    parts_changed: Annotated[tuple[Line, ...], Field(max_length=50, examples=[["water_pump"]])] = ()

    def report(self) -> Report:
        """The same inside."""
        return Report(self.outcome, self.findings, self.found_cause, self.parts_changed)


class LabelForm(Form):
    """How often a predicted cause got a label."""

    diagnosed_cause: Annotated[str | None, Field(examples=["water_pump_worn"])]
    """Null: no verdict."""
    label: Label
    orders: Annotated[int, Field(examples=[3])]


class LabelsForm(Form):
    """What workshops found, beside what was predicted."""

    labels: list[LabelForm]


def _wanted(fleet: str | None = None, vehicle: str | None = None, state: OrderState | None = None) -> OrderFilter:
    return OrderFilter(fleet, vehicle, state)


@router.get("")
def list_work_orders(
    caller: Reader, services: ServicesOf, window: WindowOf, wanted: Annotated[OrderFilter, Depends(_wanted)]
) -> PageForm[WorkOrderForm]:
    """Work orders, the latest first."""
    return page_form(services.orders.orders(caller.only(wanted), window), order_form)


@router.get("/labels")
def labels(caller: Reader, services: ServicesOf, since: Since = None) -> LabelsForm:
    """How often each predicted cause was right, of the visits that ended since then."""
    fleets = caller.principal.fleets(caller.permission)
    counted = services.orders.labels(fleets=fleets, since=since)
    return LabelsForm(labels=[LabelForm(diagnosed_cause=cause, label=label, orders=n) for cause, label, n in counted])


@router.get("/{number}")
def one_work_order(caller: Reader, services: ServicesOf, number: Number) -> WorkOrderForm:
    """One work order."""
    return order_form(_theirs(caller, services, number))


@router.post("/{number}/start")
def start(caller: Worker, services: ServicesOf, number: Number, form: StartWish) -> WorkOrderForm:
    """Work begins; safe to repeat."""
    _theirs(caller, services, number)
    return order_form(services.orders.start(number, form.sequence, by=caller.name))


@router.post("/{number}/complete")
def complete(caller: Worker, services: ServicesOf, number: Number, form: CompleteWish) -> WorkOrderForm:
    """The visit is over; safe to repeat. `repaired` closes the incident's alerts."""
    _theirs(caller, services, number)
    return order_form(services.orders.complete(number, form.report(), form.sequence, by=caller.name))


def _theirs(caller: Caller, services: Services, number: int) -> WorkOrder:
    """An order of a fleet of theirs; of a stranger's they are told what they are told of none."""
    found = services.orders.order(number)
    caller.must(found.address.fleet, f"work order {number}")
    return found


def order_form(order: WorkOrder) -> WorkOrderForm:
    """A work order for callers."""
    report = order.report
    shown = None if report is None else ReportForm(
        outcome=report.outcome,
        findings=list(report.findings),
        found_cause=report.found_cause,
        parts_changed=list(report.parts_changed),
    )  # fmt: skip
    same = {name: getattr(order, name) for name in WorkOrderForm.model_fields if hasattr(order, name)}
    same |= {"fleet": order.address.fleet, "vehicle": order.address.vehicle, "report": shown}
    return WorkOrderForm(**same)
