"""Summaries: figures of each minute in use, and of several minutes at once while the vehicle stands. Pure.

A minute here is what `summary_s` says. It begins and ends with a minute of the clock. Minutes that the vehicle stood
through are kept and told together when the next one is no such minute, and at the latest at the end of the minutes that
belong together. So a minute in use has the same figures whatever was before it. Where
the box alone measures something, since the vehicle sleeps, an hour is told at once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.figures import Figures, Totals
from edge.frames import NANOSECONDS
from edge.history import History
from edge.measured import MEASURED

STANDING_MINUTES: Final = 5
"""Told at once: a car that charges all evening changes slowly, and three of five still make each quarter of an hour,
into which the cloud folds what it hears."""
STANDING_MAX_NS: Final = 900 * NANOSECONDS
"""Where minutes are set to be long, no more of them than fit into that quarter of an hour."""
SLOW_MINUTES: Final = 10
"""From one summary that tells what changes slowly to the next: with minutes, still in every quarter of an hour."""


RESTING_NS: Final = 3600 * NANOSECONDS
"""Told at once of what the box measures while the vehicle sleeps: a battery at rest falls by days."""


@dataclass(frozen=True, slots=True)
class Period:
    """Figures of one summary period."""

    started: int
    ended: int
    figures: Mapping[str, Figures]


@dataclass(slots=True)
class _Kept:
    """Minutes on end that are not told yet."""

    started: int
    ended: int
    totals: Totals

    def join(self, later: "_Kept") -> None:
        self.ended = later.ended
        self.totals.join(later.totals)


class Summaries:
    """Follows the vehicle from cell to cell; hands out the periods that are over."""

    def __init__(self, history: History, *, minute_ns: int, often: Collection[str], slow: Collection[str]) -> None:
        """`often`: paths that every summary tells; `slow`: those that one in SLOW_MINUTES tells as well."""
        self.withheld = 0
        """Minutes that were private, wholly or in part."""
        self._history = history
        self._minute_ns = minute_ns
        self._standing_ns = minute_ns * max(1, min(STANDING_MINUTES, STANDING_MAX_NS // minute_ns))
        self._often, self._all = set(often), {*often, *slow}
        self._end: int | None = None
        """Of the running minute; None before the first."""
        self._stood = True
        self._was_private = False
        """Both in this minute."""
        self._kept: _Kept | None = None
        self._is_resting = False
        """In what is kept the vehicle said nothing."""
        self._of_vehicle = np.array([path not in MEASURED for path in history.slot], np.bool_)
        self._sealed = 0
        """What was before it was told."""
        self._slow_from: int | None = None
        """From when on what changes slowly is due."""

    def begin(self, end: int) -> list[Period]:
        """Make ready for the cell that ends there, before its samples count: what a skipped silence left to tell."""
        if self._end is not None and end <= self._end:
            return []
        before, self._end = self._end, -(-end // self._minute_ns) * self._minute_ns
        told = [] if before is None else self._close(before)
        return told if before == self._end - self._minute_ns else told + self._tell_kept()

    def look(self, end: int, *, stands: bool) -> list[Period]:
        """Take in the cell that ends there, after its samples; `stands`: it is known that the vehicle is not in use."""
        self._stood &= stands
        self._was_private |= self._history.private
        if end != self._end:
            return []
        self._end = end + self._minute_ns
        return self._close(end)

    def close(self, until: int) -> list[Period]:
        """Nothing comes any more: what has begun, as far as it came."""
        if self._end is None:
            return []
        self._end = None
        return self._close(until) + self._tell_kept()

    def seal(self, until: int) -> list[Period]:
        """As `close`, though more may come: what does so in the same minute is told as of here."""
        told = self.close(until)
        self._sealed = until
        return told

    def _close(self, ended: int) -> list[Period]:
        """End the running minute."""
        started = max((ended - 1) // self._minute_ns * self._minute_ns, min(self._sealed, ended))
        minute = _Kept(started, ended, self._history.ledger.close_period())
        stood, self._stood = self._stood, True
        is_withheld, self._was_private = self._was_private, False
        if not is_withheld and minute.totals.count.any() and not minute.totals.count[self._of_vehicle].any():
            return self._rest(minute)
        if self._is_resting:
            before = self._tell_kept()
            return before + self._told(minute, stood=stood, is_withheld=is_withheld)
        return self._told(minute, stood=stood, is_withheld=is_withheld)

    def _rest(self, minute: _Kept) -> list[Period]:
        """A minute in which the box alone measured something: an hour of them is told at once."""
        told = [] if self._is_resting else self._tell_kept()
        if self._kept is None:
            self._kept, self._is_resting = minute, True
        else:
            self._kept.join(minute)
        return told + (self._tell_kept() if minute.ended - self._kept.started >= RESTING_NS else [])

    def _told(self, minute: _Kept, *, stood: bool, is_withheld: bool) -> list[Period]:
        ended = minute.ended
        if is_withheld or not stood or not minute.totals.count.any():
            return self._tell_kept() + self._tell(minute, is_withheld=is_withheld)
        if self._kept is None:
            self._kept = minute
        else:
            self._kept.join(minute)
        return [] if ended % self._standing_ns else self._tell_kept()

    def _tell_kept(self) -> list[Period]:
        kept, self._kept, self._is_resting = self._kept, None, False
        return [] if kept is None else self._tell(kept)

    def _tell(self, kept: _Kept, *, is_withheld: bool = False) -> list[Period]:
        tells_all = self._slow_from is None or kept.started >= self._slow_from
        figures = self._history.figures(kept.totals, self._all if tells_all else self._often)
        if not figures:
            return []
        if is_withheld:
            self.withheld += 1
            return []
        if tells_all:
            self._slow_from = kept.started + SLOW_MINUTES * self._minute_ns
        return [Period(kept.started, kept.ended, figures)]
