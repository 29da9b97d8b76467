"""What experts are asked with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from edge.detect.sensors.features import Features
from edge.detect.sensors.plan import Plan
from tests.unit.edge.sensors.world import COOLANT, ENGINE, SPEED, drive, plan

values = st.one_of(st.just(float("nan")), st.floats(-1e4, 1e4))
trips = arrays(np.float64, st.tuples(st.integers(1, 12), st.just(4)), elements=values)


@given(trips, trips)
def test_copies_side_by_side_are_as_if_each_had_come_alone(one: np.ndarray, other: np.ndarray) -> None:
    rows = min(len(one), len(other))
    together, first, second = Features(plan(), (2,)), Features(plan()), Features(plan())
    for row, another in zip(one[:rows], other[:rows], strict=True):
        both = together.step(np.stack([row, another]))
        np.testing.assert_array_equal(both, np.stack([first.step(row), second.step(another)]))


@given(trips)
def test_an_expert_sees_nothing_of_its_own_signal_but_how_the_trip_began(rows: np.ndarray) -> None:
    changed = rows.copy()
    changed[1:, SPEED] = 77.0
    mine = plan().columns_of(SPEED)
    one, other = Features(plan()), Features(plan())
    for row, another in zip(rows, changed, strict=True):
        np.testing.assert_array_equal(one.step(row)[mine], other.step(another)[mine])


def test_a_mean_weighs_by_age_and_leaves_out_what_is_unknown() -> None:
    features = Features(plan())
    rows = drive(50, seed=1)
    rows[10:20, SPEED] = np.nan
    for row in rows:
        columns = features.step(row)
    age = np.arange(len(rows))[::-1]
    known = ~np.isnan(rows[:, SPEED])
    weight = np.exp(-age[known] / 20.0)
    wanted = (weight * rows[known, SPEED]).sum() / weight.sum()
    assert features.aligned[SPEED] == pytest.approx(wanted)
    assert np.float32(wanted) in columns


def test_what_was_never_heard_is_unknown_and_not_zero() -> None:
    features = Features(plan())
    rows = drive(30, seed=1)
    rows[:, COOLANT] = np.nan
    for row in rows:
        columns = features.step(row)
    of_coolant = plan().columns_with(COOLANT)
    assert np.isnan(columns[of_coolant]).all()
    assert not np.isnan(np.delete(columns, of_coolant)).any()


def test_only_experts_of_slow_signals_see_how_the_trip_began_and_long_means() -> None:
    assert len(plan().columns_of(COOLANT)) > len(plan().columns_of(SPEED))
    assert max(plan().columns_of(COOLANT)) == plan().width - 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"running": {"path": "Vehicle.Nothing", "above": 1.0}}, "not among the channels"),
        ({"fast_s": (5.0, 60.0)}, "lacks 20"),
        (
            {"combinations": [{"kind": "product", "of": ["Vehicle.Speed", f"{ENGINE}.MAP"], "geared": [1.0, 1.0]}]},
            "only a quotient can be geared",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_reason(change: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        plan(**change)


def test_a_plan_survives_being_written() -> None:
    assert Plan.model_validate(plan().model_dump(mode="json")) == plan()
