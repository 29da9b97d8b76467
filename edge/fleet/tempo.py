"""Tempo: how simulated time keeps step with real time."""

import asyncio
from collections.abc import Callable
from typing import Final

LOOK_S: Final = 0.2
"""A wait is cut into pieces of this length, so that a stop is heard."""


class Tempo:
    """Waits until simulated time is due. Nothing is skipped: who is behind hurries until it has caught up."""

    def __init__(self, speed: float | None, *, monotonic: Callable[[], float], stop: asyncio.Event) -> None:
        """`speed`: times real time; None: as fast as it goes."""
        self._speed = speed
        self._monotonic = monotonic
        self._stop = stop
        self._began_s = monotonic()
        self.now_s = 0.0
        """Simulated."""

    @property
    def is_free(self) -> bool:
        """Whether it goes as fast as it goes."""
        return self._speed is None

    @property
    def behind_s(self) -> float:
        """How far simulated time is behind what it should be."""
        if self._speed is None:
            return 0.0
        return max(0.0, (self._monotonic() - self._began_s) * self._speed - self.now_s)

    async def until(self, time_s: float) -> None:
        """Wait until this simulated time is due, or the stop; others get their turn even when it is due already."""
        await asyncio.sleep(0)
        while self._speed is not None and not self._stop.is_set():
            left_s = self._began_s + time_s / self._speed - self._monotonic()
            if left_s <= 0.0:
                break
            await asyncio.sleep(min(left_s, LOOK_S))
        self.now_s = time_s
