"""What may become of one notice on its way to one contact. Pure: every step gives a new delivery with its reason.

waiting ──► sending ──► sent
   │  ▲        └──► retrying ──► failed
   ▼  │
  held       gathered · superseded · dropped_late
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from cloud.notify.model import cut

LEASE: Final = timedelta(seconds=90)
"""Who sends has so long to say how it went; far longer than any sending may take (worker.SEND_S_MAX)."""
GIVE_UP_AFTER: Final = timedelta(hours=24)
"""From the first try to the last."""
TRIES_MAX: Final = 60
LATE_AFTER: Final = timedelta(hours=24)
"""What is looked at only so long after it was due (nobody was there to send it) wakes nobody any more."""
BACKOFF_S: Final = (30.0, 3600.0)
"""The first wait after a failure, and the longest."""
WHY_LENGTH: Final = 300
UNANSWERED: Final = "no answer: it may have arrived or not"
SEEN: Final = "somebody has seen it, or it is over"


class State(StrEnum):
    """Where a delivery is."""

    WAITING = "waiting"
    """For its turn: at once, or when nobody has seen it for a while."""
    HELD = "held"
    """In the person's quiet hours."""
    SENDING = "sending"
    """Handed over to the channel just now."""
    RETRYING = "retrying"
    """The channel did not take it; it will be tried again."""
    SENT = "sent"
    """The channel has taken it."""
    FAILED = "failed"
    """Given up."""
    GATHERED = "gathered"
    """One of too many: told of in a digest."""
    SUPERSEDED = "superseded"
    """Not needed any more before it was sent."""
    DROPPED_LATE = "dropped_late"
    """Nobody was there to send it until it was old."""


PENDING: Final = frozenset({State.WAITING, State.HELD, State.RETRYING})
"""Those that have a time at which something happens to them."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try."""

    at: datetime
    why: str
    """Why it failed; empty: it did not."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice on its way to a contact, as it stands."""

    id: int
    notice: int
    fleet: str
    vehicle: str | None
    contact: str
    person: str
    rank: int
    state: State
    due_at: datetime
    """When it is looked at next; of the last look where it is over."""
    lease_until: datetime | None
    attempts: tuple[Attempt, ...]
    why: str
    """Why it is in its state, where that needs saying."""
    digest: int | None
    """The delivery that tells of it together with others."""
    made_at: datetime
    changed_at: datetime

    def take(self, now: datetime) -> "Delivery":
        """Somebody sends it, and has until the end of the lease to say how that went."""
        attempts = (*self.attempts, Attempt(now, UNANSWERED))
        return self._to(State.SENDING, "", now, attempts=attempts, lease_until=now + LEASE)

    def sent(self, now: datetime) -> "Delivery":
        """The channel has taken it."""
        return self._answered("", State.SENT, "", now)

    def failed(
        self, why: str, now: datetime, *, for_good: bool, uniform: Callable[[float, float], float]
    ) -> "Delivery":
        """The channel has not taken it: it is tried again later, or given up.

        Args:
            why: what the channel says, for people.
            now: the time.
            for_good: whether it would say so again each time.
            uniform: a random number between two, so that many do not come at once.
        """
        why = cut(why, WHY_LENGTH)
        wait = timedelta(seconds=backoff_s(len(self.attempts) - 1, uniform))
        is_last = len(self.attempts) >= TRIES_MAX or now + wait - self.attempts[0].at > GIVE_UP_AFTER
        if for_good or is_last:
            return self._answered(why, State.FAILED, why, now)
        return replace(self._answered(why, State.RETRYING, why, now), due_at=now + wait)

    def hold(self, until: datetime, now: datetime) -> "Delivery":
        """Not before the quiet hours are over."""
        return replace(self._to(State.HELD, "quiet hours", now), due_at=until)

    def gather(self, digest: int, now: datetime) -> "Delivery":
        """Told of in a digest."""
        return replace(self._to(State.GATHERED, "too many in one hour", now), digest=digest)

    def supersede(self, why: str, now: datetime) -> "Delivery":
        """Not needed any more."""
        return self._to(State.SUPERSEDED, why, now)

    def drop(self, now: datetime) -> "Delivery":
        """Too old to be told."""
        return self._to(State.DROPPED_LATE, f"was due more than {LATE_AFTER // timedelta(hours=1)} hours ago", now)

    def is_late(self, now: datetime) -> bool:
        """Whether it is too old to be told."""
        return now - self.due_at > LATE_AFTER

    def _answered(self, why_not: str, state: State, why: str, now: datetime) -> "Delivery":
        last = replace(self.attempts[-1], why=why_not)
        return self._to(state, why, now, attempts=(*self.attempts[:-1], last))

    def _to(
        self,
        state: State,
        why: str,
        now: datetime,
        *,
        attempts: tuple[Attempt, ...] | None = None,
        lease_until: datetime | None = None,
    ) -> "Delivery":
        return replace(
            self,
            state=state,
            why=why,
            changed_at=now,
            attempts=self.attempts if attempts is None else attempts,
            lease_until=lease_until,
        )


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    state: State | None = None
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


def backoff_s(failures: int, uniform: Callable[[float, float], float]) -> float:
    """How long to wait after so many failures before: doubling, bounded, spread over its upper half."""
    base_s, most_s = BACKOFF_S
    wait_s = min(most_s, base_s * 2.0 ** min(failures, 30))
    return uniform(wait_s / 2, wait_s)


def key_of(fleet: str, reason: str, contact: str) -> str:
    """The name under which one notice goes to one contact, however often it is sent: 32 hex digits."""
    return sha256("\n".join((fleet, reason, contact)).encode()).hexdigest()[:32]
