"""/alerts: what the vehicles warn of, and the timeline of each warning."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.alerts.model import Alert, Entry
from cloud.api.access import AddressOf, AlertsWanted, ServicesOf, WindowOf
from cloud.api.forms import FleetName, Form, Id, Moment, PageForm, VehicleName, page_form
from edge.wire.envelope import Clock
from edge.wire.messages import Action, AlertState, Severity, Value

router = APIRouter(prefix="/alerts", tags=["alerts"])

Values = Annotated[
    dict[str, Value],
    Field(examples=[{"Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": 118.5}]),
]


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


class EntryForm(Form):
    """One thing that the vehicle said of the alert."""

    state: AlertState
    observed_at: Moment
    clock: Clock
    values: Values
    received_at: Moment


class AlertWithTimelineForm(AlertForm):
    """An alert and everything that the vehicle said of it."""

    timeline: list[EntryForm]
    """In the order in which the vehicle said it, whatever the order in which it came."""


@router.get("")
def list_alerts(services: ServicesOf, window: WindowOf, wanted: AlertsWanted) -> PageForm[AlertForm]:
    """Alerts, the latest start first."""
    return page_form(services.alerts.alerts(wanted, window), lambda alert: AlertForm.model_validate(_fields(alert)))


@router.get("/{fleet}/{vehicle}/{alert}")
def one_alert(services: ServicesOf, address: AddressOf, alert: str) -> AlertWithTimelineForm:
    """One alert with its timeline."""
    found, entries = services.alerts.alert(address, alert)
    return AlertWithTimelineForm.model_validate({**_fields(found), "timeline": [_entry(entry) for entry in entries]})


def _fields(alert: Alert) -> dict[str, object]:
    names = {"fleet": alert.address.fleet, "vehicle": alert.address.vehicle}
    return {**names, **{name: getattr(alert, name) for name in AlertForm.model_fields if name not in names}}


def _entry(entry: Entry) -> EntryForm:
    return EntryForm(
        state=entry.state,
        observed_at=entry.observed_at,
        clock=entry.clock,
        values=dict(entry.values),
        received_at=entry.received_at,
    )
