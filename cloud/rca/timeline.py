"""Everything around one incident in one order, each with where it is known from. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cloud.alerts.handling import Handling, Incident
from cloud.alerts.model import Alert
from cloud.alerts.model import Entry as Said
from cloud.fleet.trip import Trip
from cloud.health.model import StandingCode
from cloud.rca.departure import Departure
from cloud.scheduling.work_order import WorkOrder
from cloud.workflow.model import Case, Entry

BEFORE: Final = timedelta(days=7)
AFTER: Final = timedelta(days=1)
"""From the end of an incident: what comes then may still belong to it."""
ITEMS_MAX: Final = 1000
"""The earliest go first."""


class Source(StrEnum):
    """Where something is known from."""

    ALERT = "alert"
    """What the vehicle said of an alert, by its clock."""
    HANDLING = "handling"
    """What became of an alert in the cloud."""
    INCIDENT = "incident"
    TROUBLE_CODE = "trouble_code"
    """By the vehicle's clock; as it was told last, so that an earlier status is not in here."""
    READING = "reading"
    """A reading that left what was usual: worked out, not told."""
    CASE = "case"
    WORK_ORDER = "work_order"
    TRIP = "trip"
    """By the vehicle's clock."""


_ORDER: Final = {source: place for place, source in enumerate(Source)}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened."""

    at: datetime
    source: Source
    what: str
    """In words."""
    by: str | None = None
    """Who did it, where somebody did."""
    reference: str = ""
    """Where it can be looked at: the rest of a path of the API."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything around one incident, the earliest first."""

    since: datetime
    until: datetime
    items: tuple[Item, ...]
    dropped: int
    """Of the earliest, beyond ITEMS_MAX."""


def window_of(incident: Incident, now: datetime) -> tuple[datetime, datetime]:
    """From a week before it was opened to a day after it was closed."""
    return incident.opened_at - BEFORE, (now if incident.closed_at is None else incident.closed_at) + AFTER


def timeline(items: Iterable[Item], since: datetime, until: datetime) -> Timeline:
    """In order; what happened at one moment by source, and of one source as it was given."""
    within = [one for one in items if since <= one.at <= until]
    within.sort(key=lambda one: (one.at, _ORDER[one.source]))
    dropped = max(0, len(within) - ITEMS_MAX)
    return Timeline(since, until, tuple(within[dropped:]), dropped)


def of_incident(incident: Incident) -> list[Item]:
    """Opened and closed."""
    reference = f"incidents/{incident.number}"
    opened = Item(incident.opened_at, Source.INCIDENT, f"incident {incident.number} opened", None, reference)
    if incident.closed_at is None:
        return [opened]
    return [opened, Item(incident.closed_at, Source.INCIDENT, f"incident {incident.number} closed", None, reference)]


def of_alert(alert: Alert, said: Sequence[Said], steps: Sequence[Handling]) -> list[Item]:
    """What the vehicle said, and what became of it."""
    reference = f"alerts/{alert.address.fleet}/{alert.address.vehicle}/{alert.id}"
    told = [
        Item(one.observed_at, Source.ALERT, f"{alert.rule} {one.state}: {alert.summary}", None, reference)
        for one in said
    ]
    taken = [
        Item(one.at, Source.HANDLING, _noted(f"{alert.rule} {one.state}, {one.step}", one.note), one.by, reference)
        for one in steps
    ]
    return told + taken


def of_code(code: StandingCode) -> Item:
    """A trouble code, as it was told last."""
    return Item(code.seen_at, Source.TROUBLE_CODE, f"{code.code} {code.status} in {code.ecu}", None, "trouble-codes")


def of_departure(one: Departure) -> Item:
    """A reading that left what was usual."""
    change = f"{one.name} left {one.usual:.4g} for {one.since:.4g} {one.unit}".rstrip()
    return Item(one.left_at, Source.READING, f"{change} ({one.effect:+.1f} scatters)")


def of_case(case: Case, steps: Sequence[Entry]) -> list[Item]:
    """Every step of a case."""
    what = f"case {case.number}"
    return [
        Item(one.at, Source.CASE, _noted(f"{what} {one.state}", one.note), one.by, f"cases/{case.number}")
        for one in steps
    ]


def of_order(order: WorkOrder) -> list[Item]:
    """Opened, begun, ended."""
    named, reference = f"work order {order.number}", f"work-orders/{order.number}"
    items = [Item(order.opened_at, Source.WORK_ORDER, f"{named} opened: {order.title}", None, reference)]
    if order.started_at is not None:
        items.append(Item(order.started_at, Source.WORK_ORDER, f"{named} begun", None, reference))
    if order.ended_at is not None:
        report = order.report
        found = "" if report is None or report.found_cause is None else f", found {report.found_cause}"
        said = order.reason if report is None else f"{report.outcome}{found}"
        items.append(Item(order.ended_at, Source.WORK_ORDER, _noted(f"{named} {order.state}", said), None, reference))
    return items


def of_trip(trip: Trip) -> Item:
    """A drive: when and how far, not where."""
    far = "an unknown distance" if trip.distance_m is None else f"{trip.distance_m / 1000.0:.1f} km"
    minutes = (trip.ended_at - trip.started_at).total_seconds() / 60.0
    what = f"a private trip of {far}" if trip.private else f"a trip of {far} in {minutes:.0f} minutes"
    return Item(trip.started_at, Source.TRIP, what, None, "trips")


def _noted(what: str, note: str) -> str:
    return f"{what}: {note}" if note else what
