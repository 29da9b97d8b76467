"""Figures over time that nobody else keeps: how fast frames come, what was lost lately, what driving writes."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.bus.reader import READER_QUEUE_FULL
from edge.diagnostics.budget import frame_bits
from edge.frames import ERROR, EXTENDED, FD, FrameBatch

LOST: Final = (
    *(READER_QUEUE_FULL, "socket_full", "controller_overrun", "bad_message"),
    *("interface_rx_over_errors", "interface_rx_dropped"),
)
"""What of a source's counters is frames that were on the bus, and were not judged."""
RATE_S: Final = 5.0
LATELY_S: Final = 60.0
HOUR_S: Final = 3600.0
SOON_S: Final = 60.0
"""Before that an hour is not told from what was written yet."""
_CONTROL: Final = frame_bits(0, extended=False), frame_bits(0, extended=True)
_BYTE: Final = (frame_bits(8, extended=False) - _CONTROL[0]) / 8


class Bits:
    """Bits that the frames of one bus took at most; counted by who takes them, read by who tells."""

    def __init__(self, bitrate: int | None) -> None:
        """`bitrate`: bit/s; None: unknown, and nothing is counted."""
        self.bitrate = bitrate
        self.total = 0
        self.is_fd = False
        """A frame was one of CAN FD, whose payload has a bit rate of its own."""

    def hear(self, batch: FrameBatch) -> None:
        """Count a batch."""
        if self.bitrate is None or not len(batch):
            return
        flags = batch.flags
        self.is_fd = self.is_fd or bool(int(np.bitwise_or.reduce(flags)) & FD)
        is_frame = (flags & ERROR) == 0
        extended = int(np.count_nonzero(flags[is_frame] & EXTENDED))
        control = _CONTROL[1] * extended + _CONTROL[0] * (int(np.count_nonzero(is_frame)) - extended)
        self.total += control + int(_BYTE * int(batch.length[is_frame].sum(dtype=np.int64)))


@dataclass(frozen=True, slots=True)
class _Look:
    at_s: float
    frames: int
    lost: int
    bits: int


class Flow:
    """One source, looked at once a second."""

    def __init__(self, began_s: float) -> None:
        self._looks: deque[_Look] = deque([_Look(began_s, 0, 0, 0)])
        self._heard_s: float | None = None
        self.lost = 0

    def look(self, now_s: float, counters: Mapping[str, int], bits: int) -> None:
        """As its counters stand at a time (monotonic seconds)."""
        frames, self.lost = counters.get("frames", 0), sum(counters.get(name, 0) for name in LOST)
        if frames > self._looks[-1].frames:
            self._heard_s = now_s
        self._looks.append(_Look(now_s, frames, self.lost, bits))
        while len(self._looks) > 2 and self._looks[1].at_s <= now_s - LATELY_S:
            self._looks.popleft()

    @property
    def frames_per_s(self) -> float:
        """Over the last seconds."""
        before, last = self._before(RATE_S), self._looks[-1]
        return (last.frames - before.frames) / max(last.at_s - before.at_s, 1e-3)

    def load_percent(self, bitrate: int) -> float:
        """Of the bus, at most; over the last seconds."""
        before, last = self._before(RATE_S), self._looks[-1]
        return 100.0 * (last.bits - before.bits) / bitrate / max(last.at_s - before.at_s, 1e-3)

    @property
    def lost_lately(self) -> int:
        """Within the last minute."""
        return self.lost - self._before(LATELY_S).lost

    def heard_ago_s(self, now_s: float) -> float | None:
        """Since the last frame, to a second; None: there was none."""
        return None if self._heard_s is None else now_s - self._heard_s

    def _before(self, span_s: float) -> _Look:
        """The latest look that is as long ago, or the first."""
        last_s = self._looks[-1].at_s
        found = self._looks[0]
        for look in self._looks:
            if look.at_s > last_s - span_s:
                break
            found = look
        return found


class Driven:
    """Bytes that were written on trips, of whoever counts them; what the end of one brings is of it."""

    def __init__(self) -> None:
        self.driven_s = 0.0
        self._at_s: float | None = None
        self._drove = False
        self._last: dict[str, int] = {}
        self._bytes: dict[str, int] = {}

    def look(self, now_s: float, written: Mapping[str, int | None], *, drives: bool) -> None:
        """As the counts stand at a time (monotonic seconds); `drives`: a trip runs."""
        passed_s = 0.0 if self._at_s is None else now_s - self._at_s
        is_trip = drives or self._drove
        self._at_s, self._drove = now_s, drives
        self.driven_s += passed_s * is_trip
        for name, count in written.items():
            if count is None:
                continue
            more = max(0, count - self._last.get(name, count))
            self._last[name] = count
            self._bytes[name] = self._bytes.get(name, 0) + more * is_trip

    def per_hour(self, name: str) -> int | None:
        """Of driving; None before that can be told."""
        if name not in self._bytes or self.driven_s < SOON_S:
            return None
        return round(self._bytes[name] * HOUR_S / self.driven_s)
