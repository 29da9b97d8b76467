"""Log: a recording in any format as a source; what of it cannot be read is counted, never fatal."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from edge.errors import ConfigError
from edge.frames import CLASSIC_BYTES, ERROR, EXTENDED, FD, FD_BYTES, Frame, FrameBatch

logger = logging.getLogger(__name__)

CHUNK_BYTES: Final = 196_608
"""Read at once: some 4,000 lines, one batch."""
BUSES_MAX: Final = 256
"""As many as a batch can tell apart."""
DEFAULT_BUS: Final = "can0"
"""Where a format does not say which bus it was."""
TIME_MAX_NS: Final = 9_000_000_000_000_000_000
"""Stamps are below it, the year 2255."""

FRAMES: Final = "frames"
OTHER_CHANNEL: Final = "other_channel"
BAD_LINE: Final = "bad_line"
CUT_LINE: Final = "cut_line"
CUT_GZIP: Final = "cut_gzip"
OTHER_LINE: Final = "other_line"
OTHER_OBJECT: Final = "other_object"
NO_TIME: Final = "no_time"
BUS_LIMIT: Final = "bus_limit"
TIME_BACKWARD: Final = "time_backward"
_USUAL: Final = frozenset({OTHER_LINE, OTHER_OBJECT})
"""Heads, remarks and events, which every sound file has: counted, and no reason for a warning."""
_ID_MAX: Final = 0x7FF
_EXTENDED_ID_MAX: Final = 0x1FFF_FFFF


@dataclass(frozen=True, slots=True)
class Piece:
    """Some frames of a recording in its order, with their times as they were written."""

    frames: FrameBatch
    """Their `bus` and `buses` say nothing yet."""
    name: npt.NDArray[np.intp]
    """(N,) index into `names`."""
    names: tuple[str, ...]
    """The buses, in the order of their appearance."""

    @classmethod
    def of(cls, heard: Sequence[tuple[str, Frame]]) -> "Piece":
        """Single sound frames, each after the name of its bus."""
        names = {name: place for place, name in enumerate(dict.fromkeys(name for name, _ in heard))}
        places = np.array([names[name] for name, _ in heard], np.intp)
        return cls(FrameBatch.of([frame for _, frame in heard]), places, tuple(names))


def is_sound(frame: Frame) -> bool:
    """Whether there can be such a frame."""
    id_max = _EXTENDED_ID_MAX if frame.flags & (EXTENDED | ERROR) else _ID_MAX
    bytes_max = FD_BYTES if frame.flags & FD else CLASSIC_BYTES
    return 0 <= frame.time < TIME_MAX_NS and 0 <= frame.id <= id_max and len(frame.payload) <= bytes_max


class Recording(Protocol):
    """A file in one format. Used by one thread, then closed."""

    file: Path
    form: str
    """What a sound file is: `candump log`."""
    remedy: str
    """What to do where it is none."""
    first_fault: str
    """The first that could not be read: where it stands, and its beginning."""

    @property
    def cut(self) -> str:
        """Why it could not be unpacked to its end; empty when it could."""

    @property
    def counters(self) -> Mapping[str, int]:
        """What was left out, by cause; any thread may ask."""

    def read(self) -> Piece | None:
        """The next frames, at least one; None at the end.

        Raises:
            ConfigError: the disk fails.
        """

    def close(self) -> None:
        """Give the file back; safe to repeat."""


class Log:
    """Hands out a recording in batches of bounded size.

    A stamp below one that came before it is raised to that one, since time never goes back.
    """

    live = False

    def __init__(self, recording: Recording, *, channel: str | None = None) -> None:
        """`channel`: only the frames of this bus.

        Raises:
            ConfigError: the file cannot be read, or holds no frame (of that channel).
        """
        self.file = recording.file
        self._recording = recording
        self._channel = channel
        self._counters = Counter(dict.fromkeys((FRAMES, OTHER_CHANNEL, BUS_LIMIT, TIME_BACKWARD), 0))
        self._places: dict[str, int] = {} if channel is None else {channel: 0}
        self._others: set[str] = set()
        self._time_ns = 0
        self._reported = False
        self._ahead = self._first()

    @property
    def first_fault(self) -> str:
        """The first that could not be read."""
        return self._recording.first_fault

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames, and what was left out or mended, by cause."""
        return {**self._counters, **self._recording.counters}

    def read(self, wait_s: float) -> FrameBatch | None:  # noqa: ARG002  a file keeps nobody waiting
        """The next frames; None at the end.

        Raises:
            ConfigError: the disk fails.
        """
        batch, self._ahead = self._ahead, None
        if batch is None:
            batch = self._next()
        if batch is None and not self._reported:
            self._report()
        return batch

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._recording.close()

    def _first(self) -> FrameBatch | None:
        """A file without a single frame is refused when it is opened, not when it is played."""
        try:
            batch = self._next()
        except ConfigError:
            self.close()
            raise
        if batch is None:
            self.close()
            raise self._no_frame()
        return batch

    def _no_frame(self) -> ConfigError:
        if self._others:
            heard = ", ".join(sorted(self._others))
            return ConfigError(f"no frame of channel {self._channel}", file=self.file, remedy=f"There are {heard}")
        fault, counters = self._recording.first_fault, self._recording.counters
        problem = "is empty"
        if fault:
            problem = f"is no {self._recording.form} ({fault})"
        elif any(counters.get(cause) for cause in _USUAL):
            problem = f"holds no frame ({self._recording.form})"
        if self._recording.cut:
            problem = f"cannot be unpacked ({self._recording.cut})"
        return ConfigError(problem, file=self.file, remedy=self._recording.remedy)

    def _next(self) -> FrameBatch | None:
        while (piece := self._recording.read()) is not None:
            if (batch := self._placed(piece)) is not None:
                return batch
        return None

    def _placed(self, piece: Piece) -> FrameBatch | None:
        """The frames that have a place; None when none has."""
        counts = np.bincount(piece.name, minlength=len(piece.names))
        for name, count in zip(piece.names, counts.tolist(), strict=True):
            self._meet(name, count)
        places = np.array([self._places.get(name, -1) for name in piece.names], np.intp)
        batch = replace(piece.frames, bus=places.astype(np.uint8).take(piece.name), buses=tuple(self._places))
        if (places < 0).any():
            batch = _narrow(batch.select(places.take(piece.name) >= 0))
        return self._forward(batch) if len(batch) else None

    def _meet(self, name: str, count: int) -> None:
        """Give a bus its place, in the order of appearance; its frames are counted when they are left out."""
        if name in self._places:
            return
        if self._channel is not None:
            self._counters[OTHER_CHANNEL] += count
            if len(self._others) < BUSES_MAX:
                self._others.add(name)
        elif len(self._places) == BUSES_MAX:
            self._counters[BUS_LIMIT] += count
        else:
            self._places[name] = len(self._places)

    def _forward(self, batch: FrameBatch) -> FrameBatch:
        """The batch with times that never go back."""
        time = np.maximum.accumulate(np.maximum(batch.time, self._time_ns))
        self._counters[FRAMES] += len(batch)
        self._counters[TIME_BACKWARD] += int(np.count_nonzero(batch.time < time))
        self._time_ns = int(time[-1])
        return replace(batch, time=time, until=self._time_ns)

    def _report(self) -> None:
        """One line at the end about everything that was not as it should be."""
        self._reported = True
        causes = [*self._recording.counters.items(), *self._counters.items()]
        usual = _USUAL | {FRAMES, OTHER_CHANNEL}
        counted = [f"{cause} {count}" for cause, count in causes if count and cause not in usual]
        if counted:
            first = f"; first {self.first_fault}" if self.first_fault else ""
            logger.warning("%s: %d frames read, but %s%s", self.file, self._counters[FRAMES], ", ".join(counted), first)


def _narrow(batch: FrameBatch) -> FrameBatch:
    """As wide as its frames need: those of CAN FD may be among the ones that were left out."""
    if batch.payload.shape[1] == CLASSIC_BYTES or (batch.flags & FD).any():
        return batch
    return replace(batch, payload=np.ascontiguousarray(batch.payload[:, :CLASSIC_BYTES]))
