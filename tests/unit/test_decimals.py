"""Rows of numbers as text: what is read again is what was written, to the last decimal."""

import math
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.decimals import DECIMALS_MAX, SIZE_MAX, Lines

NUMBERS = st.one_of(
    st.floats(-SIZE_MAX, SIZE_MAX, exclude_min=True, exclude_max=True),
    st.floats(-200.0, 200.0),
    st.integers(-(10**7), 10**7).map(lambda number: number / 100.0),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -SIZE_MAX]),
)


def lines(rows: list[list[float]], decimals: list[int]) -> list[list[str]]:
    text = Lines(decimals).format(np.array(rows))
    assert text.endswith(b"\n")
    return [line.split(",") for line in text.decode("ascii").split("\n")[:-1]]


def expected(number: float, decimals: int) -> str:
    """What the number is, rounded, by exact arithmetic."""
    if not abs(number) < SIZE_MAX:
        return ""
    rounded = Decimal(float(np.rint(number * 10.0**decimals))).scaleb(-decimals)
    text = f"{rounded.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


@given(
    st.integers(1, 5).flatmap(
        lambda columns: st.tuples(
            st.lists(st.integers(0, DECIMALS_MAX), min_size=columns, max_size=columns),
            st.lists(st.lists(NUMBERS, min_size=columns, max_size=columns), min_size=1, max_size=6),
        )
    )
)
@example(
    ([0, 1, 2, 3, 4], [[99999.4, 99999.96, -0.001, -100000.0, 9999999998.99999], [0.0, 0.05, 9.995, 100000.0, 0.0]])
)
def test_every_number_is_written_as_it_is(table: tuple[list[int], list[list[float]]]) -> None:
    decimals, rows = table
    assert lines(rows, decimals) == [[expected(*pair) for pair in zip(row, decimals, strict=True)] for row in rows]


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=2, max_size=8), st.integers(1, 7))
def test_the_text_does_not_depend_on_how_rows_are_cut(rows: list[list[float]], cut: int) -> None:
    made = Lines([2, 0, 3])
    whole = made.format(np.array(rows))
    parts = [part for part in (rows[:cut], rows[cut:]) if part]
    assert b"".join(made.format(np.array(part)) for part in parts) == whole


def test_no_rows_are_no_text() -> None:
    assert Lines([1, 2]).format(np.empty((0, 2))) == b""


@pytest.mark.parametrize("number", [0.3, 1.1, 89.95, 13.801, 3600.7])
def test_a_number_that_was_written_is_read_as_the_same_number(number: float) -> None:
    [[text]] = lines([[number]], [4])
    assert float(text) == number
