"""Lead times: `python -m tests.study.lead_times [VEHICLE [FAULT…]]` prints a row for each fault, medians over seeds.

All times count from the onset, in the fault's own time. *Visible* is when one of the signals that show the fault first
differs for a minute from what the same vehicle shows without the fault, on the same roads in the same weather: nobody
who looks at the bus alone can see it sooner. With no arguments the table goes into the simulator's README.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.simulator.kinds import KINDS
from edge.simulator.simulation import faults_of
from tests.study.chapters import write_measured
from tests.study.drives import LAMPS, Drive, drive
from tests.study.plots import STUDIES, span
from tests.study.scenarios import Study

SEEDS: Final = (11, 12)
EVERY_S: Final = 5
MINUTE: Final = 12
"""Samples."""
AFTER_S: Final = 1800.0
"""A life ends so long after its failure."""
MOST: Final = 0.75
"""Of a minute's samples differ."""
SPAN_SHARE: Final = 0.03
"""Differences below this share of a healthy vehicle's own span are not seen."""
NOISES: Final = 3.0
"""Nor those below so many standard deviations of the sensor's noise."""
NO_SIGNALS: Final = frozenset({*LAMPS, "mil", "tyre_alarm"})
"""What tells the driver; the rest is what a detector looks at."""
HEAD: Final = (
    "| fault | vehicle | codes | visible | first code | first lamp | derate | failure "
    "| ahead of it: the vehicle | ahead of it: what is visible | pace |\n" + "|---" * 11 + "|"
)


@dataclass(frozen=True, slots=True)
class Milestones:
    """One life with one fault: what happened when, in seconds of the life."""

    codes: tuple[str, ...]
    visible_s: float | None
    code_s: float | None
    """The first code, pending or more."""
    lamp_s: float | None
    derate_s: float | None
    failed_s: float | None

    @property
    def told_s(self) -> float | None:
        """The vehicle itself says something: a lamp or a code."""
        return min((moment for moment in (self.lamp_s, self.code_s) if moment is not None), default=None)


def lives(vehicle: str, faults: Sequence[str], seed: int) -> dict[str, Milestones]:
    """A life with each fault, beside the same without any; faults on the same roads share it."""
    groups: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        study = STUDIES[vehicle][fault]
        groups.setdefault((study.cycle, study.weather), []).append(fault)
    found = {}
    for (cycle, weather), members in groups.items():
        columns = tuple(dict.fromkeys(name for fault in members for name in _signals(STUDIES[vehicle][fault])))
        length_s = max(STUDIES[vehicle][fault].length_s for fault in members)
        well = drive(vehicle, "none", Study(columns, cycle, length_s, weather=weather), seed=seed, every_s=EVERY_S)
        usual = {name: well.column(place) for place, name in enumerate(columns)}
        for fault in members:
            study = replace(STUDIES[vehicle][fault], columns=_signals(STUDIES[vehicle][fault]))
            ill = drive(vehicle, fault, study, seed=seed, every_s=EVERY_S, after_s=AFTER_S)
            apart = [
                _apart_s(vehicle, study, name, ill=ill, well=usual[name], well_s=well.time_s) for name in study.columns
            ]
            visible_s = min((moment for moment in apart if moment is not None), default=None)
            code_s = min((at for at, _ in ill.codes.values()), default=None)
            found[fault] = Milestones(tuple(ill.codes), visible_s, code_s, ill.lamp_s, ill.derate_s, ill.failed_s)
    return found


def _signals(study: Study) -> tuple[str, ...]:
    return tuple(name for name in study.columns if name not in NO_SIGNALS)


def _apart_s(
    vehicle: str, study: Study, name: str, *, ill: Drive, well: npt.NDArray[np.float64], well_s: Sequence[float]
) -> float | None:
    """When a signal first differs for a minute."""
    times, one, other = np.intersect1d(np.array(ill.time_s), np.array(well_s), return_indices=True)
    shown, usual = ill.column(study.columns.index(name))[one], well[other]
    if not len(times):
        return None
    low, high = np.nanpercentile(well, (1, 99))
    least = max(SPAN_SHARE * (high - low), NOISES * _noise(vehicle, name), 1e-6)
    differs = (np.abs(shown - usual) > least) | (np.isnan(shown) != np.isnan(usual))
    return _first_minute(times, differs & (times >= study.onset_s))


def _first_minute(times: npt.NDArray[np.float64], differs: npt.NDArray[np.bool_]) -> float | None:
    if len(differs) < MINUTE:
        return None
    often = np.convolve(differs, np.ones(MINUTE), mode="valid") >= MOST * MINUTE
    return float(times[int(np.argmax(often)) + MINUTE - 1]) if often.any() else None


def _noise(vehicle: str, column: str) -> float:
    probes = [probe for sender in KINDS[vehicle].senders for probe in sender.probes if probe.column == column]
    return max((probe.noise for probe in probes), default=0.0)


def row(vehicle: str, fault: str, found: Sequence[Milestones]) -> str:
    """One row of the table."""
    study = STUDIES[vehicle][fault]

    def since(moment: float) -> float:
        return max(moment - study.onset_s, 0.0) * study.pace

    cells = [
        fault,
        vehicle,
        ", ".join(sorted({text for life in found for text in life.codes})) or "none",
        _middle([life.visible_s for life in found], since),
        _middle([life.code_s for life in found], since),
        _middle([life.lamp_s for life in found], since),
        _middle([life.derate_s for life in found], since),
        _middle([life.failed_s for life in found], since),
        _ahead(((life.told_s, life.failed_s) for life in found), since),
        _ahead(((life.visible_s, life.failed_s) for life in found), since),
        f"{study.pace:g}",
    ]
    return f"| {' | '.join(cells)} |"


def _middle(moments: Sequence[float | None], since: Callable[[float], float]) -> str:
    """Median of those that came, and how many did."""
    known = [since(moment) for moment in moments if moment is not None]
    if not known:
        return "-"
    share = "" if len(known) == len(moments) else f" ({len(known)}/{len(moments)})"
    return f"{span(median(known))}{share}"


def _ahead(pairs: Iterable[tuple[float | None, float | None]], since: Callable[[float], float]) -> str:
    """How long before the failure; those that did not fail do not count."""
    gaps = [since(failed) - since(told) for told, failed in pairs if told is not None and failed is not None]
    return span(max(median(gaps), 0.0)) if gaps else "-"


def _job(what: tuple[str, tuple[str, ...], int]) -> dict[str, Milestones]:
    return lives(*what)


def main(arguments: list[str]) -> None:
    """Print the table; all of it goes into the README."""
    vehicles = [vehicle for vehicle in STUDIES if not arguments or arguments[0] == vehicle]
    faults = {
        vehicle: tuple(
            fault for fault in (arguments[1:] or faults_of(vehicle)) if not faults_of(vehicle)[fault].control
        )
        for vehicle in vehicles
    }
    jobs = [(vehicle, faults[vehicle], seed) for vehicle in reversed(vehicles) for seed in SEEDS]
    with ProcessPoolExecutor(2) as pool:
        done = list(zip(jobs, pool.map(_job, jobs), strict=True))
    lines = [
        row(vehicle, fault, [found[fault] for (of, _, _), found in done if of == vehicle])
        for vehicle in vehicles
        for fault in faults[vehicle]
    ]
    text = "\n".join([HEAD, *lines])
    print(text)
    if not arguments:
        write_measured("lead times", text)


if __name__ == "__main__":
    main(sys.argv[1:])
