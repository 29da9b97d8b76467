"""Drives are looked at before anything is learned: what is planted is found, what is healthy is let alone."""

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ConfigError
from models.sensors.clocks import Stamps, stamps_of
from models.sensors.looking import Looked, look, look_before_learning
from models.sensors.remarks import ALL, ON_CARD_MAX, Defect, Fate, Remark, remarks_on_card, remarks_table
from models.sensors.training import Trip
from tests.unit.edge.sensors.world import COOLANT, PRESSURE, ROAD, SPEED, Float64s, drive, plan

COUNT: Final = 7
NAMES: Final = [channel.name for channel in plan().channels]
quick = settings(max_examples=15, deadline=None)


@cache
def _drive(seed: int) -> Float64s:
    return drive(900, seed=seed)


def drives(seed: int = 0) -> list[Trip]:
    """Healthy ones, of a quarter of an hour."""
    return [Trip(f"drive {number}", _drive(seed * COUNT + number).copy()) for number in range(COUNT)]


def defects(looked: Looked) -> set[tuple[str, str, Defect, Fate]]:
    """What was found."""
    return {(one.drive, one.channel, one.defect, one.fate) for one in looked.remarks}


@pytest.mark.parametrize("seed", range(4))
def test_healthy_drives_come_out_as_they_were_and_nothing_is_told(seed: int) -> None:
    trips = drives(seed)
    looked = look(plan(), trips)
    assert looked.remarks == ()
    assert looked.places == tuple(range(COUNT))
    assert all((one.rows == other.rows).all() for one, other in zip(looked.trips, trips, strict=True))
    assert remarks_table(looked.remarks) == "Nothing was found to be wrong with the drives."


@quick
@given(
    planted=st.sampled_from(
        [(COOLANT, -40.0), (COOLANT, 215.0), (COOLANT, 0.0), (SPEED, 16383.75), (PRESSURE, 255.0), (PRESSURE, 0.0)]
    ),
    at=st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(1, 880)), min_size=6, max_size=40, unique=True),
    length=st.integers(1, 5),
)
def test_a_sentinel_that_comes_again_is_unknown_and_all_else_stays(
    planted: tuple[int, float], at: list[tuple[int, int]], length: int
) -> None:
    channel, value = planted
    trips = drives()
    for number, begin in at:
        trips[number].rows[begin : begin + length, channel] = value
    looked = look(plan(), trips)
    assert defects(looked) == {(f"drive {number}", NAMES[channel], Defect.SENTINEL, Fate.UNKNOWN) for number, _ in at}
    for clean, trip in zip(looked.trips, trips, strict=True):
        was = trip.rows.copy()
        was[was[:, channel] == value, channel] = np.nan
        np.testing.assert_array_equal(clean.rows, was)
    assert sum(one.rows for one in looked.remarks) == sum(int((trip.rows[:, channel] == value).sum()) for trip in trips)


def test_an_engine_that_stands_and_a_car_that_stops_read_zero_and_no_sentinel() -> None:
    trips = drives()
    for trip in trips:
        for begin in (200, 400, 600):
            trip.rows[begin : begin + 15, [SPEED, ROAD]] = 0.0
            trip.rows[begin - 10 : begin, ROAD] = trip.rows[begin - 10, ROAD] * np.linspace(1.0, 0.0, 10)
            trip.rows[begin : begin + 15, PRESSURE] = 101.0 + np.arange(15) % 2
    assert not [one for one in look(plan(), trips).remarks if one.defect is Defect.SENTINEL]


def test_a_sensor_that_was_unplugged_for_a_whole_drive_reads_nothing() -> None:
    trips = drives()
    trips[2].rows[:, COOLANT] = -40.0
    looked = look(plan(), trips)
    assert ("drive 2", "coolant_temperature", Defect.SENTINEL, Fate.UNKNOWN) in defects(looked)
    assert np.isnan(looked.trips[2].rows[:, COOLANT]).all()


