"""FrameBatch: the columnar batch of raw frames that a bus hands to every stage behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
UInt32s = npt.NDArray[np.uint32]
UInt8s = npt.NDArray[np.uint8]

EXTENDED: Final = 0x01
"""Flag: the arbitration id has 29 bits."""
FD: Final = 0x02
"""Flag: CAN FD frame (payload up to 64 bytes)."""
REMOTE: Final = 0x04
"""Flag: remote transmission request; `length` is what it asks for, its payload is zero."""
ERROR: Final = 0x08
"""Flag: error frame of the controller, not of the vehicle."""
BIT_RATE_SWITCH: Final = 0x10
"""Flag: the payload of an FD frame was sent at the higher bit rate."""
ERROR_STATE: Final = 0x20
"""Flag: the sender of an FD frame was error passive."""

CLASSIC_BYTES: Final = 8
FD_BYTES: Final = 64

NANOSECONDS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, for tests, messages and people; stages work on FrameBatch."""

    time: int
    """ns on the data's axis."""
    id: int
    payload: bytes
    bus: str = "can0"
    flags: int = 0


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """N frames of one source, in the order of their time.

    Bytes of `payload` past `length` are zero. `until` is the promise that makes time move on a silent bus: no frame
    that comes later from this source has a time below it.
    """

    time: Int64s
    """(N,) ns on one axis per boot that never jumps back."""
    bus: UInt8s
    """(N,) index into `buses`."""
    id: UInt32s
    """(N,) arbitration id without flag bits."""
    flags: UInt8s
    """(N,) bits of EXTENDED, FD, REMOTE, ERROR, BIT_RATE_SWITCH, ERROR_STATE."""
    length: UInt8s
    """(N,) payload bytes."""
    payload: UInt8s
    """(N, 8) when every frame is classic, else (N, 64)."""
    buses: tuple[str, ...]
    """Names that `bus` points into; only ever appended to within a source."""
    until: int
    """ns; frames of this source with a smaller time are all delivered."""

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def empty(cls, buses: Sequence[str], until: int) -> "FrameBatch":
        """A batch that only says how far the time of its bus has come."""
        return cls(
            time=np.empty(0, np.int64),
            bus=np.empty(0, np.uint8),
            id=np.empty(0, np.uint32),
            flags=np.empty(0, np.uint8),
            length=np.empty(0, np.uint8),
            payload=np.empty((0, CLASSIC_BYTES), np.uint8),
            buses=tuple(buses),
            until=until,
        )

    @classmethod
    def of(cls, frames: Sequence[Frame], *, buses: Sequence[str] = (), until: int | None = None) -> "FrameBatch":
        """Make a batch of single frames; unseen bus names are appended to `buses`.

        Raises:
            ValueError: a payload is longer than 64 bytes, or longer than 8 without the FD flag.
        """
        names = list(buses)
        widest = CLASSIC_BYTES
        for frame in frames:
            if frame.bus not in names:
                names.append(frame.bus)
            limit = FD_BYTES if frame.flags & FD else CLASSIC_BYTES
            if len(frame.payload) > limit:
                raise ValueError(f"frame {frame.id:X} has {len(frame.payload)} bytes, at most {limit} fit")
            widest = max(widest, limit)
        payload = np.zeros((len(frames), widest), np.uint8)
        for row, frame in enumerate(frames):
            payload[row, : len(frame.payload)] = np.frombuffer(frame.payload, np.uint8)
        times = np.array([frame.time for frame in frames], np.int64)
        return cls(
            time=times,
            bus=np.array([names.index(frame.bus) for frame in frames], np.uint8),
            id=np.array([frame.id for frame in frames], np.uint32),
            flags=np.array([frame.flags for frame in frames], np.uint8),
            length=np.array([len(frame.payload) for frame in frames], np.uint8),
            payload=payload,
            buses=tuple(names),
            until=until if until is not None else (int(times[-1]) if len(times) else 0),
        )

    @classmethod
    def joined(cls, batches: "Sequence[FrameBatch]") -> "FrameBatch":
        """One after the other, at least one; their bus names were only ever appended to."""
        if len(batches) == 1:
            return batches[0]
        widest, last = max(one.payload.shape[1] for one in batches), batches[-1]
        payload = np.zeros((sum(map(len, batches)), widest), np.uint8)
        row = 0
        for one in batches:
            payload[row : row + len(one), : one.payload.shape[1]] = one.payload
            row += len(one)
        return cls(
            time=np.concatenate([one.time for one in batches]),
            bus=np.concatenate([one.bus for one in batches]),
            id=np.concatenate([one.id for one in batches]),
            flags=np.concatenate([one.flags for one in batches]),
            length=np.concatenate([one.length for one in batches]),
            payload=payload,
            buses=last.buses,
            until=last.until,
        )

    def select(self, rows: slice | npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "FrameBatch":
        """The chosen rows, with the same buses and `until`."""
        return FrameBatch(
            time=self.time[rows],
            bus=self.bus[rows],
            id=self.id[rows],
            flags=self.flags[rows],
            length=self.length[rows],
            payload=self.payload[rows],
            buses=self.buses,
            until=self.until,
        )

    def frames(self) -> Iterator[Frame]:
        """Every frame by itself."""
        for row in range(len(self)):
            yield Frame(
                time=int(self.time[row]),
                id=int(self.id[row]),
                payload=self.payload[row, : self.length[row]].tobytes(),
                bus=self.buses[self.bus[row]],
                flags=int(self.flags[row]),
            )


def merge(batches: Sequence[FrameBatch], *, buses: Sequence[str], until: int) -> FrameBatch:
    """One batch of several in the order of time; equal times keep the order of `buses`, then that of arrival.

    The order does not depend on how the frames were cut into batches. `buses` must name every bus of `batches`.
    """
    filled = [batch for batch in batches if len(batch)]
    if not filled:
        return FrameBatch.empty(buses, until)
    together = concatenate([_renamed(batch, tuple(buses)) for batch in filled])
    if not _in_order(together):
        together = together.select(np.lexsort((together.bus, together.time)))
    return replace(together, until=until)


def _renamed(batch: FrameBatch, buses: tuple[str, ...]) -> FrameBatch:
    """The same frames, with their buses in a list that has more."""
    if batch.buses == buses[: len(batch.buses)]:
        return replace(batch, buses=buses)
    place = np.array([buses.index(name) for name in batch.buses], np.uint8)
    return replace(batch, bus=place[batch.bus], buses=buses)


def _in_order(batch: FrameBatch) -> bool:
    """Whether it is sorted by time, and by bus where times are equal."""
    step = np.diff(batch.time)
    if not len(step) or step.min() > 0:
        return True
    if step.min() < 0:
        return False
    return bool(((step > 0) | (batch.bus[1:] >= batch.bus[:-1])).all())


def concatenate(batches: Sequence[FrameBatch]) -> FrameBatch:
    """The frames of one batch after those of the other; all have the same buses."""
    if len(batches) == 1:
        return batches[0]
    width = max(batch.payload.shape[1] for batch in batches)
    return FrameBatch(
        time=np.concatenate([batch.time for batch in batches]),
        bus=np.concatenate([batch.bus for batch in batches]),
        id=np.concatenate([batch.id for batch in batches]),
        flags=np.concatenate([batch.flags for batch in batches]),
        length=np.concatenate([batch.length for batch in batches]),
        payload=np.concatenate([_widened(batch.payload, width) for batch in batches]),
        buses=batches[-1].buses,
        until=max(batch.until for batch in batches),
    )


def _widened(payload: UInt8s, width: int) -> UInt8s:
    if payload.shape[1] == width:
        return payload
    wide = np.zeros((payload.shape[0], width), np.uint8)
    wide[:, : payload.shape[1]] = payload
    return wide
