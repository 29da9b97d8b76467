"""What the rest of the cloud may ask about work orders."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cloud.alerts.service import AlertService
from cloud.database import Connection, Database
from cloud.errors import Conflict, NotFound
from cloud.pages import Page, Window
from cloud.scheduling import work_order_store as store
from cloud.scheduling.work_order import Label, OrderFilter, OrderState, Report, WorkOrder
from cloud.scheduling.works import KindOfWork
from cloud.security.audit import Audit
from edge.wire.topics import Address

Serviced = Callable[[Connection, Address, str, datetime], None]
"""Told, in the transaction that says so, that a component of a vehicle was put right."""


class WorkedOn(Protocol):
    """Told, in the transaction that says so, that somebody has begun to work on a vehicle, or that nobody does."""

    def __call__(self, connection: Connection, address: Address, /, *, is_worked_on: bool) -> None:
        """It takes effect with the transaction."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What an order is opened for."""

    booking: str
    incident: int
    address: Address
    component: str
    work: KindOfWork
    diagnosed_cause: str | None


class WorkOrderService:
    """Work orders: one of a booking, from opened to what was found.

    `repaired` closes the incident's alerts and resets the service item in the transaction that says so: all of it is
    there afterwards, or nothing.
    """

    def __init__(
        self,
        database: Database,
        audit: Audit,
        alerts: AlertService,
        now: Callable[[], datetime],
        *,
        serviced: Serviced,
        worked_on: WorkedOn | None = None,
    ) -> None:
        self._database = database
        self._audit = audit
        self._alerts = alerts
        self._now = now
        self._serviced = serviced
        self._worked_on = worked_on

    def open(self, new: NewOrder, *, by: str) -> WorkOrder:
        """Open the order of a booking; safe to repeat: the first one stays."""
        with self._database.transaction() as connection:
            row = {
                "booking": new.booking,
                "incident": new.incident,
                "fleet": new.address.fleet,
                "vehicle": new.address.vehicle,
                "component": new.component,
                "kind": new.work.kind,
                "title": new.work.title,
                "diagnosed_cause": new.diagnosed_cause,
                "state": OrderState.OPENED,
                "sequence": 0,
                "reason": "",
                "opened_at": self._now(),
            }
            is_new = store.add_order(connection, row)
            order = store.order_of_booking(connection, new.booking)
            if order is None:
                raise LookupError(f"the order of booking {new.booking} is gone")  # it was just written
            if is_new:
                self._tell(connection, order, by)
            return order

    def start(self, number: int, sequence: int | None = None, *, by: str) -> WorkOrder:
        """Somebody has begun; safe to repeat.

        Raises:
            NotFound: there is no such order.
            Conflict: it is over, or not as the caller saw it.
        """
        return self._change(number, sequence, lambda before, now: before.start(now), by)

    def complete(self, number: int, report: Report, sequence: int | None = None, *, by: str) -> WorkOrder:
        """The visit is over; safe to repeat with the same report.

        Raises:
            NotFound: there is no such order.
            Conflict: it is over already, or not as the caller saw it.
            Refused: the report contradicts itself.
        """
        return self._change(number, sequence, lambda before, now: before.complete(report, now), by)

    def cancel(self, number: int, reason: str, *, by: str) -> WorkOrder:
        """Not any more; safe to repeat.

        Raises:
            NotFound: there is no such order.
        """
        return self._change(number, None, lambda before, now: before.cancel(reason, now), by)

    def order(self, number: int) -> WorkOrder:
        """One order.

        Raises:
            NotFound: there is no such order.
        """
        with self._database.snapshot() as connection:
            return _order(connection, number)

    def orders(self, wanted: OrderFilter, window: Window) -> Page[WorkOrder]:
        """Orders, the latest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, int))
        with self._database.snapshot() as connection:
            rows = store.list_orders(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.opened_at, row.number))

    def labels(
        self, *, fleets: frozenset[str] | None, since: datetime | None = None
    ) -> list[tuple[str | None, Label, int]]:
        """How often each cause that was predicted (None: no verdict) got each label."""
        with self._database.snapshot() as connection:
            return store.count_labels(connection, fleets, since)

    def _change(
        self, number: int, sequence: int | None, change: Callable[[WorkOrder, datetime], WorkOrder], by: str
    ) -> WorkOrder:
        with self._database.transaction() as connection:
            before = _order(connection, number)
            after = change(before, self._now())
            if after == before:
                return before
            if sequence not in {None, before.sequence} or not store.replace_order(connection, before, after):
                raise Conflict(f"work order {number} has changed meanwhile, it is {before.state} now; look at it")
            if after.state is OrderState.DONE and after.ended_at is not None:
                self._alerts.repaired(connection, after.incident, by=by, note=f"work order {number}")
                self._serviced(connection, after.address, after.component, after.ended_at)
            self._tell_worked_on(connection, before, after)
            self._tell(connection, after, by)
            return after

    def _tell_worked_on(self, connection: Connection, before: WorkOrder, after: WorkOrder) -> None:
        """An order that ends while another one is in work changes nothing."""
        if self._worked_on is None or OrderState.IN_WORK not in {before.state, after.state}:
            return
        wanted = OrderFilter(after.address.fleet, after.address.vehicle, OrderState.IN_WORK)
        in_work = store.list_orders(connection, wanted, after=None, rows_max=1)
        if after.state is OrderState.IN_WORK or not in_work:
            self._worked_on(connection, after.address, is_worked_on=bool(in_work))

    def _tell(self, connection: Connection, order: WorkOrder, by: str) -> None:
        said = "" if order.report is None else f", {order.report.outcome}, {order.label}"
        self._audit.record(
            connection,
            by=by,
            action=f"work_order_{order.state}",
            fleet=order.address.fleet,
            subject=f"work-orders/{order.number}",
            note=f"{order.title} at {order.address.vehicle}{said}",
        )


def _order(connection: Connection, number: int) -> WorkOrder:
    found = store.order_of(connection, number)
    if found is None:
        raise NotFound(f"there is no work order {number}")
    return found
