"""Recordings through the vehicle's own history: the features a model learns from are those it will be asked with."""

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types
import pyarrow.csv  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet  # type: ignore[import-untyped]  # it ships no types

from edge import catalogue
from edge.errors import ConfigError
from edge.frames import NANOSECONDS
from edge.history import NOTHING, History, Smoothing, Window
from edge.signals import Signal, SignalBatch
from edge.spans import Wants

TIME: Final = "time"
COLUMNS: Final = (TIME, "signal", "value")
"""Of decoded rows; a table has the time and a column for each signal instead."""
KINDS: Final = (".csv", ".parquet")
REMEDY: Final = "Write it with telltale-edge decode --out, or with simulate --out"
Columns = tuple[Any, ...]
"""Times in seconds, places among the wanted signals, values."""
BLOCK: Final = 1000
"""Cells whose places in the rows are looked up at once."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The samples of one drive that a model looks at, in the order of time."""

    name: str
    signals: tuple[Signal, ...]
    samples: SignalBatch


def read_recording(file: Path, paths: Collection[str]) -> Recording:
    """The given signals of a recording, whichever of the two forms it has.

    `telltale-edge decode --out FILE` writes a row for each sample, `telltale-edge simulate --out FILE` a table with a
    column for each signal.

    Raises:
        ConfigError: the file is missing, is of another kind, lacks a column, or has none of the signals.
    """
    wanted = sorted(paths)
    time_s, places, values = read_samples(file, wanted)
    order = np.argsort(time_s, kind="stable")
    samples = SignalBatch(
        time=np.rint(time_s * NANOSECONDS).astype(np.int64)[order],
        signal=places.astype(np.int32)[order],
        value=values.astype(np.float64)[order],
        bus=np.zeros(len(time_s), np.uint8),
        buses=("",),
    )
    return Recording(file.stem, tuple(_signal(path) for path in wanted), samples)


def read_samples(file: Path, wanted: Sequence[str]) -> Columns:
    """Every known sample of the wanted signals, in no order, whichever of the two forms the file has.

    Raises:
        ConfigError: see read_recording.
    """
    names = _names(file)
    if "signal" in names:
        samples = _of_rows(_read(file, COLUMNS), wanted)
    elif TIME in names:
        samples = _of_table(_read(file, [TIME, *(path for path in wanted if path in names)]), wanted)
    else:
        raise ConfigError(f"has no column {TIME!r}", file=file, remedy=REMEDY)
    if not len(samples[0]):
        remedy = "Decode it with a database whose mapping has them"
        raise ConfigError("has none of the model's signals", file=file, remedy=remedy)
    return samples


def _of_rows(table: Any, wanted: Sequence[str]) -> Columns:
    index = pc.index_in(table["signal"], value_set=pa.array(wanted))
    keep = pc.and_(pc.is_valid(index), pc.is_valid(table["value"]))
    return tuple(column.filter(keep).to_numpy() for column in (table[TIME], index, table["value"]))


def _of_table(table: Any, wanted: Sequence[str]) -> Columns:
    there = [place for place, path in enumerate(wanted) if path in table.column_names]
    columns = [table[wanted[place]].to_numpy().astype(np.float64) for place in there]
    values = np.column_stack(columns) if columns else np.empty((table.num_rows, 0))
    rows, known = np.nonzero(~np.isnan(values))
    return table[TIME].to_numpy()[rows], np.array(there, np.intp)[known], values[rows, known]


def windows(
    recording: Recording,
    smoothings: Sequence[Smoothing],
    wants: Wants = NOTHING,
    *,
    grid_ns: int,
    begin_s: float = 0.0,
) -> Iterator[Window]:
    """The vehicle as of every cell of the judgement grid; each window is valid until the next one is asked for.

    `begin_s` after the recording's start the vehicle's program starts, knowing nothing of what was before.
    """
    history = History(recording.signals, grid_ns=grid_ns, smoothings=smoothings, wants=wants)
    times = recording.samples.time
    begin = (int(times[0]) + round(begin_s * NANOSECONDS)) // grid_ns * grid_ns
    last = int(times[-1]) // grid_ns * grid_ns + grid_ns
    first = int(np.searchsorted(times, begin))
    for start in range(begin + grid_ns, last + 1, BLOCK * grid_ns):
        ends = range(start, min(start + BLOCK * grid_ns, last + 1), grid_ns)
        rows = np.searchsorted(times, np.array(ends, np.int64)).tolist()
        for end, row in zip(ends, rows, strict=True):
            history.absorb(recording.samples.between(first, row), end)
            first = row
            yield history.window()


def is_known(values: Sequence[float]) -> bool:
    """None of the values is unknown."""
    return not any(map(math.isnan, values))


def _signal(path: str) -> Signal:
    known = catalogue.CATALOGUE[path]
    return Signal(path=path, unit=known.unit, message="", source_name="", period_s=known.period_s)


def _names(file: Path) -> set[str]:
    """Its columns."""
    if file.suffix not in KINDS:
        raise ConfigError("is not of a kind that is read here", file=file, remedy=f"Let it end in {', '.join(KINDS)}")
    with _refusing(file):
        if file.suffix == ".csv":
            with pyarrow.csv.open_csv(file) as reader:
                return set(reader.schema.names)
        return set(pyarrow.parquet.read_schema(file).names)


def _read(file: Path, columns: Sequence[str]) -> Any:
    with _refusing(file):
        if file.suffix == ".csv":
            return pyarrow.csv.read_csv(file, convert_options=pyarrow.csv.ConvertOptions(include_columns=columns))
        return pyarrow.parquet.read_table(file, columns=list(columns))


@contextmanager
def _refusing(file: Path) -> Iterator[None]:
    """What pyarrow raises, as an error with place and remedy."""
    try:
        yield
    except (OSError, pa.ArrowException, KeyError) as error:
        problem = str(error).splitlines()[0][:200]
        raise ConfigError(f"cannot be read: {problem}", file=file, remedy=REMEDY) from error
