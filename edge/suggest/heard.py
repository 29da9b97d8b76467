"""What was heard of each id: exact counts of all its frames, and a bounded, even sample of them to look at."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.frames import CLASSIC_BYTES, ERROR, EXTENDED, FD_BYTES, NANOSECONDS, REMOTE, FrameBatch, Int64s, UInt8s

RUN: Final = 32
"""Frames of an id that are kept one after the other: counters and steps are seen between neighbours only."""
RUNS_MAX: Final = 64
"""Of an id; with more frames every second run is let go, then every second of those, and so on."""
IDS_MAX: Final = 2048
"""Frames of ids beyond are counted, not looked at: with FD, 300 MB at the most."""
_BUS_SHIFT: Final = 32
_EXTENDED_SHIFT: Final = 31


@dataclass(frozen=True)
class HeardId:
    """One id on one bus, with K frames of it to look at."""

    bus: str
    extended: bool
    id: int
    frames: int
    """All of them."""
    first_ns: int
    last_ns: int
    lengths: Mapping[int, int]
    """Frames by payload bytes, of all of them."""
    number: Int64s
    """(K,) which frame of the id each is, ascending."""
    time: Int64s
    """(K,) ns."""
    length: UInt8s
    """(K,) bytes."""
    payload: UInt8s
    """(K, 8) or (K, 64), zero past the length."""

    @property
    def name(self) -> str:
        """As candump writes ids."""
        return f"{self.id:08X}" if self.extended else f"{self.id:03X}"

    @cached_property
    def follows(self) -> npt.NDArray[np.bool_]:
        """(K,) whether the frame before it in the sample is the one before it on the bus."""
        return np.append(np.False_, np.diff(self.number) == 1)[: len(self.number)]

    @cached_property
    def gaps_s(self) -> npt.NDArray[np.float64]:
        """Seconds between frames that follow each other."""
        return np.diff(self.time)[self.follows[1:]] / NANOSECONDS

    @cached_property
    def period_s(self) -> float | None:
        """The median of the gaps; None: fewer than three."""
        return float(np.median(self.gaps_s)) if len(self.gaps_s) > 2 else None

    @cached_property
    def changed(self) -> UInt8s:
        """(8,) or (64,) the bits that were not the same in every frame of the sample."""
        if not len(self.payload):
            return np.zeros(self.payload.shape[1], np.uint8)
        changed: UInt8s = np.bitwise_or.reduce(self.payload ^ self.payload[0], axis=0)
        return changed

    def part(self, frames: int) -> "HeardId":
        """The same with at most so many frames to look at: whole runs, evenly spread."""
        if len(self.number) <= frames:
            return self
        run = self.number // RUN
        runs = np.unique(run)
        kept = runs[np.linspace(0, len(runs) - 1, max(1, frames // RUN)).astype(np.intp)]
        rows = np.isin(run, kept)
        sample = {name: getattr(self, name)[rows] for name in ("number", "time", "length", "payload")}
        exact = {name: getattr(self, name) for name in ("bus", "extended", "id", "frames", "first_ns", "last_ns")}
        return HeardId(**exact, lengths=self.lengths, **sample)


_Columns = tuple[Int64s, Int64s, UInt8s, UInt8s]
"""Number, time, length and payload."""


@dataclass(slots=True)
class _Kept:
    """One id that is being listened to."""

    frames: int = 0
    first_ns: int = 0
    last_ns: int = 0
    every: int = 1
    """Of so many runs one is kept."""
    held: int = 0
    parts: list[_Columns] = field(default_factory=list)
    lengths: Int64s = field(default_factory=lambda: np.zeros(FD_BYTES + 1, np.int64))

    def add(self, time: Int64s, length: UInt8s, payload: UInt8s) -> None:
        """Frames in the order of their time."""
        self.first_ns = self.first_ns if self.frames else int(time[0])
        self.last_ns = int(time[-1])
        number = np.arange(self.frames, self.frames + len(time), dtype=np.int64)
        self.frames += len(time)
        self.lengths += np.bincount(length, minlength=FD_BYTES + 1)
        self._keep(number, time, length, payload)
        while self.held > RUN * RUNS_MAX:
            self.every *= 2
            columns = self.columns()
            self.parts, self.held = [], 0
            self._keep(*columns)

    def _keep(self, number: Int64s, time: Int64s, length: UInt8s, payload: UInt8s) -> None:
        rows = ((number // RUN) % self.every == 0).nonzero()[0]
        if len(rows):
            self.parts.append((number[rows], time[rows], length[rows], payload[rows]))
            self.held += len(rows)

    def columns(self) -> _Columns:
        """All that is kept."""
        number, time, length, payload = zip(*self.parts, strict=True)
        width = max(one.shape[1] for one in payload)
        wide = [np.pad(one, ((0, 0), (0, width - one.shape[1]))) for one in payload]
        return np.concatenate(number), np.concatenate(time), np.concatenate(length), np.concatenate(wide)


class Listener:
    """Takes batches of one recording, keeps what is needed of each id."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bool, int], _Kept] = {}
        self.counters: Counter[str] = Counter(frames=0)
        """Frames, and those not looked at by why: `remote`, `error`, `id_limit`."""

    def take(self, batch: FrameBatch) -> None:
        """Listen to some more frames."""
        self.counters["frames"] += len(batch)
        is_error = (batch.flags & ERROR) != 0
        is_remote = ~is_error & ((batch.flags & REMOTE) != 0)
        for cause, rows in (("error", is_error), ("remote", is_remote)):
            self.counters[cause] += int(np.count_nonzero(rows))
        batch = batch.select(~(is_error | is_remote))
        extended = (batch.flags & EXTENDED).astype(np.int64)
        key = (batch.bus.astype(np.int64) << _BUS_SHIFT) | (extended << _EXTENDED_SHIFT) | batch.id.astype(np.int64)
        order = np.argsort(key, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
            if len(rows):
                self._add(batch, rows)

    def _add(self, batch: FrameBatch, rows: npt.NDArray[np.intp]) -> None:
        first = rows[0]
        key = batch.buses[batch.bus[first]], bool(batch.flags[first] & EXTENDED), int(batch.id[first])
        if key not in self._kept and len(self._kept) == IDS_MAX:
            self.counters["id_limit"] += len(rows)
            return
        self._kept.setdefault(key, _Kept()).add(batch.time[rows], batch.length[rows], batch.payload[rows])

    def heard(self) -> Iterator[HeardId]:
        """Every id, by bus, 11-bit ids first."""
        for (bus, extended, identifier), one in sorted(self._kept.items()):
            number, time, length, payload = one.columns()
            payload = payload[:, :CLASSIC_BYTES] if length.max(initial=0) <= CLASSIC_BYTES else payload
            lengths = {int(size): int(one.lengths[size]) for size in one.lengths.nonzero()[0]}
            ends = one.first_ns, one.last_ns
            yield HeardId(bus, extended, identifier, one.frames, *ends, lengths, number, time, length, payload)
