"""Databases and recorded drives beside cantools: `nice -n 10 python -m tests.study.databases [databases|model3|truck]`.

Prints, of every database under the shared folder, what cantools loads (strict, lenient) and what we do, and of every
message that both have whether payloads that reach every selector give the same bits; then two recorded drives.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from edge.decode.database import load_database, read_layouts
from edge.decode.decoder import Binding, Decoder
from edge.errors import ConfigError
from edge.frames import Frame, FrameBatch
from tests.beside_cantools import Account, compare, of_cantools
from tests.decoded import WINDOW, Drive, by_group, by_id, candump_frames, decoded, long_ones
from tests.mf4 import read_mf4
from tests.study.realism import shared_folder

PAYLOADS: Final = 500
"""Of each message, at least."""
ENDINGS: Final = frozenset({".dbc", ".kcd", ".sym", ".arxml", ".cdd"})
TRUCK_CAN: Final = 1
"""Channel of its CAN in the recording."""
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Messages of one file."""

    name: str
    strict: int | None
    lenient: int | None
    ours: int | None
    """None: refused, or no CAN messages."""


def databases(shared: Path) -> Iterator[str]:
    """What is loaded, and what is said of payloads."""
    total, loaded = Account(), []
    yield f"| file | strict | lenient | ours | payloads | samples | cantools rejects | s |\n|{'---|' * 8}"
    for file in sorted(one for one in (shared / "data" / "dbc").rglob("*") if one.suffix in ENDINGS):
        began = time.monotonic()
        one, theirs = _loaded(file), of_cantools(file)
        account = Account() if theirs is None or one.ours is None else compare(file, theirs, PAYLOADS, _dice())
        total.add(account)
        loaded.append(one)
        counts = (_or_none(one.strict), _or_none(one.lenient), _or_none(one.ours), account.payloads, account.samples)
        yield _row(one.name, *counts, account.rejected, round(time.monotonic() - began, 1))
    yield _files(loaded)
    yield _totals(total)


def _dice() -> np.random.Generator:
    return np.random.default_rng(1)


def _loaded(file: Path) -> Loaded:
    strict, lenient = (of_cantools(file, strict=strict) for strict in (True, False))
    try:
        ours: int | None = len(read_layouts(file).messages)
    except ConfigError:
        ours = None
    counts = [None if one is None or not one.messages else len(one.messages) for one in (strict, lenient)]
    return Loaded(f"{file.parent.name}/{file.name}", counts[0], counts[1], ours)


def _files(loaded: Sequence[Loaded]) -> str:
    """How many files hold messages, for whom."""
    counts = [
        (sum(one is not None for one in column), sum(one or 0 for one in column))
        for column in zip(*((one.strict, one.lenient, one.ours) for one in loaded), strict=True)
    ]
    told = ", ".join(
        f"{name} {files} files and {messages:,} messages"
        for name, (files, messages) in zip(("cantools strict", "lenient", "ours"), counts, strict=True)
    )
    return f"\nOf {len(loaded)} files hold messages: {told}."


def _totals(total: Account) -> str:
    lines = [
        f"{total.messages:,} messages, {total.payloads:,} payloads, {total.ways:,} combinations of selectors hit",
        f"{total.samples:,} samples compared, {total.rounded:,} of them scaled integers above 2^53, rounded with us",
        f"{total.rejected:,} payloads that cantools rejects gave {total.alone:,} samples",
        f"{total.masked:,} samples are left out as not available, of J1939 messages",
        f"not compared: {_counted(total.aside)}",
        f"confused by cantools: {_counted(total.confused)}",
        f"differences: {_counted(total.differences)}",
        *(f"e.g. {kind}: {example[:300]}" for kind, example in total.examples.items()),
    ]
    return "\n".join(f"- {line}" for line in lines)


def model3(shared: Path) -> Iterator[str]:
    """A drive of 26 s."""
    file = shared / "data" / "dbc" / "tesla-model3.dbc"
    frames = list(candump_frames(shared / "data" / "can" / "tesla-model3-drive.log"))
    theirs = of_cantools(file)
    if theirs is not None:
        drive = decoded(frames, file, theirs, by_id(theirs))
        yield _drive(drive)
        beyond = sum(float(raw) != raw for raw in drive.large.values())
        right = sum(drive.exact.get(place) == raw for place, raw in drive.large.items())
        yield f"- {len(drive.large)} integers above 2^53, {beyond} that no float64 holds; {right} are exact"


def truck(shared: Path) -> Iterator[str]:
    """A J1939 truck, 402 s."""
    file = shared / "data" / "dbc" / "j1939-open.dbc"
    frames = list(read_mf4(shared / "data" / "can" / "j1939-truck.mf4", TRUCK_CAN))
    theirs = of_cantools(file)
    if theirs is not None:
        yield _drive(decoded(frames, file, theirs, by_group(theirs)))
        yield _senders(frames)
        yield _long_ones(frames, file)


def _drive(drive: Drive) -> str:
    known, samples, by_id = (
        f"{count / drive.frames:.1%}" for count in (drive.known, drive.decoded, drive.theirs_by_id)
    )
    rejected = f"{drive.rejected:,}, of which {drive.rejected_decoded:,} gave us {drive.rejected_samples:,} samples"
    lines = [
        f"{drive.frames:,} frames, {drive.known:,} ({known}) known, {drive.decoded:,} ({samples}) gave us samples",
        f"cantools by whole id: {drive.theirs_by_id:,} frames ({by_id}); told which message it is: {drive.theirs:,}",
        f"samples: {drive.samples:,} ours, {drive.same:,} cantools has as well, bit for bit; {len(drive.other)} differ",
        f"samples of two signals of one name, of which cantools keeps one: {drive.twins.total():,}",
        f"samples that we leave out: {drive.not_available:,} not available, {drive.only_theirs.total():,} others",
        f"frames that cantools rejects: {rejected}",
        f"frames of which windows of one say other than windows of {WINDOW}: {drive.one_by_one_differ}",
        *(f"differs: {one[:200]}" for one in drive.other[:3]),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _senders(frames: Sequence[Frame]) -> str:
    senders = sorted({frame.id & 0xFF for frame in frames})
    return f"- {len(senders)} source addresses: {', '.join(map(str, senders))}"


def _long_ones(frames: Sequence[Frame], database: Path) -> str:
    decoder, found = Decoder([Binding(load_database(database))]), long_ones(frames)
    for begin in range(0, len(frames), WINDOW):
        decoder.decode(FrameBatch.of(frames[begin : begin + WINDOW]))
    return (
        f"- long messages: {found.announced.total()} announced ({_counted(found.announced)}), {found.packets} packets; "
        f"ours: {_counted(decoder.counts.transported)}"
    )


def _row(*cells: object) -> str:
    return f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell) for cell in cells)} |"


def _or_none(count: int | None) -> str:
    return NONE if count is None else f"{count:,}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"


CHAPTERS: Final[Mapping[str, Callable[[Path], Iterator[str]]]] = MappingProxyType(
    {"databases": databases, "model3": model3, "truck": truck}
)


def main(arguments: Sequence[str]) -> None:
    """Print the chapters named; all of them when none is."""
    logging.getLogger("cantools").setLevel(logging.ERROR)
    for name in arguments or CHAPTERS:
        print(f"\n## {name}\n", flush=True)
        for part in CHAPTERS[name](shared_folder()):
            print(part, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
