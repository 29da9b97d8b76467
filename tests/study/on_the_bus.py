"""The truth beside what is on the bus: `python -m tests.study.on_the_bus [VEHICLE [FAULT…]]`, a line for each scenario.

Each is written twice as a candump log with its truth by the command line, and must be the same file twice; decoded, its
signals are set beside those of the same vehicle without it. Ends with 1 when a file differs, when something is other
than without the scenario before its onset, or when nothing is afterwards.
"""

import hashlib
import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.bus.open import open_source
from edge.bus.spec import SourceSpec
from edge.cli import main as edge
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.frames import NANOSECONDS
from edge.simulator.kinds import KINDS
from edge.simulator.simulation import faults_of

SEED: Final = 4
ONSET_S: Final = 120
LENGTH_S: Final = 600
LONGER_S: Final = {"charge_port_hot": 9000}
"""Nothing is seen of it before the first fast charge."""
PACES: Final = {
    "weak_battery": 10_000,
    "brake_wear": 10_000,
    "charge_port_hot": 10_000,
    "altitude": 20,
    "cold_tyres": 100,
}
PACE: Final = 2_000
"""What takes weeks in life."""
SUDDEN: Final = (
    "jump_start",
    "towing",
    "stop_start",
    "smart_alternator",
    "sensor_glitch",
    "fast_charging",
    "dcdc_failure",
)
"""What happens at once, or within ten minutes."""
CYCLES: Final = {
    "jump_start": "delivery",
    "fast_charging": "motorway",
    "charge_port_hot": "haul",
    "stop_start": "city",
    "loose_fuel_cap": "cold_start",
}
WEATHERS: Final = {"frozen_def": "cold"}
OLD_BEFORE: Final = frozenset(
    [
        "truck alternator",
        "battery",
        "battery_replaced",
        "brake_wear",
        "dcdc_failure",
        "fast_charging",
        "sensor_replaced",
        "weak_battery",
    ]
)
"""Scenarios, or scenarios of one vehicle: something was old, low or wrong from the beginning; the onset is when it gets
worse, or is put right."""
BINS: Final = 10
"""Seconds over which a signal is averaged."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """A log, decoded: means of every signal over bins of time."""

    digest: str
    frames: int
    means: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scenario and its healthy twin have in common."""

    vehicle: str
    cycle: str
    weather: str
    length_s: int


def setting(vehicle: str, fault: str) -> Setting:
    """Where and for how long a scenario is looked at."""
    cycle = CYCLES.get(fault, "haul" if vehicle == "truck" else "mixed")
    return Setting(vehicle, cycle, WEATHERS.get(fault, "mild"), LONGER_S.get(fault, LENGTH_S))


def written(folder: Path, where: Setting, order: str | None, name: str) -> tuple[Path, Path]:
    """A log and its truth, written by the command line."""
    log, truth = folder / f"{name}.log", folder / f"{name}.truth.jsonl"
    options = ["simulate", "--vehicle", where.vehicle, "--out", str(log), "--seed", str(SEED)]
    options += ["--duration", str(where.length_s), "--cycle", where.cycle, "--weather", where.weather]
    if order:
        options += ["--fault", order, "--truth", str(truth)]
    if status := edge(options):
        raise SystemExit(f"{' '.join(options)} ended with {status}")
    return log, truth


def heard(log: Path, where: Setting) -> Heard:
    """Decode a log as the daemon does."""
    decoder = Decoder([Binding(load_database(KINDS[where.vehicle].database))])
    source = open_source(SourceSpec.parse(f"log:{log}"), speed=None, now_ns=0, stop=threading.Event())
    times, places, values = [], [], []
    while (batch := source.read(0)) is not None:
        samples = decoder.decode(batch)
        times.append(samples.time)
        places.append(samples.signal)
        values.append(samples.value)
    source.close()
    at = np.concatenate(times) // (BINS * NANOSECONDS)
    place, value = np.concatenate(places), np.concatenate(values)
    means = {}
    bins = where.length_s // BINS
    for number, signal in enumerate(decoder.signals):
        mine = place == number
        count = np.bincount(at[mine], minlength=bins)
        with np.errstate(invalid="ignore"):
            means[signal.path] = np.bincount(at[mine], value[mine], minlength=bins) / count
    return Heard(hashlib.sha256(log.read_bytes()).hexdigest(), decoder.counts.frames, means)


def differing(one: Heard, other: Heard, bins: slice) -> dict[str, float]:
    """How far a signal is from the other's, in shares of the other's span; a silent one counts as 1."""
    found = {}
    for path, usual in other.means.items():
        shown, expected = one.means[path][bins], usual[bins]
        if not len(shown) or np.isnan(usual).all():
            continue
        span = float(np.nanmax(usual) - np.nanmin(usual)) or max(abs(float(np.nanmax(usual))), 1.0)
        apart = np.where(np.isnan(shown) != np.isnan(expected), 1.0, np.abs(np.nan_to_num(shown - expected)) / span)
        found[path] = float(apart.max())
    return found


def look(what: tuple[str, str]) -> tuple[str, bool]:
    """A line about one scenario, and whether all is as it should be."""
    vehicle, fault = what
    where = setting(vehicle, fault)
    pace = 1 if fault in SUDDEN else PACES.get(fault, PACE)
    order = f"{fault}@{ONSET_S}x{pace}"
    with tempfile.TemporaryDirectory(prefix="telltale-truth-") as name:
        folder = Path(name)
        log, truth = written(folder, where, order, "one")
        again, truth_again = written(folder, where, order, "two")
        same = log.read_bytes() == again.read_bytes() and truth.read_bytes() == truth_again.read_bytes()
        healthy, _ = written(folder, where, None, "healthy")
        ill, well = heard(log, where), heard(healthy, where)
        rows = [json.loads(line) for line in truth.read_text().splitlines()]
    before = differing(ill, well, slice(0, ONSET_S // BINS))
    after = differing(ill, well, slice(ONSET_S // BINS, None))
    told = sorted(after, key=lambda path: -after[path])[:4]
    old = not OLD_BEFORE.isdisjoint((fault, f"{vehicle} {fault}"))
    quiet = old or max(before.values()) == 0.0
    moved = max(after.values()) > 0.02 or (old and max(before.values()) > 0.02)
    short = ", ".join(f"{path.removeprefix('Vehicle.')} {after[path]:.2g}" for path in told)
    severity = f"{max(row['severity'] for row in rows):.2f}, failed at {rows[-1]['failed_at']}"
    verdict = "ok" if same and quiet and moved else f"WRONG: same {same}, quiet before {quiet}, moved {moved}"
    line = (
        f"{vehicle} {order} ({where.cycle}): {verdict}; {ill.digest[:12]}, {ill.frames:,} frames; severity {severity}"
    )
    return f"{line}; {short}", same and quiet and moved


def main(arguments: list[str]) -> int:
    """Look at what is named, or at everything."""
    wanted = list(_wanted(arguments))
    with ProcessPoolExecutor(2) as pool:
        fine = 0
        for line, good in pool.map(look, wanted):
            print(line, flush=True)
            fine += good
    print(f"{fine} of {len(wanted)} scenarios are on the bus as their truth says")
    return int(fine != len(wanted))


def _wanted(arguments: list[str]) -> Iterator[tuple[str, str]]:
    for vehicle in ("car", "ev", "truck"):
        if not arguments or arguments[0] == vehicle:
            for fault in arguments[1:] or faults_of(vehicle):
                yield vehicle, fault


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
