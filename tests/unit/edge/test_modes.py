"""Private and workshop mode: asked for, by the clock, by what is heard; and how each ends."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modes import TESTED_NS, TESTER_NS, WORKSHOP_NS, Modes, PrivateHours, Surroundings, Week

S = 1_000_000_000
HOUR = 3600 * S
NIGHTS = Week((PrivateHours(frozenset(range(5)), time(18), time(6)), PrivateHours(frozenset({5, 6}), time(), time())))
"""Every night from Monday to Friday, and the weekend."""
STANDS, DRIVES = Surroundings(moves=False), Surroundings(moves=True)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * S


@pytest.mark.parametrize(
    ("local", "is_private"),
    [
        ("2026-11-23 17:59", False),  # a Monday
        ("2026-11-23 18:00", True),
        ("2026-11-23 23:59", True),
        ("2026-11-24 00:00", True),
        ("2026-11-24 05:59", True),
        ("2026-11-24 06:00", False),
        ("2026-11-23 05:00", False),  # the night from Sunday is none of the hours
        ("2026-11-28 05:59", True),  # the night from Friday
        ("2026-11-28 12:00", True),
        ("2026-11-29 23:59", True),
        ("2026-11-30 00:00", False),
    ],
)
def test_hours_hold_on_their_days_and_through_midnight(local: str, is_private: bool) -> None:
    assert NIGHTS.hold(at(local)) == is_private
    assert Modes().looked(at(local), STANDS, NIGHTS).private == is_private


def test_hours_are_those_of_the_place_also_when_the_clocks_change() -> None:
    berlin = replace(NIGHTS, zone=ZoneInfo("Europe/Berlin"))
    assert not berlin.hold(at("2026-07-06 15:59"))
    assert berlin.hold(at("2026-07-06 16:00"))  # 18:00 in summer
    assert not berlin.hold(at("2026-11-23 16:59"))
    assert berlin.hold(at("2026-11-23 17:00"))  # 18:00 in winter


def test_a_box_that_does_not_know_the_time_takes_it_for_private_only_where_there_are_hours() -> None:
    lost = Surroundings(clock_is_right=False)
    assert Modes().looked(at("1970-01-01 12:00"), lost, NIGHTS).private
    assert not Modes().looked(at("1970-01-01 12:00"), lost, Week()).private


def test_hours_go_by_the_wall_clock_as_it_is_now() -> None:
    booted = at("1970-01-01 12:00")
    late = Surroundings(ahead_ns=at("2026-11-23 19:00") - booted)
    assert Modes().looked(booted, late, NIGHTS).private
    assert not Modes().looked(booted, replace(late, ahead_ns=at("2026-11-23 12:00") - booted), NIGHTS).private


def test_workshop_mode_of_another_clock_is_over() -> None:
    modes = Modes().in_workshop(at("2026-11-23 19:00"))
    assert not modes.looked(at("1970-01-01 12:00"), STANDS, Week()).workshop


def test_a_wish_holds_against_the_hours_until_they_are_over() -> None:
    modes = Modes().looked(at("2026-11-23 19:00"), STANDS, NIGHTS).with_private(private=False)
    assert not modes.looked(at("2026-11-23 23:00"), STANDS, NIGHTS).private
    morning = modes.looked(at("2026-11-23 23:00"), STANDS, NIGHTS).looked(at("2026-11-24 07:00"), STANDS, NIGHTS)
    assert not morning.private
    assert morning.looked(at("2026-11-24 19:00"), STANDS, NIGHTS).private, "the next evening is private again"


def test_private_as_the_driver_wished_it_lasts_through_days_and_restarts() -> None:
    modes = Modes().with_private(private=True).looked(at("2026-11-23 12:00"), STANDS, Week())
    again = Modes.taken_up(modes.kept).looked(at("2026-12-23 12:00"), STANDS, Week())
    assert again.private
    assert not again.with_private(private=False).private


@pytest.mark.parametrize(("kept", "withholds"), [({}, False), ({"withholds": False}, False), ({"withholds": 1}, True)])
def test_that_private_mode_lately_held_outlives_a_restart_and_is_believed_where_it_is_damaged(
    kept: dict[str, object], *, withholds: bool
) -> None:
    modes = Modes.taken_up(kept)
    assert modes.withholds is withholds
    assert Modes.taken_up(modes.kept).withholds is withholds


def test_workshop_mode_that_was_asked_for_ends_after_a_working_day() -> None:
    modes = Modes().in_workshop(0).looked(WORKSHOP_NS - S, STANDS, Week())
    assert (modes.workshop, modes.workshop_until) == (True, WORKSHOP_NS)
    assert Modes.taken_up(modes.kept).looked(WORKSHOP_NS - S, STANDS, Week()).workshop
    assert not modes.looked(WORKSHOP_NS, STANDS, Week()).workshop
    assert not modes.ended().workshop


def test_a_tester_brings_it_and_it_ends_ten_minutes_after_the_last_question() -> None:
    heard = replace(STANDS, tester_heard=True)
    modes = Modes().looked(0, heard, Week()).looked(100 * S, heard, Week())
    assert modes.looked(100 * S + TESTER_NS - S, STANDS, Week()).workshop
    assert not modes.looked(100 * S + TESTER_NS, STANDS, Week()).workshop


def test_who_ends_it_is_not_overruled_by_a_tester_that_is_still_there() -> None:
    heard = replace(STANDS, tester_heard=True)
    modes = Modes().looked(0, heard, Week()).ended()
    for second in range(1, 30):
        modes = modes.looked(second * S, heard, Week())
        assert not modes.workshop
    gone = modes.looked(30 * S + TESTER_NS, STANDS, Week())
    assert gone.looked(31 * S + TESTER_NS, heard, Week()).workshop, "another visit"
    assert modes.in_workshop(40 * S).workshop, "but who asks for it has it"


def test_an_open_order_brings_it_until_its_time_is_over() -> None:
    order = replace(STANDS, order_until=HOUR)
    modes = Modes().looked(0, order, Week())
    assert modes.workshop_until == HOUR
    assert not modes.looked(HOUR, order, Week()).workshop
    assert not modes.looked(S, STANDS, Week()).workshop, "it was closed"


def test_a_vehicle_that_drives_for_half_an_hour_is_in_no_workshop() -> None:
    modes = Modes().in_workshop(0)
    for second in range(TESTED_NS // S):
        assert modes.workshop
        modes = modes.looked(second * S, DRIVES, Week())
    assert not modes.looked(TESTED_NS, DRIVES, Week()).workshop


def test_standing_in_between_does_not_count_as_driving() -> None:
    modes = Modes().in_workshop(0)
    for second in range(4 * TESTED_NS // S):
        modes = modes.looked(second * S, DRIVES if second % 4 == 0 else STANDS, Week())
        assert modes.workshop or second * S >= WORKSHOP_NS or second >= 4 * TESTED_NS // S - 4


@pytest.mark.parametrize("kept", [{}, {"private_wish": "yes", "asked_until": True}, {"asked_until": "soon"}])
def test_what_was_kept_and_makes_no_sense_is_no_wish(kept: dict[str, object]) -> None:
    assert Modes.taken_up(kept) == Modes()


@given(
    events=st.lists(
        st.tuples(
            st.integers(0, 3 * HOUR),
            st.sampled_from(["look", "private", "public", "workshop", "end", "tester", "order", "drive"]),
        ),
        max_size=40,
    )
)
def test_nothing_that_is_heard_ever_ends_private_mode_and_workshop_mode_always_ends(
    events: list[tuple[int, str]],
) -> None:
    modes, wished, now = Modes(), False, 0
    for later, what in events:
        now += later
        if what in {"private", "public"}:
            wished, modes = what == "private", modes.with_private(private=what == "private")
        elif what == "workshop":
            modes = modes.in_workshop(now)
        elif what == "end":
            modes = modes.ended()
        around = Surroundings(
            moves=what == "drive", tester_heard=what == "tester", order_until=now + HOUR if what == "order" else None
        )
        modes = modes.looked(now, around, Week())
        assert modes.private == wished
    assert not modes.looked(now + WORKSHOP_NS, Surroundings(), Week()).workshop
