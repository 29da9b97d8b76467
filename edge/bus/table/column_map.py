"""The column map: which column of somebody's table is the time, which are signals, and what stands for nothing.

[time]
column = "Zeit"              # or rate_hz = 10, for rows that have no time
format = "time_of_day"       # epoch, seconds, iso; left out: numbers are seconds, other texts ISO 8601
date = "2024-05-01"          # of a time of day; or date_column = "…", whose text begins with the date
zone = "Europe/Berlin"       # of times that name none; UTC unless given
unit = "ms"                  # of epoch and seconds: s, ms, us, ns
[trip]
column = "drive"             # another value: another trip
[[column]]
name = "ect_F"
path = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
unit = "Fahrenheit"          # turned into the catalogue's; or factor and offset
missing = [-999, "no data"]  # beside empty cells, NaN and null
low = -60                    # below it, and above high, a value (as it is written) is none
[csv]
delimiter = ";"
decimal = ","
"""

import datetime
import zoneinfo
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, field_validator, model_validator

from edge.bus.table.moments import YEARS, Format
from edge.toml_file import read_toml

COLUMNS_MAX: Final = 4096
TIME: Final = "time"
NAME_MAX: Final = 512
Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MAX)]
SignalPath = Annotated[str, StringConstraints(pattern=r"^(Vehicle(\.[A-Za-z0-9]+)+|dbc\.\S+)$", max_length=NAME_MAX)]
TimeUnit = Literal["s", "ms", "us", "ns"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeEntry(_Part):
    """Where the time of a row stands, and how."""

    column: Name | None = None
    rate_hz: Annotated[FiniteFloat, Field(ge=1e-4, le=1e6)] | None = None
    """Rows a second; instead of a column."""
    format: Format | None = None
    unit: TimeUnit = "s"
    date: datetime.date | None = None
    """Of a time of day, or of the first row where there is a rate."""
    date_column: Name | None = None
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        try:
            zoneinfo.ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {zone!r}; write it as Europe/Berlin, or UTC") from error
        return zone

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.rate_hz is not None and (self.column is not None or self.format is not None):
            raise ValueError("give a column or a rate_hz, not both")
        if self.date_column is not None and self.format != "time_of_day":
            raise ValueError('date_column goes with format = "time_of_day"')
        if self.date is not None and (self.date_column is not None or self.format not in (None, "time_of_day")):
            raise ValueError('date goes with format = "time_of_day" or rate_hz, and without date_column')
        if self.date is not None and self.format is None and self.rate_hz is None:
            raise ValueError('date goes with format = "time_of_day" or rate_hz')
        if self.date is not None and self.date.year not in YEARS:
            raise ValueError(f"date is not in the years {YEARS[0]} to {YEARS[-1]}")
        return self

    @property
    def name(self) -> str | None:
        """Of the column; None: there is none, but a rate."""
        return None if self.rate_hz is not None else self.column or TIME


class TripEntry(_Part):
    """Which column changes when another trip begins."""

    column: Name


class ColumnEntry(_Part):
    """One column that is a signal."""

    name: Name
    path: SignalPath
    unit: str | None = None
    factor: FiniteFloat | None = None
    offset: FiniteFloat | None = None
    missing: Annotated[list[bool | FiniteFloat | str], Field(max_length=64)] = []
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    period_s: Annotated[FiniteFloat, Field(gt=0, le=86_400)] | None = None

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.factor == 0:
            raise ValueError("factor = 0 makes every value the same; leave it out where it is 1")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is above high: nothing is between them")
        return self


class CsvEntry(_Part):
    """How the text is written, where it does not show by itself."""

    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    decimal: Literal[".", ","] | None = None

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.delimiter is not None and (self.delimiter in '"\r\n\0' or self.delimiter == self.decimal):
            raise ValueError(f"cells cannot be told apart by {self.delimiter!r}")
        return self


class ColumnMap(_Part):
    """The whole file."""

    time: TimeEntry = TimeEntry()
    trip: TripEntry | None = None
    column: Annotated[list[ColumnEntry], Field(max_length=COLUMNS_MAX)] = []
    csv: CsvEntry = CsvEntry()

    @model_validator(mode="after")
    def _each_is_there_once(self) -> Self:
        for what in ("name", "path"):
            said = [getattr(one, what) for one in self.column]
            if twice := next((one for one in said if said.count(one) > 1), None):
                raise ValueError(f"two [[column]] have the {what} {twice!r}")
        return self


def load_column_map(file: Path) -> ColumnMap:
    """Read a column map.

    Raises:
        ConfigError: with file, place and remedy.
    """
    return read_toml(ColumnMap, file, what="column map", see='edge/README.md, "Signal tables"')
