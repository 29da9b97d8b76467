"""Tables written for tests: the same rows as text and as Parquet, and what a source makes of them."""

import csv
import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet  # type: ignore[import-untyped]  # pyarrow ships no types

from edge.bus.spec import SourceSpec
from edge.bus.table.layout import layout_of
from edge.bus.table.signals import database_of
from edge.bus.table.source import ROWS_MAX, open_table
from edge.decode.decoder import Binding, Decoder

S: Final = 1_000_000_000
Cell = float | str | None
Columns = Mapping[str, Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Read:
    """What came out of a table."""

    samples: list[tuple[int, str, float]]
    """Time in ns, path, value."""
    counters: Mapping[str, int]
    units: Mapping[str, str]

    @property
    def times(self) -> list[int]:
        """Of each sample, in ns."""
        return [time for time, _, _ in self.samples]

    def of(self, path: str) -> list[tuple[float, float]]:
        """Time in seconds and value of one signal."""
        return [(time / S, value) for time, name, value in self.samples if name == path]


def text_of(columns: Columns) -> str:
    """As comma-separated values; what is None is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return stream.getvalue()


def _csv(folder: Path, columns: Columns) -> Path:
    (file := folder / "trips.csv").write_text(text_of(columns))
    return file


def _gzipped(folder: Path, columns: Columns) -> Path:
    (file := folder / "trips.csv.gz").write_bytes(gzip.compress(text_of(columns).encode()))
    return file


def _parquet(folder: Path, columns: Columns) -> Path:
    file = folder / "trips.parquet"
    arrays: dict[str, Any] = {name: pyarrow.array(list(cells)) for name, cells in columns.items()}
    pyarrow.parquet.write_table(pyarrow.table(arrays), file, row_group_size=100)
    return file


WRITERS: Final[Mapping[str, Callable[[Path, Columns], Path]]] = {"csv": _csv, "gzip": _gzipped, "parquet": _parquet}


def mapped(file: Path, column_map: str, more: str = "") -> str:
    """The source of a table with a column map that lies beside it."""
    (where := file.with_name("columns.toml")).write_text(column_map)
    return f"table:{file}?map={where}{more}"


def read(source: str | Path, *, rows_max: int = ROWS_MAX, batches_max: int | None = None) -> Read:
    """Everything that a table holds, or its first batches."""
    spec = SourceSpec.parse(source if isinstance(source, str) else f"table:{source}")
    database = database_of(layout_of(spec), {})
    decoder = Decoder([Binding(database)])
    samples: list[tuple[int, str, float]] = []
    batches = last = 0
    with closing(open_table(spec, rows_max=rows_max)) as table:
        while (batches_max is None or batches < batches_max) and (batch := table.read(0)) is not None:
            decoded = decoder.decode(batch)
            assert len(decoded) == len(batch), "a frame that is no sample"
            assert (batch.time >= last).all(), "time that goes back"
            assert batch.until >= last, "time that goes back"
            last, batches = batch.until, batches + 1
            paths = [decoder.signals[number].path for number in decoded.signal.tolist()]
            samples += zip(decoded.time.tolist(), paths, decoded.value.tolist(), strict=True)
        counters = dict(table.counters)
    return Read(samples, counters, {signal.path: signal.unit for signal in database.signals})
