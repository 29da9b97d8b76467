"""Training: boosted trees on capped remaining life, judged only on units that they have not seen."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
from skl2onnx import to_onnx  # type: ignore[import-untyped]  # it ships no types
from sklearn.ensemble import HistGradientBoostingRegressor  # type: ignore[import-untyped]  # it ships no types
from sklearn.linear_model import RidgeCV  # type: ignore[import-untyped]
from sklearn.model_selection import GroupKFold  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]

from edge.detect.onnx import OnnxModel
from edge.detect.remaining_life import Band, interval
from edge.errors import ConfigError, ModelError
from models.export import OPSETS
from models.rul.recipe import RulRecipe, Trees
from models.rul.table import Units

Float64s = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

PARITY_ROWS: Final = 1_500
"""Of each of the five kinds."""
DIFFERENCE_MAX: Final = 1e-3
"""Cycles."""


class Regressor(Protocol):
    """What can be fitted and asked."""

    def fit(self, features: Float32s, target: Float64s) -> Any:
        """Learn."""

    def predict(self, features: Float32s) -> Float64s:
        """Answer, row by row."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Every cycle of every unit as a row."""

    features: Float32s
    target: Float64s
    """Cycles left, at most the cap."""
    unit: Integers
    """The unit's number in the table."""
    age: Float64s
    """Cycles since the unit's first."""


@dataclass(frozen=True, slots=True)
class TrainedRul:
    """What came out."""

    model: bytes
    """ONNX."""
    bands: tuple[Band, ...]
    evaluation: dict[str, Any]


def samples_of(units: Units, recipe: RulRecipe) -> Samples:
    """Rows with their capped remaining life: each unit's last cycle is its failure."""
    features = [unit.features(recipe.features) for unit in units.units]
    target = [np.minimum(unit.cycle[-1] - unit.cycle, recipe.cap) for unit in units.units]
    number = [np.full(len(unit.cycle), at) for at, unit in enumerate(units.units)]
    age = [unit.cycle - unit.cycle[0] for unit in units.units]
    return Samples(np.concatenate(features), np.concatenate(target), np.concatenate(number), np.concatenate(age))


def train_rul(units: Units, recipe: RulRecipe) -> TrainedRul:
    """Judge by cross-validation over units, then learn from all of them, export, and compare the two.

    Raises:
        ConfigError: fewer units than twice the folds.
        ModelError: the exported model answers otherwise than the one that was trained.
    """
    if len(units.units) < 2 * recipe.judging.folds:
        problem = f"has {len(units.units)} units; {recipe.judging.folds} folds need {2 * recipe.judging.folds}"
        raise ConfigError(problem, remedy="Give more units, or lower judging.folds")
    samples = samples_of(units, recipe)
    said = _unseen(samples, recipe, lambda: _trees(recipe.trees))
    bands = _bands(samples, said, np.ones(len(said), bool), recipe)
    regressor = _trees(recipe.trees).fit(samples.features, samples.target)
    _float32_splits(regressor)
    model = _onnx(regressor, samples.features[:1])
    parity = _parity(regressor, model, samples.features)
    return TrainedRul(model, bands, {"parity": parity, **_judged(samples, said, recipe)})


def _trees(trees: Trees) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        max_iter=trees.trees,
        max_leaf_nodes=trees.leaves,
        learning_rate=trees.learning_rate,
        min_samples_leaf=trees.rows_per_leaf,
        l2_regularization=trees.l2,
        early_stopping=False,
        random_state=trees.seed,
    )


def _folds(samples: Samples, recipe: RulRecipe) -> list[tuple[Integers, Integers]]:
    """Rows to learn from and rows to be asked; no unit is in both."""
    return list(GroupKFold(recipe.judging.folds).split(samples.features, samples.target, samples.unit))


