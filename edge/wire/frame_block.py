"""frames/1: raw CAN frames in a block, lossless and small (README.md, "Blocks").

Frames are sorted by what they are (bus, flags, length, id: a *line*), and each line's payload is told byte position by
byte position as what changes from frame to frame. When which line was heard is told apart from that.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.wire.columns import Int64s, Ints, Reader, UInt8s, UInt64s, bad, deflate, inflate, number_width, planes
from edge.wire.positions import changes, payloads
from edge.wire.steps import read_steps, steps

FORMAT: Final = "frames/1"
FRAMES_MAX: Final = 1 << 18
"""Of a block: 16 s of two saturated buses of 1 Mbit/s."""
BUSES_MAX: Final = 255
NAME_BYTES_MAX: Final = 200
INFLATED_MAX: Final = 1 << 26
"""Bytes of all columns."""

CLASSIC_BYTES: Final = 8
FD_BYTES: Final = 64
FD: Final = 0x02
"""Of `flags`: a CAN FD frame."""
ID_MAX: Final = 0x1FFF_FFFF

_HEAD: Final = struct.Struct("<III")

UInt32s = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Frames:
    """N frames in the order in which they were heard. Bytes of `payload` past `length` are zero."""

    time: Int64s
    """(N,) ns."""
    bus: UInt8s
    """(N,) index into `buses`."""
    id: UInt32s
    """(N,) arbitration id without flag bits."""
    flags: UInt8s
    """(N,) 1 extended, 2 FD, 4 remote, 8 error frame, 16 bit rate switch, 32 error state."""
    length: UInt8s
    """(N,) payload bytes."""
    payload: UInt8s
    """(N, 8) when every frame is classic, else (N, 64)."""
    buses: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)


def encode_frames(frames: Frames) -> bytes:
    """The block of frames. Equal frames give equal columns everywhere, and equal bytes with the same zlib.

    Classic frames in a `payload` of 64 bytes give the block that they give in one of 8.

    Raises:
        ValueError: the arrays contradict each other, or there are more than FRAMES_MAX frames.
    """
    _check(frames)
    count = len(frames)
    packed = _packed(frames)
    order = np.argsort(packed, kind="stable")
    lines, begins, line_of = _runs(packed[order])
    sequence = np.empty(count, np.uint64)
    sequence[order] = line_of
    length = _length(lines)
    width = int(length.max(initial=0))
    told = changes(np.ascontiguousarray(frames.payload[order, :width].T), begins, line_of, length)
    sections = [
        _names(frames.buses) + _table(lines),
        planes(sequence, number_width(len(lines))),
        *steps(frames.time),
        told.firsts + told.ways,
        told.cells,
    ]
    return _HEAD.pack(count, len(lines), sum(map(len, sections))) + deflate(sections)


def decode_frames(block: bytes) -> Frames:
    """The frames of a block.

    Raises:
        WireError: `bad_body`, it is no such block; nothing else, whatever the bytes are.
    """
    if len(block) < _HEAD.size:
        raise bad(f"a block of frames has at least {_HEAD.size} bytes, not {len(block)}")
    count, kinds, size = _HEAD.unpack_from(block)
    if count > FRAMES_MAX or kinds > count or size > INFLATED_MAX:
        raise bad(f"{count} frames on {kinds} lines in {size} bytes; at most {FRAMES_MAX} in {INFLATED_MAX} are taken")
    reader = Reader(inflate(block[_HEAD.size :], size))
    buses = _read_names(reader)
    lines = _read_table(reader, kinds, len(buses))
    sequence = reader.planes(count, number_width(kinds))
    if count and int(sequence.max()) >= kinds:
        raise bad(f"a frame is on line {int(sequence.max())} of {kinds}")
    time = read_steps(reader, count)
    line_of = sequence.astype(np.intp)
    counts = np.bincount(line_of, minlength=kinds)
    if not counts.all():
        raise bad("a line has no frames")
    length = _length(lines)
    flags = (lines >> np.uint64(40)).astype(np.uint8)
    payload = np.zeros((count, FD_BYTES if (flags & FD).any() else CLASSIC_BYTES), np.uint8)
    order = np.argsort(sequence.astype(np.uint16) if kinds <= 1 << 16 else sequence, kind="stable")
    payload[order, : int(length.max(initial=0))] = payloads(reader, counts, length).T
    reader.end()
    return Frames(
        time=time,
        bus=(lines >> np.uint64(48)).astype(np.uint8)[line_of],
        id=(lines & np.uint64(0xFFFF_FFFF)).astype(np.uint32)[line_of],
        flags=flags[line_of],
        length=length.astype(np.uint8)[line_of],
        payload=payload,
        buses=buses,
    )


def _check(frames: Frames) -> None:
    """Raises ValueError unless the arrays are those of frames."""
    count = len(frames.time)
    if count > FRAMES_MAX:
        raise ValueError(f"{count} frames, at most {FRAMES_MAX} fit in a block")
    for name, type_ in _TYPES.items():
        column: npt.NDArray[np.generic] = getattr(frames, name)
        if column.shape != (count,) or column.dtype != type_:
            raise ValueError(f"{name} is {column.dtype} of {column.shape}, not {np.dtype(type_)} of ({count},)")
    payload = frames.payload
    if payload.dtype != np.uint8 or payload.shape not in ((count, CLASSIC_BYTES), (count, FD_BYTES)):
        raise ValueError(f"payload is {payload.dtype} of {payload.shape}, not uint8 of ({count}, 8) or ({count}, 64)")
    if count and int(frames.bus.max()) >= len(frames.buses):
        raise ValueError(f"a frame is on bus {int(frames.bus.max())} of {len(frames.buses)}")
    if count and int(frames.id.max()) > ID_MAX:
        raise ValueError(f"id {int(frames.id.max()):X} has more than 29 bits")
    longest = np.where(frames.flags & FD, payload.shape[1], CLASSIC_BYTES)
    if (frames.length > longest).any():
        raise ValueError(f"a frame has {int(frames.length[frames.length > longest].max())} bytes, which do not fit")
    if (payload.astype(bool) & (np.arange(payload.shape[1]) >= frames.length[:, None])).any():
        raise ValueError("a payload goes on past its length")


_TYPES: Final = {"time": np.int64, "bus": np.uint8, "id": np.uint32, "flags": np.uint8, "length": np.uint8}


def _packed(frames: Frames) -> UInt64s:
    """What a frame is, in one number: bus, flags, length, id from the highest byte to the lowest."""
    packed = frames.id.astype(np.uint64)
    packed |= frames.length.astype(np.uint64) << np.uint64(32)
    packed |= frames.flags.astype(np.uint64) << np.uint64(40)
    packed |= frames.bus.astype(np.uint64) << np.uint64(48)
    return packed


def _runs(ordered: UInt64s) -> tuple[UInt64s, Ints, Ints]:
    """The different numbers, where each begins, and of each row which of them it has."""
    is_new = np.ones(len(ordered), bool)
    is_new[1:] = ordered[1:] != ordered[:-1]
    begins = np.flatnonzero(is_new)
    return ordered[begins], begins, np.cumsum(is_new) - 1


def _length(lines: UInt64s) -> Ints:
    return (lines >> np.uint64(32) & np.uint64(0xFF)).astype(np.intp)


def _names(buses: tuple[str, ...]) -> bytes:
    """Raises ValueError for names that no block can hold."""
    if len(buses) > BUSES_MAX:
        raise ValueError(f"{len(buses)} buses, at most {BUSES_MAX} fit in a block")
    names = [name.encode() for name in buses]
    if any(len(name) > NAME_BYTES_MAX for name in names):
        raise ValueError(f"the name of a bus has more than {NAME_BYTES_MAX} bytes")
    return bytes([len(names)]) + b"".join(bytes([len(name)]) + name for name in names)


def _read_names(reader: Reader) -> tuple[str, ...]:
    names = []
    for _ in range(reader.number(1)):
        size = reader.number(1)
        if size > NAME_BYTES_MAX:
            raise bad(f"the name of a bus has more than {NAME_BYTES_MAX} bytes")
        names.append(reader.text(size))
    return tuple(names)


def _table(lines: UInt64s) -> bytes:
    """Bus, flags and length of each line, then the ids in four planes."""
    columns = np.ascontiguousarray(lines.astype("<u8").view(np.uint8).reshape(-1, 8).T)
    return b"".join(columns[place].tobytes() for place in (6, 5, 4, 0, 1, 2, 3))


def _read_table(reader: Reader, kinds: int, buses: int) -> UInt64s:
    """Raises WireError unless they are lines of frames, in their order."""
    bus, flags, length = (reader.column(kinds).astype(np.uint64) for _ in range(3))
    identifier = reader.planes(kinds, 4)
    lines: UInt64s = bus << np.uint64(48) | flags << np.uint64(40) | length << np.uint64(32) | identifier
    if (lines[1:] <= lines[:-1]).any():
        raise bad("its lines are not in order")
    if (bus >= buses).any() or (identifier > ID_MAX).any():
        raise bad("a line is on no bus, or has an id of more than 29 bits")
    if (length > np.where(flags & np.uint64(FD), FD_BYTES, CLASSIC_BYTES).astype(np.uint64)).any():
        raise bad("a line has frames that are too long")
    return lines
