"""Lines: a text file as blocks of whole lines in bounded memory."""

from edge.bus.log_file import LogFile


class Lines:
    """Reads a file once, from its beginning to its end."""

    def __init__(self, file: LogFile, *, chunk_bytes: int, line_bytes: int, end: bytes = b"\n") -> None:
        """`chunk_bytes` are read at once.

        A line longer than `line_bytes` may come shortened, but never short enough. `end`: of a line, one byte.
        """
        self.unfinished = False
        """The last line has no end."""
        self._file = file
        self._chunk_bytes = chunk_bytes
        self._line_bytes = line_bytes
        self._end = end
        self._rest = b""
        self._is_over = False

    def read(self) -> bytes | None:
        """Some more lines, each with its end, perhaps none yet; None at the end. What follows the last end comes last.

        Raises:
            ConfigError: the file cannot be read any further.
        """
        if self._is_over:
            return None
        if chunk := self._file.read(self._chunk_bytes):
            text = self._rest + chunk
            end = text.rfind(self._end) + 1
            self._rest = text[end : end + self._line_bytes + 1]
            return text[:end]
        self.close()
        self.unfinished = bool(self._rest)
        return self._rest or None

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._is_over = True
        self._file.close()
