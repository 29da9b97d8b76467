"""An isolation forest as one node: the answers of scikit-learn, unknowns included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest  # type: ignore[import-untyped]  # it ships no types

from edge.detect.onnx import OnnxModel
from models.forest import Float32s, forest_node, scores_of, search_length

WIDTH = 6


def seen(rng: np.random.Generator, rows: int = 3000, unknown: float = 0.0) -> Float32s:
    drawn = rng.normal(size=(rows, WIDTH)) * rng.uniform(0.1, 100.0, WIDTH)
    return np.where(rng.random(drawn.shape) < unknown, np.nan, drawn).astype(np.float32)


def strange(rows: Float32s) -> list[Float32s]:
    """Rows seen, far outside, partly and wholly unknown, a thousand times too large."""
    holes = rows.copy()
    holes[::2, ::3] = np.nan
    return [rows, rows * 3, holes, np.full_like(rows[:1], np.nan), rows * np.float32(1000)]


@pytest.mark.parametrize("unknown", [0.0, 0.2], ids=["whole rows", "rows with unknowns"])
@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 2**16), trees=st.integers(1, 60), features=st.sampled_from([1.0, 0.5]))
def test_it_answers_what_the_forest_does_and_no_alarm_flips(
    unknown: float, seed: int, trees: int, features: float
) -> None:
    rng = np.random.default_rng(seed)
    learned = seen(rng, unknown=unknown)
    forest = IsolationForest(n_estimators=trees, max_features=features, random_state=seed).fit(learned)
    model = OnnxModel(forest_node(forest, WIDTH), WIDTH, "forest")
    limit = float(np.quantile(-forest.score_samples(learned), 0.99))
    for rows in strange(seen(rng, 200, unknown)):
        theirs, ours = -forest.score_samples(rows), scores_of(model, rows)
        assert ours == pytest.approx(theirs, abs=1e-5)
        apart = np.abs(theirs - limit) > 1e-5
        assert ((ours > limit) == (theirs > limit))[apart].all()


def test_what_is_far_from_all_others_scores_highest() -> None:
    rng = np.random.default_rng(3)
    learned = seen(rng)
    forest = IsolationForest(n_estimators=100, random_state=1).fit(learned)
    model = OnnxModel(forest_node(forest, WIDTH), WIDTH, "forest")
    scores = scores_of(model, np.concatenate([learned[:500], learned[:1] * 0 + 1e6]))
    assert scores.argmax() == 500
    assert np.median(scores) < 0.5


@pytest.mark.parametrize(("count", "length"), [(0, 0.0), (1, 0.0), (2, 1.0), (256, 10.244770920116851)])
def test_the_length_of_a_search_in_vain(count: int, length: float) -> None:
    assert search_length(np.array([count]))[0] == pytest.approx(length, rel=1e-12)
