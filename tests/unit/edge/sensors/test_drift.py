"""A mean that moves is seen, one that does not is not, and months take no room."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.detect.sensors.drift import ALIKE, Drifts, Window
from edge.detect.sensors.limits import BLOCK_S

CERTAIN = np.array([2.0, 5.0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=400))
def test_what_is_kept_is_the_mean_of_the_last_values(values: list[float]) -> None:
    window = Window()
    for value in values:
        window.take(value)
    kept = values[-int(window.count) :]
    assert window.mean == pytest.approx(math.fsum(kept) / len(kept), abs=1e-9)
    assert len(window.buckets) <= (ALIKE + 1) * (2 + math.log2(len(values)))


def test_the_same_for_ever_has_not_changed() -> None:
    changes = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        window = Window()
        changes += sum(window.take(value) for value in np.clip(rng.normal(0.0, 0.08, 1500), -1.0, 1.0))
    assert changes <= 1, "of 20 vehicles in 250 hours each"


@pytest.mark.parametrize(("size", "within"), [(0.5, 40), (0.25, 120)])
def test_a_step_is_seen_and_what_came_before_forgotten(size: float, within: int) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        window = Window()
        for value in rng.normal(0.0, 0.08, 300):
            window.take(value)
        seen = [window.take(value) for value in rng.normal(size, 0.08, within)]
        assert any(seen)
        assert window.mean == pytest.approx(size, abs=0.08)


def driven(drifts: Drifts, hours: int, biases: tuple[float, float], seed: int) -> None:
    """So long, each ten minutes of each channel a mean of its own."""
    rng = np.random.default_rng(seed)
    for _ in range(6 * hours):
        misses = rng.normal(0.0, 0.3, 2) * CERTAIN + biases
        for _ in range(BLOCK_S):
            drifts.take(misses, np.array([True, True]), CERTAIN)


def test_a_signal_that_drifts_is_told_in_its_unit_and_the_other_is_not() -> None:
    drifts = Drifts(2)
    driven(drifts, 20, (0.0, 0.0), seed=1)
    assert np.isnan(drifts.drifted(CERTAIN)).all()
    for step in range(10):
        driven(drifts, 6, (0.5 * (step + 1), 0.0), seed=2 + step)
    found = drifts.drifted(CERTAIN)
    assert found[0] == pytest.approx(3.4, abs=0.7)
    assert np.isnan(found[1])


def test_what_is_not_judged_does_not_count() -> None:
    drifts = Drifts(2)
    for _ in range(3 * BLOCK_S):
        drifts.take(np.array([np.nan, 1.0]), np.array([False, True]), CERTAIN)
    assert [window.count for window in drifts.windows] == [0.0, 3.0]
