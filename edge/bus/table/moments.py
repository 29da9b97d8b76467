"""Moments: when each row was, from whatever stands in its time column; ns, to the microsecond."""

import datetime as calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Literal

import numpy as np

from edge.bus.log import TIME_MAX_NS
from edge.bus.table.cells import numbers_of
from edge.bus.table.rows import Cells, Float64s, Int64s

NO_TIME: Final = np.iinfo(np.int64).min
"""Of a row whose time cannot be read."""
US: Final = 1000
YEARS: Final = range(1970, 2200)
"""In which a date may lie."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_PER_UNIT: Final = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
"""Microseconds."""
_TIME_OF_DAY: Final = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*", re.ASCII)
_DATE: Final = re.compile(r"\s*([0-9]{4}-[0-9]{2}-[0-9]{2})")
Format = Literal["epoch", "seconds", "iso", "time_of_day"]


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are written in a table."""

    zone: tzinfo
    """Of times that name none."""
    format: Format | None = None
    """None: numbers are seconds, other texts ISO 8601."""
    unit: str = "s"
    """Of numbers: s, ms, us, ns."""
    rate_hz: float | None = None
    """Rows a second, where they have no time."""
    date: calendar.date | None = None
    """Of a time of day, or of the first row."""

    def by_rate(self, first: int, count: int) -> Int64s:
        """(N,) times of rows that have none, the first of them being row `first`."""
        rate_hz = self.rate_hz or 1.0
        micros = np.rint(np.arange(first, first + count) * (1e6 / rate_hz)) + self._midnight(self.date) // US
        return _checked(micros, least=0)

    def read(self, cells: Cells, dates: Sequence[str] | None, *, decimal_comma: bool | None) -> Int64s:
        """(N,) times of rows, NO_TIME of those that cannot be read; below zero only seconds from a zero of their own.

        `dates`: texts that begin with the date of each row, of times of day.
        """
        if self.format == "time_of_day":
            texts = [*cells] if isinstance(cells, list) else [str(cell) for cell in cells.tolist()]
            return self._of_day(texts, dates)
        if not isinstance(cells, list):
            return _of_moments(cells) if cells.dtype.kind == "M" else self._of_array(cells)
        if self.format == "iso":
            return np.array([self._moment(cell) for cell in cells], np.int64)
        return self._of_texts(cells, decimal_comma)

    def _of_texts(self, cells: Sequence[str], decimal_comma: bool | None) -> Int64s:
        per_unit: float | Float64s = _PER_UNIT[self.unit]
        numbers, bad = numbers_of(cells, decimal_comma=decimal_comma)
        if self.unit == "ns":  # since 1970 they are more digits than a float64 has
            whole = [cell[:-3] or "0" if cell.isdecimal() else "" for cell in cells]
            micros, _ = numbers_of(whole, decimal_comma=False)
            per_unit = np.where(np.isnan(micros), per_unit, 1.0)
            numbers = np.where(np.isnan(micros), numbers, micros)
        times = self._of_micros(np.rint(numbers * per_unit))
        if bad and self.format is None:
            for row in np.flatnonzero(times == NO_TIME).tolist():
                times[row] = self._moment(cells[row])
        return times

    def _of_array(self, numbers: Float64s | Int64s) -> Int64s:
        if numbers.dtype.kind == "i" and self.unit == "ns":
            return self._of_micros(numbers.astype(np.int64) // US)
        return self._of_micros(np.rint(numbers.astype(np.float64) * _PER_UNIT[self.unit]))

    def _of_micros(self, micros: Float64s | Int64s) -> Int64s:
        return _checked(micros, least=0 if self.format == "epoch" else -TIME_MAX_NS // US)

    def _of_day(self, cells: Sequence[str], dates: Sequence[str] | None) -> Int64s:
        if dates is None:
            midnights: list[int | None] = [self._midnight(self.date)] * len(cells)
        else:
            known = {text: self._midnight_of(text) for text in set(dates)}
            midnights = [known[text] for text in dates]
        within = [_within(cell) for cell in cells]
        both = zip(midnights, within, strict=True)
        return np.array([NO_TIME if one is None or two is None else one + two for one, two in both], np.int64)

    def _midnight_of(self, text: str) -> int | None:
        """Of the date that a text begins with."""
        match = _DATE.match(text)
        try:
            day = calendar.date.fromisoformat(match[1]) if match else None
        except ValueError:
            return None
        return None if day is None or day.year not in YEARS else self._midnight(day)

    def _midnight(self, day: calendar.date | None) -> int:
        """ns; zero without a date."""
        if day is None:
            return 0
        return max(0, _ns(datetime(day.year, day.month, day.day, tzinfo=self.zone)))

    def _moment(self, cell: str) -> int:
        try:
            moment = datetime.fromisoformat(cell.strip())
            time = _ns(moment if moment.tzinfo else moment.replace(tzinfo=self.zone))
        except (ValueError, OverflowError):
            return NO_TIME
        return time if 0 <= time < TIME_MAX_NS else NO_TIME


def _of_moments(cells: Cells) -> Int64s:
    """Of moments that a file has as such."""
    return _checked(np.asarray(cells, "datetime64[us]").astype(np.int64), least=0)


def _checked(micros: Float64s | Int64s, *, least: int) -> Int64s:
    """As ns; NO_TIME of what is none, or out of reach."""
    is_known = (micros >= least) & (micros < TIME_MAX_NS // US)  # false of NaN
    return np.where(is_known, np.where(is_known, micros, 0).astype(np.int64) * US, NO_TIME)


def _within(cell: str) -> int | None:
    """ns from midnight."""
    match = _TIME_OF_DAY.fullmatch(cell)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    micros = int((match[4] or "0").ljust(9, "0")) // US
    return ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + micros * US


def _ns(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * US
