"""What plan and telemetry say of a claim, from everything that was gathered. Pure."""

from datetime import datetime

from cloud.warranty.checks import Check, check_mileage, check_place, check_symptom
from cloud.warranty.claim import Assessment, Claim
from cloud.warranty.eligibility import judge
from cloud.warranty.facts import Claimed, FittedPart, Known, Reading
from cloud.warranty.gather import Gathered
from cloud.warranty.plan import Plan


def assess(claim: Claim, gathered: Gathered, plan: Plan | None, now: datetime) -> Assessment:
    """The verdict and the three checks; the same facts give the same ones."""
    verdict = judge(plan, claimed_of(claim), known_of(claim, gathered))
    return Assessment(None if plan is None else plan.id, verdict, _checks(claim, gathered), now)


def claimed_of(claim: Claim) -> Claimed:
    """What the claim says, as a plan asks for it; days are in UTC."""
    said = claim.statement
    return Claimed(
        component=claim.component,
        work=claim.work,
        failed_on=said.failed_at.date(),
        claimed_on=claim.claimed_on,
        odometer_km=said.odometer_km,
        circumstances=frozenset(said.circumstances),
        maintenance=said.maintenance,
    )


def known_of(claim: Claim, gathered: Gathered) -> Known:
    """What is known without the claim. What the odometer showed later is for the check of the mileage alone."""
    profile = gathered.profile
    part = profile.parts.get(claim.component)
    before = [one for one in gathered.readings if one.at <= claim.statement.failed_at]
    return Known(
        in_service_on=profile.in_service_on,
        country=profile.country,
        part=None if part is None else FittedPart(part.fitted_on, part.fitted_km),
        readings=[Reading(one.at.date(), one.km, "its own odometer") for one in before],
    )


def _checks(claim: Claim, gathered: Gathered) -> tuple[Check, ...]:
    said = claim.statement
    return (
        check_mileage(said.odometer_km, said.failed_at, gathered.readings, gathered.driven),
        check_symptom(claim.component, said.failed_at, gathered.symptoms(claim.component), gathered.heard_from),
        check_place(gathered.visit, gathered.sightings),
    )
