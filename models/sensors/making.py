"""The steps from drives to a package of virtual sensors."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge.detect.card import CARD
from edge.detect.onnx import OnnxModel
from edge.detect.sensors.card import SensorsCard, load_sensors_card
from edge.errors import ConfigError
from models.packages import LIBRARIES, MODEL, ROOT
from models.recordings import record, rows_file
from models.sensors.drives import read_drives
from models.sensors.looking import look_before_learning
from models.sensors.parity import check_sensors_parity
from models.sensors.recipe import SensorsRecipe
from models.sensors.remarks import remarks_on_card
from models.sensors.tables import sensors_text
from models.sensors.training import TrainedSensors, Trip, columns_of, kept_trips, train_sensors
from models.sensors.trees import one_node
from models.training import sha256_of

TRAINING: Final = "training"
GOLDEN_ROWS: Final = 8
GOLDEN_TOLERANCE: Final = 1e-3
CODE: Final = ("models/sensors/*.py", "models/one_node.py", "edge/detect/sensors/*.py", "edge/detect/onnx.py")
"""What decides, beside the recipe and the drives, what a package becomes."""


def make_sensors(
    recipe: SensorsRecipe, recipe_file: Path, sources: Sequence[str], out: Path, heard: Callable[[str], None]
) -> str:
    """Look at the drives, train, export, pass the parity gate, write the package; what came out, for people.

    `heard` is told what is wrong with the drives, before anything is trained.

    Raises:
        ConfigError: a source cannot be used, no drive is fit to learn from, or the folder cannot be written.
        ModelError: the exported model does not pass.
    """
    looked = look_before_learning(recipe.plan, kept_trips(recipe, trips_of(recipe, sources)), heard)
    trained = train_sensors(recipe, looked.trips)
    content = one_node(trained.experts, recipe.plan.width)
    seen = np.concatenate([columns_of(recipe.plan, trip)[0] for trip in looked.trips])
    parity = check_sensors_parity(trained, content, seen)
    training = {
        "hours": round(sum(len(told.trip.rows) for told in trained.told) / 3600.0, 2),
        "trips": len(trained.told),
        "remarks": remarks_on_card(looked.remarks),
        "error": _errors(recipe, trained),
        "model_bytes": len(content),
        "parity": parity,
        "sources": {_file_of(source): sha256_of(Path(_file_of(source, whole=True))) for source in sources},
        "recipe_sha256": sha256_of(recipe_file),
        "code_sha256": sensors_code_hash(),
        "libraries": {name: version(name) for name in LIBRARIES if name != "skl2onnx"},
    }
    write_sensors(out, Made(recipe, trained, content, seen), training)
    return sensors_text(load_sensors_card(out))


def build_sensors(
    recipe: SensorsRecipe, recipe_file: Path, drives: Path, out: Path, heard: Callable[[str], None], *, jobs: int
) -> str:
    """Everything from nothing: simulate the recipe's drives, and train on them; `heard`: see make_sensors.

    Raises:
        ConfigError: see the steps.
        ModelError: see the steps.
    """
    files = record_drives(recipe, drives, jobs=jobs)
    return make_sensors(recipe, recipe_file, [f"table:{file}" for file in files], out, heard)


def record_drives(recipe: SensorsRecipe, folder: Path, *, jobs: int) -> list[Path]:
    """Simulate the drives that a recipe learns from; their rows.

    Raises:
        ConfigError: it names none, or they cannot be simulated.
    """
    if TRAINING not in recipe.drives:
        remedy = "Add [drives.training] to the recipe, or train on tables with --data"
        raise ConfigError(f"{recipe.name} learns from no simulated drives", place="drives", remedy=remedy)
    record(recipe, folder, roles=(TRAINING,), jobs=jobs)
    return [rows_file(folder, TRAINING, seed) for seed in range(*recipe.drives[TRAINING].seeds)]


@dataclass(frozen=True, slots=True)
class Made:
    """What a package is written from."""

    recipe: SensorsRecipe
    trained: TrainedSensors
    content: bytes
    """ONNX."""
    seen: npt.NDArray[np.float32]
    """(rows, columns) of the drives."""


def write_sensors(out: Path, made: Made, training: dict[str, Any]) -> None:
    """Write the package.

    Raises:
        ConfigError: the folder cannot be written.
    """
    recipe, trained, content = made.recipe, made.trained, made.content
    card = {
        "schema": 1,
        "name": recipe.name,
        "kind": "sensors",
        "description": recipe.description,
        "licence": recipe.licence,
        "origin": recipe.origin,
        "model_file": MODEL,
        "model_sha256": hashlib.sha256(content).hexdigest(),
        "plan": recipe.plan.model_dump(mode="json"),
        "trained": [
            {"mean": round(float(mean), 6), "spread": round(float(spread), 6)}
            for mean, spread in zip(trained.trained.mean, trained.trained.spread, strict=True)
        ],
        "hours": recipe.hours.model_dump(),
        "false_per_hour": recipe.false_per_hour,
        "margin": recipe.margin,
        "unknown": recipe.unknown,
        "notice": recipe.notice.model_dump(mode="json"),
        "golden": _golden(content, made.seen, len(trained.experts)),
        "golden_tolerance": GOLDEN_TOLERANCE,
        "training": training,
        "evaluation": {},
    }
    SensorsCard.model_validate(card)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / MODEL).write_bytes(content)
        (out / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=out, remedy="Name another --out") from error


def sensors_code_hash(root: Path = ROOT) -> str:
    """One hash of the files that make a package."""
    digest = hashlib.sha256()
    for file in sorted(path for pattern in CODE for path in root.glob(pattern)):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _errors(recipe: SensorsRecipe, trained: TrainedSensors) -> dict[str, float]:
    """Median |error| of experts on trips that they had not seen, in the channel's unit."""
    channels = recipe.plan.channels
    misses = []
    for told in trained.told:
        observed = columns_of(recipe.plan, told.trip)[1]
        said = told.answers[:, : len(channels)] * trained.trained.spread + trained.trained.mean
        misses.append(np.abs(observed - said))
    medians = np.nanmedian(np.concatenate(misses), axis=0)
    return {channel.name: float(f"{median:.3g}") for channel, median in zip(channels, medians, strict=True)}


def _golden(content: bytes, seen: npt.NDArray[np.float32], width: int) -> list[dict[str, Any]]:
    """Rows far apart, some with unknowns, with the exported model's own answers."""
    rows = seen[:: max(len(seen) // GOLDEN_ROWS, 1)][:GOLDEN_ROWS].copy()
    rows[::2, ::7] = np.nan
    answers = OnnxModel(content, rows.shape[1], MODEL, width=width).answers(rows).reshape(len(rows), -1)
    return [
        {
            "columns": [None if np.isnan(value) else float(value) for value in row],
            "answers": [round(float(value), 6) for value in answer],
        }
        for row, answer in zip(rows, answers, strict=True)
    ]


def _file_of(source: str, *, whole: bool = False) -> str:
    file = source.partition(":")[2].partition("?")[0] if ":" in source else source
    return file if whole else Path(file).name


def trips_of(recipe: SensorsRecipe, sources: Sequence[str]) -> list[Trip]:
    """The trips of all sources, in order; of several, each trip's name begins with its file's."""
    return [
        replace(trip, name=f"{_file_of(source)}, {trip.name}") if len(sources) > 1 else trip
        for source in sources
        for trip in read_drives(source, recipe.plan.paths)
    ]
