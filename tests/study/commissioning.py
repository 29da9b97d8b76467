"""Commissioning told as a story: `python -m tests.study.commissioning` prints what a box says in its first hours.

Recorded drives of a Seat Leon (of those alone that choices may be judged by) are given to `telltale-edge run` as
tables, one after the other, with one state. Experts are trained on the first eleven drives; the vehicle's life begins
with the twelfth. Stages are shorter than shipped, since there are no more hours, and trees are fewer, so that the
story is told in minutes: how good the models are is what `telltale-models evaluate` says.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from os import environ
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet  # type: ignore[import-untyped]  # it ships no types

from models.recipe import RECIPES
from models.sensors.drives import read_drives
from models.sensors.recipe import SensorsRecipe, load_sensors_recipe
from models.sensors.training import Trip, kept_trips
from tests.programs import run
from tests.shared import ROOT, find_shared

Float64s = npt.NDArray[np.float64]

BEGIN_S: Final = 1_700_000_000.0
PAUSE_S: Final = 3600.0
EXPERTS: Final = 11
"""So many drives train them."""
LATER: Final = 3
"""So many drives at the end of the vehicle's life come after its commissioning."""
SHORTER: Final = (
    (r"(?m)^looking = .*", "looking = 0.3"),
    (r"(?m)^fitting = .*", "fitting = 1.5"),
    (r"(?m)^scaling = .*", "scaling = 1.2"),
    (r"(?m)^measuring = .*", "measuring = 2.0"),
    (r"(?m)^trees = .*", "trees = 30"),
)
CONFIG: Final = """[state]
directory = "state"
[detect]
models = ["./package"]
[judging]
grid_ms = 1000
[cab]
voice = "none"
"""
TIMEOUT_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class Offset:
    """What a sensor shows too much, from its first row on."""

    channel: str
    by: float


@dataclass(frozen=True, slots=True)
class Box:
    """A vehicle's box: its folder holds package, configuration and state."""

    folder: Path
    recipe: SensorsRecipe

    def drive(self, trips: Sequence[Trip], offset: Offset | None = None) -> Iterator[str]:
        """The drives through the daemon; what it said, in lines."""
        written, begins = self.table(trips, offset)
        out = self.folder / "alerts.jsonl"
        ended = run(
            "telltale-edge", "run", "--config", self.folder / "edge.toml", "--bus", f"table:{written}",
            "--speed", "max", "--alerts-out", out, timeout_s=TIMEOUT_S,
        )  # fmt: skip
        if ended.status:
            raise RuntimeError(ended.err)
        alerts = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        firing = [one for one in alerts if one["state"] == "firing"]
        yield from self._said(firing, begins)
        if not firing:
            yield f"silent for {sum(len(trip.rows) for trip in trips) / 3600.0:.1f} h"
        yield next(line for line in ended.out.splitlines() if self.recipe.name in line).removeprefix("note").strip()

    def beside(self, name: str) -> "Box":
        """Another box that knows what this one knows."""
        return replace(self, folder=Path(shutil.copytree(self.folder, self.folder.parent / name)))

    def learn_anew(self) -> str:
        """What the installer does after a sensor was replaced."""
        return run("telltale-edge", "learn-anew", self.recipe.name, "--state", self.folder / "state").out.strip()

    def table(self, trips: Sequence[Trip], offset: Offset | None) -> tuple[Path, list[float]]:
        """The drives as a table, an hour between them, after all that this box has seen; and when each begins."""
        clock = self.folder / "clock"
        begin = float(clock.read_text()) if clock.exists() else BEGIN_S
        times, begins = [], []
        for trip in trips:
            begins.append(begin)
            times.append(begin + np.arange(len(trip.rows)) + 0.5)
            begin += len(trip.rows) + PAUSE_S
        clock.write_text(repr(begin))
        rows = np.concatenate([trip.rows for trip in trips])
        if offset is not None:
            names = [channel.name for channel in self.recipe.plan.channels]
            rows[:, names.index(offset.channel)] += offset.by
        columns = {
            path: pa.array(rows[:, place], from_pandas=True) for place, path in enumerate(self.recipe.plan.paths)
        }
        file = self.folder / "drives.parquet"
        pyarrow.parquet.write_table(pa.table({"time": np.concatenate(times), **columns}), file)
        return file, begins

    def _said(self, alerts: Sequence[dict[str, Any]], begins: Sequence[float]) -> Iterator[str]:
        """Of each drive and signal: when it was told first, what it read and was expected to, how often it was told."""
        told: dict[tuple[int, str], list[str]] = {}
        for alert in alerts:
            at = np.datetime64(alert["started_at"].rstrip("Z")).astype("datetime64[ms]").astype(np.int64) / 1000.0
            drive = max(number for number, begin in enumerate(begins) if begin <= at)
            channel = alert["rule"].removeprefix(f"{self.recipe.name}_")
            values = " where it should read ".join(_in_words(value) for value in alert["values"].values())
            told.setdefault((drive, channel), []).append(f"{(at - begins[drive]) / 60.0:.0f} min: {values}")
        for (drive, channel), lines in told.items():
            often = f", {len(lines)} times in all" if len(lines) > 1 else ""
            yield f"drive {drive + 1}, {channel}, after {lines[0]}{often}"


