"""Turns: what waits to be told, whose turn it is, and what is not told any more. Decides; waits for nothing itself."""

from bisect import insort
from collections import Counter
from dataclasses import dataclass
from typing import Final

from edge.driver.notice import Notice

WAITING_MAX: Final = 8
"""More nobody listens to; what would be told last is dropped."""
STALE_S: Final = 30.0
"""What waited longer is news no more, unless it is critical or must be heard now."""
_ORDER: Final = ("critical", "warning", "info")

REPLACED: Final = "replaced"
DROPPED_FULL: Final = "dropped_full"
DROPPED_STALE: Final = "dropped_stale"
CAUSES: Final = (REPLACED, DROPPED_FULL, DROPPED_STALE)


def gravity(severity: str) -> int:
    """0 for the gravest; what is not known is the least grave."""
    return _ORDER.index(severity) if severity in _ORDER else len(_ORDER)


def cuts_in(notice: Notice, said: Notice) -> bool:
    """Whether a notice ends what is being said: it must be heard now, and that need not be, or is less grave."""
    return notice.interrupts and (not said.interrupts or gravity(notice.severity) < gravity(said.severity))


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Where a notice stands: what must be heard now first, then the gravest, then the one that came first."""

    waits: bool
    gravity: int
    number: int
    at_s: float
    notice: Notice


class Turns:
    """Notices that wait, at most so many. Used under its owner's lock; times in s, of a clock that never jumps."""

    def __init__(self, waiting_max: int = WAITING_MAX, stale_s: float = STALE_S) -> None:
        self.counts = Counter(dict.fromkeys(CAUSES, 0))
        self._waiting: list[_Place] = []
        self._waiting_max = waiting_max
        self._stale_s = stale_s
        self._number = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, notice: Notice, at_s: float) -> None:
        """Let a notice wait. It takes the place of an earlier one of its alert; of too many the last one goes."""
        others = [place for place in self._waiting if place.notice.alert != notice.alert]
        self.counts[REPLACED] += len(self._waiting) - len(others)
        self._number += 1
        insort(others, _Place(not notice.interrupts, gravity(notice.severity), self._number, at_s, notice))
        self._waiting = others[: self._waiting_max]
        self.counts[DROPPED_FULL] += len(others) - len(self._waiting)

    def add_again(self, notice: Notice, at_s: float) -> None:
        """Let what was cut off wait once more, as of when it came, unless there is newer word of its alert."""
        if any(place.notice.alert == notice.alert for place in self._waiting):
            self.counts[REPLACED] += 1
        else:
            self.add(notice, at_s)

    def take(self, now_s: float) -> tuple[Notice, float] | None:
        """The one whose turn it is and when it came; what has become stale is dropped. None: nothing waits."""
        while self._waiting:
            place = self._waiting.pop(0)
            if not place.waits or place.gravity == 0 or now_s - place.at_s <= self._stale_s:
                return place.notice, place.at_s
            self.counts[DROPPED_STALE] += 1
        return None
