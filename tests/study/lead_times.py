"""Lead times: `python -m tests.study.lead_times [VEHICLE [FAULT…]]` prints a row for each fault, medians over seeds."""

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from statistics import median
from typing import Final

from edge.simulator.simulation import faults_of
from tests.study.drives import Drive, drive
from tests.study.plots import STUDIES, span

SEEDS: Final = range(11, 16)


def row(vehicle: str, fault: str) -> str:
    """One row: onset to first code, to the first lamp, to derate, to failure, in the fault's own time."""
    study = replace(STUDIES[vehicle][fault], columns=("key",))
    drives = [drive(vehicle, fault, study, seed, every_s=5) for seed in SEEDS]

    def since(moment: float) -> float:
        return (moment - study.onset_s) * study.pace

    firsts = [min((at for at, _ in found.codes.values()), default=None) for found in drives]
    names = {text for found in drives for text in found.codes}
    cells = [
        fault,
        vehicle,
        ", ".join(sorted(names)) or "none",
        _middle(firsts, since),
        _middle([found.lamp_s for found in drives], since),
        _middle([found.derate_s for found in drives], since),
        _middle([found.failed_s for found in drives], since),
        _ahead(drives, since),
    ]
    return f"| {' | '.join(cells)} |"


def _middle(moments: list[float | None], since: Callable[[float], float]) -> str:
    """Median of those that came, and how many did."""
    known = [since(moment) for moment in moments if moment is not None]
    if not known:
        return "-"
    share = "" if len(known) == len(moments) else f" ({len(known)}/{len(moments)})"
    return f"{span(median(known))}{share}"


def _ahead(drives: Iterable[Drive], since: Callable[[float], float]) -> str:
    """How long before its failure the vehicle itself said anything."""
    gaps = []
    for found in drives:
        told = [moment for moment in (found.lamp_s, *(at for at, _ in found.codes.values())) if moment is not None]
        if found.failed_s is not None and told:
            gaps.append(since(found.failed_s) - since(min(told)))
    return span(median(gaps)) if gaps else "-"


def _job(what: tuple[str, str]) -> str:
    return row(*what)


def main(arguments: list[str]) -> None:
    """Print the table."""
    wanted = [
        (vehicle, fault)
        for vehicle in STUDIES
        if not arguments or arguments[0] == vehicle
        for fault in (arguments[1:] or faults_of(vehicle))
        if not faults_of(vehicle)[fault].control
    ]
    print("| fault | vehicle | codes | first code | first lamp | derate | failure | vehicle's own warning |")
    print("|---|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(2) as pool:
        for line in pool.map(_job, wanted):
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
