"""What one judgement of a model costs with onnxruntime and one thread: each that ships, as many experts at once as the
recipe for OBD-II asks for, and an isolation forest; its time, its loading, its memory."""

import json
import multiprocessing
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import (  # type: ignore[import-untyped]  # it ships no types
    HistGradientBoostingRegressor,
    IsolationForest,
)

from edge.detect.onnx import OnnxModel
from models.forest import forest_node
from models.recipe import RECIPES
from models.sensors.recipe import SensorsRecipe, load_sensors_recipe
from models.sensors.trees import Expert, one_node
from tests.bench.rows import Row
from tests.shared import ROOT

Float32s = npt.NDArray[np.float32]

JUDGEMENT_US: Final = 100.0
FOREST_US: Final = 20.0
LOAD_MS: Final = {"isolation forest": 20.0}
ALL_MB: Final = 40.0
"""Of all models of a car; each is held against the whole of it."""
ROWS: Final = 20_000
LOADS: Final = 5
RECIPE: Final = RECIPES / "obd_sensors.toml"
FOREST_FEATURES: Final = 10


def ask_models() -> Iterable[Row]:
    """Each in a process of its own, so that its memory is its own."""
    spawn = multiprocessing.get_context("spawn")
    for name, (content, width, targets) in _models().items():
        with spawn.Pool(1) as alone:
            yield from alone.apply(_rows_of, (name, content, width, targets))


def _models() -> dict[str, tuple[bytes, int, int]]:
    shipped = ROOT / "models" / "packages" / "coolant"
    card = json.loads((shipped / "card.json").read_text())
    recipe = load_sensors_recipe(RECIPE)
    width, targets = recipe.plan.width, 2 * len(recipe.plan.channels)
    return {
        "coolant": ((shipped / "model.onnx").read_bytes(), len(card["features"]), 1),
        f"{targets} experts": (_experts(recipe), width, targets),
        "isolation forest": (_forest(), FOREST_FEATURES, 1),
    }


def _experts(recipe: SensorsRecipe) -> bytes:
    """As many trees and leaves as the recipe has."""
    width, channels = recipe.plan.width, len(recipe.plan.channels)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(6000, width)).astype(np.float32)
    experts = []
    for target in range(2 * channels):
        size = recipe.training.value if target < channels else recipe.training.error
        regressor = HistGradientBoostingRegressor(max_iter=size.trees, max_leaf_nodes=size.leaves, early_stopping=False)
        wanted = rows[:, target] * rows[:, target + 1] + rng.normal(size=len(rows))
        experts.append(Expert(regressor.fit(rows, wanted), tuple(range(width))))
    return one_node(experts, width)


def _forest() -> bytes:
    rows = np.random.default_rng(0).normal(size=(20_000, FOREST_FEATURES)).astype(np.float32)
    return forest_node(IsolationForest(n_estimators=100, random_state=1).fit(rows), FOREST_FEATURES)


def _rows_of(name: str, content: bytes, width: int, targets: int) -> list[Row]:
    return list(_measured(name, content, width, targets))


def _measured(name: str, content: bytes, width: int, targets: int) -> Iterator[Row]:
    before, begun = _resident_mb(), time.perf_counter()
    model = OnnxModel(content, width, name, width=targets)
    first_ms = 1e3 * (time.perf_counter() - begun)
    rows = np.random.default_rng(1).normal(size=(ROWS, width)).astype(np.float32)
    model.answers(rows[:1])
    grown = _resident_mb() - before
    loads = [_load_ms(content, width, name, targets) for _ in range(LOADS)]
    took_us = [_ask_us(model, rows[number : number + 1]) for number in range(ROWS)]
    budget = FOREST_US if "forest" in name else JUDGEMENT_US
    for percentile in (50, 99):
        yield Row(
            f"{name}: judgement, p{percentile}", float(np.percentile(took_us, percentile)), "us", "budget", budget
        )
    yield Row(f"{name}: loaded", float(np.median(loads)), "ms", "the first load", first_ms)
    if name in LOAD_MS:
        yield Row(f"{name}: loaded, against the budget", float(np.median(loads)), "ms", "budget", LOAD_MS[name])
    yield Row(f"{name}: memory, onnxruntime included", grown, "MB", "budget", ALL_MB)


def _load_ms(content: bytes, width: int, name: str, targets: int) -> float:
    begun = time.perf_counter()
    OnnxModel(content, width, name, width=targets)
    return 1e3 * (time.perf_counter() - begun)


def _ask_us(model: OnnxModel, row: Float32s) -> float:
    begun = time.perf_counter()
    model.answers(row)
    return 1e6 * (time.perf_counter() - begun)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
