"""Plans of several jobs: the proved optimum of random instances, and never anything taken twice."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, Final

import pytest

from cloud.scheduling import plan as planning
from cloud.scheduling.cells import start_of, taken_by
from cloud.scheduling.cost import distance_km
from cloud.scheduling.model import Bay, Centre, Job, Preferences, Technician, Work
from cloud.scheduling.offers import Kind, offers
from cloud.scheduling.plan import Plan, Unplaced, Visit, plan
from cloud.scheduling.rooms import Calendar, Taken, Why, rooms
from edge.wire.messages import Action
from tests.unit.cloud.brute_force import Busy, Try, all_tries, best_plan, one_try, place_and_day
from tests.unit.cloud.workshop import (
    MONDAY,
    POTSDAM,
    SKILLS,
    centre,
    hours_after,
    job,
    random_centre,
    random_job,
    taken,
    week,
)

UNTIL = hours_after(61)
"""After the last moment at which a random job may begin."""


def instance(seed: int) -> tuple[list[Job], list[Centre], Taken]:
    """One to three jobs, one or two centres, some of it booked already."""
    random = Random(seed)
    centres = [random_centre(random, n) for n in range(random.randint(1, 2))]
    jobs = [random_job(random, n) for n in range(min(3, 1 + seed % 4))]
    empty = Calendar.at(MONDAY, {})
    booked = []
    for room in rooms(job(place=None, work=jobs[0].work), centres, empty)[0]:
        if random.random() < 0.3:
            cell = next(iter(empty.frame.cells(room.starts)))
            slot = room.slot(cell, room.bays_at(empty, cell)[0], room.technicians_at(empty, cell)[0])
            booked.append((slot, job("other").address))
    return jobs, centres, taken(*booked)


WORTH: Final[dict[Kind, Callable[[Job, Try], tuple[Any, int]]]] = {
    Kind.LEAST_COST: lambda _, tried: (0, tried.cents),
    Kind.SOONEST: lambda _, tried: (tried.start_at, tried.cents),
    Kind.NEAREST: lambda one, tried: (distance_km(one, tried.centre), tried.cents),
}


def busy_moments(busy: Taken) -> Busy:
    return frozenset((resource, start_of(cell)) for resource, cells in busy.items() for cell in cells)


def outcome(found: Plan) -> tuple[int, int]:
    return sum(isinstance(visit, Unplaced) for visit in found.visits), found.cents


@pytest.mark.parametrize("first", range(0, 600, 50))
def test_a_plan_is_the_optimum_that_trying_everything_finds(first: int) -> None:
    for seed in range(first, first + 50):
        jobs, centres, busy = instance(seed)
        found = plan(jobs, centres, Calendar.at(MONDAY, busy))
        assert found.proved, seed
        assert outcome(found) == best_plan(jobs, centres, MONDAY, UNTIL, busy_moments(busy)), seed


def test_every_visit_is_one_to_which_a_person_could_say_yes_and_nothing_is_taken_twice() -> None:
    visits = 0
    for seed in range(400):
        jobs, centres, busy = instance(seed)
        by_id = {one.id: one for one in centres}
        cells = Counter((resource, cell) for resource, all_cells in busy.items() for cell in all_cells)
        for one, visit in zip(jobs, plan(jobs, centres, Calendar.at(MONDAY, busy)).visits, strict=True):
            if isinstance(visit, Visit):
                where = by_id[visit.slot.centre]
                [bay] = (bay for bay in where.bays if bay.id == visit.slot.bay)
                [technician] = (who for who in where.technicians if who.id == visit.slot.technician)
                assert one_try(one, where, bay, technician, visit.slot.start_at, now=MONDAY), seed
                cells.update(taken_by(visit.slot, one.address))
                visits += 1
        assert max(cells.values(), default=1) == 1, seed
    assert visits > 300


def test_an_offer_is_the_best_of_its_kind_and_the_first_is_the_plan_of_one_job() -> None:
    for seed in range(0, 400, 4):
        [one], centres, busy = instance(seed)
        calendar = Calendar.at(MONDAY, busy)
        found = offers(rooms(one, centres, calendar)[0], calendar)
        tries = list(all_tries(one, centres, MONDAY, UNTIL, busy_moments(busy)))
        [visit] = plan([one], centres, calendar).visits
        if not found:
            assert not tries
            assert isinstance(visit, Unplaced)
            continue
        assert isinstance(visit, Visit)
        assert (visit.slot, visit.cost) == (found[0].slot, found[0].cost)
        kinds = [offer.kind for offer in found]
        assert kinds == [Kind.LEAST_COST, Kind.SOONEST, Kind.NEAREST if one.place else Kind.LEAST_COST][: len(found)]
        by_id = {where.id: where for where in centres}
        for offer in found:
            worth = WORTH[offer.kind]
            [tried, *_] = (
                tried
                for tried in tries
                if (tried.centre.id, tried.start_at) == (offer.slot.centre, offer.slot.start_at)
            )
            assert worth(one, tried) == min(worth(one, other) for other in tries), (seed, offer.kind)
            gone = place_and_day(by_id[offer.slot.centre], offer.slot.start_at)
            tries = [other for other in tries if place_and_day(other.centre, other.start_at) != gone]
        assert len(found) == 3 or not tries, "fewer only where there is no other centre or day"


def test_jobs_together_cost_less_than_one_after_the_other() -> None:
    """Who asks first would take the near centre; together it goes to the one for whom the other is dearer."""
    one_hour = week("08:00", "09:00", range(1))
    people = (Technician("anna", SKILLS, one_hour),)
    centres = [
        centre("far", place=POTSDAM, hours=one_hour, technicians=people),
        centre("near", hours=one_hour, technicians=people),
    ]
    work = Work(60, SKILLS)
    first = job("first", work=work, latest_at=hours_after(30))
    second = job("second", work=work, latest_at=hours_after(30), preferences=Preferences(centre="near"))
    calendar = Calendar.at(MONDAY, {})
    alone = [offers(rooms(one, centres, calendar)[0], calendar)[0].slot.centre for one in (first, second)]
    assert alone == ["near", "near"]
    together = plan([first, second], centres, calendar)
    assert together.proved
    assert [visit.slot.centre for visit in together.visits if isinstance(visit, Visit)] == ["far", "near"]


def test_a_job_for_which_the_others_leave_no_time_is_left_out_by_name() -> None:
    one_hour = week("08:00", "09:00", range(1))
    small = centre(hours=one_hour, technicians=(Technician("anna", SKILLS, one_hour),))
    other = centre("brakes", technicians=(Technician("ben", frozenset({"brakes"}), week()),))
    jobs = [job(name, work=Work(60, SKILLS), latest_at=hours_after(30)) for name in ("a", "b")]
    found = plan(jobs, [small, other], Calendar.at(MONDAY, {}))
    [left_out] = (visit for visit in found.visits if isinstance(visit, Unplaced))
    assert found.proved
    assert left_out.reasons == {"mitte": Why.FULL, "brakes": Why.NO_TECHNICIAN}


def test_a_plan_that_is_too_large_to_prove_says_so_and_is_still_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_CHOICES_MAX", 6)  # of each of three jobs, two
    crowded = centre(bays=(Bay("1", frozenset({"lift"})),))
    jobs = [job(name, action=action) for name, action in zip("abc", Action, strict=False)]
    found = plan(jobs, [crowded], Calendar.at(MONDAY, {}))
    assert not found.proved
    assert outcome(found)[0] == 0
