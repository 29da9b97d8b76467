"""Everything that is known of a fleet's incidents and of what its vehicles are, brought together for a look."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from cloud.alerts.handling import Incident, IncidentFilter
from cloud.alerts.service import AlertService
from cloud.errors import Refused
from cloud.fleet.model import Driven, Vehicle, VehicleFilter
from cloud.fleet.profile import Former, Profile, ProfileFilter
from cloud.fleet.profiles import ProfileService
from cloud.fleet.service import FleetService
from cloud.health.knowledge import System, system_for
from cloud.pages import LIMIT_MAX, Page, Window
from cloud.rca.cohort import DAY_S, Course, Observed, Period, Unit, traits_of
from cloud.scheduling.work_order import NO_FAULT, OrderFilter, Outcome, WorkOrder
from cloud.scheduling.work_orders import WorkOrderService
from edge.wire.topics import Address

VEHICLES_MAX: Final = 5_000
INCIDENTS_MAX: Final = 10_000
"""In one look: what is more would hold up everybody else."""
TOLD_MIN: Final = 0.95
"""The share of trips that must tell their distance, before km are counted and not days."""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Whom a look asks."""

    fleet: FleetService
    profiles: ProfileService
    alerts: AlertService
    orders: WorkOrderService
    knowledge: Sequence[System]


@dataclass(frozen=True, slots=True)
class Known:
    """What a look looks at."""

    vehicles: tuple[Observed, ...]
    components: tuple[str, ...]
    """Of which there was an incident."""
    unit: Unit
    why: str
    """Why exposure is counted in this unit."""
    incidents: int
    """That count, with those of vehicles that had one before."""
    denied: int
    """That do not count: a person said that nothing was wrong."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An incident that counts."""

    address: Address
    component: str
    at: datetime
    cause: str | None
    """What a technician found."""


def gather(near: Neighbours, fleet: str, period: Period, only: Unit | None = None) -> Known:
    """Everything that is known of a fleet in a period; exposure in this unit, else in the best there is.

    Raises:
        Refused: there is more of it than one look takes.
    """
    vehicles = every(
        lambda window: near.fleet.vehicles(VehicleFilter(fleet), window),
        VEHICLES_MAX,
        "vehicles",
        "look at a smaller fleet",
    )
    happened, denied = _happened(near, fleet, period)
    first: dict[Address, dict[str, Happened]] = {}
    for one in happened:  # the earliest first
        first.setdefault(one.address, {}).setdefault(one.component, one)
    driven = {one.address: one for one in near.fleet.driven(fleet, period.since, period.until)}
    unit, why = unit_of(driven, first) if only is None else (only, "it was asked for")
    profiles = every(
        lambda window: near.profiles.profiles(ProfileFilter(fleet), window),
        VEHICLES_MAX,
        "profiles",
        "that is a mistake",
    )
    known = {one.address: one for one in profiles}
    formers: dict[Address, list[Former]] = {}
    for former in near.profiles.formers(fleet):
        formers.setdefault(former.address, []).append(former)
    observed = []
    for vehicle in vehicles:
        address = vehicle.address
        profile = known.get(address, Profile(address))
        traits = traits_of(profile, formers.get(address, []))
        had = first.get(address, {})
        is_cut = bool(had) or any(trait.since or trait.until for trait in traits)
        course = _course(near, vehicle, driven.get(address), unit, period, is_cut=is_cut)
        if course is not None:
            causes = {name: one.cause for name, one in had.items() if one.cause is not None}
            observed.append(Observed(address, traits, course, {name: one.at for name, one in had.items()}, causes))
    components = tuple(sorted({one.component for one in happened}))
    return Known(tuple(observed), components, unit, why, len(happened), denied)


