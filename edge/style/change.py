"""What a quantity gains or loses a second: from its own samples over about one second, or its mean over half of one."""

from collections import deque
from typing import Final

from edge.frames import NANOSECONDS

SPAN_NS: Final = 9 * NANOSECONDS // 10
"""A difference is taken over at least so much: noise and resolution of a speed weigh little over it."""
GAP_NS: Final = 5 * NANOSECONDS // 4
"""What comes less often says too little of a manoeuvre: once a second is enough, every two seconds is not."""
APART_NS: Final = NANOSECONDS // 25
"""Samples closer than this add nothing."""
MEAN_NS: Final = NANOSECONDS // 2
SAMPLES_MAX: Final = 64
UNKNOWN: Final = float("nan")


class Change:
    """The rate of a quantity over about a second; unknown after a gap or a step that nothing real makes."""

    def __init__(self, lowest: float, highest: float, *, slack: float, turns: float = 0.0) -> None:
        """`lowest`, `highest`: possible rates per second. `slack`: what one sample may be wrong by. `turns`: it begins
        anew at so much (360 degrees); 0: it does not."""
        self._lowest, self._highest, self._slack, self._turns = lowest, highest, slack, turns
        self._samples: deque[tuple[int, float]] = deque(maxlen=SAMPLES_MAX)
        self.before = UNKNOWN
        """The value from which the rate was taken."""

    def take(self, at: int, value: float) -> float:
        """A sample of `at` (ns); the rate per second up to it, NaN while that is unknown."""
        samples = self._samples
        if samples and at - samples[-1][0] < APART_NS:
            return UNKNOWN
        if samples and not self._follows(at, value):
            samples.clear()
        samples.append((at, value))
        while len(samples) > 2 and at - samples[1][0] >= SPAN_NS:
            samples.popleft()
        first_at, first = samples[0]
        if at - first_at < SPAN_NS:
            return UNKNOWN
        self.before = first
        return self._between(first, value) * NANOSECONDS / (at - first_at)

    def _follows(self, at: int, value: float) -> bool:
        before_at, before = self._samples[-1]
        if at - before_at > GAP_NS:
            return False
        elapsed_s = (at - before_at) / NANOSECONDS
        step = self._between(before, value)
        return self._lowest * elapsed_s - self._slack <= step <= self._highest * elapsed_s + self._slack

    def _between(self, first: float, second: float) -> float:
        way = second - first
        return (way + self._turns / 2) % self._turns - self._turns / 2 if self._turns else way


class Mean:
    """The mean of a sensor's samples over half a second; what no vehicle does is no sample."""

    def __init__(self, possible: float) -> None:
        self._possible = possible
        self._before: int | None = None
        self._samples: deque[tuple[int, float]] = deque(maxlen=SAMPLES_MAX)

    def take(self, at: int, value: float) -> float:
        """A sample of `at` (ns); the mean up to it, NaN while it is unknown."""
        samples, before, self._before = self._samples, self._before, at
        if abs(value) <= self._possible:
            samples.append((at, value))
        while samples and at - samples[0][0] > MEAN_NS:
            samples.popleft()
        comes_often = before is not None and at - before <= GAP_NS
        return sum(sample for _, sample in samples) / len(samples) if samples and comes_often else UNKNOWN
