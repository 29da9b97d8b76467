"""29-bit arbitration ids of SAE J1939: priority, parameter group, destination and source in one number."""

from dataclasses import dataclass
from typing import Final

GLOBAL: Final = 0xFF
"""Destination: everyone (SAE J1939-21, 5.2)."""
NULL: Final = 0xFE
"""Source of a node that has no address (SAE J1939-81)."""

PDU2_FROM: Final = 0xF0
"""PDU formats from here on are for everyone and count the lower byte to the group (SAE J1939-21, 5.3)."""

REQUEST: Final = 0xEA00
"""PGN 59904 (SAE J1939-21, 5.4.2)."""
ACKNOWLEDGEMENT: Final = 0xE800
"""PGN 59392 (SAE J1939-21, 5.4.4)."""
TP_CM: Final = 0xEC00
"""PGN 60416: management of multi-packet connections (SAE J1939-21, 5.10.3)."""
TP_DT: Final = 0xEB00
"""PGN 60160: the packets themselves (SAE J1939-21, 5.10.4)."""
ADDRESS_CLAIMED: Final = 0xEE00
"""PGN 60928 (SAE J1939-81)."""

PRIORITY: Final = 6
"""Default of requests, acknowledgements and diagnostic messages (SAE J1939-21, 5.4; SAE J1939-73, 5.7)."""
TP_PRIORITY: Final = 7
"""Default of TP.CM and TP.DT (SAE J1939-21, 5.10.3 and 5.10.4)."""

_PGN_MAX: Final = 0x3FFFF


@dataclass(frozen=True, slots=True)
class Id:
    """An arbitration id taken apart."""

    priority: int
    """0 highest to 7."""
    pgn: int
    """18 bits: extended data page, data page, PDU format, and the lower byte, which is 0 for PDU1."""
    destination: int
    """GLOBAL for every PDU2 group."""
    source: int

    @classmethod
    def parse(cls, can_id: int) -> "Id":
        """Take 29 bits apart; higher bits are ignored."""
        pgn = can_id >> 8 & _PGN_MAX
        destination = GLOBAL
        if is_pdu1(pgn):
            destination = pgn & 0xFF
            pgn &= ~0xFF
        return cls(priority=can_id >> 26 & 7, pgn=pgn, destination=destination, source=can_id & 0xFF)

    @property
    def can_id(self) -> int:
        """The 29 bits; a PDU2 group has no place for a destination."""
        group = self.pgn & ~0xFF | self.destination if is_pdu1(self.pgn) else self.pgn
        return self.priority << 26 | group << 8 | self.source


def claim(function: int, number: int) -> bytes:
    """NAME of a unit on a road vehicle that keeps its address (SAE J1939-81): what it is for, and which one it is.

    `number`: 0 to 2097151. The maker's code is "not available": a simulated unit has none.
    """
    return (1 << 60 | function << 40 | 0x7FF << 21 | number).to_bytes(8, "little")


def is_pdu1(pgn: int) -> bool:
    """Whether messages of this group name a destination."""
    return pgn >> 8 & 0xFF < PDU2_FROM


def pgn_bytes(pgn: int) -> bytes:
    """A group's number as it stands in a payload: 3 bytes, lowest first."""
    return pgn.to_bytes(3, "little")
