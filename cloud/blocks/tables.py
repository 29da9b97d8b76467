"""What blocks hold as a table: the same columns in CSV and in Parquet, times in whole nanoseconds."""

import csv
import importlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cloud.blocks.unpack import Content
from cloud.errors import ConfigError
from edge.wire.frame_block import Frames


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
    return _of_frames(content)


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


def csv_table(columns: Sequence[Column]) -> bytes:
    """Comma-separated values under a header (RFC 4180, lines end in LF); what is unknown is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    cells = ([None if one is None else column.text(one) for one in column.values] for column in columns)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue().encode("utf-8")


def parquet_table(columns: Sequence[Column], file: str) -> bytes:
    """A Parquet file; what is unknown is null.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    try:
        arrow: Any = importlib.import_module("pyarrow")
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        remedy = "Install telltale[parquet], or write .csv"
        raise ConfigError("Parquet needs pyarrow, which is not installed", file=file, remedy=remedy) from error
    schema = arrow.schema([arrow.field(column.name, getattr(arrow, column.kind)()) for column in columns])
    out = io.BytesIO()
    parquet.write_table(arrow.table([list(column.values) for column in columns], schema=schema), out)
    return out.getvalue()
