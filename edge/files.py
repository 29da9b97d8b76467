"""Files that are either whole or not there, and decoded rows in them: `.jsonl`, `.csv`, `.parquet`.

Rows are samples with the fields `time` (s), `bus`, `message`, `signal`, `value`, `unit`, `label`. The same samples
give the same bytes, in whatever batches they come.
"""

import csv
import importlib
import io
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final, Protocol

from edge.errors import ConfigError, EdgeError
from edge.frames import NANOSECONDS
from edge.signals import Signal, SignalBatch, TextSample

FIELDS: Final = ("time", "bus", "message", "signal", "value", "unit", "label")
ROW_GROUP: Final = 65_536
"""Rows of a Parquet file that are compressed together, and held in memory until then."""

Row = tuple[int, str, str, str, float | int | None, str, str | None]
"""The fields, the time still in ns."""


class Draft:
    """A file under another name in the same folder until it is whole; then it takes its place at once."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigError when nothing can be written there."""
        self.file = file
        self._draft = file.with_name(f".{file.name}.{os.getpid()}.part")
        try:
            if file.is_dir():
                raise IsADirectoryError(0, "Is a directory")
            self.stream: IO[bytes] = self._draft.open("wb")
        except OSError as error:
            remedy = "Make the folder first, or name another one"
            raise ConfigError(f"cannot be written: {error.strerror}", file=file, remedy=remedy) from error

    @contextmanager
    def writing(self) -> Iterator[IO[bytes]]:
        """The stream to write to; what the disk has against it becomes an EdgeError that names the file."""
        try:
            yield self.stream
        except OSError as error:
            remedy = "Make room, or write to another disk"
            raise EdgeError(f"{self.file}: cannot be written: {error.strerror}. {remedy}") from error

    def commit(self) -> None:
        """Everything is written: give the file its name.

        Raises:
            EdgeError: the disk fails; the file is as it was before.
        """
        with self.writing() as stream:
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
            self._draft.replace(self.file)

    def close(self) -> None:
        """Drop what was not committed; safe to repeat."""
        with suppress(OSError):
            self.stream.close()
        with suppress(OSError):
            self._draft.unlink(missing_ok=True)


