"""Testers of a workshop on the bus: told from dongles and recorders, which only read, by what they ask for. Pure.

A dongle that polls values is in the vehicle for good, and its driver wants to be warned all the same. Somebody works
on the vehicle when a session is opened or held open, memory is cleared, written or unlocked, or something is actuated
(ISO 14229-1, clause 9 to 14: 10, 11, 14, 27, 28, 2E, 2F, 31, 34 to 37, 3D, 3E, 85; SAE J1979: 04; SAE J1939-73:
requests for DM3 and DM11). This box sends none of these, but to erase codes when its owner has it do so.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from edge.frames import EXTENDED, FrameBatch

_SERVICES: Final = np.zeros(256, np.bool_)
_SERVICES[[0x04, 0x10, 0x11, 0x14, 0x27, 0x28, 0x2E, 0x2F, 0x31, 0x34, 0x35, 0x36, 0x37, 0x3D, 0x3E, 0x85]] = True
_ISO_TP: Final = (0xDA, 0xDB)
"""Third byte of a 29-bit id, ISO 15765-2: to one unit, to all."""
_TESTER: Final = 0xF1
_REQUEST: Final = 0xEA
"""Of SAE J1939-21."""
_CLEARING: Final = ((0xCC, 0xFE, 0x00), (0xD3, 0xFE, 0x00))
"""DM3 (65228) and DM11 (65235)."""
_NEVER: Final = np.empty(0, np.int64)


def times_of_work(frames: FrameBatch) -> npt.NDArray[np.int64]:
    """When (ns) a tester asked for what only a workshop asks for, in the order of the frames."""
    if not len(frames):
        return _NEVER
    is_long = (frames.flags & EXTENDED) != 0
    middle = (frames.id >> 16) & 0xFF
    asks = ~is_long & (((frames.id >= 0x7E0) & (frames.id <= 0x7E7)) | (frames.id == 0x7DF))
    asks |= is_long & ((middle == _ISO_TP[0]) | (middle == _ISO_TP[1])) & ((frames.id & 0xFF) == _TESTER)
    asks |= is_long & (middle == _REQUEST)
    rows = asks.nonzero()[0]
    if not len(rows):
        return _NEVER
    payload, requests = frames.payload[rows, :3], middle[rows] == _REQUEST
    # Of a single frame the first byte is its length, of a first frame the service is the third byte.
    first = payload[:, 0] >> 4
    service = np.where(first == 0, payload[:, 1], payload[:, 2])
    works = ~(requests & is_long[rows]) & (first <= 1) & _SERVICES[service]
    for clearing in _CLEARING:
        works |= requests & is_long[rows] & (payload == clearing).all(axis=1)
    when: npt.NDArray[np.int64] = frames.time[rows[works]]
    return when
