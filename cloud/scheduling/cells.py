"""Time in cells of a quarter of an hour, and sets of cells as whole numbers, one bit each. Pure.

A quarter of an hour divides every UTC offset in use, so cells begin on the quarter of every wall clock. Work takes
whole cells: a booking takes a list of cells of a bay and of a technician, and a database can forbid to take one twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from cloud.scheduling.model import HORIZON, Centre, Hours, Slot
from edge.wire.topics import Address

CELL: Final = timedelta(minutes=15)
_CELL_S: Final = 900


def cell_at(moment: datetime) -> int:
    """The cell that a moment lies in, counted from 1970."""
    return int(moment.timestamp() // _CELL_S)


def next_cell(moment: datetime) -> int:
    """The first cell that begins then or later."""
    return -int(-moment.timestamp() // _CELL_S)


def start_of(cell: int) -> datetime:
    """When a cell begins, in UTC."""
    return datetime.fromtimestamp(cell * _CELL_S, UTC)


def cells_for(minutes: int) -> int:
    """How many cells so much work takes."""
    return -(-minutes * 60 // _CELL_S)


def bay_of(centre: str, bay: str) -> str:
    """The name under which a bay's cells are kept."""
    return f"bay {centre} {bay}"


def technician_of(centre: str, technician: str) -> str:
    """The same for a technician."""
    return f"technician {centre} {technician}"


def vehicle_of(address: Address) -> str:
    """The same for a vehicle, which cannot be in two places either."""
    return f"vehicle {address.fleet} {address.vehicle}"


def taken_by(slot: Slot, address: Address) -> list[tuple[str, int]]:
    """Everything that a booking takes, as (resource, cell), always in the same order."""
    resources = (bay_of(slot.centre, slot.bay), technician_of(slot.centre, slot.technician), vehicle_of(address))
    cells = range(cell_at(slot.start_at), next_cell(slot.end_at))
    return [(name, cell) for name in sorted(resources) for cell in cells]


@dataclass(frozen=True, slots=True)
class Frame:
    """The cells from now to the horizon; bit n is cell `first + n`."""

    first: int
    count: int

    @classmethod
    def at(cls, now: datetime) -> "Frame":
        """The frame that begins with the first cell after `now`."""
        return cls(next_cell(now), HORIZON // CELL)

    @property
    def all(self) -> int:
        """The set of all its cells."""
        return (1 << self.count) - 1

    def between(self, first: int, end: int) -> int:
        """The set of the cells from `first` up to and without `end`."""
        low, high = (min(max(cell - self.first, 0), self.count) for cell in (first, end))
        return (1 << high) - (1 << low) if high > low else 0

    def of(self, cells: Iterable[int]) -> int:
        """The set of these cells, as far as they lie in the frame."""
        found = 0
        for cell in cells:
            if 0 <= cell - self.first < self.count:
                found |= 1 << (cell - self.first)
        return found

    def cells(self, wanted: int) -> Iterator[int]:
        """The cells of a set, in order."""
        while wanted:
            lowest = wanted & -wanted
            yield self.first + lowest.bit_length() - 1
            wanted ^= lowest


def starts(free: int, count: int) -> int:
    """The cells at which a run of `count` free cells begins."""
    length = 1
    while length < count and free:
        step = min(length, count - length)
        free &= free >> step
        length += step
    return free


def open_cells(centre: Centre, hours: tuple[Hours, ...], frame: Frame) -> int:
    """The whole cells within these hours on the days on which the centre is not closed."""
    return _open_cells(centre.zone, hours, centre.closed_on, frame)


@lru_cache(maxsize=1024)  # technicians share shifts, jobs share centres
def _open_cells(zone_name: str, hours: tuple[Hours, ...], closed_on: frozenset[date], frame: Frame) -> int:
    zone = ZoneInfo(zone_name)
    day = start_of(frame.first).astimezone(zone).date()
    last = start_of(frame.first + frame.count).astimezone(zone).date()
    found = 0
    while day <= last:
        if day not in closed_on:
            for span in hours:
                if span.weekday == day.weekday():
                    opens, closes = _at(day, span.opens, zone), _at(day, span.closes, zone, fold=1)
                    found |= frame.between(next_cell(opens), cell_at(closes))
        day += timedelta(days=1)
    return found


def _at(day: date, wall: time, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """That wall time in UTC. An hour that the clocks skip is the one after; of an hour that comes twice, by `fold`."""
    return datetime.combine(day, wall.replace(fold=fold), zone).astimezone(UTC)
