"""Frames to samples: our decoders against cantools, its generated C and asammdf, on the same frames.

Rows without more are the decoding alone: message and payload to values, as cantools' `decode_message` does it. *Whole*
is what the daemon does: bus and id to message, every frame counted, times, sources, columns of samples.
"""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, cast

import can
import numpy as np
import numpy.typing as npt
from asammdf import MDF
from asammdf.blocks.mdf_v4 import Group

from edge.decode.decoder import Binding, Decoder
from edge.decode.flat import FlatDecoder
from edge.decode.scalar import ScalarDecoder
from edge.frames import EXTENDED, FD
from tests.bench.generated_c import GeneratedC, is_there
from tests.bench.loads import Load, loads
from tests.bench.rows import Row, Work

WINDOWS: Final = (160, 4096)
ROUNDS: Final = 5
WITH_MDF: Final = ("plain", "mux-heavy")
"""The others take minutes: asammdf goes over all frames for every message."""


@dataclass(frozen=True)
class Contender:
    """One side of a comparison."""

    run: Callable[[], object]
    """What is timed: all frames, once."""
    values: Callable[[], Iterable[float]]
    """The same, not timed, for the checksum; functions that are written once in a drive are written here."""


def decode_frames() -> Iterable[Row]:
    """µs of processor time for a frame, one by one and in windows."""
    for load in loads():
        cantools = _cantools(load)
        yield _row(load, "one frame", _scalar(load), "cantools", cantools)
        for size in WINDOWS:
            yield _row(load, f"{size} frames", _flat(load, size), "cantools", cantools)
        for size in (1, *WINDOWS):
            yield _row(load, f"{size}, whole", _whole(load, size), "cantools", cantools)
        if is_there():
            yield from _against_c(load)
        if load.kind in WITH_MDF:
            yield from _against_mdf(load)


def _row(load: Load, name: str, ours: Contender, peer: str, theirs: Contender, *, is_same: bool = True) -> Row:
    work, peer_work = Work.of(len(load.frames), ours.values()), Work.of(len(load.frames), theirs.values())
    if is_same and work != peer_work:
        raise AssertionError(f"{load.kind}, {name}: not the same work: {work} and {peer_work}")
    pairs = [(_timed(ours.run), _timed(theirs.run)) for _ in range(ROUNDS)]
    return Row(
        name=f"decode {load.kind}: {name}",
        value=median(one for one, _ in pairs) / work.frames * 1e6,
        unit="us/frame",
        peer=peer,
        peer_value=median(one for _, one in pairs) / peer_work.frames * 1e6,
        work=work,
        peer_work=None if work == peer_work else peer_work,
    )


def _timed(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun


def _cantools(load: Load) -> Contender:
    pairs = [(frame.id, frame.payload) for frame in load.frames]
    decode = load.theirs.decode_message

    def run() -> None:
        for identifier, payload in pairs:
            decode(identifier, payload, decode_choices=False)

    def values() -> Iterator[float]:
        for identifier, payload in pairs:
            yield from cast("dict[str, float]", decode(identifier, payload, decode_choices=False)).values()

    return Contender(run, values)


def _scalar(load: Load) -> Contender:
    of, message = ScalarDecoder(load.ours.tables).of, load.message
    pairs = [(frame.id, frame.payload) for frame in load.frames]

    def run() -> None:
        for identifier, payload in pairs:
            of[message[identifier]](payload)

    def values() -> Iterator[float]:
        for identifier, payload in pairs:
            yield from (value for value in of[message[identifier]](payload)[1] if value is not None)

    return Contender(run, values)


def _flat(load: Load, size: int) -> Contender:
    decoder = FlatDecoder(load.ours.tables)
    batches = [
        (np.array([load.message[one] for one in batch.id.tolist()]), batch.payload, batch.length)
        for batch in load.windows(size)
    ]

    def run() -> None:
        for batch in batches:
            decoder.decode(*batch)

    def values() -> Iterator[float]:
        for batch in batches:
            yield from decoder.decode(*batch).value.tolist()

    return Contender(run, values)


def _whole(load: Load, size: int) -> Contender:
    decoder = Decoder([Binding(load.ours)])
    batches = load.windows(size)

    def run() -> None:
        for batch in batches:
            decoder.decode(batch)

    def values() -> Iterator[float]:
        for batch in batches:
            yield from decoder.decode(batch).value.tolist()

    return Contender(run, values)


def _against_c(load: Load) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        compiled = GeneratedC(load, Path(folder))
        theirs = Contender(compiled.decode, lambda: compiled.decode().tolist())
        yield _row(load, "4096 frames", _flat(load, 4096), "generated C", theirs)


def _against_mdf(load: Load) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        file = Path(folder) / "frames.mf4"
        _write_mdf(load, file)
        with MDF(file) as opened:
            theirs = Contender(
                lambda: list(_columns(opened, load)),
                lambda: (value for column in _columns(opened, load) for value in column[np.isfinite(column)].tolist()),
            )
            yield _row(load, "4096 frames", _flat(load, 4096), "asammdf", theirs, is_same=False)


def _write_mdf(load: Load, file: Path) -> None:
    with can.MF4Writer(file) as writer:
        for row, frame in enumerate(load.frames):
            writer.on_message_received(
                can.Message(
                    timestamp=1e9 + row / 1000,
                    arbitration_id=frame.id,
                    is_extended_id=bool(frame.flags & EXTENDED),
                    data=frame.payload,
                    is_fd=bool(frame.flags & FD),
                )
            )


def _columns(opened: MDF, load: Load) -> Iterator[npt.NDArray[np.float64]]:
    """What asammdf finds in the frames, signal by signal; where it finds a number to be none it is not finite."""
    found = opened.extract_bus_logging({"CAN": [(load.file, 0)]})
    for number, group in enumerate(cast("list[Group]", found.groups)):
        for place, channel in enumerate(group.channels[1:], 1):
            yield found.get(channel.name, group=number, index=place).samples
