"""Letting a simulation run for a while: frames to one listener, the truth to another."""

from collections.abc import Callable
from typing import Final

from edge.frames import NANOSECONDS, FrameBatch
from edge.simulator.simulation import Simulation, TruthRow

TRUTH_EVERY_S: Final = 10.0
CHUNK_S: Final = 5.0


def run(
    simulation: Simulation,
    sink: Callable[[FrameBatch], None],
    *,
    start_ns: int = 0,
    duration_s: float | None = None,
    chunk_s: float = CHUNK_S,
    pace: Callable[[int], bool] | None = None,
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
        next_ns = now_ns + chunk_ns if end_ns is None else min(now_ns + chunk_ns, end_ns)
        frames = simulation.advance(next_ns)
        if pace is not None and not pace(next_ns):
            break
        sink(frames)
        now_ns = next_ns
        if truth and now_ns - told_ns >= TRUTH_EVERY_S * NANOSECONDS:
            _tell(simulation, truth)
            told_ns = now_ns
    if truth and now_ns > told_ns:
        _tell(simulation, truth)


def _tell(simulation: Simulation, truth: Callable[[TruthRow], None]) -> None:
    for row in simulation.truth():
        truth(row)
