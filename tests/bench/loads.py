"""Frames for the benchmarks of decoders: random ones of a database, and those of a recorded drive."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, cast

import cantools.database
import numpy as np
from cantools.database import Database as CanDatabase

from edge.decode.database import Database, load_database
from edge.frames import CLASSIC_BYTES, EXTENDED, FD, FD_BYTES, Frame, FrameBatch
from tests.shared import find_shared

FILES: Final = {
    "plain": "opendbc/toyota_tss2_adas.dbc",
    "mux-heavy": "opendbc/hyundai_2015_ccan.dbc",
    "large": "tesla-model3.dbc",
    "FD": "cantools/fd_test.dbc",
}
FRAMES: Final = 16_384
MODEL_3: Final = ("tesla-model3.dbc", "tesla-model3-drive.log")
_LINE: Final = re.compile(r"\((\d+)\.(\d{6})\) \S+ ([0-9A-F]{3})#((?:[0-9A-F]{2})*)\n")
_LARGE: Final = 1e12


@dataclass(frozen=True)
class Load:
    """Frames of one database that cantools decodes without complaint."""

    kind: str
    file: Path
    frames: Sequence[Frame]
    theirs: CanDatabase

    @cached_property
    def ours(self) -> Database:
        """The database as we read it."""
        return load_database(self.file)

    @cached_property
    def message(self) -> dict[int, int]:
        """By id: its number in our tables."""
        return {int(identifier): number for number, identifier in enumerate(self.ours.tables.id)}

    def windows(self, size: int) -> list[FrameBatch]:
        """The frames in batches."""
        return [FrameBatch.of(self.frames[at : at + size]) for at in range(0, len(self.frames), size)]


def loads() -> Iterator[Load]:
    """Random payloads of a database of each kind, and the recorded drive of a Model 3."""
    folder = find_shared(os.environ) / "data"
    for kind, name in FILES.items():
        file = folder / "dbc" / name
        theirs = _database(file)
        yield Load(kind, file, list(_random(theirs)), theirs)
    file = folder / "dbc" / MODEL_3[0]
    theirs = _database(file)
    lines = _LINE.finditer((folder / "can" / MODEL_3[1]).read_text())
    recorded = (_frame(line) for line in lines)
    yield Load("Model 3 log", file, [frame for frame in recorded if _is_fine(theirs, frame)], theirs)


def _frame(line: re.Match[str]) -> Frame:
    seconds, microseconds, identifier, payload = line.groups()
    time = (int(seconds) * 1_000_000 + int(microseconds)) * 1000
    return Frame(time, int(identifier, 16), bytes.fromhex(payload))


def _database(file: Path) -> CanDatabase:
    return cast("CanDatabase", cantools.database.load_file(file, strict=False))


def _random(theirs: CanDatabase) -> Iterator[Frame]:
    messages = [one for one in theirs.messages if 0 < one.length <= FD_BYTES and one.signals]
    dice = np.random.default_rng(1)
    count = 0
    while count < FRAMES:
        message = messages[int(dice.integers(len(messages)))]
        payload = dice.integers(0, 256, message.length, dtype=np.uint8).tobytes()
        flags = (EXTENDED if message.is_extended_frame else 0) | (FD if message.length > CLASSIC_BYTES else 0)
        frame = Frame(count, message.frame_id, payload, flags=flags)
        if _is_fine(theirs, frame):
            count += 1
            yield frame


def _is_fine(theirs: CanDatabase, frame: Frame) -> bool:
    """Whether cantools decodes it, to numbers alone that can be summed up."""
    try:
        found = theirs.decode_message(frame.id, frame.payload, decode_choices=False)
    except (cantools.database.DecodeError, KeyError, ValueError):
        return False
    return all(value - value == 0 and abs(value) < _LARGE for value in cast("dict[str, float]", found).values())
