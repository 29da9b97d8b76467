"""Everything that the rest of the cloud knows about a claimed repair, asked of each feature's service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud.alerts.service import AlertService, HandledAlert
from cloud.errors import NotFound
from cloud.fleet.model import Seen, Summary, seen_in
from cloud.fleet.profile import Profile
from cloud.fleet.profiles import ProfileService
from cloud.fleet.service import FleetService
from cloud.health.model import Diagnosis, StandingCode, Why
from cloud.health.service import HealthService
from cloud.pages import LIMIT_MAX, Window
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.model import Centre, Place
from cloud.scheduling.service import SchedulingService
from cloud.scheduling.work_order import WorkOrder
from cloud.scheduling.work_orders import WorkOrderService
from cloud.warranty.checks import Driven, OdometerReading, Sighting, Symptom, Visit
from cloud.warranty.signal import AROUND, SignalCurve, curve_of
from cloud.workflow.model import Case, CaseFilter
from cloud.workflow.service import WorkflowService
from edge.wire.topics import Address

ODOMETER: Final = "Vehicle.TraveledDistance"
"""VSS, in metres."""
ALERTS_MAX: Final = 100
CODES_MAX: Final = 100
_SUMMARIES_MAX: Final = 2000
"""A day and a half of minutes, as a visit with a night on either side has."""
_LOOK_BACK: Final = timedelta(days=90)
_NOT_SEEN: Final = frozenset({Why.NOTHING_WRONG, Why.TOO_LITTLE, Why.TOO_YOUNG, Why.NOT_COVERED})

Positions = Callable[[Address, datetime, datetime], Sequence[Sighting]]
"""Where a vehicle said it was within a time."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Who is asked."""

    fleet: FleetService
    profiles: ProfileService
    alerts: AlertService
    health: HealthService
    scheduling: SchedulingService
    appointments: AppointmentService
    orders: WorkOrderService
    workflow: WorkflowService
    positions: Positions


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known, as of one moment."""

    order: WorkOrder
    profile: Profile
    alerts: list[HandledAlert]
    case: Case | None
    diagnosis: Diagnosis
    """As of the failure."""
    codes: list[StandingCode]
    centre: Centre | None
    """None: the booking's centre is not known any more."""
    visit: Visit
    readings: list[OdometerReading]
    driven: Driven
    heard_from: datetime | None
    sightings: Sequence[Sighting]
    curve: SignalCurve | None

    def symptoms(self, component: str) -> list[Symptom]:
        """Everything that spoke of the component."""
        found = [
            Symptom("alert", one.alert.rule, one.alert.started_at, f"alert {one.alert.id}")
            for one in self.alerts
            if one.alert.component == component
        ]
        found += [Symptom("code", one.code, one.seen_at, f"trouble code {one.code} of {one.ecu}") for one in self.codes]
        said = self.diagnosis
        if said.why not in _NOT_SEEN and said.causes and said.causes[0].evidence_for:
            told = said.causes[0].evidence_for[0]
            found.append(Symptom("indicator", f"({told})", said.made_at, "diagnosis as of the failure"))
        return found


def failed_at(order: WorkOrder, alerts: AlertService) -> datetime:
    """When the failure was first seen: the beginning of the incident's first alert.

    Raises:
        NotFound: the incident has none.
    """
    _, handled = alerts.incident(order.incident)
    if not handled:
        raise NotFound(f"incident {order.incident} has no alert; say failed_at yourself")
    return min(one.alert.started_at for one in handled)


def gather(sources: Sources, order: WorkOrder, at: datetime) -> Gathered:
    """What is known about a repair of a failure at this time.

    Raises:
        NotFound: the vehicle or the incident is not there.
    """
    address = order.address
    _, handled = sources.alerts.incident(order.incident)
    centre, visit = _visit(sources, order)
    trips, told, total_m = sources.fleet.driven_until(address, at)
    named = {path for one in handled for path in one.alert.values}
    around = sources.fleet.summaries_between(address, at - AROUND, at + AROUND)
    return Gathered(
        order=order,
        profile=sources.profiles.profile(address),
        alerts=handled[:ALERTS_MAX],
        case=_case(sources.workflow, order),
        diagnosis=sources.health.diagnose(address, order.component, at=at),
        codes=sources.health.codes_of(address, order.component)[:CODES_MAX],
        centre=centre,
        visit=visit,
        readings=_readings(sources.fleet, address, at),
        driven=Driven(told, total_m / 1000, trips - told),
        heard_from=sources.fleet.first_summary_at(address),
        sightings=_sightings(sources, address, visit),
        curve=curve_of([one for one in around if one.clock.is_right], named, at),
    )


def _visit(sources: Sources, order: WorkOrder) -> tuple[Centre | None, Visit]:
    booking = sources.appointments.booking(order.booking)
    begun = order.started_at or booking.slot.start_at
    ended = max(begun, order.ended_at or booking.slot.end_at)
    try:
        centre = sources.scheduling.centre(booking.slot.centre)
    except NotFound:
        return None, Visit(booking.slot.centre, None, begun, ended)
    return centre, Visit(centre.name, centre.place, begun, ended)


def _case(workflow: WorkflowService, order: WorkOrder) -> Case | None:
    """The case that led to the order, among the vehicle's latest."""
    wanted = CaseFilter(fleet=order.address.fleet, vehicle=order.address.vehicle)
    cases = workflow.cases(wanted, Window(LIMIT_MAX)).items
    return next((case for case in cases if case.work_order == order.number), None)


def _sightings(sources: Sources, address: Address, visit: Visit) -> list[Sighting]:
    """Where the vehicle was around the visit, by positions that it sent and by its summaries."""
    found = list(sources.positions(address, visit.from_at, visit.until))
    for one in sources.fleet.summaries_between(address, visit.from_at, visit.until, most=_SUMMARIES_MAX):
        seen = seen_in(one.signals, one.ended_at)
        if seen is not None and one.clock.is_right:
            found.append(sighting_of(seen))
    return sorted(set(found), key=lambda one: one.at)


def sighting_of(seen: Seen) -> Sighting:
    """Where the fleet has seen a vehicle, as the check takes it."""
    return Sighting(seen.at, Place(seen.latitude_deg, seen.longitude_deg), seen.accuracy_m)


def _readings(fleet: FleetService, address: Address, at: datetime) -> list[OdometerReading]:
    """The last before and the first after, of the odometer that the vehicle itself shows."""
    before = fleet.summaries_between(address, at - _LOOK_BACK, at, newest_first=True)
    after = fleet.summaries_between(address, at, at + _LOOK_BACK)
    earlier = (told for told in map(_odometer, before) if told is not None and told.at <= at)
    later = (told for told in map(_odometer, after) if told is not None and told.at > at)
    return [one for one in (next(earlier, None), next(later, None)) if one is not None]


def _odometer(summary: Summary) -> OdometerReading | None:
    signal = summary.signals.get(ODOMETER)
    if signal is None or not summary.clock.is_right:
        return None
    return OdometerReading(summary.ended_at, signal.last / 1000)
