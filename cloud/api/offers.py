"""/offers and /plans: times for one job to choose from, or for several jobs together."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, may
from cloud.api.forms import Form
from cloud.api.jobs import CostForm, JobForm, SlotForm, Wish, cost_form, slot_form
from cloud.scheduling.model import JOBS_MAX
from cloud.scheduling.offers import Kind, Offer
from cloud.scheduling.plan import Unplaced, Visit
from cloud.scheduling.rooms import Why
from cloud.security.roles import Permission

router = APIRouter(tags=["offers"])


class OfferForm(Form):
    """A time that can be booked now; nothing is held for it."""

    kind: Kind
    """What it is the best of, among the centres and days that are not offered above."""
    slot: SlotForm
    cost: CostForm
    reasons: Annotated[list[str], Field(examples=[["The cheapest of 144 possible times", "About 12 km away"]])]


class OffersForm(Form):
    """One to three times for a job, each at another centre or on another day."""

    offers: list[OfferForm]


class PlanWish(Wish):
    """Several jobs that compete for bays and technicians."""

    jobs: Annotated[list[JobForm], Field(min_length=1, max_length=JOBS_MAX)]


class VisitForm(Form):
    """What becomes of one job of a plan."""

    slot: SlotForm | None
    """Null: the plan has no time for it."""
    cost: CostForm | None
    reasons: Annotated[dict[str, Why], Field(examples=[{"mitte": "full"}])]
    """Where there is no time: of each centre why."""


class PlanForm(Form):
    """The times at which the jobs together cost least; nothing is held for them."""

    visits: list[VisitForm]
    """In the order of the jobs."""
    cents: int
    """Of all that have a place."""
    proved: bool
    """Whether it is proved that no plan serves more jobs, or as many for less."""


@router.post("/offers")
def make_offers(caller: Annotated[Caller, may(Permission.BOOK)], services: ServicesOf, form: JobForm) -> OffersForm:
    """Up to three times for one job; where there is none, the problem no-slot says why of each centre."""
    caller.must(form.fleet, f"fleet {form.fleet!r}")
    return offers_form(services.scheduling.offers(form.job()))


@router.post("/plans")
def make_plan(caller: Annotated[Caller, may(Permission.PLAN)], services: ServicesOf, form: PlanWish) -> PlanForm:
    """The cheapest plan for several jobs; it takes up to some ten seconds where many compete."""
    for job in form.jobs:
        caller.must(job.fleet, f"fleet {job.fleet!r}")
    plan = services.scheduling.plan([job.job() for job in form.jobs])
    return PlanForm(visits=[_visit(visit) for visit in plan.visits], cents=plan.cents, proved=plan.proved)


def offers_form(offers: list[Offer]) -> OffersForm:
    """Offers for callers."""
    return OffersForm(
        offers=[
            OfferForm(
                kind=offer.kind, slot=slot_form(offer.slot), cost=cost_form(offer.cost), reasons=list(offer.reasons)
            )
            for offer in offers
        ]
    )


def _visit(visit: Visit | Unplaced) -> VisitForm:
    if isinstance(visit, Unplaced):
        return VisitForm(slot=None, cost=None, reasons=visit.reasons)
    return VisitForm(slot=slot_form(visit.slot), cost=cost_form(visit.cost), reasons={})
