"""What is printed, of lives that were just lived or of those in files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.study.rules import added, healthy_lives, healthy_table, scenario_lives, scenario_table
from tests.study.rules.kept import read_lives
from tests.study.rules.scenario_lives import VEHICLES
from tests.study.rules.worth import worth, worth_table

RULES: Final = "Rules alone:"


def tell_scenarios(lives: Sequence[scenario_lives.Lived]) -> dict[str, Any]:
    """Print the tables; the same for a file."""
    lives = sorted(lives, key=lambda life: VEHICLES.index(life.vehicle))
    rows = scenario_table.rows(life.said_by(models=False) for life in lives)
    extra = added.rows(lives)
    if extra:
        print(f"{RULES}\n")
    print(f"{scenario_table.table(rows)}\n")
    if extra:
        print(f"What models add:\n\n{added.table(extra)}\n")
    print(_what(lives))
    return {"rows": rows, "added": extra}


def tell_healthy(lives: Sequence[healthy_lives.Lived]) -> dict[str, Any]:
    """Print the tables; the same for a file."""
    told: dict[str, Any] = {}
    by_rules, with_models = [life for life in lives if life.by_rules], [life for life in lives if life.models]
    if by_rules or not with_models:
        told = _tell_healthy([life.said_by(models=False) for life in by_rules], RULES)
    if with_models:
        print()
        told["models"] = _tell_healthy([life.said_by(models=True) for life in with_models], "Models alone:")
    print(_what(lives))
    return told


def _tell_healthy(lives: Sequence[healthy_lives.Lived], title: str) -> dict[str, Any]:
    rows, rules = healthy_table.rows(lives), healthy_table.by_rule(lives)
    if any(life.models for life in lives):
        print(f"{title}\n")
    print(f"{healthy_table.table(rows, rules)}\n\n{healthy_table.verdict(rows[0])}")
    return {"rows": rows, "rules": rules}


def report(files: Sequence[Path]) -> None:
    """Print the tables of what several runs wrote, and with both kinds of them what an alert is worth.

    Raises:
        ValueError: a file holds something else.
        OSError: it cannot be read.
    """
    ill, well = read_lives(files)
    if ill:
        tell_scenarios(ill)
    if well:
        tell_healthy(well)
    if rows := worth(ill, well):
        print(f"\n{worth_table(rows)}")


def _what(lives: Sequence[scenario_lives.Lived] | Sequence[healthy_lives.Lived]) -> str:
    seeds = [life.seed for life in lives]
    return f"{len(lives)} lives, seeds {min(seeds)} to {max(seeds)}" if seeds else "no life was lived to its end"
