"""/alerts: what the vehicles warn of, the timeline of each warning, and what people did about it."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from cloud.alerts.handling import Handling, HandlingState, Step
from cloud.alerts.model import Entry
from cloud.alerts.service import HandledAlert
from cloud.api.access import AddressOf, AlertsWanted, Caller, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Id, Moment, PageForm, Prose, VehicleName, page_form
from cloud.security.roles import Permission
from edge.wire.envelope import Clock
from edge.wire.messages import Action, AlertState, Severity, Value

router = APIRouter(prefix="/alerts", tags=["alerts"])
Reader = Annotated[Caller, may(Permission.SEE_ALERTS)]
Handler = Annotated[Caller, may(Permission.HANDLE_ALERTS)]

Values = Annotated[
    dict[str, Value],
    Field(examples=[{"Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": 118.5}]),
]


class HandlingForm(Form):
    """What became of an alert in the cloud, and why."""

    state: HandlingState
    """`reopened`: it fires, and did so within the hour before."""
    step: Step
    """Why it is in this state."""
    at: Moment
    """When it came to it, by the cloud's clock."""
    by: Annotated[str | None, Field(examples=["ada@example.org"])]
    """Who did it; null: the vehicle or the cloud itself."""
    note: str


class AlertForm(Form):
    """An alert as it stands, by the message of the vehicle that says most about it."""

    fleet: FleetName
    vehicle: VehicleName
    id: Id
    rule: Annotated[str, Field(examples=["coolant_hot"])]
    component: Annotated[str, Field(examples=["cooling"])]
    severity: Severity
    action: Action
    state: AlertState
    started_at: Moment
    ended_at: Annotated[Moment | None, Field(examples=[None])]
    """Null while it fires."""
    since_at: Moment
    """When the condition began to hold, before the rule's `for` had passed."""
    summary: Annotated[str, Field(examples=["The engine is too hot"])]
    advice: Annotated[str, Field(examples=["Stop and let it cool; look for a leak"])]
    driver: Annotated[str, Field(examples=["Engine too hot. Stop safely now."])]
    """What the cab was told; empty when the driver was not bothered."""
    values: Values
    """The signals that decided, by path."""
    observed_at: Moment
    """When the vehicle said so, by its clock."""
    clock: Clock
    """Whether that clock was known to be right."""
    window_s: Annotated[float | None, Field(examples=[60.0])]
    """What decided lies in so much time before it began; null: the vehicle does not tell."""
    flapping: bool
    """It began so often of late that it ends only when its condition has settled."""
    freeze_frame: Values
    """The vehicle when it began, by path; what was not known is not in it."""
    trip: Annotated[str | None, Field(examples=[None])]
    """The trip on which it began."""
    workshop: bool
    """It began while somebody worked on the vehicle, and disturbs nobody until the vehicle is given back and says that
    it fires still."""
    handling: HandlingForm
    incident: Annotated[int | None, Field(examples=[17])]
    """The incident that it belongs to; null: it was over when it was first heard of, or is a workshop's."""


class EntryForm(Form):
    """One thing that the vehicle said of the alert."""

    state: AlertState
    observed_at: Moment
    clock: Clock
    values: Values
    received_at: Moment


class AlertWithTimelineForm(AlertForm):
    """An alert, everything that the vehicle said of it, and everything that was done about it."""

    timeline: list[EntryForm]
    """In the order in which the vehicle said it, whatever the order in which it came."""
    steps: list[HandlingForm]
    """In order."""


class NoteForm(Form):
    """What there is to say about it. Who says it is known by the token."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[Prose, Field(examples=["The driver has been called"])] = ""


class Closing(StrEnum):
    """What a person can say when an alert is over."""

    REPAIRED = Step.REPAIRED
    FALSE_ALARM = Step.FALSE_ALARM
    ACCEPTED = Step.ACCEPTED


class ClosingForm(NoteForm):
    """Why an alert is over."""

    reason: Closing
    """`accepted`: known, and left as it is."""


@router.get("")
def list_alerts(caller: Reader, services: ServicesOf, window: WindowOf, wanted: AlertsWanted) -> PageForm[AlertForm]:
    """Alerts, the latest start first."""
    return page_form(services.alerts.alerts(caller.only(wanted), window), alert_form)


@router.get("/{fleet}/{vehicle}/{alert}")
def one_alert(_: Reader, services: ServicesOf, address: AddressOf, alert: str) -> AlertWithTimelineForm:
    """One alert with its timeline."""
    found = services.alerts.alert(address, alert)
    timeline = [_entry(entry) for entry in found.timeline]
    steps = [_handling(step) for step in found.steps]
    return AlertWithTimelineForm.model_validate({**_fields(found.handled), "timeline": timeline, "steps": steps})


@router.post("/{fleet}/{vehicle}/{alert}/acknowledge")
def acknowledge_alert(
    caller: Handler, services: ServicesOf, address: AddressOf, alert: str, said: NoteForm
) -> AlertForm:
    """Say that a person has seen it; safe to repeat. 409 when it is over."""
    return alert_form(services.alerts.acknowledge(address, alert, by=caller.name, note=said.note))


@router.post("/{fleet}/{vehicle}/{alert}/close")
def close_alert(
    caller: Handler, services: ServicesOf, address: AddressOf, alert: str, closing: ClosingForm
) -> AlertForm:
    """Say that it is over, and why; safe to repeat. 409 when it was over for another reason."""
    reason = Step(closing.reason)
    return alert_form(services.alerts.close(address, alert, reason, by=caller.name, note=closing.note))


def alert_form(handled: HandledAlert) -> AlertForm:
    """An alert in its form."""
    return AlertForm.model_validate(_fields(handled))


def _fields(handled: HandledAlert) -> dict[str, object]:
    alert = handled.alert
    special: dict[str, object] = {
        "fleet": alert.address.fleet,
        "vehicle": alert.address.vehicle,
        "handling": _handling(handled.handling),
        "incident": handled.incident,
    }
    return {**special, **{name: getattr(alert, name) for name in AlertForm.model_fields if name not in special}}


def _handling(handling: Handling) -> HandlingForm:
    return HandlingForm(state=handling.state, step=handling.step, at=handling.at, by=handling.by, note=handling.note)


def _entry(entry: Entry) -> EntryForm:
    return EntryForm(
        state=entry.state,
        observed_at=entry.observed_at,
        clock=entry.clock,
        values=dict(entry.values),
        received_at=entry.received_at,
    )
