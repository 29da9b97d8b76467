"""Figures of periods and trips come from one pass over the samples, and are those of what came within each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.figures import Ledger, Totals

ALL = np.array([0, 1, 1])


def figures_of(totals: Totals, slot: int = 1) -> tuple[float, float, float, float, int] | None:
    found = totals.figures(slot, "V")
    return None if found is None else (found.min, found.max, found.mean, found.last, found.count)


def test_a_period_has_what_came_within_it() -> None:
    ledger = Ledger(3)
    ledger.add(ALL, np.array([1.0, 2.0, 4.0]))
    period = ledger.close_period()
    assert figures_of(period) == (2.0, 4.0, 3.0, 4.0, 2)
    assert figures_of(period, 2) is None
    assert figures_of(ledger.close_period()) is None
    assert list(ledger.heard) == [1, 2, 0]


def test_a_trip_goes_through_periods_and_has_no_more_than_itself() -> None:
    ledger = Ledger(2)
    ledger.add(np.array([1]), np.array([100.0]))
    ledger.begin_trip()
    ledger.add(np.array([1]), np.array([2.0]))
    assert figures_of(ledger.close_period()) == (2.0, 100.0, 51.0, 2.0, 2)
    ledger.add(np.array([1]), np.array([4.0]))
    assert figures_of(ledger.close_trip()) == (2.0, 4.0, 3.0, 4.0, 2)
    assert figures_of(ledger.close_period()) == (4.0, 4.0, 4.0, 4.0, 1)


@pytest.mark.parametrize(("goes_on", "figures"), [(False, (2.0, 2.0, 2.0, 2.0, 1)), (True, (0.0, 2.0, 1.0, 0.0, 2))])
def test_a_pause_counts_only_if_the_trip_goes_on(goes_on: bool, figures: tuple[float, ...]) -> None:
    ledger = Ledger(2)
    ledger.begin_trip()
    ledger.add(np.array([1]), np.array([2.0]))
    ledger.pause_trip()
    ledger.add(np.array([1]), np.array([0.0]))
    if goes_on:
        ledger.resume_trip()
    assert figures_of(ledger.close_trip()) == figures


def test_without_a_trip_there_are_no_figures_of_one() -> None:
    ledger = Ledger(2)
    ledger.add(np.array([1]), np.array([2.0]))
    assert figures_of(ledger.close_trip()) is None


@given(values=st.lists(st.integers(-1000, 1000), min_size=1, max_size=50), cuts=st.sets(st.integers(0, 50)))
def test_a_trip_is_the_same_however_periods_cut_it(values: list[int], cuts: set[int]) -> None:
    whole, cut = Ledger(2), Ledger(2)
    whole.begin_trip()
    cut.begin_trip()
    for place, value in enumerate(values):
        for ledger in (whole, cut):
            ledger.add(np.array([1]), np.array([float(value)]))
        if place in cuts:
            cut.close_period()
    assert figures_of(cut.close_trip()) == figures_of(whole.close_trip())
