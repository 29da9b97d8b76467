"""Blocks of bulk messages on a recorded drive: bytes of a sample, frames and samples a second, beside JSON and text.

The drive is that of a Model 3; its samples are those that our decoder finds with its database, all signals of it. Every
block is read again and compared before anything is told.
"""

import json
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np

from edge.bus.candump import format_frames, match_line, to_batch
from edge.bus.open import open_source
from edge.bus.spec import SourceSpec
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.frames import NANOSECONDS, FrameBatch, concatenate
from edge.signals import Signal, SignalBatch
from edge.wire.frame_block import Frames, decode_frames, encode_frames
from edge.wire.sample_block import Sampled, Samples, decode_samples, encode_samples
from tests.bench.loads import MODEL_3
from tests.bench.rows import Row
from tests.in_columns import same_frames, same_samples
from tests.shared import find_shared

BLOCKS_S: Final = (1, 10)
ROUNDS: Final = 2
WINDOW: Final = 4096
"""Frames that are decoded at once."""
RECORD: Final = np.dtype([("time", "<i8"), ("id", "<u4"), ("bus", "u1"), ("flags", "u1"), ("payload", "u1", 8)])
"""A frame of fixed size, its length in the place of a bus that there is once."""


def put_in_blocks() -> Iterable[Row]:
    """Bytes of a sample, then frames and samples a second."""
    drive, samples, signals = _drive()
    total = len(samples)
    for seconds in BLOCKS_S:
        batches = _cut(drive, seconds)
        sampled = [_samples(samples, signals, part) for part in _windows(samples.time, seconds)]
        blocks = [encode_frames(_frames(batch)) for batch in batches]
        sample_blocks = [encode_samples(one) for one in sampled]
        rows = [_json_rows(one) for one in sampled]
        _compare(batches, blocks, sampled, sample_blocks)
        name = f"{seconds} s blocks of"
        told = sum(map(len, rows)) / total
        yield Row(f"{name} frames/1", _bytes(blocks) / total, "B/sample", "JSON rows", told)
        yield Row(f"{name} samples/1", _bytes(sample_blocks) / total, "B/sample", "JSON rows", told)
        names = [encode_samples(Samples(one.time[:0], one.signal[:0], one.value[:0], one.signals)) for one in sampled]
        yield Row(
            f"{name} samples/1, names",
            _bytes(names) / total,
            "B/sample",
            "the whole block",
            _bytes(sample_blocks) / total,
        )
        for peer, pack in _PEERS.items():
            yield Row(
                f"{name} frames/1",
                _bytes(blocks) / total,
                "B/sample",
                peer,
                sum(len(pack(one)) for one in batches) / total,
            )
        packed = sum(len(zlib.compress(one)) for one in rows) / total
        yield Row(f"{name} samples/1", _bytes(sample_blocks) / total, "B/sample", "JSON rows, zlib", packed)
        yield from _speeds(name, batches, blocks)
        yield from _sample_speeds(name, sampled, sample_blocks)


def _speeds(name: str, batches: Sequence[FrameBatch], blocks: Sequence[bytes]) -> Iterable[Row]:
    frames = sum(map(len, batches))
    told = [_frames(batch) for batch in batches]
    texts = [_log_zlib(batch) for batch in batches]
    pairs = (
        ("write", lambda: [encode_frames(one) for one in told], lambda: [_log_zlib(one) for one in batches]),
        ("read", lambda: [decode_frames(one) for one in blocks], lambda: [_read_log(one) for one in texts]),
    )
    for what, ours, theirs in pairs:
        yield _speed(f"{name} frames/1: {what}", frames, "frames/ms", "candump text, zlib", ours=ours, theirs=theirs)


def _sample_speeds(name: str, sampled: Sequence[Samples], blocks: Sequence[bytes]) -> Iterable[Row]:
    samples = sum(map(len, sampled))
    texts = [zlib.compress(_json_rows(one)) for one in sampled]
    pairs: tuple[tuple[str, Callable[[], object], Callable[[], object]], ...] = (
        (
            "write",
            lambda: [encode_samples(one) for one in sampled],
            lambda: [zlib.compress(_json_rows(one)) for one in sampled],
        ),
        (
            "read",
            lambda: [decode_samples(one) for one in blocks],
            lambda: [[json.loads(line) for line in zlib.decompress(one).splitlines()] for one in texts],
        ),
    )
    for what, ours, theirs in pairs:
        yield _speed(f"{name} samples/1: {what}", samples, "samples/ms", "JSON rows, zlib", ours=ours, theirs=theirs)


