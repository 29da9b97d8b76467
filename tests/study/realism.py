"""Healthy simulated driving beside recorded driving: `python -m tests.study.realism [car|ev|truck]` prints a table.

How far off a figure is, is counted in half spans: the middle of the simulated trips less the middle of what lies
between the 5th and the 95th percentile of the recorded ones, over half of that. Within one it is as real trips are.
Recorded trips in town and between towns are compared with simulated ones of the same kind.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from edge.simulator.ev.cells import CHARGE_KNOTS, OPEN_V
from tests.shared import ROOT
from tests.study.chapters import write_measured
from tests.study.figures import FIGURES, gears, numbers
from tests.study.recorded import Floats, Trip, etios, gps_car, leon, simulated
from tests.study.standing import CELLS, leaf, simulated_ev, simulated_gaps, tesla, truck_gaps

HOURS: Final = 2
SEEDS: Final = range(1, 4)
CYCLES: Final = ("city", "mixed", "commute", "rural", "motorway", "idle")
FEW: Final = 5
"""Fewer recorded trips than these give no span."""
AS_REAL: Final = "as real"
NEAR: Final = "near"
OFF: Final = "OFF"
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
    where: str
    unit: str
    floor: float
    real: Floats
    made: Floats
    telling: bool = True
    few: int = FEW

    @property
    def off(self) -> float:
        """Half spans between the two middles."""
        low, high = np.percentile(self.real, (5, 95))
        half = max((high - low) / 2.0, self.floor, 1e-9)
        return float((np.median(self.made) - (low + high) / 2.0) / half)

    @property
    def verdict(self) -> str:
        """In words."""
        if len(self.real) < self.few:
            return f"too few ({len(self.real)})"
        size = abs(self.off)
        return AS_REAL if size <= 1.0 else NEAR if size <= 1.5 else OFF

    def cells(self) -> str:
        """A line of Markdown."""
        name = f"{self.name} ({self.unit})" if self.unit else self.name
        low, real, high = np.percentile(self.real, (5, 50, 95))
        least, made, most = np.percentile(self.made, (5, 50, 95))
        size = max(abs(low), abs(high), abs(made))
        digits = (
            3 if size > 3.0 and self.unit == "V" and self.floor < 0.1 else 2 if size < 3.0 else 1 if size < 30.0 else 0
        )
        texts = [f"{value:.{digits}f}" for value in (real, low, high, made, least, most)]
        real_text, made_text = (f"{mid} ({low} to {high})" for mid, low, high in (texts[:3], texts[3:]))
        return f"| {name} | {self.where} | {real_text} | {made_text} | {self.off:+.1f} | {self.verdict} |"


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
                yield Row(name, road, figure.unit, figure.floor, found, lived, figure.telling)


def _on(road: str, trips: Sequence[Trip]) -> list[Trip]:
    if road == ALL:
        return list(trips)
    driven = [trip for trip in trips if trip["speed"].max() > 25.0]
    return [trip for trip in driven if trip.town == (road == TOWN)]


def table(rows: Iterable[Row]) -> str:
    """As Markdown."""
    head = "| figure | where | recorded: middle (p5 to p95) | simulated | off by (half spans) | verdict |"
    return "\n".join([head, "|---|---|---|---|---|---|", *(row.cells() for row in rows)])


def car(shared: Path) -> tuple[str, list[Row]]:
    """The petrol car beside a Leon (diesel), an Etios and one drive of a turbocharged car."""
    real = [trip for source in (leon, etios, gps_car) for trip in source(shared)]
    jobs = [(cycle, seed) for cycle in CYCLES for seed in SEEDS]
    with ProcessPoolExecutor(2) as pool:
        made = [trip for trips in pool.map(_live, jobs) for trip in trips]
    lines = [f"{len(real)} recorded trips, {len(made)} simulated ones; read as slowly and coarsely as those."]
    for source in ("leon", "etios", "gps-car", "simulated"):
        trips = [trip for trip in (*real, *made) if trip.source == source and trip["speed"].max() > 15.0]
        ratios, share = gears(trips)
        text = ", ".join(f"{ratio:.1f}" for ratio in ratios)
        lines.append(f"gears of {source}: {text} rpm for each km/h; {share:.0f} % of the time in one of them")
    return "\n- ".join(lines), list(car_rows(real, made))


def ev(shared: Path) -> tuple[str, list[Row]]:
    """The electric car beside a Tesla and a Leaf, all standing in the cold: nothing of a drive was recorded."""
    one, other = tesla(shared), leaf(shared)
    made = simulated_ev(range(1, 4))
    rows = [
        _seconds(name, unit, floor, [car[name] for car in (one, other) if name in car], made[name])
        for name, unit, floor in (
            ("pack A", "A, heating", 1.0),
            ("12 V side, V", "V", 0.2),
            ("12 V side, A", "A", 3.0),
            ("12 V battery, A", "A", 1.0),
        )
    ]
    spread = (one["highest cell V"].mean() - one["lowest cell V"].mean()) * 1000.0
    apart = [float(car["warmest °C"].mean() - car["coldest °C"].mean()) for car in (one, other)]
    for car, name in ((one, "Tesla"), (other, "Leaf")):
        charge = float(car["charge %"].mean()) / 100.0
        open_v = np.array([np.interp(charge, CHARGE_KNOTS, OPEN_V)])
        rows.append(Row(f"cell at {charge * 100.0:.0f} %", name, "V", 0.03, car["pack V"] / CELLS, open_v, few=1))
    jump, jumped = (np.abs(np.diff(values["pack V each 0.1 s"])) for values in (one, made))
    rows.append(Row("pack voltage, change in 0.1 s", "Tesla", "V", 0.1, jump, jumped))
    rows.append(Row("cells apart", "Tesla", "mV", 5.0, np.array([spread]), made["cell spread mV"], few=1))
    rows.append(Row("modules apart", "both", "K", 1.0, np.array(apart), made["modules apart K"], few=2))
    rows.append(_jitter("10 ms, 20 ms", one["jitter"], simulated_gaps("ev")[20]))
    return "Both cars stand: motion, power and recuperation cannot be compared.", rows


def truck(shared: Path) -> tuple[str, list[Row]]:
    """The truck's bus beside that of an electric truck that stands: its engine speed is 0 all the time."""
    real, made = truck_gaps(shared), simulated_gaps("truck")
    rows = [_jitter(f"{period} ms", real[period], made[period]) for period in sorted(real) if period in made]
    return "The recorded truck stands and is electric: its bus can be compared, its drive cannot.", rows


