"""Three offers for one job, each the best of its kind, with the reasons in plain words. Pure.

One job alone needs no solver: every free time is looked at, so the best of a kind is exactly that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from cloud.scheduling.cells import start_of
from cloud.scheduling.cost import Charge, Cost, Fare, cost_of, distance_km, risk_of
from cloud.scheduling.model import Centre, Job, Slot
from cloud.scheduling.rooms import Calendar, Room, parts_at

OFFERS: Final = 3


class Kind(StrEnum):
    """What an offer is the best of."""

    LEAST_COST = "least_cost"
    SOONEST = "soonest"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Offer:
    """A time that can be booked now. Nothing is held for it: somebody else may be quicker."""

    kind: Kind
    slot: Slot
    cost: Cost
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Times:
    """The times of one room that are not offered yet; not empty."""

    room: Room
    cells: Sequence[int]
    """In order."""
    cents: Sequence[int]
    """Of each of them."""

    def best(self, kind: Kind) -> int:
        """The one that is the best of a kind, the earlier of equals: an index."""
        return 0 if kind is Kind.SOONEST else self.cents.index(min(self.cents))

    def rank(self, kind: Kind) -> "_Rank":
        """What is small in the best of a kind; the later parts decide between equals."""
        best, centre = self.best(kind), self.room.centre
        cell, cents = self.cells[best], self.cents[best]
        if kind is Kind.SOONEST:
            return cell, cents, 0, centre.id
        far = (distance_km(self.room.job, centre) or 0.0) if kind is Kind.NEAREST else 0.0
        return far, cents, cell, centre.id

    def without(self, day: date) -> "_Times | None":
        """Those of other days; None: there are none."""
        kept = [place for place, cell in enumerate(self.cells) if self.day(cell) != day]
        if not kept:
            return None
        return _Times(self.room, [self.cells[place] for place in kept], [self.cents[place] for place in kept])

    def day(self, cell: int) -> date:
        """The day of a time, at the centre."""
        return start_of(cell).astimezone(ZoneInfo(self.room.centre.zone)).date()


_Rank = tuple[float, int, int, str]


def offers(found: Sequence[Room], calendar: Calendar) -> list[Offer]:
    """Up to three offers, no two at one centre on one day, the first the cheapest of all; fewer where that is all.

    Each is the best of its kind among the centres and days that are not offered yet.
    """
    left = [_times(room, calendar) for room in found]
    count = sum(len(times.cells) for times in left)
    chosen: list[Offer] = []
    for kind in _kinds(found):
        if not left:
            break
        times = min(left, key=lambda one: one.rank(kind))
        cell = times.cells[times.best(kind)]
        chosen.append(_offer(kind, times.room, cell, calendar, count=count, is_first=not chosen))
        others = times.without(times.day(cell))
        left = [one for one in (others if one is times else one for one in left) if one is not None]
    return chosen


def why_it_fits(room: Room, slot: Slot, now: datetime) -> list[str]:
    """What speaks for and against a time, in sentences for the owner."""
    job, centre = room.job, room.centre
    sentences = [_where(job, centre), _who(job)]
    if job.work.parts:
        sentences.append(_parts(job, centre, now))
    cents = cost_of(job, centre, slot.start_at, now).cents
    sentences += [_MISSES[charge] for charge in cents if charge in _MISSES]
    if Charge.TOO_LATE in cents:
        risk = f"{100 * risk_of(job, slot.start_at, now):.0f} %"
        sentences.append(f"Risk of a breakdown before then: {'below 1 %' if risk == '0 %' else risk}")
    if Charge.TOO_EARLY in cents:
        sentences.append(f"Gives away {cents[Charge.TOO_EARLY] / 100:.0f} € of remaining life")
    if Charge.DOWNTIME in cents:
        sentences.append(f"Standing still until then costs {cents[Charge.DOWNTIME] / 100:.0f} €")
    return sentences


def _kinds(found: Sequence[Room]) -> tuple[Kind, ...]:
    # Nothing is nearest where nobody knows where the vehicle is: then the next cheapest.
    known = any(distance_km(room.job, room.centre) is not None for room in found)
    return (Kind.LEAST_COST, Kind.SOONEST, Kind.NEAREST if known else Kind.LEAST_COST)[:OFFERS]


_MISSES: Final = {
    Charge.OTHER_DAY: "Not on a day that you prefer",
    Charge.OTHER_HOURS: "Not at the hours that you prefer",
    Charge.OTHER_CENTRE: "Not at the centre that you prefer",
}


def _times(room: Room, calendar: Calendar) -> _Times:
    fare = Fare(room.job, room.centre, calendar.now)
    cells = list(calendar.frame.cells(room.starts))
    return _Times(room, cells, [fare.total(start_of(cell)) for cell in cells])


def _offer(kind: Kind, room: Room, cell: int, calendar: Calendar, *, count: int, is_first: bool) -> Offer:
    slot = room.slot(cell, room.bays_at(calendar, cell)[0], room.technicians_at(calendar, cell)[0])
    cost = cost_of(room.job, room.centre, slot.start_at, calendar.now)
    first = {
        Kind.LEAST_COST: f"The cheapest of {count} possible times" if is_first else "The cheapest of the others",
        Kind.SOONEST: "The earliest of the others",
        Kind.NEAREST: "The nearest of the others",
    }[kind]
    return Offer(kind, slot, cost, (first, *why_it_fits(room, slot, calendar.now)))


def _where(job: Job, centre: Centre) -> str:
    distance = distance_km(job, centre)
    return "The distance is not known" if distance is None else f"About {distance:.0f} km away"


def _who(job: Job) -> str:
    skills = ", ".join(sorted(job.work.skills))
    return f"With a technician for {skills}" if skills else "Any technician can do it"


def _parts(job: Job, centre: Centre, now: datetime) -> str:
    names = ", ".join(sorted(job.work.parts)).replace("_", " ")
    there_at = parts_at(job, centre, now)
    if there_at <= now:
        return f"On the shelf: {names}"
    return f"{names} there on {there_at.astimezone(ZoneInfo(centre.zone)):%A %-d %B, %H:%M}"
