"""AdapterSource: what answers to an adapter's questions were on the bus, as frames of a source like others.

What the adapter measures of the supply (AT RV) is told there as well, as what an ADC of the box would measure.
"""

import threading
from collections.abc import Iterator, Mapping
from typing import Final

from edge.diagnostics.elm327.asker import ElmAsker
from edge.frames import Frame, FrameBatch
from edge.measured import VOLTS, Reading, batch_of

LOOK_S: Final = 0.05
FRAMES: Final = "frames"


class AdapterSource:
    """Hands out the answers; whoever asks is another thread."""

    live = True

    def __init__(self, asker: ElmAsker, name: str, stop: threading.Event) -> None:
        """`name`: of its bus; `stop` ends a wait early."""
        self._asker = asker
        self._name = name
        self._stop = stop
        self._frames = 0
        self._until_ns = 0
        self._measured_ns = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames of answers."""
        return {FRAMES: self._frames}

    def read(self, wait_s: float) -> FrameBatch:
        """The answers since the last call, waiting at most `wait_s` for one."""
        left_s = wait_s
        while True:
            now_ns = self._asker.now_ns()
            frames = self._asker.taken_frames()
            if frames or left_s <= 0 or self._stop.is_set():
                break
            self._stop.wait(min(LOOK_S, left_s))
            left_s -= LOOK_S
        self._frames += len(frames)
        named = [Frame(frame.time, frame.id, frame.payload, self._name, frame.flags) for frame in frames]
        supply = list(batch_of(self._supply(), self._name, now_ns).frames())
        self._until_ns = now_ns
        return FrameBatch.of(sorted([*named, *supply], key=_time), buses=(self._name,), until=now_ns)

    def _supply(self) -> Iterator[Reading]:
        """What was measured since the last call; a reading that comes late stands where its time has come to."""
        measured = self._asker.measured
        if measured is not None and measured[0] > self._measured_ns:
            self._measured_ns = measured[0]
            yield Reading(max(self._measured_ns, self._until_ns), VOLTS, measured[1])

    def close(self) -> None:
        """The adapter belongs to who asks."""


def _time(frame: Frame) -> int:
    return frame.time
