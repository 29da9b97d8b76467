"""One sensor's words: what is believed at once, what waits for another, and what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.tyres.sieve import IMPLAUSIBLE, REPEATED, UNCONFIRMED, Sieve
from edge.tyres.told import Told

S = 1_000_000_000


def took(*words: float | tuple[float, float], every_s: float = 10.0) -> tuple[list[float], Sieve]:
    """Pressures that were believed of one word after another (kPa; with °C)."""
    sieve, believed = Sieve(), []
    for number, word in enumerate(words):
        kpa, celsius = word if isinstance(word, tuple) else (word, 20.0)
        one = sieve.take(round(number * every_s * S), Told("cap", kpa, celsius))
        believed += [one.pressure_kpa] if one else []
    return believed, sieve


def test_the_first_word_counts_once_a_second_agrees() -> None:
    believed, sieve = took(231.0, 230.0, 229.0)
    assert believed == [230.0, 229.0]
    assert sieve.counters == {REPEATED: 0, IMPLAUSIBLE: 0, UNCONFIRMED: 1}


def test_one_false_word_changes_nothing_and_the_next_true_one_is_believed() -> None:
    believed, sieve = took(230.0, 230.0, 40.0, 230.0, 40.0, 230.0)
    assert believed == [230.0] * 3
    assert sieve.counters[UNCONFIRMED] == 3


def test_a_jump_counts_once_a_second_word_agrees() -> None:
    assert took(180.0, 180.0, 230.0, 231.0)[0] == [180.0, 231.0], "it was filled"


def test_a_tyre_that_bursts_never_stands_still_and_is_believed_with_the_second_word() -> None:
    assert took(240.0, 240.0, 190.0, 130.0, 60.0, 0.0, 0.0)[0] == [240.0, 130.0, 0.0, 0.0]


def test_a_leak_is_followed_word_by_word() -> None:
    words = [230.0 - 4.0 * number for number in range(30)]
    believed, sieve = took(*words)
    assert believed == words[1:]
    assert sieve.counters[UNCONFIRMED] == 1


def test_of_a_truck_a_twentieth_is_near() -> None:
    assert took(900.0, 900.0, 860.0)[0] == [900.0, 860.0]
    assert took(230.0, 230.0, 190.0)[0] == [230.0]


def test_a_jump_of_the_temperature_waits_as_well_and_an_unknown_one_does_not() -> None:
    assert took((230.0, 20.0), (230.0, 20.0), (230.0, 60.0), (230.0, 21.0))[0] == [230.0, 230.0]
    sieve = Sieve()
    for number, celsius in enumerate((20.0, 20.0, None, 60.0)):
        last = sieve.take(number * 10 * S, Told("br", 230.0, celsius))
    assert last is not None, "the one before had none"


def test_a_word_waits_ten_minutes_for_the_one_that_agrees() -> None:
    assert took(230.0, 230.0, every_s=600.0)[0] == [230.0]
    assert took(230.0, 230.0, 230.0, every_s=601.0)[0] == []


def test_what_is_said_again_within_a_second_is_counted_and_agrees_with_nothing() -> None:
    believed, sieve = took(*[40.0] * 10, every_s=0.1)
    assert believed == []
    assert sieve.counters == {REPEATED: 9, IMPLAUSIBLE: 0, UNCONFIRMED: 1}


@pytest.mark.parametrize("word", [(-26.0, 20.0), (1401.0, 20.0), (230.0, -51.0), (230.0, 131.0), (math.nan, 20.0)])
def test_what_no_tyre_holds_is_refused(word: tuple[float, float]) -> None:
    believed, sieve = took(230.0, 230.0, word, word, word)
    assert believed == [230.0]
    assert sieve.counters[IMPLAUSIBLE] == 3


@given(
    st.lists(st.tuples(st.floats(0.0, 30.0), st.floats(allow_nan=True), st.none() | st.floats(-80, 200)), max_size=60)
)
def test_whatever_it_says_every_word_has_one_fate_and_what_is_believed_can_be(
    life: list[tuple[float, float, float | None]],
) -> None:
    sieve, now_ns, believed = Sieve(), 0, 0
    for pause_s, kpa, celsius in life:
        now_ns += round(pause_s * S)
        one = sieve.take(now_ns, Told("cap", kpa, celsius))
        if one is not None:
            believed += 1
            assert -25.0 <= one.pressure_kpa <= 1400.0
    assert believed + sum(sieve.counters.values()) == len(life)


@given(st.lists(st.floats(0.0, 1400.0), min_size=1, max_size=30))
def test_no_single_word_is_ever_believed_beside_a_sensor_that_speaks(lies: list[float]) -> None:
    """True and false words take turns: the true ones win."""
    sieve = Sieve()
    for number in range(2):
        sieve.take(number * 10 * S, Told("cap", 230.0, 20.0))
    for number, lie in enumerate(lies, start=1):
        sieve.take(number * 20 * S, Told("cap", lie, 20.0))
        one = sieve.take((number * 20 + 10) * S, Told("cap", 230.0, 20.0))
        assert one is not None