@quick
@given(number=st.integers(0, COUNT - 1), begin=st.integers(0, 600), length=st.integers(25, 250))
def test_rows_that_the_recorder_repeats_are_unknown_but_for_the_first(number: int, begin: int, length: int) -> None:
    trips = drives()
    trips[number].rows[begin : begin + length] = trips[number].rows[begin]
    looked = look(plan(), trips)
    assert (f"drive {number}", ALL, Defect.STALL, Fate.UNKNOWN) in defects(looked)
    stalled = np.isnan(looked.trips[number].rows).all(axis=1)
    assert np.flatnonzero(stalled).tolist() == list(range(begin + 1, begin + length))


def test_a_car_that_stands_with_its_engine_off_is_no_stall() -> None:
    trips = drives()
    trips[1].rows[300:600] = [0.0, 101.0, 0.0, 85.0]
    assert look(plan(), trips).remarks == ()


@quick
@given(number=st.integers(0, COUNT - 1), channel=st.sampled_from([SPEED, PRESSURE]), begin=st.integers(0, 500))
def test_a_signal_that_stands_while_the_others_move_is_unknown(number: int, channel: int, begin: int) -> None:
    trips = drives()
    trips[number].rows[begin : begin + 300, channel] = trips[number].rows[begin, channel]
    looked = look(plan(), trips)
    assert defects(looked) == {(f"drive {number}", NAMES[channel], Defect.STUCK, Fate.UNKNOWN)}
    assert np.isnan(looked.trips[number].rows[begin + 1 : begin + 300, channel]).all()
    assert not np.isnan(np.delete(looked.trips[number].rows, channel, axis=1)).any()


MISTAKES: Final[list[tuple[int, Callable[[Float64s], Float64s], str]]] = [
    (ROAD, lambda values: values / 1.609344, "miles an hour"),
    (ROAD, lambda values: values * 1.609344, "1.609 times as large"),
    (ROAD, lambda values: values / 3.6, "m/s"),
    (COOLANT, lambda values: values * 1.8 + 32.0, "Fahrenheit"),
    (COOLANT, lambda values: values + 273.15, "kelvin"),
    (COOLANT, lambda values: values - 40.0, "40 too small"),
    (PRESSURE, lambda values: values * 0.1450377, "psi"),
    (PRESSURE, lambda values: values * 10.0, "10 times as large"),
    (SPEED, lambda values: values * 4.0, "a word of quarter turns"),
    (SPEED, lambda values: values / 60.0, "turns a second"),
]


@pytest.mark.parametrize(("channel", "mistake", "guess"), MISTAKES, ids=[one[2] for one in MISTAKES])
@pytest.mark.parametrize("number", [0, 4])
def test_a_drive_in_another_unit_is_left_out_and_the_guess_is_told(
    channel: int, mistake: Callable[[Float64s], Float64s], guess: str, number: int
) -> None:
    trips = drives()
    trips[number].rows[:, channel] = mistake(trips[number].rows[:, channel])
    looked = look(plan(), trips)
    assert defects(looked) == {(f"drive {number}", NAMES[channel], Defect.UNIT, Fate.LEFT_OUT)}
    assert looked.remarks[0].told.endswith(f"right if it is {guess}")
    assert looked.places == tuple(other for other in range(COUNT) if other != number)


@pytest.mark.parametrize("pair", [(SPEED, PRESSURE), (PRESSURE, ROAD), (PRESSURE, COOLANT), (ROAD, COOLANT)])
def test_two_signals_that_have_changed_names_leave_their_drive_out(pair: tuple[int, int]) -> None:
    trips = drives()
    trips[3].rows[:, pair] = trips[3].rows[:, pair[::-1]]
    looked = look(plan(), trips)
    assert looked.places == (0, 1, 2, 4, 5, 6)
    (remark,) = looked.remarks
    assert (remark.drive, remark.fate) == ("drive 3", Fate.LEFT_OUT)
    assert {remark.channel, remark.told.rpartition(" ")[2]} == {NAMES[pair[0]], NAMES[pair[1]]}


def test_a_drive_that_is_left_out_takes_none_of_its_name_with_it() -> None:
    trips = [
        Trip(name, trip.rows) for name, trip in zip(["a", "a", "b", "a (2)", "a", "b", "a"], drives(), strict=True)
    ]
    trips[4].rows[:, [SPEED, PRESSURE]] = trips[4].rows[:, [PRESSURE, SPEED]]
    looked = look(plan(), trips)
    assert looked.places == (0, 1, 2, 3, 5, 6)
    assert [trip.name for trip in looked.trips] == ["a", "a (2)", "b", "a (2) (2)", "b (2)", "a (4)"]
    assert [one.drive for one in looked.remarks] == ["a (3)"]


