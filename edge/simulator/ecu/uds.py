"""UdsServer: the services of ISO 14229-1 that one control unit offers: 10, 14, 19, 22 and 3E."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from edge.simulator.ecu.codes import Code
from edge.simulator.ecu.isotp import LENGTH_MAX, MILLISECOND_NS
from edge.simulator.ecu.member import Member
from edge.simulator.ecu.refused import UNHEARD, Nrc, Refused
from edge.simulator.ecu.reports import REPORTS, Report
from edge.simulator.ecu.trouble_codes import SYSTEMS, three_bytes

POSITIVE: Final = 0x40
NEGATIVE: Final = 0x7F
SUPPRESS: Final = 0x80
"""Bit of the sub-function: no positive answer is wanted."""

DEFAULT_SESSION: Final = 0x01
EXTENDED_SESSION: Final = 0x03
S3_NS: Final = 5_000 * MILLISECOND_NS
"""Without a request for so long, the default session returns (ISO 14229-2 S3 server)."""
P2_MS: Final = 50
P2_EXTENDED_MS: Final = 5_000
"""What the answer to service 10 promises: until a first answer, and until the next after "response pending"."""
PENDING_NS: Final = 30 * MILLISECOND_NS
"""A slow unit says so before P2 is over."""
DIDS_MAX: Final = 8
"""Identifiers in one request of service 22; an ordinary value."""

ALL_GROUPS: Final = 0xFFFFFF
SYSTEM_GROUPS: Final = {index << 22: system for index, system in enumerate(SYSTEMS)}
"""000000 powertrain, 400000 chassis, 800000 body, C00000 network: the groups that KWP 2000 had; ordinary for UDS."""

CLEARING_NS: Final = (0, 600 * MILLISECOND_NS, 1_200 * MILLISECOND_NS)
SNAPSHOT_NS: Final = (0, 200 * MILLISECOND_NS)
"""Slow services: "response pending" at all but the last of these, counted from the first; then the answer."""
AT_ONCE: Final = (0,)


class Reply(NamedTuple):
    """One message of an answer."""

    after_ns: int
    """Counted from when the unit would have answered at once."""
    message: bytes


class UdsServer:
    """One control unit's UDS: knows its session, answers requests."""

    def __init__(
        self,
        member: Member,
        *,
        reports: Mapping[int, Report] = REPORTS,
        identifiers: Callable[[Member, int], bytes | None] | None = None,
        emission_group: int | None = None,
    ) -> None:
        """`reports` of service 19; `identifiers` beyond the unit's own; `emission_group` of service 14, if any."""
        self._member = member
        self._reports = reports
        self._identifiers = identifiers
        self._emission_group = emission_group
        self._session = DEFAULT_SESSION
        self._until_ns = 0
        self._services: Mapping[int, Callable[[bytes], bytes]] = {
            0x10: self._diagnostic_session,
            0x14: self._clear,
            0x19: self._report,
            0x22: self._read,
            0x3E: self._tester_present,
        }

    def touch(self, now_ns: int) -> None:
        """A request came: the session goes on, unless it ran out before."""
        if now_ns > self._until_ns:
            self._session = DEFAULT_SESSION
        self._until_ns = max(self._until_ns, now_ns + S3_NS)

    def answer(self, request: bytes, now_ns: int, *, functional: bool) -> list[Reply]:
        """The messages of the answer, none when the unit keeps silent. `request` is not empty."""
        self.touch(now_ns)
        times = self._times(request)
        quiet = request[0] in {0x10, 0x19, 0x3E} and len(request) > 1 and bool(request[1] & SUPPRESS)
        try:
            message = bytes([request[0] + POSITIVE]) + self._serve(request)
        except Refused as refused:
            if functional and refused.code in UNHEARD:
                return []
            return [Reply(0, bytes([NEGATIVE, request[0], refused.code]))]
        if quiet and len(times) == 1:
            return []
        self._until_ns = now_ns + times[-1] + S3_NS
        pending = bytes([NEGATIVE, request[0], Nrc.RESPONSE_PENDING])
        wait_ns = PENDING_NS if len(times) > 1 else 0
        return [Reply(wait_ns + time_ns, pending) for time_ns in times[:-1]] + [Reply(wait_ns + times[-1], message)]

    def _times(self, request: bytes) -> tuple[int, ...]:
        if request[0] == 0x14:
            return CLEARING_NS
        return SNAPSHOT_NS if len(request) > 1 and request[0] == 0x19 and request[1] & 0x7F == 0x04 else AT_ONCE

    def _serve(self, request: bytes) -> bytes:
        service = self._services.get(request[0])
        if service is None:
            raise Refused(Nrc.SERVICE_NOT_SUPPORTED)
        told = service(request[1:])
        if len(told) + 1 > LENGTH_MAX:
            raise Refused(Nrc.RESPONSE_TOO_LONG)
        return told

    # services

    def _diagnostic_session(self, asked: bytes) -> bytes:
        session = _sub_function(asked)
        if session not in {DEFAULT_SESSION, EXTENDED_SESSION}:
            raise Refused(Nrc.SUB_FUNCTION_NOT_SUPPORTED)
        _exactly(asked, 1)
        if session == EXTENDED_SESSION and self._member.vehicle.moving():
            raise Refused(Nrc.CONDITIONS_NOT_CORRECT)
        self._session = session
        return bytes([session]) + P2_MS.to_bytes(2, "big") + (P2_EXTENDED_MS // 10).to_bytes(2, "big")

    def _clear(self, asked: bytes) -> bytes:
        _exactly(asked, 3)
        memory = self._member.unit.memory
        group = int.from_bytes(asked, "big")
        if group == ALL_GROUPS:
            memory.clear()
            return b""
        chosen = {code for code in memory.codes if self._in_group(code, group)}
        if not chosen:
            raise Refused(Nrc.REQUEST_OUT_OF_RANGE)
        memory.clear(chosen.__contains__)
        return b""

    def _in_group(self, code: Code, group: int) -> bool:
        if group == self._emission_group:
            return code.emission
        system = SYSTEM_GROUPS.get(group)
        return code.text[0] == system if system else three_bytes(code) == group.to_bytes(3, "big")

    def _report(self, asked: bytes) -> bytes:
        number = _sub_function(asked)
        report = self._reports.get(number)
        if report is None:
            raise Refused(Nrc.SUB_FUNCTION_NOT_SUPPORTED)
        _exactly(asked, 1 + report.asks)
        return bytes([number]) + report.tell(self._member, asked[1:])

    def _read(self, asked: bytes) -> bytes:
        if not asked or len(asked) % 2 or len(asked) // 2 > DIDS_MAX:
            raise Refused(Nrc.INCORRECT_LENGTH)
        told = b""
        for place in range(0, len(asked), 2):
            value = self._identifier(int.from_bytes(asked[place : place + 2], "big"))
            if value is not None:
                told += asked[place : place + 2] + value
        if not told:
            raise Refused(Nrc.REQUEST_OUT_OF_RANGE)
        return told

    def _identifier(self, did: int) -> bytes | None:
        unit = self._member.unit
        if did in unit.dids:
            return unit.dids[did](self._member.vehicle.readings())
        if did in OWN_DIDS:
            return OWN_DIDS[did](self._member) or None
        if did == ACTIVE_SESSION:
            return bytes([self._session])
        return self._identifiers(self._member, did) if self._identifiers else None

    def _tester_present(self, asked: bytes) -> bytes:
        if _sub_function(asked) != 0:
            raise Refused(Nrc.SUB_FUNCTION_NOT_SUPPORTED)
        _exactly(asked, 1)
        return b"\0"


ACTIVE_SESSION: Final = 0xF186
OWN_DIDS: Final[Mapping[int, Callable[[Member], bytes]]] = {
    0xF181: lambda member: member.unit.calibration_id.encode("ascii"),
    0xF190: lambda member: member.vehicle.vin.encode("ascii"),
    0xF197: lambda member: member.unit.name.encode("ascii"),
}
"""ISO 14229-1 annex C.1: application software, VIN, name of the system."""


def _sub_function(asked: bytes) -> int:
    if not asked:
        raise Refused(Nrc.INCORRECT_LENGTH)
    return asked[0] & 0x7F


def _exactly(asked: bytes, length: int) -> None:
    if len(asked) != length:
        raise Refused(Nrc.INCORRECT_LENGTH)
