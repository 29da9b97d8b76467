"""A model package: `model.onnx`, and `card.json` with everything that the vehicle and people need to know of it."""

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from edge.detect.card import CARD, Card, load_card
from edge.detect.onnx import OnnxModel
from edge.errors import ConfigError
from models.export import Parity
from models.recipe import Recipe
from models.training import Trained, sha256_of

MODEL: Final = "model.onnx"
GOLDEN_ROWS: Final = 8
GOLDEN_TOLERANCE: Final = 1e-3
LIBRARIES: Final = ("numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx")
ROOT: Final = Path(__file__).resolve().parent.parent
CODE: Final = ("models/*.py", "edge/history.py", "edge/detect/card.py", "edge/detect/onnx.py")
"""What decides, beside the recipe and the drives, what a model becomes."""


def write_package(
    folder: Path, recipe: Recipe, trained: Trained, content: bytes, parity: Parity, *, training: dict[str, Any]
) -> Card:
    """Write a package that has not been evaluated yet.

    Raises:
        ConfigError: the folder cannot be written.
    """
    card = {
        "schema": 1,
        "name": recipe.name,
        "kind": "virtual_sensor",
        "description": recipe.description,
        "licence": recipe.licence,
        "model_file": MODEL,
        "model_sha256": hashlib.sha256(content).hexdigest(),
        "target": recipe.target.model_dump(),
        "expected": recipe.expected.model_dump(),
        "features": [feature.model_dump() for feature in trained.features],
        "when": [guard.model_dump() for guard in recipe.when],
        "unknown": recipe.unknown,
        "threshold": trained.threshold,
        "clear": round(trained.threshold * recipe.judging.clear_share, 2),
        "for_s": recipe.judging.for_s,
        "notice": recipe.notice.model_dump(),
        "golden": _golden(trained, content),
        "golden_tolerance": GOLDEN_TOLERANCE,
        "training": training | _figures(trained, parity, len(content)),
        "evaluation": {},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL).write_bytes(content)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=folder, remedy="Name another --out") from error
    return _write_card(folder, card)


def add_evaluation(folder: Path, evaluation: dict[str, Any]) -> Card:
    """Put the figures of an evaluation on the card of a package.

    Raises:
        ModelError: there is no usable package.
        ConfigError: the card cannot be written.
    """
    card = load_card(folder).model_dump(mode="json", by_alias=True)
    return _write_card(folder, card | {"evaluation": evaluation})


def provenance(
    recipe: Recipe, recipe_file: Path, drives: Sequence[Path], calibration: Sequence[Path]
) -> dict[str, Any]:
    """What a model is made from: its drives with their hashes, its recipe, its code, its libraries."""
    return {
        "drives": {file.name: sha256_of(file) for file in drives},
        "calibration_drives": {file.name: sha256_of(file) for file in calibration},
        "simulator_seeds": {role: list(part.seeds) for role, part in recipe.drives.items()},
        "recipe_sha256": sha256_of(recipe_file),
        "code_sha256": code_hash(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def code_hash(root: Path = ROOT) -> str:
    """One hash of the files that make a model."""
    digest = hashlib.sha256()
    for file in sorted(path for pattern in CODE for path in root.glob(pattern)):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _figures(trained: Trained, parity: Parity, model_bytes: int) -> dict[str, Any]:
    return {
        "rows": trained.rows,
        "calibration_rmse": round(trained.calibration_rmse, 3),
        "calibration_excess_max": round(max(trained.excesses), 3),
        "model_bytes": model_bytes,
        "parity": {"rows": parity.rows, "difference_max": float(f"{parity.difference:.2g}"), "flips": parity.flips},
    }


def _golden(trained: Trained, content: bytes) -> list[dict[str, Any]]:
    """Rows of the calibration drives, far apart, with the exported model's own answers."""
    every = max(len(trained.calibration.time) // GOLDEN_ROWS, 1)
    rows = trained.calibration.features[::every][:GOLDEN_ROWS]
    answers = OnnxModel(content, rows.shape[1], MODEL).answers(rows)
    return [
        {"features": [float(value) for value in row], "answer": round(float(answer), 5)}
        for row, answer in zip(rows, answers, strict=True)
    ]


def _write_card(folder: Path, card: dict[str, Any]) -> Card:
    try:
        (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=folder / CARD, remedy="Make room") from error
    return load_card(folder)
