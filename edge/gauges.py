"""Gauges: a few signals of the window, read once a tick by their place instead of by their name. Pure."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from edge.frames import NANOSECONDS
from edge.history import NEVER, UNKNOWN, History, Window

HELD_PERIODS: Final = 3
"""So long a value lasts: two lost frames are bridged, a longer gap is not driven at its last speed."""
HELD_MIN_S: Final = 0.3
"""What comes a hundred times a second may be late by some frames."""


class Gauge:
    """One signal: its value and when it was last heard."""

    __slots__ = ("at", "path", "period_s", "value")

    def __init__(self, path: str) -> None:
        self.path = path
        self.value = UNKNOWN
        """In its unit; NaN when unknown, stale, or not on this vehicle."""
        self.at = NEVER
        """ns on the axis of the frames: its newest sample."""
        self.period_s: float | None = None
        """How often it comes; None until that is learned."""

    @property
    def is_known(self) -> bool:
        """Whether there is a value to reckon with."""
        return not math.isnan(self.value)


class Panel:
    """The gauges that somebody looks at, and how much of a cell each of them covers."""

    def __init__(self, paths: Iterable[str], *, grid_ns: int) -> None:
        self.gauges: Mapping[str, Gauge] = MappingProxyType({path: Gauge(path) for path in dict.fromkeys(paths)})
        self.grid_s = grid_ns / NANOSECONDS
        self.until = 0
        """ns; the end of the cell that was read last."""
        self._history: History | None = None
        self._there: list[tuple[Gauge, int]] = []
        self._second = -1

    def __getitem__(self, path: str) -> Gauge:
        return self.gauges[path]

    def read(self, window: Window) -> None:
        """Take up the values as of this tick."""
        if window.history is not self._history:
            self._history = window.history
            slots = window.history.slot
            self._there = [(gauge, slots[path]) for path, gauge in self.gauges.items() if path in slots]
        self.until = window.until
        values, heard_at = window.values, window.history.latest_at
        for gauge, slot in self._there:
            gauge.value = values.item(slot)
            gauge.at = heard_at.item(slot)
        second = window.until // NANOSECONDS
        if second != self._second:  # periods are learned once a second
            self._second = second
            for gauge, _ in self._there:
                gauge.period_s = window.period_s(gauge.path)

    def known_s(self, gauge: Gauge) -> float:
        """How much of this cell the latest value lasts; until its period is learned, while it is fresh."""
        if math.isnan(gauge.value):
            return 0.0
        if gauge.period_s is None:
            return self.grid_s
        left_s = max(HELD_PERIODS * gauge.period_s, HELD_MIN_S) - (self.until - gauge.at) / NANOSECONDS
        return min(max(left_s + self.grid_s, 0.0), self.grid_s)
