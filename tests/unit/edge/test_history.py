"""History: latest, stale, smoothed and summed signals, the same bits for any batching."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.history import History, Smoothing
from edge.signals import Signal, SignalBatch

S = 1_000_000_000
GRID = S // 10
SPEED = Signal("Vehicle.Speed", "km/h", "M", "speed", period_s=0.1)
SPEED_TOO = Signal("Vehicle.Speed", "km/h", "N", "speed_again", period_s=0.1)
TEMP = Signal("Vehicle.Exterior.AirTemperature", "Celsius", "M", "temp", period_s=1.0)


def history(*smoothings: Smoothing) -> History:
    return History([SPEED, SPEED_TOO, TEMP], grid_ns=GRID, smoothings=smoothings)


def test_the_last_sample_of_a_cell_stands() -> None:
    past = history()
    past.absorb(SignalBatch.of([(1, 0, 10.0), (2, 0, 20.0), (3, 2, -4.0)]), GRID)
    assert past.window().value("Vehicle.Speed") == 20.0
    assert past.window().value("Vehicle.Exterior.AirTemperature") == -4.0
    assert past.age_s("Vehicle.Speed") == pytest.approx(0.1, abs=1e-6)


def test_two_messages_may_tell_one_path_and_the_later_counts() -> None:
    past = history()
    past.absorb(SignalBatch.of([(1, 0, 10.0), (2, 1, 11.0)]), GRID)
    assert past.window().value("Vehicle.Speed") == 11.0


def test_what_was_never_heard_is_unknown_and_infinitely_old() -> None:
    past = history()
    past.absorb(SignalBatch.empty(), GRID)
    assert math.isnan(past.window().value("Vehicle.Speed"))
    assert math.isnan(past.window().value("Vehicle.NotOnThisVehicle"))
    assert past.window().age_s("Vehicle.Speed") == math.inf


def test_a_signal_is_stale_after_ten_periods_and_only_then() -> None:
    past = history()
    past.absorb(SignalBatch.of([(0, 0, 50.0)]), GRID)
    past.absorb(SignalBatch.empty(), S)
    assert past.window().value("Vehicle.Speed") == 50.0
    past.absorb(SignalBatch.empty(), S + 1)
    assert math.isnan(past.window().value("Vehicle.Speed"))


def test_smoothing_begins_at_the_first_value_and_follows_with_its_time_constant() -> None:
    past = history(Smoothing("Vehicle.Speed", 2.0))
    past.absorb(SignalBatch.of([(0, 0, 0.0)]), GRID)
    assert past.smoothed("Vehicle.Speed", 2.0) == 0.0
    for cell in range(2, 22):  # two seconds of 1.0: one time constant
        past.absorb(SignalBatch.of([((cell - 1) * GRID, 0, 1.0)]), cell * GRID)
    assert past.smoothed("Vehicle.Speed", 2.0) == pytest.approx(1 - math.exp(-1), rel=1e-9)
    past.absorb(SignalBatch.empty(), 100 * S)
    assert math.isnan(past.smoothed("Vehicle.Speed", 2.0)), "stale is unknown"


def test_a_smoothing_nobody_ordered_is_refused() -> None:
    with pytest.raises(KeyError):
        history().smoothed("Vehicle.Speed", 3.0)


def test_a_smoothing_of_a_signal_that_is_not_there_stays_unknown() -> None:
    past = history(Smoothing("Vehicle.Nowhere", 1.0))
    past.absorb(SignalBatch.of([(0, 0, 1.0)]), GRID)
    assert math.isnan(past.smoothed("Vehicle.Nowhere", 1.0))


def test_a_period_tells_what_was_heard_and_begins_anew() -> None:
    past = history()
    past.absorb(SignalBatch.of([(1, 0, 10.0), (2, 0, 40.0), (3, 2, 5.0)]), GRID)
    figures = past.close_period(["Vehicle.Speed"])
    assert set(figures) == {"Vehicle.Speed"}
    told = figures["Vehicle.Speed"]
    assert (told.min, told.max, told.mean, told.last, told.count) == (10.0, 40.0, 25.0, 40.0, 2)
    assert past.close_period() == {}


finite = st.floats(-1e6, 1e6)


@given(
    samples=st.lists(st.tuples(st.integers(0, 10 * GRID - 1), st.integers(0, 2), finite), min_size=1, max_size=60),
    cuts=st.sets(st.integers(0, 60), max_size=6),
)
def test_batching_changes_no_bit(samples: list[tuple[int, int, float]], cuts: set[int]) -> None:
    samples.sort(key=lambda sample: sample[0])
    whole, pieces = history(), history()
    whole.absorb(SignalBatch.of(samples), 10 * GRID)
    edges = [0, *sorted(cut for cut in cuts if cut < len(samples)), len(samples)]
    for first, last in itertools.pairwise(edges):
        pieces.absorb(SignalBatch.of(samples[first:last]), 10 * GRID)
    assert np.array_equal(whole.latest, pieces.latest, equal_nan=True)
    assert whole.close_period() == pieces.close_period()
