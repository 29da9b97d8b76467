"""The text of candump logs: lines to frames and back, exact to the nanosecond.

The form is that of `candump -L` (can-utils, lib.c): `(seconds.fraction) bus ID#BYTES`, an id of three hexadecimal
digits for 11 bits and of eight for 29; `ID##FBYTES` for CAN FD with its flags F; `ID#R` or `ID#R4` for a remote
request of 4 bytes; bit 29 of an eight-digit id marks an error frame of the controller.
"""

import re
from collections.abc import Sequence
from typing import Final, cast

import numpy as np

from edge.frames import (
    BIT_RATE_SWITCH,
    CLASSIC_BYTES,
    ERROR,
    ERROR_STATE,
    EXTENDED,
    FD,
    FD_BYTES,
    NANOSECONDS,
    REMOTE,
    FrameBatch,
    Int64s,
    UInt8s,
    UInt32s,
)

LINE_BYTES: Final = 512
"""No line that can be read is longer."""

_LINE: Final = re.compile(
    rb"""
    \( ([0-8]?[0-9]{1,9}) (?:\.([0-9]{1,9}))? \)            # as many seconds as int64 nanoseconds hold
    [ \t]{1,8} ([!-~]{1,64})                                # the bus
    [ \t]{1,8} ([0-7][0-9A-Fa-f]{2} | [0-3][0-9A-Fa-f]{7}) \#
    (?: (?: [Rr]([0-8]?) | ((?:[0-9A-Fa-f]{2}){0,8}) )
        (?:_[9A-Fa-f])?                                     # a length code above 8; it means 8 bytes
      | \#([0-9A-Fa-f])((?:[0-9A-Fa-f]{2}){0,64}) )
    (?: [ \t]{1,8} [RT] )?                                  # received or sent
    \s{0,8}
    """,
    re.VERBOSE,
)

Line = tuple[bytes, bytes | None, bytes, bytes, bytes | None, bytes | None, bytes | None, bytes | None]
"""Seconds, fraction, bus, id, length of a remote request, classic bytes, FD flags, FD bytes."""

_ERROR_BIT: Final = 0x2000_0000
_ID_MASK: Final = 0x1FFF_FFFF
_FD_BRS: Final = 0x01
_FD_ESI: Final = 0x02


def match_line(line: bytes) -> Line | None:
    """The parts of a line; None for what is no line of a candump log."""
    found = _LINE.fullmatch(line)
    return None if found is None else cast("Line", found.groups())


def bus_name(line: Line) -> bytes:
    """The bus on which the line was heard."""
    return line[2]


def to_batch(lines: Sequence[Line], bus: UInt8s, buses: tuple[str, ...]) -> FrameBatch:
    """The frames of one or more lines, times as they were written; `bus` says for each which of `buses` it was on."""
    seconds, fractions, _, ids, remotes, classics, fd_flags, fd_bytes = zip(*lines, strict=True)
    raw_id = np.array([int(text, 16) for text in ids], np.uint32)
    flags = _id_flags(raw_id, np.array([len(text) for text in ids]) == 8)
    flags |= np.array([_line_flags(remote, fd) for remote, fd in zip(remotes, fd_flags, strict=True)], np.uint8)
    texts = [classic or fd or b"" for classic, fd in zip(classics, fd_bytes, strict=True)]
    length = np.array([len(text) // 2 for text in texts], np.uint8)
    for row in np.flatnonzero(flags & REMOTE):
        length[row] = int(remotes[row] or b"0")
    time = _times(seconds, fractions)
    return FrameBatch(
        time=time,
        bus=bus,
        id=raw_id & np.uint32(_ID_MASK),
        flags=flags,
        length=length,
        payload=_payload(texts, FD_BYTES if (flags & FD).any() else CLASSIC_BYTES),
        buses=buses,
        until=int(time[-1]),
    )


def _times(seconds: Sequence[bytes], fractions: Sequence[bytes | None]) -> Int64s:
    pairs = zip(seconds, fractions, strict=True)
    return np.array([int(whole + (part or b"").ljust(9, b"0")) for whole, part in pairs], np.int64)


def _id_flags(raw_id: UInt32s, is_long: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> UInt8s:
    """Flags that the id itself tells; an error frame has an error class instead of an id."""
    is_error = is_long & (raw_id & _ERROR_BIT != 0)
    return np.where(is_error, ERROR, np.where(is_long, EXTENDED, 0)).astype(np.uint8)


def _line_flags(remote: bytes | None, fd: bytes | None) -> int:
    if fd is None:
        return 0 if remote is None else REMOTE
    bits = int(fd, 16)
    return FD | (BIT_RATE_SWITCH if bits & _FD_BRS else 0) | (ERROR_STATE if bits & _FD_ESI else 0)


def _payload(texts: Sequence[bytes], width: int) -> UInt8s:
    padded = b"".join([text.ljust(2 * width, b"0") for text in texts])
    return np.frombuffer(bytes.fromhex(padded.decode("ascii")), np.uint8).reshape(len(texts), width)


def format_frames(batch: FrameBatch) -> bytes:
    """The lines of a batch; microseconds where they are exact, else nanoseconds.

    What `to_batch` makes of them is the batch again, but for the bus names, in which blanks and what is not ASCII
    become `_`, and for the bytes of a remote request, of which there are none.
    """
    heads = _Heads([re.sub(r"[^!-~]", "_", name)[:64] or "_" for name in batch.buses])
    digits = batch.payload.tobytes().hex().upper()
    width = 2 * batch.payload.shape[1]
    seconds, fractions = np.divmod(batch.time, NANOSECONDS)
    micros, rest = np.divmod(fractions, 1000)
    stamps = [
        f"({second:010d}.{micro:06d}" if not nano else f"({second:010d}.{micro:06d}{nano:03d}"
        for second, micro, nano in zip(seconds.tolist(), micros.tolist(), rest.tolist(), strict=True)
    ]
    keys = zip(batch.bus.tolist(), batch.id.tolist(), batch.flags.tolist(), strict=True)
    sizes = np.where(batch.flags & REMOTE, 0, 2 * batch.length.astype(np.int64)).tolist()
    lines = [
        f"{stamp}) {heads[key]}{digits[begin : begin + size]}\n"
        for stamp, key, begin, size in zip(stamps, keys, range(0, width * len(batch), width), sizes, strict=True)
    ]
    for row in np.flatnonzero(batch.flags & REMOTE).tolist():
        lines[row] = lines[row][:-1] + f"R{batch.length[row] or ''}\n"
    return "".join(lines).encode("ascii")


class _Heads(dict[tuple[int, int, int], str]):
    """Bus (its number), id and flags → their text, made once."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def __missing__(self, key: tuple[int, int, int]) -> str:
        bus, arbitration_id, flags = key
        text = f"{self._names[bus]} {_id(arbitration_id, flags)}#{_fd_flags(flags)}"
        self[key] = text
        return text


def _id(arbitration_id: int, flags: int) -> str:
    if flags & ERROR:
        return f"{arbitration_id | _ERROR_BIT:08X}"
    return f"{arbitration_id:08X}" if flags & EXTENDED else f"{arbitration_id:03X}"


def _fd_flags(flags: int) -> str:
    """What stands before the bytes of an FD frame."""
    if flags & REMOTE or not flags & FD:
        return ""
    bits = (_FD_BRS if flags & BIT_RATE_SWITCH else 0) | (_FD_ESI if flags & ERROR_STATE else 0)
    return f"#{bits:X}"