class RowWriter(Protocol):
    """Writes decoded rows to a file; used by one thread, then committed or not, then closed."""

    def write(self, batch: SignalBatch, table: Sequence[Signal]) -> None:
        """Add a row for each sample; `table` is what `batch.signal` points into.

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


def open_rows(file: Path) -> RowWriter:
    """A writer of the kind that the file's ending says.

    Raises:
        ConfigError: no such kind, its library is not installed, or nothing can be written there.
    """
    if (kind := _KINDS.get(file.suffix)) is None:
        ending = f"*{file.suffix}" if file.suffix else "a name without an ending"
        problem = f"decoded rows cannot be written as {ending}"
        raise ConfigError(problem, file=file, remedy=f"Let it end in {', '.join(_KINDS)}")
    return kind(file)


def seconds(time_ns: int) -> str:
    """Seconds as a decimal number, exact, without needless zeros: `1637353675.975229`, `166.0`."""
    whole, fraction = divmod(abs(time_ns), NANOSECONDS)
    digits = f"{fraction:09d}".rstrip("0") or "0"
    return f"{'-' if time_ns < 0 else ''}{whole}.{digits}"


def _rows(batch: SignalBatch, table: Sequence[Signal]) -> Iterator[Row]:
    values: list[float | int | None] = [value if math.isfinite(value) else None for value in batch.value.tolist()]
    for row, exact in batch.exact.items():
        values[row] = exact
    texts = iter(batch.texts)
    text = next(texts, None)
    columns = zip(batch.time.tolist(), batch.bus.tolist(), batch.signal.tolist(), values, strict=True)
    for row, (time_ns, bus, index, value) in enumerate(columns):
        while text is not None and text.at <= row:
            yield _text_row(text)
            text = next(texts, None)
        signal = table[index]
        label = signal.labels.get(value) if value is not None else None
        yield time_ns, batch.buses[bus], signal.message, signal.path, value, signal.unit, label
    if text is not None:
        yield from map(_text_row, (text, *texts))


def _text_row(text: TextSample) -> Row:
    """Words stand as the label; they have no value."""
    return text.time, text.bus, text.message, text.path, None, "", text.text


class _TextRows:
    """Rows as text; times and integers are exact."""

    def __init__(self, file: Path, header: str, text_of: Callable[[Iterable[Row]], str]) -> None:
        self._draft = Draft(file)
        self._text_of = text_of
        self._write(header)

    def write(self, batch: SignalBatch, table: Sequence[Signal]) -> None:
        """Add a row for each sample."""
        self._write(self._text_of(_rows(batch, table)))

    def commit(self) -> None:
        """Give the file its name."""
        self._draft.commit()

    def close(self) -> None:
        """Drop what was not committed."""
        self._draft.close()

    def _write(self, text: str) -> None:
        with self._draft.writing() as stream:
            stream.write(text.encode("utf-8", "replace"))


def _json_lines(file: Path) -> RowWriter:
    """One JSON object a line; what is unknown is null."""
    return _TextRows(file, "", lambda rows: "".join(map(_json_line, rows)))


def _json_line(row: Row) -> str:
    time_ns, bus, message, signal, value, unit, label = row
    return (
        f'{{"time": {seconds(time_ns)}, "bus": {_quoted(bus)}, "message": {_quoted(message)}, '
        f'"signal": {_quoted(signal)}, "value": {"null" if value is None else repr(value)}, '
        f'"unit": {_quoted(unit)}, "label": {_quoted(label)}}}\n'
    )


@lru_cache(maxsize=8192)
def _quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


def _csv(file: Path) -> RowWriter:
    """Comma-separated values under a header (RFC 4180, lines end in LF); what is unknown is empty."""
    return _TextRows(file, _csv_text([FIELDS]), lambda rows: _csv_text((seconds(row[0]), *row[1:]) for row in rows))


def _csv_text(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


class _ParquetRows:
    """Rows in columns; times and values are float64, so integers above 2^53 are rounded."""

    def __init__(self, file: Path) -> None:
        try:
            self._arrow: Any = importlib.import_module("pyarrow")
            parquet: Any = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            remedy = "Install telltale[parquet], or write .csv"
            raise ConfigError("Parquet needs pyarrow, which is not installed", file=file, remedy=remedy) from error
        text, number = self._arrow.string(), self._arrow.float64()
        kinds = [number, text, text, text, number, text, text]
        self._schema = self._arrow.schema(list(zip(FIELDS, kinds, strict=True)))
        self._draft = Draft(file)
        with self._draft.writing() as stream:
            self._writer = parquet.ParquetWriter(stream, self._schema)
        self._pending: list[Row] = []

    def write(self, batch: SignalBatch, table: Sequence[Signal]) -> None:
        """Add a row for each sample."""
        self._pending.extend(_rows(batch, table))
        while len(self._pending) >= ROW_GROUP:
            self._write_group()

    def commit(self) -> None:
        """Write what is left, and give the file its name."""
        if self._pending:
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
        group, self._pending = self._pending[:ROW_GROUP], self._pending[ROW_GROUP:]
        time_ns, *names, values, units, labels = zip(*group, strict=True)
        time_s = [time / NANOSECONDS for time in time_ns]
        numbers = [None if value is None else float(value) for value in values]
        table = self._arrow.table([time_s, *names, numbers, units, labels], schema=self._schema)
        with self._draft.writing():
            self._writer.write_table(table)


_KINDS: Final[Mapping[str, Callable[[Path], RowWriter]]] = MappingProxyType(
    {".jsonl": _json_lines, ".csv": _csv, ".parquet": _ParquetRows}
)
"""Every kind of file for rows, by its ending."""
