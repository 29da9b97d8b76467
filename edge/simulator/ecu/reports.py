"""Service 19 of ISO 14229-1, ReadDTCInformation: what a control unit reports of its codes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from edge.simulator.ecu.codes import Code
from edge.simulator.ecu.member import Member
from edge.simulator.ecu.refused import Nrc, Refused
from edge.simulator.ecu.trouble_codes import three_bytes

AVAILABLE: Final = 0xFF
"""DTCStatusAvailabilityMask: every status bit is kept."""
ISO_FORMAT: Final = 0x01
"""DTCFormatIdentifier: ISO 14229-1."""
EVERY_RECORD: Final = 0xFF
FIRST_FAILURE: Final = 0x01
"""Number of the one snapshot record that is kept."""
IDENTIFIERS_MAX: Final = 255
"""Their number in a snapshot is one byte."""


class Report(NamedTuple):
    """One sub-function: how many bytes it asks for, and what it tells after the sub-function's echo."""

    asks: int
    tell: Callable[[Member, bytes], bytes]


def listed(member: Member, codes: Iterable[Code]) -> bytes:
    """Code and status byte of each."""
    return b"".join(three_bytes(code) + bytes([member.unit.memory.status(code.text)]) for code in codes)


def matching(member: Member, mask: int) -> list[Code]:
    """Codes with any of these status bits; with the "not completed" bits, that is even those that never ran."""
    memory = member.unit.memory
    return [code for code in memory.codes if memory.status(code.text) & mask]


def wanted(member: Member, asked: bytes) -> Code:
    """The code that these three bytes mean; refuses those that the unit does not know."""
    for code in member.unit.memory.codes:
        if three_bytes(code) == asked:
            return code
    raise Refused(Nrc.REQUEST_OUT_OF_RANGE)


def _number(member: Member, asked: bytes) -> bytes:
    return bytes([AVAILABLE, ISO_FORMAT]) + len(matching(member, asked[0])).to_bytes(2, "big")


def _by_status(member: Member, asked: bytes) -> bytes:
    return bytes([AVAILABLE]) + listed(member, matching(member, asked[0]))


def _supported(member: Member, _: bytes) -> bytes:
    return bytes([AVAILABLE]) + listed(member, member.unit.memory.codes)


def snapshots(member: Member, _: bytes, record: int = FIRST_FAILURE) -> bytes:
    """Sub-function 03: every code that has a snapshot, with the number of its record."""
    memory = member.unit.memory
    kept = (code for code in memory.codes if memory.snapshot(code.text) is not None)
    return b"".join(three_bytes(code) + bytes([record]) for code in kept)


def snapshot(member: Member, asked: bytes, record: int = FIRST_FAILURE) -> bytes:
    """Sub-function 04: what sensors showed at the code's first failure, as identifiers of service 22."""
    code = wanted(member, asked[:3])
    if asked[3] not in {record, EVERY_RECORD}:
        raise Refused(Nrc.REQUEST_OUT_OF_RANGE)
    kept = member.unit.memory.snapshot(code.text)
    told = listed(member, [code])
    if kept is None:
        return told
    values = {0xF400 + pid: encode for pid, encode in member.unit.pids.items() if member.unit.obd}
    values |= member.unit.dids
    dids = sorted(values)[:IDENTIFIERS_MAX]
    return told + bytes([record, len(dids)]) + b"".join(did.to_bytes(2, "big") + values[did](kept) for did in dids)


def _extended(member: Member, asked: bytes) -> bytes:
    code = wanted(member, asked[:3])
    if asked[3] != EVERY_RECORD and asked[3] not in EXTENDED:
        raise Refused(Nrc.REQUEST_OUT_OF_RANGE)
    numbers = sorted(EXTENDED) if asked[3] == EVERY_RECORD else [asked[3]]
    return listed(member, [code]) + b"".join(bytes([number, EXTENDED[number](member, code)]) for number in numbers)


EXTENDED: Final[Mapping[int, Callable[[Member, Code], int]]] = {
    0x01: lambda member, code: member.unit.memory.occurrences(code.text),
    0x02: lambda member, code: member.unit.memory.warm_ups(code.text),
    0x03: lambda member, code: min(member.unit.memory.cycles_with_failure(code.text), 0xFF),
}
"""Extended records of one byte (numbers up to 8F are the manufacturer's): occurrences, ageing in warm-ups, trips."""

REPORTS: Final[Mapping[int, Report]] = {
    0x01: Report(1, _number),
    0x02: Report(1, _by_status),
    0x03: Report(0, snapshots),
    0x04: Report(4, snapshot),
    0x06: Report(4, _extended),
    0x0A: Report(0, _supported),
}