def _unseen(samples: Samples, recipe: RulRecipe, make: Callable[[], Regressor]) -> Float64s:
    """What a model says of every row that never saw the row's unit."""
    said = np.empty(len(samples.target))
    for learned, asked in _folds(samples, recipe):
        said[asked] = make().fit(samples.features[learned], samples.target[learned]).predict(samples.features[asked])
    return np.clip(said, 0.0, recipe.cap)


def _bands(samples: Samples, said: Float64s, among: npt.NDArray[np.bool_], recipe: RulRecipe) -> tuple[Band, ...]:
    """Widths from the errors on unseen units, each unit weighing the same.

    Split-conformal quantiles (Vovk, Gammerman, Shafer: Algorithmic Learning in a Random World, 2005) over out-of-fold
    errors, in bands of equal count by what was said.
    """
    at, off = said[among], (samples.target - said)[among]
    weight = 1.0 / np.bincount(samples.unit)[samples.unit[among]]
    edges = np.unique(np.quantile(at, np.linspace(0.0, 1.0, recipe.judging.bands + 1)))
    place = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, max(len(edges) - 2, 0))
    tail = (1.0 - recipe.judging.coverage) / 2.0
    found: dict[float, Band] = {}
    for band in range(max(len(edges) - 1, 1)):
        mine = place == band
        if mine.any():
            middle = float(np.average(at[mine], weights=weight[mine]))
            low, high = _weighted_quantiles(off[mine], weight[mine], (tail, 1.0 - tail))
            found[round(middle, 3)] = Band(at=round(middle, 3), below=min(low, 0.0), above=max(high, 0.0))
    return tuple(found[at_] for at_ in sorted(found))


def _weighted_quantiles(values: Float64s, weights: Float64s, shares: tuple[float, ...]) -> list[float]:
    order = np.argsort(values)
    up_to = np.cumsum(weights[order]) / weights.sum()
    return [float(values[order][min(int(np.searchsorted(up_to, share)), len(values) - 1)]) for share in shares]


def _judged(samples: Samples, said: Float64s, recipe: RulRecipe) -> dict[str, Any]:
    """Errors and coverage on unseen units, at every cycle and at cuts, beside what is dumb."""
    cuts = _cuts(samples, recipe)
    simple = {
        "the model": said,
        "ridge on the same features": _unseen(samples, recipe, _ridge),
        "a line in age": _unseen(_only_age(samples), recipe, _ridge),
        "always the mean": _unseen(samples, recipe, _Mean),
    }
    covered, width = _coverage(samples, said, recipe)
    return {
        "units": int(samples.unit.max()) + 1,
        "rows": len(said),
        "cap": recipe.cap,
        "grouped_by": "unit",
        "folds": recipe.judging.folds,
        "cuts": len(cuts),
        "rmse": {
            name: {"every_cycle": _rmse(samples, word, slice(None)), "at_cuts": _rmse(samples, word, cuts)}
            for name, word in simple.items()
        },
        "interval": {
            "wanted": recipe.judging.coverage,
            "every_cycle": {"covered": round(float(covered.mean()), 4), "width": round(float(width.mean()), 2)},
            "at_cuts": {"covered": round(float(covered[cuts].mean()), 4), "width": round(float(width[cuts].mean()), 2)},
        },
    }


def _coverage(samples: Samples, said: Float64s, recipe: RulRecipe) -> tuple[npt.NDArray[np.bool_], Float64s]:
    """Whether each row's interval holds the truth, and its width; widths come from the units of the other folds."""
    covered, width = np.empty(len(said), bool), np.empty(len(said))
    for learned, asked in _folds(samples, recipe):
        among = np.zeros(len(said), bool)
        among[learned] = True
        lives = interval(said[asked], _bands(samples, said, among, recipe), recipe.cap)
        covered[asked] = (lives.lower <= samples.target[asked]) & (samples.target[asked] <= lives.upper)
        width[asked] = lives.upper - lives.lower
    return covered, width


