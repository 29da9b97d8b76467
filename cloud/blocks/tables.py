"""What blocks hold as a table: the same columns in CSV and in Parquet, times in whole nanoseconds."""

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any, Final

import numpy as np

from cloud.blocks.unpack import Content
from cloud.errors import ConfigError
from edge.wire.frame_block import Frames
from edge.wire.sample_block import Samples

PIECE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; None is unknown."""

    name: str
    kind: str
    """What Arrow calls it."""
    values: Sequence[Any]
    text: Callable[[Any], Any] = lambda value: value
    """How a value is written in CSV."""


def columns_of(content: Content) -> list[Column]:
    """The columns of what a block holds."""
    return _of_frames(content) if isinstance(content, Frames) else _of_samples(content)


def _of_frames(frames: Frames) -> list[Column]:
    payload = frames.payload.tobytes()
    width = frames.payload.shape[1]
    lengths = frames.length.tolist()
    return [
        Column("time_ns", "int64", frames.time.tolist()),
        Column("bus", "string", [frames.buses[bus] for bus in frames.bus.tolist()]),
        Column("id", "uint32", frames.id.tolist(), text="{:X}".format),
        Column("flags", "uint8", frames.flags.tolist()),
        Column("length", "uint8", lengths),
        Column(
            "payload",
            "binary",
            [payload[row * width : row * width + length] for row, length in enumerate(lengths)],
            text=lambda value: value.hex().upper(),
        ),
    ]


def _of_samples(samples: Samples) -> list[Column]:
    """A row for each sample; what is said in words stands in a column of its own."""
    known = (~np.isnan(samples.value)).tolist()
    signals = [samples.signals[number] for number in samples.signal.tolist()]
    rows = list(zip(samples.value.tolist(), signals, known, strict=True))
    return [
        Column("time_ns", "int64", samples.time.tolist()),
        Column("signal", "string", [one.path for one in signals]),
        Column("value", "float64", [value if is_known and not one.words else None for value, one, is_known in rows]),
        Column("unit", "string", [one.unit for one in signals]),
        Column(
            "word",
            "string",
            [one.words[int(value)] if is_known and one.words else None for value, one, is_known in rows],
        ),
    ]


def csv_table(columns: Sequence[Column]) -> bytes:
    """Comma-separated values under a header (RFC 4180, lines end in LF); what is unknown is empty."""
    cells = ([_cell(column, one) for one in column.values] for column in columns)
    lines = [",".join(column.name for column in columns), *map(",".join, zip(*cells, strict=True))]
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _cell(column: Column, value: Any) -> str:
    """The csv module leaves a carriage return unquoted where lines end in LF, and then reads two lines."""
    text = "" if value is None else str(column.text(value))
    return '"{}"'.format(text.replace('"', '""')) if _NEEDS_QUOTES.search(text) else text


_NEEDS_QUOTES: Final = re.compile(r'[",\r\n]')


def parquet_table(columns: Sequence[Column], file: str) -> bytes:
    """A Parquet file; what is unknown is null.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    if not can_write_parquet():
        remedy = "Install telltale[parquet], or write .csv"
        raise ConfigError("Parquet needs pyarrow, which is not installed", file=file, remedy=remedy)
    return b"".join(parquet_pieces([columns]))


def can_write_parquet() -> bool:
    """Whether pyarrow is installed, and can be loaded."""
    try:
        for name in ("pyarrow", "pyarrow.parquet"):
            importlib.import_module(name)
    except ImportError:
        return False
    return True


def parquet_pieces(tables: Iterable[Sequence[Column]]) -> Iterator[bytes]:
    """A Parquet file of tables of the same columns, one after the other, in pieces; no table: nothing.

    Not more than one table is in memory; pyarrow must be installed.
    """
    arrow: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    with TemporaryFile() as file:
        writer: Any = None
        for columns in tables:
            schema = arrow.schema([arrow.field(column.name, getattr(arrow, column.kind)()) for column in columns])
            writer = writer or parquet.ParquetWriter(file, schema)
            writer.write_table(arrow.table([list(column.values) for column in columns], schema=schema))
        if writer is None:
            return
        writer.close()
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece
