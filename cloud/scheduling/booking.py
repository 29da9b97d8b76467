"""A booking and what may become of it. Pure: every change gives a new booking or says why not.

held ──► booked ──► cancelled
  │         │
  ▼         ▼
expired  centre_gone        from both, and from held and booked, `move` leads back to a time
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cloud.errors import Conflict
from cloud.scheduling.model import Job, Slot

HOLD: Final = timedelta(minutes=10)
"""How long a time is kept for somebody who has chosen it and not yet said yes: a look into a calendar."""

HELD_MAX: Final = 3
"""Times that are held for one vehicle at once: as many as there are offers. More would keep others out for nothing."""


class State(StrEnum):
    """Where a booking is in its life."""

    HELD = "held"
    """Kept for somebody until `hold_until`."""
    BOOKED = "booked"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Held, and nobody said yes in time."""
    CENTRE_GONE = "centre_gone"
    """The centre can no longer keep it; `reason` says why. To be moved or cancelled."""


TAKING: Final = frozenset({State.HELD, State.BOOKED})
"""The states in which a booking takes a bay, a technician and a vehicle."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A job at a time, as it stands."""

    id: str
    job: Job
    slot: Slot
    state: State
    sequence: int
    """Counts its changes (RFC 5545, 3.8.7.4)."""
    hold_until: datetime | None
    """None unless held."""
    booked_at: datetime | None
    """None: nobody ever said yes."""
    reason: str
    """Why it is cancelled or the centre is gone; else ""."""
    made_at: datetime
    changed_at: datetime

    def as_of(self, now: datetime) -> "Booking":
        """The same, expired if its hold has run out."""
        if self.state is State.HELD and self.hold_until is not None and self.hold_until <= now:
            return self._changed(State.EXPIRED, self.hold_until)
        return self

    def confirm(self, now: datetime) -> "Booking":
        """Said yes; safe to repeat.

        Raises:
            Conflict: it is neither held nor booked.
        """
        if self.state is State.BOOKED:
            return self
        if self.state is not State.HELD:
            raise Conflict(f"the booking is {self._told()}; {_REMEDY[self.state]}")
        return replace(self._changed(State.BOOKED, now), booked_at=now)

    def move(self, slot: Slot, now: datetime) -> "Booking":
        """At another time or place: booked if somebody had said yes before, else held anew.

        Raises:
            Conflict: it is cancelled, or has begun.
        """
        if self.state is State.CANCELLED:
            raise Conflict(f"the booking is {self._told()}; {_REMEDY[self.state]}")
        if self.state is State.BOOKED and self.slot.start_at <= now:
            raise Conflict("the work has begun, or should have: a new visit is a new booking")
        if self.booked_at is None:
            return replace(self._changed(State.HELD, now), slot=slot, hold_until=now + HOLD)
        return replace(self._changed(State.BOOKED, now), slot=slot)

    def cancel(self, reason: str, now: datetime) -> "Booking":
        """Not any more, whatever it was; safe to repeat, the first reason stays."""
        if self.state is State.CANCELLED:
            return self
        return self._changed(State.CANCELLED, now, reason)

    def lose(self, reason: str, now: datetime) -> "Booking":
        """The centre cannot keep it."""
        return self._changed(State.CENTRE_GONE, now, reason)

    def _changed(self, state: State, now: datetime, reason: str = "") -> "Booking":
        return replace(self, state=state, sequence=self.sequence + 1, hold_until=None, reason=reason, changed_at=now)

    def _told(self) -> str:
        return f"{self.state} ({self.reason})" if self.reason else str(self.state)


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which bookings are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    centre: str | None = None
    state: State | None = None
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


_REMEDY: Final = {
    State.CANCELLED: "make a new one",
    State.EXPIRED: "choose a time again",
    State.CENTRE_GONE: "choose another time or cancel it",
}


def hold(booking_id: str, job: Job, slot: Slot, now: datetime) -> Booking:
    """A time that somebody has chosen."""
    return Booking(
        id=booking_id,
        job=job,
        slot=slot,
        state=State.HELD,
        sequence=0,
        hold_until=now + HOLD,
        booked_at=None,
        reason="",
        made_at=now,
        changed_at=now,
    )
