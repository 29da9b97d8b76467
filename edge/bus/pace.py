"""Paced: a recording or a simulation played at N times the speed of its own time."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from edge.bus.source import Source
from edge.frames import NANOSECONDS, FrameBatch

QUANTUM_S: Final = 0.02
"""Waited at least, so that frames come in batches as they do from a live bus."""


class Paced:
    """Releases the frames of a source when their time has come; its own time runs while it waits."""

    live = False

    def __init__(
        self,
        source: Source,
        speed: float,
        *,
        wait: Callable[[float], object],
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`wait` sleeps for some seconds and may return early (`Event.wait`); time runs from the first `read` on."""
        self._source = source
        self._speed = speed
        self._wait = wait
        self._monotonic_ns = monotonic_ns
        self._held: FrameBatch | None = None
        self._began: tuple[int, int] | None = None
        """Time of the first frame, and when (monotonic ns) it was read."""

    @property
    def counters(self) -> Mapping[str, int]:
        """What the source has counted."""
        return self._source.counters

    def read(self, wait_s: float) -> FrameBatch | None:
        """The frames that are due, waiting at most `wait_s` for the next; None at the end.

        Raises:
            BusDown, ConfigError: as the source does.
        """
        if self._held is None:
            self._held = self._source.read(wait_s)
        held = self._held
        if held is None:
            return None
        due_ns = self._due(held)
        delay_s = (_first(held) - due_ns) / self._speed / NANOSECONDS
        if delay_s > 0.0:
            self._wait(min(wait_s, max(delay_s, QUANTUM_S)))
            due_ns = self._due(held)
        return self._release(held, due_ns)

    def close(self) -> None:
        """Close the source; safe to repeat."""
        self._source.close()

    def _due(self, held: FrameBatch) -> int:
        """Up to which time of the recording everything is due now."""
        now_ns = self._monotonic_ns()
        if self._began is None:
            self._began = (_first(held), now_ns)
        first_ns, began_at = self._began
        return first_ns + int((now_ns - began_at) * self._speed)

    def _release(self, held: FrameBatch, due_ns: int) -> FrameBatch:
        if due_ns >= held.until:
            self._held = None
            return held
        rows = int(np.searchsorted(held.time, due_ns, side="right"))
        self._held = held.select(slice(rows, None))
        return replace(held.select(slice(0, rows)), until=due_ns)


def _first(batch: FrameBatch) -> int:
    return int(batch.time[0]) if len(batch) else batch.until
