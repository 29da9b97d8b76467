"""Summaries tile what was heard: minutes in use one by one, several at once while it stands, no private one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.history import History
from edge.measured import VOLTS
from edge.signals import Signal, SignalBatch
from edge.summaries import STANDING_MINUTES, Period, Summaries

S = 1_000_000_000
MINUTE = 60 * S
GRID = 15 * S
"""Four cells make a minute."""
QUARTER = 15 * MINUTE
OFTEN, SLOW = "Vehicle.Speed", "Vehicle.Exterior.AirTemperature"
SIGNALS = [Signal(OFTEN, "km/h", "M", "speed"), Signal(SLOW, "Celsius", "M", "air")]


@dataclass(frozen=True, slots=True)
class Cell:
    """What the vehicle did in 15 s."""

    stands: bool = True
    private: bool = False
    values: tuple[int, ...] = (1,)
    silence: int = 0
    """Cells of silence before it that the grid skipped."""


def ends_of(cells: Sequence[Cell]) -> list[int]:
    place, ends = 0, []
    for cell in cells:
        place += 1 + cell.silence
        ends.append(place * GRID)
    return ends


def run(cells: Sequence[Cell], minute_ns: int = MINUTE) -> tuple[list[Period], int]:
    """The periods told, and how many minutes were withheld."""
    history = History(SIGNALS, grid_ns=GRID)
    subject = Summaries(history, minute_ns=minute_ns, often={OFTEN}, slow={SLOW})
    told: list[Period] = []
    for cell, end in zip(cells, ends_of(cells), strict=True):
        if cell.private != history.private:
            history.private = cell.private
        told += subject.begin(end)
        samples = [(end - GRID + place, signal, value) for place, value in enumerate(cell.values) for signal in (0, 1)]
        history.absorb(SignalBatch.of(samples), end)
        told += subject.look(end, stands=cell.stands)
    return told + subject.close(history.until), subject.withheld


def minutes_of(cells: Sequence[Cell], has: Callable[[Cell], object]) -> set[int]:
    """The minutes with a cell that has this."""
    return {(end - 1) // MINUTE for cell, end in zip(cells, ends_of(cells), strict=True) if has(cell)}


def times(periods: Sequence[Period]) -> list[tuple[float, float]]:
    """In minutes."""
    return [(period.started / MINUTE, period.ended / MINUTE) for period in periods]


def minutes(number: int, *, stands: bool = True) -> list[Cell]:
    return [Cell(stands)] * (4 * number)


stretches = st.lists(
    st.tuples(
        st.builds(
            Cell,
            stands=st.booleans(),
            private=st.sampled_from([False, False, False, True]),
            values=st.lists(st.integers(-9, 9), max_size=3).map(tuple),
            silence=st.sampled_from([0, 0, 0, 0, 1, 5, 41]),
        ),
        st.integers(0, 20),
    ),
    max_size=8,
).map(
    lambda told: [
        cell for cell, times in told for cell in (cell, *[Cell(cell.stands, cell.private, cell.values)] * times)
    ]
)


@given(stretches)
def test_periods_follow_each_other_on_the_minutes_of_the_clock(cells: list[Cell]) -> None:
    told, _ = run(cells)
    assert all(one.started < one.ended for one in told)
    assert all(before.ended <= after.started for before, after in pairwise(told))
    assert all(one.started % MINUTE == 0 for one in told)
    assert all(one.ended % MINUTE == 0 for one in told[:-1])
    belongs = STANDING_MINUTES * MINUTE
    assert all(one.started // belongs == (one.ended - 1) // belongs for one in told)


@given(stretches)
def test_every_sample_counts_once_but_those_of_private_minutes(cells: list[Cell]) -> None:
    told, withheld = run(cells)
    private = minutes_of(cells, lambda cell: cell.private)
    ends = zip(cells, ends_of(cells), strict=True)
    left = [(end, cell.values) for cell, end in ends if (end - 1) // MINUTE not in private]
    for period in told:
        own = [value for end, values in left if period.started < end <= period.ended for value in values]
        figures = period.figures[OFTEN]
        assert (figures.count, figures.min, figures.max, figures.last) == (len(own), min(own), max(own), own[-1])
        assert figures.mean == pytest.approx(sum(own) / len(own))
    assert sum(period.figures[OFTEN].count for period in told) == sum(len(values) for _, values in left)
    assert withheld == len(private & minutes_of(cells, lambda cell: cell.values))


@given(stretches)
def test_a_minute_in_use_is_told_as_if_the_vehicle_had_never_stood(cells: list[Cell]) -> None:
    always = [Cell(stands=False, private=cell.private, values=cell.values, silence=cell.silence) for cell in cells]
    by_the_minute = {(one.started, one.ended): one.figures[OFTEN] for one in run(always)[0]}
    told = {(one.started, one.ended): one.figures[OFTEN] for one in run(cells)[0]}
    used = minutes_of(cells, lambda cell: not cell.stands)
    for (started, ended), figures in by_the_minute.items():
        if started // MINUTE in used:
            assert told[started, ended] == figures


@given(stretches)
def test_only_minutes_that_the_vehicle_stood_through_and_was_heard_in_are_told_at_once(cells: list[Cell]) -> None:
    stood = minutes_of(cells, lambda cell: cell.values) - minutes_of(cells, lambda cell: not cell.stands)
    for one in run(cells)[0]:
        covered = set(range(one.started // MINUTE, -(-one.ended // MINUTE)))
        assert len(covered) == 1 or covered <= stood


@given(stretches.map(lambda cells: [Cell(cell.stands) for cell in cells]))
def test_what_is_slow_is_told_in_every_quarter_of_an_hour(cells: list[Cell]) -> None:
    told, _ = run(cells)
    quarters = [[one for one in told if one.started // QUARTER == n] for n in range(len(cells) * GRID // QUARTER)]
    assert all(any(SLOW in one.figures for one in quarter) for quarter in quarters)
    slow = [one.started for one in told if SLOW in one.figures]
    assert all(after - before >= 10 * MINUTE for before, after in pairwise(slow))


def test_a_vehicle_that_stands_is_told_of_by_fives() -> None:
    told, _ = run(minutes(12))
    assert times(told) == [(0, 5), (5, 10), (10, 12)]
    assert [one.figures[OFTEN].count for one in told] == [20, 20, 8]


def test_a_trip_that_begins_ends_what_is_told_at_once_with_the_minute_before() -> None:
    told, _ = run([*minutes(3), *minutes(1)[:2], *minutes(2, stands=False), *minutes(6)])
    assert times(told) == [(0, 3), (3, 4), (4, 5), (5, 6), (6, 10), (10, 11.5)]


def test_a_private_minute_is_withheld_alone_and_ends_what_is_told_at_once() -> None:
    told, withheld = run([*minutes(2), Cell(private=True), *minutes(2)])
    assert times(told) == [(0, 2), (3, 4.25)]
    assert withheld == 1


def test_a_silence_ends_what_is_told_at_once_whether_the_grid_skipped_it_or_not() -> None:
    silent = [Cell(values=())] * 80
    skipped = [*minutes(2), Cell(silence=80), *minutes(1)]
    assert run([*minutes(2), *silent, Cell(), *minutes(1)]) == run(skipped)
    assert times(run(skipped)[0]) == [(0, 2), (22, 23.25)]


@pytest.mark.parametrize(("summary_min", "at_once"), [(1, 5), (3, 15), (5, 15), (10, 10), (60, 60)])
def test_long_minutes_are_told_at_once_up_to_a_quarter_of_an_hour(summary_min: int, at_once: int) -> None:
    told, _ = run(minutes(120), summary_min * MINUTE)
    assert {end - start for start, end in times(told)} == {at_once}


@pytest.mark.parametrize("stands", [True, False])
def test_what_is_slow_is_told_once_in_ten_minutes(stands: bool) -> None:
    told, _ = run(minutes(32, stands=stands))
    assert [one.started // MINUTE for one in told if SLOW in one.figures] == [0, 10, 20, 30]


def rested(hours: float, *, drives_at: Sequence[int] = ()) -> list[Period]:
    """The periods of a box that measures its supply each minute, beside a vehicle that drives in some of them."""
    signals = [*SIGNALS, Signal(VOLTS, "V", "S", "volts")]
    history = History(signals, grid_ns=MINUTE)
    subject = Summaries(history, minute_ns=MINUTE, often={OFTEN, VOLTS}, slow=set())
    told: list[Period] = []
    for minute in range(1, round(hours * 60) + 1):
        end = minute * MINUTE
        told += subject.begin(end)
        drives = [(end - 30 * S, 0, 50.0)] if minute in drives_at else []
        history.absorb(SignalBatch.of([*drives, (end - S, 2, 12.6)]), end)
        told += subject.look(end, stands=False)
    return told + subject.close(history.until)


def test_while_the_vehicle_sleeps_what_the_box_measures_is_told_once_an_hour() -> None:
    told = rested(10.0)
    assert len(told) == 10
    assert all(one.ended - one.started == 60 * MINUTE for one in told)
    assert [one.figures[VOLTS].count for one in told] == [60] * 10


def test_a_minute_in_use_is_told_by_itself_and_what_rested_before_it_first() -> None:
    told = rested(2.0, drives_at=(31, 32))
    assert [((one.ended - one.started) // MINUTE, OFTEN in one.figures) for one in told] == [
        (30, False), (1, True), (1, True), (60, False), (28, False),
    ]  # fmt: skip
    assert sum(one.figures[VOLTS].count for one in told) == 120
    assert all(one.ended == other.started for one, other in pairwise(told))
