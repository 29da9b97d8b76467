"""What of a batch of frames is the vehicle's own traffic, and how much of the bus all of it took. Pure arrays."""

import numpy as np

from edge.diagnostics.budget import frame_bits
from edge.frames import ERROR, EXTENDED, FrameBatch

_OF_TESTERS = np.zeros(256, np.bool_)
_OF_TESTERS[[0xDA, 0xDB, 0xE8, 0xEA, 0xEB, 0xEC, 0xEE]] = True
"""Third byte of a 29-bit id: ISO 15765-2; J1939's acknowledgements, requests, long messages and claims."""
_FIXED = frame_bits(0, extended=False), frame_bits(0, extended=True)
_BYTE = (frame_bits(8, extended=False) - _FIXED[0]) / 8


def own_traffic(batch: FrameBatch) -> tuple[int, int, int]:
    """How many frames testers neither sent nor were answered with, the time of the last, and the bits of all at worst.

    The time is 0 when there is none.
    """
    is_frame = (batch.flags & ERROR) == 0
    extended = (batch.flags & EXTENDED) != 0
    middle = (batch.id >> 16) & 0xFF
    is_long = extended & _OF_TESTERS[middle]
    is_short = ~extended & ((batch.id == 0x7DF) | ((batch.id >= 0x7E0) & (batch.id <= 0x7EF)))
    own = (is_frame & ~is_long & ~is_short).nonzero()[0]
    bits = np.where(extended, _FIXED[1], _FIXED[0])[is_frame].sum() + _BYTE * batch.length[is_frame].sum(dtype=np.int64)
    return len(own), int(batch.time[own[-1]]) if len(own) else 0, int(bits)
