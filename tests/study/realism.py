"""Healthy simulated driving beside recorded driving: `python -m tests.study.realism [car|ev|truck]` prints a table.

How far off a figure is, is counted in half spans: the middle of the simulated trips less the middle of the recorded
ones, over half of what lies between the 5th and the 95th percentile of recorded trips. Within one it is as real trips
are. Recorded trips in town and between towns are compared with simulated ones of the same kind.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tests.shared import ROOT
from tests.study.figures import FIGURES, Figure, gears, numbers
from tests.study.recorded import PETROL, Trip, etios, gps_car, leon, simulated

HOURS: Final = 3
SEEDS: Final = range(1, 6)
CYCLES: Final = ("city", "mixed", "commute", "rural", "motorway", "idle")
FEW: Final = 3
"""Fewer recorded trips than these give no span."""
TOWN: Final = "town"
OUT: Final = "out of town"
ALL: Final = "all"
SLOW_S: Final = 1.9
"""Simulated trips in town are read as slowly as most of the recorded ones."""
QUICK_S: Final = 0.87


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, recorded and simulated."""

    name: str
    road: str
    figure: Figure
    real: npt.NDArray[np.float64]
    made: npt.NDArray[np.float64]

    @property
    def off(self) -> float:
        """Half spans between the two middles."""
        low, high = np.percentile(self.real, (5, 95))
        half = max((high - low) / 2.0, self.figure.floor, 1e-9)
        return float((np.median(self.made) - (low + high) / 2.0) / half)

    @property
    def verdict(self) -> str:
        """In words."""
        if len(self.real) < FEW:
            return "one drive only"
        size = abs(self.off)
        return "as real" if size <= 1.0 else "near" if size <= 1.5 else "OFF"

    def cells(self) -> str:
        """A line of Markdown."""
        name = f"{self.name} ({self.figure.unit})" if self.figure.unit else self.name
        low, real, high = np.percentile(self.real, (5, 50, 95))
        least, made, most = np.percentile(self.made, (5, 50, 95))
        size = max(abs(low), abs(high), abs(made))
        digits = 2 if size < 3.0 else 1 if size < 30.0 else 0
        texts = [f"{value:.{digits}f}" for value in (real, low, high, made, least, most)]
        real_text, made_text = (f"{mid} ({low} to {high})" for mid, low, high in (texts[:3], texts[3:]))
        return f"| {name} | {self.road} | {real_text} | {made_text} | {self.off:+.1f} | {self.verdict} |"


def shared_folder() -> Path:
    """Where the recordings are."""
    folder = (ROOT / (os.environ.get("TELLTALE_SHARED") or "../shared")).resolve()
    if not (folder / "data" / "MANIFEST.md").is_file():
        raise SystemExit(f"real recordings not found in {folder}; set TELLTALE_SHARED")
    return folder


def _live(what: tuple[str, int]) -> list[Trip]:
    cycle, seed = what
    refresh_s = SLOW_S if cycle in ("city", "idle") else QUICK_S
    return list(simulated(cycle, seed, HOURS * 3600, refresh_s, "mild" if seed % 2 else "hot"))


def car_rows(real: Sequence[Trip], made: Sequence[Trip]) -> Iterator[Row]:
    """Every figure that both have."""
    for name, figure in FIGURES.items():
        for road in (TOWN, OUT) if figure.by_road else (ALL,):
            pairs = [_on(road, trips) for trips in (real, made)]
            found, lived = (numbers(figure, trips) for trips in pairs)
            if len(found) and len(lived):
                yield Row(name, road, figure, found, lived)


def _on(road: str, trips: Sequence[Trip]) -> list[Trip]:
    if road == ALL:
        return list(trips)
    driven = [trip for trip in trips if trip["speed"].max() > 15.0]
    return [trip for trip in driven if trip.town == (road == TOWN)]


def table(rows: Iterable[Row]) -> str:
    """As Markdown."""
    head = "| figure | road | recorded: middle (p5 to p95 of trips) | simulated | off by (half spans) | verdict |"
    return "\n".join([head, "|---|---|---|---|---|---|", *(row.cells() for row in rows)])


def car(shared: Path) -> tuple[str, list[Row]]:
    """The petrol car beside a Leon (diesel), an Etios and one drive of a turbocharged car."""
    real = [trip for source in (leon, etios, gps_car) for trip in source(shared)]
    jobs = [(cycle, seed) for cycle in CYCLES for seed in SEEDS]
    with ProcessPoolExecutor(2) as pool:
        made = [trip for trips in pool.map(_live, jobs) for trip in trips]
    lines = [f"{len(real)} recorded trips, {len(made)} simulated ones."]
    for source in ("leon", "etios", "gps-car", "simulated"):
        trips = [trip for trip in (*real, *made) if trip.source == source and trip["speed"].max() > 15.0]
        ratios, share = gears(trips)
        text = ", ".join(f"{ratio:.1f}" for ratio in ratios)
        lines.append(f"gears of {source}: {text} rpm for each km/h; {share:.0f} % of the time in one of them")
    return "\n".join(lines), list(car_rows(real, made))


def main(arguments: list[str]) -> None:
    """Print both tables."""
    notes, rows = car(shared_folder())
    print(notes, "\n## The most telling\n", table(row for row in rows if row.figure.telling), sep="\n")
    print("\n## All\n", table(rows), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