def main() -> None:
    """Tell it."""
    with tempfile.TemporaryDirectory() as folder:
        for line in story(Path(folder), find_shared(environ)):
            print(line, flush=True)


def story(folder: Path, shared: Path) -> Iterator[str]:
    """Line by line."""
    new, trips = _new_box(folder, shared)
    life = trips[EXPERTS:]
    first, later = life[:-LATER], life[-LATER:]
    yield f"\n# A new vehicle\n\nIts experts know {EXPERTS} other drives. It drives {_hours(first)} to get known.\n"
    known = new.beside("known")
    for number, trip in enumerate(first, start=1):
        *said, how_far = known.drive([trip])
        yield f"- drive {number}, {_hours([trip])}. {how_far}"
        yield from (f"  - {line.removeprefix('drive 1, ')}" for line in said)
    yield "\n# The days after\n"
    yield from _lines(known.beside("days after").drive(later))
    yield "\n# Another driver\n\nOf whom there is no recording: drives that the box has not seen stand for one.\n"
    yield from _lines(known.beside("other habits").drive(trips[:4]))
    yield from _replaced(known, later)
    yield from _faulty_from_the_start(new, first, later)


def _replaced(known: Box, later: Sequence[Trip]) -> Iterator[str]:
    offset = Offset("pedal_d", 5.0)
    yield "\n# A sensor is replaced\n\nThe new one of the pedal (D) shows 5 % more, which is as good for the engine.\n"
    replaced = known.beside("replaced")
    yield from _lines(replaced.drive(later, offset))
    yield f"\nThe installer tells the box:\n\n- {replaced.learn_anew()}\n\nand on the next drives it says:\n"
    yield from _lines(replaced.drive(later, offset))


def _faulty_from_the_start(new: Box, first: Sequence[Trip], later: Sequence[Trip]) -> Iterator[str]:
    offset = Offset("manifold_pressure", 20.0)
    yield "\n# A vehicle that was faulty from the start\n\nIts manifold pressure has always read 20 kPa too much.\n"
    faulty = new.beside("faulty")
    yield from _lines(faulty.drive(first, offset))
    yield "\nThe days after, with the fault:\n"
    yield from _lines(faulty.beside("still faulty").drive(later, offset))
    yield "\nThe days after, when somebody has mended it without a word to the box:\n"
    yield from _lines(faulty.beside("mended").drive(later))


def _new_box(folder: Path, shared: Path) -> tuple[Box, list[Trip]]:
    """One that has a package and knows nothing, and the drives that there are."""
    file, box = folder / "recipe.toml", folder / "new"
    text = (RECIPES / "obd_sensors.toml").read_text("utf-8")
    for pattern, instead in SHORTER:
        text = re.sub(pattern, instead, text)
    file.write_text(text)
    recipe = load_sensors_recipe(file)
    source = shared / "data" / "obd" / "seat-leon-2017.parquet"
    column_map = ROOT / "tests" / "recordings" / "maps" / "seat-leon.toml"
    every = read_drives(f"table:{source}?map={column_map}", recipe.plan.paths)
    trips = every[: recipe.evaluation.test_from] if recipe.evaluation else every
    box.mkdir()
    new = Box(box, recipe)
    (box / "edge.toml").write_text(CONFIG)
    table, _ = new.table(trips[:EXPERTS], None)
    (box / "clock").unlink()
    trained = run(
        "telltale-models", "train", recipe.name, "--config", file, "--data", f"table:{table}", "--out", box / "package",
        timeout_s=TIMEOUT_S,
    )  # fmt: skip
    if trained.status:
        raise RuntimeError(trained.err)
    return new, [*trips[:EXPERTS], *kept_trips(recipe, trips[EXPERTS:])]


def _lines(said: Iterator[str]) -> Iterator[str]:
    yield from (f"- {line}" for line in said)


def _in_words(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


def _hours(trips: Sequence[Trip]) -> str:
    return f"{sum(len(trip.rows) for trip in trips) / 3600.0:.1f} h"


if __name__ == "__main__":
    main()
