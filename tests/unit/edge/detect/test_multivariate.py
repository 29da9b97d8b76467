"""Many sensors judged together: what is learned, what is unknown, and when an alarm begins and ends."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.detect.multivariate.kind import learn_kind
from edge.detect.multivariate.learned import LearnedState, learn
from edge.detect.multivariate.plan import WatchPlan
from edge.detect.multivariate.sliding import SlidingMeans, sliding_means
from edge.detect.multivariate.space import CHARTS, fit_space
from edge.detect.multivariate.watch import Watch
from edge.errors import ModelError

Float64s = npt.NDArray[np.float64]

PLAN = WatchPlan(window_rows=10, straying_max=2.0, explained=0.8, folds=4, margin=1.5, clear_share=0.6, hold_rows=5)
SENSORS = ("flow", "pressure", "warmth", "switch")
LEARNING = 200


def stretch(seed: int, rows: int = LEARNING) -> Float64s:
    """Flow and pressure go together, the warmth is another one at every start, the switch never moves."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=rows)
    flow = 32.0 + 0.5 * common + rng.normal(0.0, 0.1, rows)
    pressure = 2.0 + 0.1 * common + rng.normal(0.0, 0.02, rows)
    warmth = rng.uniform(20.0, 90.0) + rng.normal(0.0, 0.1, rows)
    return np.stack([flow, pressure, warmth, np.full(rows, 1.0)], axis=1)


KIND = learn_kind(SENSORS, [stretch(seed) for seed in range(5)], PLAN)
STATE = learn(stretch(10), KIND, PLAN)


def levels(rows: Float64s, state: LearnedState = STATE, plan: WatchPlan = PLAN) -> Float64s:
    watch = Watch(state, plan)
    return np.array([watch.step(row).level for row in rows])


def alarms(rows: Float64s, state: LearnedState = STATE, plan: WatchPlan = PLAN) -> list[bool]:
    watch = Watch(state, plan)
    return [watch.step(row).alarm for row in rows]


ROWS = st.lists(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)), min_size=3, max_size=3), min_size=1, max_size=30
)


@given(rows=ROWS, window=st.integers(2, 12))
def test_a_mean_is_of_the_known_rows_of_its_window_and_unknown_where_fewer_than_half_are(
    rows: list[list[float]], window: int
) -> None:
    whole = np.array(rows)
    means = sliding_means(whole, window)
    for at in range(len(whole)):
        last = whole[max(at - window + 1, 0) : at + 1]
        for place in range(3):
            known = last[:, place][~np.isnan(last[:, place])]
            if at + 1 < window or len(known) < window / 2:
                assert np.isnan(means[at, place])
            else:
                assert means[at, place] == pytest.approx(known.mean(), abs=1e-6)


@given(rows=ROWS, window=st.integers(2, 12), cut=st.integers(0, 30))
def test_a_mean_knows_nothing_of_what_comes_later(rows: list[list[float]], window: int, cut: int) -> None:
    whole = np.array(rows)
    early = sliding_means(whole[: max(cut, 1)], window)
    np.testing.assert_array_equal(sliding_means(whole, window)[: len(early)], early)


def test_an_infinite_value_is_unknown() -> None:
    means = SlidingMeans(1, 2)
    means.step(np.array([np.inf]))
    assert means.step(np.array([3.0]))[0] == 3.0


def test_a_sensor_whose_level_is_another_one_at_every_start_is_not_judged_and_neither_is_a_constant_one() -> None:
    assert KIND.judged == (True, True, False, False)
    assert KIND.straying[2] > PLAN.straying_max
    assert KIND.straying[3] == np.inf


def test_straying_is_the_deviation_of_levels_beside_that_within_by_hand() -> None:
    """Windows of two rows of 0, 2, 4 have means 1 and 3; so they spread by 1 about levels that are 2, 5 and 8."""
    rows = [np.array([[0.0], [2.0], [4.0]]) + 3.0 * at for at in range(3)]
    kind = learn_kind(("flow",), rows, PLAN.model_copy(update={"window_rows": 2, "straying_max": 4.0}))
    assert kind.straying == (3.0,)
    assert kind.space.scale.tolist() == [1.0]


def test_a_sensor_that_was_unknown_in_one_stretch_is_judged_by_the_others() -> None:
    stretches = [stretch(seed) for seed in range(5)]
    stretches[2][:, 0] = np.nan
    assert learn_kind(SENSORS, stretches, PLAN).judged == (True, True, False, False)


def test_what_is_not_judged_may_do_what_it_likes() -> None:
    rows = stretch(11)
    changed = rows.copy()
    changed[:, 2:] = [-40.0, np.nan]
    np.testing.assert_array_equal(levels(rows), levels(changed))


def test_one_stretch_says_nothing_of_a_kind() -> None:
    with pytest.raises(ModelError, match="2 or more"):
        learn_kind(SENSORS, [stretch(0)], PLAN)


