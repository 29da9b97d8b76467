"""From scikit-learn to ONNX, and the gate before a file may ship: the same answers, the same alarms."""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from skl2onnx import to_onnx  # type: ignore[import-untyped]  # it ships no types

from edge.detect.onnx import OnnxModel
from edge.errors import ModelError
from models.training import Trained

Float32s = npt.NDArray[np.float32]

OPSETS: Final = {"": 18, "ai.onnx.ml": 3}
"""Of 2022: what every onnxruntime that we allow can run."""
MODEL_BYTES_MAX: Final = 100_000
ROWS_EACH: Final = 2_000
DIFFERENCE_MAX: Final = 1e-3
"""In the unit of the target; two float32 sums of the same leaves differ by far less."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How the exported model compares with the one that was trained."""

    rows: int
    difference: float
    """Largest difference of two answers."""
    flips: int
    """Rows on which one of the two would find something and the other not."""


def to_bytes(trained: Trained) -> bytes:
    """The trained regressor as an ONNX file.

    Raises:
        ModelError: it is larger than a box should have to load.
    """
    sample = trained.calibration.features[:1]
    with warnings.catch_warnings():
        # skl2onnx hands protobuf booleans where it wants integers; protobuf 7 refuses them, hence our `protobuf<7`.
        warnings.filterwarnings("ignore", "Field onnx.AttributeProto.ints", DeprecationWarning)
        model = to_onnx(trained.regressor, sample, name="virtual_sensor", target_opset=OPSETS)
    content: bytes = model.SerializeToString(deterministic=True)
    if len(content) > MODEL_BYTES_MAX:
        raise ModelError(
            f"the model has {len(content)} bytes, at most {MODEL_BYTES_MAX} may ship. Use fewer trees or leaves"
        )
    return content


def check_parity(trained: Trained, content: bytes) -> Parity:
    """Ask both models the same rows: seen, within range, out of range, unknown, and a thousand times too large.

    Raises:
        ModelError: an answer differs by more than DIFFERENCE_MAX, or an alarm flips.
    """
    rng = np.random.default_rng(0)
    seen_at = rng.choice(len(trained.calibration.time), min(ROWS_EACH, len(trained.calibration.time)), replace=False)
    seen = trained.calibration.features[seen_at]
    rows = np.concatenate([seen, *_strange(trained, seen, rng)])
    ours = trained.regressor.predict(rows)
    theirs = OnnxModel(content, rows.shape[1], "the exported model").answers(rows).astype(np.float64)
    observed = trained.calibration.target[rng.integers(0, len(trained.calibration.time), len(rows))]
    observed[: len(seen)] = trained.calibration.target[seen_at]
    flips = (observed - ours > trained.threshold) != (observed - theirs > trained.threshold)
    parity = Parity(len(rows), float(np.abs(ours - theirs).max()), int(flips.sum()))
    if parity.difference > DIFFERENCE_MAX or parity.flips:
        raise ModelError(
            f"the exported model differs by up to {parity.difference:.3g} and flips {parity.flips} alarms on "
            f"{parity.rows} rows. Do not ship it; compare the versions of skl2onnx and scikit-learn"
        )
    return parity


def _strange(trained: Trained, seen: Float32s, rng: np.random.Generator) -> list[Float32s]:
    """Rows from the whole range, from far outside of it, with unknowns, and with wrong units."""
    low = np.array([feature.low for feature in trained.features])
    high = np.array([feature.high for feature in trained.features])
    width = high - low
    shape = (ROWS_EACH, len(low))
    unknown = np.where(rng.random(seen.shape) < 0.3, np.float32(np.nan), seen)
    return [
        rng.uniform(low, high, shape).astype(np.float32),
        rng.uniform(low - 2 * width, high + 2 * width, shape).astype(np.float32),
        unknown.astype(np.float32),
        (seen * np.float32(1000.0)).astype(np.float32),
    ]
