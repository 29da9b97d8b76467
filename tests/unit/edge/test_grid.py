"""The grid: cells close when every bus has passed them, and never depend on batching."""

import itertools
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.frames import Frame, FrameBatch
from edge.grid import GAP_NS, Cells, Grid

MS = 1_000_000
S = 1000 * MS
GRID = 100 * MS
WAIT = 200 * MS


def grid(*live: bool) -> Grid:
    return Grid(live or (False,), grid_ns=GRID, wait_ns=WAIT)


def batch(*times_ms: int, bus: str = "can0", until_ms: int | None = None) -> FrameBatch:
    until = None if until_ms is None else until_ms * MS
    return FrameBatch.of([Frame(time * MS, 0x100, b"\x01", bus) for time in times_ms], buses=[bus], until=until)


def told(cells: Cells | None) -> list[tuple[int, list[int]]]:
    """(end in ms, times in ms of its frames)"""
    if cells is None:
        return []
    edges = [0, *cells.rows]
    times = (cells.frames.time // MS).tolist()
    return [(end // MS, times[edges[i] : edges[i + 1]]) for i, end in enumerate(cells.ends)]


def test_a_cell_is_half_open_and_closes_when_the_bus_has_passed_it() -> None:
    one = grid()
    one.offer(0, batch(10, 99), 0)
    assert told(one.close(0)) == []
    one.offer(0, batch(100), 0)
    assert told(one.close(0)) == [(100, [10, 99])]
    one.offer(0, batch(350), 0)
    assert told(one.close(0)) == [(200, [100]), (300, [])]


def test_the_end_of_every_source_closes_the_last_cell() -> None:
    one = grid()
    one.offer(0, batch(10, 120), 0)
    one.end(0)
    assert one.over
    assert told(one.close(0)) == [(100, [10]), (200, [120])]
    assert one.close(0) is None


def test_an_empty_batch_moves_time_on_a_silent_bus() -> None:
    one = grid(True)
    one.offer(0, batch(10), 0)
    one.offer(0, FrameBatch.empty(["can0"], 300 * MS), 0)
    assert told(one.close(0)) == [(100, [10]), (200, []), (300, [])]


def test_two_buses_are_merged_by_time_and_the_slower_one_is_waited_for() -> None:
    two = grid(False, False)
    two.offer(0, batch(10, 30, 110, bus="can0"), 0)
    assert two.close(10 * S) is None, "a recording is waited for, however long it takes"
    two.offer(1, batch(20, 30, 150, bus="can1"), 0)
    cells = two.close(0)
    assert told(cells) == [(100, [10, 20, 30, 30])]
    assert cells is not None
    assert [cells.frames.buses[index] for index in cells.frames.bus] == ["can0", "can1", "can0", "can1"]


def test_a_live_bus_that_hangs_is_waited_for_only_so_long_and_its_late_frames_count_later() -> None:
    two = grid(True, True)
    two.offer(0, batch(10, bus="can0"), 0)
    two.offer(1, batch(10, bus="can1"), 0)
    two.offer(0, batch(250, bus="can0"), 100 * MS)
    assert two.close(150 * MS) is None
    assert told(two.close(201 * MS)) == [(100, [10, 10]), (200, [])]
    two.offer(1, batch(60, 280, bus="can1"), 210 * MS)
    two.offer(0, batch(310, bus="can0"), 210 * MS)
    two.offer(1, batch(320, bus="can1"), 210 * MS)
    assert told(two.close(210 * MS)) == [(300, [200, 250, 280])]
    assert two.frames_late == 1


def test_a_bus_that_has_ended_holds_nobody_back() -> None:
    two = grid(False, False)
    two.offer(0, batch(10, 310), 0)
    two.end(1)
    assert [end for end, _ in told(two.close(0))] == [100, 200, 300]


def test_a_year_of_silence_is_skipped_and_counted() -> None:
    one = grid()
    year_ms = 365 * 86_400_000
    one.offer(0, batch(10, year_ms + 10), 0)
    one.end(0)
    cells = one.close(0)
    assert cells is not None
    assert len(cells.ends) == 1 + GAP_NS // GRID + 1
    assert one.cells_skipped == year_ms // 100 - 1 - GAP_NS // GRID
    assert cells.ends[-1] == (year_ms + 100) * MS
    assert cells.rows[-1] == 2


def _run(times: Sequence[int], cuts: Sequence[int]) -> list[tuple[int, list[int]]]:
    one = grid()
    seen: list[tuple[int, list[int]]] = []
    edges = [0, *cuts, len(times)]
    for first, last in itertools.pairwise(edges):
        if first < last:
            one.offer(0, batch(*times[first:last]), 0)
            seen += told(one.close(0))
    one.end(0)
    return seen + told(one.close(0))


@given(
    times=st.lists(st.integers(0, 2_000_000), min_size=1, max_size=40),
    cuts=st.sets(st.integers(1, 40), max_size=8),
)
def test_batching_changes_no_cell(times: list[int], cuts: set[int]) -> None:
    times.sort()
    once = _run(times, [])
    assert _run(times, sorted(cut for cut in cuts if cut < len(times))) == once
    assert sorted(time for _, cell in once for time in cell) == times, "no frame is lost"
    ends = [end for end, _ in once]
    assert ends == sorted(set(ends))
    assert all(end - 100 <= time < end for end, cell in once for time in cell)


@given(times=st.lists(st.integers(0, 5_000), min_size=1, max_size=30))
def test_rows_and_ends_agree(times: list[int]) -> None:
    times.sort()
    one = grid()
    one.offer(0, batch(*times), 0)
    one.end(0)
    cells = one.close(0)
    assert cells is not None
    assert cells.rows[-1] == len(times)
    assert bool(np.all(np.diff(cells.ends) == GRID))
