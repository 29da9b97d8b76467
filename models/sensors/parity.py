"""Parity: the exported node against the trees that were trained, on rows seen, strange, unknown and wrongly scaled."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge.detect.onnx import OnnxModel
from edge.errors import ModelError
from models.sensors.training import TrainedSensors

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]

ROWS_EACH: Final = 1_000
DIFFERENCE_MAX: Final = 1e-3
"""In spreads of the training."""
ALARMED: Final = 3.0
"""Standard errors from which on a miss counts as an alarm here."""


def check_sensors_parity(trained: TrainedSensors, content: bytes, seen: Float32s) -> dict[str, Any]:
    """How far the two are apart; `seen`: (rows, columns) of drives.

    Raises:
        ModelError: an answer differs by more than DIFFERENCE_MAX, or an alarm flips.
    """
    rng = np.random.default_rng(0)
    rows = _rows(seen[rng.choice(len(seen), min(ROWS_EACH, len(seen)), replace=False)], rng)
    ours = np.stack([one.trees.predict(rows[:, list(one.columns)]) for one in trained.experts], axis=1)
    model = OnnxModel(content, rows.shape[1], "the exported model", width=len(trained.experts))
    theirs = model.answers(rows).reshape(len(rows), -1).astype(np.float64)
    observed = rng.normal(size=(len(rows), ours.shape[1] // 2)) + np.array_split(ours, 2, axis=1)[0]
    flips = int((_alarms(ours, observed) != _alarms(theirs, observed)).sum())
    difference = float(np.abs(ours - theirs).max())
    if difference > DIFFERENCE_MAX or flips:
        raise ModelError(
            f"the exported model differs by up to {difference:.3g} and flips {flips} alarms on {len(rows)} rows. "
            "Do not ship it; compare the versions of onnx and scikit-learn"
        )
    return {"rows": len(rows), "difference_max": float(f"{difference:.2g}"), "flips": flips}


def _alarms(answers: Float64s, observed: Float64s) -> npt.NDArray[np.bool_]:
    value, error = np.array_split(answers, 2, axis=1)
    return np.abs(observed - value) > ALARMED * np.exp(error)


def _rows(seen: Float32s, rng: np.random.Generator) -> Float32s:
    """What was seen, from the whole range, far outside of it, with unknowns, and a thousand times too large."""
    low, high = np.nanmin(seen, axis=0), np.nanmax(seen, axis=0)
    width = high - low
    unknown = np.where(rng.random(seen.shape) < 0.3, np.float32(np.nan), seen)
    parts = [
        seen,
        rng.uniform(low, high, seen.shape),
        rng.uniform(low - 2.0 * width, high + 2.0 * width, seen.shape),
        unknown,
        seen * np.float32(1000.0),
    ]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])
