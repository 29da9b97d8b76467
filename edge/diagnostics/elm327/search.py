"""Search: on which kind of bus a vehicle is asked next, where nobody said which it has. Pure: times come in.

One kind with each question of the poller, so that no question takes longer for it; after all four, a pause that grows.
"""

from typing import Final

from edge.diagnostics.probe import KINDS, Kind
from edge.frames import NANOSECONDS

PAUSE_FIRST_S: Final = 10.0
PAUSE_MAX_S: Final = 300.0
"""Between two searches in which nobody answered. Ordinary values."""


class Search:
    """Goes through the kinds of bus of ISO 15765-4 in their order."""

    def __init__(self) -> None:
        self._place = 0
        self._next_ns: int | None = None
        self._pause_s = PAUSE_FIRST_S

    def due(self, now_ns: int) -> Kind | None:
        """What to try now; None: nothing, for a while."""
        is_paused = self._next_ns is not None and now_ns < self._next_ns
        return None if is_paused else KINDS[self._place]

    def missed(self, now_ns: int) -> None:
        """Nobody answered there."""
        self._place = (self._place + 1) % len(KINDS)
        if self._place == 0:
            self._next_ns = now_ns + round(self._pause_s * NANOSECONDS)
            self._pause_s = min(2.0 * self._pause_s, PAUSE_MAX_S)
