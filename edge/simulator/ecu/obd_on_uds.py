"""OBD on UDS (SAE J1979-2): the same knowledge as OBD, asked for by services 14, 19 and 22 of ISO 14229-1.

Left out, because no source at hand says how they look in bytes: identifiers F501 (readiness in its new layout; F401
keeps that of PID 01), F6xx (test results), the ratios, and the second, newest freeze frame of each code.
"""

from collections.abc import Mapping
from typing import Final

from edge.simulator.ecu import obd
from edge.simulator.ecu.member import Member
from edge.simulator.ecu.refused import Nrc, Refused
from edge.simulator.ecu.reports import AVAILABLE, EXTENDED, REPORTS, Report, listed, matching, snapshot, snapshots

EMISSION_GROUP: Final = 0x33
"""FunctionalGroupIdentifier of emission systems (ISO 14229-1 annex D.5)."""
CLEARED_GROUP: Final = 0xFFFF00 | EMISSION_GROUP
"""Group of service 14 that means all emission codes."""
OBD_FORMAT: Final = 0x04
"""DTCFormatIdentifier: SAE J2012-DA, three bytes."""
CLASS_1: Final = 0x02
"""DTCSeverity byte: class 1, no severity given (ISO 14229-1 annex D.3). Every emission code has it here."""
FREEZE_FRAME: Final = 0x00
"""Snapshot record that legislation asks for; 01 and higher are the manufacturer's."""

PIDS: Final = (0xF4, 0xF5)
"""High bytes of identifiers for PIDs 00 to FF, and 100 to 1FF."""
INFOTYPES: Final = 0xF8
PROTOCOL: Final = 0xF810
"""Tells a tester that it talks to SAE J1979-2: 01."""


def identifier(member: Member, did: int) -> bytes | None:
    """Identifiers of service 22 that OBD has: F4xx, F5xx and F8xx with their support masks; None when not supported."""
    high, low = did >> 8, did & 0xFF
    if high in PIDS:
        return obd.pid(member, PIDS.index(high) << 8 | low)
    if high != INFOTYPES:
        return None
    told = {number: b"".join(items) for number, items in obd.infotypes(member).items()}
    told[PROTOCOL & 0xFF] = b"\x01"
    return obd.lookup(low, told, told.__getitem__)


def _number(member: Member, asked: bytes) -> bytes:
    return bytes([AVAILABLE, OBD_FORMAT]) + len(matching(member, asked[0])).to_bytes(2, "big")


def _by_mask(member: Member, asked: bytes) -> bytes:
    """Sub-function 42: emission codes by status and severity."""
    group, status, severity = asked
    _emissions_only(group)
    head = bytes([group, AVAILABLE, CLASS_1, OBD_FORMAT])
    if not severity & CLASS_1:
        return head
    codes = [code for code in matching(member, status) if code.emission]
    return head + b"".join(bytes([CLASS_1]) + listed(member, [code]) for code in codes)


def _permanent(member: Member, asked: bytes) -> bytes:
    """Sub-function 55: permanent codes."""
    _emissions_only(asked[0])
    return bytes([asked[0], AVAILABLE, OBD_FORMAT]) + listed(member, member.unit.memory.permanent())


def _with_extended(member: Member, asked: bytes) -> bytes:
    """Sub-function 1A: codes that have this extended record."""
    if asked[0] not in EXTENDED:
        raise Refused(Nrc.REQUEST_OUT_OF_RANGE)
    return bytes([AVAILABLE, asked[0]]) + listed(member, member.unit.memory.codes)


def _emissions_only(group: int) -> None:
    if group != EMISSION_GROUP:
        raise Refused(Nrc.REQUEST_OUT_OF_RANGE)


OBD_REPORTS: Final[Mapping[int, Report]] = {
    **REPORTS,
    0x01: Report(1, _number),
    0x03: Report(0, lambda member, asked: snapshots(member, asked, FREEZE_FRAME)),
    0x04: Report(4, lambda member, asked: snapshot(member, asked, FREEZE_FRAME)),
    0x1A: Report(1, _with_extended),
    0x42: Report(3, _by_mask),
    0x55: Report(1, _permanent),
}
"""Service 19 of a unit that answers OBD on UDS."""
