"""TP.CM and TP.DT of SAE J1939-21: how multi-packet messages are announced, cleared, acknowledged and given up."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from edge.simulator.ecu.j1939.ids import pgn_bytes

PACKET_BYTES: Final = 7
"""Of a message in one TP.DT, after its sequence number (SAE J1939-21, 5.10.4)."""
SIZE_MIN: Final = 9
SIZE_MAX: Final = 1785
"""255 packets of 7 bytes (SAE J1939-21, 5.10.1)."""

_MILLISECOND: Final = 1_000_000

BROADCAST_GAP_NS: Final = 50 * _MILLISECOND
"""Between the packets of a broadcast: 50 to 200 ms (SAE J1939-21, 5.10.2.1)."""
PACKET_GAP_NS: Final = 2 * _MILLISECOND
"""Between the packets of a connection: no minimum in the standard, at most 200 ms; an ordinary value."""
TURN_NS: Final = 2 * _MILLISECOND
"""Until a TP.CM is answered: at most 200 ms in the standard (Tr); an ordinary value."""
T1_NS: Final = 750 * _MILLISECOND
"""A receiver waits this long for the next packet of several (SAE J1939-21, 5.10.2)."""
T2_NS: Final = 1250 * _MILLISECOND
"""A receiver waits this long for the first packet after its CTS (as above)."""
T3_NS: Final = 1250 * _MILLISECOND
"""A sender waits this long for a CTS or an end of message after its last packet (as above)."""
T4_NS: Final = 1050 * _MILLISECOND
"""A sender that is held by a CTS of 0 packets waits this long for the next (as above)."""


class Control(IntEnum):
    """First byte of TP.CM (SAE J1939-21, 5.10.3)."""

    RTS = 16
    CTS = 17
    END_OF_MESSAGE = 19
    BAM = 32
    ABORT = 255


class Reason(IntEnum):
    """Why a connection is given up (SAE J1939-21, 5.10.3)."""

    BUSY = 1
    """Already in a connection and cannot have another."""
    TIMEOUT = 3
    CTS_WHILE_SENDING = 4
    RETRANSMITS = 5
    """Asked too often for the same packet."""
    BAD_SEQUENCE = 7
    DUPLICATE_SEQUENCE = 8
    TOO_LONG = 9
    """More than 1785 bytes."""
    OTHER = 250


@dataclass(frozen=True, slots=True)
class Message:
    """One whole message of any length."""

    pgn: int
    source: int
    destination: int
    payload: bytes


def packets_of(size: int) -> int:
    """How many TP.DT a message of `size` bytes takes."""
    return -(-size // PACKET_BYTES)


def announcement(control: Control, size: int, pgn: int) -> bytes:
    """RTS or BAM; an RTS sets no limit to the packets of one CTS (byte 5: 0xFF)."""
    return bytes((control, size & 0xFF, size >> 8, packets_of(size), 0xFF)) + pgn_bytes(pgn)


def clear_to_send(packets: int, first: int, pgn: int) -> bytes:
    """CTS for that many packets, beginning with packet `first` (counted from 1)."""
    return bytes((Control.CTS, packets, first, 0xFF, 0xFF)) + pgn_bytes(pgn)


def end_of_message(size: int, pgn: int) -> bytes:
    """The whole message has been received."""
    return bytes((Control.END_OF_MESSAGE, size & 0xFF, size >> 8, packets_of(size), 0xFF)) + pgn_bytes(pgn)


def abort(reason: Reason, pgn: int) -> bytes:
    """The connection is given up."""
    return bytes((Control.ABORT, reason, 0xFF, 0xFF, 0xFF)) + pgn_bytes(pgn)


def packet(payload: bytes, number: int) -> bytes:
    """TP.DT number 1, 2, … of a message, filled up with 0xFF."""
    part = payload[(number - 1) * PACKET_BYTES : number * PACKET_BYTES]
    return bytes((number,)) + part.ljust(PACKET_BYTES, b"\xff")
