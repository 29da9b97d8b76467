"""Steps: what was driven from position to position, and what was not."""

import math

import pytest

from edge.trips.steps import DOUBTED_NS, FASTEST_MPS, Steps, reach_m
from edge.whereabouts import EARTH_M, Fix

S = 1_000_000_000


def north(metres: float, at_s: float, accuracy_m: float = 5.0) -> Fix:
    return Fix(round(at_s * S), math.degrees(metres / EARTH_M), 13.0, accuracy_m)


def steps_of(*fixes: Fix) -> Steps:
    steps = Steps()
    for fix in fixes:
        steps.take(fix, fix.at)
    return steps


def test_what_lies_within_the_accuracy_of_both_is_no_step() -> None:
    reach = reach_m(north(0, 0), north(0, 1))
    assert reach == pytest.approx(2 * math.sqrt(50))
    assert steps_of(north(0, 0), north(reach - 0.1, 1)).moved_m == 0.0
    assert steps_of(north(0, 0), north(reach + 0.1, 1)).moved_m == pytest.approx(reach + 0.1)


def test_a_receiver_that_knows_it_to_a_centimetre_makes_no_steps_below_ten_metres() -> None:
    assert steps_of(north(0, 0, 0.01), north(9.9, 1, 0.01)).moved_m == 0.0
    assert steps_of(north(0, 0, 0.01), north(10.1, 1, 0.01)).moved_m == pytest.approx(10.1)


def test_a_position_that_is_away_and_comes_back_was_never_there() -> None:
    away = [north(5000, at) for at in range(1, DOUBTED_NS // S)]
    steps = steps_of(north(0, 0), *away, north(1, 40))
    assert steps.moved_m == 0.0
    assert steps.here is not None
    assert steps.here.fix == north(0, 0)


def test_a_position_that_stays_away_is_believed_and_was_not_driven_to() -> None:
    away = [north(5000 + 20 * at, at) for at in range(1, 42)]
    steps = steps_of(north(0, 0), *away)
    assert steps.moved_m == pytest.approx(20.0 * 10)
    assert steps.here is not None
    assert steps.here.fix == away[-1]


def test_after_a_tunnel_the_way_is_as_the_crow_flies_if_it_can_be_driven() -> None:
    assert steps_of(north(0, 0), north(4000, 120)).moved_m == pytest.approx(4000)
    assert steps_of(north(0, 0), north(FASTEST_MPS * 120 + 100, 120)).moved_m == 0.0


def test_the_same_position_heard_once_is_taken_once_and_none_is_no_position() -> None:
    steps = steps_of(north(0, 0))
    steps.take(None, 1 * S)
    steps.take(north(50, 2), 2 * S)
    steps.take(north(90, 3), 2 * S)
    assert steps.moved_m == pytest.approx(50)


def test_a_better_position_takes_the_place_of_a_poor_first_one() -> None:
    steps = steps_of(north(0, 0, 100.0), north(80, 1, 5.0), north(100, 2, 5.0))
    assert steps.moved_m == pytest.approx(20)


def test_it_set_off_when_it_is_a_hundred_metres_away_within_two_minutes() -> None:
    walked = [north(2 * at, at) for at in range(80)]
    slid = [north(0.5 * at, at) for at in range(1000)]
    assert steps_of(*walked[:50]).set_off() is None
    set_off = steps_of(*walked).set_off()
    assert set_off is not None
    assert set_off.fix == walked[0]
    assert steps_of(*slid).set_off() is None
