"""The judgement grid: frames of all buses, merged and cut into cells of one fixed width.

A cell closes when every bus has passed its end, or, for live buses, after a bounded wait for the one that has not.
So findings do not depend on how the frames were batched, drained or replayed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.frames import NANOSECONDS, FrameBatch, merge

GAP_NS: Final = 600 * NANOSECONDS
"""Longest silence that is judged cell by cell; by then everything is stale and every trip is over."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Merged frames and the ends of the cells that they fall into."""

    frames: FrameBatch
    ends: Sequence[int]
    """ns, ascending, on the grid; a cell may be empty."""
    rows: Sequence[int]
    """For each end, how many of the frames lie before it."""


@dataclass(slots=True)
class _Lane:
    live: bool
    pending: list[FrameBatch]
    until: int | None = None
    ended: bool = False
    seen_at: int = 0
    """Monotonic ns at which `until` last moved."""


class Grid:
    """Collects what the sources hand out and closes cells."""

    def __init__(self, sources: Sequence[bool], *, grid_ns: int, wait_ns: int) -> None:
        """`sources`: for each, whether it is live."""
        self.grid_ns = grid_ns
        self.frames_late = 0
        """Frames of a live bus that came after their cell had closed; they count at the next one."""
        self.cells_skipped = 0
        self._wait_ns = wait_ns
        self._lanes = [_Lane(live, []) for live in sources]
        self._buses: list[str] = []
        self._closed: int | None = None
        """End of the last closed cell."""

    def offer(self, source: int, batch: FrameBatch, now_ns: int) -> None:
        """Take in a batch of a source; `now_ns` is monotonic."""
        lane = self._lanes[source]
        self._buses.extend(name for name in batch.buses if name not in self._buses)
        if len(batch):
            lane.pending.append(self._not_late(batch))
        if lane.until is None or batch.until > lane.until:
            lane.until, lane.seen_at = batch.until, now_ns

    def end(self, source: int) -> None:
        """The source is over: it holds no cell open any more."""
        self._lanes[source].ended = True

    @property
    def over(self) -> bool:
        """Every source has ended."""
        return all(lane.ended for lane in self._lanes)

    def close(self, now_ns: int) -> Cells | None:
        """The cells that can be closed now; None when there are none. After the end, the last cell is closed too."""
        until = self._passed(now_ns)
        if until is None:
            return None
        end = self._last_end(until)
        if self._closed is not None and end <= self._closed:
            return None
        frames = self._take(end)
        ends = list(self._ends(frames, end))
        if not ends:
            return None
        self._closed = end
        rows = np.searchsorted(frames.time, np.array(ends, np.int64), side="left")
        return Cells(frames, ends, [int(row) for row in rows])

    def _passed(self, now_ns: int) -> int | None:
        """Up to where (ns, exclusive) every bus has been heard or been waited for."""
        heard = [lane.until for lane in self._lanes if lane.until is not None]
        if not heard:
            return None
        if self.over:
            return max(heard) + 1
        return min((self._floor(lane, max(heard), now_ns) for lane in self._lanes if not lane.ended), default=None)

    def _floor(self, lane: _Lane, furthest: int, now_ns: int) -> int:
        if lane.live and now_ns - lane.seen_at > self._wait_ns:
            return furthest  # a bus that hangs holds nobody back
        return lane.until if lane.until is not None else (self._closed or 0)

    def _last_end(self, until: int) -> int:
        end = until // self.grid_ns * self.grid_ns
        return end + self.grid_ns if self.over and end < until else end

    def _take(self, end: int) -> FrameBatch:
        taken: list[FrameBatch] = []
        for lane in self._lanes:
            rest: list[FrameBatch] = []
            for batch in lane.pending:
                cut = int(np.searchsorted(batch.time, end, side="left"))
                if cut:
                    taken.append(batch.select(slice(0, cut)))
                if cut < len(batch):
                    rest.append(batch.select(slice(cut, None)))
            lane.pending = rest
        return merge(taken, buses=self._buses, until=end)

    def _ends(self, frames: FrameBatch, end: int) -> Iterator[int]:
        """Ends of cells up to `end`; of a silence longer than GAP_NS only so much, and the cell after it."""
        if self._closed is None and not len(frames):
            return
        grid = self.grid_ns
        cursor = int(frames.time[0]) // grid * grid if self._closed is None else self._closed
        if end - cursor <= GAP_NS:
            yield from range(cursor + grid, end + 1, grid)
            return
        busy = np.unique(frames.time // grid * grid + grid)
        for stop in (*(int(cell) for cell in busy), end):
            if stop - grid - cursor > GAP_NS:
                yield from range(cursor + grid, cursor + GAP_NS + 1, grid)
                self.cells_skipped += (stop - grid - cursor - GAP_NS) // grid
                cursor = stop - grid
            yield from range(cursor + grid, stop + 1, grid)
            cursor = max(cursor, stop)

    def _not_late(self, batch: FrameBatch) -> FrameBatch:
        if self._closed is None or int(batch.time[0]) >= self._closed:
            return batch
        late = int(np.count_nonzero(batch.time < self._closed))
        self.frames_late += late
        time = np.maximum(batch.time, self._closed)
        return FrameBatch(time, batch.bus, batch.id, batch.flags, batch.length, batch.payload, batch.buses, batch.until)
