"""Letting a simulation run: into a sink, or into a candump log with the truth beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.errors import ConfigError
from edge.frames import EXTENDED, NANOSECONDS, FrameBatch
from edge.simulator.simulation import Simulation, TruthRow

TRUTH_EVERY_S: Final = 10.0
CHUNK_S: Final = 5.0

Sink = Callable[[FrameBatch], None]
Pace = Callable[[int], bool]


def run(
    simulation: Simulation,
    sink: Sink,
    *,
    start_ns: int = 0,
    duration_s: float | None = None,
    chunk_s: float = CHUNK_S,
    pace: Pace | None = None,
    truth: Callable[[TruthRow], None] | None = None,
) -> None:
    """Hand the sink `duration_s` of simulated time (for ever when None) in chunks of `chunk_s`.

    `pace` is given the time (ns) up to which frames are about to be handed over: it waits until they are due, and
    returns False to end the run. `truth` gets a row for each fault about every ten seconds, and at the end.
    """
    end_ns = None if duration_s is None else start_ns + round(duration_s * NANOSECONDS)
    chunk_ns = max(round(chunk_s * NANOSECONDS), 1)
    now_ns, told_ns = start_ns, start_ns
    while end_ns is None or now_ns < end_ns:
        now_ns = now_ns + chunk_ns if end_ns is None else min(now_ns + chunk_ns, end_ns)
        frames = simulation.advance(now_ns)
        if pace is not None and not pace(now_ns):
            break
        sink(frames)
        if truth and now_ns - told_ns >= TRUTH_EVERY_S * NANOSECONDS:
            _tell(simulation, truth)
            told_ns = now_ns
    if truth and now_ns > told_ns:
        _tell(simulation, truth)


def simulate_to_log(simulation: Simulation, file: Path, *, duration_s: float, truth_file: Path | None = None) -> int:
    """Write `duration_s` of frames as a candump log, and the truth as JSON lines; how many frames there were.

    The same simulation gives the same file, byte for byte. A file that is there is replaced.

    Raises:
        ConfigError: a file cannot be written.
    """
    written = 0
    rows: list[str] = []
    place = file
    try:
        with file.open("w", encoding="ascii", newline="\n") as log:

            def sink(frames: FrameBatch) -> None:
                nonlocal written
                log.writelines(candump_lines(frames))
                written += len(frames)

            run(simulation, sink, duration_s=duration_s, truth=lambda row: rows.append(row.line() + "\n"))
        if truth_file is not None:
            place = truth_file
            truth_file.write_text("".join(rows), "utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot be written: {error.strerror}", file=place, remedy="Name a file in a folder you may write to"
        ) from error
    return written


def candump_lines(frames: FrameBatch) -> list[str]:
    """Each frame as candump -L writes it, to the microsecond, with its end of line."""
    names = frames.buses
    return [
        f"({time // NANOSECONDS}.{time % NANOSECONDS // 1000:06d}) {names[bus]} "
        f"{identifier:0{8 if flags & EXTENDED else 3}X}#{payload[:length].hex().upper()}\n"
        for time, bus, identifier, flags, length, payload in zip(
            frames.time.tolist(),
            frames.bus.tolist(),
            frames.id.tolist(),
            frames.flags.tolist(),
            frames.length.tolist(),
            map(bytes, frames.payload),
            strict=True,
        )
    ]


def _tell(simulation: Simulation, truth: Callable[[TruthRow], None]) -> None:
    for row in simulation.truth():
        truth(row)
