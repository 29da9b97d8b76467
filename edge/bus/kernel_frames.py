"""Frames as the kernel hands them out (struct can_frame and canfd_frame, linux/can.h) into columns."""

from typing import Final

import numpy as np
import numpy.typing as npt

from edge.frames import (
    BIT_RATE_SWITCH,
    CLASSIC_BYTES,
    ERROR,
    ERROR_STATE,
    EXTENDED,
    FD,
    FD_BYTES,
    REMOTE,
    FrameBatch,
    Int64s,
    UInt8s,
)

MTU: Final = 16
FD_MTU: Final = 72
EXTENDED_BIT: Final = 0x8000_0000
ERROR_BIT: Final = 0x2000_0000
ID_MASK: Final = 0x1FFF_FFFF
STANDARD_MASK: Final = 0x7FF
_HEAD: Final = 8
"""Bytes before the payload: id, length, flags, two that are reserved."""
_KIND_SHIFT: Final = 29
"""The three bits above an id, from the highest: extended, remote, error; they are the place in the tables below."""
_FLAGS: Final = np.array(
    [ERROR if kind & 1 else (EXTENDED if kind & 4 else 0) | (REMOTE if kind & 2 else 0) for kind in range(8)], np.uint8
)
_ID_MASKS: Final = np.array([ID_MASK if kind & 5 else STANDARD_MASK for kind in range(8)], np.uint32)
_WITHIN: Final = np.array([(1 << 8 * length) - 1 for length in range(CLASSIC_BYTES + 1)], "<u8")
"""By length: which bits of eight bytes are the frame's."""
_FD_BRS, _FD_ESI = 0x01, 0x02
Bools = npt.NDArray[np.bool_]


def are_sound(raw: UInt8s, lengths: npt.NDArray[np.uint32]) -> tuple[Bools, Bools]:
    """Of N messages: which are frames at all, and which are FD."""
    is_fd = lengths == FD_MTU
    if lengths.min() == lengths.max() == MTU and raw[:, 4].max() <= CLASSIC_BYTES:
        return ~is_fd, is_fd
    return (is_fd | (lengths == MTU)) & (raw[:, 4] <= np.where(is_fd, FD_BYTES, CLASSIC_BYTES)), is_fd


def to_batch(raw: UInt8s, is_fd: Bools | None, time_ns: Int64s, name: str) -> FrameBatch:
    """The frames of sound messages, copied; `is_fd` is None where none is."""
    told = raw.view(np.uint32)[:, 0]
    kind = told >> np.uint32(_KIND_SHIFT)
    flags = _FLAGS.take(kind)
    length = raw[:, 4].copy()
    if is_fd is None:
        payload = _classic_payload(raw, np.where(flags & REMOTE, 0, length) if (flags & REMOTE).any() else length)
    else:
        rate = np.where(raw[:, 5] & _FD_BRS, BIT_RATE_SWITCH, 0) | np.where(raw[:, 5] & _FD_ESI, ERROR_STATE, 0)
        flags = np.where(is_fd, flags & ~np.uint8(REMOTE) | FD | rate, flags).astype(np.uint8)
        filled = np.where(flags & REMOTE, 0, length)
        payload = np.where(np.arange(FD_BYTES) < filled[:, None], raw[:, _HEAD : _HEAD + FD_BYTES], np.uint8(0))
    return FrameBatch(
        time=time_ns,
        bus=np.zeros(len(raw), np.uint8),
        id=told & _ID_MASKS.take(kind),
        flags=flags,
        length=length,
        payload=payload,
        buses=(name,),
        until=int(time_ns[-1]),
    )


def _classic_payload(raw: UInt8s, filled: UInt8s) -> UInt8s:
    """(N, 8); what lies behind the length of a frame is old and becomes zero."""
    words = raw.view("<u8")[:, _HEAD // 8]
    masked: npt.NDArray[np.uint64] = words & _WITHIN.take(filled)
    return masked.view(np.uint8).reshape(-1, CLASSIC_BYTES)
