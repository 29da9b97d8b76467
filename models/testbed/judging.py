"""The protocol: every contender over every run, once; figures pooled over rows, spread over runs."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.detect.multivariate.kind import Kind, learn_kind
from edge.errors import ConfigError
from models.testbed.contenders import Contender, OfACoin, OfAForest, OfTheTextbook, OfTheWatch
from models.testbed.counts import Counts
from models.testbed.healthy import Unlabelled, alarmed_in_next_run, alarmed_in_second_half, missed_when_shifted
from models.testbed.recipe import TestbedRecipe
from models.testbed.report import Report, report_text
from models.testbed.table import Run, read_runs


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the report: the same contender with each of its seeds."""

    name: str
    seeded: Sequence[Contender]


def assess_testbed(recipe: TestbedRecipe, recipe_file: Path, data: Path, *, develop_only: bool) -> str:
    """Judge the recipe on a table; the figures for people. With `develop_only` of other runs only learning rows count.

    Raises:
        ConfigError: the table cannot be used, or lacks a run of the recipe.
        ModelError: a run teaches too little.
    """
    protocol = recipe.protocol
    runs = read_runs(data, recipe.columns, protocol.learning_rows)
    developed = _developed(runs, recipe, data)
    kind = learn_kind(recipe.columns.sensors, [run.rows[: protocol.learning_rows] for run in developed], recipe.watch)
    judged = developed if develop_only else runs
    counted = {
        entry.name: [count_runs(contender, judged, protocol.learning_rows) for contender in entry.seeded]
        for entry in entries(recipe, kind)
    }
    hashes = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (recipe_file, data)}
    unlabelled = {entry.name: _unlabelled(entry.seeded[0], runs, recipe, kind) for entry in entries(recipe, kind)}
    return report_text(Report(kind, protocol.develop, counted, unlabelled, hashes))


def count_runs(contender: Contender, runs: Sequence[Run], learning_rows: int) -> Mapping[str, Counts]:
    """What a contender is worth on each run's rows after the learning rows."""
    return {run.name: Counts.of(contender.alarms(run.rows, learning_rows), run.faulty[learning_rows:]) for run in runs}


def entries(recipe: TestbedRecipe, kind: Kind) -> Iterator[Entry]:
    """The watch first, then its challengers."""
    watch, others = recipe.watch, recipe.challengers
    yield Entry("watch", [OfTheWatch(kind, watch)])
    yield Entry("T² and Q of rows", [OfTheTextbook(watch.explained, others.confidence)])
    yield Entry("isolation forest, rows", [OfAForest(seed, others.trees, others.confidence) for seed in others.seeds])
    windows = [
        OfAForest(seed, others.trees, others.confidence, watch.window_rows, tuple(kind.places)) for seed in others.seeds
    ]
    yield Entry("isolation forest, the watch's windows", windows)
    yield Entry("always", [OfACoin(1.0, 0)])
    yield Entry("never", [OfACoin(0.0, 0)])
    yield Entry("random, every other row", [OfACoin(0.5, seed) for seed in others.seeds])


def _unlabelled(contender: Contender, runs: Sequence[Run], recipe: TestbedRecipe, kind: Kind) -> Unlabelled:
    rows, window = recipe.protocol.learning_rows, recipe.watch.window_rows
    lowered = -recipe.protocol.shift * kind.space.scale
    shifts = dict(zip(kind.places, lowered.tolist(), strict=True))
    return Unlabelled(
        alarmed_in_second_half(contender, runs, rows),
        alarmed_in_next_run(contender, runs, rows, window + recipe.watch.hold_rows),
        missed_when_shifted(contender, runs, rows, shifts, window),
    )


def _developed(runs: Sequence[Run], recipe: TestbedRecipe, data: Path) -> list[Run]:
    by_name = {run.name: run for run in runs}
    lacking = [name for name in recipe.protocol.develop if name not in by_name]
    if lacking:
        remedy = "Give another table, or name others in the recipe"
        raise ConfigError(f"has no run {lacking[0]!r} with labels", file=data, place="develop", remedy=remedy)
    return [by_name[name] for name in recipe.protocol.develop]
