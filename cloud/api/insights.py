"""/insights: what looks for causes over a fleet have claimed, with effect, interval, counts and exposure."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from cloud.api.access import Caller, Instant, ServicesOf, WindowOf, may
from cloud.api.cohorts import IntervalForm, SideForm
from cloud.api.forms import FleetName, Form, Moment, PageForm, page_form
from cloud.api.jobs import Wish
from cloud.rca.cohort import Attribute, Unit
from cloud.rca.insight import Insight, InsightFilter, Scan
from cloud.rca.scan import Evidence, Stands
from cloud.security.roles import Permission

router = APIRouter(prefix="/insights", tags=["root cause"])
Reader = Annotated[Caller, may(Permission.SEE_HEALTH)]
Seeker = Annotated[Caller, may(Permission.SEEK_CAUSES)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


class OtherForm(Form):
    """Another cohort that a claim is mixed up with."""

    attribute: Attribute
    value: str


class InsightForm(Form):
    """A claim: vehicles with this in common go wrong more often."""

    number: Annotated[int, Field(examples=[3])]
    scan: Annotated[int, Field(examples=[12])]
    """The look that made it."""
    fleet: FleetName
    since: Moment
    until: Moment
    text: str
    """The claim in a sentence."""
    component: Annotated[str, Field(examples=["cooling"])]
    attribute: Attribute
    value: Annotated[str, Field(examples=["K-2531"])]
    unit: Unit
    inside: SideForm
    outside: SideForm
    unknown: int
    """Vehicles of which it is not known: they count on neither side."""
    ratio: float | None
    """Of the rates; null: nothing happened beside it."""
    ratio_interval: IntervalForm
    """95 %, as if it had been the only one tried."""
    ratio_interval_all: IntervalForm
    """So wide that all claims of the look hold together in 95 of 100 looks."""
    p: float
    p_all: float
    tried: Annotated[int, Field(examples=[31])]
    """Cohorts that this was corrected for."""
    stands: Stands
    others: list[OtherForm]
    """What it is mixed up with, or explained by."""
    evidence: Evidence
    causes: dict[str, int]
    """What technicians found at its incidents, and how often."""
    made_at: Moment


class ScanForm(Form):
    """A look that was taken, with what it claims; nothing is an answer too."""

    number: Annotated[int, Field(examples=[12])]
    fleet: FleetName
    since: Moment
    until: Moment
    unit: Unit
    why_unit: str
    vehicles: int
    incidents: int
    denied: int
    tried: int
    untried: int
    """Cohorts of which too little is known: /cohorts says of each why."""
    level: float
    """How often such a look would claim anything where nothing is there, at most. It counts for one look: who looks
    every day finds something by chance in the end."""
    made_at: Moment
    insights: list[InsightForm]


class LookWish(Wish):
    """Which fleet, and when."""

    fleet: FleetName
    since: Instant | None = None
    """Left out, a year before the end."""
    until: Instant | None = None
    """Left out, now."""


def _wanted(fleet: str | None = None, component: str | None = None) -> InsightFilter:
    return InsightFilter(fleet, component)


@router.get("")
def list_insights(
    caller: Reader, services: ServicesOf, window: WindowOf, wanted: Annotated[InsightFilter, Depends(_wanted)]
) -> PageForm[InsightForm]:
    """What looks have claimed, the latest first."""
    return page_form(services.causes.insights(caller.only(wanted), window), insight_form)


@router.get("/{number}")
def one_insight(caller: Reader, services: ServicesOf, number: Number) -> InsightForm:
    """One insight."""
    found = services.causes.insight(number)
    caller.must(found.fleet, f"insight {number}")
    return insight_form(found)


@router.post("")
def look(caller: Seeker, services: ServicesOf, form: LookWish) -> ScanForm:
    """Take a look at a fleet, and keep it with what it claims."""
    caller.must(form.fleet, f"fleet {form.fleet!r}")
    return _scan_form(*services.causes.scan(form.fleet, form.since, form.until, by=caller.name))


def insight_form(insight: Insight) -> InsightForm:
    """An insight for callers."""
    same = {name: getattr(insight, name) for name in InsightForm.model_fields if hasattr(insight, name)}
    same |= {
        "since": insight.period.since,
        "until": insight.period.until,
        "inside": SideForm.of(insight.inside),
        "outside": SideForm.of(insight.outside),
        "ratio_interval": IntervalForm.of(insight.interval),
        "ratio_interval_all": IntervalForm.of(insight.interval_all),
        "others": [OtherForm(attribute=other.attribute, value=other.value) for other in insight.others],
    }
    return InsightForm(**same)


def _scan_form(scan: Scan, insights: list[Insight]) -> ScanForm:
    same = {name: getattr(scan, name) for name in ScanForm.model_fields if hasattr(scan, name)}
    when = {"since": scan.period.since, "until": scan.period.until}
    return ScanForm(**same, **when, insights=[insight_form(one) for one in insights])
