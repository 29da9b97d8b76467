"""Lines: a text file, plain or gzipped, as blocks of whole lines in bounded memory, read to wherever it was cut."""

import gzip
import io
import zlib
from pathlib import Path
from typing import Final

from edge.errors import ConfigError

_GZIP_MAGIC: Final = b"\x1f\x8b"


class Lines:
    """Reads a file once, from its beginning to its end."""

    def __init__(self, file: Path, *, chunk_bytes: int, line_bytes: int) -> None:
        """`chunk_bytes` are read at once; a line longer than `line_bytes` may come shortened, but never short enough.

        Raises:
            ConfigError: the file cannot be opened.
        """
        self.file = file
        self.cut = ""
        """Why a gzipped file could not be read to its end."""
        self.unfinished = False
        """The last line has no end."""
        self._chunk_bytes = chunk_bytes
        self._line_bytes = line_bytes
        self._rest = b""
        self._file = self._open()
        self._stream: io.BufferedReader | gzip.GzipFile | None = self._unpacked()

    def read(self) -> bytes | None:
        """Some more lines, each with its end, perhaps none yet; None at the end. What follows the last end comes last.

        Raises:
            ConfigError: the file cannot be read any further.
        """
        if self._stream is None:
            return None
        if chunk := self._read_chunk(self._stream):
            text = self._rest + chunk
            end = text.rfind(b"\n") + 1
            self._rest = text[end : end + self._line_bytes + 1]
            return text[:end]
        self.close()
        self.unfinished = bool(self._rest)
        return self._rest or None

    def close(self) -> None:
        """Give the file back; safe to repeat."""
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
            is_gzip = self._file.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
        except OSError as error:
            self._file.close()
            raise self._unreadable(error) from error
        return gzip.GzipFile(fileobj=self._file) if is_gzip else self._file

    def _read_chunk(self, stream: io.BufferedReader | gzip.GzipFile) -> bytes:
        """The next bytes; none at the end."""
        try:
            return stream.read1(self._chunk_bytes)  # read() would throw away what comes before the place of a cut
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.cut = str(error)
            return b""
        except OSError as error:
            self.close()
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> ConfigError:
        remedy = "Check the path and who may read it"
        return ConfigError(f"cannot be read: {error.strerror}", file=self.file, remedy=remedy)
