"""Commands that need no daemon: a recording to rows, a simulated vehicle to a bus or a file."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from edge.bus.open import open_source
from edge.bus.sink import open_sink
from edge.bus.spec import SourceSpec
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.errors import ConfigError
from edge.files import Draft, open_rows
from edge.frames import NANOSECONDS, FrameBatch
from edge.report import frame_counts
from edge.simulator.faults import parse_fault
from edge.simulator.running import run as run_simulation
from edge.simulator.simulation import Simulation, TruthRow

CHUNK_FAST_S: Final = 5.0
CHUNK_PACED_S: Final = 0.02
"""On a bus, frames leave within so much of their time."""


def decode_file(log_file: Path, databases: Sequence[Path], out: Path) -> str:
    """Write every sample of a recording as a row; the account of what was and was not decoded.

    Raises:
        ConfigError: a file is missing or wrong.
        EdgeError: the disk is full or fails; no half file is left.
    """
    decoder = Decoder([Binding(load_database(file)) for file in databases])
    source = open_source(
        SourceSpec(text=f"log:{log_file}", kind="log", rest=str(log_file)), speed=None, now_ns=0, stop=threading.Event()
    )
    with closing(source), closing(open_rows(out)) as rows:
        while (batch := source.read(0)) is not None:
            rows.write(decoder.decode(batch), decoder.signals)
        rows.commit()
    counts = {**frame_counts(decoder.counts), **{f"log_{name}": count for name, count in source.counters.items()}}
    lines = [f"{name:<24}{count:>12,}" for name, count in counts.items()]
    return "\n".join([*lines, *(f"note: {conflict}" for conflict in decoder.conflicts)]) + "\n"


@dataclass(frozen=True, slots=True)
class Simulated:
    """What to simulate, and where to."""

    vehicle: str
    faults: Sequence[str]
    seed: int
    duration_s: float | None
    speed: float | None
    """Times real time; None: as fast as it goes."""
    bus: str | None = None
    out: Path | None = None
    truth: Path | None = None


def simulate(wanted: Simulated) -> str:
    """Run a simulated vehicle until its duration is over or a signal comes; how many frames it sent.

    Raises:
        ConfigError: an unknown vehicle, fault or bus, or a file without an end.
        BusDown: the bus does not take frames.
        EdgeError: the disk is full or fails.
    """
    if wanted.out and wanted.duration_s is None:
        raise ConfigError("a file needs an end", place="--out", remedy="Add --duration SECONDS")
    start_ns = 0 if wanted.out else time.time_ns()
    faults = [parse_fault(text) for text in wanted.faults]
    simulation = Simulation(vehicle=wanted.vehicle, faults=faults, seed=wanted.seed, start_ns=start_ns)
    stop = threading.Event()
    frames = 0
    with ExitStack() as stack:
        sink = stack.enter_context(closing(open_sink(str(wanted.out or wanted.bus))))
        truth = stack.enter_context(closing(Draft(wanted.truth))) if wanted.truth else None

        def send(batch: FrameBatch) -> None:
            nonlocal frames
            sink.send(batch)
            frames += len(batch)

        def tell(row: TruthRow) -> None:
            if truth:
                with truth.writing() as stream:
                    stream.write(f"{row.line()}\n".encode())

        _stop_on_signal(stop)
        run_simulation(
            simulation,
            send,
            start_ns=start_ns,
            duration_s=wanted.duration_s,
            chunk_s=CHUNK_FAST_S if wanted.speed is None else CHUNK_PACED_S * max(1.0, wanted.speed),
            pace=_pace(stop, start_ns, wanted.speed),
            truth=tell,
        )
        sink.commit()
        if truth:
            truth.commit()
    return f"{frames:,} frames\n"


def _pace(stop: threading.Event, start_ns: int, speed: float | None) -> Callable[[int], bool]:
    began_s = time.monotonic()

    def go_on(until_ns: int) -> bool:
        delay_s = 0.0
        if speed is not None:
            delay_s = (until_ns - start_ns) / NANOSECONDS / speed - (time.monotonic() - began_s)
        return not stop.wait(max(0.0, delay_s))

    return go_on


def _stop_on_signal(stop: threading.Event) -> None:
    def on_signal(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
