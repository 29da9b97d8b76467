"""Axis: maps stamps of the wall clock, which may be set at any moment, onto one axis of time that never jumps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.frames import NANOSECONDS, Int64s

PLAUSIBLE_NS: Final = 30 * NANOSECONDS
"""A frame has waited less than this when it is read; a stamp further off is not of our wall clock."""
MOVED_NS: Final = NANOSECONDS // 1000
"""What moves by less is the noise of measuring two clocks."""
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Clocks:
    """The same moment on both clocks, in ns."""

    realtime: int
    monotonic: int


def read_clocks(realtime_ns: Callable[[], int], monotonic_ns: Callable[[], int]) -> Clocks:
    """Both clocks as if read at once: of a few tries, the one least torn apart by other work."""
    readings: list[tuple[int, Clocks]] = []
    for _ in range(_TRIES):
        before, realtime, after = monotonic_ns(), realtime_ns(), monotonic_ns()
        readings.append((after - before, Clocks(realtime, (before + after) // 2)))
    return min(readings, key=lambda reading: reading[0])[1]


class Axis:
    """The time of one bus from boot on: every time it gives is at or after all that it gave before."""

    def __init__(self) -> None:
        self.stamps_moved = 0
        """Frames whose stamp did not fit, since a clock was set or is not the wall clock."""
        self._floor = 0

    def place(self, stamps: Int64s, clocks: Clocks) -> Int64s:
        """Times (N,) of frames stamped (N,) by the wall clock and read just before `clocks`, in their order.

        A stamp cannot lie after the reading nor before what was given already; one that is far off tells nothing, and
        the moment of the reading stands in for it.
        """
        if not len(stamps):
            return stamps
        wished = stamps - clocks.realtime + clocks.monotonic
        is_plausible = np.abs(wished - clocks.monotonic) <= PLAUSIBLE_NS
        time = np.where(is_plausible, np.minimum(wished, clocks.monotonic), clocks.monotonic)
        time = np.maximum.accumulate(np.maximum(time, self._floor))
        self.stamps_moved += int(np.count_nonzero(np.abs(time - wished) > MOVED_NS))
        self._floor = int(time[-1])
        return time

    def promise(self, until: int) -> int:
        """Let time pass until `until` at least; no frame will be placed before what is returned."""
        self._floor = max(self._floor, until)
        return self._floor
