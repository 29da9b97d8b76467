"""Time, money and reasons: cells and clocks, what a time costs, why a centre has none, and how an offer reads."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from cloud.scheduling.cells import Frame, cell_at, cells_for, next_cell, open_cells, start_of, starts
from cloud.scheduling.cost import Charge, cost_of, distance_km, latest_start
from cloud.scheduling.model import HORIZON, Bay, Hours, Job, Life, Preferences, Slot, Technician, Work
from cloud.scheduling.offers import Kind, Offer, offers
from cloud.scheduling.rooms import Calendar, Why, find, rooms
from edge.wire.messages import Action
from tests.unit.cloud.workshop import BERLIN, MONDAY, POTSDAM, SKILLS, centre, hours_after, job, taken, week

DAY = timedelta(days=1)


def open_hours(zone: str, day: date, opens: str, closes: str) -> tuple[str, str, int]:
    """The first and the last moment that a centre is open on a day, in UTC, and the cells in between."""
    hours = (Hours(day.weekday(), time.fromisoformat(opens), time.fromisoformat(closes)),)
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - DAY
    frame = Frame(cell_at(begin), 3 * DAY // timedelta(minutes=15))
    cells = list(frame.cells(open_cells(centre(zone=zone), hours, frame)))
    return f"{start_of(cells[0]):%H:%M}", f"{start_of(cells[-1] + 1):%H:%M}", len(cells)


def test_cells_are_quarters_of_an_hour() -> None:
    assert start_of(cell_at(MONDAY)) == MONDAY == start_of(next_cell(MONDAY))
    assert cell_at(MONDAY + timedelta(seconds=1)) == cell_at(MONDAY)
    assert next_cell(MONDAY + timedelta(microseconds=1)) == cell_at(MONDAY) + 1
    assert [cells_for(minutes) for minutes in (1, 15, 16, 90)] == [1, 1, 2, 6]


@pytest.mark.parametrize("count", range(1, 9))
def test_starts_are_where_so_many_free_cells_follow(count: int) -> None:
    for free in range(2**9):
        expected = [n for n in range(9) if all(free >> (n + k) & 1 for k in range(count))]
        assert list(Frame(0, 9).cells(starts(free, count))) == expected


@pytest.mark.parametrize(
    ("zone", "day", "opens", "closes", "expected"),
    [
        ("Europe/Berlin", date(2026, 11, 23), "08:00", "17:00", ("07:00", "16:00", 36)),
        ("Asia/Kathmandu", date(2026, 11, 23), "08:00", "17:00", ("02:15", "11:15", 36)),
        ("Europe/Berlin", date(2026, 3, 29), "01:00", "05:00", ("00:00", "03:00", 12)),  # 2 to 3 o'clock is not there
        ("Europe/Berlin", date(2026, 10, 25), "01:00", "05:00", ("23:00", "04:00", 20)),  # and is there twice
        ("Europe/Berlin", date(2026, 10, 25), "02:30", "04:00", ("00:30", "03:00", 10)),
        ("Europe/Berlin", date(2026, 11, 23), "08:10", "09:55", ("07:15", "08:45", 6)),  # whole cells only
    ],
)
def test_hours_are_wall_time_also_on_the_days_when_the_clocks_change(
    zone: str, day: date, opens: str, closes: str, expected: tuple[str, str, int]
) -> None:
    assert open_hours(zone, day, opens, closes) == expected


def test_distance_is_by_road_and_may_be_unknown() -> None:
    assert distance_km(job(place=BERLIN), centre(place=BERLIN)) == 0
    assert distance_km(job(place=BERLIN), centre(place=POTSDAM)) == pytest.approx(1.3 * 27.4, abs=0.3)
    assert distance_km(job(place=None), centre()) is None


def charges(start_at: datetime, **changes: Any) -> dict[Charge, int]:
    return cost_of(job(**changes), centre(), start_at, MONDAY).cents


def test_what_a_time_costs_in_cents() -> None:
    tomorrow = MONDAY + DAY
    assert charges(tomorrow, action=Action.STOP_NOW) == {Charge.DOWNTIME: 15000}
    assert charges(tomorrow, action=Action.NEAREST_WORKSHOP) == {Charge.TOO_LATE: 15000}
    assert charges(tomorrow, action=Action.WATCH) == {Charge.TOO_LATE: 150}
    assert charges(tomorrow, action=Action.WATCH, ready_at=tomorrow) == {}
    far = cost_of(job(action=Action.WATCH), centre(place=POTSDAM), MONDAY, MONDAY)
    assert far.cents == {Charge.TRAVEL: pytest.approx(2 * 30 * 35.6, abs=30)}
    assert far.total == far.cents[Charge.TRAVEL]


def test_too_early_costs_remaining_life_and_too_late_a_breakdown() -> None:
    life = Life(MONDAY + 8 * DAY, MONDAY + 12 * DAY)  # 200 € of parts that end on day 10 or so
    early, middle, late = (charges(MONDAY + n * DAY, life=life) for n in (5, 10, 11))
    assert early == {Charge.TOO_EARLY: 10000}
    assert middle == {Charge.TOO_LATE: 75000}
    assert late == {Charge.TOO_LATE: 112500}
    assert charges(MONDAY + 5 * DAY, life=life, action=Action.STOP_NOW) == {Charge.DOWNTIME: 75000}
    assert charges(MONDAY, life=Life(MONDAY - 3 * DAY, MONDAY - DAY)) == {Charge.TOO_LATE: 150000}


@pytest.mark.parametrize(
    ("preferences", "missed"),
    [
        (Preferences(weekdays=frozenset({0})), set()),
        (Preferences(weekdays=frozenset({1, 2})), {Charge.OTHER_DAY}),
        (Preferences(after=time(9)), set()),
        (Preferences(after=time(9, 15)), {Charge.OTHER_HOURS}),
        (Preferences(before=time(10, 30)), set()),
        (Preferences(before=time(10, 29)), {Charge.OTHER_HOURS}),
        (Preferences(centre="mitte"), set()),
        (Preferences(centre="potsdam"), {Charge.OTHER_CENTRE}),
    ],
)
def test_what_the_owner_would_rather_have(preferences: Preferences, missed: set[Charge]) -> None:
    nine_to_half_past_ten = hours_after(2)
    found = charges(nine_to_half_past_ten, action=Action.WATCH, ready_at=hours_after(2), preferences=preferences)
    assert found.keys() == missed


def test_the_latest_safe_start() -> None:
    assert latest_start(job(action=Action.STOP_NOW), MONDAY) is None
    assert latest_start(job(action=Action.NEAREST_WORKSHOP), MONDAY) == MONDAY + 3 * DAY
    assert latest_start(job(latest_at=MONDAY + DAY), MONDAY) == MONDAY + DAY
    life = Life(MONDAY, MONDAY + 5 * DAY)
    assert latest_start(job(life=life), MONDAY) == MONDAY + DAY
    assert latest_start(job(life=life, action=Action.STOP_NOW), MONDAY) is None


@pytest.mark.parametrize(
    ("why", "changes", "wish"),
    [
        (Why.TOO_FAR, {"place": POTSDAM}, {"preferences": Preferences(distance_max_km=30)}),
        (Why.NO_BAY, {"bays": (Bay("1", frozenset()),)}, {}),
        (Why.NO_TECHNICIAN, {"technicians": (Technician("ben", frozenset(), week()),)}, {}),
        (Why.PART_UNKNOWN, {"lead_time_h": {}}, {}),
        (Why.TOO_LATE, {}, {"ready_at": hours_after(30), "latest_at": hours_after(29)}),
        (Why.TOO_LATE, {}, {"ready_at": MONDAY + HORIZON + DAY}),
        (Why.PARTS_LATE, {"lead_time_h": {"water_pump": 100.0}}, {"latest_at": hours_after(99)}),
        (Why.CLOSED, {"hours": ()}, {}),
        (Why.CLOSED, {"closed_on": frozenset({MONDAY.date()})}, {"latest_at": hours_after(20)}),
        (Why.CLOSED, {}, {"work": Work(10 * 60)}),
        (Why.CLOSED, {"technicians": (Technician("anna", SKILLS, week("08:00", "09:00")),)}, {}),
    ],
)
def test_a_centre_without_a_time_says_why(why: Why, changes: dict[str, Any], wish: dict[str, Any]) -> None:
    assert find(job(**wish), centre(**changes), Calendar.at(MONDAY, {})) is why


def test_a_centre_where_everything_is_taken_is_full() -> None:
    other = job("van-8").address
    slot = Slot("mitte", "1", "anna", hours_after(1), hours_after(10))
    wish = job(latest_at=hours_after(12))
    assert find(wish, centre(), Calendar.at(MONDAY, taken((slot, other)))) is Why.FULL
    free = find(wish, centre(), Calendar.at(MONDAY, {}))
    assert not isinstance(free, Why)


def offered(one: Job, *centres: Any) -> list[Offer]:
    calendar = Calendar.at(MONDAY, {})
    return offers(rooms(one, centres, calendar)[0], calendar)


def test_three_offers_each_the_best_of_its_kind_in_words() -> None:
    near = centre("near", lead_time_h={"water_pump": 30.0})
    far = centre("far", place=POTSDAM)
    best, soonest, nearest = offered(job(action=Action.WATCH), near, far)
    assert (best.kind, best.slot.centre) == (Kind.LEAST_COST, "near")
    assert (soonest.kind, soonest.slot.centre, soonest.slot.start_at) == (Kind.SOONEST, "far", hours_after(1))
    assert (nearest.kind, nearest.slot.centre) == (Kind.NEAREST, "near")
    assert nearest.slot.start_at.date() > best.slot.start_at.date()
    assert best.reasons[1:4] == (
        "About 0 km away",
        "With a technician for cooling",
        "water pump there on Tuesday 24 November, 13:00",
    )
    assert "About 36 km away" in soonest.reasons
    assert "On the shelf: water pump" in soonest.reasons


def test_an_offer_says_what_speaks_against_it() -> None:
    life = Life(hours_after(24), hours_after(240))
    wish = job(
        life=life, place=None, work=Work(30), preferences=Preferences(weekdays=frozenset({6}), centre="elsewhere")
    )
    [first, *_] = offered(wish, centre())
    assert {
        "The distance is not known",
        "Any technician can do it",
        "Not on a day that you prefer",
        "Not at the centre that you prefer",
    } < set(first.reasons)
    [standing, *_] = offered(job(action=Action.STOP_NOW), centre())
    assert "Standing still until then costs 6 €" in standing.reasons
    [risky, *_] = offered(job(ready_at=hours_after(20), action=Action.NEAREST_WORKSHOP), centre())
    assert "Risk of a breakdown before then: 2 %" in risky.reasons


def test_fewer_than_three_where_there_is_no_third_day_or_centre() -> None:
    only_monday = centre(hours=week(days=range(1)))
    assert len(offered(job(latest_at=hours_after(24)), only_monday)) == 1
    assert offered(job(), centre(hours=())) == []
