"""Driving style on 2,049 km of a healthy car: three hard brakings, one of which the drive is named after."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from edge.doing import SPEED
from edge.frames import NANOSECONDS
from edge.gauges import Panel
from edge.style import CAR, STYLE_PATHS, StyleEvent, StyleJudge, StyleKind

EMERGENCY: Final = "2017-08-07_Seat_Leon_RT_KA_Frei_Vollbremsung"
"""Its people braked as hard as they could, and wrote so."""


def drives(file: Path) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """Name, and times (ns) with speeds (km/h): whole numbers, each repeated ten times by the logger."""
    parquet: Any = importlib.import_module("pyarrow.parquet")  # it ships no types
    table = parquet.read_table(file, columns=["trip", "time", "speed_kmh"])
    columns: list[list[Any]] = [table[name].to_pylist() for name in ("trip", "time", "speed_kmh")]
    samples: dict[str, list[tuple[int, float]]] = {}
    for name, time, speed in zip(*columns, strict=True):
        if speed is not None:
            hours, minutes, seconds = time.split(":")
            at = round((3600 * int(hours) + 60 * int(minutes) + float(seconds)) * NANOSECONDS)
            samples.setdefault(name, []).append((at, speed))
    yield from samples.items()


def events_of(samples: list[tuple[int, float]]) -> tuple[StyleEvent, ...]:
    panel = Panel(STYLE_PATHS, grid_ns=NANOSECONDS // 10)
    judge, speed = StyleJudge(CAR, panel), panel[SPEED]
    for at, kmh in samples:
        speed.at, speed.value, panel.until = at, kmh, at + 1
        judge.update()
    return judge.end().events


@pytest.fixture(scope="module")
def told(shared: Path) -> dict[str, tuple[StyleEvent, ...]]:
    """Of each of the 38 drives."""
    return {name: events_of(samples) for name, samples in drives(shared / "data" / "obd" / "seat-leon-2017.parquet")}


def test_of_31_hours_three_brakings_were_harsh_and_nothing_else(told: dict[str, tuple[StyleEvent, ...]]) -> None:
    assert len(told) == 38
    events = [event for of_drive in told.values() for event in of_drive]
    assert [event.kind for event in events] == [StyleKind.HARSH_BRAKING] * 3


def test_the_emergency_braking_is_the_hardest(told: dict[str, tuple[StyleEvent, ...]]) -> None:
    [braking] = told[EMERGENCY]
    assert braking.speed_kmh == 77.0
    assert braking.worst == pytest.approx(6.4, abs=0.1), "m/s² over two values of the logger, each 1.1 s"
    assert braking.worst == max(event.worst for of_drive in told.values() for event in of_drive)
