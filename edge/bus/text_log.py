"""TextLog: a log in one of the simple text formats, read line by line."""

from collections import Counter
from collections.abc import Mapping
from typing import Final, Protocol

from edge.bus.candump_log import quoted
from edge.bus.lines import Lines
from edge.bus.log import BAD_LINE, CHUNK_BYTES, CUT_GZIP, CUT_LINE, NO_TIME, OTHER_LINE, Piece, is_sound
from edge.bus.log_file import LogFile
from edge.frames import Frame

LINE_BYTES: Final = 512
"""No line that can be read is longer."""


class Form(Protocol):
    """One text format. It may remember what the head of a file says."""

    name: str
    end: bytes
    """Of a line."""
    has_time: bool
    """False: the format has no stamps; every frame is at 0."""

    def heard(self, line: bytes) -> tuple[str, Frame] | None:
        """The bus and the frame of a line; None for a line that is to have none (heads, remarks, other events).

        Raises:
            ValueError: it is no line of this format.
        """


class TextLog:
    """A recording in a text format, plain or gzipped."""

    remedy = "Export it again, or name another file"

    def __init__(self, log_file: LogFile, form: Form, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.file = log_file.file
        self.form = form.name
        self.first_fault = ""
        self._form = form
        self._log_file = log_file
        self._counters = Counter(dict.fromkeys((OTHER_LINE, BAD_LINE, CUT_LINE, NO_TIME), 0))
        self._line_number = 0
        self._lines = Lines(log_file, chunk_bytes=chunk_bytes, line_bytes=LINE_BYTES, end=form.end)

    @property
    def cut(self) -> str:
        """Why it could not be unpacked to its end."""
        return self._log_file.cut

    @property
    def counters(self) -> Mapping[str, int]:
        """What was left out, by cause; `other_line`: lines that are to have no frame."""
        return {**self._counters, CUT_GZIP: int(bool(self.cut))}

    def read(self) -> Piece | None:
        """The next frames; None at the end."""
        while (text := self._lines.read()) is not None:
            lines = text.removesuffix(self._form.end).split(self._form.end) if text else []
            heard = [found for line in lines if (found := self._heard(line)) is not None]
            self._counters[NO_TIME] += 0 if self._form.has_time else len(heard)
            if heard:
                return Piece.of(heard)
        return None

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._lines.close()

    def _heard(self, line: bytes) -> tuple[str, Frame] | None:
        self._line_number += 1
        text = line.strip()
        if not text:
            return None
        try:
            found = self._form.heard(text)
        except ValueError:
            self._bad(line)
            return None
        if found is not None and not is_sound(found[1]):
            self._bad(line)
            return None
        self._counters[OTHER_LINE] += found is None
        return found

    def _bad(self, line: bytes) -> None:
        self._counters[CUT_LINE if self._lines.unfinished else BAD_LINE] += 1
        self.first_fault = self.first_fault or f"line {self._line_number}: {quoted(line)}"
