"""Checksums of frames, many frames at once: what makers compute over a payload, and where they put it.

Sums and XOR run over all bytes but the checksum's own bits; a CRC over all bytes but the checksum's own byte.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from edge.decode.schemes import Scheme
from edge.frames import UInt8s, UInt32s

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BitField:
    """Where a number of at most 16 bits stands in a payload."""

    begin: int
    """As Tables.begin."""
    bits: int
    big: bool

    @property
    def end(self) -> int:
        """How many bytes a frame must have for it."""
        return (self.begin + self.bits + 7) // 8

    @property
    def is_byte(self) -> bool:
        """It is a whole byte."""
        return self.bits == 8 and self.begin % 8 == 0

    def read(self, payload: UInt8s) -> Int64s:
        """(N,) of payloads (N, bytes)."""
        first, last = self.begin // 8, self.end
        word = np.zeros(len(payload), np.int64)
        for byte in range(first, last):
            shift = 8 * (last - 1 - byte) if self.big else 8 * (byte - first)
            word |= payload[:, byte].astype(np.int64) << shift
        down = 8 * last - self.begin - self.bits if self.big else self.begin - 8 * first
        return (word >> down) & ((1 << self.bits) - 1)

    def without(self, payload: UInt8s) -> UInt8s:
        """The payloads with zeros in its place."""
        cleared = payload.copy()
        for place in range(self.begin, self.begin + self.bits):
            bit = 7 - place % 8 if self.big else place % 8
            cleared[:, place // 8] &= np.uint8(~(1 << bit) & 0xFF)
        return cleared


def computed(scheme: Scheme, payload: UInt8s, identifier: UInt32s, field: BitField, counter: Int64s | None) -> Int64s:
    """(N,) what the checksum of payloads (N, bytes), all of one length, ought to be; as many bits as its field has."""
    if scheme.kind == "crc8":
        return _crc8(scheme, payload, field.begin // 8, counter)
    if scheme.kind == "j1939":
        return _j1939(payload, identifier, counter)
    body = field.without(payload)
    own = np.full(len(payload), scheme.initial, np.int64)
    extra = [np.full(len(payload), byte, np.int64) for byte in scheme.before]
    if scheme.with_id:
        extra += [(identifier >> np.uint32(8 * byte)).astype(np.int64) & 0xFF for byte in range(4)]
    if scheme.with_length:
        extra.append(np.full(len(payload), payload.shape[1], np.int64))
    if scheme.kind == "sum":
        own += body.sum(axis=1, dtype=np.int64) + np.array(extra, np.int64).reshape(-1, len(payload)).sum(axis=0)
    else:
        own ^= np.bitwise_xor.reduce(body, axis=1).astype(np.int64)
        for one in extra:
            own ^= one
    return (own ^ scheme.final_xor) & ((1 << field.bits) - 1)


def _crc8(scheme: Scheme, payload: UInt8s, own_byte: int, counter: Int64s | None) -> Int64s:
    table = _crc_table(scheme.polynomial)
    crc = np.full(len(payload), scheme.initial, np.uint8)
    for byte in scheme.before:
        crc = table[crc ^ np.uint8(byte)]
    for place in range(payload.shape[1]):
        if place != own_byte:
            crc = table[crc ^ payload[:, place]]
    if scheme.after_by_counter and counter is not None:
        crc = table[crc ^ np.array(scheme.after_by_counter, np.uint8)[counter % len(scheme.after_by_counter)]]
    return (crc ^ np.uint8(scheme.final_xor)).astype(np.int64)


def _j1939(payload: UInt8s, identifier: UInt32s, counter: Int64s | None) -> Int64s:
    """SAE J1939-71, TSC1: bytes 1 to 7, the counter and the bytes of the id, folded to three bits."""
    total = payload[:, :7].sum(axis=1, dtype=np.int64) + (0 if counter is None else counter & 0x0F)
    for byte in range(4):
        total = total + ((identifier >> np.uint32(8 * byte)).astype(np.int64) & 0xFF)
    folded: Int64s = (((total >> 6) & 3) + (total >> 3) + total) & 7
    return folded


@lru_cache(maxsize=8)
def _crc_table(polynomial: int) -> UInt8s:
    table = np.arange(256, dtype=np.uint8)
    for _ in range(8):
        table = np.where(table & 0x80, (table << 1) ^ polynomial, table << 1).astype(np.uint8)
    return table
