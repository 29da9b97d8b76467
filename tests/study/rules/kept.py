"""Lives that were written to files, read again: a study may be run in parts."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.study.rules import healthy_lives, scenario_lives
from tests.study.rules.judged import Told


def read_lives(files: Iterable[Path]) -> tuple[list[scenario_lives.Lived], list[healthy_lives.Lived]]:
    """Lives with scenarios and healthy ones, in the order of the files; one that is there twice counts once.

    Raises:
        ValueError: a file holds something else.
        OSError: it cannot be read.
    """
    scenarios: dict[tuple[object, ...], scenario_lives.Lived] = {}
    healthy: dict[tuple[object, ...], healthy_lives.Lived] = {}
    for file in files:
        for fields in _lives(file):
            told = tuple(Told(**one) for one in fields.pop("told"))
            fields["models"] = tuple(fields.get("models", ()))
            if "scenario" in fields:
                ill = scenario_lives.Lived(told=told, **fields)
                scenarios[ill.vehicle, ill.scenario, ill.seed, ill.pace] = ill
            else:
                well = healthy_lives.Lived(told=told, **fields)
                healthy[well.vehicle, well.cycle, well.weather, well.seed] = well
    return list(scenarios.values()), list(healthy.values())


def _lives(file: Path) -> list[dict[str, Any]]:
    try:
        lives: list[dict[str, Any]] = json.loads(file.read_text())["lives"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} was not written by this program") from error
    return lives
