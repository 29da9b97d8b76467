"""Trouble codes that units tell on the bus, by themselves or because somebody asks: a replay hears what the road heard.

Told is what there is now: stored, pending and permanent codes, and those that J1939 calls active. What was (DM2, DM23)
is not.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from edge.codes.structure import code_from_bytes
from edge.codes.suspects import suspect_from_bytes
from edge.decode.layout import pgn_of

SERVICES: Final[Mapping[int, str]] = MappingProxyType({0x43: "stored", 0x47: "pending", 0x4A: "permanent"})
"""Positive answers of services 03, 07 and 0A (SAE J1979)."""
BY_STATUS: Final = bytes((0x59, 0x02))
"""Positive answer of service 19, report by status mask (ISO 14229-1, 11.3)."""
IS_THERE: Final = 0x01 | 0x04 | 0x08
"""Of a code's status: the test fails, it is pending, it is confirmed (ISO 14229-1, annex D.2)."""
GROUPS: Final[Mapping[int, str]] = MappingProxyType(
    {0xFECA: "active", 0xFECF: "pending", 0xFED4: "active and emission-related", 0xFD80: "permanent"}
)
"""DM1, DM6, DM12 and DM28 (SAE J1939-73), by PGN."""
_LAMPS: Final = 2
_CODE: Final = 4

Told = tuple[str, tuple[str, ...]]
"""In which way, and all the codes told in it."""


def told_by_answer(payload: bytes) -> Told | None:
    """What a whole answer tells; None: nothing of codes, or it is cut."""
    if payload[:2] == BY_STATUS:
        return "by status", tuple(_by_status(payload[3:]))
    way = SERVICES.get(payload[0]) if payload else None
    if way is None or len(payload) < 2 or len(payload) < 2 + 2 * payload[1]:
        return None
    pairs = (payload[at : at + 2] for at in range(2, 2 + 2 * payload[1], 2))
    return way, tuple(code_from_bytes(pair).text for pair in pairs if any(pair))


def _by_status(records: bytes) -> Iterator[str]:
    for at in range(0, len(records) - _CODE + 1, _CODE):
        if records[at + 3] & IS_THERE:
            yield f"{code_from_bytes(records[at : at + 2]).text}-{records[at + 2]:02X}"


def told_by_group(identifier: int, payload: bytes) -> Told | None:
    """What a whole J1939 message tells; None: nothing of codes. An SPN of which nobody can tell how it is written
    (conversion methods 1 to 3) is left out."""
    way = GROUPS.get(pgn_of(identifier))
    if way is None or len(payload) < _LAMPS + _CODE:
        return None
    records = [payload[at : at + _CODE] for at in range(_LAMPS, len(payload) - _CODE + 1, _CODE)]
    codes = [suspect_from_bytes(raw) for raw in records if any(raw[:3]) and raw != b"\xff" * _CODE]
    return way, tuple(f"SPN {code.spn} FMI {code.fmi}" for code in codes if code.spn is not None)
