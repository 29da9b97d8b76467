"""From healthy drives to a virtual sensor: a table of features, boosted trees, and a threshold from other drives."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor  # type: ignore[import-untyped]  # it ships no types

from edge.detect.card import Feature
from edge.errors import ConfigError
from edge.frames import NANOSECONDS
from models.recipe import Recipe
from models.replay import Recording, is_known, read_recording, windows

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """What the vehicle would have asked, and what it saw, over one replay."""

    time: Int64s
    """(N,) ns."""
    features: Float32s
    """(N, features)."""
    target: Float64s
    """(N,)."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A virtual sensor and what it was made from."""

    regressor: HistGradientBoostingRegressor
    features: tuple[Feature, ...]
    threshold: float
    rows: int
    calibration: Table
    calibration_rmse: float
    excesses: tuple[float, ...]
    """Largest excess that lasted, on each replay of the calibration drives."""


def tabulate(recipe: Recipe, recording: Recording, *, begin_s: float, every_s: float) -> Table:
    """A row every `every_s` where the model applies and everything is known."""
    step = max(round(every_s * NANOSECONDS / recipe.judging.grid_ns), 1)
    rows: list[tuple[int, list[float]]] = []
    replay = windows(recording, recipe.smoothings, grid_ns=recipe.judging.grid_ns, begin_s=begin_s)
    for cell, window in enumerate(replay):
        if cell % step or not all(guard.holds(window) for guard in recipe.when):
            continue
        values = [*(item.read(window) for item in recipe.features), window.value(recipe.target.path)]
        if is_known(values):
            rows.append((window.until, values))
    numbers = np.array([values for _, values in rows], np.float64).reshape(-1, len(recipe.features) + 1)
    return Table(np.array([time for time, _ in rows], np.int64), numbers[:, :-1].astype(np.float32), numbers[:, -1])


def tables(recipe: Recipe, files: Sequence[Path], *, every_s: float) -> list[Table]:
    """A table for every drive and every moment at which a daemon might have started in it, unless it holds no row.

    Raises:
        ConfigError: a file cannot be used, or all of them together hold no row.
    """
    every = (
        tabulate(recipe, recording, begin_s=begin_s, every_s=every_s)
        for recording in (read_recording(file, recipe.paths) for file in files)
        for begin_s in recipe.judging.begins_s
    )
    found = [table for table in every if len(table.time)]
    if not found:
        raise ConfigError(
            f"{len(files)} drives hold no moment at which the model applies",
            place="--drives",
            remedy="Give drives with the engine running",
        )
    return found


def train(recipe: Recipe, drives: Sequence[Path], calibration: Sequence[Path]) -> Trained:
    """Fit on `drives`; choose the threshold on `calibration`, which must be other ones.

    Raises:
        ConfigError: a file cannot be used, or is in both.
    """
    if shared := set(map(sha256_of, drives)) & set(map(sha256_of, calibration)):
        raise ConfigError(
            f"{len(shared)} drives are given for both", place="--calibration", remedy="Give drives not trained on"
        )
    learned = tables(recipe, drives, every_s=recipe.forest.sample_s)
    features = np.concatenate([table.features for table in learned])
    regressor = _fit(recipe, features, np.concatenate([table.target for table in learned]))
    held_out = tables(recipe, calibration, every_s=1.0)
    errors = [table.target - regressor.predict(table.features) for table in held_out]
    excesses = tuple(lasting_excess(table, error, recipe) for table, error in zip(held_out, errors, strict=True))
    low, high = features.min(axis=0).tolist(), features.max(axis=0).tolist()
    return Trained(
        regressor=regressor,
        features=tuple(item.feature(*ends) for item, *ends in zip(recipe.features, low, high, strict=True)),
        threshold=max(round(recipe.judging.margin * max(excesses), 1), recipe.judging.threshold_min),
        rows=len(features),
        calibration=_joined(held_out),
        calibration_rmse=float(np.sqrt(np.mean(np.concatenate(errors) ** 2))),
        excesses=excesses,
    )


def sha256_of(file: Path) -> str:
    """The hash of a file.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file, remedy="Check the path") from error


def _fit(recipe: Recipe, features: Float32s, target: Float64s) -> HistGradientBoostingRegressor:
    """Squared loss: Poisson loss is exported wrongly, and squared error asks for the mean that we want."""
    forest = recipe.forest
    return HistGradientBoostingRegressor(
        loss="squared_error",
        max_iter=forest.trees,
        max_leaf_nodes=forest.leaves,
        learning_rate=forest.learning_rate,
        min_samples_leaf=forest.rows_per_leaf,
        early_stopping=False,
        random_state=forest.seed,
    ).fit(features, target)


def lasting_excess(table: Table, excess: Float64s, recipe: Recipe) -> float:
    """The largest excess that was reached at every row of some stretch of `for_s`; 0 when there is no such stretch."""
    for_ns = round(recipe.judging.for_s * NANOSECONDS)
    best = 0.0
    first = 0
    for row, time in enumerate(table.time.tolist()):
        while time - table.time[first] > for_ns:
            first += 1
        stretch = excess[first : row + 1]
        if time - table.time[first] >= for_ns - NANOSECONDS:
            best = max(best, float(stretch.min()))
    return best


def _joined(parts: Iterable[Table]) -> Table:
    whole = list(parts)
    return Table(
        np.concatenate([part.time for part in whole]),
        np.concatenate([part.features for part in whole]),
        np.concatenate([part.target for part in whole]),
    )
