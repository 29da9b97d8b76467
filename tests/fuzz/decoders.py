"""The ways to decode, each as a list of samples to compare. The one place that knows their calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.decode.compiled import Tables
from edge.decode.decoder import Binding, DecodeCounts, Decoder, Key
from edge.decode.flat import FlatDecoder
from edge.decode.scalar import ScalarDecoder
from edge.frames import FrameBatch
from edge.signals import NO_SOURCE, SignalBatch

Sample = tuple[int, str, int, int, int | None, int]
"""Time, bus, signal, the bits of the value, the exact integer if there is one, sender."""
Part = tuple[int, int, int | None]
"""Signal, the bits of the value, the exact integer if there is one."""
WIDE: Final = 64


@dataclass(frozen=True)
class Counted:
    """What the counts say."""

    frames: int
    decoded: int
    samples: int
    known: dict[Key, int]
    unknown: dict[Key, int]
    undecodable: dict[str, dict[Key, int]]
    transported: dict[str, int]

    @classmethod
    def of(cls, counts: DecodeCounts) -> "Counted":
        return cls(
            counts.frames,
            counts.decoded,
            counts.samples,
            dict(counts.known),
            dict(counts.unknown),
            {cause: dict(found) for cause, found in counts.undecodable.items()},
            dict(counts.transported),
        )


def decoded(bindings: Sequence[Binding], batches: Sequence[FrameBatch]) -> tuple[list[Sample], Counted]:
    """What the daemon's decoder makes of them, batch by batch."""
    decoder = Decoder(bindings)
    found: list[Sample] = []
    for batch in batches:
        samples = decoder.decode(batch)
        assert np.isfinite(samples.value).all(), "a value that is no number"
        found += _samples(samples)
    return found, Counted.of(decoder.counts)


def _samples(batch: SignalBatch) -> list[Sample]:
    source = [NO_SOURCE] * len(batch) if batch.source is None else batch.source.tolist()
    assert set(batch.exact) <= set(range(len(batch))), "an exact integer of no sample"
    assert all(float(integer) == batch.value[row] for row, integer in batch.exact.items()), "of another sample"
    return [
        (time, batch.buses[bus], signal, bits, batch.exact.get(row), sender)
        for row, (time, bus, signal, bits, sender) in enumerate(
            zip(
                batch.time.tolist(),
                batch.bus.tolist(),
                batch.signal.tolist(),
                batch.value.view(np.int64).tolist(),
                source,
                strict=True,
            )
        )
    ]


def by_flat(tables: Tables, frames: Sequence[tuple[int, bytes]]) -> list[list[Part]]:
    """What the array decoder says of frames: of each the number of its message, and its payload."""
    content = np.zeros((len(frames), WIDE), np.uint8)
    for row, (_, payload) in enumerate(frames):
        content[row, : len(payload)] = np.frombuffer(payload, np.uint8)
    lengths = np.array([len(payload) for _, payload in frames], np.uint8)
    flat = FlatDecoder(tables).decode(np.array([message for message, _ in frames], np.intp), content, lengths)
    found: list[list[Part]] = [[] for _ in frames]
    bits = np.ascontiguousarray(flat.value).view(np.int64).tolist()
    for row, (frame, signal, value) in enumerate(zip(flat.frame.tolist(), flat.signal.tolist(), bits, strict=True)):
        found[frame].append((signal, value, flat.exact.get(row)))
    return found


def by_scalar(tables: Tables, frames: Sequence[tuple[int, bytes]]) -> list[list[Part]]:
    """What the decoder of single frames says of the same."""
    decoder, found = ScalarDecoder(tables), []
    for message, payload in frames:
        block, values = decoder.decode(message, payload)
        exact = decoder.exact(block, payload)
        there = [(signal, value) for signal, value in zip(block.signals, values, strict=True) if value is not None]
        bits = np.array([value for _, value in there], np.float64).view(np.int64).tolist()
        found.append([(signal, one, exact.get(signal)) for (signal, _), one in zip(there, bits, strict=True)])
    return found
