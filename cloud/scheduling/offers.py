"""Three offers for one job, each the best of its kind, with the reasons in plain words. Pure.

One job alone needs no solver: every free time is looked at, so the best of a kind is exactly that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from cloud.scheduling.cells import start_of
from cloud.scheduling.cost import Charge, Cost, cost_of, distance_km, risk_of
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
class _Time:
    room: Room
    cell: int
    cost: Cost
    day: date
    """At the centre."""


def offers(found: Sequence[Room], calendar: Calendar) -> list[Offer]:
    """Up to three offers, no two at one centre on one day, the first the cheapest of all; fewer where that is all.

    Each is the best of its kind among the centres and days that are not offered yet.
    """
    left = [_time(room, cell, calendar) for room in found for cell in calendar.frame.cells(room.starts)]
    count = len(left)
    chosen: list[Offer] = []
    for kind in _kinds(found):
        if not left:
            break
        best = min(left, key=_RANKS[kind])
        chosen.append(_offer(kind, best, calendar, count=count, is_first=not chosen))
        left = [time for time in left if (time.room.centre.id, time.day) != (best.room.centre.id, best.day)]
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


_Rank = tuple[float, float, int, str]
_RANKS: Final[dict[Kind, Callable[[_Time], _Rank]]] = {
    Kind.LEAST_COST: lambda time: (time.cost.total, 0, time.cell, time.room.centre.id),
    Kind.SOONEST: lambda time: (time.cell, time.cost.total, 0, time.room.centre.id),
    Kind.NEAREST: lambda time: (_km(time), time.cost.total, time.cell, time.room.centre.id),
}
"""What is small in the best of a kind; the later parts decide between equals."""

_MISSES: Final = {
    Charge.OTHER_DAY: "Not on a day that you prefer",
    Charge.OTHER_HOURS: "Not at the hours that you prefer",
    Charge.OTHER_CENTRE: "Not at the centre that you prefer",
}


def _km(time: _Time) -> float:
    return distance_km(time.room.job, time.room.centre) or 0.0


def _time(room: Room, cell: int, calendar: Calendar) -> _Time:
    start_at = start_of(cell)
    day = start_at.astimezone(ZoneInfo(room.centre.zone)).date()
    return _Time(room, cell, cost_of(room.job, room.centre, start_at, calendar.now), day)


def _offer(kind: Kind, time: _Time, calendar: Calendar, *, count: int, is_first: bool) -> Offer:
    bay = time.room.bays_at(calendar, time.cell)[0]
    technician = time.room.technicians_at(calendar, time.cell)[0]
    slot = time.room.slot(time.cell, bay, technician)
    first = {
        Kind.LEAST_COST: f"The cheapest of {count} possible times" if is_first else "The cheapest of the others",
        Kind.SOONEST: "The earliest of the others",
        Kind.NEAREST: "The nearest of the others",
    }[kind]
    return Offer(kind, slot, time.cost, (first, *why_it_fits(time.room, slot, calendar.now)))


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
