"""Trucks that have lived for a while, as columns of one row per second awake."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.simulator.faults import Ordered, draw_faults, parse_fault
from edge.simulator.journey import Drive, Journey, Key, Style
from edge.simulator.truck.faults import FAULTS
from edge.simulator.truck.traits import TruckTraits
from edge.simulator.truck.truck import COLUMNS, Truck
from edge.simulator.weather import Weather

Float64s = npt.NDArray[np.float64]

STYLE: Final = Style(max_mps=24.7, accel=0.45, crank_s=1.3, reverses=True)
KNOWN: Final = {fault.name: fault for fault in FAULTS}


@dataclass(frozen=True, slots=True)
class Driven:
    """What was seen of a truck."""

    truck: Truck
    time_s: Float64s
    rows: Float64s
    active_s: dict[str, float]
    """Code → when it first was active."""

    def of(self, name: str) -> Float64s:
        """One column."""
        column: Float64s = self.rows[:, COLUMNS.index(name)]
        return column

    def codes(self) -> set[str]:
        """Every code that any unit has, pending or more."""
        memories = [unit.memory for unit in self.truck.units]
        return {code.text for memory in memories for code in (*memory.pending(), *memory.confirmed())}


def truck_of(
    *faults: str,
    seed: int = 1,
    cycle: str = "motorway",
    weather: str = "mild",
    warm: bool = False,
    traits: dict[str, float] | None = None,
    style: Style = STYLE,
) -> Truck:
    """A truck at the beginning of its first drive."""
    body, roads, skies = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(3))
    drawn = replace(TruckTraits.draw(body), **(traits or {}))
    journey, air = Journey(cycle, style, roads), Weather(weather, skies)
    return Truck(drawn, ordered(*faults, seed=seed), journey, air, seed=seed, warm=warm)


def ordered(*faults: str, seed: int) -> tuple[Ordered, ...]:
    return draw_faults([parse_fault(fault) for fault in faults], KNOWN, seed)


def live(truck: Truck, seconds: float, stop: Callable[[Truck], bool] | None = None) -> Driven:
    """Let it live on for so long, or until `stop` says so."""
    times, rows = [], []
    active_s: dict[str, float] = {}
    until = truck.seconds + seconds
    while truck.seconds < until:
        if truck.asleep:
            truck.rest()
            continue
        second = truck.second()
        times.append(truck.seconds)
        rows.append((*second.fast[-1], *second.slow))
        for unit in truck.units:
            for code in unit.memory.active():
                active_s.setdefault(code.text, truck.seconds)
        if stop and stop(truck):
            break
    return Driven(truck, np.array(times, np.float64), np.array(rows), active_s)


@cache
def driven(
    *faults: str,
    seed: int = 1,
    hours: float = 1.0,
    cycle: str = "motorway",
    weather: str = "mild",
    warm: bool = False,
) -> Driven:
    """The same, remembered: healthy drives are looked at by many tests."""
    return live(truck_of(*faults, seed=seed, cycle=cycle, weather=weather, warm=warm), hours * 3600)


class OneRoad(Journey):
    """A road of one slope on which the driver wants one speed."""

    def __init__(self, *, speed_mps: float, grade: float, seconds: int) -> None:
        key = [int(Key.ACC)] * 10 + [int(Key.ON)] * 15 + [int(Key.START)] * 13 + [int(Key.ON)] * (10 * seconds)
        self._only = Drive(
            key=key,
            target_mps=[0.0] * 60 + [speed_mps] * (len(key) - 60),
            grade=[grade] * len(key),
            altitude_m=[200.0] * len(key),
            steer=[0.0] * len(key),
            started=38,
            parked_s=600.0,
            plugged=False,
        )

    def next_drive(self) -> Drive:
        return self._only


def on_one_road(*, speed_mps: float, grade: float, gross_kg: float, seconds: int) -> Driven:
    """A warm truck of this mass on that road, from its start on."""
    body, skies = np.random.default_rng(5), np.random.default_rng(6)
    traits = replace(TruckTraits.draw(body), gross_kg=gross_kg, drag_area_m2=5.6, rolling=0.0055, radiator_share=0.92)
    road = OneRoad(speed_mps=speed_mps, grade=grade, seconds=seconds + 20)
    return live(Truck(traits, (), road, Weather("mild", skies), warm=True), seconds)
