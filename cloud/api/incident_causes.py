"""/incidents/{number}/timeline and /causes: what happened around one incident, and what may have caused it."""

from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import Field

from cloud.api.access import Caller, Services, ServicesOf, may
from cloud.api.forms import Form, Moment
from cloud.api.insights import InsightForm, insight_form
from cloud.rca.departure import Departure
from cloud.rca.timeline import Source
from cloud.security.roles import Permission

router = APIRouter(prefix="/incidents", tags=["root cause"])
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


class ItemForm(Form):
    """One thing that happened."""

    at: Moment
    source: Source
    """Where it is known from."""
    what: str
    by: str | None
    """Who did it, where somebody did."""
    reference: Annotated[str, Field(examples=["work-orders/12"])]
    """Where it can be looked at, under /api/v1; "" where nowhere."""


class TimelineForm(Form):
    """Everything around one incident, the earliest first."""

    since: Moment
    until: Moment
    items: list[ItemForm]
    dropped: int
    """Of the earliest, so that the rest fits."""
    trips: bool
    """Whether trips are in it: only for who may see where and how somebody drove."""


class DepartureForm(Form):
    """A reading that left what was usual for this vehicle."""

    name: Annotated[str, Field(examples=["coolant_level"])]
    unit: Annotated[str, Field(examples=["%"])]
    left_at: Moment
    usual: float
    scatter: float
    """As a standard deviation, by the median absolute deviation."""
    since: float
    """The middle from then on."""
    effect: Annotated[float, Field(examples=[-8.2])]
    """How far that is from what was usual, in scatters."""
    readings: int

    @classmethod
    def of(cls, one: Departure) -> Self:
        """In this form."""
        return cls(**{name: getattr(one, name) for name in DepartureForm.model_fields})


class CausesForm(Form):
    """What may have caused an incident, what is known before what is suspected."""

    incident: Annotated[int, Field(examples=[17])]
    component: Annotated[str, Field(examples=["cooling"])]
    began_at: Moment
    found: Annotated[str | None, Field(examples=["water_pump_worn"])]
    """What a technician found: it stands above everything below. Null: nobody said."""
    denied: bool
    """A technician looked, and nothing was wrong."""
    predicted: Annotated[str | None, Field(examples=["coolant_leak"])]
    """What was predicted before the visit, or what the diagnosis says now; null: no verdict."""
    departures: list[DepartureForm]
    """What left what is usual for this vehicle first, and of what left within five minutes the largest effect."""
    reason: str
    """Why nothing is ranked, such as not enough history; "" where something is."""
    steady: list[str]
    """Readings that stayed as usual."""
    too_few: list[str]
    """Readings with not enough history."""
    insights: list[InsightForm]
    """What the last look that claimed anything of this component says of vehicles like this one."""


@router.get("/{number}/timeline")
def incident_timeline(
    caller: Annotated[Caller, may(Permission.SEE_ALERTS)], services: ServicesOf, number: Number
) -> TimelineForm:
    """Everything around it in one order, each with its source."""
    fleet = _theirs(caller, services, number)
    trips = caller.principal.may(Permission.SEE_DRIVES, fleet)
    found = services.incident_causes.timeline(number, with_trips=trips)
    items = [ItemForm(**{name: getattr(item, name) for name in ItemForm.model_fields}) for item in found.items]
    return TimelineForm(since=found.since, until=found.until, items=items, dropped=found.dropped, trips=trips)


@router.get("/{number}/causes")
def incident_causes(
    caller: Annotated[Caller, may(Permission.SEE_HEALTH)], services: ServicesOf, number: Number
) -> CausesForm:
    """What a technician found, what was predicted, which readings left first, what is known of vehicles like it."""
    _theirs(caller, services, number)
    found = services.incident_causes.causes(number)
    return CausesForm(
        incident=number,
        component=found.incident.component,
        began_at=found.began_at,
        found=found.found,
        denied=found.denied,
        predicted=found.predicted,
        departures=[DepartureForm.of(one) for one in found.departures.ranked],
        reason=found.departures.reason,
        steady=list(found.departures.steady),
        too_few=list(found.departures.too_few),
        insights=[insight_form(one) for one in found.insights],
    )


def _theirs(caller: Caller, services: Services, number: int) -> str:
    """The fleet of an incident; of a stranger's they are told what they are told of none."""
    incident, _ = services.alerts.incident(number)
    caller.must(incident.fleet, f"incident {number}")
    return incident.fleet
