"""The best plan by trying everything, with nothing of ours but the price of a time: the judge of the planner.

It walks along the clock in quarters of an hour and asks of every place whether a person could say yes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cloud.scheduling.cost import cost_of, distance_km, latest_start
from cloud.scheduling.model import Bay, Centre, Hours, Job, Technician

QUARTER = timedelta(minutes=15)
Busy = frozenset[tuple[str, datetime]]


@dataclass(frozen=True)
class Try:
    centre: Centre
    start_at: datetime
    cents: int
    takes: Busy


def best_plan(
    jobs: Sequence[Job],
    centres: Sequence[Centre],
    now: datetime,
    until: datetime,
    busy: Busy,
) -> tuple[int, int]:
    """How many jobs must stay out, and the least cost of the others."""
    tries = [list(all_tries(job, centres, now, until, busy)) for job in jobs]
    return min(_all_ways(tries, 0, frozenset()))


def all_tries(job: Job, centres: Sequence[Centre], now: datetime, until: datetime, busy: Busy) -> Iterator[Try]:
    """Every time, bay and technician that do for one job."""
    start_at = datetime(now.year, now.month, now.day, tzinfo=UTC)
    while start_at < until:
        for centre in centres:
            for bay in centre.bays:
                for technician in centre.technicians:
                    found = one_try(job, centre, bay, technician, start_at, now=now)
                    if found is not None and not found.takes & busy:
                        yield found
        start_at += QUARTER


def one_try(
    job: Job, centre: Centre, bay: Bay, technician: Technician, start_at: datetime, *, now: datetime
) -> Try | None:
    latest, distance = latest_start(job, now), distance_km(job, centre)
    farthest = job.preferences.distance_max_km
    end_at = start_at + QUARTER * -(-job.work.minutes // 15)
    possible = (
        start_at >= max(now, job.ready_at)
        and (latest is None or start_at <= latest)
        and (distance is None or farthest is None or distance <= farthest)
        and all(there_at(centre.lead_time_h, part, now, start_at) for part in job.work.parts)
        and job.work.equipment <= bay.equipment
        and job.work.skills <= technician.skills
        and start_at.astimezone(ZoneInfo(centre.zone)).date() not in centre.closed_on
        and within(centre.hours, centre.zone, start_at, end_at)
        and within(technician.shifts, centre.zone, start_at, end_at)
    )
    if not possible:
        return None
    resources = (
        f"bay {centre.id} {bay.id}",
        f"technician {centre.id} {technician.id}",
        f"vehicle {job.address.fleet} {job.address.vehicle}",
    )
    moments = [start_at + QUARTER * n for n in range((end_at - start_at) // QUARTER)]
    return Try(
        centre,
        start_at,
        cost_of(job, centre, start_at, now).total,
        frozenset((resource, moment) for resource in resources for moment in moments),
    )


def place_and_day(centre: Centre, start_at: datetime) -> tuple[str, date]:
    """The centre, and which day it is there."""
    return centre.id, start_at.astimezone(ZoneInfo(centre.zone)).date()


def there_at(lead_time_h: Mapping[str, float], part: str, now: datetime, moment: datetime) -> bool:
    return part in lead_time_h and now + timedelta(hours=lead_time_h[part]) <= moment


def within(spans: Sequence[Hours], zone: str, start_at: datetime, end_at: datetime) -> bool:
    """Whether the wall clock is inside one of the spans from the beginning to the end."""
    begin, end = start_at.astimezone(ZoneInfo(zone)), end_at.astimezone(ZoneInfo(zone))
    return begin.date() == end.date() and any(
        span.weekday == begin.weekday() and span.opens <= begin.time() and end.time() <= span.closes for span in spans
    )


def _all_ways(tries: Sequence[Sequence[Try]], cents: int, taken: Busy) -> Iterator[tuple[int, int]]:
    if not tries:
        yield 0, cents
        return
    for left_out, total in _all_ways(tries[1:], cents, taken):
        yield left_out + 1, total
    for one in tries[0]:
        if not one.takes & taken:
            yield from _all_ways(tries[1:], cents + one.cents, taken | one.takes)