def test_a_clock_that_goes_back_is_told_and_one_that_nobody_can_follow_leaves_its_drive_out() -> None:
    steady = stamps_of(np.arange(0.0, 900.0, 0.1))
    assert steady == Stamps(9000, pytest.approx(10.0, rel=1e-3), ())  # type: ignore[arg-type]  # it is a float
    back = np.arange(0.0, 900.0, 0.1)
    back[4000:4200] = back[4000]
    lost = np.arange(0.0, 900.0, 0.1)
    lost[1000:8000] = lost[1000]
    slow = stamps_of(np.arange(0.0, 900.0, 0.5))
    trips = [Trip(one.name, one.rows, steady) for one in drives()]
    for number, stamps in enumerate((stamps_of(back), stamps_of(lost), slow)):
        trips[number] = Trip(trips[number].name, trips[number].rows, stamps)
    looked = look(plan(), trips)
    assert defects(looked) == {
        ("drive 0", ALL, Defect.CLOCK, Fate.TOLD),
        ("drive 1", ALL, Defect.CLOCK, Fate.LEFT_OUT),
        ("drive 2", ALL, Defect.RATE, Fate.TOLD),
    }
    assert [one.rows for one in looked.remarks] == [20, 155, 0]


def test_what_is_missing_is_told_and_a_hollow_drive_is_left_out() -> None:
    trips = drives()
    trips[0].rows[::5, PRESSURE] = np.nan
    trips[1].rows[100:180] = np.nan
    trips[2].rows[100:] = np.nan
    assert defects(look(plan(), trips)) == {
        ("drive 0", "manifold_pressure", Defect.DROPOUT, Fate.TOLD),
        ("drive 1", ALL, Defect.DROPOUT, Fate.TOLD),
        ("drive 2", ALL, Defect.EMPTY, Fate.LEFT_OUT),
    }
    deaf = drives()
    for trip in deaf:
        trip.rows[:, ROAD] = np.nan
    assert defects(look(plan(), deaf)) == {(ALL, "speed", Defect.DROPOUT, Fate.TOLD)}


def test_single_readings_that_no_such_signal_can_have_are_unknown() -> None:
    trips = drives()
    trips[0].rows[[10, 500], ROAD] = [900.0, -3.0]
    looked = look(plan(), trips)
    assert defects(looked) == {("drive 0", "speed", Defect.MISREAD, Fate.UNKNOWN)}
    assert np.flatnonzero(np.isnan(looked.trips[0].rows[:, ROAD])).tolist() == [10, 500]


def test_jumps_of_a_slow_signal_are_told_and_left_to_the_vehicles_own_rule() -> None:
    trips = drives()
    trips[0].rows[[10, 200, 500], COOLANT] = [60.0, 70.0, 117.0]
    looked = look(plan(), trips)
    assert defects(looked) == {(ALL, "coolant_temperature", Defect.MISREAD, Fate.TOLD)}
    assert looked.trips[0].rows[10, COOLANT] == 60.0


def test_when_no_drive_is_left_it_is_told_first_and_refused_with_the_reason() -> None:
    kelvin = drives()
    for trip in kelvin:
        trip.rows[:, COOLANT] += 273.15
    heard: list[str] = []
    with pytest.raises(ConfigError, match="none of the 7 drives is left to learn from: coolant_temperature") as raised:
        look_before_learning(plan(), kelvin, heard.append)
    assert raised.value.remedy == "Say units, factors and sentinels in the column map"
    assert heard[0].count("right if it is kelvin | drive left out") == COUNT


def test_the_card_bounds_what_it_tells() -> None:
    many = [Remark(f"drive {number}", ALL, Defect.STALL, 30, "stood", Fate.UNKNOWN) for number in range(250)]
    told = remarks_on_card(many)
    assert len(told) == ON_CARD_MAX + 1
    assert told[-1]["told"] == "50 more remarks"