def _cuts(samples: Samples, recipe: RulRecipe) -> Integers:
    """Rows at which histories are ended: drawn evenly over each unit's life from a cycle on, the last one left out."""
    rng = np.random.default_rng(recipe.trees.seed)
    found = []
    for unit in range(int(samples.unit.max()) + 1):
        rows = np.flatnonzero(samples.unit == unit)[:-1]
        late = rows[samples.age[rows] + 1 >= recipe.judging.cuts_from_cycle]
        if len(late):
            found.append(rng.choice(late, recipe.judging.cuts_per_unit))
    if not found:
        raise ConfigError("every unit is shorter", place="judging.cuts_from_cycle", remedy="Lower it")
    return np.concatenate(found)


def _rmse(samples: Samples, said: Float64s, rows: slice | Integers) -> float:
    return round(float(np.sqrt(np.mean((said[rows] - samples.target[rows]) ** 2))), 3)


class _Mean:
    """Says the same of everything."""

    def fit(self, _: Float32s, target: Float64s) -> "_Mean":
        self._mean = float(target.mean())
        return self

    def predict(self, features: Float32s) -> Float64s:
        return np.full(len(features), self._mean)


def _ridge() -> Regressor:
    return _Known(make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 7))))


class _Known:
    """A model that takes no unknowns gets 0 for them: it is only there to be compared with."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def fit(self, features: Float32s, target: Float64s) -> "_Known":
        self._model.fit(np.nan_to_num(features.astype(np.float64)), target)
        return self

    def predict(self, features: Float32s) -> Float64s:
        said: Float64s = self._model.predict(np.nan_to_num(features.astype(np.float64)))
        return said


def _only_age(samples: Samples) -> Samples:
    age = samples.age[:, None].astype(np.float32)
    return Samples(age, samples.target, samples.unit, samples.age)


def _float32_splits(regressor: HistGradientBoostingRegressor) -> None:
    """Round each split down to float32, in place: no float32 feature changes sides, and ONNX keeps it as it is."""
    for (tree,) in regressor._predictors:  # noqa: SLF001 - scikit-learn has no public way to a split
        exact = tree.nodes["num_threshold"]
        near = exact.astype(np.float32)
        down = np.where(near.astype(np.float64) > exact, np.nextafter(near, np.float32(-np.inf)), near)
        tree.nodes["num_threshold"] = down


def _onnx(regressor: HistGradientBoostingRegressor, sample: Float32s) -> bytes:
    with warnings.catch_warnings():
        # skl2onnx hands protobuf booleans where it wants integers; protobuf 7 refuses them, hence our `protobuf<7`.
        warnings.filterwarnings("ignore", "Field onnx.AttributeProto.ints", DeprecationWarning)
        model = to_onnx(regressor, sample, name="remaining_life", target_opset=OPSETS)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _parity(regressor: HistGradientBoostingRegressor, model: bytes, seen: Float32s) -> dict[str, Any]:
    """Ask both the same rows: seen, within range, out of range, unknown, a thousand times too large.

    Raises:
        ModelError: they differ by more than DIFFERENCE_MAX.
    """
    rng = np.random.default_rng(0)
    some = seen[rng.choice(len(seen), PARITY_ROWS)]
    low, high = np.nanmin(seen, axis=0), np.nanmax(seen, axis=0)
    wide = high - low
    rows = np.concatenate(
        [
            some,
            rng.uniform(low, high, some.shape),
            rng.uniform(low - 2 * wide, high + 2 * wide, some.shape),
            np.where(rng.random(some.shape) < 0.3, np.nan, some),
            some * 1000.0,
        ]
    ).astype(np.float32)
    theirs = OnnxModel(model, rows.shape[1], "the exported model").answers(rows).astype(np.float64)
    difference = float(np.abs(regressor.predict(rows) - theirs).max())
    if not difference <= DIFFERENCE_MAX:
        raise ModelError(
            f"the exported model differs by up to {difference:.3g} cycles on {len(rows)} rows. Do not use it; compare "
            "the versions of skl2onnx and scikit-learn"
        )
    return {"rows": len(rows), "difference": float(f"{difference:.2g}")}
