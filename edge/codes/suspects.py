"""Trouble codes of trucks and machines (SAE J1939-73, 5.7.1): which parameter, how it fails, how often it did."""

import re
from dataclasses import dataclass
from typing import Final

SPN_MAX: Final = 0x7FFFF
FMI_MAX: Final = 31
OCCURRENCES_UNKNOWN: Final = 127
"""The count is not available (J1939-73, 5.7.1.11)."""
_FORM: Final = re.compile(r"(?:SPN\s*)?(\d{1,6})\s*(?:/|,|\s+FMI\s*|\s+)\s*(\d{1,2})")


@dataclass(frozen=True, slots=True, order=True)
class SuspectCode:
    """A suspect parameter number and the mode in which it fails."""

    spn: int | None
    """0 to 524287; None: the sender's old way of writing it does not tell which it is."""
    fmi: int
    """Failure mode identifier, 0 to 31."""
    occurrences: int | None = None
    """How often it became active, 0 to 126; None: not known."""

    def __post_init__(self) -> None:
        if self.spn is not None and not 0 <= self.spn <= SPN_MAX:
            raise ValueError(f"SPN {self.spn} cannot be: it goes from 0 to {SPN_MAX}")
        if not 0 <= self.fmi <= FMI_MAX:
            raise ValueError(f"FMI {self.fmi} cannot be: it goes from 0 to {FMI_MAX}")
        if self.occurrences is not None and not 0 <= self.occurrences < OCCURRENCES_UNKNOWN:
            raise ValueError(f"{self.occurrences} occurrences cannot be: they go from 0 to 126")

    def __str__(self) -> str:
        return f"SPN {'?' if self.spn is None else self.spn} FMI {self.fmi}"

    def to_bytes(self) -> bytes:
        """Four bytes as version 4 writes them: conversion method 0.

        Raises:
            ValueError: the SPN is not known.
        """
        if self.spn is None:
            raise ValueError("a code whose SPN is not known cannot be written")
        count = OCCURRENCES_UNKNOWN if self.occurrences is None else self.occurrences
        return bytes((self.spn & 0xFF, self.spn >> 8 & 0xFF, self.spn >> 11 & 0xE0 | self.fmi, count))


def suspect_from_bytes(raw: bytes) -> SuspectCode:
    """The code of four bytes.

    With the conversion method bit (the highest of the last byte) clear, they are version 4, little-endian (J1939-73,
    5.7.1.12). Set, they are version 1, 2 or 3, which order the bits of the SPN in three ways that the message does not
    tell apart; FMI and count stand at the same place in all of them. So the SPN is None then, and not guessed.

    Raises:
        ValueError: these are not four bytes.
    """
    if len(raw) != 4:
        raise ValueError(f"{len(raw)} bytes are no J1939 trouble code: it has 4")
    count = raw[3] & 0x7F
    old = bool(raw[3] & 0x80)
    spn = raw[0] | raw[1] << 8 | (raw[2] & 0xE0) << 11
    return SuspectCode(None if old else spn, raw[2] & 0x1F, None if count == OCCURRENCES_UNKNOWN else count)


def suspect_from_text(text: str) -> SuspectCode:
    """The code that a person wrote: `SPN 110 FMI 0`, `110/0`, `110 0`.

    Raises:
        ValueError: it has another form, or a number is too large.
    """
    found = _FORM.fullmatch(text.strip().upper())
    if found is None:
        raise ValueError(f"{text!r} is no J1939 trouble code: it looks like SPN 110 FMI 0, or 110/0")
    return SuspectCode(int(found[1]), int(found[2]))
