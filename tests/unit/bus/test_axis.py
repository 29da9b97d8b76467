"""The axis of time of a live bus: whatever is done to the wall clock, it never jumps."""

from collections.abc import Callable, Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.bus.axis import PLAUSIBLE_NS, Axis, Clocks, read_clocks

S = 1_000_000_000
WALL = 1_790_000_000 * S
HOUR = 3600 * S


def ticking(values: list[int]) -> Callable[[], int]:
    left: Iterator[int] = iter(values)
    return lambda: next(left)


def placed(axis: Axis, stamps: list[int], realtime: int, monotonic: int) -> list[int]:
    times: list[int] = axis.place(np.array(stamps, np.int64), Clocks(realtime, monotonic)).tolist()
    return times


def test_stamps_of_the_wall_clock_become_times_since_boot() -> None:
    axis = Axis()
    assert placed(axis, [WALL, WALL + 5, WALL + 5], WALL + 10, 100 * S) == [100 * S - 10, 100 * S - 5, 100 * S - 5]
    assert axis.stamps_moved == 0


def test_a_clock_that_was_set_changes_nothing() -> None:
    axis = Axis()
    assert placed(axis, [WALL], WALL, 100 * S) == [100 * S]
    for jump in (HOUR, -2 * HOUR, -795_228_001 * S):
        assert placed(axis, [WALL + jump + S], WALL + jump + S, 101 * S) == [101 * S]
    assert axis.stamps_moved == 0


def test_a_clock_set_between_stamp_and_reading_costs_no_order() -> None:
    axis = Axis()
    placed(axis, [WALL], WALL, 100 * S)
    forward = placed(axis, [WALL + 1, WALL + 2], WALL + HOUR, 101 * S)  # they look an hour old
    backward = placed(axis, [WALL + HOUR + 1, WALL + HOUR + 2], WALL, 102 * S)  # they seem to come from the future
    slightly = placed(axis, [WALL - 3 * S], WALL, 103 * S)  # older than what was given already
    assert (forward, backward, slightly) == ([101 * S] * 2, [102 * S] * 2, [102 * S])
    assert axis.stamps_moved == 5


def test_stamps_of_another_clock_give_way_to_the_moment_of_the_reading() -> None:
    assert placed(Axis(), [17, 18], WALL, 100 * S) == [100 * S] * 2
    assert placed(Axis(), [WALL - PLAUSIBLE_NS], WALL, 100 * S) == [100 * S - PLAUSIBLE_NS]


def test_nothing_is_placed_before_a_promise() -> None:
    axis = Axis()
    assert axis.promise(50) == 50
    assert axis.promise(40) == 50
    assert placed(axis, [WALL - 5], WALL, 53) == [50]
    assert axis.promise(0) == 50


def test_no_frames_no_change() -> None:
    axis = Axis()
    assert placed(axis, [], WALL, 100 * S) == []
    assert axis.promise(0) == 0


DRAINS = st.lists(
    st.tuples(
        st.integers(-HOUR, HOUR),  # the clock is set before the drain
        st.integers(0, S),  # time that passes
        st.lists(st.integers(-2 * HOUR, S), max_size=5),  # how old the stamps look
        st.integers(-S, S),  # what is promised, against now
    ),
    max_size=20,
)


@given(DRAINS)
def test_it_never_goes_back_and_never_ahead(drains: list[tuple[int, int, list[int], int]]) -> None:
    axis = Axis()
    realtime, monotonic, last = WALL, 100 * S, 0
    for jump, passed, ages, promise in drains:
        realtime += jump + passed
        monotonic += passed
        times = placed(axis, [realtime + age for age in ages], realtime, monotonic)
        assert times == sorted(times)
        assert all(last <= time <= monotonic for time in times)
        last = axis.promise(min(monotonic + promise, monotonic))
        assert last >= max(times, default=0)


def test_of_torn_readings_of_the_clocks_the_tightest_counts() -> None:
    monotonic = ticking([0, 500, 1000, 1010, 2000, 2400])
    realtime = ticking([WALL, WALL + 1005, WALL + 2399])
    assert read_clocks(realtime, monotonic) == Clocks(WALL + 1005, 1005)