def test_a_kind_without_a_sensor_that_keeps_its_level_is_refused() -> None:
    with pytest.raises(ModelError, match="no sensor keeps its level"):
        learn_kind(("warmth",), [stretch(seed)[:, 2:3] for seed in range(4)], PLAN)


def test_sensors_that_were_never_known_together_are_refused() -> None:
    first, second = stretch(0)[:, :2], stretch(1)[:, :2]
    first[:, 0] = np.nan
    second[:, 1] = np.nan
    third, fourth = stretch(2)[:, :2], stretch(3)[:, :2]
    third[:, 0] = np.nan
    fourth[:, 1] = np.nan
    with pytest.raises(ModelError, match="never known together"):
        learn_kind(("flow", "pressure"), [first, second, third, fourth], PLAN)


@given(departures=st.lists(st.lists(st.floats(-5.0, 5.0), min_size=2, max_size=2), min_size=1, max_size=8))
def test_t2_and_q_are_what_their_definitions_say(departures: list[list[float]]) -> None:
    """Two standardised sensors that go together: the component is their sum, what is left is their difference."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=500)
    healthy = np.stack([common + rng.normal(0.0, 0.3, 500), common + rng.normal(0.0, 0.3, 500)], axis=1)
    scale = np.sqrt((healthy**2).mean(axis=0))
    space = fit_space(healthy, scale, 0.8)
    away = np.array(departures)
    charts = space.charts(away)
    first, second = (away / scale).T
    correlation = float((healthy / scale).T[0] @ (healthy / scale).T[1] / 500)
    np.testing.assert_allclose(charts[:, 0], np.abs(first + second) / np.sqrt(2.0 * (1.0 + correlation)), atol=1e-9)
    np.testing.assert_allclose(charts[:, 1], np.abs(first - second) / np.sqrt(2.0), atol=1e-9)
    np.testing.assert_allclose(charts[:, 2], np.maximum(np.abs(first), np.abs(second)), atol=1e-12)
    assert charts.shape[1] == len(CHARTS)


def test_healthy_rows_of_another_stretch_hardly_alarm_and_a_loss_of_flow_does_until_it_is_over() -> None:
    rows = np.concatenate([stretch(10), stretch(12, 300)])
    rows[300:400, :2] -= [3.0, 0.6]
    alarmed = np.array(alarms(rows))[LEARNING:]
    assert alarmed[:100].mean() < 0.1
    assert alarmed[110:200].all()
    assert not alarmed[200 + PLAN.window_rows + PLAN.hold_rows + 5 :].all()


def test_two_sensors_that_no_longer_go_together_alarm_although_each_is_within_its_spread() -> None:
    """What a limit for each sensor cannot see: Q does."""
    away = KIND.space.scale * np.array([1.5, -1.5])
    shares = KIND.space.charts(away[None, :])[0] / STATE.limits
    assert shares[CHARTS.index("largest")] < 1.0 < shares[CHARTS.index("q")]


def test_an_alarm_names_the_sensor_that_is_farthest_out() -> None:
    rows = stretch(13, 40)
    rows[:, 1] += 2.0
    watch = Watch(STATE, PLAN)
    assert [watch.step(row).sensor for row in rows][-1] == "pressure"


@settings(max_examples=40)
@given(cut=st.integers(0, 120), seed=st.integers(0, 50))
def test_a_watch_judges_the_same_however_its_rows_arrive(cut: int, seed: int) -> None:
    rows = stretch(seed, 120)
    watch = Watch(STATE, PLAN)
    first = [watch.step(row).level for row in rows[:cut]]
    np.testing.assert_array_equal([*first, *(watch.step(row).level for row in rows[cut:])], levels(rows))


@given(bad=st.integers(0, 1))
def test_an_unknown_sensor_makes_the_level_unknown_and_not_zero(bad: int) -> None:
    rows = stretch(14, 40)
    rows[:, bad] = np.nan
    assert np.isnan(levels(rows)).all()


def test_what_is_unknown_neither_begins_an_alarm_nor_ends_one() -> None:
    broken = stretch(15, 60)
    broken[30:, :2] -= 5.0 * np.array([0.5, 0.1]) * 3.0
    gap = np.full((50, 4), np.nan)
    assert alarms(np.concatenate([broken, gap]))[-50:] == [True] * 50
    assert not any(alarms(np.concatenate([gap, gap])))


def test_a_known_sensor_that_is_far_out_alarms_although_the_other_is_unknown() -> None:
    rows = stretch(16, 40)
    rows[:, 0] -= 10.0
    rows[:, 1] = np.nan
    assert alarms(rows)[-1]


def test_an_alarm_is_held_and_then_over() -> None:
    """Flow by hand: beyond its limit for three rows, then where it was."""
    plan = PLAN.model_copy(update={"window_rows": 2, "hold_rows": 3})
    kind = learn_kind(SENSORS[:1], [stretch(seed)[:, :1] for seed in range(3)], plan)
    state = learn(stretch(10)[:, :1], kind, plan)
    rows = np.full((12, 1), state.centre[0])
    rows[4:6] -= 100.0
    assert alarms(rows, state, plan) == [False] * 4 + [True] * 3 + [True] * 3 + [False] * 2


def test_an_alarm_goes_on_above_the_clear_share_which_alone_begins_none() -> None:
    plan = PLAN.model_copy(update={"window_rows": 2, "hold_rows": 0})
    kind = learn_kind(SENSORS[:1], [stretch(seed)[:, :1] for seed in range(3)], plan)
    state = learn(stretch(10)[:, :1], kind, plan)
    limit = state.limits[CHARTS.index("largest")] * kind.space.scale[0]
    away = np.repeat([0.0, 0.8, 1.2, 0.8, 0.5], 4)
    alarmed = np.array(alarms((state.centre[0] + limit * away)[:, None], state, plan))
    assert not alarmed[:8].any()
    assert alarmed[11:16].all()
    assert not alarmed[18:].any()


def test_limits_are_of_pieces_that_the_centre_did_not_see_by_hand() -> None:
    """Of two pieces, one at 0 and one at 1, each lies 1 from the centre of the other; the whole centre is between."""
    plan = PLAN.model_copy(update={"window_rows": 2, "folds": 2, "margin": 1.5})
    kind = learn_kind(SENSORS[:1], [stretch(seed)[:, :1] for seed in range(3)], plan)
    state = learn(np.repeat([0.0, 1.0], 50)[:, None], kind, plan)
    assert state.limits[CHARTS.index("largest")] * kind.space.scale[0] == pytest.approx(1.5)
    assert state.centre[0] == pytest.approx(0.5)


@given(later=st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4))
def test_what_is_learned_is_kept_to_the_bit(later: list[float]) -> None:
    again = LearnedState.from_dict(json.loads(json.dumps(STATE.to_dict())))
    rows = np.concatenate([stretch(17, 30), [later]])
    np.testing.assert_array_equal(levels(rows, again), levels(rows))


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"centre": [1.0]},
        {"scale": [0.5, 0.0]},
        {"limits": [1.0, -1.0, 2.0]},
        {"limits": [1.0, float("nan"), 2.0]},
        {"axes": [[1.0, 0.0]]},
        {"variances": []},
        {"variances": [1.0, 1.0, 1.0]},
        {"places": [0, 9]},
        {"places": None},
        {"window_rows": 0},
        {"centre": ["x", "y"]},
    ],
)
def test_a_damaged_state_is_not_believed(change: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="Learn again"):
        LearnedState.from_dict({**STATE.to_dict(), **change})


@pytest.mark.parametrize("missing", ["sensors", "places", "window_rows", "centre", "limits"])
def test_a_state_that_lacks_a_part_is_not_believed(missing: str) -> None:
    kept = STATE.to_dict()
    del kept[missing]
    with pytest.raises(ModelError, match="damaged"):
        LearnedState.from_dict(kept)


@pytest.mark.parametrize("rows", [0, 5, 40])
def test_too_few_rows_teach_nothing(rows: int) -> None:
    with pytest.raises(ModelError, match="teach too little"):
        learn(stretch(1)[:rows], KIND, PLAN)


def test_rows_that_are_not_known_teach_nothing() -> None:
    rows = stretch(1)
    rows[100:, 0] = np.nan
    with pytest.raises(ModelError, match="teach too little"):
        learn(rows, KIND, PLAN)


def test_a_restless_machine_gets_wider_limits_than_a_calm_one() -> None:
    restless = stretch(18)
    restless[:, :2] += 0.5 * np.sin(np.arange(LEARNING) / 40.0)[:, None]
    calm = stretch(18)
    assert (learn(restless, KIND, PLAN).limits > learn(calm, KIND, PLAN).limits).all()


@pytest.mark.parametrize("level", [-100.0, 250.0])
def test_the_level_is_the_machines_own(level: float) -> None:
    """Another machine of the kind, whose flow is another one, is judged by its own."""
    state = learn(stretch(10) + level, KIND, PLAN)
    np.testing.assert_allclose(levels(stretch(19) + level, state), levels(stretch(19)), rtol=1e-6)


def test_a_machine_that_stands_still_while_it_is_learned_alarms_on_what_moves() -> None:
    still = np.tile(stretch(0)[:1], (LEARNING, 1))
    state = learn(still, KIND, PLAN)
    assert (state.limits > 0.0).all()
    moved = still.copy()
    moved[100:, 0] -= 1.0
    assert not any(alarms(moved, state)[:100])
    assert alarms(moved, state)[-1]
