"""What the rest of the cloud may ask about one incident: what happened around it, and what may have caused it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud.alerts.handling import Incident
from cloud.alerts.service import HandledAlert
from cloud.fleet.model import DriveFilter, Summary
from cloud.fleet.trip import Trip
from cloud.health.indicators import INDICATORS, indicators_of
from cloud.health.model import CodeFilter
from cloud.health.service import CODES_MAX, HealthService
from cloud.pages import LIMIT_MAX, Window
from cloud.rca.cohort import traits_of
from cloud.rca.departure import Departures, Reading, departures
from cloud.rca.gather import Neighbours, cause_found, denies
from cloud.rca.insight import Insight, InsightFilter
from cloud.rca.service import CauseService
from cloud.rca.timeline import (
    Item,
    Timeline,
    of_alert,
    of_case,
    of_code,
    of_departure,
    of_incident,
    of_order,
    of_trip,
    timeline,
    window_of,
)
from cloud.scheduling.work_order import OrderFilter, WorkOrder
from cloud.workflow.model import CaseFilter
from cloud.workflow.service import WorkflowService
from edge.wire.topics import Address

HISTORY: Final = timedelta(days=14)
"""How far back what is usual is learned."""
SOON: Final = timedelta(minutes=15)
"""After the beginning of an incident: what left with it may show a little later."""
MINUTES_MAX: Final = 5_000
"""Of summaries that are read for one incident; the newest."""
_LISTED_MAX: Final = 500
"""Of each kind, on one timeline; the newest."""


@dataclass(frozen=True, slots=True)
class Causes:
    """What may have caused an incident. What a technician found stands above all that is only suspected."""

    incident: Incident
    began_at: datetime
    """By the vehicle's clock where it told, else when the incident was opened."""
    found: str | None
    """The cause that a technician found; None: nobody said."""
    denied: bool
    """A technician looked, and nothing was wrong."""
    predicted: str | None
    """What was predicted before the visit, or what the diagnosis says now where there was none; None: no verdict."""
    departures: Departures
    insights: tuple[Insight, ...]
    """What looks have claimed of vehicles that have something in common with this one, of the same component."""


class IncidentService:
    """Causes and timeline of single incidents."""

    def __init__(
        self,
        near: Neighbours,
        causes: CauseService,
        health: HealthService,
        workflow: WorkflowService,
        now: Callable[[], datetime],
    ) -> None:
        self._near = near
        self._causes = causes
        self._health = health
        self._workflow = workflow
        self._now = now

    def causes(self, number: int) -> Causes:
        """What may have caused an incident.

        Raises:
            NotFound: there is none of this number.
        """
        incident, alerts = self._near.alerts.incident(number)
        began_at = _began(incident, alerts)
        orders = self._orders(incident)
        predicted = next((order.diagnosed_cause for order in orders if order.diagnosed_cause), None)
        if predicted is None:
            predicted = self._health.diagnose(_address(incident), incident.component, at=began_at + SOON).verdict
        return Causes(
            incident=incident,
            began_at=began_at,
            found=cause_found(orders),
            denied=denies(orders),
            predicted=predicted,
            departures=self._departures(_address(incident), began_at),
            insights=self._insights(incident),
        )

    def timeline(self, number: int, *, with_trips: bool) -> Timeline:
        """Everything around an incident, the earliest first; trips only for whoever may see them.

        Raises:
            NotFound: there is none of this number.
        """
        incident, alerts = self._near.alerts.incident(number)
        address = _address(incident)
        since, until = window_of(incident, self._now())
        items = of_incident(incident)
        for one in alerts[-_LISTED_MAX:]:
            whole = self._near.alerts.alert(one.alert.address, one.alert.id)
            items += of_alert(one.alert, whole.timeline, whole.steps)
        codes = self._health.codes(CodeFilter(incident.fleet, incident.vehicle), Window(CODES_MAX)).items
        items += [of_code(code) for code in codes]
        items += [of_departure(one) for one in self._departures(address, _began(incident, alerts)).ranked]
        items += self._of_cases(incident)
        items += [item for order in self._orders(incident) for item in of_order(order)]
        if with_trips:
            items += [of_trip(trip) for trip in self._trips(address, since)]
        return timeline(items, since, until)

    def _departures(self, address: Address, began_at: datetime) -> Departures:
        readings: dict[str, tuple[str, list[Reading]]] = {}
        for summary in self._minutes(address, began_at):
            for name, value in indicators_of(summary.signals).items():
                readings.setdefault(name, (INDICATORS[name].unit, []))[1].append((summary.started_at, value))
        return departures(readings, began_at)

    def _minutes(self, address: Address, began_at: datetime) -> list[Summary]:
        """The summaries of the time before an incident and soon after, the earliest first."""
        wanted = DriveFilter(address.fleet, address.vehicle, since=began_at - HISTORY)
        found: list[Summary] = []
        window = Window(limit=LIMIT_MAX)
        while len(found) < MINUTES_MAX:
            page = self._near.fleet.summaries(wanted, window)
            found += [one for one in page.items if one.started_at <= began_at + SOON and one.clock.is_right]
            if page.after is None:
                break
            window = Window(limit=LIMIT_MAX, after=page.after)
        return found[MINUTES_MAX - 1 :: -1]

    def _orders(self, incident: Incident) -> list[WorkOrder]:
        """The visits for an incident, the latest first."""
        wanted = OrderFilter(incident.fleet, incident.vehicle)
        orders = self._near.orders.orders(wanted, Window(_LISTED_MAX)).items
        return [order for order in orders if order.incident == incident.number]

    def _of_cases(self, incident: Incident) -> list[Item]:
        wanted = CaseFilter(incident.fleet, incident.vehicle)
        cases = self._workflow.cases(wanted, Window(_LISTED_MAX)).items
        numbers = [case.number for case in cases if case.incident == incident.number]
        return [item for number in numbers for item in of_case(*self._workflow.case(number))]

    def _trips(self, address: Address, since: datetime) -> list[Trip]:
        wanted = DriveFilter(address.fleet, address.vehicle, since=since)
        return self._near.fleet.trips(wanted, Window(_LISTED_MAX)).items

    def _insights(self, incident: Incident) -> tuple[Insight, ...]:
        """Of the last look that claimed anything of the component."""
        wanted = InsightFilter(incident.fleet, incident.component)
        found = self._causes.insights(wanted, Window(_LISTED_MAX)).items
        traits = traits_of(self._near.profiles.profile(_address(incident)), ())
        mine = {(trait.attribute, trait.value) for trait in traits if trait.component in {None, incident.component}}
        last = max((one.scan for one in found), default=None)
        return tuple(one for one in found if one.scan == last and (one.attribute, one.value) in mine)


def _began(incident: Incident, alerts: list[HandledAlert]) -> datetime:
    told = [one.alert.started_at for one in alerts if one.alert.clock.is_right]
    return min(told, default=incident.opened_at)


def _address(incident: Incident) -> Address:
    return Address(incident.fleet, incident.vehicle)
