"""Several jobs at once: the plan of least cost in which no bay, technician or vehicle is taken twice. Pure.

One job alone needs no solver: its cheapest time is the first of a sorted list. Several compete, and then the cheapest
times together are not the cheapest ones of each. The solver gets only what can matter:

- A plan that takes the jobs one after the other gives an upper bound, each job's cheapest choice a lower one. If they
  meet, that plan is the optimum. Otherwise a choice that costs more over its job's cheapest than the bounds are apart
  cannot be in a better plan (reduced-cost fixing).
- Of n jobs the others take at most n-1 bays at a time, so each needs no more than n free ones to choose from; the same
  holds for technicians.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cloud.scheduling.cells import bay_of, cells_for, start_of, technician_of, vehicle_of
from cloud.scheduling.cost import Cost, Fare, cost_of
from cloud.scheduling.model import Centre, Job, Slot
from cloud.scheduling.rooms import Calendar, Room, Why, rooms
from cloud.scheduling.solver import Choice, Pick, solve

_CHOICES_MAX: Final = 6000
"""What the solver is given at most, over all jobs; when more would matter, the cheapest, and the proof is checked."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A job at its place and time."""

    slot: Slot
    cost: Cost


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A job that the plan has no time for: the reason of each centre, `full` where the plan's other jobs are there."""

    reasons: dict[str, Why]


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each job, in their order."""

    visits: tuple[Visit | Unplaced, ...]
    proved: bool
    """As many jobs as possible have a place, and no plan with as many costs less."""

    @property
    def cents(self) -> int:
        """The cost of everything that has a place."""
        return sum(visit.cost.total for visit in self.visits if isinstance(visit, Visit))


@dataclass(frozen=True, slots=True)
class _Time:
    """A choice of a job: where and when, or (None) nowhere."""

    cents: int
    room: Room | None
    cell: int = 0

    def choice(self, calendar: Calendar, jobs: int) -> Choice:
        """The same for the solver, with no more resources to choose from than so many jobs can need."""
        if self.room is None:
            return Choice(self.cents, range(0), ())
        job, centre = self.room.job, self.room.centre.id
        bays = tuple(bay_of(centre, bay) for bay in self.room.bays_at(calendar, self.cell)[:jobs])
        people = tuple(technician_of(centre, one) for one in self.room.technicians_at(calendar, self.cell)[:jobs])
        cells = range(self.cell, self.cell + cells_for(job.work.minutes))
        return Choice(self.cents, cells, (bays, people, (vehicle_of(job.address),)))


def plan(jobs: Sequence[Job], centres: Sequence[Centre], calendar: Calendar) -> Plan:
    """The cheapest plan for these jobs together; a job is left out only where there is no plan with all of them."""
    looked = [rooms(job, centres, calendar) for job in jobs]
    times = [_times(found, calendar) for found, _ in looked]
    left_out = _Time(1 + sum(own[-1].cents for own in times if own), None)
    for own in times:
        own.append(left_out)
    picks, proved = _optimum(times, calendar)
    visits = [
        _visit(own[pick.choice], pick, calendar, reasons, found)
        for own, pick, (found, reasons) in zip(times, picks, looked, strict=True)
    ]
    return Plan(tuple(visits), proved)


def _times(found: Sequence[Room], calendar: Calendar) -> list[_Time]:
    """Every choice of a job, the cheapest first."""
    fares = [Fare(room.job, room.centre, calendar.now) for room in found]
    times = [
        (fares[number].total(start_of(cell)), cell, number)
        for number, room in enumerate(found)
        for cell in calendar.frame.cells(room.starts)
    ]
    return [_Time(cents, found[number], cell) for cents, cell, number in sorted(times)]


def _optimum(times: Sequence[Sequence[_Time]], calendar: Calendar) -> tuple[list[Pick], bool]:
    """The picks of least cost, as indices into `times`, and whether that is proved."""
    known = _one_after_the_other(times, calendar)
    lowest = sum(own[0].cents for own in times)
    slack = _cents(times, known) - lowest
    if slack == 0:
        return known, True
    useful = [sum(time.cents - own[0].cents <= slack for time in own) for own in times]
    firsts = [min(count, _CHOICES_MAX // len(times)) for count in useful]
    kept = [sorted({*range(count), pick.choice}) for count, pick in zip(firsts, known, strict=True)]
    given = [
        [own[index].choice(calendar, len(times)) for index in indices] for own, indices in zip(times, kept, strict=True)
    ]
    begin = [Pick(indices.index(pick.choice), pick.resources) for indices, pick in zip(kept, known, strict=True)]
    picks, proved = solve(given, begin)
    found = [Pick(indices[pick.choice], pick.resources) for indices, pick in zip(kept, picks, strict=True)]
    # The cheapest plan with a choice that was cut costs this at least.
    cut = [
        lowest - own[0].cents + own[first].cents
        for own, first, count in zip(times, firsts, useful, strict=True)
        if first < count
    ]
    return found, proved and all(_cents(times, found) <= bound for bound in cut)


def _one_after_the_other(times: Sequence[Sequence[_Time]], calendar: Calendar) -> list[Pick]:
    """A plan without looking ahead: who has the fewest choices picks first, each its cheapest that is left."""
    taken: set[tuple[str, int]] = set()
    picks: dict[int, Pick] = {}
    for task in sorted(range(len(times)), key=lambda task: (len(times[task]), task)):
        for index, time in enumerate(times[task]):
            choice = time.choice(calendar, len(times))
            resources = _free(choice, taken)
            if resources is not None:
                picks[task] = Pick(index, resources)
                taken.update((name, cell) for name in resources for cell in choice.cells)
                break
    return [picks[task] for task in range(len(times))]


def _free(choice: Choice, taken: set[tuple[str, int]]) -> tuple[str, ...] | None:
    """A resource of each group that is not taken, if there are."""
    found = []
    for group in choice.groups:
        free = next((name for name in group if not any((name, cell) in taken for cell in choice.cells)), None)
        if free is None:
            return None
        found.append(free)
    return tuple(found)


def _cents(times: Sequence[Sequence[_Time]], picks: Sequence[Pick]) -> int:
    return sum(own[pick.choice].cents for own, pick in zip(times, picks, strict=True))


def _visit(
    time: _Time, pick: Pick, calendar: Calendar, reasons: dict[str, Why], found: Sequence[Room]
) -> Visit | Unplaced:
    if time.room is None:
        return Unplaced({**reasons, **{room.centre.id: Why.FULL for room in found}})
    bay, technician, _ = (name.rsplit(" ", 1)[-1] for name in pick.resources)
    slot = time.room.slot(time.cell, bay, technician)
    return Visit(slot, cost_of(time.room.job, time.room.centre, slot.start_at, calendar.now))
