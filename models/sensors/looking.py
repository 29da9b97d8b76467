"""Looking: every drive is looked at before anything is learned from it, and nothing is mended without a word.

Sentinels, stalls and stuck signals become unknown; a drive whose units, names or clock cannot be believed is left out;
the rest is told.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import Plan
from edge.detect.sensors.steps import Steps
from edge.errors import ConfigError
from models.sensors.absences import absences_of
from models.sensors.clocks import clock_remarks
from models.sensors.gearing import geared_mistakes
from models.sensors.mistaken import mistakes_of
from models.sensors.ranges import out_of_range
from models.sensors.remarks import ALL, Defect, Fate, Remark, remarks_table
from models.sensors.sentinels import sentinels_of
from models.sensors.standing import stalls_of, stuck_of
from models.sensors.training import Trip

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

MISREAD_MIN: Final = 3
"""Of all drives; fewer jumps of a slow signal are not told."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Drives after they have been looked at."""

    trips: tuple[Trip, ...]
    """That may be learned from, without what is not to be believed."""
    places: tuple[int, ...]
    """Their numbers among those that were looked at."""
    remarks: tuple[Remark, ...]


@dataclass(slots=True)
class _Look:
    """What is being looked at."""

    plan: Plan
    names: tuple[str, ...]
    rows: list[Float64s]
    """Copies, in which unknown is what was found to be."""
    remarks: list[Remark] = field(default_factory=list)

    @property
    def left_out(self) -> set[int]:
        """Numbers of drives."""
        names = {one.drive for one in self.remarks if one.fate is Fate.LEFT_OUT}
        return {number for number, name in enumerate(self.names) if name in names}

    def forget(self, number: int, channel: int | None, mask: Bools, remark: tuple[Defect, str]) -> None:
        """These seconds of a drive become unknown, of one channel or of all."""
        self.rows[number][mask, slice(None) if channel is None else channel] = np.nan
        name = ALL if channel is None else self.plan.channels[channel].name
        defect, told = remark
        rows = int(np.count_nonzero(mask))
        self.remarks.append(Remark(self.names[number], name, defect, rows, told, Fate.UNKNOWN))


def look(plan: Plan, trips: Sequence[Trip]) -> Looked:
    """What may be learned from, and what is wrong with the rest; the same drives give the same remarks."""
    looking = _Look(plan, _told_apart([trip.name for trip in trips]), [trip.rows.copy() for trip in trips])
    stamps = [trip.stamps for trip in trips]
    looking.remarks += clock_remarks(list(zip(looking.names, stamps, strict=True)))
    looking.remarks += absences_of(plan, list(zip(looking.names, looking.rows, strict=True)))
    for step in (_sentinels, _stalls, _ranges, _mistakes, _stuck):
        step(looking)
    looking.remarks += _misread(looking)
    kept = tuple(number for number in range(len(trips)) if number not in looking.left_out)
    taken = [np.isnan(rows) & ~np.isnan(was.rows) for rows, was in zip(looking.rows, trips, strict=True)]
    clean = tuple(Trip(looking.names[one], looking.rows[one], stamps[one], taken[one]) for one in kept)
    order = {name: number for number, name in enumerate(looking.names)}
    remarks = sorted(looking.remarks, key=lambda one: (order.get(one.drive, -1), one.defect, one.channel))
    return Looked(clean, kept, tuple(remarks))


def look_before_learning(plan: Plan, trips: Sequence[Trip], heard: Callable[[str], None]) -> Looked:
    """As `look`; what is found is told before anything is learned.

    Raises:
        ConfigError: no drive is left.
    """
    looked = look(plan, trips)
    heard(remarks_table(looked.remarks))
    if not looked.trips and trips:
        problem = f"none of the {len(trips)} drives is left to learn from: {_most(looked.remarks)}"
        raise ConfigError(problem, place="--data", remedy="Say units, factors and sentinels in the column map")
    return looked


