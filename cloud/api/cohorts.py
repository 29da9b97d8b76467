"""/cohorts: how often each component goes wrong in vehicles that have something in common, beside the others."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import Field

from cloud.api.access import Caller, Instant, ServicesOf, may
from cloud.api.forms import FleetName, Form, Moment
from cloud.rca.cohort import Attribute, Side, Unit
from cloud.rca.exact import Interval, rate_interval
from cloud.rca.scan import LEVEL, Tested
from cloud.rca.service import Seen
from cloud.security.roles import Permission

router = APIRouter(prefix="/cohorts", tags=["root cause"])
Reader = Annotated[Caller, may(Permission.SEE_HEALTH)]
From = Annotated[Instant | None, Query(alias="from", description="With a zone; left out, a year before `to`.")]
To = Annotated[Instant | None, Query(alias="to", description="With a zone; left out, now.")]
FleetWanted = Annotated[str, Query(description="Which fleet; cohorts are of one.", examples=["north"])]


class IntervalForm(Form):
    """From the least to the greatest value that the counts do not speak against."""

    low: float
    high: float | None
    """Null: without end."""

    @classmethod
    def of(cls, interval: Interval) -> Self:
        """In this form."""
        return cls(low=interval.low, high=interval.high)


class SideForm(Form):
    """A group's count, each vehicle until its first incident of the component."""

    vehicles: Annotated[int, Field(examples=[24])]
    events: Annotated[int, Field(examples=[7])]
    """Vehicles with an incident."""
    exposure: Annotated[float, Field(examples=[312000.0])]
    """In the unit of the answer."""
    rate: float | None
    """Events for each unit of exposure; null: there is no exposure."""
    rate_interval: IntervalForm | None
    """95 % (Garwood 1936)."""

    @classmethod
    def of(cls, side: Side) -> Self:
        """In this form."""
        known = side.exposure > 0.0
        return cls(
            vehicles=side.vehicles,
            events=side.events,
            exposure=side.exposure,
            rate=side.events / side.exposure if known else None,
            rate_interval=IntervalForm.of(rate_interval(side.events, side.exposure)) if known else None,
        )


class CohortForm(Form):
    """Vehicles with one thing in common, beside the others of which that is known."""

    component: Annotated[str, Field(examples=["cooling"])]
    attribute: Attribute
    value: Annotated[str, Field(examples=["K-2531"])]
    inside: SideForm
    outside: SideForm
    unknown: int
    """Vehicles of which it is not known: they count on neither side."""
    ratio: float | None
    """Of the rates; null: nothing happened beside it, or there is no exposure."""
    ratio_interval: IntervalForm | None
    """95 %, for this cohort alone (Clopper-Pearson)."""
    tried: bool
    reason: str
    """Why it was not tried; "" where it was."""
    p: float | None
    """How probable so many or more are by chance, for this cohort alone."""
    p_all: float | None
    """How often chance alone shows as much in any of those that were tried and are not shown already (step-down)."""
    causes: Annotated[dict[str, int], Field(examples=[{"water_pump_worn": 5}])]
    """What technicians found at its incidents, and how often."""

    @classmethod
    def of(cls, tested: Tested) -> Self:
        """In this form."""
        cohort = tested.cohort
        return cls(
            component=cohort.component,
            attribute=cohort.attribute,
            value=cohort.value,
            inside=SideForm.of(cohort.inside),
            outside=SideForm.of(cohort.outside),
            unknown=cohort.unknown,
            ratio=cohort.ratio,
            ratio_interval=None if tested.interval is None else IntervalForm.of(tested.interval),
            tried=tested.tried,
            reason=tested.reason,
            p=tested.p,
            p_all=tested.p_all,
            causes=dict(cohort.causes),
        )


class CohortsForm(Form):
    """One look at a fleet."""

    fleet: FleetName
    since: Moment
    until: Moment
    unit: Unit
    """What exposure is counted in."""
    why_unit: str
    vehicles: int
    incidents: int
    """That count; also those of vehicles that had one before."""
    denied: int
    """Incidents that do not count: a person said that nothing was wrong."""
    tried: int
    """Cohorts for which `p_all` is corrected, of all components and attributes."""
    level: float
    """How often such a look would claim anything where nothing is there, at most."""
    cohorts: list[CohortForm]


@router.get("")
def list_cohorts(
    *,
    caller: Reader,
    services: ServicesOf,
    fleet: FleetWanted,
    component: str | None = None,
    attribute: Attribute | None = None,
    since: From = None,
    until: To = None,
) -> CohortsForm:
    """Every cohort of a fleet, the least chance first; the correction is for all, also where few are asked for."""
    caller.must(fleet, f"fleet {fleet!r}")
    return _form(services.causes.look(fleet, since, until), component, attribute)


def _form(seen: Seen, component: str | None, attribute: Attribute | None) -> CohortsForm:
    wanted = [
        one
        for one in seen.look.tested
        if component in {None, one.cohort.component} and attribute in {None, one.cohort.attribute}
    ]
    ordered = sorted(wanted, key=lambda one: (not one.tried, 1.0 if one.p is None else one.p, one.cohort.key))
    return CohortsForm(
        fleet=seen.fleet,
        since=seen.period.since,
        until=seen.period.until,
        unit=seen.known.unit,
        why_unit=seen.known.why,
        vehicles=len(seen.known.vehicles),
        incidents=seen.known.incidents,
        denied=seen.known.denied,
        tried=seen.look.tried,
        level=LEVEL,
        cohorts=[CohortForm.of(one) for one in ordered],
    )
