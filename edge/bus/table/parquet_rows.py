"""ParquetRows: a table in a Parquet file, read with pyarrow (extra `parquet`), which only this file knows."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from edge.bus.table.rows import Cells
from edge.errors import ConfigError

_T = TypeVar("_T")
_NOTHING: Final = np.float64("nan")
_NOT_A_TIME: Final = np.int64(np.iinfo(np.int64).min)
"""NaT, of numpy."""


class ParquetRows:
    """Columns of numbers, of texts, of moments; a few rows of a row group at a time."""

    decimal_comma: bool | None = None

    def __init__(self, file: Path) -> None:
        """Raises ConfigError: pyarrow is not installed, or the file is no Parquet file."""
        try:
            self._arrow: Any = importlib.import_module("pyarrow")
            parquet: Any = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            remedy = "Install telltale[parquet], or give a .csv"
            raise ConfigError("Parquet needs pyarrow, which is not installed", file=file, remedy=remedy) from error
        self.file = file
        self._places: Sequence[int] = ()
        self._batches: Any = None
        self._ahead: Any = None
        self._size = 0
        self._parquet: Any = self._safely(lambda: parquet.ParquetFile(file, memory_map=False))
        self._schema = self._parquet.schema_arrow
        self.names: Sequence[str] = list(self._schema.names)
        self.units: Mapping[str, str] = {
            field.name: field.metadata[b"unit"].decode("utf-8", "replace")
            for field in self._schema
            if field.metadata and b"unit" in field.metadata
        }

    @property
    def counters(self) -> Mapping[str, int]:
        """Nothing is left out."""
        return {}

    def choose(self, places: Sequence[int]) -> None:
        """Say which columns are wanted."""
        types = self._arrow.types
        for place in places:
            kind = self._schema.field(place).type
            if types.is_nested(kind) or types.is_binary(kind) or types.is_large_binary(kind):
                problem = f"column {self.names[place]!r} holds neither numbers nor texts, but {kind}"
                raise ConfigError(problem, file=self.file, remedy="Leave it out of the column map")
        self._places = places

    def read(self, rows: int) -> list[Cells] | None:
        """Each chosen column of the next rows."""
        if self._batches is None:
            names = [self.names[place] for place in self._places]
            batches = self._safely(
                lambda: self._parquet.iter_batches(batch_size=rows, columns=names, use_threads=False)
            )
            self._batches = iter(batches)
        batch = self._safely(lambda: next(self._batches, None))
        if batch is None:
            return None
        return self._safely(lambda: [cells_of(self._arrow, batch[self.names[place]]) for place in self._places])

    def close(self) -> None:
        """Give the file back."""
        self._batches = None
        self._parquet.close()

    def _safely(self, do: Callable[[], _T]) -> _T:
        try:
            return do()
        except (self._arrow.ArrowException, OSError, ValueError, NotImplementedError) as error:
            problem = f"cannot be read as Parquet: {str(error).splitlines()[0] if str(error) else 'it is damaged'}"
            raise ConfigError(problem, file=self.file, remedy="Give a whole Parquet file") from error


def cells_of(arrow: Any, column: Any) -> Cells:
    """A column as texts or as numbers."""
    types = arrow.types
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if types.is_timestamp(kind):
        column = column.cast(arrow.timestamp("us", tz=kind.tz and "UTC"), safe=False)
        if kind.tz is not None:
            return _plain(column.cast(arrow.int64()), _NOT_A_TIME).view("datetime64[us]")
    if types.is_time64(kind):
        column = column.cast(arrow.time64("us"), safe=False)
    if types.is_temporal(kind):
        return ["" if cell is None else cell.isoformat() for cell in column.to_pylist()]
    if types.is_integer(kind) and not column.null_count and not types.is_uint64(kind):
        return _plain(column.cast(arrow.int64()), _NOT_A_TIME)
    if types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind) or types.is_null(kind):
        return _plain(column.cast(arrow.float64()), _NOTHING)
    return ["" if cell is None else str(cell) for cell in column.to_pylist()]  # integers as well: a float64 may not do


def _plain(column: Any, none: np.float64 | np.int64) -> npt.NDArray[Any]:
    """A column as it lies in memory, with `none` for nulls.

    That is Arrow's documented layout of columns; its own conversions would import pandas wherever that is installed.
    """
    validity, memory = column.buffers()
    place = slice(column.offset, column.offset + len(column))
    if memory is None:
        return np.full(len(column), none)
    values = np.frombuffer(memory, none.dtype)[place]
    if not column.null_count:
        return values
    is_known = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")[place]
    return np.where(is_known == 1, values, none)
