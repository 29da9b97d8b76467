"""TableLayout: what of a table is its time, its trips and its signals; what cannot be is found before it is read."""

import difflib
import math
import re
import zoneinfo
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from edge import catalogue
from edge.bus.log_file import LogFile
from edge.bus.spec import SourceSpec
from edge.bus.table.cells import Reading
from edge.bus.table.column_map import COLUMNS_MAX, ColumnEntry, ColumnMap, CsvEntry, TimeEntry, load_column_map
from edge.bus.table.csv_rows import CsvRows
from edge.bus.table.moments import Clock
from edge.bus.table.parquet_rows import ParquetRows
from edge.bus.table.rows import TableFile
from edge.decode.mapping import PATH
from edge.decode.units import between, unit_of, why_unknown
from edge.decode.vss_names import RENAMED
from edge.errors import ConfigError

PERIOD_S: Final = 1.0
"""Expected of a signal that nobody knows anything about."""
TOLD_MAX: Final = 10
"""Columns that a note names."""
PARQUET: Final = b"PAR1"
_SIGNAL: Final = re.compile(rf"{PATH}|dbc\.\S+")
_TIME_UNITS: Final = frozenset({"s", "ms", "us", "ns"})


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column that is a signal."""

    place: int
    """In the file."""
    name: str
    """As the file calls it."""
    path: str
    """A VSS path, or `dbc.<Message>.<Signal>`."""
    unit: str
    reading: Reading
    period_s: float
    period_is_set: bool
    unit_is_known: bool
    """By the file, the map or the catalogue; else nobody said it."""


@dataclass(frozen=True, slots=True)
class TableLayout:
    """What a table holds."""

    file: Path
    csv: CsvEntry
    columns: tuple[TableColumn, ...]
    """At least one."""
    clock: Clock
    time: int | None
    """Place of the column of times; None: there is a rate."""
    date: int | None
    """Place of the column with dates."""
    trip: int | None
    """Place of the column that tells trips apart; None: a step back in time does."""
    notes: tuple[str, ...]
    """What the installer should know."""


def layout_of(spec: SourceSpec) -> TableLayout:
    """What the table holds that `table:FILE[?map=columns.toml]` names.

    Raises:
        ConfigError: the file or the map cannot be read, has no column that is a signal, or the map names what is not
            in the file.
    """
    map_file = spec.text_option("map", None)
    where = None if map_file is None else Path(map_file).expanduser()
    wanted = ColumnMap() if where is None else load_column_map(where)
    file = Path(spec.rest).expanduser()
    with closing(open_file(file, wanted.csv)) as table:
        return _Layout(table, wanted, file, where).layout()


def open_file(file: Path, csv: CsvEntry) -> TableFile:
    """The rows of a file, told by its first bytes: Parquet, or text, gzipped or not.

    Raises:
        ConfigError: it cannot be read, is empty, or needs what is not installed.
    """
    if file.exists() and not file.is_file():
        remedy = "Give a file: a table is read twice, first to see what it holds"
        raise ConfigError("is no file that can be read twice", file=file, remedy=remedy)
    log_file = LogFile(file)
    try:
        if not log_file.head().startswith(PARQUET):
            return CsvRows(log_file, delimiter=csv.delimiter, decimal=csv.decimal)
    except BaseException:
        log_file.close()
        raise
    log_file.close()
    return ParquetRows(file)


class _Layout:
    """Finds the columns of a map, and those that say themselves what they are."""

    def __init__(self, table: TableFile, wanted: ColumnMap, file: Path, map_file: Path | None) -> None:
        self._names = table.names
        self._units: Mapping[str, str] = table.units
        self._wanted = wanted
        self._file = file
        self._map_file = map_file
        self._notes: list[str] = []
        self._often = Counter(table.names)

    def layout(self) -> TableLayout:
        """All of it."""
        time = self._wanted.time
        names = {
            "time.column": time.name,
            "time.date_column": time.date_column,
            "trip.column": self._wanted.trip.column if self._wanted.trip else None,
        }
        places = {where: None if name is None else self._place(name, where) for where, name in names.items()}
        columns = [self._mapped(entry) for entry in self._wanted.column]
        columns += self._named({column.name for column in columns} | {name for name in names.values() if name})
        self._check(columns)
        return TableLayout(
            file=self._file,
            csv=self._wanted.csv,
            columns=tuple(sorted(columns, key=lambda column: column.place)),
            clock=self._clock(time),
            time=places["time.column"],
            date=places["time.date_column"],
            trip=places["trip.column"],
            notes=tuple(self._notes),
        )

    def _clock(self, time: TimeEntry) -> Clock:
        said = self._units.get(time.name or "", "")
        unit = said if said in _TIME_UNITS and "unit" not in time.model_fields_set else time.unit
        zone = zoneinfo.ZoneInfo(time.zone)
        return Clock(zone, format=time.format, unit=unit, rate_hz=time.rate_hz, date=time.date)

    def _place(self, name: str, where: str) -> int:
        """Of a column that must be there, once."""
        if name not in self._often:
            near = difflib.get_close_matches(name, self._often, n=1)
            remedy = f"Did you mean {near[0]!r}?" if near else f"There are {listed(self._names)}"
            if where == "time.column" and self._map_file is None:
                remedy = "Give ?map=columns.toml with [time] column = … or rate_hz = …"
            raise self._refused(f"{self._file.name} has no column {name!r}", where, remedy)
        if self._often[name] > 1:
            problem = f"{self._file.name} has {self._often[name]} columns {name!r}"
            raise self._refused(problem, where, "Give each of them a name of its own")
        return self._names.index(name)

    def _mapped(self, entry: ColumnEntry) -> TableColumn:
        """A column that the map names."""
        where = f"column {entry.name!r}"
        place = self._place(entry.name, where)
        known = catalogue.info(entry.path)
        said = self._units.get(entry.name) if entry.unit is None else entry.unit
        factor, offset = entry.factor, entry.offset
        is_given = factor is not None or offset is not None
        if known is None and said is None and not entry.path.startswith(catalogue.UNMAPPED):
            near = difflib.get_close_matches(entry.path, catalogue.CATALOGUE, n=1, cutoff=0.8)
            remedy = f"Did you mean {near[0]}? Else add unit = …" if near else 'Add unit = "…"'
            raise self._refused(f"{entry.path} is not in the catalogue", where, remedy)
        if known is not None and is_given and entry.unit not in (None, known.unit):
            problem = f"unit = {entry.unit!r} and a factor or an offset say two things of one value"
            raise self._refused(problem, where, "Leave one of them out")
        if known is not None and not is_given and said is not None:
            turned = _turned(said, known.unit)
            if isinstance(turned, str):
                remedy = f"Give the factor (and offset) to {known.unit!r} instead of the unit"
                raise self._refused(turned, where, remedy)
            factor, offset = turned
        return TableColumn(
            place=place,
            name=entry.name,
            path=entry.path,
            unit=known.unit if known else said or "",
            reading=_reading(entry, 1.0 if factor is None else factor, 0.0 if offset is None else offset),
            period_s=entry.period_s or self._period_s(known),
            period_is_set=entry.period_s is not None,
            unit_is_known=known is not None or said is not None,
        )

    def _named(self, taken: set[str]) -> list[TableColumn]:
        """Columns that are called as signals are; the others are told."""
        free = [name for name in self._names if name not in taken]
        signals = [name for name in free if _SIGNAL.fullmatch(name)]
        if others := [name for name in dict.fromkeys(free) if not _SIGNAL.fullmatch(name)]:
            why = "a column map (?map=columns.toml) can say which signals they are"
            if self._map_file is not None:
                why = f"{self._map_file.name} does not name them"
            self._notes.append(f"{self._file.name}: left out {listed(others)}: {why}")
        return [self._of_name(name) for name in signals]

    def _of_name(self, name: str) -> TableColumn:
        place = self._place(name, f"column {name!r}")
        path = RENAMED.get(name, name)
        known, said = catalogue.info(path), self._units.get(name)
        factor, offset = 1.0, 0.0
        if known is not None and said is not None:
            turned = _turned(said, known.unit)
            if isinstance(turned, str):
                self._notes.append(f"{self._file.name}: {name}: {turned}: it is taken as it stands")
            else:
                factor, offset = turned
        unit = known.unit if known else said or ""
        is_known = known is not None or said is not None
        return TableColumn(place, name, path, unit, Reading(factor, offset), self._period_s(known), False, is_known)

    def _period_s(self, known: catalogue.SignalInfo | None) -> float:
        """Expected: no more often than there are rows."""
        rate_hz = self._wanted.time.rate_hz
        return max(known.period_s if known else PERIOD_S, 1.0 / rate_hz if rate_hz else 0.0)

    def _check(self, columns: Sequence[TableColumn]) -> None:
        if not columns:
            remedy = "Call columns as VSS does (Vehicle.Speed), or give ?map=columns.toml with [[column]]"
            raise self._refused("no column is a signal", "", remedy)
        if len(columns) > COLUMNS_MAX:
            remedy = f"Take out columns: at most {COLUMNS_MAX:,} are read"
            raise self._refused(f"{len(columns):,} columns are signals", "", remedy)
        path, times = Counter(column.path for column in columns).most_common(1)[0]
        if times > 1:
            names = listed([column.name for column in columns if column.path == path])
            raise self._refused(f"the columns {names} are all {path}", "", "Leave all but one of them out")

    def _refused(self, problem: str, where: str, remedy: str) -> ConfigError:
        is_of_map = self._map_file is not None and where
        return ConfigError(problem, file=self._map_file if is_of_map else self._file, place=where, remedy=remedy)


def _reading(entry: ColumnEntry, factor: float, offset: float) -> Reading:
    texts = frozenset(one.strip() for one in entry.missing if isinstance(one, str))
    numbers = [float(one) for one in entry.missing if not isinstance(one, str)]
    for text in texts:
        try:
            numbers.append(float(text))
        except ValueError:
            continue
    return Reading(
        factor=factor,
        offset=offset,
        missing=tuple(number for number in numbers if not math.isnan(number)),  # NaN is nothing anyway
        missing_texts=texts,
        low=-np.inf if entry.low is None else entry.low,
        high=np.inf if entry.high is None else entry.high,
    )


def _turned(theirs: str, ours: str) -> tuple[float, float] | str:
    """Factor and offset from one unit to another; why there are none."""
    if theirs == ours or (not theirs and not ours):
        return 1.0, 0.0
    one, other = unit_of(theirs), unit_of(ours)
    if one is None or other is None:
        return why_unknown(theirs if one is None else ours)
    turned = between(one, other)
    return f"{theirs!r} and {ours!r} measure different things" if turned is None else turned


def listed(names: Sequence[str]) -> str:
    """For a person: the first of them, and how many more there are."""
    told = ", ".join(repr(name) for name in names[:TOLD_MAX])
    return f"{told} and {len(names) - TOLD_MAX:,} more" if len(names) > TOLD_MAX else told