def unit_of(driven: Mapping[Address, Driven], first: Mapping[Address, object]) -> tuple[Unit, str]:
    """What exposure is counted in, and why: the same for the whole fleet, or nothing could be compared."""
    trips, untold = sum(one.trips for one in driven.values()), sum(one.untold for one in driven.values())
    if not trips:
        return Unit.DAYS, "no trip is known"
    if untold > (1.0 - TOLD_MIN) * trips:
        return Unit.DAYS, f"{untold} of {trips} trips told no distance"
    still = [address for address in first if not (address in driven and driven[address].distance_km > 0.0)]
    if still:
        return Unit.DAYS, f"{len(still)} vehicles with an incident told of no trip"
    return Unit.KM, f"{trips - untold} of {trips} trips told their distance"


def every(read: Callable[[Window], Page[Row]], most: int, what: str, remedy: str) -> list[Row]:
    """All rows of a listing, page by page.

    Raises:
        Refused: there are more than `most`.
    """
    rows: list[Row] = []
    window = Window(limit=LIMIT_MAX)
    while True:
        page = read(window)
        rows += page.items
        if len(rows) > most:
            raise Refused(f"more than {most} {what}: {remedy}")
        if page.after is None:
            return rows
        window = Window(limit=LIMIT_MAX, after=page.after)


def _happened(near: Neighbours, fleet: str, period: Period) -> tuple[list[Happened], int]:
    """The incidents that count, the earliest first, and how many do not."""
    wanted = IncidentFilter(fleet, since=period.since, until=period.until)
    found = every(
        lambda window: near.alerts.incidents(wanted, window), INCIDENTS_MAX, "incidents", "name a shorter period"
    )
    false = near.alerts.false_alarms(fleet)
    orders = every(
        lambda window: near.orders.orders(OrderFilter(fleet), window),
        INCIDENTS_MAX,
        "work orders",
        "look at a smaller fleet",
    )
    by_incident: dict[int, list[WorkOrder]] = {}
    for order in orders:
        by_incident.setdefault(order.incident, []).append(order)
    counted, denied = [], 0
    for incident in reversed(found):
        visits = by_incident.get(incident.number, [])
        if incident.number in false or denies(visits):
            denied += 1
        else:
            counted.append(_counted(near.knowledge, incident, cause_found(visits)))
    return counted, denied


def cause_found(visits: Sequence[WorkOrder]) -> str | None:
    """What the workshop found last; None: it did not say, or nothing."""
    for order in visits:  # the latest first
        found = None if order.report is None else order.report.found_cause
        if found not in {None, NO_FAULT}:
            return found
    return None


def denies(visits: Sequence[WorkOrder]) -> bool:
    """Whether a technician looked and found nothing wrong, and no other visit found something."""
    reports = [order.report for order in visits if order.report is not None]
    nothing = [one for one in reports if one.outcome is Outcome.NOT_FOUND or one.found_cause == NO_FAULT]
    return bool(reports) and len(nothing) == len(reports)


def _counted(knowledge: Sequence[System], incident: Incident, cause: str | None) -> Happened:
    """Under the component that the technician found, else under that of its alerts."""
    of_cause = [one.component for one in knowledge if any(known.id == cause for known in one.causes)]
    system = system_for(knowledge, incident.component)
    component = incident.component if system is None else system.component
    if len(of_cause) == 1:
        component = of_cause[0]
    return Happened(Address(incident.fleet, incident.vehicle), component, incident.opened_at, cause)


def _course(
    near: Neighbours, vehicle: Vehicle, driven: Driven | None, unit: Unit, period: Period, *, is_cut: bool
) -> Course | None:
    """How much a vehicle was exposed; None: not at all, as far as is known."""
    if unit is Unit.KM:
        if driven is None or not driven.distance_km > 0.0:
            return None
        legs = near.fleet.legs(vehicle.address, period.since, period.until) if is_cut else None
        return Course(driven.distance_km, None if legs is None else tuple(legs))
    begin, end = max(period.since, vehicle.first_seen_at), min(period.until, vehicle.last_seen_at)
    if begin >= end:
        return None
    return Course((end - begin).total_seconds() / DAY_S, begin=begin, end=end)
