"""Judged: how long ago the daemon last judged, so that a display never shows an old state as if it held."""

import math
import time
from collections.abc import Callable
from typing import Final

JUDGED_MAX_S: Final = 5.0
"""Older is unknown: fifty ticks of 100 ms, which no busy box misses, and shorter than a driver looks at a green lamp
twice."""


class Judged:
    """Touched by who judges, asked by who tells; by a clock that never jumps."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic` gives seconds."""
        self._monotonic = monotonic
        self._at_s = -math.inf

    def now(self) -> None:
        """Something was judged."""
        self._at_s = self._monotonic()

    def age_s(self) -> float | None:
        """Seconds since; None: nothing was judged yet."""
        return None if math.isinf(self._at_s) else max(self._monotonic() - self._at_s, 0.0)
