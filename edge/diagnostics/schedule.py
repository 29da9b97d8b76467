"""Schedule: what is asked when; what finds no answer is asked ever more seldom. Pure: times come in, monotonic ns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge.frames import NANOSECONDS

PAUSE_MAX_NS: Final = 3_600 * NANOSECONDS
"""The longest that an unanswered question rests."""
DOUBLINGS_MAX: Final = 20


@dataclass(slots=True)
class _Item:
    every_ns: int
    due_ns: int
    failures: int = 0

    @property
    def pause_ns(self) -> int:
        """Doubled with each failure."""
        return max(self.every_ns, min(self.every_ns << min(self.failures, DOUBLINGS_MAX), PAUSE_MAX_NS))


class Schedule:
    """Questions by name, each with its own rate."""

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}

    def set(self, rates_s: Mapping[str, float], now_ns: int) -> None:
        """From now on these are asked, each so many seconds apart; what is new is due at once, in this order."""
        old = self._items
        self._items = {}
        for name, every_s in rates_s.items():
            item = old.get(name) or _Item(0, now_ns)
            item.every_ns = round(every_s * NANOSECONDS)
            self._items[name] = item

    def due(self, now_ns: int) -> str | None:
        """What has been due longest; None when nothing is. So nothing starves, however much there is."""
        waiting = [(item.due_ns, name) for name, item in self._items.items() if item.due_ns <= now_ns]
        return min(waiting, key=lambda one: one[0])[1] if waiting else None

    def done(self, name: str, now_ns: int, *, answered: bool) -> None:
        """It was asked; the next time is a rate later, or ever more where it was not answered."""
        if (item := self._items.get(name)) is not None:
            item.failures = 0 if answered else item.failures + 1
            item.due_ns = now_ns + item.pause_ns

    def later(self, name: str, until_ns: int) -> None:
        """It is not asked before then, for a reason that is not its own."""
        if (item := self._items.get(name)) is not None:
            item.due_ns = max(item.due_ns, until_ns)

    def hurry(self, name: str, now_ns: int) -> None:
        """It is due before everything else, where it is asked at all."""
        if (item := self._items.get(name)) is not None:
            item.failures = 0
            item.due_ns = min(now_ns, *(other.due_ns for other in self._items.values())) - 1

    def awake(self, now_ns: int) -> None:
        """The vehicle woke up: what was silent may have been asleep, and everything is due."""
        for item in self._items.values():
            item.failures = 0
            item.due_ns = now_ns

    def next_ns(self) -> int | None:
        """When something is due next; None when nothing ever is."""
        return min((item.due_ns for item in self._items.values()), default=None)

    def resting(self) -> Mapping[str, int]:
        """What found no answer, with how often in a row."""
        return {name: item.failures for name, item in self._items.items() if item.failures}
