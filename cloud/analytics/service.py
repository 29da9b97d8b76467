"""What the rest of the cloud may ask about how well the service does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud.alerts.model import AlertFilter
from cloud.alerts.service import AlertService, HandledAlert
from cloud.analytics.measures import (
    Figure,
    Span,
    Warned,
    breakdowns_avoided,
    time_to_acknowledge,
    time_to_repair,
    uptime,
)
from cloud.fleet.model import VehicleFilter
from cloud.fleet.service import FleetService
from cloud.rca.cohort import Period
from cloud.rca.gather import INCIDENTS_MAX, VEHICLES_MAX, every
from cloud.rca.service import period_of
from cloud.scheduling.work_order import OrderFilter, OrderState, WorkOrder
from cloud.scheduling.work_orders import WorkOrderService
from edge.wire.messages import Action
from edge.wire.topics import Address

STEPS_MAX: Final = 100_000
PERIOD_DEFAULT: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Figures:
    """How well the service did for a fleet in a period."""

    period: Period
    uptime: Figure
    acknowledge: Figure
    repair: Figure
    avoided: Figure


class AnalyticsService:
    """Figures over a fleet."""

    def __init__(
        self, fleet: FleetService, alerts: AlertService, orders: WorkOrderService, now: Callable[[], datetime]
    ) -> None:
        self._fleet = fleet
        self._alerts = alerts
        self._orders = orders
        self._now = now

    def figures(self, fleet: str, since: datetime | None = None, until: datetime | None = None) -> Figures:
        """Every figure of a fleet. Left out, the period is the last 90 days.

        Raises:
            Refused: the period is none, is too long, or holds more than one look takes.
        """
        end = until or self._now()
        period = period_of(self._now(), since or end - PERIOD_DEFAULT, end)
        alerts = self._begun(fleet, period)
        orders = every(
            lambda window: self._orders.orders(OrderFilter(fleet), window), INCIDENTS_MAX, "work orders", "look at less"
        )
        return Figures(
            period,
            self._uptime(fleet, period, alerts, orders),
            time_to_acknowledge(self._alerts.reactions(fleet, period.since, period.until, STEPS_MAX)),
            self._repair(alerts, orders),
            breakdowns_avoided([warned for warned in _warned(alerts, orders) if warned is not None]),
        )

    def _begun(self, fleet: str, period: Period) -> list[HandledAlert]:
        """Alerts that began in the period, the earliest first; none that only a workshop saw."""
        wanted = AlertFilter(fleet, since=period.since, workshop=False)
        found = every(
            lambda window: self._alerts.alerts(wanted, window), INCIDENTS_MAX, "alerts", "name a shorter period"
        )
        return [one for one in reversed(found) if one.alert.started_at < period.until]

    def _uptime(
        self, fleet: str, period: Period, alerts: Sequence[HandledAlert], orders: Sequence[WorkOrder]
    ) -> Figure:
        vehicles = every(
            lambda window: self._fleet.vehicles(VehicleFilter(fleet), window), VEHICLES_MAX, "vehicles", "look at less"
        )
        observed: dict[Address, Span] = {}
        for vehicle in vehicles:
            begin, end = max(period.since, vehicle.first_seen_at), min(period.until, vehicle.last_seen_at)
            if begin < end:
                observed[vehicle.address] = (begin, end)
        down: dict[Address, list[Span]] = {address: [] for address in observed}
        for one in alerts:
            if one.alert.action is Action.STOP_NOW and one.alert.address in down:
                down[one.alert.address].append((one.alert.started_at, _ended(one, period.until)))
        for order in orders:
            if order.started_at is not None and order.address in down:
                down[order.address].append((order.started_at, order.ended_at or period.until))
        return uptime(list(observed.values()), list(down.values()))

    def _repair(self, alerts: Sequence[HandledAlert], orders: Sequence[WorkOrder]) -> Figure:
        opened = {one.incident for one in alerts if one.incident is not None}
        waits: dict[int, timedelta | None] = {}
        for order in reversed(orders):  # the earliest first: the last that repaired it counts
            if order.incident in opened and order.state is not OrderState.CANCELLED:
                waits.setdefault(order.incident, None)
                if order.state is OrderState.DONE and order.ended_at is not None:
                    incident, _ = self._alerts.incident(order.incident)
                    waits[order.incident] = order.ended_at - incident.opened_at
        return time_to_repair(list(waits.values()))


def _warned(alerts: Sequence[HandledAlert], orders: Sequence[WorkOrder]) -> list[Warned | None]:
    """What became of each incident that began with a warning; None for those that began with standing still."""
    incidents: dict[int, list[HandledAlert]] = {}
    for one in alerts:
        if one.incident is not None:
            incidents.setdefault(one.incident, []).append(one)
    mended = {
        order.incident: order.ended_at
        for order in orders
        if order.state is OrderState.DONE and order.ended_at is not None and _found(order)
    }
    return [_fate(found, mended.get(number)) for number, found in incidents.items()]


def _fate(alerts: Sequence[HandledAlert], mended_at: datetime | None) -> Warned | None:
    if alerts[0].alert.action is Action.STOP_NOW:
        return None
    stops = [one.alert.started_at for one in alerts if one.alert.action is Action.STOP_NOW]
    stop_at = min(stops, default=None)
    repaired = mended_at is not None and (stop_at is None or mended_at < stop_at)
    return Warned(stop_at is not None and not repaired, repaired, all(not one.handling.is_open for one in alerts))


def _found(order: WorkOrder) -> bool:
    """Whether the workshop says what was wrong: what was repaired without a fault would not have broken down."""
    return order.report is not None and order.report.found_cause is not None


def _ended(one: HandledAlert, until: datetime) -> datetime:
    if one.alert.ended_at is not None:
        return one.alert.ended_at
    return until if one.handling.is_open else max(one.handling.at, one.alert.started_at)
