"""The two commands: from a table to a package, and from a package and a table to answers."""

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from edge.detect.remaining_life import CARD, MODEL, RemainingLifeCard, load_remaining_life
from edge.errors import ConfigError
from models.files import write_files
from models.rul.recipe import RulRecipe
from models.rul.table import read_units

COLUMNS = ("unit", "rul", "lower", "upper")


def make_rul(recipe: RulRecipe, recipe_file: Path, data: Path, out: Path) -> str:
    """Train on a run-to-failure table and write the package; its figures for people.

    Raises:
        ConfigError: the table or the folder cannot be used.
        ModelError: the exported model does not pass.
    """
    from models.rul.training import train_rul  # noqa: PLC0415 - who only asks a model needs no scikit-learn

    columns = recipe.columns
    units = read_units(data, unit=columns.unit, cycle=columns.cycle, sensors=columns.sensors)
    trained = train_rul(units, recipe)
    card = RemainingLifeCard(
        name=recipe.name,
        description=recipe.description,
        licence=recipe.licence,
        unit=columns.unit,
        cycle=columns.cycle,
        sensors=units.sensors,
        plan=recipe.features,
        cap=recipe.cap,
        coverage=recipe.judging.coverage,
        bands=trained.bands,
        model_sha256=hashlib.sha256(trained.model).hexdigest(),
        training={
            "data": {"file": data.name, "sha256": _sha256(data)},
            "recipe": {"file": recipe_file.name, "sha256": _sha256(recipe_file)},
            "model_bytes": len(trained.model),
        },
        evaluation=trained.evaluation,
    )
    write_files(out, {MODEL: trained.model, CARD: f"{card.model_dump_json(indent=1)}\n".encode()})
    return figures(card)


def predict_rul(package: Path, data: Path, out: Path) -> str:
    """Say of each unit how many cycles are left after its last one; CSV with COLUMNS, in the table's order of units.

    Raises:
        ConfigError: the table or the file cannot be used.
        ModelError: the package cannot be used.
    """
    model = load_remaining_life(package)
    card = model.card
    units = read_units(data, unit=card.unit, cycle=card.cycle, sensors=card.sensors).units
    lives = model.of(np.stack([unit.features(card.plan)[-1] for unit in units]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for unit, *cycles in zip(units, lives.middle, lives.lower, lives.upper, strict=True):
        writer.writerow([unit.name, *(f"{number:.2f}" for number in cycles)])
    if out.suffix != ".csv":
        raise ConfigError("is no .csv file", file=out, place="--out", remedy="Name one that ends in .csv")
    write_files(out.parent, {out.name: text.getvalue().encode()})
    return f"{len(units)} units\n"


def figures(card: RemainingLifeCard) -> str:
    """What the model is worth, for people, as Markdown."""
    judged = card.evaluation
    rows = f"{judged['rows']} cycles of {judged['units']} units in {judged['folds']} folds by {judged['grouped_by']}"
    lines = [
        f"{rows}; cycles left, at most {judged['cap']:g}; {judged['cuts']} cuts.",
        "",
        "| on units that it has not seen | RMSE, every cycle | RMSE, at cuts |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {row['every_cycle']:.2f} | {row['at_cuts']:.2f} |" for name, row in judged["rmse"].items()]
    lines.append("")
    lines += [_interval(judged["interval"], place, words) for place, words in PLACES.items()]
    parity = judged["parity"]
    lines.append(f"ONNX against scikit-learn: {parity['rows']} rows, at most {parity['difference']:g} cycles apart.")
    return "\n".join(lines) + "\n"


PLACES = {"every_cycle": "at every cycle", "at_cuts": "at cuts"}


def _interval(interval: dict[str, Any], place: str, words: str) -> str:
    found = interval[place]
    return (
        f"The interval for {interval['wanted']:.0%} holds the truth in {found['covered']:.1%} {words}, "
        f"{found['width']:.1f} cycles wide on average."
    )


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
