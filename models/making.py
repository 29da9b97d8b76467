"""The steps from a recipe to a package that may ship, in their order."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from edge.detect.onnx import load_model
from edge.errors import ConfigError
from models.evaluation import Drive, candidates, judge_drive, summarise
from models.export import check_parity, to_bytes
from models.packages import add_evaluation, provenance, write_package
from models.recipe import Recipe
from models.recordings import record, rows_files
from models.tables import card_text
from models.training import sha256_of, train


def make(recipe: Recipe, recipe_file: Path, drives: Sequence[Path], calibration: Sequence[Path], out: Path) -> str:
    """Train, choose the threshold, export, pass the parity gate, write the package; its card for people.

    Raises:
        ConfigError: a drive cannot be used.
        ModelError: the exported model does not pass.
    """
    trained = train(recipe, drives, calibration)
    content = to_bytes(trained)
    parity = check_parity(trained, content)
    training = provenance(recipe, recipe_file, drives, calibration)
    return card_text(write_package(out, recipe, trained, content, parity, training=training))


def assess(recipe: Recipe, package: Path, healthy: Sequence[Path], leaks: Sequence[Path], *, jobs: int) -> str:
    """Judge a package on drives that its making never saw, and put the figures on its card.

    Raises:
        ConfigError: a drive cannot be used, or was used in the making.
        ModelError: the package cannot be used.
    """
    _refuse_known(package, [*healthy, *leaks])
    begins = recipe.judging.begins_s
    restarts = [begins[place % len(begins)] for place in range(len(healthy))]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        judge = partial(_judge, recipe, package)
        sound = list(pool.map(judge, healthy, restarts))
        leaking = list(pool.map(judge, leaks, [0.0] * len(leaks)))
    if not any(drive.driving_s for drive in sound):
        raise ConfigError("the engine runs in none of them", place="--healthy", remedy="Give drives with driving")
    names = [detector.name for detector in candidates(load_model(package))]
    return card_text(add_evaluation(package, summarise(sound, leaking, names)))


def build(recipe: Recipe, recipe_file: Path, drives: Path, out: Path, *, jobs: int) -> str:
    """Everything from nothing: simulate, train, evaluate.

    Raises:
        ConfigError: see the steps.
        ModelError: see the steps.
    """
    record(recipe, drives, jobs=jobs)
    training, calibration = rows_files(drives, recipe, "training"), rows_files(drives, recipe, "calibration")
    make(recipe, recipe_file, training, calibration, out)
    healthy, leaks = rows_files(drives, recipe, "healthy"), rows_files(drives, recipe, "leaks")
    return assess(recipe, out, healthy, leaks, jobs=jobs)


def _judge(recipe: Recipe, package: Path, file: Path, begin_s: float) -> Drive:
    return judge_drive(recipe, file, candidates(load_model(package), file.stem), begin_s=begin_s)


def _refuse_known(package: Path, files: Sequence[Path]) -> None:
    training: dict[str, Any] = load_model(package).card.training
    known = {*training.get("drives", {}).values(), *training.get("calibration_drives", {}).values()}
    for file in files:
        if sha256_of(file) in known:
            raise ConfigError("was used to make this model", file=file, remedy="Judge it on other drives")
