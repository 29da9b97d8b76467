"""Files of tables: a row for each moment, a column for each signal; `.csv` and `.parquet`.

A file is either whole or not there. The same rows give the same bytes of text, in whatever pieces they come.
"""

import csv
import importlib
import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from edge.decimals import Lines
from edge.errors import ConfigError
from edge.files import Draft

Float64s = npt.NDArray[np.float64]

TIME: Final = "time"
ROW_GROUP: Final = 36_000
"""Rows of a Parquet file that are compressed together, and held in memory until then: an hour at 10 Hz."""
DECIMALS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("rpm", "Nm"), 1),
        **dict.fromkeys(("km/h", "Celsius", "degC", "percent", "%", "degrees", "A", "kPa", "kW"), 2),
    }
)
"""What is written of a unit as text; sensors of vehicles resolve no more."""
DECIMALS_OTHER: Final = 3


class Column(Protocol):
    """What stands in a column."""

    @property
    def name(self) -> str:
        """A VSS path, or `dbc.Message.Signal`."""

    @property
    def unit(self) -> str:
        """Its unit; empty for a state or a ratio."""


class TableWriter(Protocol):
    """Writes a table to a file; used by one thread, then committed or not, then closed."""

    rows: int
    """Written so far."""

    def write(self, time_s: Float64s, values: Float64s) -> None:
        """Add (N,) moments with (N, columns) values, NaN where one is unknown.

        Raises:
            EdgeError: the disk is full or fails.
        """

    def commit(self) -> None:
        """Everything is written: give the file its name.

        Raises:
            EdgeError: the disk is full or fails.
        """

    def close(self) -> None:
        """Give up what was not committed; safe to repeat."""


def open_table(file: Path, columns: Sequence[Column]) -> TableWriter:
    """A writer of the kind that the file's ending says, one of `KINDS`.

    Raises:
        ConfigError: its library is not installed, or nothing can be written there.
    """
    return KINDS[file.suffix](file, columns)


class _CsvTable:
    """Comma-separated values under a header (RFC 4180, lines end in LF); what is unknown is empty."""

    def __init__(self, file: Path, columns: Sequence[Column]) -> None:
        self.rows = 0
        units = ["s", *(column.unit for column in columns)]
        self._lines = Lines([DECIMALS.get(unit, DECIMALS_OTHER) for unit in units])
        self._draft = Draft(file)
        header = io.StringIO()
        csv.writer(header, lineterminator="\n").writerow([TIME, *(column.name for column in columns)])
        self._write(header.getvalue().encode())

    def write(self, time_s: Float64s, values: Float64s) -> None:
        """Add a line for each moment."""
        self._write(self._lines.format(np.column_stack((time_s, values))))
        self.rows += len(time_s)

    def commit(self) -> None:
        """Give the file its name."""
        self._draft.commit()

    def close(self) -> None:
        """Drop what was not committed."""
        self._draft.close()

    def _write(self, text: bytes) -> None:
        with self._draft.writing() as stream:
            stream.write(text)


class _ParquetTable:
    """Columns of float64 with their unit as metadata; what is unknown is null."""

    def __init__(self, file: Path, columns: Sequence[Column]) -> None:
        try:
            self._arrow: Any = importlib.import_module("pyarrow")
            parquet: Any = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            remedy = "Install telltale[parquet], or write .csv"
            raise ConfigError("Parquet needs pyarrow, which is not installed", file=file, remedy=remedy) from error
        self.rows = 0
        number = self._arrow.float64()
        fields = [(TIME, "s"), *((column.name, column.unit) for column in columns)]
        self._schema = self._arrow.schema(
            [self._arrow.field(name, number, metadata={"unit": unit}) for name, unit in fields]
        )
        self._draft = Draft(file)
        with self._draft.writing() as stream:
            self._writer = parquet.ParquetWriter(stream, self._schema, use_dictionary=False)
        self._group = np.empty((len(self._schema), ROW_GROUP))
        self._held = 0

    def write(self, time_s: Float64s, values: Float64s) -> None:
        """Add a row for each moment."""
        self.rows += len(time_s)
        while len(time_s):
            taken = min(len(time_s), ROW_GROUP - self._held)
            place = slice(self._held, self._held + taken)
            self._group[0, place] = time_s[:taken]
            self._group[1:, place] = values[:taken].T
            self._held += taken
            time_s, values = time_s[taken:], values[taken:]
            if self._held == ROW_GROUP:
                self._write_group()

    def commit(self) -> None:
        """Write what is left, and give the file its name."""
        if self._held:
            self._write_group()
        with self._draft.writing():
            self._writer.close()
        self._draft.commit()

    def close(self) -> None:
        """Drop what was not committed."""
        with suppress(OSError):
            self._writer.close()
        self._draft.close()

    def _write_group(self) -> None:
        columns = [self._arrow.array(column[: self._held], from_pandas=True) for column in self._group]
        table = self._arrow.table(columns, schema=self._schema)
        with self._draft.writing():
            self._writer.write_table(table)
        self._held = 0


KINDS: Final[Mapping[str, Callable[[Path, Sequence[Column]], TableWriter]]] = MappingProxyType(
    {".csv": _CsvTable, ".parquet": _ParquetTable}
)
"""Every kind of file for tables, by its ending."""
