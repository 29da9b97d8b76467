"""Recorded drives decoded by us and by cantools: what both say, what only one does, and the integers that are exact."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cantools.database import Database as CanDatabase
from cantools.database.can import Message as CanMessage
from cantools.database.can.signal import Signal as CanSignal

from edge.decode.compiled import EXACT_BITS
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.frames import Frame, FrameBatch
from tests.beside_cantools import Said, said_by, says_nothing

WINDOW: Final = 4096
"""Frames that are decoded at once."""
LINE: Final = re.compile(r"\((\d+)\.(\d{6})\) (\S+) ([0-9A-F]{3})#([0-9A-F]*)")
PF_BROADCAST: Final = 240
"""SAE J1939-21, 5.2.3."""

MessageOf = Callable[[Frame], CanMessage | None]


@dataclass(slots=True)
class Drive:
    """What was made of one recording."""

    frames: int = 0
    known: int = 0
    """Frames of which the database has a message, as this reckons."""
    theirs: int = 0
    """Of them: frames that cantools decodes as the message that they are."""
    theirs_by_id: int = 0
    """Frames that cantools decodes by their id, as it does by itself."""
    decoded: int = 0
    """Frames that gave us a sample."""
    samples: int = 0
    same: int = 0
    """Samples that cantools says as well, bit for bit."""
    not_available: int = 0
    """Samples that it says and we leave out, of bits that say so (SAE J1939-71)."""
    only_theirs: Counter[str] = field(default_factory=Counter)
    """Samples that it says and we leave out although their bits are a number, by message and signal."""
    twins: Counter[str] = field(default_factory=Counter)
    """Samples of two signals of one name in a message, of which cantools keeps one."""
    other: list[str] = field(default_factory=list)
    """Samples that are not equal, or that it does not say of a frame that it decodes."""
    rejected: int = 0
    """Known frames that cantools does not decode."""
    rejected_decoded: int = 0
    """Of them: frames that gave us a sample."""
    rejected_samples: int = 0
    one_by_one_differ: int = 0
    """Frames of which windows of one say other than windows of many."""
    large: dict[tuple[int, str], int] = field(default_factory=dict)
    """Integers above 2^53 by frame and signal, reckoned from the bits."""
    exact: dict[tuple[int, str], int] = field(default_factory=dict)
    """The same as we decode them."""


def decoded(
    frames: Sequence[Frame], database: Path, theirs: CanDatabase, message_of: MessageOf, *, one_by_one: int = 100_000
) -> Drive:
    """Both, frame by frame; of the first `one_by_one` windows of one as well."""
    drive = Drive(frames=len(frames))
    at_once, exact = samples_of(frames, database, WINDOW)
    single, _ = samples_of(frames[:one_by_one], database, 1)
    drive.one_by_one_differ = sum(one != other for one, other in zip(at_once, single, strict=False))
    drive.exact = exact
    for place, (frame, mine) in enumerate(zip(frames, at_once, strict=True)):
        drive.decoded += bool(mine)
        drive.samples += len(mine)
        drive.theirs_by_id += _is_known(theirs, frame)
        message = message_of(frame)
        if message is not None:
            _one(drive, place, frame, message, mine)
    return drive


def _one(drive: Drive, place: int, frame: Frame, message: CanMessage, mine: Said) -> None:
    drive.known += 1
    said = said_by(message, frame.payload)
    if said is None:
        drive.rejected += 1
        drive.rejected_decoded += bool(mine)
        drive.rejected_samples += len(mine)
        return
    drive.theirs += 1
    named = Counter(signal.name for signal in message.signals)
    for signal in message.signals:
        if signal.name in said and signal.name not in mine and named[signal.name] == 1:
            labels = {int(raw): str(label) for raw, label in (signal.choices or {}).items()}
            is_one = says_nothing(signal.length, labels, integer_of(signal, frame.payload))
            drive.not_available += is_one
            drive.only_theirs[f"{message.name}.{signal.name}"] += not is_one
    for name, value in mine.items():
        if named[name] != 1 and max(named.values()) > 1:
            drive.twins[message.name] += 1
        elif name in said and said[name] == value:
            drive.same += 1
        else:
            drive.other.append(f"{message.name}.{name} {frame.payload.hex()}: {value!r}, {said.get(name)!r}")
    for signal in message.signals:
        if signal.name in said and signal.length > EXACT_BITS and abs(raw := integer_of(signal, frame.payload)) > 2**53:
            drive.large[place, signal.name] = raw


def samples_of(frames: Sequence[Frame], database: Path, window: int) -> tuple[list[Said], dict[tuple[int, str], int]]:
    """What we decode of each frame, in windows of so many; and the integers that a float does not hold."""
    decoder = Decoder([Binding(load_database(database))])
    said: list[Said] = [{} for _ in frames]
    exact: dict[tuple[int, str], int] = {}
    for begin in range(0, len(frames), window):
        part = frames[begin : begin + window]
        batch = FrameBatch.of([Frame(begin + n, one.id, one.payload, one.bus, one.flags) for n, one in enumerate(part)])
        found = decoder.decode(batch)
        rows = zip(found.time.tolist(), found.signal.tolist(), found.value.tolist(), strict=True)
        for row, (place, signal, value) in enumerate(rows):
            name = decoder.signals[signal].source_name
            said[place][name] = found.exact.get(row, value)
            if row in found.exact:
                exact[place, name] = found.exact[row]
    return said, exact


def integer_of(signal: CanSignal, payload: bytes) -> int:
    """The bits of a signal as a whole number, from the frame's bytes as one number; no decoder in it."""
    if signal.byte_order == "big_endian":
        before = 8 * (signal.start // 8) + 7 - signal.start % 8
        raw = int.from_bytes(payload, "big") >> (8 * len(payload) - before - signal.length)
    else:
        raw = int.from_bytes(payload, "little") >> signal.start
    raw &= (1 << signal.length) - 1
    return raw - (1 << signal.length) if signal.is_signed and raw >> (signal.length - 1) else raw


def _is_known(theirs: CanDatabase, frame: Frame) -> bool:
    """Whether cantools' `decode_message` decodes it."""
    try:
        message = theirs.get_message_by_frame_id(frame.id)
    except KeyError:
        return False
    return said_by(message, frame.payload) is not None


def by_id(theirs: CanDatabase) -> MessageOf:
    """Messages of 11-bit ids."""
    messages = {message.frame_id: message for message in theirs.messages}
    return lambda frame: messages.get(frame.id)


def by_group(theirs: CanDatabase) -> MessageOf:
    """Messages of J1939, whoever sends them."""
    messages: Mapping[int, CanMessage] = {group_of(message.frame_id): message for message in reversed(theirs.messages)}
    return lambda frame: messages.get(group_of(frame.id))


def group_of(identifier: int) -> int:
    """SAE J1939-21, 5.2: the data pages and PF, and PS where PF is 240 or more."""
    page, pf, ps = identifier >> 24 & 0x3, identifier >> 16 & 0xFF, identifier >> 8 & 0xFF
    return page << 16 | pf << 8 | (ps if pf >= PF_BROADCAST else 0)


def candump_frames(log: Path) -> Iterator[Frame]:
    """Every whole line of a log of 11-bit ids, by a regular expression of our own."""
    for line in log.read_text().splitlines():
        if found := LINE.fullmatch(line):
            yield Frame(int(found[1] + found[2]) * 1000, int(found[4], 16), bytes.fromhex(found[5]))


@dataclass(slots=True)
class LongOnes:
    """What a recording has of J1939's transport protocol (SAE J1939-21, 5.10), by a reckoning of its own."""

    announced: Counter[str] = field(default_factory=Counter)
    """Announcements by kind and PGN."""
    packets: int = 0


def long_ones(frames: Iterable[Frame]) -> LongOnes:
    """Announcements and packets, as they stand in the frames."""
    found = LongOnes()
    for frame in frames:
        group = group_of(frame.id)
        found.packets += group == 0xEB00
        if group == 0xEC00 and frame.payload[:1] in {b"\x10", b"\x20"}:
            kind = "BAM" if frame.payload[0] == 0x20 else "RTS"
            found.announced[f"{kind} {int.from_bytes(frame.payload[5:8], 'little'):04X}"] += 1
    return found
