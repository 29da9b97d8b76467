"""The simple text formats of other programs: what a line of each says.

GVRET, the id list and the Microchip form are those that SavvyCAN (collin80/SavvyCAN) writes; CRTD is that of OVMS
(docs.openvehicles.com, CRTD CAN Log Format); BUSMASTER (rbei-etas/busmaster) and CSS Electronics' table (mdf2csv of
mdf4-converters) are as those programs write them. Ids that do not say how long they are have 29 bits from 800 up.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from edge.bus.log import DEFAULT_BUS
from edge.bus.text_log import Form
from edge.frames import BIT_RATE_SWITCH, CLASSIC_BYTES, EXTENDED, FD, NANOSECONDS, REMOTE, Frame

_BYTES: Final = rb"(?:[ ,;]?[0-9A-F]{2}){0,64}"
_ID_MAX: Final = 0x7FF
_MILLISECOND: Final = 1_000_000
_DAY: Final = 86_400 * NANOSECONDS


def date_ns(parts: Sequence[str], fraction: str = "") -> int:
    """Day, month, year, hour, minute, second as UTC, since no format says in which zone its clock was; ns.

    Raises:
        ValueError: there is no such date.
    """
    day, month, year, hour, minute, second = map(int, parts)
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return int(moment.timestamp()) * NANOSECONDS + int(fraction.ljust(9, "0"))


def _matched(pattern: re.Pattern[bytes], line: bytes) -> tuple[str, ...]:
    found = pattern.fullmatch(line)
    if found is None:
        raise ValueError("another line")
    return tuple(part.decode("ascii") for part in found.groups(b""))


def _frame(time_ns: int, number: int, payload: str, *, count: int | None = None, flags: int | None = None) -> Frame:
    """A frame of `count` bytes; where `flags` is None the id itself says how long it is."""
    content = bytes.fromhex(re.sub("[ ,;]|0x", "", payload))
    if count is not None and len(content) != count:
        raise ValueError("too few bytes")
    if flags is None:
        flags = EXTENDED if number > _ID_MAX else 0
    if len(content) > CLASSIC_BYTES:
        flags |= FD
    return Frame(time_ns, number, content, flags=flags)


class Gvret:
    """`Time Stamp,ID,Extended,[Dir,]Bus,LEN,D1,…`: microseconds since its own zero."""

    name, end, has_time = "GVRET log", b"\n", True
    _row: Final = re.compile(
        rb"([0-9]{1,15}),([0-9A-F]{1,8}),(true|false|1|0),(?:(?:Rx|Tx),)?([0-9]{1,3}),([0-9]{1,2}),("
        + _BYTES
        + rb"),?",
        re.IGNORECASE,
    )

    def heard(self, line: bytes) -> tuple[str, Frame] | None:
        """The bus and the frame of a line."""
        if line.startswith(b"Time Stamp,"):
            return None
        micros, number, extended, bus, count, payload = _matched(self._row, line)
        content = payload.replace(",", "")[: 2 * int(count)]  # the bytes are padded to eight
        flags = EXTENDED if extended.lower() in ("true", "1") else 0
        return bus, _frame(int(micros) * 1000, int(number, 16), content, count=int(count), flags=flags)


class Crtd:
    """`seconds [bus]R11 ID BYTES`: R received, T sent, 11 or 29 bits; other records tell of the logger."""

    name, end, has_time = "CRTD log", b"\n", True
    _row: Final = re.compile(
        rb"([0-9]{1,10})\.([0-9]{1,9}) ([0-9]{0,3})[RT](11|29) ([0-9A-F]{1,8})(" + _BYTES + rb") ?", re.IGNORECASE
    )
    _other: Final = re.compile(rb"[0-9]{1,10}\.[0-9]{1,9} [0-9]{0,3}C[A-Z0-9]{2}\b.*", re.DOTALL)

    def heard(self, line: bytes) -> tuple[str, Frame] | None:
        """The bus and the frame of a line."""
        if self._other.fullmatch(line):
            return None
        seconds, fraction, bus, bits, number, payload = _matched(self._row, line)
        time_ns = int(seconds + fraction.ljust(9, "0"))
        flags = EXTENDED if bits == "29" else 0
        return bus or DEFAULT_BUS, _frame(time_ns, int(number, 16), payload, flags=flags)


class IdList:
    """`ID,Data Bytes`: frames in their order and nothing of when."""

    name, end, has_time = "list of ids and bytes", b"\n", False
    _row: Final = re.compile(rb"([0-9A-F]{1,8}),(" + _BYTES + rb") ?", re.IGNORECASE)

    def heard(self, line: bytes) -> tuple[str, Frame] | None:
        """The bus and the frame of a line."""
        if line.startswith(b"ID,"):
            return None
        number, payload = _matched(self._row, line)
        return DEFAULT_BUS, _frame(0, int(number, 16), payload)


class Microchip:
    """`milliseconds;RX;0xID;LEN;0xBYTE;…` since the date in the head (CAN BUS Analyzer)."""

    name, end, has_time = "log of Microchip's CAN BUS Analyzer", b"\n", True
    _row: Final = re.compile(
        rb"([0-9]{1,15});[RT]X;0x([0-9A-F]{1,8});([0-9]{1,2});((?:0x[0-9A-F]{2};){0,8})", re.IGNORECASE
    )
    _began: Final = re.compile(
        rb"Logging Started: ([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}) ([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
    )

    def __init__(self) -> None:
        self._zero_ns = 0

    def heard(self, line: bytes) -> tuple[str, Frame] | None:
        """The bus and the frame of a line."""
        if not line[:1].isdigit():
            if line.startswith(b"Logging Started"):
                self._zero_ns = date_ns(_matched(self._began, line))
            return None
        millis, number, count, payload = _matched(self._row, line)
        time_ns = self._zero_ns + int(millis) * _MILLISECOND
        return DEFAULT_BUS, _frame(time_ns, int(number, 16), payload, count=int(count))


class CarBus:
    """`seconds,milliseconds channel 0004 ID LEN BYTES …` with tabs between them, lines that end in a return."""

    name, end, has_time = "trace of CAR BUS Analyzer", b"\r", True
    _row: Final = re.compile(
        rb"([0-9]{1,9}),([0-9]{3})\t([0-9]{1,3})\t0004\t([0-9A-F]{3}|[0-9A-F]{8})\t([0-9]{1,2})\t("
        + _BYTES
        + rb")(?:\t.*)?",
        re.IGNORECASE | re.DOTALL,
    )

    def heard(self, line: bytes) -> tuple[str, Frame] | None:
        """The bus and the frame of a line."""
        if line.startswith(b"@"):
            return None
        seconds, millis, bus, number, count, payload = _matched(self._row, line)
        time_ns = int(seconds) * NANOSECONDS + int(millis) * _MILLISECOND
        flags = EXTENDED if len(number) == 8 else 0
        return bus, _frame(time_ns, int(number, 16), payload, count=int(count), flags=flags)


class CssTable:
    """`TimestampEpoch;BusChannel;ID;IDE;DLC;DataLength;Dir;EDL;BRS;DataBytes` of CSS Electronics."""

    name, end, has_time = "table of CSS Electronics", b"\n", True
    _row: Final = re.compile(
        rb"([0-9]{1,10})\.([0-9]{1,9});([0-9]{1,3});([0-9A-F]{1,8});([01]);[0-9]{1,2};([0-9]{1,2});[01];([01]);([01]);"
        rb"((?:[0-9A-F]{2}){0,64})",
        re.IGNORECASE,
    )

    def heard(self, line: bytes) -> tuple[str, Frame] | None:
        """The bus and the frame of a line."""
        if line.startswith(b"TimestampEpoch;"):
            return None
        seconds, fraction, bus, number, extended, count, fd, fast, payload = _matched(self._row, line)
        time_ns = int(seconds + fraction.ljust(9, "0"))
        flags = (EXTENDED if extended == "1" else 0) | (FD if fd == "1" else 0)
        flags |= BIT_RATE_SWITCH if fd == "1" and fast == "1" else 0
        if fd == "0" and int(count) > CLASSIC_BYTES:
            raise ValueError("too many bytes")
        return bus, _frame(time_ns, int(number, 16), payload, count=int(count), flags=flags)


def _fraction_ns(digits: str) -> int:
    """Milliseconds, which SavvyCAN writes without zeros before them, or four digits of 0.1 ms; ns."""
    return int(digits) * (_MILLISECOND // 10 if len(digits) == 4 else _MILLISECOND)


class BusMaster:
    """`HH:MM:SS:mmm Rx channel ID s LEN BYTES`: s 11 bits, x 29, sr and xr remote requests.

    The head says whether stamps are the time of day, since the start, or since the line before.
    """

    name, end, has_time = "BUSMASTER log", b"\n", True
    _row: Final = re.compile(
        rb"([0-9]{1,3}):([0-9]{2}):([0-9]{2}):([0-9]{1,4}) [RT]x ([0-9]{1,3}) (?:0x)?([0-9A-F]{1,10}) (s|x|sr|xr) "
        rb"([0-8]) ?((?:[0-9A-F]{1,3} ?){0,8})",
        re.IGNORECASE,
    )
    _began: Final = re.compile(
        rb"\*\*\*START DATE AND TIME ([0-9]{1,2}):([0-9]{1,2}):([0-9]{4}) ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})"
        rb":([0-9]{1,4})\*\*\*"
    )

    def __init__(self) -> None:
        self._began_ns = 0
        self._midnight_ns = 0
        self._last_ns = 0
        self._base = 16
        self._mode = "SYSTEM"

    def heard(self, line: bytes) -> tuple[str, Frame] | None:
        """The bus and the frame of a line."""
        if line.startswith(b"***"):
            self._look(line)
            return None
        hours, minutes, seconds, fraction, bus, number, kind, count, payload = _matched(self._row, line)
        stamp_ns = (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * NANOSECONDS
        time_ns = self._time_ns(stamp_ns + _fraction_ns(fraction))
        flags = EXTENDED if kind.lower().startswith("x") else 0
        content = " ".join(f"{int(part, self._base):02x}" for part in payload.split())
        if kind.lower().endswith("r"):
            return bus, Frame(time_ns, int(number, self._base), bytes(int(count)), flags=flags | REMOTE)
        return bus, _frame(time_ns, int(number, self._base), content, count=int(count), flags=flags)

    def _look(self, line: bytes) -> None:
        if line.startswith(b"***START DATE"):
            *date, fraction = _matched(self._began, line)
            self._began_ns = self._last_ns = date_ns(date) + _fraction_ns(fraction)
            self._midnight_ns = self._began_ns - self._began_ns % _DAY
        elif line in (b"***HEX***", b"***DEC***"):
            self._base = 16 if line == b"***HEX***" else 10
        elif line in (b"***SYSTEM MODE***", b"***ABSOLUTE MODE***", b"***RELATIVE MODE***"):
            self._mode = line.strip(b"*").split()[0].decode("ascii")

    def _time_ns(self, stamp_ns: int) -> int:
        if self._mode == "ABSOLUTE":
            return self._began_ns + stamp_ns
        if self._mode == "RELATIVE":
            self._last_ns += stamp_ns
            return self._last_ns
        time_ns = self._midnight_ns + stamp_ns
        if time_ns < self._last_ns - _DAY // 2:  # midnight has passed
            self._midnight_ns += _DAY
            time_ns += _DAY
        self._last_ns = time_ns
        return time_ns


TEXT_FORMS: Final[tuple[tuple[re.Pattern[bytes], type[Form]], ...]] = (
    (re.compile(rb"\A\*\*\*BUSMASTER"), BusMaster),
    (re.compile(rb"^CAN BUS Analyzer\s*$", re.MULTILINE), Microchip),
    (re.compile(rb"\A@ TEXT @"), CarBus),
    (re.compile(rb"^Time Stamp,ID,Extended,", re.MULTILINE), Gvret),
    (re.compile(rb"^ID,Data Bytes", re.MULTILINE), IdList),
    (re.compile(rb"^TimestampEpoch;BusChannel;ID;IDE;", re.MULTILINE), CssTable),
    (re.compile(rb"^[0-9]{1,10}\.[0-9]{1,9} [0-9]{0,3}(?:[RT](?:11|29)|C[A-Z]{2})\b", re.MULTILINE), Crtd),
)
"""How the beginning of a file tells which it is."""
