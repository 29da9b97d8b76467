"""What a quantity gains or loses a second: from its own samples over about one second, or its mean over half of one."""

from collections import deque
from typing import Final

from edge.frames import NANOSECONDS

SPAN_NS: Final = 8 * NANOSECONDS // 10
"""A difference is taken over at least so much: noise and resolution of a speed weigh little over it."""
GAP_NS: Final = 5 * NANOSECONDS // 4
"""What comes less often says too little of a manoeuvre: once a second is enough, every two seconds is not."""
APART_NS: Final = NANOSECONDS // 25
"""Samples closer than this add nothing."""
MEAN_NS: Final = NANOSECONDS // 2
SAMPLES_MAX: Final = 64
UNKNOWN: Final = float("nan")


class Hold:
    """Learns for how long a sender repeats a value before it has a new one, which may be many samples.

    Taken sample by sample, such a speed would stand still and jump. The shortest intervals between two values tell: a
    fiftieth of them, and three at least, are not longer. Until then every sample counts as new.
    """

    BIN_NS: Final = NANOSECONDS // 20
    BINS: Final = 64
    LEAST: Final = 3

    def __init__(self) -> None:
        self.ns = 0
        self._counts = [0] * self.BINS
        self._total = 0
        self._changed: int | None = None

    def forget(self) -> None:
        """After a gap nobody knows since when the value stands."""
        self._changed = None

    def learn(self, at: int) -> None:
        """At this time (ns) it was another value than before."""
        changed, self._changed = self._changed, at
        if changed is None:
            return
        self._total += 1
        self._counts[min((at - changed) // self.BIN_NS, self.BINS - 1)] += 1
        wanted, seen = max(self.LEAST, self._total // 50), 0
        for number, count in enumerate(self._counts):
            seen += count
            if seen >= wanted:
                self.ns = number * self.BIN_NS
                return


class Change:
    """The rate of a quantity over about a second; unknown after a gap or a step that nothing real makes."""

    def __init__(self, lowest: float, highest: float, *, slack: float, turns: float = 0.0) -> None:
        """`lowest`, `highest`: possible rates per second. `slack`: what one sample may be wrong by. `turns`: it begins
        anew at so much (360 degrees); 0: it does not."""
        self._lowest, self._highest, self._slack, self._turns = lowest, highest, slack, turns
        self._samples: deque[tuple[int, float]] = deque(maxlen=SAMPLES_MAX)
        self._hold = Hold()
        self._heard: int | None = None
        self.before = UNKNOWN
        """The value from which the rate was taken."""

    @property
    def comes_often(self) -> bool:
        """Whether values are not repeated for longer than a manoeuvre lasts."""
        return self._hold.ns <= GAP_NS

    def take(self, at: int, value: float) -> float:
        """A sample of `at` (ns); the rate per second up to it, NaN while that is unknown."""
        heard = self._heard
        if heard is not None and at - heard < APART_NS:
            return UNKNOWN
        self._heard = at
        if heard is None or at - heard > GAP_NS:
            self._samples.clear()
            self._hold.forget()
            return self._add(at, value)
        if value == self._samples[-1][1]:
            return self._repeat(at)
        self._hold.learn(at)
        self._catch_up(at, heard)
        return self._add(at, value)

    def _repeat(self, at: int) -> float:
        """The same again: after two holds it is known to have been so one hold ago."""
        last_at, value = self._samples[-1]
        hold = self._hold.ns
        return self._add(at - hold, value) if at - last_at >= 2 * hold else UNKNOWN

    def _catch_up(self, at: int, heard: int) -> None:
        """Before it changed it was what it had been until a hold ago."""
        last_at, value = self._samples[-1]
        known_at = min(heard, at - self._hold.ns)
        if known_at - last_at >= self._hold.ns * 4 // 5:
            self._add(known_at, value)

    def _add(self, at: int, value: float) -> float:
        samples = self._samples
        if samples and not self._follows(at, value):
            samples.clear()
        samples.append((at, value))
        span_ns = max(SPAN_NS, self._hold.ns * 3 // 2)  # two values of those that are told seldom
        while len(samples) > 2 and at - samples[1][0] >= span_ns:
            samples.popleft()
        first_at, first = samples[0]
        if at - first_at < span_ns:
            return UNKNOWN
        self.before = first
        return self._between(first, value) * NANOSECONDS / (at - first_at)

    def _follows(self, at: int, value: float) -> bool:
        before_at, before = self._samples[-1]
        elapsed_s = max(at - before_at, self._hold.ns) / NANOSECONDS
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