def _told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """Of every drive another name: two vehicles may set out at one moment, and tables without a clock all begin at 0.

    What is wrong is told by name: of two drives with one name, one that is left out would take the other with it.
    """
    found: list[str] = []
    for name in names:
        others = (f"{name} ({number})" for number in count(2))
        found.append(name if name not in found else next(other for other in others if other not in found))
    return tuple(found)


def _most(remarks: Sequence[Remark]) -> str:
    """Why drives are left out."""
    last = [one for one in remarks if one.fate is Fate.LEFT_OUT]
    return "; ".join(dict.fromkeys(f"{one.channel}: {one.told}" for one in last[:3]))


def _sentinels(looking: _Look) -> None:
    for channel, one in enumerate(looking.plan.channels):
        columns = [rows[:, channel] for rows in looking.rows]
        found = sentinels_of(columns, one, is_gate=one.path == looking.plan.running.path)
        for number, column in enumerate(columns):
            if (mask := np.isin(column, found)).any():
                values = ", ".join(f"{value:g}" for value in np.unique(column[mask]))
                told = f"reads {values} {one.unit}, far from all else"
                looking.forget(number, channel, mask, (Defect.SENTINEL, told))


def _stalls(looking: _Look) -> None:
    for number, rows in enumerate(looking.rows):
        if (mask := stalls_of(looking.plan, rows)).any():
            looking.forget(number, None, mask, (Defect.STALL, "all signals stand still at once: the recorder does"))


def _ranges(looking: _Look) -> None:
    for channel, one in enumerate(looking.plan.channels):
        columns = [rows[:, channel] for rows in looking.rows]
        for number, mask, guess in out_of_range(one, columns):
            if guess is None:
                told = f"outside of what {one.path} can be"
                looking.forget(number, channel, mask, (Defect.MISREAD, told))
                continue
            told = f"outside of what {one.path} can be in {one.unit}{guess}"
            rows = int(np.count_nonzero(mask))
            looking.remarks.append(Remark(looking.names[number], one.name, Defect.UNIT, rows, told, Fate.LEFT_OUT))


def _mistakes(looking: _Look) -> None:
    drives, channels, before = looking.rows, looking.plan.channels, looking.left_out
    found = {one.drive: one for one in geared_mistakes(looking.plan, drives)}
    found |= {one.drive: one for one in mistakes_of(drives, [channel.unit for channel in channels])}
    for one in found.values():
        name, rows = looking.names[one.drive], len(drives[one.drive])
        if one.other is None:
            if one.drive in before:
                continue
            told, defect = f"{one.why}; right if it is {one.guess}", Defect.UNIT
        else:
            told, defect = f"{one.why}; right if it has changed names with {channels[one.other].name}", Defect.EXCHANGED
            looking.remarks = [was for was in looking.remarks if (was.drive, was.defect) != (name, Defect.UNIT)]
        looking.remarks.append(Remark(name, channels[one.channel].name, defect, rows, told, Fate.LEFT_OUT))


def _stuck(looking: _Look) -> None:
    believed = [number for number in range(len(looking.rows)) if number not in looking.left_out]
    for drive, channel, mask in list(stuck_of(looking.plan, [looking.rows[number] for number in believed])):
        looking.forget(believed[drive], channel, mask, (Defect.STUCK, "stands still while the others move"))


def _misread(looking: _Look) -> Iterator[Remark]:
    """Jumps of slow signals: the vehicle takes them for unknown as well, so they are told and left."""
    taken = []
    for rows in (rows for number, rows in enumerate(looking.rows) if number not in looking.left_out):
        steps = Steps(looking.plan)
        for row in rows:
            steps.step(row)
        taken.append(steps.taken)
    for channel, one in enumerate(looking.plan.channels):
        counts = [int(counts[channel]) for counts in taken]
        if sum(counts) >= MISREAD_MIN:
            drives = sum(count > 0 for count in counts)
            told = f"jumps by more than {one.step:g} {one.unit}, in {drives} drives; unknown on the road too"
            yield Remark(ALL, one.name, Defect.MISREAD, sum(counts), told, Fate.TOLD)
