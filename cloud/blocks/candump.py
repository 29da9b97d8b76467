"""Frames as the lines of a candump log, in the form of `candump -L` (can-utils).

Times are in microseconds where that is exact, else in nanoseconds; telltale-edge reads both. can-utils takes any
fraction for microseconds, so whoever wants its tools is told how many lines have nanoseconds.
"""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from edge.frames import BIT_RATE_SWITCH, ERROR, ERROR_STATE, EXTENDED, FD, NANOSECONDS, REMOTE
from edge.wire.frame_block import Frames

MICROSECOND: Final = 1000
"""ns"""
_ERROR_BIT: Final = 0x2000_0000
_SHORT_MAX: Final = 0x7FF
_FD_BRS: Final = 1
_FD_ESI: Final = 2
_NAME_MAX: Final = 64
_NOT_IN_A_NAME: Final = re.compile(r"[^!-~]")


def candump_log(frames: Frames) -> bytes:
    """A line for each frame, in their order.

    Raises:
        ValueError: no candump log can say that (`unsayable`).
    """
    if problem := unsayable(frames):
        raise ValueError(problem)
    return "".join(_lines(frames)).encode("ascii")


def unsayable(frames: Frames) -> str:
    """Why no candump log can say these frames: a time is negative, an id of 11 bits has more; "" where one can."""
    if len(frames) and int(frames.time.min()) < 0:
        return f"a frame has the time {int(frames.time.min())} ns, and a candump log knows none below 0"
    is_long = frames.flags & (EXTENDED | ERROR) != 0
    if (frames.id[~is_long] > _SHORT_MAX).any():
        return f"an id above {_SHORT_MAX:X} is told to have 11 bits, which a candump log cannot say"
    return ""


def finer_than_candump(frames: Frames) -> int:
    """How many frames have a time that microseconds do not hold."""
    return int(np.count_nonzero(frames.time % MICROSECOND))


def renamed(frames: Frames) -> dict[str, str]:
    """The buses whose names cannot stand in a candump log, and what stands there instead."""
    return {name: _name(name) for name in frames.buses if _name(name) != name}


def _name(bus: str) -> str:
    return _NOT_IN_A_NAME.sub("_", bus)[:_NAME_MAX] or "_"


def _lines(frames: Frames) -> Iterator[str]:
    names = [_name(bus) for bus in frames.buses]
    digits = frames.payload.tobytes().hex().upper()
    width = 2 * frames.payload.shape[1]
    columns = (frames.time, frames.bus, frames.id, frames.flags, frames.length)
    for row, (time, bus, identifier, flags, length) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        data = digits[row * width : row * width + 2 * length]
        yield f"({_stamp(time)}) {names[bus]} {_identifier(identifier, flags)}#{_payload(flags, length, data)}\n"


def _stamp(time: int) -> str:
    seconds, fraction = divmod(time, NANOSECONDS)
    micros, nanos = divmod(fraction, MICROSECOND)
    return f"{seconds:010d}.{micros:06d}{f'{nanos:03d}' if nanos else ''}"


def _identifier(identifier: int, flags: int) -> str:
    if flags & ERROR:
        return f"{identifier | _ERROR_BIT:08X}"
    return f"{identifier:08X}" if flags & EXTENDED else f"{identifier:03X}"


def _payload(flags: int, length: int, data: str) -> str:
    if flags & REMOTE:
        return f"R{length or ''}"
    if not flags & FD:
        return data
    return f"#{(_FD_BRS if flags & BIT_RATE_SWITCH else 0) | (_FD_ESI if flags & ERROR_STATE else 0):X}{data}"
