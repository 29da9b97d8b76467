"""udsoncan: how requests of services 19 and 22 are written, and what it reads of their answers.

Its services are used, not its `Client`: that one knows a single unit and waits by a clock of its own, while `Asker`
asks everybody, keeps our manners and waits for whoever said "later". The library's exceptions stop here.
"""

import struct
from collections.abc import Sequence
from typing import Final

from udsoncan import DidCodec
from udsoncan.exceptions import ConfigError, InvalidResponseException
from udsoncan.Request import Request
from udsoncan.Response import Response
from udsoncan.services.ReadDataByIdentifier import ReadDataByIdentifier
from udsoncan.services.ReadDTCInformation import ReadDTCInformation

from edge.diagnostics.uds.messages import CodeList, Record, StatusByte

EMISSIONS: Final = 0x33
"""FunctionalGroupIdentifier of emission systems (ISO 14229-1 annex D.5)."""
FIRST_RECORD_OR_ALL: Final = 0xFF
_UNREADABLE: Final = (InvalidResponseException, ConfigError, ValueError, IndexError, struct.error)
_Reports = ReadDTCInformation.Subfunction


class _AsItComes(DidCodec):
    """All bytes that are left."""

    def encode(self, *value: bytes) -> bytes:
        return value[0]

    def decode(self, string_bin: bytes) -> bytes:
        return string_bin

    def __len__(self) -> int:
        raise DidCodec.ReadAllRemainingData


def ask_codes(mask: int) -> bytes:
    """19 02: codes with any of these status bits."""
    return _written(ReadDTCInformation.make_request(_Reports.reportDTCByStatusMask, status_mask=mask))


def ask_count(mask: int) -> bytes:
    """19 01: how many codes have any of these status bits, and what their three bytes are."""
    return _written(ReadDTCInformation.make_request(_Reports.reportNumberOfDTCByStatusMask, status_mask=mask))


def ask_emission_codes(mask: int, severity: int) -> bytes:
    """19 42: emission codes with any of these status bits and any of these classes."""
    report = _Reports.reportWWHOBDDTCByMaskRecord
    return _written(
        ReadDTCInformation.make_request(report, status_mask=mask, severity_mask=severity, functional_group_id=EMISSIONS)
    )


def ask_permanent_codes() -> bytes:
    """19 55: permanent emission codes."""
    report = _Reports.reportWWHOBDDTCWithPermanentStatus
    return _written(ReadDTCInformation.make_request(report, functional_group_id=EMISSIONS))


def ask_snapshots(code: int) -> bytes:
    """19 04: what was kept when the code (three bytes) came."""
    report = _Reports.reportDTCSnapshotRecordByDTCNumber
    return _written(ReadDTCInformation.make_request(report, dtc=code, snapshot_record_number=FIRST_RECORD_OR_ALL))


def ask_extended(code: int) -> bytes:
    """19 06: what is counted of the code (three bytes)."""
    report = _Reports.reportDTCExtendedDataRecordByDTCNumber
    return _written(ReadDTCInformation.make_request(report, dtc=code, extended_data_record_number=FIRST_RECORD_OR_ALL))


def ask_identifiers(dids: Sequence[int]) -> bytes:
    """22: one or several identifiers."""
    return _written(ReadDataByIdentifier.make_request(list(dids), didconfig=None))


def codes(answer: bytes) -> CodeList | None:
    """59 02; None when it is cut."""
    response = Response.from_payload(answer)
    try:
        told = ReadDTCInformation.interpret_response(response, _Reports.reportDTCByStatusMask).service_data
    except _UNREADABLE:
        return None
    records = (Record(dtc.id, StatusByte.of(dtc.status.get_byte_as_int())) for dtc in told.dtcs)
    available = told.status_availability
    return CodeList(StatusByte.of(available.get_byte_as_int()), tuple(records)) if available else None


def identifier(answer: bytes, did: int) -> bytes | None:
    """62 of one identifier; None when it is cut or tells of another one."""
    response = Response.from_payload(answer)
    try:
        told = ReadDataByIdentifier.interpret_response(response, did, {did: _AsItComes()}).service_data
    except _UNREADABLE:
        return None
    value = told.values.get(did)
    return bytes(value) if value else None


def _written(request: Request) -> bytes:
    return bytes(request.get_payload())
