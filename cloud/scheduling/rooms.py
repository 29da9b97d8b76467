"""Where and when one job can be done: the free starts of each centre, or the reason why there are none. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_

from cloud.scheduling.cells import (
    Frame,
    bay_of,
    cell_at,
    cells_for,
    next_cell,
    open_cells,
    start_of,
    starts,
    technician_of,
    vehicle_of,
)
from cloud.scheduling.cost import distance_km, latest_start
from cloud.scheduling.model import Centre, Job, Slot

Taken = Mapping[str, frozenset[int]]
"""The cells of each resource that are taken already; one that is not named is free."""


class Why(StrEnum):
    """Why a centre has no time for a job; the first that holds."""

    TOO_FAR = "too_far"
    NO_BAY = "no_bay"
    NO_TECHNICIAN = "no_technician"
    PART_UNKNOWN = "part_unknown"
    """Nobody knows when a part would be there."""
    TOO_LATE = "too_late"
    """The vehicle is ready only after the latest safe moment, or after the horizon."""
    PARTS_LATE = "parts_late"
    """The same of the parts."""
    CLOSED = "closed"
    """Not open for so long at a stretch with a technician who can do it."""
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is taken from now on, in the frame of what can be planned."""

    now: datetime
    taken: Taken
    frame: Frame

    @classmethod
    def at(cls, now: datetime, taken: Taken) -> "Calendar":
        """From the first cell after `now` to the horizon."""
        return cls(now, taken, Frame.at(now))

    def free(self, resource: str) -> int:
        """The cells at which a resource is not taken, open or not."""
        return self.frame.all & ~self.frame.of(self.taken.get(resource, ()))


@dataclass(frozen=True, slots=True)
class Room:
    """The times at which one centre can do one job; the sets are of cells at which it can begin."""

    job: Job
    centre: Centre
    bays: Mapping[str, int]
    technicians: Mapping[str, int]
    starts: int

    def bays_at(self, calendar: Calendar, cell: int) -> list[str]:
        """The bays that are free from then on for as long as the job takes, by name."""
        wanted = calendar.frame.of([cell])
        return [bay for bay, free in self.bays.items() if free & wanted]

    def technicians_at(self, calendar: Calendar, cell: int) -> list[str]:
        """The same of the technicians."""
        wanted = calendar.frame.of([cell])
        return [technician for technician, free in self.technicians.items() if free & wanted]

    def slot(self, cell: int, bay: str, technician: str) -> Slot:
        """That time in a slot."""
        end = cell + cells_for(self.job.work.minutes)
        return Slot(self.centre.id, bay, technician, start_of(cell), start_of(end))


def find(job: Job, centre: Centre, calendar: Calendar) -> Room | Why:
    """Where in a centre's calendar a job can begin, or why nowhere."""
    why = _unfit(job, centre)
    if why is not None:
        return why
    frame = calendar.frame
    window = _window(job, centre, calendar)
    if not window:
        return Why.PARTS_LATE if job.work.parts and parts_at(job, centre, calendar.now) > job.ready_at else Why.TOO_LATE
    count = cells_for(job.work.minutes)
    bays = {bay.id: bay_of(centre.id, bay.id) for bay in centre.bays if job.work.equipment <= bay.equipment}
    shifts = {
        one.id: open_cells(centre, one.shifts, frame) & open_cells(centre, centre.hours, frame)
        for one in centre.technicians
        if job.work.skills <= one.skills
    }
    if not any(starts(shift, count) & window for shift in shifts.values()):
        return Why.CLOSED
    free = calendar.free(vehicle_of(job.address))
    bay_starts = {bay: starts(free & calendar.free(name), count) & window for bay, name in sorted(bays.items())}
    technician_starts = {
        one: starts(free & shift & calendar.free(technician_of(centre.id, one)), count) & window
        for one, shift in sorted(shifts.items())
    }
    both = _union(bay_starts.values()) & _union(technician_starts.values())
    return Room(job, centre, bay_starts, technician_starts, both) if both else Why.FULL


def rooms(job: Job, centres: Sequence[Centre], calendar: Calendar) -> tuple[list[Room], dict[str, Why]]:
    """The centres that have time for a job, and of the others why not."""
    found, reasons = [], {}
    for centre in centres:
        room = find(job, centre, calendar)
        if isinstance(room, Why):
            reasons[centre.id] = room
        else:
            found.append(room)
    return found, reasons


def parts_at(job: Job, centre: Centre, now: datetime) -> datetime:
    """When the last of the parts is there; all of them must be known to the centre."""
    lead_h = max((centre.lead_time_h[part] for part in job.work.parts), default=0.0)
    return now + timedelta(hours=lead_h)


def why_lost(job: Job, slot: Slot, centre: Centre) -> str:
    """Why a time that was booked can no longer be kept, as the centre is now; "" when it can."""
    bay = next((bay for bay in centre.bays if bay.id == slot.bay), None)
    technician = next((one for one in centre.technicians if one.id == slot.technician), None)
    if bay is None or not job.work.equipment <= bay.equipment:
        return f"bay {slot.bay} is not there for it any longer"
    if technician is None or not job.work.skills <= technician.skills:
        return f"technician {slot.technician} is not there for it any longer"
    frame = Frame(cell_at(slot.start_at), cells_for(job.work.minutes))
    if open_cells(centre, centre.hours, frame) != frame.all:
        return "the centre is closed then"
    if open_cells(centre, technician.shifts, frame) != frame.all:
        return f"technician {slot.technician} does not work then"
    return ""


def _unfit(job: Job, centre: Centre) -> Why | None:
    """What is wrong with the centre whatever the time."""
    distance, distance_max = distance_km(job, centre), job.preferences.distance_max_km
    if distance is not None and distance_max is not None and distance > distance_max:
        return Why.TOO_FAR
    if not any(job.work.equipment <= bay.equipment for bay in centre.bays):
        return Why.NO_BAY
    if not any(job.work.skills <= one.skills for one in centre.technicians):
        return Why.NO_TECHNICIAN
    if not job.work.parts <= centre.lead_time_h.keys():
        return Why.PART_UNKNOWN
    return None


def _window(job: Job, centre: Centre, calendar: Calendar) -> int:
    """The cells at which the job may begin: it is ready, the parts are there, it is not too late."""
    frame = calendar.frame
    first = next_cell(max(job.ready_at, parts_at(job, centre, calendar.now)))
    latest = latest_start(job, calendar.now)
    end = frame.first + frame.count if latest is None else next_cell(latest + timedelta(microseconds=1))
    return frame.between(first, end)


def _union(sets: Iterable[int]) -> int:
    return reduce(or_, sets, 0)