def _speed(
    name: str, things: int, unit: str, peer: str, *, ours: Callable[[], object], theirs: Callable[[], object]
) -> Row:
    """Both in turns, the best of each; things per millisecond, so more is better."""
    times = [(_timed(ours), _timed(theirs)) for _ in range(ROUNDS)]
    mine, other = (things / min(pair[side] for pair in times) / 1000 for side in (0, 1))
    return Row(name, mine, unit, peer, other)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _drive() -> tuple[FrameBatch, SignalBatch, Sequence[Signal]]:
    """The recorded frames, their samples in one batch, and the table of signals."""
    database, log = (
        find_shared(os.environ) / "data" / part / file for part, file in zip(("dbc", "can"), MODEL_3, strict=True)
    )
    source = open_source(SourceSpec.parse(f"log:{log}"), speed=None, now_ns=0, stop=threading.Event())
    batches = []
    while (batch := source.read(0)) is not None:
        if len(batch):
            batches.append(batch)
    source.close()
    drive = concatenate(batches)
    decoder = Decoder([Binding(load_database(database))])
    parts = [decoder.decode(drive.select(slice(at, at + WINDOW))) for at in range(0, len(drive), WINDOW)]
    samples = SignalBatch(
        time=np.concatenate([part.time for part in parts]),
        signal=np.concatenate([part.signal for part in parts]),
        value=np.concatenate([part.value for part in parts]),
        bus=np.concatenate([part.bus for part in parts]),
        buses=drive.buses,
    )
    return drive, samples, decoder.signals


def _windows(times: np.ndarray[tuple[int], np.dtype[np.int64]], seconds: int) -> list[slice]:
    """Of each so many seconds the rows."""
    edges = np.arange(int(times[0]), int(times[-1]) + 1, seconds * NANOSECONDS)
    begins = np.searchsorted(times, edges).tolist()
    return [slice(begin, end) for begin, end in zip(begins, [*begins[1:], len(times)], strict=True) if end > begin]


def _cut(drive: FrameBatch, seconds: int) -> list[FrameBatch]:
    return [drive.select(part) for part in _windows(drive.time, seconds)]


def _frames(batch: FrameBatch) -> Frames:
    return Frames(batch.time, batch.bus, batch.id, batch.flags, batch.length, batch.payload, batch.buses)


def _samples(samples: SignalBatch, signals: Sequence[Signal], part: slice) -> Samples:
    """Those of some rows, with the signals that there are, in the order in which a block gives them."""
    used, signal = np.unique(samples.signal[part], return_inverse=True)
    order = np.lexsort((signal, samples.time[part]))
    table = tuple(Sampled(signals[one].path, signals[one].unit) for one in used.tolist())
    return Samples(samples.time[part][order], signal.astype(np.int32)[order], samples.value[part][order], table)


def _json_rows(samples: Samples) -> bytes:
    """A JSON object for each sample, as whoever sends them one by one would write it."""
    columns = zip(samples.time.tolist(), samples.signal.tolist(), samples.value.tolist(), strict=True)
    heads = [f'"signal":{json.dumps(one.path)},"unit":{json.dumps(one.unit)}' for one in samples.signals]
    return "".join(
        f'{{"time":{moment / NANOSECONDS!r},{heads[signal]},"value":{value!r}}}\n' for moment, signal, value in columns
    ).encode()


def _log_zlib(batch: FrameBatch) -> bytes:
    return zlib.compress(format_frames(batch))


def _read_log(packed: bytes) -> FrameBatch:
    lines = [line for text in zlib.decompress(packed).splitlines() if (line := match_line(text)) is not None]
    return to_batch(lines, np.zeros(len(lines), np.uint8), ("can0",))


def _records(batch: FrameBatch) -> bytes:
    """Frames of fixed size, 22 bytes each, packed by zlib alone."""
    records = np.zeros(len(batch), RECORD)
    for name in ("time", "id", "flags", "payload"):
        records[name] = getattr(batch, name)
    records["bus"] = batch.length
    return zlib.compress(records.tobytes())


_PEERS: Final = {"candump text": format_frames, "candump text, zlib": _log_zlib, "records, zlib": _records}


def _bytes(blocks: Sequence[bytes]) -> int:
    return sum(map(len, blocks))


def _compare(
    batches: Sequence[FrameBatch], blocks: Sequence[bytes], sampled: Sequence[Samples], sample_blocks: Sequence[bytes]
) -> None:
    """Raises AssertionError: a block does not hold what was put into it."""
    for batch, block in zip(batches, blocks, strict=True):
        if not same_frames(decode_frames(block), _frames(batch)):
            raise AssertionError("frames came back changed")
    for samples, block in zip(sampled, sample_blocks, strict=True):
        if not same_samples(decode_samples(block), samples):
            raise AssertionError("samples came back changed")
