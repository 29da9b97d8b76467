"""What answers of services 19 and 22 say, as far as udsoncan does not read it, or not as the standard has it. Pure.

udsoncan takes the class out of a code's severity, expects five bytes where permanent codes have four, and gives up a
whole snapshot for one identifier whose length it does not know.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from edge.codes.structure import code_from_bytes
from edge.diagnostics.findings import Status

TEST_FAILED: Final = 0x01
PENDING: Final = 0x04
CONFIRMED: Final = 0x08
WARNING: Final = 0x80
"""Bits of the status byte that this file judges by (ISO 14229-1 annex D.2)."""
J1939_FORMAT: Final = 0x02
"""DTCFormatIdentifier: SPN and FMI instead of a code of SAE J2012 (ISO 14229-1 annex D.4)."""
CLASSES: Final = {0x02: "A", 0x04: "B1", 0x08: "B2", 0x10: "C"}
"""Bits 1 to 4 of a severity: the class of the world-wide OBD regulation (ISO 14229-1 annex D.3, GTR 5)."""
_EMISSION_HEAD: Final = 6
"""Of 59 42: report, group, available status, available severity, format."""
_PERMANENT_HEAD: Final = 5
_TEXT_MIN: Final = 0x20


@dataclass(frozen=True, slots=True)
class StatusByte:
    """The eight flags of a code's status, or which of them a unit keeps at all (ISO 14229-1 annex D.2)."""

    test_failed: bool
    failed_this_cycle: bool
    pending: bool
    confirmed: bool
    not_completed_since_clear: bool
    failed_since_clear: bool
    not_completed_this_cycle: bool
    warning: bool

    @classmethod
    def of(cls, byte: int) -> "StatusByte":
        """The flags of a byte, bit 0 first."""
        return cls(*(bool(byte >> bit & 1) for bit in range(8)))


@dataclass(frozen=True, slots=True)
class Record:
    """One code of a list."""

    number: int
    """Three bytes."""
    status: StatusByte
    severity: int | None = None
    """The byte of reports that have one."""
    j1939: bool = False

    @property
    def code(self) -> str:
        """`P0301`; `SPN 110 FMI 0` where the unit counts so."""
        raw = self.number.to_bytes(3, "big")
        if self.j1939:
            return f"SPN {raw[2] >> 5 << 16 | raw[1] << 8 | raw[0]} FMI {raw[2] & 0x1F}"
        return code_from_bytes(raw[:2]).text

    @property
    def failure_type(self) -> str | None:
        """Two hex digits (SAE J2012-DA failure type byte); SPN and FMI have none."""
        return None if self.j1939 else f"{self.number & 0xFF:02X}"

    @property
    def emission_class(self) -> str | None:
        """A, B1, B2 or C; None where none is told."""
        return next((name for bit, name in CLASSES.items() if (self.severity or 0) & bit), None)


@dataclass(frozen=True, slots=True)
class CodeList:
    """One report of codes."""

    available: StatusByte
    """Flags that the unit keeps; those it does not are always 0 and mean nothing."""
    records: tuple[Record, ...]

    def as_spn_and_fmi(self) -> "CodeList":
        """The same of a unit whose three bytes are those of SAE J1939-73."""
        return replace(self, records=tuple(replace(one, j1939=True) for one in self.records))


def statuses(status: StatusByte, available: StatusByte) -> frozenset[Status]:
    """How sure the unit is. One that keeps neither "pending" nor "confirmed" tells what fails now, and that is sure."""
    found = {Status.PENDING} if status.pending and available.pending else set()
    if status.confirmed and available.confirmed:
        found.add(Status.CONFIRMED)
    if not found and status.test_failed and available.test_failed:
        found.add(Status.PENDING if available.pending else Status.CONFIRMED)
    return frozenset(found)


def told(available: StatusByte) -> frozenset[Status]:
    """Which kinds of codes a unit tells that keeps these flags."""
    kinds = {Status.PENDING} if available.pending else set()
    if available.confirmed or (available.test_failed and not kinds):
        kinds.add(Status.CONFIRMED)
    return frozenset(kinds)


def code_format(answer: bytes) -> int | None:
    """59 01: DTCFormatIdentifier; None when it is cut."""
    return answer[3] if len(answer) > 3 else None


def emission_codes(answer: bytes) -> CodeList | None:
    """59 42: codes of a functional group with their severity; None when it is cut."""
    body = answer[_EMISSION_HEAD:]
    if len(answer) < _EMISSION_HEAD or len(body) % 5:
        return None
    j1939 = answer[5] == J1939_FORMAT
    records = (
        Record(int.from_bytes(body[at + 1 : at + 4], "big"), StatusByte.of(body[at + 4]), body[at], j1939)
        for at in range(0, len(body), 5)
    )
    return CodeList(StatusByte.of(answer[3]), tuple(one for one in records if one.number))


def permanent_codes(answer: bytes) -> CodeList | None:
    """59 55: permanent codes of a functional group, four bytes each; None when it is cut."""
    body = answer[_PERMANENT_HEAD:]
    if len(answer) < _PERMANENT_HEAD or len(body) % 4:
        return None
    j1939 = answer[4] == J1939_FORMAT
    records = (
        Record(int.from_bytes(body[at : at + 3], "big"), StatusByte.of(body[at + 3]), j1939=j1939)
        for at in range(0, len(body), 4)
    )
    return CodeList(StatusByte.of(answer[3]), tuple(one for one in records if one.number))


Lengths = Callable[[int, bytes], int | None]
"""From an identifier and what follows it to how many bytes are its own; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The first record that a unit kept of a code."""

    values: Mapping[int, bytes]
    """By identifier."""
    rest: bytes = b""
    """What stands behind the first identifier whose length nobody knows."""


def first_snapshot(answer: bytes, lengths: Lengths) -> Snapshot | None:
    """59 04: the first record; None when there is none, or it is cut."""
    if len(answer) < 8:
        return None
    count, body = answer[7], answer[8:]
    values: dict[int, bytes] = {}
    for _ in range(count):
        if len(body) < 2:
            return None
        did = int.from_bytes(body[:2], "big")
        length = lengths(did, body[2:])
        if length is None:
            return Snapshot(values, body)
        if len(body) < 2 + length:
            return None
        values[did], body = body[2 : 2 + length], body[2 + length :]
    return Snapshot(values)


def extended_record(answer: bytes) -> bytes:
    """59 06: everything behind the code and its status: numbers of records and their bytes, as the maker has them."""
    return answer[6:]


def text(raw: bytes) -> str | None:
    """An identifier as text where it is text, else in hex; None for one that says nothing.

    A number of parts in front (F180 to F182) and what pads the end do not belong to it.
    """
    bare = raw.rstrip(b"\0\xff ")
    if not bare:
        return None
    for candidate in (bare, bare[1:] if bare[0] < _TEXT_MIN else b""):
        if candidate and candidate.isascii() and (found := candidate.decode("ascii")).isprintable():
            return found.strip() or None
    return raw.hex().upper()


def items(raw: bytes, length: int) -> Iterator[bytes]:
    """Items of equal length; a number of items in front, which some units keep from SAE J1979, does not count."""
    body = raw[1:] if len(raw) % length == 1 else raw
    return (body[at : at + length] for at in range(0, len(body) - length + 1, length))
