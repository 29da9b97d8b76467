"""What telling the status costs: `python -m tests.study.status_cost [--seconds N]`, a table.

The thread that judges copies a moment once a second: how long that keeps it, over a whole drive. All else is done by a
thread of its own, in a real daemon that runs the same at its own speed with an outbox on a disk: its share of a core as
it tells itself, and how large the file is.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edge.bus.open import open_source
from edge.config import Config, with_profile
from edge.config_parts import Bus
from edge.grid import Grid
from edge.judgement import Judgement
from edge.prepare import prepare
from edge.status.look import look
from edge.status.moment import moment_of
from tests.in_memory import SHARED_MEMORY
from tests.programs import listening
from tests.shared import find_shared

MOMENTS = 500
EVERY = 10
"""Cells: as often as a daemon looks, a second apart."""


def drives() -> Iterator[tuple[str, Config]]:
    """By name, with what explains them."""
    yield "simulated car", _config("sim:car?skip=300&duration=120", [], "telltale-car")
    shared = find_shared(os.environ) / "data"
    database = shared / "dbc" / "tesla-model3.dbc"
    yield "Model 3", _config(f"log:{shared / 'can' / 'tesla-model3-drive.log'}", [database], "")


def _config(source: str, databases: list[Path], profile: str) -> Config:
    return with_profile(Config(profile=profile, bus=[Bus(source=source, dbc=databases)]), Path.cwd())


def kept(judgement: Judgement) -> float:
    """Microseconds that a moment takes of the thread that judges."""
    began = time.perf_counter_ns()
    moment_of(
        judgement, at_s=0.0, switched_off=judgement.judges.switched_off, frames_late=0, cells_skipped=0,
        captures_open=0, captures={}, campaigns={}, learning=(),
    )  # fmt: skip
    return (time.perf_counter_ns() - began) / 1000


def moments(config: Config) -> tuple[list[float], int]:
    """Of a whole drive; and how many signals it has."""
    prepared = prepare(config)
    judgement, grid = prepared.judgement, Grid([False], grid_ns=100_000_000, wait_ns=200_000_000)
    source = open_source(prepared.specs[0], speed=None, now_ns=0, stop=threading.Event())
    took: list[float] = []
    while (batch := source.read(0.1)) is not None:
        grid.offer(0, batch, 0)
        if (cells := grid.close(0)) is not None:
            for _ in judgement.advance(cells):
                pass
            took += [kept(judgement) for _ in cells.ends[::EVERY]]
    source.close()
    return took + [kept(judgement) for _ in range(MOMENTS)], len(judgement.history.slot)


def told(config: Config, seconds: float) -> dict[str, Any]:
    """The last status of a daemon that has run for so long."""
    profile = ("--profile", config.profile) if config.profile else ()
    databases = [str(file) for file in config.bus[0].dbc] if not config.profile else []
    options = [*profile, *(("--dbc", *databases) if databases else ())]
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as place, tempfile.TemporaryDirectory() as state:
        link = ("--broker", "mqtt://127.0.0.1:9", "--state", state)
        source = config.bus[0].source.replace("&duration=120", "")
        with listening("--bus", source, *options, *link, "--status", place, "--voice", "none"):
            time.sleep(seconds)
            return {**look([Path(place)]).raw, "size": (Path(place) / "status.json").stat().st_size}


def main() -> None:
    """Print a row for each drive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    asked = parser.parse_args()
    print("| drive | signals | a moment: median, p99 | the thread's share of a core | frames/s | file |")
    print("|---|---|---|---|---|---|")
    for name, config in drives():
        took, signals = moments(config)
        raw = json.loads(json.dumps(told(config, asked.seconds)))
        rate = raw["buses"][0]["frames_per_s"]
        print(
            f"| {name} | {signals} | {np.median(took):.0f} µs, {np.percentile(took, 99):.0f} µs "
            f"| {raw['own']['cpu_percent']:.2f} % | {rate:,.0f} | {raw['size'] / 1000:.0f} kB |"
        )


if __name__ == "__main__":
    main()
