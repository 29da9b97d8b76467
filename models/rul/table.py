"""Run-to-failure tables: one row for each cycle of each unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.csv  # type: ignore[import-untyped]
import pyarrow.parquet  # type: ignore[import-untyped]

from edge.detect.remaining_life import FeaturePlan
from edge.errors import ConfigError

Float64s = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Unit:
    """The history of one unit in the order of its cycles."""

    name: Any
    """As the table has it."""
    cycle: Float64s
    values: Float64s
    """(cycles, sensors); NaN where unknown."""

    def features(self, plan: FeaturePlan) -> Float32s:
        """(cycles, features)."""
        return plan.features(self.cycle, self.values)


@dataclass(frozen=True, slots=True)
class Units:
    """A table, unit by unit, in the order in which they first appear."""

    sensors: tuple[str, ...]
    units: list[Unit]


def read_units(file: Path, *, unit: str, cycle: str, sensors: Sequence[str] = ()) -> Units:
    """Read a .parquet or .csv table; without `sensors`, every other column of numbers that changes.

    Raises:
        ConfigError: it cannot be read; a column is missing or holds no numbers; a unit or cycle is unknown or double.
    """
    table = read_table(file)
    for name in (unit, cycle, *sensors):
        if name not in table.column_names:
            known = ", ".join(table.column_names[:40])
            raise ConfigError(f"has no column {name!r}", file=file, remedy=f"It has {known}; name others in the recipe")
    if table.num_rows == 0:
        raise ConfigError("has no rows", file=file, remedy="Give a table with a row for each cycle of each unit")
    names = table.column(unit)
    if names.null_count:
        raise ConfigError("a row names no unit", file=file, place=_first(names.is_null(), unit), remedy="Fill it in")
    cycles = numbers(table, cycle, file)
    if np.isnan(cycles).any():
        place = f"row {int(np.flatnonzero(np.isnan(cycles))[0]) + 1}, column {cycle!r}"
        raise ConfigError("the cycle is unknown", file=file, place=place, remedy="Fill it in, or leave the row out")
    chosen = tuple(sensors) or _changing(table, file, besides=(unit, cycle))
    values = np.stack([numbers(table, name, file) for name in chosen], axis=1)
    return Units(chosen, _split(file, names.to_pylist(), cycles, values))


def read_table(file: Path) -> pa.Table:
    """A whole .parquet or .csv table.

    Raises:
        ConfigError: it cannot be read.
    """
    remedy = "Give a .parquet or .csv file with a head line"
    try:
        if file.suffix == ".parquet":
            return pa.parquet.read_table(file)
        if file.suffix == ".csv":
            return pa.csv.read_csv(file)
    except FileNotFoundError:
        raise ConfigError("there is no such file", file=file, place="--data", remedy=remedy) from None
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(f"cannot be read: {str(error).splitlines()[0][:200]}", file=file, remedy=remedy) from error
    raise ConfigError(f"{file.suffix or 'no ending'!r} is no kind of table that is known", file=file, remedy=remedy)


def numbers(table: pa.Table, name: str, file: Path) -> Float64s:
    """A column as numbers, NaN where empty.

    Raises:
        ConfigError: it holds something else, or infinity.
    """
    column = table.column(name)
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_null(column.type)):
        raise ConfigError(
            f"holds {column.type}, not numbers", file=file, place=f"column {name!r}", remedy="Mend it, or name others"
        )
    known = np.asarray(column.cast(pa.float64()).to_numpy(), np.float64)
    if np.isinf(known).any():
        place = f"row {int(np.flatnonzero(np.isinf(known))[0]) + 1}, column {name!r}"
        raise ConfigError("infinity is no measurement", file=file, place=place, remedy="Leave unknown values empty")
    return known


def _changing(table: pa.Table, file: Path, *, besides: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for name in table.column_names:
        kind = table.column(name).type
        if name not in besides and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            known = numbers(table, name, file)
            known = known[~np.isnan(known)]
            if len(known) and known.min() < known.max():
                found.append(name)
    if not found:
        raise ConfigError("no column of numbers changes", file=file, remedy="There is nothing to learn from")
    return tuple(found)


def _split(file: Path, names: list[Any], cycles: Float64s, values: Float64s) -> list[Unit]:
    rows: dict[Any, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    units = []
    for name, its in rows.items():
        order = np.array(its)[np.argsort(cycles[its], kind="stable")]
        twice = np.flatnonzero(np.diff(cycles[order]) == 0.0)
        if len(twice):
            place = f"row {int(order[twice[0] + 1]) + 1}"
            problem = f"unit {name} has its cycle {cycles[order[twice[0]]]:g} twice"
            raise ConfigError(problem, file=file, place=place, remedy="Keep one of them")
        units.append(Unit(name, cycles[order], values[order]))
    return units


def _first(is_so: pa.ChunkedArray, column: str) -> str:
    return f"row {is_so.to_pylist().index(True) + 1}, column {column!r}"
