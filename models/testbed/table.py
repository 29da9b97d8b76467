"""A test bed's table: one row after another of each run, with what the labels say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.errors import ConfigError
from models.rul.table import numbers, read_table
from models.testbed.recipe import Columns

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Run:
    """One run in the order of its rows."""

    name: str
    began: Any
    """The time of its first row, as the table has it."""
    rows: Float64s
    """(N, sensors); NaN where unknown."""
    faulty: Bools
    """(N,) what the labels say; who judges never sees it."""


def read_runs(file: Path, columns: Columns, learning_rows: int) -> list[Run]:
    """The labelled runs of a .parquet or .csv table, in the order in which they first appear.

    Raises:
        ConfigError: it cannot be read; a column is missing; a run is too short, has a row without a label, or a fault
            among its learning rows.
    """
    table = read_table(file)
    for name in (columns.run, columns.time, columns.label, *columns.sensors):
        if name not in table.column_names:
            known = ", ".join(table.column_names[:40])
            raise ConfigError(f"has no column {name!r}", file=file, remedy=f"It has {known}; name others in the recipe")
    rows = np.stack([numbers(table, name, file) for name in columns.sensors], axis=1)
    labels = numbers(table, columns.label, file)
    times = table.column(columns.time)
    runs = []
    for name, places in _places(table.column(columns.run).to_pylist()).items():
        if not np.isnan(labels[places]).all():
            _check(file, name, labels[places], learning_rows)
            runs.append(Run(name, times[places[0]].as_py(), rows[places], labels[places] > 0.0))
    if not runs:
        raise ConfigError("no run has labels", file=file, remedy="There is nothing to judge by")
    return runs


def _places(names: list[Any]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(str(name), []).append(place)
    return places


def _check(file: Path, name: str, labels: Float64s, learning_rows: int) -> None:
    place = f"run {name}"
    if len(labels) <= learning_rows:
        remedy = f"The recipe wants more than {learning_rows} rows of each"
        raise ConfigError(f"has only {len(labels)} rows", file=file, place=place, remedy=remedy)
    if not np.isin(labels, (0.0, 1.0)).all():
        raise ConfigError("a label is neither 0 nor 1", file=file, place=place, remedy="Label every row of a run")
    if labels[:learning_rows].any():
        problem = f"a fault is among the first {learning_rows} rows"
        raise ConfigError(problem, file=file, place=place, remedy="Learning rows are healthy ones; leave the run out")
