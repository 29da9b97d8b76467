"""What is printed, of lives that were just lived or of those in files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.study.rules import healthy_lives, healthy_table, scenario_lives, scenario_table
from tests.study.rules.kept import read_lives
from tests.study.rules.scenario_lives import VEHICLES


def tell_scenarios(lives: Sequence[scenario_lives.Lived]) -> dict[str, Any]:
    """Print the tables; the same for a file."""
    rows = scenario_table.rows(sorted(lives, key=lambda life: VEHICLES.index(life.vehicle)))
    print(f"{scenario_table.table(rows)}\n\n{_what(lives)}")
    return {"rows": rows}


def tell_healthy(lives: Sequence[healthy_lives.Lived]) -> dict[str, Any]:
    """Print the tables; the same for a file."""
    rows, rules = healthy_table.rows(lives), healthy_table.by_rule(lives)
    print(f"{healthy_table.table(rows, rules)}\n\n{healthy_table.verdict(rows[0])}\n{_what(lives)}")
    return {"rows": rows, "rules": rules}


def report(files: Sequence[Path]) -> None:
    """Print the tables of what several runs wrote.

    Raises:
        ValueError: a file holds something else.
        OSError: it cannot be read.
    """
    ill, well = read_lives(files)
    if ill:
        tell_scenarios(ill)
    if well:
        tell_healthy(well)


def _what(lives: Sequence[scenario_lives.Lived] | Sequence[healthy_lives.Lived]) -> str:
    seeds = [life.seed for life in lives]
    return f"{len(lives)} lives, seeds {min(seeds)} to {max(seeds)}" if seeds else "no life was lived to its end"
