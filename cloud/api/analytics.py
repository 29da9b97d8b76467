"""/analytics: how well the service does for a fleet, each figure with its method, or null with why."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.analytics.measures import Figure
from cloud.api.access import Caller, ServicesOf, may
from cloud.api.cohorts import FleetWanted, From, IntervalForm, To
from cloud.api.forms import FleetName, Form, Moment
from cloud.security.roles import Permission

router = APIRouter(prefix="/analytics", tags=["analytics"])


class FigureForm(Form):
    """One number with how it came about."""

    value: float | None
    """Null: unknown, or not for this role; `why` says which."""
    unit: Annotated[str, Field(examples=["s"])]
    """`share` is 0 to 1."""
    count: int | None
    """Of what it is over; null: not for this role."""
    method: str
    why: str
    interval: IntervalForm | None
    """95 %, where it is an estimate."""
    upper: float | None
    """Of a middle: what 90 of 100 stayed below; null: unknown."""


class AnalyticsForm(Form):
    """How well the service did for a fleet in a period."""

    fleet: FleetName
    since: Moment
    until: Moment
    uptime: FigureForm
    time_to_acknowledge: FigureForm
    time_to_repair: FigureForm
    breakdowns_avoided: FigureForm


@router.get("")
def analytics(
    caller: Annotated[Caller, may(Permission.SEE_WORK)],
    services: ServicesOf,
    fleet: FleetWanted,
    since: From = None,
    until: To = None,
) -> AnalyticsForm:
    """Every figure that the caller may see: time to repair for all, the rest for who answers for the fleet."""
    caller.must(fleet, f"fleet {fleet!r}")
    found = services.analytics.figures(fleet, since, until)
    all_of_it = caller.principal.may(Permission.SEE_ANALYTICS, fleet)
    return AnalyticsForm(
        fleet=fleet,
        since=found.period.since,
        until=found.period.until,
        uptime=_form(found.uptime, shown=all_of_it),
        time_to_acknowledge=_form(found.acknowledge, shown=all_of_it),
        time_to_repair=_form(found.repair, shown=True),
        breakdowns_avoided=_form(found.avoided, shown=all_of_it),
    )


def _form(figure: Figure, *, shown: bool) -> FigureForm:
    interval = None if figure.interval is None else IntervalForm.of(figure.interval)
    return FigureForm(
        value=figure.value if shown else None,
        unit=figure.unit,
        count=figure.count if shown else None,
        method=figure.method,
        why=figure.why if shown else "not for this role",
        interval=interval if shown else None,
        upper=figure.upper if shown else None,
    )
