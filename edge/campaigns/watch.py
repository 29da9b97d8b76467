"""Watch: looks at every cell for what campaigns wait for, and keeps the samples that they collect. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from edge.campaigns.plan import Planned
from edge.campaigns.samples import SampleRing
from edge.detect.rules.generate import Conditions, program
from edge.detect.rules.inputs import OPEN, TRUE, Reader, wants_of
from edge.detect.rules.nodes import SignalNow, Stretch
from edge.frames import NANOSECONDS
from edge.history import Window
from edge.personal import is_personal
from edge.signals import Signal, SignalBatch
from edge.spans import Wants

PASSED_MAX_S: Final = 1.0
"""Between two cells: what was not looked at was not seen to hold."""


class Watch:
    """One plan at work; the thread that judges alone calls it."""

    def __init__(self, planned: Sequence[Planned], signals: Sequence[Signal], ring_bytes: int) -> None:
        """`signals`: the decoder's table."""
        waiting = [one for one in planned if one.condition is not None]
        self._ids = [one.campaign.id for one in waiting]
        conditions = [one.condition for one in waiting if one.condition is not None]
        compiled = program([Conditions(when, each_sample=True) for when in conditions])
        self._judge, self._reader = compiled.judge, Reader(compiled.inputs)
        self.wants: Wants = wants_of(compiled.inputs)
        """What has to be kept of samples (History.want_later)."""
        self._held = [0.0] * len(compiled.durations) + [math.nan] * len(compiled.durations)
        self._personal = {
            one.campaign.id
            for one, when in zip(waiting, conditions, strict=True)
            if all(is_personal(part.path) for part in when.walk() if isinstance(part, SignalNow | Stretch))
        }
        self.holds: dict[str, bool] = dict.fromkeys(self._ids, False)
        """By campaign: whether its condition was true when that was last known."""
        self._until: int | None = None
        paths = sorted({path for one in planned for path in one.campaign.signals})
        self.ring = SampleRing(paths, signals, ring_bytes)
        self._is_personal = np.array([is_personal(signal.path) for signal in signals] or [False], np.bool_)
        self.withheld: list[tuple[int, int, int]] = []
        """Samples that were not kept since somebody looked: how many, first and last time (ns). Private mode."""

    def carry_on(self, before: "Watch", same: Mapping[str, bool]) -> None:
        """These campaigns were the same in the plan before: what holds already begins no window."""
        self.holds |= {one: before.holds[one] for one in self._ids if same.get(one) and one in before.holds}
        if before.ring.signals == self.ring.signals:
            self.ring = before.ring

    def hear(self, samples: SignalBatch, *, private: bool) -> None:
        """The samples of a cell."""
        if not self.ring.signals or not len(samples):
            return
        if private and (personal := self._is_personal[samples.signal]).any():
            times = samples.time[personal]
            self.withheld.append((len(times), int(times.min()), int(times.max())))
            kept = ~personal
            samples = SignalBatch(samples.time[kept], samples.signal[kept], samples.value[kept], samples.bus[kept])
        self.ring.append(samples)

    def look(self, window: Window) -> list[str]:
        """Campaigns whose condition has come true at this cell; while it is unknown it stays what it was."""
        if not self._ids:
            return []
        numbers = self._reader.read(window.later)
        passed = 0.0 if self._until is None else min((window.until - self._until) / NANOSECONDS, PASSED_MAX_S)
        self._until = window.until
        found = {self._ids[number]: verdict for number, verdict, _ in self._judge(numbers, self._held, passed)}
        if window.private:
            found |= dict.fromkeys(self._personal, OPEN)
        before, self.holds = self.holds, {}
        for one in self._ids:
            verdict = found.get(one)
            self.holds[one] = before[one] if verdict == OPEN else verdict == TRUE
        return [one for one in self._ids if self.holds[one] and not before[one]]
