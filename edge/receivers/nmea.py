"""NmeaReader: reports of the sentences of a receiver (NMEA 0183: RMC, GGA, GSA, whoever talks). Pure.

A report is made of each RMC, with what GGA and GSA said lately; where no RMC comes, of each GGA. A sentence whose
checksum is wrong or missing says nothing: a character that flipped is another place.
"""

import math
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from edge.receivers.report import FIX_2D, FIX_3D, NO_FIX, Report

SENTENCE: Final = re.compile(rb"\$([A-Z0-9]{2})([A-Z]{3}),([\x20-\x7e]*)\*([0-9A-Fa-f]{2})")
_TIME: Final = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d|60)(\.\d{1,6})?")
_DATE: Final = re.compile(r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(\d\d)")
_ANGLE: Final = re.compile(r"(\d{1,3})([0-5]\d(?:\.\d{1,10})?)")
KNOTS: Final = 1852.0 / 3600.0
RANGES_M: Final = 5.0
"""One standard deviation of the distance to a satellite; the geometry (HDOP) multiplies it."""
LATELY: Final = 20
"""Sentences: what was said longer ago is forgotten; receivers say some ten a second."""
_GOOD_QUALITY: Final = "123459"
"""Of GGA: by satellites. 0 none, 6 dead reckoning, 7 by hand, 8 a simulator."""
_GOOD_MODES: Final = "ADFPR"
"""The same of RMC; receivers of before NMEA 2.3 say none."""
BAD_LINE: Final = "bad_line"
BAD_CHECKSUM: Final = "bad_checksum"
OTHER_LINE: Final = "other_line"
CAUSES: Final = (BAD_LINE, BAD_CHECKSUM, OTHER_LINE)


class NmeaReader:
    """Takes line after line of one receiver."""

    def __init__(self) -> None:
        self.counters = Counter(dict.fromkeys(CAUSES, 0))
        self._line = 0
        self._rmc_at = 0
        """One may come with the first lines: only it knows the day."""
        self._hdop: tuple[int, float] | None = None
        self._altitude: tuple[int, float] | None = None
        self._mode: tuple[int, int] | None = None

    def take(self, line: bytes) -> Report | None:
        """What a line completes; None: nothing, or it is damaged, which is counted."""
        if not (line := line.strip()):
            return None
        self._line += 1
        found = SENTENCE.fullmatch(line)
        if found is None:
            self.counters[BAD_LINE] += 1
            return None
        if checksum(line[1:-3]) != int(found[4], 16):
            self.counters[BAD_CHECKSUM] += 1
            return None
        fields = found[3].decode("ascii").split(",")
        readers = {b"RMC": self._rmc, b"GGA": self._gga, b"GSA": self._gsa}
        if found[2] not in readers:
            self.counters[OTHER_LINE] += 1
            return None
        try:
            return readers[found[2]](fields)
        except (ValueError, IndexError):
            self.counters[BAD_LINE] += 1
            return None

    def _rmc(self, fields: list[str]) -> Report:
        time_s = _seconds(fields[0])
        status, mode = fields[1], fields[11] if len(fields) > 11 else ""
        self._rmc_at = self._line
        is_valid = status == "A" and (not mode or mode in _GOOD_MODES)
        hdop = _lately(self._hdop, self._line)
        speed_kn, heading = _number(fields[6]), _number(fields[7])
        return Report(
            mode=self._fix() if is_valid else NO_FIX,
            time_s=None if time_s is None else time_s + _day(fields[8]),
            latitude_deg=_degrees(fields[2], fields[3], "NS"),
            longitude_deg=_degrees(fields[4], fields[5], "EW"),
            accuracy_m=None if hdop is None else hdop * RANGES_M,
            altitude_m=_lately(self._altitude, self._line),
            speed_mps=None if speed_kn is None else speed_kn * KNOTS,
            heading_deg=heading,
        )

    def _gga(self, fields: list[str]) -> Report | None:
        time_s, is_valid = _seconds(fields[0]), fields[5] in _GOOD_QUALITY and fields[5] != ""
        hdop, altitude_m = _number(fields[7]), _number(fields[8])
        self._hdop = None if hdop is None or not is_valid else (self._line, hdop)
        self._altitude = None if altitude_m is None or not is_valid else (self._line, altitude_m)
        if not is_valid:
            self._mode = self._line, NO_FIX
        if self._line - self._rmc_at <= LATELY:
            return None
        return Report(
            mode=self._fix() if is_valid else NO_FIX,
            time_s=time_s,
            latitude_deg=_degrees(fields[1], fields[2], "NS"),
            longitude_deg=_degrees(fields[3], fields[4], "EW"),
            accuracy_m=None if hdop is None else hdop * RANGES_M,
            altitude_m=altitude_m,
        )

    def _gsa(self, fields: list[str]) -> None:
        if fields[1] not in ("1", "2", "3"):
            raise ValueError(fields[1])
        self._mode = self._line, int(fields[1])

    def _fix(self) -> int:
        """By GSA, where that was said lately; else altitude says whether there is one."""
        mode = _lately(self._mode, self._line)
        if mode is None:
            return FIX_2D if _lately(self._altitude, self._line) is None else FIX_3D
        return int(mode)


def checksum(sentence: bytes) -> int:
    """Of what stands between $ and *."""
    value = 0
    for one in sentence:
        value ^= one
    return value


def _lately(said: tuple[int, float] | None, line: int) -> float | None:
    return None if said is None or line - said[0] > LATELY else said[1]


def _number(text: str) -> float | None:
    """Raises ValueError: it is none."""
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _seconds(text: str) -> float | None:
    """Of the day; None: the receiver does not know. Raises ValueError: it is no time."""
    if not text:
        return None
    if (found := _TIME.fullmatch(text)) is None:
        raise ValueError(text)
    return int(found[1]) * 3600.0 + int(found[2]) * 60.0 + float(f"{found[3]}{found[4] or ''}")


def _day(text: str) -> float:
    """When it began, since 1970; 0: the receiver does not know. Raises ValueError: there is no such day."""
    if not text:
        return 0.0
    if (found := _DATE.fullmatch(text)) is None:
        raise ValueError(text)
    return datetime(2000 + int(found[3]), int(found[2]), int(found[1]), tzinfo=UTC).timestamp()


def _degrees(text: str, side: str, sides: str) -> float | None:
    """`5231.2345`, `N`; None where both are empty. Raises ValueError: it is no angle."""
    if not text and not side:
        return None
    found = _ANGLE.fullmatch(text)
    if found is None or side == "" or side not in sides:
        raise ValueError(text)
    degrees = int(found[1]) + float(found[2]) / 60.0
    return degrees if side == sides[0] else -degrees
