"""Three offers for one job against the solver that one job does not need; a plan against one job after the other."""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from random import Random
from statistics import median
from typing import Final

from cloud.scheduling.cells import start_of
from cloud.scheduling.cost import cost_of
from cloud.scheduling.model import Bay, Centre, Job, Place, Slot, Technician
from cloud.scheduling.offers import offers
from cloud.scheduling.plan import Visit, plan
from cloud.scheduling.rooms import Calendar, Taken, rooms
from cloud.scheduling.solver import Choice, Pick, solve
from edge.wire.messages import Action
from edge.wire.topics import Address
from tests.bench.rows import Row
from tests.unit.cloud.workshop import MONDAY, SKILLS, centre, job, taken, week

CENTRES: Final = 20
BAYS: Final = 10
ROUNDS: Final = 5


def book() -> Iterable[Row]:
    """Milliseconds to the offers, and euros of a plan; the two sides of the first find the same cost."""
    random = Random(1)
    centres = [_centre(random, number) for number in range(CENTRES)]
    calendar = Calendar.at(MONDAY, _taken(random, centres))
    wish = job(action=Action.NEXT_SERVICE, latest_at=MONDAY + timedelta(days=14), place=Place(52.5, 13.5))
    ours, first = _timed(lambda: offers(rooms(wish, centres, calendar)[0], calendar)[0].cost.total)
    theirs, best = _timed(lambda: _by_solver(wish, centres, calendar))
    if first != best:
        raise AssertionError(f"the two did not find the same: {first} and {best} cents")
    urgency = [Action.WATCH, Action.NEXT_SERVICE, Action.FINISH_SHIFT, Action.NEAREST_WORKSHOP]
    jobs = [job(f"van-{n}", action=urgency[n // 3], place=_place(random)) for n in range(12)]
    yield Row(f"three offers, {CENTRES} centres of {BAYS} bays, two weeks", 1e3 * ours, "ms", "CP-SAT", 1e3 * theirs)
    # Two centres with one bay each: there the jobs compete.
    small = [centre("east", place=_place(random)), centre("west", place=_place(random))]
    together = plan(jobs, small, Calendar.at(MONDAY, {})).cents / 100
    yield Row("plan of 12 jobs that compete", together, "euro", "one after the other", _one_by_one(jobs, small) / 100)


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - begun)
    return median(seconds), found


def _by_solver(wish: Job, centres: list[Centre], calendar: Calendar) -> int:
    choices = [
        Choice(cost_of(wish, room.centre, start_of(cell), calendar.now).total, range(cell, cell + 6), ())
        for room in rooms(wish, centres, calendar)[0]
        for cell in calendar.frame.cells(room.starts)
    ]
    [pick], _ = solve([choices], [Pick(0, ())])
    return choices[pick.choice].cents


def _one_by_one(jobs: list[Job], centres: list[Centre]) -> int:
    """Each in turn takes its cheapest time that is left."""
    cents = 0
    booked: list[tuple[Slot, Address]] = []
    for one in jobs:
        [visit] = plan([one], centres, Calendar.at(MONDAY, taken(*booked))).visits
        if isinstance(visit, Visit):
            cents += visit.cost.total
            booked.append((visit.slot, one.address))
    if len(booked) < len(jobs):
        raise AssertionError("there was time for all of them")
    return cents


def _centre(random: Random, number: int) -> Centre:
    bays = tuple(Bay(str(n), frozenset({"lift"})) for n in range(BAYS))
    technicians = tuple(Technician(f"t{n}", SKILLS, week()) for n in range(BAYS))
    return centre(f"c{number:02}", place=_place(random), bays=bays, technicians=technicians)


def _place(random: Random) -> Place:
    return Place(52 + random.random(), 13 + random.random())


def _taken(random: Random, centres: list[Centre]) -> Taken:
    """Sixty bookings of each centre, wanted at any hour of two weeks."""
    booked: list[tuple[Slot, Address]] = []
    for where in centres:
        for n in range(60):
            one = job(f"{where.id}-{n}", ready_at=MONDAY + timedelta(hours=random.uniform(0, 300)))
            calendar = Calendar.at(MONDAY, taken(*booked[-n:] if n else ()))
            [visit] = plan([one], [where], calendar).visits
            if isinstance(visit, Visit):
                booked.append((visit.slot, one.address))
    return taken(*booked)
