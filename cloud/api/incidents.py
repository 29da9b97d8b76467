"""/incidents: what people handle: the alerts of one component of a vehicle, while one of them is open."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from cloud.alerts.handling import Incident, IncidentFilter
from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.alerts import AlertForm, alert_form
from cloud.api.forms import FleetName, Form, Moment, PageForm, VehicleName, page_form
from cloud.security.roles import Permission

router = APIRouter(prefix="/incidents", tags=["incidents"])
Reader = Annotated[Caller, may(Permission.SEE_ALERTS)]


class IncidentForm(Form):
    """Everything that is wrong with one component of one vehicle at a time."""

    number: Annotated[int, Field(examples=[17])]
    fleet: FleetName
    vehicle: VehicleName
    component: Annotated[str, Field(examples=["cooling"])]
    opened_at: Moment
    """By the cloud's clock."""
    closed_at: Annotated[Moment | None, Field(examples=[None])]
    """Null while one of its alerts is open."""
    reopened: Annotated[int, Field(examples=[0])]
    """How often it came back."""

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """In this form."""
        return cls(**{name: getattr(incident, name) for name in IncidentForm.model_fields})


class IncidentWithAlertsForm(IncidentForm):
    """An incident with its alerts."""

    alerts: list[AlertForm]
    """The earliest first."""


def _wanted(
    fleet: str | None = None,
    vehicle: str | None = None,
    open_only: Annotated[bool | None, Query(alias="open", description="Open ones, or closed ones.")] = None,
) -> IncidentFilter:
    return IncidentFilter(fleet, vehicle, open_only)


@router.get("")
def list_incidents(
    caller: Reader, services: ServicesOf, window: WindowOf, wanted: Annotated[IncidentFilter, Depends(_wanted)]
) -> PageForm[IncidentForm]:
    """Incidents, the latest first."""
    return page_form(services.alerts.incidents(caller.only(wanted), window), IncidentForm.of)


@router.get("/{number}")
def one_incident(
    caller: Reader, services: ServicesOf, number: Annotated[int, Path(ge=1, le=2**63 - 1)]
) -> IncidentWithAlertsForm:
    """One incident with its alerts."""
    incident, alerts = services.alerts.incident(number)
    caller.must(incident.fleet, f"incident {number}")
    form = IncidentForm.of(incident).model_dump()
    return IncidentWithAlertsForm(**form, alerts=[alert_form(alert) for alert in alerts])
