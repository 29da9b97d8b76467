"""Permission: the list of what may ever be sent to a vehicle; everything else is refused, whoever asks for it.

It stands at the last place before the bus, so nothing can go round it. What erases codes (service 04 of SAE J1979,
14 of ISO 14229-1, DM3 and DM11 of SAE J1939-73) needs a permission that is made for that one command.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from edge.diagnostics.ecu import FUNCTIONAL_11, FUNCTIONAL_29, Ecu, is_asking
from edge.errors import EdgeError
from edge.frames import EXTENDED, Frame

FRAME_BYTES: Final = 8
"""ISO 15765-4: a request has eight bytes, padded."""
OBD_READING: Final = frozenset({0x01, 0x02, 0x03, 0x06, 0x07, 0x09, 0x0A})
"""SAE J1979: current, frozen, confirmed, test results, pending, vehicle information, permanent."""
OBD_CLEARING: Final = 0x04
CODES: Final = 0x19
IDENTIFIERS: Final = 0x22
"""ISO 14229-1: ReadDTCInformation, ReadDataByIdentifier: what the default session gives, and changes nothing."""
UDS_CLEARING: Final = 0x14
CODE_REPORTS: Final = frozenset({0x01, 0x02, 0x03, 0x04, 0x06, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x14, 0x15, 0x17, 0x18,
                                 0x19, 0x1A, 0x42, 0x55, 0x56})  # fmt: skip
"""Reports of service 19 (ISO 14229-1 table 317); bit 7, which suppresses answers, is never set."""

REQUEST_PF: Final = 0xEA
TRANSPORT_PF: Final = 0xEC
CLAIM_PF: Final = 0xEE
CANNOT_CLAIM: Final = 0x18EEFFFE
"""We found no address (SAE J1939-81, 4.2.2.3)."""
DM1: Final = 65226
DM2: Final = 65227
DM3: Final = 65228
DM4: Final = 65229
DM5: Final = 65230
DM6: Final = 65231
DM11: Final = 65235
DM12: Final = 65236
DM19: Final = 54016
DM21: Final = 49408
DM23: Final = 64949
DM28: Final = 64896
ADDRESS_CLAIMED: Final = 60928
ECU_IDENTIFICATION: Final = 64965
SOFTWARE_IDENTIFICATION: Final = 65242
COMPONENT_IDENTIFICATION: Final = 65259
VEHICLE_IDENTIFICATION: Final = 65260
ENGINE_HOURS: Final = 65253
VEHICLE_DISTANCE: Final = 65248
FINE_DISTANCE: Final = 65217
GROUPS_READING: Final = frozenset({
    DM1, DM2, DM4, DM5, DM6, DM12, DM19, DM21, DM23, DM28, ADDRESS_CLAIMED, ECU_IDENTIFICATION, SOFTWARE_IDENTIFICATION,
    COMPONENT_IDENTIFICATION, VEHICLE_IDENTIFICATION, ENGINE_HOURS, VEHICLE_DISTANCE, FINE_DISTANCE,
})  # fmt: skip
"""PGNs that may be requested (SAE J1939-71, -73, -81)."""
GROUPS_CLEARING: Final = frozenset({DM3, DM11})
"""A plain Request for one of these erases codes."""
TRANSPORT_REPLIES: Final = frozenset({17, 19, 255})
"""SAE J1939-21 5.10.3: clear to send, end of message, abort: what a receiver says."""

_SINGLE: Final = 0
_FLOW: Final = 3


class Forbidden(EdgeError):
    """Something that is on no list was to be sent; it was not."""


class Kind(StrEnum):
    """What a permitted frame is."""

    REQUEST = "request"
    FLOW = "flow"
    """Says how an answer may go on; only to a unit that answers us."""
    CLAIM = "claim"
    CLEARING = "clearing"


@dataclass(frozen=True, slots=True)
class Permission:
    """What may be sent; the default reads and never clears."""

    units: Collection[Ecu] = field(default_factory=frozenset)
    """Units of the vehicle's profile beyond ISO 15765-4; they are asked by UDS alone."""
    address: int | None = None
    """Our own on J1939; None: nothing is sent there."""
    clears: bool = False
    """Only in the command that clears codes."""

    def check(self, frame: Frame) -> Kind:
        """What the frame is.

        Raises:
            Forbidden: it is nothing that may be sent.
        """
        if frame.flags & ~EXTENDED or len(frame.payload) > FRAME_BYTES:
            raise _forbidden(frame, "only classic frames are sent")
        extended = bool(frame.flags & EXTENDED)
        if extended and frame.id == CANNOT_CLAIM and len(frame.payload) == FRAME_BYTES:
            return Kind.CLAIM
        if extended and self.address is not None and frame.id & 0xFF == self.address:
            return self._j1939(frame)
        named = any(unit.request == frame.id and unit.extended == extended for unit in self.units)
        if named or (is_asking(frame.id, extended=extended) and frame.id & 0x00FF0000 != 0x00DB0000):
            return self._isotp(frame, obd=not named, everybody=frame.id == FUNCTIONAL_11 and not extended)
        if extended and frame.id == FUNCTIONAL_29:
            return self._isotp(frame, obd=True, everybody=True)
        raise _forbidden(frame, "no tester sends on this id")

    def _isotp(self, frame: Frame, *, obd: bool, everybody: bool) -> Kind:
        payload = frame.payload
        if len(payload) != FRAME_BYTES:
            raise _forbidden(frame, "a request has eight bytes")
        if payload[0] >> 4 == _FLOW and not everybody and payload[0] & 0x0F <= 2:
            return Kind.FLOW
        if payload[0] >> 4 != _SINGLE or not 1 <= payload[0] < FRAME_BYTES:
            raise _forbidden(frame, "requests are single frames")
        request = payload[1 : 1 + payload[0]]
        if obd and _reads_obd(request):
            return Kind.REQUEST
        if _reads_codes(request) or _reads_identifiers(request):
            return Kind.REQUEST
        if self.clears and ((obd and request == bytes([OBD_CLEARING])) or _clears_by_uds(request)):
            return Kind.CLEARING
        raise _forbidden(frame, f"service {request[0]:02X} is on no list in this form")

    def _j1939(self, frame: Frame) -> Kind:
        pf, payload = (frame.id >> 16) & 0xFF, frame.payload
        if frame.id & 0x03000000:
            raise _forbidden(frame, "another page of parameter groups")
        if pf == REQUEST_PF:
            return self._group(frame)
        if pf == TRANSPORT_PF and len(payload) == FRAME_BYTES and payload[0] in TRANSPORT_REPLIES:
            return Kind.FLOW
        if pf == CLAIM_PF and (frame.id >> 8) & 0xFF == 0xFF and len(payload) == FRAME_BYTES:
            return Kind.CLAIM
        raise _forbidden(frame, "this group is not sent by us")

    def _group(self, frame: Frame) -> Kind:
        group = int.from_bytes(frame.payload, "little")
        if len(frame.payload) == 3 and group in GROUPS_READING:
            return Kind.REQUEST
        if len(frame.payload) == 3 and self.clears and group in GROUPS_CLEARING:
            return Kind.CLEARING
        raise _forbidden(frame, f"PGN {group} is not requested")


def _reads_obd(request: bytes) -> bool:
    """Codes are asked for by the service alone, everything else by what is wanted (SAE J1979 6)."""
    if request[0] in {0x03, 0x07, 0x0A}:
        return len(request) == 1
    if request[0] == 0x02:
        return len(request) in {3, 5, 7}
    return request[0] in OBD_READING and len(request) >= 2


def _reads_codes(request: bytes) -> bool:
    return len(request) >= 2 and request[0] == CODES and request[1] in CODE_REPORTS


def _reads_identifiers(request: bytes) -> bool:
    return len(request) >= 3 and len(request) % 2 == 1 and request[0] == IDENTIFIERS


def _clears_by_uds(request: bytes) -> bool:
    return len(request) == 4 and request[0] == UDS_CLEARING


def _forbidden(frame: Frame, why: str) -> Forbidden:
    return Forbidden(f"{frame.id:X}#{frame.payload.hex().upper()} is not sent: {why}")
