"""History: latest, stale, smoothed and summed signals, the same bits for any batching."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.history import History, SignalState, Smoothing
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
    figures = past.figures(past.ledger.close_period(), ["Vehicle.Speed"])
    assert set(figures) == {"Vehicle.Speed"}
    told = figures["Vehicle.Speed"]
    assert (told.min, told.max, told.mean, told.last, told.count) == (10.0, 40.0, 25.0, 40.0, 2)
    assert past.figures(past.ledger.close_period()) == {}


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
    assert whole.figures(whole.ledger.close_period()) == pieces.figures(pieces.ledger.close_period())


def test_a_signal_is_unknown_then_fresh_then_stale() -> None:
    past = history()
    past.absorb(SignalBatch.empty(), GRID)
    assert past.state("Vehicle.Speed") is past.state("Vehicle.NotOnThisVehicle") is SignalState.UNKNOWN
    past.absorb(SignalBatch.of([(GRID, 0, 50.0)]), 2 * GRID)
    assert past.window().state("Vehicle.Speed") is SignalState.FRESH
    past.absorb(SignalBatch.empty(), 20 * GRID)
    assert past.window().state("Vehicle.Speed") is SignalState.STALE


def test_rows_are_what_was_fresh_ten_times_a_second() -> None:
    past = History([SPEED, TEMP], grid_ns=GRID, subscribed=["Vehicle.Speed", "Vehicle.NotOnThisVehicle"])
    for cell in range(1, 41):
        heard = [((cell - 1) * GRID, 0, float(cell))] if cell <= 20 else []
        past.absorb(SignalBatch.of(heard), cell * GRID)
    times, values = past.window().series("Vehicle.Speed", 3.5)
    assert times.tolist() == [cell * GRID for cell in range(6, 41)]
    assert values[:15].tolist() == [float(cell) for cell in range(6, 21)]
    assert np.isnan(values[-1])
    assert past.window().series("Vehicle.Speed", 0.1)[0].tolist() == [40 * GRID]
    with pytest.raises(KeyError):
        past.window().series("Vehicle.Exterior.AirTemperature", 1.0)


@pytest.mark.parametrize("grid_ms", [10, 40, 100, 250])
def test_a_finer_grid_gives_no_more_rows(grid_ms: int) -> None:
    grid = grid_ms * S // 1000
    past = History([SPEED], grid_ns=grid, subscribed=["Vehicle.Speed"])
    for cell in range(1, 2 * 1000 // grid_ms + 1):
        past.absorb(SignalBatch.empty(), cell * grid)
    times, _ = past.window().series("Vehicle.Speed", 10.0)
    assert len(times) == min(20, 2000 // grid_ms) + (grid_ms < 100)
    assert len({time // (S // 10) for time in times.tolist()}) == len(times)


def test_rows_are_bounded_and_the_newest_stay() -> None:
    past = History([SPEED], grid_ns=GRID, subscribed=["Vehicle.Speed"], row_bytes=160)
    for cell in range(1, 31):
        past.absorb(SignalBatch.of([((cell - 1) * GRID, 0, float(cell))]), cell * GRID)
    times, values = past.window().series("Vehicle.Speed", 100.0)
    assert times.tolist() == [cell * GRID for cell in range(21, 31)]
    assert values.tolist() == [float(cell) for cell in range(21, 31)]
    assert len(past.rows) == past.rows.rows_max == 10
    with pytest.raises(ValueError, match="does not fit"):
        History([SPEED], grid_ns=GRID, subscribed=["Vehicle.Speed"], row_bytes=10)


def told(signal: Signal, times: list[int], until: int) -> History:
    """History of one signal that came at these times, cell by cell."""
    past = History([signal], grid_ns=GRID)
    waiting = sorted(times)
    for end in range(GRID, until + 1, GRID):
        now = [time for time in waiting if time < end]
        waiting = waiting[len(now) :]
        past.absorb(SignalBatch.of([(time, 0, 1.0) for time in now]), end)
    return past


@pytest.mark.parametrize("period_ms", [10, 95, 100, 500, 1000, 1700, 5000])
def test_the_period_is_learned_by_listening(period_ms: int) -> None:
    period = period_ms * S // 1000
    past = told(SPEED, list(range(3, 8 * period + 6 * S, period)), 8 * period + 6 * S)
    assert past.period_s("Vehicle.Speed") == pytest.approx(period_ms / 1000, rel=0.02)
    assert past.state("Vehicle.Speed") is SignalState.FRESH
    until = past.until
    past.absorb(SignalBatch.empty(), until + 9 * max(period, S // 10))
    assert past.state("Vehicle.Speed") is SignalState.FRESH
    past.absorb(SignalBatch.empty(), until + 11 * max(period, S // 10))
    assert past.state("Vehicle.Speed") is SignalState.STALE


def test_what_was_expected_stands_until_something_is_learned() -> None:
    past = told(TEMP, [0, S], 2 * S)
    assert past.period_s("Vehicle.Exterior.AirTemperature") is None
    past.absorb(SignalBatch.empty(), 11 * S)
    assert past.state("Vehicle.Exterior.AirTemperature") is SignalState.FRESH
    past.absorb(SignalBatch.empty(), 11 * S + 1)
    assert past.state("Vehicle.Exterior.AirTemperature") is SignalState.STALE


def test_one_gap_is_not_learned() -> None:
    times = [*range(0, 10 * S, GRID), *range(70 * S, 72 * S, GRID)]
    past = told(SPEED, times, 72 * S)
    assert past.period_s("Vehicle.Speed") == pytest.approx(0.1, rel=0.01)
    past.absorb(SignalBatch.empty(), 73 * S + GRID)
    assert past.state("Vehicle.Speed") is SignalState.STALE


def test_of_what_comes_when_something_changes_the_longest_interval_counts() -> None:
    door = Signal("Vehicle.Speed", "", "Door", "open", period_s=1.0)
    times = [at * S + n * 50_000_000 for at in (1, 2, 30, 31, 60, 61, 90, 91) for n in range(4)]
    past = told(door, times, 95 * S)
    assert (past.period_s("Vehicle.Speed") or 0) > 5
    past.absorb(SignalBatch.empty(), 140 * S)
    assert past.state("Vehicle.Speed") is SignalState.FRESH


def test_a_period_that_somebody_set_is_not_learned_shorter() -> None:
    rare = Signal("Vehicle.Speed", "", "M", "rare", period_s=60.0, period_is_set=True)
    past = told(rare, list(range(0, 20 * S, GRID)), 20 * S)
    assert past.period_s("Vehicle.Speed") == 60.0
