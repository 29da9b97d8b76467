"""The same lives twice, as rows and as frames: whether a box that decodes frames tells the same.

What the sensors show is drawn anew in the second life, so an alert may come somewhat earlier or later; one that only
one of the two tells is told of by name.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from edge.simulator.faults import FaultSpec
from edge.simulator.life import Life
from tests.study.rules.judged import Judged
from tests.study.rules.kit import load_kit
from tests.study.rules.seeds import nth

LENGTH_S: Final = 3600
PACE: Final = 30.0
"""What takes days shows within the hour."""
CYCLE: Final = "motorway"
ONSET_S: Final = 300.0
FAULTS: Final = {
    "car": ("", "coolant_leak", "water_pump", "alternator", "misfire", "dragging_brake"),
    "ev": ("", "dcdc_failure", "coolant_pump", "battery_coolant_loss", "tyre_leak", "dragging_brake"),
    "truck": ("", "coolant_leak", "turbo_leak", "air_leak", "compressor", "alternator"),
}
"""One hour each; the empty one is a healthy vehicle."""


@dataclass(frozen=True, slots=True)
class Order:
    """One life to live twice."""

    vehicle: str
    fault: str
    seed: int
    length_s: int = LENGTH_S


@dataclass(frozen=True, slots=True)
class LivedTwice:
    """What both told: rule and second."""

    order: Order
    driven_s: int
    rows: tuple[tuple[str, float], ...]
    frames: tuple[tuple[str, float], ...]


def orders(vehicles: Sequence[str], seeds: Sequence[int], hours: float) -> Iterator[Order]:
    """As many hours as are wanted, of every vehicle and fault in turn."""
    every = [(vehicle, fault) for place in range(6) for vehicle in vehicles for fault in (FAULTS[vehicle][place],)]
    for number in range(max(1, round(hours * 3600 / LENGTH_S))):
        vehicle, fault = every[number % len(every)]
        yield Order(vehicle, fault, nth(seeds, number))


def live(order: Order) -> LivedTwice:
    """Live it as rows, and again as frames."""
    rows, _ = _told(order, as_frames=False)
    frames, driven_s = _told(order, as_frames=True)
    return LivedTwice(order, driven_s, rows, frames)


def _told(order: Order, *, as_frames: bool) -> tuple[tuple[tuple[str, float], ...], int]:
    faults = [FaultSpec(order.fault, ONSET_S, PACE)] if order.fault else []
    life = Life(vehicle=order.vehicle, faults=faults, seed=order.seed, cycle=CYCLE)
    judged = Judged(life, load_kit(order.vehicle), as_frames=as_frames)
    for second in judged.seconds():
        if second >= order.length_s:
            break
    return tuple((one.rule, one.at_s) for one in judged.told if not one.is_worse), judged.doing_s["driving"]


def compared(life: LivedTwice) -> tuple[list[float], list[str], list[str]]:
    """How much later (s) each alert came as frames, in the order in which a rule spoke; what one alone told."""
    later: list[float] = []
    left = list(life.frames)
    missing: list[str] = []
    for rule, at_s in life.rows:
        same = next((one for one in left if one[0] == rule), None)
        if same is None:
            missing.append(rule)
        else:
            left.remove(same)
            later.append(same[1] - at_s)
    return later, missing, [rule for rule, _ in left]


def tell(lives: Sequence[LivedTwice], begun: float) -> dict[str, Any]:
    """Print what was the same and what was not; the same for a file."""
    later: list[float] = []
    alone: list[str] = []
    for life in lives:
        shifts, rows, frames = compared(life)
        later += shifts
        what = f"{life.order.vehicle} {life.order.fault or 'healthy'} {life.order.seed}"
        alone += [f"{what}: {rule} as rows alone" for rule in rows]
        alone += [f"{what}: {rule} as frames alone" for rule in frames]
    hours = sum(life.driven_s for life in lives) / 3600
    print(f"{len(lives)} hours ({hours:.1f} driven) as frames: {len(later)} alerts told by both")
    if later:
        low, middle, high = np.percentile(later, (5, 50, 95))
        print(f"as frames later by {low:.0f}, {middle:.0f}, {high:.0f} s (p5, p50, p95), at most {max(later):.0f}")
    print(*(alone or ["none by one of them alone"]), sep="\n")
    print(f"{(time.monotonic() - begun) / 60:.1f} minutes")
    return {"later_s": later, "alone": alone}
