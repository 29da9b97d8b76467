"""Modes that a driver or a workshop can put the box into, and that nobody else can end. Pure.

    private     nobody's business where and how is driven: asked for by the driver, or by hours of the week
    workshop    somebody works on the vehicle: asked for in the cab, or a foreign tester is heard, or an order is open

A driver's wish lasts until the next one. Within the private hours, "off" lasts until they end. Workshop mode ends by
itself: TESTER_NS after the tester was last heard, when the order's time is over, `workshop_ns` after it was asked for,
and when the vehicle has moved for TESTED_NS, which no test drive takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Final

S: Final = 1_000_000_000
"""ns; from here, since whoever reads a configuration reads this, and needs no arrays."""
TESTER_NS: Final = 600 * S
TESTED_NS: Final = 1800 * S
WORKSHOP_NS: Final = 8 * 3600 * S
"""A working day."""
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PrivateHours:
    """Hours of the week that are private; those that end before they begin go on into the next day."""

    days: frozenset[int]
    """On which they begin; 0 is Monday."""
    begin: time
    end: time
    """The same as `begin`: a whole day."""

    def hold(self, local: datetime) -> bool:
        """Whether a local time lies in them."""
        now, day = local.time(), local.weekday()
        if self.begin < self.end:
            return day in self.days and self.begin <= now < self.end
        return (day in self.days and now >= self.begin) or ((day - 1) % 7 in self.days and now < self.end)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What modes go by beside wishes."""

    moves: bool | None = None
    clock_is_right: bool = True
    """A box without a clock of its own boots in 1970: what it does not know may be a private hour."""
    ahead_ns: int = 0
    """How far the wall clock is ahead of the axis by now: it may be set while the box runs, the axis never jumps."""
    tester_heard: bool = False
    """Somebody else has asked control units since the last look."""
    clears: bool = False
    """It is this box that erases codes, as its owner wants: nobody works on the vehicle for that."""
    order_until: int | None = None
    """ns; how long a work order is open."""


@dataclass(frozen=True, slots=True)
class Modes:
    """What holds, and what it is made of; of it what outlives a restart is `kept`."""

    private_wish: bool | None = None
    """What the driver asked for; None: nothing, or "off" that has run out."""
    in_hours: bool = False
    asked_until: int | None = None
    """ns; workshop mode as asked for in the cab."""
    tester_until: int | None = None
    order_until: int | None = None
    is_refused: bool = False
    """Somebody ended workshop mode, or it drove for long: tester and order do not count until both are gone."""
    moved_ns: int = 0
    """How long it has moved in workshop mode."""
    withholds: bool = False
    """Private mode lately held: where the vehicle was left then would be told by what comes next."""
    at: int | None = None
    """ns; of the last look."""

    @property
    def private(self) -> bool:
        """Whether where and how is driven stays in the vehicle, and is not written down there either."""
        return self.in_hours if self.private_wish is None else self.private_wish

    @property
    def workshop_until(self) -> int | None:
        """When (ns) it ends if nothing else happens; None: it does not hold."""
        others = () if self.is_refused else (self.tester_until, self.order_until)
        return max((until for until in (self.asked_until, *others) if until is not None), default=None)

    @property
    def workshop(self) -> bool:
        """Whether somebody works on the vehicle."""
        return self.workshop_until is not None

    @property
    def kept(self) -> dict[str, Any]:
        """What outlives a restart."""
        return {"private_wish": self.private_wish, "asked_until": self.asked_until, "withholds": self.withholds}

    @classmethod
    def taken_up(cls, kept: Mapping[str, Any]) -> "Modes":
        """As they were kept; what is no wish is none."""
        wish, until = kept.get("private_wish"), kept.get("asked_until")
        return cls(
            private_wish=wish if isinstance(wish, bool) else None,
            asked_until=until if isinstance(until, int) and not isinstance(until, bool) else None,
            withholds=kept.get("withholds", False) is not False,
        )

    def with_private(self, *, private: bool) -> "Modes":
        """After the driver asked for it, or for its end."""
        return replace(self, private_wish=private)

    def in_workshop(self, at: int, *, lasts_ns: int = WORKSHOP_NS) -> "Modes":
        """After somebody in the cab asked for workshop mode (ns)."""
        return replace(self, asked_until=at + lasts_ns, moved_ns=0)

    def looked(self, at: int, around: Surroundings, hours: "Week") -> "Modes":
        """As of a time (ns), given what is known of it."""
        passed_ns = 0 if self.at is None else max(at - self.at, 0)
        in_hours = hours.hold(at + around.ahead_ns) if around.clock_is_right else bool(hours.hours)
        has_run_out = self.private_wish is False and self.in_hours and not in_hours
        modes = replace(
            self,
            at=at,
            in_hours=in_hours,
            private_wish=None if has_run_out else self.private_wish,
            asked_until=_unless_over(self.asked_until, at, at + WORKSHOP_NS),
            tester_until=at + TESTER_NS if around.tester_heard else _unless_over(self.tester_until, at),
            order_until=_unless_over(around.order_until, at),
        )
        if modes.tester_until is None and modes.order_until is None:
            modes = replace(modes, is_refused=False)
        if not modes.workshop:
            return replace(modes, moved_ns=0)
        modes = replace(modes, moved_ns=modes.moved_ns + passed_ns * (around.moves is True))
        return modes.ended() if modes.moved_ns >= TESTED_NS else modes

    def ended(self) -> "Modes":
        """Workshop mode is over, whoever still asks for it."""
        return replace(self, asked_until=None, is_refused=True, moved_ns=0)


@dataclass(frozen=True, slots=True)
class Week:
    """The private hours of a week, where the vehicle is at home."""

    hours: Sequence[PrivateHours] = ()
    zone: tzinfo = UTC

    def hold(self, at: int) -> bool:
        """Whether a time (ns since 1970, UTC) lies in them."""
        if not self.hours:
            return False
        local = (_EPOCH + timedelta(microseconds=at // 1000)).astimezone(self.zone)
        return any(one.hold(local) for one in self.hours)


def _unless_over(until: int | None, at: int, latest: int | None = None) -> int | None:
    """What is beyond `latest` was asked for by another clock, and is over too."""
    is_on = until is not None and at < until and (latest is None or until <= latest)
    return until if is_on else None
