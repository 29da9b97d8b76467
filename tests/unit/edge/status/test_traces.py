"""Traces and the lines of them."""

import math
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from edge.status.traces import BARS, LENGTH, PLAIN_BARS, TRACES_MAX, Traces, sparkline

VALUES: Final = st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), max_size=100)


def test_a_line_goes_from_the_lowest_to_the_highest() -> None:
    assert sparkline([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8) == BARS
    assert sparkline([7.0, 0.0], 2, PLAIN_BARS) == "#_"


def test_unknown_is_a_gap_and_no_change_a_low_line() -> None:
    assert sparkline([1.0, None, 1.0], 5) == "  ▁ ▁"
    assert sparkline([None, None], 3) == "   "
    assert sparkline([], 3) == "   "


def test_what_does_not_fit_is_what_was_first() -> None:
    assert sparkline([100.0, 0.0, 1.0], 2) == "▁█"


@given(values=VALUES, width=st.integers(0, 40))
def test_a_line_is_as_wide_as_it_should_be_and_gaps_are_what_is_unknown(values: list[float | None], width: int) -> None:
    line = sparkline(values, width)
    shown = values[-width:] if width else []
    assert len(line) == width
    assert [letter == " " for letter in line[width - len(shown) :]] == [value is None for value in shown]
    drawn = zip(shown, line[width - len(shown) :], strict=True)
    known = sorted((value, BARS.index(letter)) for value, letter in drawn if value is not None)
    heights = [height for _, height in known]
    assert heights == sorted(heights), "what is higher is drawn no lower"


def test_a_minute_is_kept_and_what_was_unknown_all_the_time_is_not() -> None:
    traces = Traces()
    for second in range(2 * LENGTH):
        traces.take({"speed": float(second), "never": None, "infinite": math.inf})
    assert traces.of("speed") == tuple(float(second) for second in range(LENGTH, 2 * LENGTH))
    assert traces.of("never") == traces.of("infinite") == ()
    for _ in range(LENGTH - 1):
        traces.take({})
    assert traces.of("speed")[0] == 2.0 * LENGTH - 1
    traces.take({})
    assert traces.of("speed") == ()


def test_there_are_never_too_many() -> None:
    traces = Traces(length=2)
    for number in range(3 * TRACES_MAX):
        traces.take({f"signal {number}": 1.0})
    traces.take({f"other {number}": 1.0 for number in range(3 * TRACES_MAX)})
    kept = sum(bool(traces.of(f"other {number}")) for number in range(3 * TRACES_MAX))
    assert 0 < kept <= TRACES_MAX
