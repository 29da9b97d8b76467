"""Sources and clocks that tests wind by hand."""

from collections.abc import Mapping, Sequence

from edge.frames import FrameBatch


class Clock:
    """A monotonic clock that moves only when somebody waits."""

    def __init__(self, now_ns: int = 1_000) -> None:
        self.now_ns = now_ns
        self.waits: list[float] = []

    def __call__(self) -> int:
        return self.now_ns

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now_ns += round(seconds * 1_000_000_000)


class Ticking(Clock):
    """One that a look at it moves on by a millisecond."""

    def __call__(self) -> int:
        self.now_ns += 1_000_000
        return self.now_ns


class Played:
    """A source that hands out what it was given, raises what is an exception, and then ends."""

    def __init__(self, steps: Sequence[FrameBatch | BaseException], *, live: bool = False) -> None:
        self.live = live
        self.closed = 0
        self.waited_s = 0.0
        self._steps = list(steps)

    @property
    def counters(self) -> Mapping[str, int]:
        return {"steps_left": len(self._steps)}

    def read(self, wait_s: float) -> FrameBatch | None:
        self.waited_s += wait_s
        if not self._steps:
            return None
        step = self._steps.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step

    def close(self) -> None:
        self.closed += 1
