"""Buttons: what a press means, and when one that must be held has been held long enough. Knows no pin."""

from typing import Final

from edge.driver.notice import Wish

HELD_S: Final = {Wish.ACKNOWLEDGE: 0.0, Wish.CAPTURE: 0.0, Wish.PRIVATE_ON: 3.0, Wish.WORKSHOP_ON: 5.0}
"""How long a button is held for its wish; 0: a press will do."""


class Buttons:
    """Which buttons are down since when. Used under its owner's lock; times in s, of a clock that never jumps."""

    def __init__(self) -> None:
        self._down: dict[Wish, float] = {}

    def press(self, wish: Wish, at_s: float) -> None:
        """It went down."""
        self._down[wish] = at_s

    def release(self, wish: Wish) -> None:
        """It came up; what had not been held long enough meant nothing."""
        if HELD_S[wish] > 0:
            self._down.pop(wish, None)

    def due(self, now_s: float) -> list[Wish]:
        """Wishes that are due, each once for a press."""
        due = [wish for wish, at_s in self._down.items() if now_s - at_s >= HELD_S[wish]]
        for wish in due:
            del self._down[wish]
        return due

    def next_s(self, now_s: float) -> float | None:
        """Seconds until the next one is due, if it is held until then; None: none is down."""
        return min((max(at_s + HELD_S[wish] - now_s, 0.0) for wish, at_s in self._down.items()), default=None)
