"""Frames to samples: our decoders against cantools' `decode_message`, on the same frames, with the same result."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, cast

import cantools.database
import numpy as np
from cantools.database import Database as CanDatabase

from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.scalar import ScalarDecoder
from edge.frames import CLASSIC_BYTES, EXTENDED, FD, FD_BYTES, Frame, FrameBatch
from tests.bench.rows import Row
from tests.shared import find_shared

FILES: Final = {
    "plain": "opendbc/toyota_tss2_adas.dbc",
    "mux-heavy": "opendbc/hyundai_2015_ccan.dbc",
    "large": "tesla-model3.dbc",
    "FD": "cantools/fd_test.dbc",
}
FRAMES: Final = 16_384
WINDOWS: Final = (160, 4096)
ROUNDS: Final = 5
Work = tuple[int, int, float]
"""Frames, samples, sum of the values."""


@dataclass(frozen=True)
class Load:
    """Frames of one database that cantools decodes without complaint."""

    file: Path
    frames: Sequence[Frame]
    theirs: CanDatabase


def decode_frames() -> Iterable[Row]:
    """µs of processor time for a frame, one by one and in windows."""
    for kind, name in FILES.items():
        load = _load(find_shared(os.environ) / "data" / "dbc" / name)
        yield _row(f"{kind}: one frame", load, _scalar)
        for window in WINDOWS:
            yield _row(f"{kind}: {window} frames", load, partial(_flat, window=window))


def _row(name: str, load: Load, ours: Callable[[Load], tuple[float, Work]]) -> Row:
    pairs = []
    for _ in range(ROUNDS):
        (mine, my_work), (theirs, their_work) = ours(load), _cantools(load)
        if my_work[:2] != their_work[:2] or abs(my_work[2] - their_work[2]) > 1e-9 * abs(their_work[2]):
            raise AssertionError(f"the two did not do the same work: {my_work} and {their_work}")
        pairs.append((mine / my_work[0] * 1e6, theirs / their_work[0] * 1e6))
    return Row(
        name=f"decode, {name} ({my_work[1] / my_work[0]:.1f} samples each)",
        value=median(pair[0] for pair in pairs),
        unit="us/frame",
        peer="cantools",
        peer_value=median(pair[1] for pair in pairs),
    )


def _load(file: Path) -> Load:
    theirs = cast("CanDatabase", cantools.database.load_file(file, strict=False))
    messages = [one for one in theirs.messages if 0 < one.length <= FD_BYTES and one.signals]
    dice = np.random.default_rng(1)
    frames: list[Frame] = []
    while len(frames) < FRAMES:
        message = messages[int(dice.integers(len(messages)))]
        payload = dice.integers(0, 256, message.length, dtype=np.uint8).tobytes()
        flags = (EXTENDED if message.is_extended_frame else 0) | (FD if message.length > CLASSIC_BYTES else 0)
        try:
            found = theirs.decode_message(message.frame_id, payload, decode_choices=False)
        except (cantools.database.DecodeError, KeyError, ValueError):
            continue
        values = cast("dict[str, float]", found).values()
        if all(value - value == 0 and abs(value) < 1e12 for value in values):  # a sum that both can compare
            frames.append(Frame(len(frames), message.frame_id, payload, flags=flags))
    return Load(file, frames, theirs)


def _cantools(load: Load) -> tuple[float, Work]:
    pairs = [(frame.id, frame.payload) for frame in load.frames]
    decode = load.theirs.decode_message
    samples, total = 0, 0.0
    begun = time.process_time()
    for identifier, payload in pairs:
        values = cast("dict[str, float]", decode(identifier, payload, decode_choices=False)).values()
        samples += len(values)
        total += sum(values)
    return time.process_time() - begun, (len(pairs), samples, total)


def _scalar(load: Load) -> tuple[float, Work]:
    tables = load_database(load.file).tables
    decoder = ScalarDecoder(tables)
    message = {int(identifier): place for place, identifier in enumerate(tables.id)}
    pairs = [(frame.id, frame.payload) for frame in load.frames]
    samples, total = 0, 0.0
    begun = time.process_time()
    for identifier, payload in pairs:
        _, values = decoder.of[message[identifier]](payload)
        samples += len(values)
        total += sum(values)  # type: ignore[arg-type]  # every payload gives numbers alone
    return time.process_time() - begun, (len(pairs), samples, total)


def _flat(load: Load, window: int) -> tuple[float, Work]:
    decoder = Decoder([Binding(load_database(load.file))])
    batches = [FrameBatch.of(load.frames[at : at + window]) for at in range(0, len(load.frames), window)]
    decoder.decode(batches[0])  # routes are met once in a drive
    samples, total = 0, 0.0
    begun = time.process_time()
    for batch in batches:
        found = decoder.decode(batch)
        samples += len(found)
        total += float(found.value.sum())
    return time.process_time() - begun, (len(load.frames), samples, total)
