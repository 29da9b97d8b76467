"""Whether a frame is what its sender meant: rolling counters and checksums, where somebody says how they are made.

A frame with a wrong checksum gives no samples. A counter that jumps tells of frames that were lost, and is counted; one
that stands still tells of a sender that repeats itself: from the fifth such frame on they give no samples either.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.checksums import BitField, computed
from edge.decode.schemes import Scheme
from edge.frames import FrameBatch

STUCK_MAX: Final = 5
"""Frames in a row with one counter that are still believed (opendbc's parser bears as many wrong ones)."""
BAD_CHECKSUM: Final = "bad_checksum"
COUNTER_JUMP: Final = "counter_jump"
COUNTER_STUCK: Final = "counter_stuck"
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Guard:
    """How the frames of one message are proven."""

    length: int
    """Bytes of the message; a shorter frame proves nothing and is let through, to be counted as short."""
    counter: BitField | None = None
    checksum: BitField | None = None
    scheme: Scheme | None = None


@dataclass(slots=True)
class _Counted:
    """The last counter of one sender on one bus, and how often it came in a row."""

    value: int
    repeats: int = 0


class Integrity:
    """Holds frames against the guards of their messages. It remembers the last counter of each (bus, id)."""

    def __init__(self, guards: Mapping[int, Guard]) -> None:
        """`guards`: by number of the message."""
        self._guards = guards
        self._last: dict[int, _Counted] = {}
        """By route."""

    def faults(self, frames: FrameBatch, message: Ints, routes: Ints) -> Iterator[tuple[str, Ints, bool]]:
        """What is wrong: cause, rows (N,) ascending, and whether they are not to be believed."""
        for number, guard in self._guards.items():
            rows = np.flatnonzero((message == number) & (frames.length >= guard.length))
            if len(rows):
                yield from self._of_message(frames, guard, rows, routes)

    def _of_message(
        self, frames: FrameBatch, guard: Guard, rows: Ints, routes: Ints
    ) -> Iterator[tuple[str, Ints, bool]]:
        payload = frames.payload[rows, : guard.length]
        counter = None if guard.counter is None else guard.counter.read(payload)
        if guard.checksum is not None and guard.scheme is not None:
            wanted = computed(guard.scheme, payload, frames.id[rows], guard.checksum, counter)
            is_good = guard.checksum.read(payload) == wanted
            if not is_good.all():
                yield BAD_CHECKSUM, rows[~is_good], True
                rows = rows[is_good]
                counter = None if counter is None else counter[is_good]
        if guard.counter is not None and counter is not None:
            for route in np.unique(routes[rows]).tolist():
                of_route = routes[rows] == route
                yield from self._count(guard.counter, route, rows[of_route], counter[of_route])

    def _count(
        self, field: BitField, route: int, rows: Ints, counter: "npt.NDArray[np.int64]"
    ) -> Iterator[tuple[str, Ints, bool]]:
        first = int(counter[0])
        last = self._last.get(route)
        before = np.concatenate([[first - 1 if last is None else last.value], counter[:-1]])
        step = (counter - before) % (1 << field.bits)
        repeats = 0 if last is None else last.repeats
        jumped = rows[step > 1]
        if len(jumped):
            yield COUNTER_JUMP, jumped, False
        if (step == 0).any() or repeats:
            stuck, repeats = _stuck(step == 0, repeats)
            if len(stuck):
                yield COUNTER_STUCK, rows[stuck], True
        self._last[route] = _Counted(int(counter[-1]), repeats)


def _stuck(repeated: Bools, repeats: int) -> tuple[Ints, int]:
    """Which of the frames come after too many repeats, and how many there are in a row at the end."""
    stuck: list[int] = []
    for row, is_repeat in enumerate(repeated.tolist()):
        repeats = repeats + 1 if is_repeat else 0
        if repeats >= STUCK_MAX:
            stuck.append(row)
    return np.array(stuck, np.intp), repeats
