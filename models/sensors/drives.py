"""Drives: recorded trips, read by the vehicle's own program or decoded by it before, as one row of signals a second."""

import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet  # type: ignore[import-untyped]  # it ships no types

from edge.errors import ConfigError
from models.recordings import run_edge
from models.replay import read_samples
from models.sensors.clocks import Stamps, stamps_of
from models.sensors.training import Trip

Float64s = npt.NDArray[np.float64]

KIND: Final = ":"
TRIP_GAP_S: Final = 600.0 - 1.0
"""A silence as long ends a trip on the vehicle; tables lay trips so far apart that have no clock."""
STALE_S: Final = 5.0
"""An older value is unknown."""
WORN_S: Final = 30.0
"""A trip is no shorter."""
YEAR_2000_S: Final = 946_684_800.0


def read_drives(source: str, paths: Sequence[str]) -> list[Trip]:
    """The trips of a source in the order of time.

    `source`: `table:FILE[?map=columns.toml]`, or without a kind the rows that `telltale-edge decode --out` wrote.

    Raises:
        ConfigError: the source cannot be used, or holds none of the signals.
    """
    if KIND not in source:
        time_s, places, values = read_samples(Path(source), paths)
        return _trips(time_s, places, values, len(paths))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        run_edge(["decode", source, "--out", str(file)])
        table = pyarrow.parquet.read_table(file, columns=["time", "signal", "value"])
    wanted = pc.is_in(table["signal"], pa.array(list(paths)))
    table = table.filter(wanted)
    if not table.num_rows:
        raise ConfigError(f"{source} has none of the model's signals", remedy="Name them in its column map")
    places = pc.index_in(table["signal"], pa.array(list(paths))).to_numpy()
    return _trips(table["time"].to_numpy(), places, table["value"].to_numpy(), len(paths))


def _trips(time_s: Float64s, places: npt.NDArray[np.int64], values: Float64s, channels: int) -> list[Trip]:
    order = np.argsort(time_s, kind="stable")
    time_s, places, values = time_s[order], places[order], values[order]
    cuts = np.flatnonzero(np.diff(time_s) > TRIP_GAP_S) + 1
    ends = zip([0, *cuts.tolist()], [*cuts.tolist(), len(time_s)], strict=True)
    found = [_trip(number, time_s[a:b], places[a:b], values[a:b], channels) for number, (a, b) in enumerate(ends)]
    return [trip for trip in found if len(trip.rows) >= WORN_S]


def _trip(number: int, time_s: Float64s, places: npt.NDArray[np.int64], values: Float64s, channels: int) -> Trip:
    rows = _rows(time_s, places, values, channels)
    return Trip(_name(time_s[0], number), rows, _stamps(time_s, places, channels))


def _stamps(time_s: Float64s, places: npt.NDArray[np.int64], channels: int) -> Stamps:
    """Of the signal that was recorded most often."""
    return stamps_of(time_s[places == np.bincount(places, minlength=channels).argmax()])


def _rows(time_s: Float64s, places: npt.NDArray[np.int64], values: Float64s, channels: int) -> Float64s:
    """(seconds, channels): the latest of each signal before every whole second."""
    seconds = np.arange(np.floor(time_s[0]) + 1.0, np.floor(time_s[-1]) + 1.0)
    rows = np.full((len(seconds), channels), np.nan)
    for channel in range(channels):
        mine = places == channel
        at, of = time_s[mine], values[mine]
        last = np.searchsorted(at, seconds, side="left") - 1
        is_known = last >= 0
        is_known[is_known] = seconds[is_known] - at[last[is_known]] <= STALE_S
        rows[is_known, channel] = of[last[is_known]]
    return rows


def _name(began_s: float, number: int) -> str:
    """The moment at which it began, or its number where the table has no clock."""
    if began_s < YEAR_2000_S:
        return f"drive {number + 1}"
    return datetime.datetime.fromtimestamp(began_s, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
