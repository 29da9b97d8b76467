"""Which reports become readings, and why the others do not."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.measured import ACCURACY, ALTITUDE, HEADING, LATITUDE, LONGITUDE
from edge.receivers.report import Report
from edge.receivers.sieve import CAUSES, CONFIRMED, LEAPED, NO_FIX, SENTINEL, STALE, Sieve

S = 1_000_000_000
GOOD = Report(
    mode=3, time_s=1_796_033_472.0, latitude_deg=52.5, longitude_deg=13.4, accuracy_m=3.0, altitude_m=40.0,
    speed_mps=10.0, heading_deg=90.0,
)  # fmt: skip


def after(seconds: float, **changed: float | None) -> Report:
    return replace(GOOD, time_s=(GOOD.time_s or 0.0) + seconds, **changed)  # type: ignore[arg-type]  # names of fields


def taken(sieve: Sieve, at_s: float, report: Report) -> bool:
    return bool(sieve.take(round(at_s * S), report))


def test_a_good_report_is_all_that_it_says() -> None:
    told = {one.path: one.value for one in Sieve().take(5 * S, GOOD)}
    assert told == {LATITUDE: 52.5, LONGITUDE: 13.4, ACCURACY: 3.0, ALTITUDE: 40.0, HEADING: 90.0}


def test_north_has_one_heading() -> None:
    told = {one.path: one.value for one in Sieve().take(5 * S, replace(GOOD, heading_deg=360.0))}
    assert told[HEADING] == 0.0


@pytest.mark.parametrize(
    ("report", "lacks"),
    [
        (replace(GOOD, mode=2), {ALTITUDE}),
        (replace(GOOD, speed_mps=0.3), {HEADING}),
        (replace(GOOD, speed_mps=None), {HEADING}),
        (replace(GOOD, heading_deg=-1.0), {HEADING}),
        (replace(GOOD, accuracy_m=None), {ACCURACY}),
        (replace(GOOD, accuracy_m=0.0), {ACCURACY}),
        (replace(GOOD, accuracy_m=math.nan), {ACCURACY}),
        (replace(GOOD, altitude_m=99_999.0), {ALTITUDE}),
    ],
)
def test_what_it_does_not_know_it_does_not_say(report: Report, lacks: set[str]) -> None:
    told = {one.path for one in Sieve().take(5 * S, report)}
    assert told == {LATITUDE, LONGITUDE, ACCURACY, ALTITUDE, HEADING} - lacks


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (replace(GOOD, mode=0), NO_FIX),
        (replace(GOOD, mode=1), NO_FIX),
        (replace(GOOD, latitude_deg=None), NO_FIX),
        (replace(GOOD, longitude_deg=None), NO_FIX),
        (replace(GOOD, latitude_deg=0.0, longitude_deg=0.0), SENTINEL),
        (replace(GOOD, latitude_deg=91.0), SENTINEL),
        (replace(GOOD, longitude_deg=200.0), SENTINEL),
        (replace(GOOD, latitude_deg=math.nan), SENTINEL),
        (replace(GOOD, time_s=math.inf), SENTINEL),
    ],
)
def test_what_is_no_place_is_refused_and_counted(report: Report, why: str) -> None:
    sieve = Sieve()
    assert not taken(sieve, 1.0, report)
    assert sieve.counters == dict.fromkeys(CAUSES, 0) | {why: 1}


def test_a_receiver_that_repeats_itself_is_stale() -> None:
    sieve = Sieve()
    assert taken(sieve, 1.0, after(0))
    assert not any(taken(sieve, 1.0 + second, after(0)) for second in range(1, 100))
    assert not taken(sieve, 1.5, after(-1.0)), "nor does it go back"
    assert sieve.counters[STALE] == 100
    assert taken(sieve, 200.0, after(199.0)), "it goes on"


def test_a_time_that_leaps_is_refused_until_it_agrees_with_itself() -> None:
    """Weeks that roll over: 1024 of them."""
    sieve, weeks_s = Sieve(), 1024 * 7 * 86_400.0
    assert taken(sieve, 1.0, after(0))
    done = [taken(sieve, 2.0 + second, after(1.0 + second - weeks_s)) for second in range(8)]
    assert done == [False] * (CONFIRMED - 1) + [True] * 4
    assert sieve.counters[LEAPED] == CONFIRMED - 1


def test_one_leap_and_back_costs_itself() -> None:
    sieve = Sieve()
    assert taken(sieve, 1.0, after(0))
    assert not taken(sieve, 2.0, after(18.0))
    assert taken(sieve, 3.0, after(2.0))
    assert sieve.counters[LEAPED] == 1


def test_a_long_silence_is_no_leap() -> None:
    sieve = Sieve()
    assert taken(sieve, 1.0, after(0))
    assert taken(sieve, 3601.0, after(3600.0))


def test_without_a_time_places_stand_for_themselves() -> None:
    sieve = Sieve()
    assert all(taken(sieve, second, replace(GOOD, time_s=None)) for second in range(1, 5))


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 5.0),
            st.builds(
                Report,
                mode=st.integers(0, 3),
                time_s=st.none() | st.floats(),
                latitude_deg=st.none() | st.floats(),
                longitude_deg=st.none() | st.floats(),
                accuracy_m=st.none() | st.floats(),
                altitude_m=st.none() | st.floats(),
                speed_mps=st.none() | st.floats(),
                heading_deg=st.none() | st.floats(),
            ),
        ),
        max_size=40,
    )
)
def test_each_report_is_taken_or_counted_and_what_is_told_can_be(life: list[tuple[float, Report]]) -> None:
    sieve, at_s, took = Sieve(), 0.0, 0
    for step_s, report in life:
        at_s += step_s
        told = {one.path: one.value for one in sieve.take(round(at_s * S), report)}
        took += bool(told)
        assert all(math.isfinite(value) for value in told.values())
        if told:
            assert abs(told[LATITUDE]) <= 90.0
            assert abs(told[LONGITUDE]) <= 180.0
    assert took + sum(sieve.counters.values()) == len(life)
