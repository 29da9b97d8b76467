"""Remaining life beside the truth: `python -m tests.study.wear [--seeds 2000,2001]`.

A starter battery ages in simulated lives until it does not start the car; brake linings wear until the contact closes;
coolant is lost until its level is at the mark.
At a half and at three quarters of each life the cloud's own wear model is asked; beside it stands the mean of the other
lives, less the age. Daily figures are read as the indicators read them: the least voltage of a day is that of its worst
start; the fluid is the day's mean.
"""

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from typing import Final

from cloud.health.stretch import Figure, Stretch
from cloud.health.wear import WEARING, Wearing, lifetime
from edge.simulator.faults import FaultSpec
from edge.simulator.life import Life

DAY_S: Final = 86_400
SEEDS: Final = tuple(range(2000, 2008))
LONGEST_DAYS: Final = 60
ONSET_DAYS: Final = 2
ASKED_AT: Final = (0.5, 0.75)
T0: Final = datetime(2026, 1, 5, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Trial:
    """One part in one scenario."""

    part: str
    scenario: str
    column: str
    """Of the trace."""
    worst: bool
    """The least of a day counts, else its mean."""
    weather: str
    pace: float
    vehicle: str = "car"
    due: str = ""
    """The column of a lamp that says that it is due; empty: it is due when it has failed, or is at the mark."""
    mark: float | None = None


TRIALS: Final[Mapping[str, Trial]] = {
    "battery": Trial("battery_12v", "weak_battery", "volt", worst=True, weather="winter", pace=1.0),
    "pads": Trial(
        "brake_pads", "brake_wear", "brake_fluid_percent", worst=False, weather="mild", pace=20.0, due="pad_lamp"
    ),
    "coolant": Trial(
        "coolant",
        "coolant_leak",
        "coolant_level_percent",
        worst=True,
        weather="mild",
        pace=2.0,
        vehicle="truck",
        mark=60.0,
    ),
    "pack": Trial(
        "pack_coolant",
        "battery_coolant_loss",
        "pack_level_percent",
        worst=True,
        weather="mild",
        pace=0.05,
        vehicle="ev",
        mark=60.0,
    ),
}


@dataclass(frozen=True, slots=True)
class Lived:
    """The daily figures of one life, and the day on which it ended; None: it did not."""

    days: tuple[tuple[int, float], ...]
    end_day: float | None


def live(name: str, seed: int) -> Lived:
    """One life until its part is due."""
    trial = TRIALS[name]
    fault = FaultSpec(trial.scenario, float(ONSET_DAYS * DAY_S), trial.pace)
    life = Life(vehicle=trial.vehicle, faults=[fault], seed=seed, cycle="cold_start", weather=trial.weather)
    vehicle = life.vehicle
    is_fast = trial.column in vehicle.fast_columns
    place = (vehicle.fast_columns if is_fast else vehicle.slow_columns).index(trial.column)
    lamp = vehicle.slow_columns.index(trial.due) if trial.due else None
    figures: dict[int, list[float]] = {}
    while life.seconds < LONGEST_DAYS * DAY_S:
        second = life.live()
        if second is None:
            continue
        value = min(row[place] for row in second.fast) if is_fast else second.slow[place]
        figures.setdefault(life.seconds // DAY_S, []).append(value)
        if second.slow[lamp] > 0.5 if lamp is not None else _is_over(life, value, trial.mark):
            break
    days = tuple((day, min(values) if trial.worst else mean(values)) for day, values in sorted(figures.items()))
    return Lived(days, life.seconds / DAY_S if life.seconds < LONGEST_DAYS * DAY_S else None)


def judged(name: str, lives: Sequence[Lived]) -> list[str]:
    """The rows of the table."""
    wearing = next(one for one in WEARING if one.part == TRIALS[name].part)
    ended = [(life, life.end_day) for life in lives if life.end_day is not None]
    rows = []
    for share in ASKED_AT:
        asked = [_ask(wearing, life, end, share, [other for _, other in ended if other != end]) for life, end in ended]
        told = [one for one in asked if one is not None]
        if not told:
            rows.append(f"| {wearing.title} | {share:.0%} | 0 of {len(ended)} | - | - | - |")
            continue
        held = sum(low <= truth <= high for truth, low, _, high, _ in told)
        ours, dumb = (
            median(abs(guess - truth) for guess, truth in pairs)
            for pairs in (
                [(middle, truth) for truth, _, middle, _, _ in told],
                [(other, truth) for truth, _, _, _, other in told],
            )
        )
        rows.append(
            f"| {wearing.title} | {share:.0%} | {len(told)} of {len(ended)} | {held} of {len(told)} "
            f"| {ours:.1f} days | {dumb:.1f} days |"
        )
    return rows


def _ask(
    wearing: Wearing, life: Lived, end_day: float, share: float, others: Sequence[float]
) -> tuple[float, float, float, float, float] | None:
    """Truth, lower bound, middle, upper bound, and the mean life's word; None: the model says nothing."""
    now = ONSET_DAYS + (end_day - ONSET_DAYS) * share
    days = [
        Stretch(T0 + timedelta(days=day), {wearing.indicator: Figure.of(value)})
        for day, value in life.days
        if day < now
    ]
    found = lifetime(wearing, days, T0 + timedelta(days=now))
    if found is None or found.low_days is None:
        return None
    high = float("inf") if found.high_days is None else found.high_days
    middle = high if found.middle_days is None else found.middle_days
    return end_day - now, found.low_days, middle, high, max((mean(others) if others else end_day) - now, 0.0)


def _is_over(life: Life, value: float, mark: float | None) -> bool:
    if mark is not None:
        return value <= mark
    return any(condition.failed for condition in life.vehicle.conditions().values())


def main() -> int:
    """Live and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("only", nargs="*", help="battery, pads, coolant, pack; all when left out")
    wanted = parser.parse_args()
    seeds = [int(seed) for seed in wanted.seeds.split(",")]
    print("| part | asked at | said | interval holds the truth | off, median | mean life off, median |")
    print("|---|---|---|---|---|---|")
    with ProcessPoolExecutor(2) as pool:
        for name in wanted.only or TRIALS:
            lives = list(pool.map(live, [name] * len(seeds), seeds))
            print("\n".join(judged(name, lives)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
