"""The raw-frame ring: the last frames as they came, within a memory budget. Captures are cut from it."""

from typing import Final

import numpy as np

from edge.frames import CLASSIC_BYTES, FD_BYTES, FrameBatch

HEAD_BYTES: Final = 15
"""Of a frame without its payload: time 8, id 4, bus 1, flags 1, length 1."""


class FrameRing:
    """The newest frames that fit into a memory budget, oldest overwritten first and counted."""

    def __init__(self, budget_bytes: int) -> None:
        """Raises ValueError when not one frame fits."""
        if budget_bytes < HEAD_BYTES + FD_BYTES:
            raise ValueError(f"a frame ring needs at least {HEAD_BYTES + FD_BYTES} bytes, not {budget_bytes}")
        self.frames_overwritten = 0
        self._budget_bytes = budget_bytes
        self._buses: tuple[str, ...] = ()
        self._offset = 0
        self._allot(CLASSIC_BYTES)

    def __len__(self) -> int:
        return min(self._written, self.frames_max)

    def append(self, frames: FrameBatch) -> None:
        """Keep these frames; their bus names may only have been appended to since the last time."""
        if frames.payload.shape[1] > self._payload.shape[1]:
            self._widen()
        self._buses = frames.buses
        kept = frames.select(slice(max(0, len(frames) - self.frames_max), None))
        self.frames_overwritten += max(0, len(self) + len(frames) - self.frames_max)
        begin = (self._written + len(frames) - len(kept)) % self.frames_max
        fits = min(len(kept), self.frames_max - begin)
        self._put(begin, kept.select(slice(0, fits)))
        self._put(0, kept.select(slice(fits, None)))
        self._written += len(frames)

    @property
    def place(self) -> int:
        """Where the next frame will stand: frames are numbered from 0 as they come."""
        return self._offset + self._written

    @property
    def first_place(self) -> int:
        """Of the oldest frame that is kept."""
        return self.place - len(self)

    def since(self, time: int) -> FrameBatch:
        """The kept frames from `time` (ns) on, in their order."""
        frames = self.between(self.first_place, self.place)
        return frames.select(frames.time >= time)

    def between(self, place: int, end: int) -> FrameBatch:
        """The kept frames from one place up to another, in the order in which they came."""
        first, last = max(place, self.first_place), min(end, self.place)
        rows = np.arange(first - self._offset, max(first, last) - self._offset) % self.frames_max
        until = int(self._time[(self._written - 1) % self.frames_max]) if self._written else 0
        return FrameBatch(
            time=self._time[rows],
            bus=self._bus[rows],
            id=self._id[rows],
            flags=self._flags[rows],
            length=self._length[rows],
            payload=self._payload[rows],
            buses=self._buses,
            until=until,
        )

    def _put(self, begin: int, frames: FrameBatch) -> None:
        rows, width = slice(begin, begin + len(frames)), frames.payload.shape[1]
        self._time[rows] = frames.time
        self._bus[rows] = frames.bus
        self._id[rows] = frames.id
        self._flags[rows] = frames.flags
        self._length[rows] = frames.length
        self._payload[rows, :width] = frames.payload
        self._payload[rows, width:] = 0

    def _allot(self, width: int) -> None:
        self.frames_max = self._budget_bytes // (HEAD_BYTES + width)
        """Frames that fit; fewer once a CAN FD frame has been seen."""
        self._time = np.zeros(self.frames_max, np.int64)
        self._bus = np.zeros(self.frames_max, np.uint8)
        self._id = np.zeros(self.frames_max, np.uint32)
        self._flags = np.zeros(self.frames_max, np.uint8)
        self._length = np.zeros(self.frames_max, np.uint8)
        self._payload = np.zeros((self.frames_max, width), np.uint8)
        self._written = 0
        """Since frames were last laid out."""

    def _widen(self) -> None:
        kept, overwritten, first = self.since(np.iinfo(np.int64).min), self.frames_overwritten, self.first_place
        self._allot(FD_BYTES)
        self._offset = first
        self.append(kept)
        self.frames_overwritten = overwritten + max(0, len(kept) - self.frames_max)
