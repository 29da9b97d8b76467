"""MotionWatch: each second, what the box feels: which way gravity pulls, and how much it is shaken. Pure.

The axes are the sensor's own, however it is mounted: who wants to know whether the vehicle was lifted compares
directions, and a direction that has changed has changed on any axes.
"""

import math
from typing import Final

from edge.measured import GRAVITY, VIBRATION, Reading

S: Final = 1_000_000_000
SECOND_NS: Final = S
HARDEST: Final = 200.0
"""m/s^2; sensors of vehicles go to 16 g at most."""
IMPLAUSIBLE: Final = "implausible"

Vector = tuple[float, float, float]


class MotionWatch:
    """Takes reading after reading, in the order of time."""

    def __init__(self) -> None:
        self.counters = {IMPLAUSIBLE: 0}
        self._began_ns: int | None = None
        self._felt: list[Vector] = []

    def take(self, time_ns: int, felt: Vector) -> list[Reading]:
        """One more reading, m/s^2; what a second that is over came to."""
        if not all(abs(one) <= HARDEST for one in felt):
            self.counters[IMPLAUSIBLE] += 1
            return []
        if self._began_ns is None:
            self._began_ns = time_ns
        self._felt.append(felt)
        if time_ns - self._began_ns < SECOND_NS:
            return []
        readings, self._felt, self._began_ns = self._told(time_ns), [], time_ns
        return readings

    def _told(self, time_ns: int) -> list[Reading]:
        count = len(self._felt)
        means = [math.fsum(one[axis] for one in self._felt) / count for axis in range(3)]
        squares = (sum((one[axis] - means[axis]) ** 2 for axis in range(3)) for one in self._felt)
        vibration = math.sqrt(math.fsum(squares) / count)
        pulled = [Reading(time_ns, path, mean) for path, mean in zip(GRAVITY, means, strict=True)]
        return [*pulled, Reading(time_ns, VIBRATION, vibration)]
