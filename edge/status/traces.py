"""Traces: what values did lately, as far as whoever looks has seen it, and a line of them that fits in a cell."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from edge.status.told import SIGNALS_MAX

LENGTH: Final = 60
"""Looks: a minute."""
TRACES_MAX: Final = 2 * SIGNALS_MAX
BARS: Final = "▁▂▃▄▅▆▇█"
PLAIN_BARS: Final = "_.-~=+*#"
GAP: Final = " "


class Traces:
    """The last values of everything that is looked at, by name."""

    def __init__(self, length: int = LENGTH) -> None:
        self._length = length
        self._traces: dict[str, deque[float | None]] = {}

    def take(self, values: Mapping[str, float | None]) -> None:
        """One look; None is unknown, and so is what is not in it. What was unknown all the time is forgotten."""
        for name in list(self._traces):
            if name not in values:
                self._add(name, None)
        for name, value in values.items():
            self._add(name, value if value is not None and math.isfinite(value) else None)

    def of(self, name: str) -> Sequence[float | None]:
        """The oldest first."""
        return tuple(self._traces.get(name, ()))

    def _add(self, name: str, value: float | None) -> None:
        trace = self._traces.get(name)
        if trace is None:
            if value is None or len(self._traces) >= TRACES_MAX:
                return
            trace = self._traces[name] = deque(maxlen=self._length)
        trace.append(value)
        if all(one is None for one in trace):
            del self._traces[name]


def sparkline(values: Sequence[float | None], width: int, bars: str = BARS) -> str:
    """The last values as bars between the lowest and the highest of them; unknown is a gap, no change a low line."""
    shown = values[-width:] if width > 0 else ()
    known = [value for value in shown if value is not None]
    if not known:
        return GAP * width
    low, high = min(known), max(known)
    top = len(bars) - 1

    def bar(value: float | None) -> str:
        if value is None:
            return GAP
        share = (value - low) / (high - low) if 0.0 < high - low < math.inf else 0.0
        return bars[min(top, int(share * (top + 1)))]

    return "".join(map(bar, shown)).rjust(width, GAP)
