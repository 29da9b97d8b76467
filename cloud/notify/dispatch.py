"""Which letters go out now, and what became of them: everything that whoever sends does with the database.

A delivery is taken (`sending`, with a lease) in one transaction, sent outside of any, and answered in another. Who dies
in between leaves a lease that runs out: it is sent again, under the same key.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.database import Connection, Database
from cloud.notify import contact_store, delivery_store, store
from cloud.notify.channel import Letter
from cloud.notify.delivery import SEEN, Delivery, State, key_of
from cloud.notify.model import Contact, Notice, Turn, worst
from cloud.notify.sending import NotTaken
from cloud.notify.store import Told
from edge.wire.messages import Severity

HOUR: Final = timedelta(hours=1)
GATHER_FOR: Final = timedelta(minutes=10)
"""A digest waits so long for more to tell: at most six in an hour."""
DIGEST_TITLES: Final = 20
_LOOKED_AT_MAX: Final = 500
"""In one transaction: what is held or gathered makes room for others."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """How one try went."""

    letter: Letter
    failure: NotTaken | None = None


class Dispatch:
    """Takes what is due and writes down how it went; several of them, in several processes, never take the same."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        uniform: Callable[[float, float], float],
        *,
        per_hour: int,
    ) -> None:
        self._database = database
        self._now = now
        self._uniform = uniform
        self._per_hour = per_hour

    def take(self, letters_max: int) -> tuple[list[Letter], datetime | None]:
        """Up to so many letters that are to be sent now, each for the caller alone, and when the next look is due.

        Raises:
            UpstreamDown: the database is away; nothing is taken.
        """
        now = self._now()
        with self._database.transaction() as connection:
            round_ = _Round(connection, now, self._per_hour)
            letters = round_.take(letters_max)
            return letters, delivery_store.next_due_at(connection)

    def answer(self, answer: Answer) -> None:
        """Write down how a try went. Nothing happens where the lease has run out and somebody else has the delivery.

        Raises:
            UpstreamDown: the database is away; answer again.
        """
        now, letter, failure = self._now(), answer.letter, answer.failure
        with self._database.transaction() as connection:
            before = delivery_store.delivery_of(connection, letter.delivery)
            if before is None or before.state is not State.SENDING or len(before.attempts) != letter.attempt:
                counters.add(connection, {"answers_too_late": 1})
                return
            if failure is None:
                after = before.sent(now)
            else:
                after = before.failed(str(failure), now, for_good=failure.for_good, uniform=self._uniform)
            delivery_store.put_delivery(connection, before, after)
            counters.add(connection, {f"deliveries_{after.state}": 1})
            if after.state is State.FAILED:
                _hasten(connection, after, now)
        _log.log(
            logging.INFO if failure is None else logging.WARNING,
            "delivery %d to %s of fleet %s is %s%s",
            *(after.id, after.contact, after.fleet, after.state, f": {after.why}" if after.why else ""),
        )


class _Round:
    """One look at what is due, in one transaction."""

    def __init__(self, connection: Connection, now: datetime, per_hour: int) -> None:
        self._connection = connection
        self._now = now
        self._per_hour = per_hour
        self._counts: Counter[str] = Counter()

    def take(self, letters_max: int) -> list[Letter]:
        letters: list[Letter] = []
        found = delivery_store.due(self._connection, self._now, _LOOKED_AT_MAX) if letters_max else []
        notices = store.notices_of(self._connection, (one.notice for one in found))
        for one in found:
            letter = self._look(one, notices[one.notice])
            if letter is not None:
                letters.append(letter)
            if len(letters) == letters_max:
                break
        counters.add(self._connection, self._counts)
        return letters

    def _look(self, one: Delivery, told: Told) -> Letter | None:
        """The letter, where it is to be sent now; else the delivery is in a state that says why not."""
        notice = self._digested(one, told.notice) if told.is_digest else told.notice
        contact = contact_store.contact_of(self._connection, one.fleet, one.contact)
        if notice is None or told.settled_at is not None:
            after = one.supersede(SEEN, self._now)
        elif contact is None or not contact.enabled:
            after = one.supersede("the contact was removed or switched off", self._now)
        elif one.is_late(self._now):
            after = one.drop(self._now)
        elif (quiet_until := contact.quiet_until(notice.severity, self._now)) is not None:
            after = one.hold(quiet_until, self._now)
        elif not told.is_digest and self._is_too_much(contact):
            after = one.gather(self._digest_for(contact, told), self._now)
        else:
            after = one.take(self._now)
        delivery_store.put_delivery(self._connection, one, after)
        if after.state is not State.SENDING or notice is None or contact is None:
            self._counts[f"deliveries_{after.state}"] += 1
            return None
        return _letter(after, notice, told.made_at, contact)

    def _is_too_much(self, contact: Contact) -> bool:
        sent = delivery_store.count_sent(self._connection, contact.fleet, contact.id, self._now - HOUR)
        return sent >= self._per_hour

    def _digested(self, one: Delivery, notice: Notice) -> Notice | None:
        """A digest with what it tells as of now; None: all of it was seen meanwhile."""
        counts, first = delivery_store.gathered_in(self._connection, one.id, DIGEST_TITLES)
        return _as_digest(notice, counts, first) if counts else None

    def _digest_for(self, contact: Contact, told: Told) -> int:
        """The digest that tells a contact of what is too much now."""
        number = delivery_store.open_digest(self._connection, contact.fleet, contact.id)
        if number is not None:
            return number
        reason = f"digest/{contact.id}/{told.id}"
        notice = replace(told.notice, reason=reason, vehicle=None, title="…", text="", link=None, escalates=False)
        digest = store.add_notice(self._connection, notice, self._now, is_digest=True)
        if digest is None:
            raise LookupError(f"{reason} was told before")  # a notice is gathered once for each contact
        turn = Turn(contact, self._now + GATHER_FOR)
        return delivery_store.add_delivery(self._connection, digest, notice, turn, self._now)


def _hasten(connection: Connection, failed: Delivery, now: datetime) -> None:
    """Where nobody of a rank can be reached any more, the next is told at once instead of in its turn."""
    others = delivery_store.deliveries_of(connection, failed.notice)
    if any(one.state is not State.FAILED for one in others if one.rank <= failed.rank):
        return
    later = [one for one in others if one.state is State.WAITING and one.due_at > now]
    for one in later:
        if one.rank == min(each.rank for each in later):
            delivery_store.put_delivery(connection, one, replace(one, due_at=now))


def _letter(taken: Delivery, notice: Notice, made_at: datetime, contact: Contact) -> Letter:
    return Letter(
        delivery=taken.id,
        attempt=len(taken.attempts),
        key=key_of(notice.fleet, notice.reason, contact.id),
        channel=contact.channel,
        reason=notice.reason,
        fleet=notice.fleet,
        vehicle=notice.vehicle,
        severity=notice.severity,
        title=notice.title,
        text=notice.text,
        link=notice.link,
        correlation=notice.correlation,
        made_at=made_at,
    )


def _as_digest(notice: Notice, counts: Mapping[Severity, int], first: list[Notice]) -> Notice:
    count = sum(counts.values())
    lines = [f"{one.severity}: {one.title}" + ("" if one.vehicle is None else f" ({one.vehicle})") for one in first]
    more = [f"and {count - len(lines)} more"] if count > len(lines) else []
    return replace(
        notice,
        severity=worst(counts),
        title=f"{count} more notices of fleet {notice.fleet}",
        text="\n".join(lines + more),
    )
