"""Cadence: when what was heard on a live bus is wanted, so that it is handed on rarely and yet in time."""

from dataclasses import dataclass
from typing import Final, Self

PERIOD_MAX_NS: Final = 100_000_000
"""Between two moments; so long at most a frame waits before it is kept."""
BEHIND_NS: Final = 300_000
"""So long after a moment one looks, since what was sent before it is to be there."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """Moments on the monotonic clock: one at `phase_ns`, and one every `period_ns` before and after it."""

    period_ns: int = 20_000_000
    phase_ns: int = 0
    at_once: bool = False
    """What comes after a silence is wanted at once, and the silence itself is not: nobody needs its time."""

    @classmethod
    def of_grid(cls, grid_ns: int, offset_ns: int) -> Self:
        """The ends of the cells of a grid, and between them as many as keep the period short.

        A cell can be judged as soon as its bus was looked at behind its end, so that is when it is looked at.
        `offset_ns`: what is added to the monotonic clock to come to the grid's time.
        """
        period_ns = grid_ns // -(-grid_ns // PERIOD_MAX_NS)
        return cls(period_ns, -offset_ns % period_ns)

    def wait_ns(self, now_ns: int) -> int:
        """How long it is from `now_ns` to just behind the next moment."""
        return self.period_ns - (now_ns - BEHIND_NS - self.phase_ns) % self.period_ns
