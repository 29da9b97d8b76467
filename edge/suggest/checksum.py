"""Whether one byte of a message is a checksum of the others: a known function of them, up to a constant.

CRCs are linear: whatever a sender begins with, ends with, or reckons in before the bytes (an id, a secret) changes the
CRC of so many bytes by one and the same XOR. So only the polynomial has to be tried: 0x1D (SAE J1850) and 0x2F, which
are those of AUTOSAR's CRC library, 0x07 (SMBus) and 0x31 (Maxim). A sum may have anything added in the same way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from edge.frames import UInt8s

AGREE: Final = 0.99
"""Of the frames."""
DISTINCT: Final = 20
"""More payloads than this must differ, else too much agrees by chance."""
FRAMES_MAX: Final = 512
_Reckon = Callable[[UInt8s], UInt8s]


@dataclass(frozen=True, slots=True)
class Checksum:
    """A byte that follows from the others."""

    byte: int
    """Counted from 0."""
    kind: str
    constant: int
    """What is XORed to it, or added."""


def find_checksum(payload: UInt8s) -> Checksum | None:
    """The first or last byte of frames (N, bytes) of one length, if it is a checksum; None: none that is known."""
    width = payload.shape[1]
    payload = np.unique(payload[:: max(1, len(payload) // FRAMES_MAX)], axis=0)
    if width < 3 or len(payload) <= DISTINCT:
        return None
    for byte in (width - 1, 0):
        rest = np.delete(payload, byte, axis=1)
        is_moving = len(np.unique(payload[:, byte])) > DISTINCT // 2 and len(np.unique(rest, axis=0)) > DISTINCT
        if not is_moving or np.count_nonzero((rest != rest[0]).any(axis=0)) < 2:
            continue  # of one byte alone a copy would look like a checksum
        for kind, reckon in _KINDS.items():
            apart = payload[:, byte] - reckon(rest) if kind == "sum" else payload[:, byte] ^ reckon(rest)
            constant, count = _commonest(apart)
            if count >= AGREE * len(payload):
                return Checksum(byte, kind, constant)
    return None


def _commonest(values: UInt8s) -> tuple[int, int]:
    counts = np.bincount(values, minlength=256)
    return int(counts.argmax()), int(counts.max())


def _sum(rest: UInt8s) -> UInt8s:
    total: UInt8s = rest.sum(axis=1, dtype=np.uint8)
    return total


def _xor(rest: UInt8s) -> UInt8s:
    total: UInt8s = np.bitwise_xor.reduce(rest, axis=1)
    return total


def _crc(polynomial: int) -> _Reckon:
    table = np.array([_remainder(value, polynomial) for value in range(256)], np.uint8)

    def reckon(rest: UInt8s) -> UInt8s:
        crc = np.zeros(len(rest), np.uint8)
        for column in rest.T:
            crc = table[crc ^ column]
        return crc

    return reckon


def _remainder(value: int, polynomial: int) -> int:
    for _ in range(8):
        value = (value << 1) ^ (0x100 | polynomial) if value & 0x80 else value << 1
    return value & 0xFF


_KINDS: Final[Mapping[str, _Reckon]] = MappingProxyType(
    {"xor": _xor, "sum": _sum}
    | {f"crc-8 {polynomial:02X}": _crc(polynomial) for polynomial in (0x1D, 0x2F, 0x07, 0x31)}
)
