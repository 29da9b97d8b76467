"""Decoded rows through the vehicle's own history: the features a model learns from are those it will be asked with."""

import math
from collections.abc import Collection, Iterator, Sequence
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
from edge.history import History, Smoothing, Window
from edge.signals import Signal, SignalBatch

COLUMNS: Final = ("time", "signal", "value")
KINDS: Final = (".csv", ".parquet")
BLOCK: Final = 1000
"""Cells whose places in the rows are looked up at once."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The samples of one drive that a model looks at, in the order of time."""

    name: str
    signals: tuple[Signal, ...]
    samples: SignalBatch


def read_recording(file: Path, paths: Collection[str]) -> Recording:
    """Rows that `telltale-edge decode --out FILE` wrote, of the given signals.

    Raises:
        ConfigError: the file is missing, is of another kind, lacks a column, or has none of the signals.
    """
    table = _read(file)
    wanted = sorted(paths)
    index = pc.index_in(table["signal"], value_set=pa.array(wanted))
    keep = pc.and_(pc.is_valid(index), pc.is_valid(table["value"]))
    time_s = table["time"].filter(keep).to_numpy()
    if not len(time_s):
        raise ConfigError(
            "has none of the model's signals", file=file, remedy="Decode it with a database whose mapping has them"
        )
    order = np.argsort(time_s, kind="stable")
    times = np.rint(time_s * NANOSECONDS).astype(np.int64)[order]
    samples = SignalBatch(
        time=times,
        signal=index.filter(keep).to_numpy().astype(np.int32)[order],
        value=table["value"].filter(keep).to_numpy().astype(np.float64)[order],
        bus=np.zeros(len(times), np.uint8),
        buses=("",),
    )
    return Recording(file.stem, tuple(_signal(path) for path in wanted), samples)


def windows(
    recording: Recording, smoothings: Sequence[Smoothing], *, grid_ns: int, begin_s: float = 0.0
) -> Iterator[Window]:
    """The vehicle as of every cell of the judgement grid; each window is valid until the next one is asked for.

    `begin_s` after the recording's start the vehicle's program starts, knowing nothing of what was before.
    """
    history = History(recording.signals, grid_ns=grid_ns, smoothings=smoothings)
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


def _read(file: Path) -> Any:
    if file.suffix not in KINDS:
        raise ConfigError("is not of a kind that is read here", file=file, remedy=f"Let it end in {', '.join(KINDS)}")
    try:
        if file.suffix == ".csv":
            return pyarrow.csv.read_csv(file).select(list(COLUMNS))
        return pyarrow.parquet.read_table(file, columns=list(COLUMNS))
    except (OSError, pa.ArrowException, KeyError) as error:
        problem = str(error).splitlines()[0][:200]
        raise ConfigError(
            f"cannot be read: {problem}", file=file, remedy="Write it with telltale-edge decode --out"
        ) from error