def _seconds(name: str, unit: str, floor: float, parts: Sequence[Floats], made: Floats) -> Row:
    """Each recording weighs the same."""
    most = max(len(part) for part in parts)
    real = np.concatenate([np.resize(np.sort(part), most) for part in parts])
    return Row(name, f"{len(parts)} cars" if len(parts) > 1 else "Tesla", unit, floor, real, made)


def _jitter(where: str, real: Floats, made: Floats) -> Row:
    """How far frames of a message are from its period, a value for each message."""
    return Row("frames off their period, p95", where, "% of it", 0.1, real, made, few=1)


STUDIES: Final[Mapping[str, Callable[[Path], tuple[str, list[Row]]]]] = MappingProxyType(
    {"car": car, "ev": ev, "truck": truck}
)


def told(vehicle: str, notes: str, rows: Sequence[Row]) -> str:
    """The rows that tell most, and how many of all are how far off."""
    judged = [row for row in rows if len(row.real) >= row.few]
    counts = Counter(row.verdict for row in judged)
    off = ", ".join(f"{row.name} ({row.where})" for row in judged if row.verdict == OFF)
    summary = f"Of {len(judged)} figures {counts[AS_REAL]} as real, {counts[NEAR]} near, {counts[OFF]} off"
    summary += f": {off}." if off else "."
    return f"**{vehicle}**: {notes}\n\n{table(row for row in judged if row.telling)}\n\n{summary}"


def main(arguments: list[str]) -> None:
    """Print the tables of the vehicles named; of all when none is, and put the short ones into the README."""
    short = []
    for vehicle in arguments or STUDIES:
        notes, rows = STUDIES[vehicle](shared_folder())
        short.append(told(vehicle, notes, rows))
        print(f"{short[-1]}\n\nAll of {vehicle}:\n\n{table(rows)}\n")
    if not arguments:
        write_measured("realism", "\n\n".join(short))


if __name__ == "__main__":
    main(sys.argv[1:])
