"""CsvRows: a table as text (RFC 4180, and what spreadsheets and loggers make of it); gzipped or not."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from edge.bus.log_file import LogFile
from edge.bus.table.rows import BAD_LINE, CUT_GZIP, Cells
from edge.errors import ConfigError

READ_BYTES: Final = 65_536
LINE_MAX: Final = 1 << 20
"""Characters; a longer line is none, and cut."""
HEADER_MAX: Final = 16_384
"""Columns."""
DELIMITERS: Final = (",", ";", "\t", "|")
_LEGACY: Final = "cp1252"
"""What older Windows programs write."""


class CsvRows:
    """A header, then rows. Blank lines are passed over; a line with too few or too many cells is counted, `bad_line`.

    Cells behind the last column are no fault while they are empty: some loggers end lines with a comma.
    """

    def __init__(self, log_file: LogFile, *, delimiter: str | None = None, decimal: str | None = None) -> None:
        """Reads the header; the delimiter is the one that is most often in it, unless given.

        Raises:
            ConfigError: it is empty, cannot be read, or two columns have one name.
        """
        self.units: Mapping[str, str] = {}
        self._log_file = log_file
        self._counters = Counter({BAD_LINE: 0, CUT_GZIP: 0})
        self._places: Sequence[int] = ()
        lines = _lines(log_file)
        header = next((line for line in lines if line.strip()), "")
        if not header:
            raise ConfigError(
                f"cannot be unpacked ({log_file.cut})" if log_file.cut else "is empty",
                file=log_file.file,
                remedy="Give a table whose first line names its columns",
            )
        delimiter = delimiter or max(DELIMITERS, key=header.count)
        self.decimal_comma: bool | None = {None: None, ".": False, ",": True}[decimal]
        if self.decimal_comma is None and delimiter == ",":
            self.decimal_comma = False
        self._rows = csv.reader(_after(header, lines), delimiter=delimiter)
        self.names: Sequence[str] = self._header()

    @property
    def counters(self) -> Mapping[str, int]:
        """Lines that are no rows, and whether the end of a gzipped file is missing."""
        return dict(self._counters)

    def choose(self, places: Sequence[int]) -> None:
        """Say which columns are wanted."""
        self._places = places

    def read(self, rows: int) -> list[Cells] | None:
        """Each chosen column of the next rows."""
        taken: list[list[str]] = []
        width = len(self.names)
        while len(taken) < rows:
            try:
                row = next(self._rows)
            except StopIteration:
                break
            except csv.Error:
                self._counters[BAD_LINE] += 1
                continue
            if len(row) != width and row:
                if len(row) < width or any(row[width:]):
                    self._counters[BAD_LINE] += 1
                    continue
                del row[width:]
            if row:
                taken.append(row)
        if self._log_file.cut:
            self._counters[CUT_GZIP] = 1
        if not taken:
            return None
        return [[row[place] for row in taken] for place in self._places]

    def close(self) -> None:
        """Give the file back."""
        self._log_file.close()

    def _header(self) -> list[str]:
        try:
            names = [name.strip() for name in next(self._rows, [])]
        except csv.Error as error:
            remedy = "Give a table whose first line names its columns"
            raise ConfigError(f"is no table: {error}", file=self._log_file.file, remedy=remedy) from error
        while names and not names[-1]:
            del names[-1]  # a comma at the end
        if not names or len(names) > HEADER_MAX:
            problem = f"its first line names {len(names)} columns"
            remedy = f"Give a table with 1 to {HEADER_MAX:,} columns"
            raise ConfigError(problem, file=self._log_file.file, remedy=remedy)
        return names


def _lines(log_file: LogFile) -> Iterator[str]:
    """Lines with their ends; in the encoding that the beginning of the file tells."""
    decoder = codecs.getincrementaldecoder(_encoding(log_file.head()))(errors="replace")
    rest = ""
    while chunk := log_file.read(READ_BYTES):
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (f"{line}\n" for line in whole)
        while len(rest) > LINE_MAX:
            yield rest[:LINE_MAX]
            rest = rest[LINE_MAX:]
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return _LEGACY
    return "utf-8-sig"


def _after(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines
