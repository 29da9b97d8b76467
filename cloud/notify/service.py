"""What the rest of the cloud may ask about telling people: post, settle, and what became of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.database import Connection, Database
from cloud.errors import Conflict
from cloud.notify import contact_store, delivery_store, store
from cloud.notify.contacts import existing
from cloud.notify.delivery import PENDING, SEEN, Delivery, DeliveryFilter, State
from cloud.notify.model import Contact, Notice, Turn, turns
from cloud.notify.store import Told
from cloud.pages import Page, Window
from edge.wire.messages import Severity

TIDY_EVERY: Final = 100
"""Notices between two looks at how much is kept."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """How people are told."""

    escalate_after: timedelta
    deliveries_kept: int


@dataclass(frozen=True, slots=True)
class ToldDelivery:
    """A delivery with what it delivers."""

    delivery: Delivery
    notice: Told


class NotifyService:
    """Notices and their deliveries. `post`, `settle` and `follow_up` run inside the transaction of their cause."""

    def __init__(
        self, database: Database, settings: NotifySettings, now: Callable[[], datetime], wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._settings = settings
        self._now = now
        self._wake = wake
        """Tells whoever sends that there is something; it may come before the transaction has ended."""

    def post(self, connection: Connection, notice: Notice) -> bool:
        """Tell those concerned, once for each reason; whether it is told now.

        Nothing is sent here: a worker does that, when the transaction has ended. What is rolled back is not told.
        """
        contacts = contact_store.contacts_of(connection, notice.fleet)
        now = self._now()
        told = self._post(connection, notice, turns(notice, contacts, now, self._settings.escalate_after), now)
        return bool(told)

    def follow_up(self, connection: Connection, reason: str, notice: Notice) -> bool:
        """Tell those, and only those, who were sent the notice of an earlier reason; whether it is told now."""
        earlier = store.notice_of(connection, notice.fleet, reason)
        if earlier is None:
            return False
        now = self._now()
        reached = {
            one.contact for one in delivery_store.deliveries_of(connection, earlier.id) if one.state is State.SENT
        }
        contacts = contact_store.contacts_of(connection, notice.fleet)
        those = [Turn(one, now) for one in contacts if one.enabled and one.id in reached]
        return bool(those and self._post(connection, notice, those, now))

    def settle(self, connection: Connection, fleet: str, reason: str) -> None:
        """Somebody has seen it, or it is over: what was not sent yet is not sent any more; safe to repeat."""
        told = store.notice_of(connection, fleet, reason)
        if told is None or told.settled_at is not None:
            return
        now = self._now()
        store.settle_notice(connection, told.id, now)
        spared = 0
        for one in delivery_store.deliveries_of(connection, told.id):
            if one.state in PENDING or _waits_in_digest(connection, one):
                spared += delivery_store.put_delivery(connection, one, one.supersede(SEEN, now))
        counters.add(connection, {"deliveries_superseded": spared})

    def test(self, fleet: str, contact: str, name: str) -> ToldDelivery:
        """Send a notice to one contact, to see whether it arrives.

        Args:
            fleet: whose contact.
            contact: which.
            name: of this test, used for no other.

        Raises:
            NotFound: there is no such contact.
            Conflict: it is switched off, or the name was used.
        """
        with self._database.transaction() as connection:
            found = existing(connection, fleet, contact)
            if not found.enabled:
                raise Conflict(f"contact {contact!r} is switched off: nothing is sent to it")
            now = self._now()
            made = self._post(connection, _test_notice(found, name), [Turn(found, now)], now)
            if not made:
                raise Conflict(f"there was a test {name!r} of this contact already")
            return self._told(connection, [_delivery(connection, made[0])])[0]

    def deliveries(self, wanted: DeliveryFilter, window: Window) -> Page[ToldDelivery]:
        """Deliveries, the newest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((int,))
        with self._database.snapshot() as connection:
            rows = delivery_store.list_deliveries(connection, wanted, after=after, rows_max=window.limit + 1)
            page = window.page(rows, lambda row: (row.id,))
            return Page(self._told(connection, page.items), page.after)

    def census(self) -> dict[str, int]:
        """How many deliveries are in each state; each state is there."""
        with self._database.snapshot() as connection:
            return dict.fromkeys(State, 0) | delivery_store.count_by_state(connection)

    def _post(self, connection: Connection, notice: Notice, called: list[Turn], now: datetime) -> list[int]:
        """The deliveries of a new notice; none where its reason was told before, or nobody wants to hear it."""
        number = store.add_notice(connection, notice, now)
        if number is None:
            return []
        made = [delivery_store.add_delivery(connection, number, notice, turn, now) for turn in called]
        counters.add(connection, {"notices": 1, "notices_to_nobody": int(not called)})
        if number % TIDY_EVERY == 0:
            dropped = delivery_store.keep_newest(connection, self._settings.deliveries_kept)
            counters.add(connection, {"deliveries_dropped": dropped})
        if made:
            _log.info("fleet %s: %s is told to %d", notice.fleet, notice.reason, len(made))
            self._wake()
        return made

    def _told(self, connection: Connection, rows: list[Delivery]) -> list[ToldDelivery]:
        found = store.notices_of(connection, (row.notice for row in rows))
        return [ToldDelivery(row, found[row.notice]) for row in rows]


def _waits_in_digest(connection: Connection, one: Delivery) -> bool:
    """Whether it was gathered and is not told yet."""
    if one.state is not State.GATHERED or one.digest is None:
        return False
    digest = delivery_store.delivery_of(connection, one.digest)
    return digest is not None and digest.state in PENDING


def _delivery(connection: Connection, number: int) -> Delivery:
    found = delivery_store.delivery_of(connection, number)
    if found is None:
        raise LookupError(f"delivery {number} is gone in the transaction that made it")
    return found


def _test_notice(contact: Contact, name: str) -> Notice:
    return Notice(
        reason=f"test/{contact.id}/{name}",
        fleet=contact.fleet,
        vehicle=None,
        severity=Severity.INFO,
        title="Telltale: a test",
        text=f"This is how {contact.person} is told when something is wrong in fleet {contact.fleet}.",
    )
