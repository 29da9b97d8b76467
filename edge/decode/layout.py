"""What a database says of its messages, whatever file it came from: names, ids, and where each signal's bits are."""

import itertools
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

PF_BROADCAST: Final = 240
"""From this PDU format on, the second byte is part of the PGN and not a destination (SAE J1939-21, 5.2.3)."""


BITS_MAX: Final = 8 * 1785
"""Of the longest message that J1939 transports."""
FLOAT_LENGTHS: Final = frozenset({16, 32, 64})
"""Bits of a float (IEEE 754)."""
NUMBER_BITS: Final = 1023
"""Longer integers are none that a float64 could stand for, not even roughly (IEEE 754): such a signal is text."""


class Number(StrEnum):
    """What the bits of a signal are."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    """Two's complement."""
    FLOAT = "float"
    """IEEE 754: 16, 32 or 64 bits."""


@dataclass(frozen=True, slots=True)
class Branch:
    """The values of another signal of the message at which a signal is there."""

    selector: str
    """Name of the signal that selects."""
    values: tuple[tuple[int, int], ...]
    """Raw values, as ranges with both ends included."""

    def holds(self, raw: int) -> bool:
        """Whether the signal is there at this value."""
        return any(first <= raw <= last for first, last in self.values)


@dataclass(frozen=True, slots=True)
class SignalLayout:
    """One signal as the file has it."""

    name: str
    start: int
    """As DBC counts: of little-endian signals the least significant bit, of big-endian ones the most significant; bits
    within a byte from the right, bytes from the left."""
    length: int
    """Bits."""
    big: bool
    """Big-endian (Motorola)."""
    number: Number = Number.UNSIGNED
    scale: float = 1.0
    offset: float = 0.0
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    labels: Mapping[int, str] = field(default_factory=dict)
    """By raw value."""
    branch: Branch | None = None
    """None: it is always there."""
    selects: bool = False
    """Others are there or not by its value."""

    @property
    def begin(self) -> int:
        """Its first bit: of a little-endian signal the least significant, counted from the right of the first byte; of
        a big-endian one the most significant, counted from the left of it."""
        return 8 * (self.start // 8) + 7 - self.start % 8 if self.big else self.start

    @property
    def end_byte(self) -> int:
        """How many bytes a frame must have for all of its bits."""
        return (self.begin + self.length + 7) // 8

    @property
    def reach(self) -> float:
        """No integer of its bits is further from zero than this, once scaled; infinite: some of them are no numbers."""
        return abs(self.scale) * 2.0**self.length + abs(self.offset)


def why_not(layout: SignalLayout) -> str:
    """Why a signal cannot be decoded; "": it can."""
    if layout.length == 0:
        return "it has no bits"
    if layout.length > NUMBER_BITS:
        return f"{layout.length} bits are no number"
    if 8 * layout.end_byte > BITS_MAX:
        return f"it ends in byte {layout.end_byte}, beyond any message"
    if not math.isfinite(layout.reach):
        return "its factor or offset is no number that can be reckoned with"
    return ""


def beyond(layout: SignalLayout, length: int) -> str:
    """What is to be said of a signal that a message of so many bytes does not hold; "": it holds it."""
    if layout.end_byte <= length:
        return ""
    return f"it ends in byte {layout.end_byte} of a message of {length}: only longer frames have it"


def another(name: str, taken: Collection[str]) -> str:
    """A name for the second signal of one name."""
    return next(other for number in itertools.count(2) if (other := f"{name}_{number}") not in taken)


@dataclass(frozen=True, slots=True)
class MessageLayout:
    """One message as the file has it."""

    name: str
    id: int
    """11 or 29 bits."""
    extended: bool
    length: int
    """Bytes, as the file says; frames may have fewer or more."""
    signals: tuple[SignalLayout, ...]
    """In the order of their first bits."""
    cycle_s: float | None = None
    j1939: bool = False
    """It is known by its PGN, whoever sends it and with whatever priority."""
    sender: int | None = None
    """J1939: the one source address that it comes from, because other units send the group with other content."""
    senders: tuple[str, ...] = ()
    line: int = 0
    """Where it begins in its file; 0: it has no lines."""

    @property
    def pgn(self) -> int:
        """Of a J1939 message: the parameter group number (SAE J1939-21, 5.1.2)."""
        return pgn_of(self.id)


def pgn_of(identifier: int) -> int:
    """The parameter group of a 29-bit id: without priority and source, and without a destination."""
    group = (identifier >> 8) & 0x3FFFF
    return group if (group >> 8) & 0xFF >= PF_BROADCAST else group & 0x3FF00


def source_of(identifier: int) -> int:
    """The source address of a 29-bit id (SAE J1939-21, 5.2.5)."""
    return identifier & 0xFF


class Fate(StrEnum):
    """What became of something in a file that is not as it should be."""

    REPAIRED = "repaired"
    SKIPPED = "skipped"
    DOUBTFUL = "doubtful"
    """Read as it stands, but it may not be meant so."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One place of a file that is not as it should be."""

    line: int
    fate: Fate
    what: str
    """The message, or `Message.Signal`, or the statement, or the path."""
    reason: str

    @property
    def text(self) -> str:
        """For a person."""
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.fate}: {self.what}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Layouts:
    """Everything that a file holds for us."""

    messages: tuple[MessageLayout, ...]
    remarks: tuple[Remark, ...]
