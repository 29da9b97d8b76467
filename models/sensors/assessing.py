"""The evaluation as one command: its files, their hashes, its tables."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from edge.errors import ConfigError
from models.sensors.drives import read_drives
from models.sensors.evaluation import OURS, Heard, Outcome, evaluate_elsewhere, evaluate_sensors
from models.sensors.injections import FaultKind, Injections
from models.sensors.looking import look
from models.sensors.making import sensors_code_hash, trips_of
from models.sensors.recipe import SensorsRecipe, load_sensors_recipe
from models.sensors.remarks import Fate, remarks_table
from models.sensors.report import Score, by_kind, by_seed, table
from models.training import sha256_of


def assess_sensors(
    recipe_file: Path,
    injections_file: Path,
    sources: Sequence[str],
    elsewhere: str | None,
    heard: Heard,
    *,
    develop: bool,
) -> str:
    """Judge a recipe by rolling origin on the drives of one car, and on another car; tables for people.

    `sources`: the oldest drives first, since what judges is what comes after.
    `heard` is told how far it is, and what is wrong with the drives: those of the other car are taken as they are, as
    on the road.

    Raises:
        ConfigError: a file or a source cannot be used.
    """
    recipe, injections = load_sensors_recipe(recipe_file), load_injections(injections_file)
    outcome = evaluate_sensors(recipe, injections, trips_of(recipe, sources), develop=develop, heard=heard)
    files = ", ".join(f"{file.name} {sha256_of(file)[:16]}" for file in (recipe_file, injections_file))
    parts = [
        f"{'Drives to develop on' if develop else 'Drives opened once'}: {files}, code {sensors_code_hash()[:16]}.",
        _tables(recipe, outcome),
    ]
    if elsewhere is not None and outcome.experts is not None:
        others = read_drives(elsewhere, recipe.plan.paths)
        remarks = [replace(one, fate=Fate.TOLD) for one in look(recipe.plan, others).remarks]
        heard(f"another car:\n{remarks_table(remarks)}")
        parts += [
            "Another car:",
            _tables(recipe, evaluate_elsewhere(recipe, injections, outcome.experts, others, heard)),
        ]
    return "\n\n".join(parts) + "\n"


def load_injections(file: Path) -> Injections:
    """Which faults are tried.

    Raises:
        ConfigError: the file is missing, is not TOML, or does not say it.
    """
    try:
        return Injections.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file, remedy="Check --injections") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        remedy = "Compare with models/recipes/injections.toml"
        raise ConfigError(first["msg"], file=file, place=place, remedy=remedy) from error
    except ValueError as error:
        raise ConfigError(f"is not TOML: {error}", file=file, remedy="Mend that line") from error


def _tables(recipe: SensorsRecipe, outcome: Outcome) -> str:
    names = [channel.name for channel in recipe.plan.channels]
    ours = outcome.scores[OURS]
    alerts = [f"{name} {count}" for number, name in enumerate(names) if (count := ours.alerts.count(number))]
    return "\n\n".join(
        [
            table(outcome.scores),
            "Found by our detector, in percent, sizes from small to large:",
            by_kind(ours, names),
            f"Detection by kind: {_kinds(ours)}. {by_seed(ours)}",
            f"Limits were measured over {outcome.armed_h:.1f} h. False alerts: {', '.join(alerts) or 'none'}.",
        ]
    )


def _kinds(score: Score) -> str:
    parts = [(kind, [one for one in score.trials if one.kind is kind]) for kind in FaultKind]
    return ", ".join(f"{kind} {score.detected(trials):.0%}" for kind, trials in parts if trials)
