"""LogFile: a recorded file, unpacked where it is gzipped, read once to its end or to wherever it was cut."""

import gzip
import io
import zlib
from pathlib import Path
from typing import Final

from edge.errors import ConfigError

_GZIP_MAGIC: Final = b"\x1f\x8b"
_HEAD_BYTES: Final = 8192
_HEAD_LEAST: Final = 64
"""A pipe is not waited on for more: a line of a log, and more than any format has as its mark."""


class LogFile:
    """The bytes of a file, in order. A pipe will do."""

    def __init__(self, file: Path) -> None:
        """Raises ConfigError when it cannot be opened."""
        self.file = file
        self.cut = ""
        """Why a gzipped file could not be read to its end."""
        self.is_packed = False
        self._ahead = b""
        self._file = self._open()
        self._stream: io.BufferedReader | gzip.GzipFile | None = self._unpacked()

    def head(self) -> bytes:
        """The first bytes, which `read` gives all the same; only before anything was read.

        Raises:
            ConfigError: the file cannot be read.
        """
        while len(self._ahead) < _HEAD_LEAST and (chunk := self._next(_HEAD_BYTES)):
            self._ahead += chunk
        return self._ahead

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end.

        Raises:
            ConfigError: the file cannot be read any further.
        """
        if self._ahead:
            chunk, self._ahead = self._ahead[:size], self._ahead[size:]
            return chunk
        return self._next(size)

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._ahead = b""
        if self._stream is not None:
            self._stream.close()
            self._file.close()
            self._stream = None

    def _open(self) -> io.BufferedReader:
        try:
            return self.file.open("rb")
        except OSError as error:
            raise self._unreadable(error) from error

    def _unpacked(self) -> io.BufferedReader | gzip.GzipFile:
        """The file, unpacked when it begins as gzip does; looked at without reading, since it may be a pipe."""
        try:
            self.is_packed = self._file.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
        except OSError as error:
            self._file.close()
            raise self._unreadable(error) from error
        return gzip.GzipFile(fileobj=self._file) if self.is_packed else self._file

    def _next(self, size: int) -> bytes:
        if self._stream is None:
            return b""
        try:
            return self._stream.read1(size)  # read() would throw away what comes before the place of a cut
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.cut = str(error)
            return b""
        except OSError as error:
            self.close()
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> ConfigError:
        remedy = "Check the path and who may read it"
        return ConfigError(f"cannot be read: {error.strerror}", file=self.file, remedy=remedy)
