"""Databases of python-can (SQLite): a table `messages`; a packed one is unpacked into a bounded file first."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Final

from edge.bus.library import can
from edge.bus.log import DEFAULT_BUS
from edge.bus.log_file import LogFile
from edge.bus.pythoncan_log import nanoseconds
from edge.errors import ConfigError

BAD_ROW: Final = "bad_row"
OTHER_ROW: Final = "other_row"
UNPACKED_MOST: Final = 256 << 20
"""Bytes of a database that came packed: SQLite goes back and forth in it, so all of it has to be there."""


_TABLE: Final = "SELECT count(*) FROM sqlite_master WHERE name='messages' AND type='table'"


class Database:
    """Seconds since 1970 as a float, no channels."""

    form = "database of python-can"
    bad = BAD_ROW

    def __init__(self, log_file: LogFile) -> None:
        """Raises ConfigError when it is none, or too large to be unpacked."""
        self._log_file = log_file
        self._temporary = _unpacked(log_file) if log_file.is_packed else None
        self.cut = log_file.cut
        self._path = self._temporary.name if self._temporary else str(log_file.file.absolute())
        self._reader: can.SqliteReader | None = None
        self._rows = 0
        self._look()

    @property
    def counters(self) -> Mapping[str, int]:
        """Nothing that python-can would not see."""
        return {}

    @property
    def units(self) -> tuple[str, int]:
        """Rows; each is to be a frame."""
        return OTHER_ROW, 0

    def messages(self) -> Iterator[can.Message]:
        """All of them."""
        self._reader = can.SqliteReader(self._path)
        for message in self._reader:
            self._rows += 1
            yield message

    def place(self) -> str:
        """The row that was taken last."""
        return f"row {self._rows}"

    def is_over(self) -> bool:
        """It cannot go on."""
        return True

    def time_ns(self, message: can.Message) -> int:
        """When it was heard."""
        return nanoseconds(message.timestamp)

    def bus(self, message: can.Message) -> str:  # noqa: ARG002  it does not say
        """Where it was heard."""
        return DEFAULT_BUS

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        if self._reader is not None:
            self._reader.stop()
            self._reader = None
        if self._temporary is not None:
            self._temporary.close()

    def _look(self) -> None:
        """A view may be without an end; only a table is read."""
        try:
            with closing(sqlite3.connect(self._path)) as connection:
                [found] = connection.execute(
                    "SELECT count(*) FROM sqlite_master WHERE name='messages' AND type='table'"
                )
        except (sqlite3.Error, ValueError) as error:  # its messages and names may be no UTF-8
            self.close()
            raise self._no_database(str(error)) from error
        if found != (1,):
            self.close()
            raise self._no_database("has no table `messages`")

    def _no_database(self, why: str) -> ConfigError:
        why = f"cannot be unpacked ({self.cut})" if self.cut else f"is no {self.form}: {why}"
        return ConfigError(why, file=self._log_file.file, remedy="Export it again, or name another file")


def _unpacked(log_file: LogFile) -> "tempfile._TemporaryFileWrapper[bytes]":
    file = tempfile.NamedTemporaryFile(prefix="telltale-", suffix=".db")  # noqa: SIM115  `Database.close` gives it back
    size = 0
    while chunk := log_file.read(1 << 20):
        size += len(chunk)
        if size > UNPACKED_MOST:
            file.close()
            remedy = f"Unpack it: above {UNPACKED_MOST >> 20} MiB it is not done here"
            raise ConfigError("is too large to be unpacked", file=log_file.file, remedy=remedy)
        file.write(chunk)
    file.flush()
    return file
