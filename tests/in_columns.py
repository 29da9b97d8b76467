"""Frames and samples in the columns that the block formats take, and whether two are the same to the last bit."""

from collections.abc import Sequence

import numpy as np

from edge.frames import Frame, FrameBatch
from edge.wire.frame_block import Frames
from edge.wire.sample_block import Sampled, Samples

Row = tuple[int, int, float]
"""Time, signal and value of a sample."""


def counted(payload: bytes) -> bytes:
    """The first byte is one more, and the last makes the sum right."""
    body = bytes([(payload[0] + 1) % 256, *payload[1:-1]])
    return (body + bytes([sum(body) % 256]))[-len(payload) :]


def framed(frames: Sequence[Frame], buses: Sequence[str] = ()) -> Frames:
    """The same in columns."""
    batch = FrameBatch.of(frames, buses=buses)
    return Frames(batch.time, batch.bus, batch.id, batch.flags, batch.length, batch.payload, batch.buses)


def same_frames(one: Frames, other: Frames) -> bool:
    """Whether they are equal to the last bit, and of the same types."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in Frames.__slots__ if name != "buses"]
    return one.buses == other.buses and all(
        mine.dtype == yours.dtype and np.array_equal(mine, yours) for mine, yours in pairs
    )


def sampled(rows: Sequence[Row], table: Sequence[Sampled]) -> Samples:
    """Rows of time, signal and value in columns."""
    return Samples(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int32),
        np.array([row[2] for row in rows], np.float64),
        tuple(table),
    )


def same_samples(one: Samples, other: Samples) -> bool:
    """Whether they are equal to the last bit: -0.0 is not 0.0, and only unknown is unknown."""
    return (
        one.signals == other.signals
        and np.array_equal(one.time, other.time)
        and np.array_equal(one.signal, other.signal)
        and np.array_equal(one.value.view(np.int64), other.value.view(np.int64))
    )
