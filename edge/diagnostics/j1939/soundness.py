"""Whether what a unit told is whole, or short, cut, of a wrong length, no text. Pure; what is whole in it is read.

Only what we read counts, so that what a standard's later edition adds at the end is no fault.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Final

from edge.decode.texts import words_of
from edge.diagnostics import permission as groups
from edge.diagnostics.j1939.messages import (
    CALIBRATION_BYTES,
    CODE_BYTES,
    FRAME_LENGTH_MIN,
    LAMP_BYTES,
)

CODE_LISTS: Final = frozenset({groups.DM1, groups.DM2, groups.DM6, groups.DM12, groups.DM23, groups.DM28})
TEXTS: Final = frozenset({
    groups.VEHICLE_IDENTIFICATION, groups.COMPONENT_IDENTIFICATION, groups.ECU_IDENTIFICATION,
    groups.SOFTWARE_IDENTIFICATION,
})  # fmt: skip
_FILLINGS: Final = (b"\x00", b"\xff")


class Fault(StrEnum):
    """What is wrong with a payload, as it is counted."""

    SHORT = "payload_short"
    """Less than the least of its group."""
    CUT = "payload_cut"
    """It ends within a code, a freeze frame or a calibration."""
    WRONG_LENGTH = "payload_wrong_length"
    """A freeze frame says a length that none has."""
    NO_TEXT = "payload_no_text"
    """A name that is no text."""


def fault_of(group: int, payload: bytes) -> Fault | None:
    """What is wrong with a payload of a group (PGN); None: nothing, or it is no group that we read."""
    check = _CHECKS.get(group)
    return None if check is None else check(payload)


def _at_least(octets: int, payload: bytes) -> Fault | None:
    return Fault.SHORT if len(payload) < octets else None


def code_list_fault(payload: bytes) -> Fault | None:
    """Two bytes of lamps and four of each code; one code is filled up to a frame (SAE J1939-73, 5.7.1)."""
    if len(payload) < LAMP_BYTES + CODE_BYTES:
        return Fault.SHORT
    rest = (len(payload) - LAMP_BYTES) % CODE_BYTES
    return None if _is_filling(payload[len(payload) - rest :]) else Fault.CUT


def _freeze_frames(payload: bytes) -> Fault | None:
    """Each frame's length, then so many bytes; where none is stored, a length of 0 (SAE J1939-73, 5.7.4)."""
    if not payload:
        return Fault.SHORT
    at = 0
    while at < len(payload):
        length = payload[at]
        if _is_filling(payload[at:]) or not length:
            return None
        if length < FRAME_LENGTH_MIN:
            return Fault.WRONG_LENGTH
        if at + 1 + length > len(payload):
            return Fault.CUT
        at += 1 + length
    return None


def _calibrations(payload: bytes) -> Fault | None:
    if len(payload) < CALIBRATION_BYTES:
        return Fault.SHORT
    at = range(0, len(payload) - CALIBRATION_BYTES + 1, CALIBRATION_BYTES)
    names = [payload[start + 4 : start + CALIBRATION_BYTES].rstrip(b"\0 \xff") for start in at]
    if not all(0x20 <= byte < 0x7F for name in names for byte in name):
        return Fault.NO_TEXT
    return Fault.CUT if len(payload) % CALIBRATION_BYTES else None


def _text(group: int, payload: bytes) -> Fault | None:
    words = words_of(0x18000000 | group << 8, payload)
    return None if words is None or words.is_sound else Fault.NO_TEXT


def _is_filling(octets: bytes) -> bool:
    return any(not octets.strip(filling) for filling in _FILLINGS)


_CHECKS: Final[Mapping[int, Callable[[bytes], Fault | None]]] = MappingProxyType(
    dict.fromkeys(CODE_LISTS, code_list_fault)
    | {group: partial(_text, group) for group in TEXTS}
    | {
        groups.DM4: _freeze_frames,
        groups.DM5: partial(_at_least, 8),
        groups.DM19: _calibrations,
        groups.DM21: partial(_at_least, 8),
        groups.ADDRESS_CLAIMED: partial(_at_least, 8),
        groups.ENGINE_HOURS: partial(_at_least, 4),
        groups.FINE_DISTANCE: partial(_at_least, 4),
        groups.VEHICLE_DISTANCE: partial(_at_least, 8),
    }
)
