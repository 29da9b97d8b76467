"""The text formats that python-can reads: ASC of Vector, TRC of PEAK, and its own CSV.

python-can ends at the first line that it cannot read. Here its reader is given the lines one by one and is asked anew
after such a line, so that one broken line costs one line.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, TextIO, cast

from edge.bus.candump_log import quoted
from edge.bus.library import can
from edge.bus.lines import Lines
from edge.bus.log import BAD_LINE, CHUNK_BYTES, CUT_LINE, OTHER_LINE
from edge.bus.log_file import LogFile
from edge.bus.pythoncan_log import bus_of, exact, nanoseconds
from edge.bus.text_forms import date_ns
from edge.errors import ConfigError

LINE_BYTES: Final = 1024
"""No line that is read is longer; ASC writes 64 bytes with a name and much beside."""
_HALF_BYTE: Final = re.compile(rb".*[\s](?!d\s)[0-9A-Fa-f]{1,2}\s+[0-9A-Fa-f]", re.DOTALL)
"""The end of a line that was cut within a byte."""


class Feed:
    """Lines as the text file that python-can wants."""

    def __init__(self, log_file: LogFile, look: Callable[[bytes], str]) -> None:
        """`look` sees each line before python-can does, and says what is to come before it."""
        self.number = 0
        self.taken = 0
        """Lines that are not blank."""
        self.line = b""
        self.counters = Counter({CUT_LINE: 0})
        self.too_long = 0
        self._lines = Lines(log_file, chunk_bytes=CHUNK_BYTES, line_bytes=LINE_BYTES)
        self._waiting: Iterator[bytes] = iter(())
        self._given = ""
        self._look = look

    def give(self, line: str) -> None:
        """Let this line come next."""
        self._given = line

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._given:
            line, self._given = self._given, ""
            return line
        while True:
            self.line = self._next()
            if len(self.line) > LINE_BYTES:
                self.too_long += 1
            elif self._lines.unfinished and _HALF_BYTE.fullmatch(self.line):
                self.counters[CUT_LINE] += 1
            else:
                self.taken += bool(self.line.strip())
                text = self.line.decode("utf-8", "replace").lstrip("\ufeff") + "\n"
                if before := self._look(self.line):
                    self._given, text = text, before
                return text

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._lines.close()

    def _next(self) -> bytes:
        while (line := next(self._waiting, None)) is None:
            if (text := self._lines.read()) is None:
                raise StopIteration
            self._waiting = iter(text.removesuffix(b"\n").split(b"\n") if text else ())
        self.number += 1
        return line


class _Text:
    """What the three have in common."""

    form = ""
    bad = BAD_LINE
    cut = ""
    begin_again = ""
    """The line at which the reader's search for a head is over."""

    def __init__(self, log_file: LogFile) -> None:
        self._file = log_file.file
        self._feed = Feed(log_file, self._look)
        self._failed_at = -1
        self._zero_ns = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Lines that python-can never saw."""
        return {**self._feed.counters, BAD_LINE: self._feed.too_long}

    @property
    def units(self) -> tuple[str, int]:
        """Lines that are not blank."""
        return OTHER_LINE, self._feed.taken

    def place(self) -> str:
        """The line that was taken last."""
        return f"line {self._feed.number}: {quoted(self._feed.line)}"

    def is_over(self) -> bool:
        """Whether it failed twice at one line, so that asking again leads nowhere."""
        is_over = self._failed_at == self._feed.number
        self._failed_at = self._feed.number
        self._feed.give(self.begin_again)
        return is_over

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._feed.close()

    def bus(self, message: can.Message) -> str:
        """Where it was heard."""
        return bus_of(message)

    def _text(self) -> TextIO:
        return cast("TextIO", self._feed)

    def _look(self, line: bytes) -> str:  # noqa: ARG002  most have nothing to see
        """See what of a line python-can does not tell; what it has to be given before the line."""
        return ""


class Asc(_Text):
    """ASC: seconds with up to nine digits since the date in its head, channels from 1."""

    form = "ASC log"
    begin_again = "internal events logged\n"
    _date: Final = re.compile(
        rb"(?:date|begin\s+triggerblock)\s+\S+\s+(\S+)\s+([0-9]{1,2})\s+([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
        rb"(?:\.([0-9]{1,6}))?(?:\s+([ap])m)?\s+([0-9]{4})",
        re.IGNORECASE,
    )
    _long: Final = re.compile(rb"[0-9.]+\s+[0-9]+\s+\w+\s+[RT]x\s+d\s+\w+(?:\s+[0-9A-F]{2}){9}(?:\s|$)", re.IGNORECASE)
    _head: Final = re.compile(rb"date\s|base\s|//", re.IGNORECASE)
    _relative: Final = re.compile(rb"base\s+\w+\s+timestamps\s+relative", re.IGNORECASE)

    def __init__(self, log_file: LogFile) -> None:
        super().__init__(log_file)
        self._reader = can.ASCReader(self._text(), relative_timestamp=True)
        self._is_headed = False

    def messages(self) -> Iterator[can.Message]:
        """From here on."""
        return iter(self._reader)

    def time_ns(self, message: can.Message) -> int:
        """When it was heard."""
        return self._zero_ns + exact(message.timestamp)

    def bus(self, message: can.Message) -> str:
        """Where it was heard."""
        return bus_of(message, 1)

    def _look(self, line: bytes) -> str:
        text = line.removeprefix(codecs.BOM_UTF8).strip()
        if self._relative.match(text):
            problem = "counts each stamp from the line before it, lines without frames included"
            raise ConfigError(problem, file=self._file, remedy="Export it with absolute timestamps")
        if (found := self._date.fullmatch(text)) is not None:
            parts = [part.decode("utf-8", "replace") for part in found.groups(b"")]
            with suppress(ValueError, KeyError):  # a date of no calendar: its own zero
                self._zero_ns = _asc_date(parts)
        if self._long.match(text):
            raise ValueError("more bytes than a classic frame has")  # python-can would leave out those above eight
        if self._is_headed or self._head.match(text):
            return ""
        self._is_headed = True
        return self.begin_again  # else python-can takes the first line behind the head for the end of it


def _asc_date(parts: Sequence[str]) -> int:
    """Month, day, hour, minute, second, fraction, a or p or nothing, year."""
    month, day, hour, minute, second, fraction, half, year = parts
    hours = int(hour) if not half else int(hour) % 12 + (12 if half in "pP" else 0)
    number = _MONTHS[month.lower()[:3]]
    return date_ns((day, str(number), year, str(hours), minute, second), fraction)


_ENGLISH: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_GERMAN: Final = {"m\u00e4r": 3, "m\ufffdr": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12}
_MONTHS: Final = {name: number for number, name in enumerate(_ENGLISH, 1)} | _GERMAN
"""As Vector's tools write them in English and German."""


