"""What a case says to people, in plain words. Pure."""

from collections.abc import Sequence

from cloud.scheduling.works import catalogue
from cloud.workflow.model import Case, CaseOffer


def about(case: Case) -> str:
    """The vehicle and what it is about."""
    return f"{case.address.vehicle}, {case.component.replace('_', ' ')}"


def proposal(case: Case) -> str:
    """What is proposed to the owner, and how sure that is."""
    cause = case.cause
    work = catalogue().find(None if cause is None else cause.work, case.component)
    if cause is None:
        why = "" if case.diagnosis is None else f" ({case.diagnosis.reason})"
        known = f"What is wrong is not known for sure{why}. A workshop should find out."
    else:
        known = f"Most likely: {cause.title} ({cause.probability:.0%})."
    said = f"{case.summary}\n" if case.summary else ""
    return f"{said}{known}\nProposed: {work.title}, about {work.work.minutes} minutes. Answer yes or no to {case.name}."


def choices(case: Case, offers: Sequence[CaseOffer]) -> str:
    """The times that can be chosen."""
    lines = [
        f"{number}: {offer.slot.centre}, {offer.slot.start_at:%Y-%m-%d %H:%M} UTC. {'. '.join(offer.reasons)}"
        for number, offer in enumerate(offers)
    ]
    return "\n".join([f"Choose one of these times for {case.name}:", *lines])