class Trc(_Text):
    """TRC: milliseconds since the date in its head, channels as they are."""

    form = "TRC trace"
    _date: Final = re.compile(
        rb";\s+Start time: ([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}) "
        rb"([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,3}))?.*"
    )

    def __init__(self, log_file: LogFile) -> None:
        super().__init__(log_file)
        self._reader = can.TRCReader(self._text())

    def messages(self) -> Iterator[can.Message]:
        """From here on."""
        return iter(self._reader)

    def time_ns(self, message: can.Message) -> int:
        """When it was heard; from version 1.1 on python-can has added the start that its head gives in days."""
        began = self._reader.start_time
        if began is None or not self._reader.file_version >= can.TRCFileVersion.V1_1:
            return self._zero_ns + nanoseconds(message.timestamp)
        seconds = began.timestamp()
        return nanoseconds(seconds) + nanoseconds(message.timestamp - seconds)

    def _look(self, line: bytes) -> str:
        if (found := self._date.fullmatch(line.strip())) is not None:
            *date, fraction = (part.decode("ascii") for part in found.groups(b""))
            with suppress(ValueError):  # as above
                self._zero_ns = date_ns(date, fraction)
        return ""


class Csv(_Text):
    """python-can's CSV: seconds since 1970 as a float, no channels."""

    form = "CSV log of python-can"
    begin_again = "timestamp\n"

    def __init__(self, log_file: LogFile) -> None:
        super().__init__(log_file)
        self._reader = can.CSVReader(self._text())

    def messages(self) -> Iterator[can.Message]:
        """From here on."""
        return iter(self._reader)

    def time_ns(self, message: can.Message) -> int:
        """When it was heard."""
        return nanoseconds(message.timestamp)
