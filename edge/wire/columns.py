"""Columns of numbers as bytes: what the block formats are made of (README.md, "Blocks").

Every number is little-endian. Planes of N numbers are all their lowest bytes, then all their second ones, and so on:
bytes of like meaning lie together, which is what deflate needs.
"""

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.wire.errors import Reason, WireError

UInt8s = npt.NDArray[np.uint8]
UInt64s = npt.NDArray[np.uint64]
Int64s = npt.NDArray[np.int64]
Ints = npt.NDArray[np.intp]

LEVEL: Final = 6
"""Of zlib; 9 takes twice as long for half a percent."""
ESCAPE: Final = 255
"""The byte of a number that is this large or larger, whose rest stands apart."""
_NUMBER_BYTES: Final = 8


def later(time: Int64s, offset_s: float) -> Int64s:
    """Times (N,) ns so much later, to the microsecond; what would leave 64 bits stays at their end."""
    offset_ns = round(offset_s * 1e6) * 1000
    room = np.iinfo(np.int64)
    low, high = (room.min - offset_ns, room.max) if offset_ns < 0 else (room.min, room.max - offset_ns)
    return np.clip(time, low, high) + offset_ns


def bad(detail: str) -> WireError:
    """Why these bytes are no such block."""
    return WireError(Reason.BAD_BODY, detail)


def deflate(sections: Sequence[bytes]) -> bytes:
    """One zlib stream of all sections, each with Huffman codes of its own."""
    compressor = zlib.compressobj(LEVEL, memLevel=9)
    parts = []
    for section in sections:
        parts += [compressor.compress(section), compressor.flush(zlib.Z_BLOCK)]
    return b"".join([*parts, compressor.flush()])


def inflate(stream: bytes, size: int) -> bytes:
    """What a zlib stream holds, which is `size` bytes; no more than that is ever unpacked.

    Raises:
        WireError: it is damaged, cut, longer or shorter, or something follows it.
    """
    decompressor = zlib.decompressobj()
    try:
        found = decompressor.decompress(stream, size + 1)
    except zlib.error as error:
        raise bad(f"the zlib stream is damaged: {error}") from error
    if len(found) != size or not decompressor.eof or decompressor.unused_data:
        raise bad(f"the zlib stream is not of {size} bytes, as its head says")
    return found


def planes(numbers: UInt64s, width: int) -> bytes:
    """The lowest `width` bytes of each, plane by plane."""
    parts = numbers.astype("<u8", copy=False).view(np.uint8).reshape(-1, _NUMBER_BYTES)
    return np.ascontiguousarray(parts.T[:width]).tobytes()


def width_of(largest: int) -> int:
    """Bytes that hold every number up to this one; 0 holds none but 0."""
    return (largest.bit_length() + 7) // 8


def number_width(count: int) -> int:
    """Bytes that number so many things from 0: 1, 2 or 3."""
    return 1 if count <= 1 << 8 else 2 if count <= 1 << 16 else 3


def zigzag(numbers: Int64s) -> UInt64s:
    """0, -1, 1, -2 … as 0, 1, 2, 3 …; small whichever way they point."""
    return ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)


def unzigzag(numbers: UInt64s) -> Int64s:
    """The numbers again."""
    halves = (numbers >> np.uint64(1)).view(np.int64)
    return halves ^ -(numbers & np.uint64(1)).astype(np.int64)


def escaped(numbers: UInt64s) -> tuple[bytes, bytes]:
    """A byte for each; and apart, of those that are 255 or larger: their count, width, and the rest in planes."""
    small = np.minimum(numbers, ESCAPE).astype(np.uint8)
    rest = numbers[numbers >= ESCAPE] - np.uint64(ESCAPE)
    width = width_of(int(rest.max())) if len(rest) else 0
    return small.tobytes(), len(rest).to_bytes(4, "little") + bytes([width]) + planes(rest, width)


class Reader:
    """Takes columns off the front of bytes; whatever they claim, no more is taken than is there."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, size: int) -> bytes:
        """So many bytes.

        Raises:
            WireError: there are fewer.
        """
        end = self._at + size
        if end > len(self._content):
            raise bad(f"its columns end {end - len(self._content)} bytes too early")
        taken = self._content[self._at : end]
        self._at = end
        return taken

    def number(self, width: int) -> int:
        """One number without sign."""
        return int.from_bytes(self.take(width), "little")

    def text(self, size: int) -> str:
        """So many bytes of UTF-8.

        Raises:
            WireError: there are fewer, or they are not that.
        """
        try:
            return self.take(size).decode()
        except UnicodeDecodeError as error:
            raise bad(f"a name is not UTF-8: {error}") from error

    def column(self, count: int) -> UInt8s:
        """One byte for each."""
        return np.frombuffer(self.take(count), np.uint8)

    def planes(self, count: int, width: int) -> UInt64s:
        """Numbers of so many bytes each."""
        if width > _NUMBER_BYTES:
            raise bad(f"numbers of {width} bytes")
        numbers = np.zeros((count, _NUMBER_BYTES), np.uint8)
        numbers[:, :width] = self.column(count * width).reshape(width, count).T
        return numbers.view("<u8").reshape(count).astype(np.uint64, copy=False)

    def escaped(self, count: int) -> UInt64s:
        """Numbers as `escaped` wrote them."""
        small = self.column(count)
        places = np.flatnonzero(small == ESCAPE)
        told, width = self.number(4), self.number(1)
        if told != len(places):
            raise bad(f"{told} large numbers are told, {len(places)} announced")
        numbers = small.astype(np.uint64)
        numbers[places] += self.planes(told, width)
        return numbers

    def end(self) -> None:
        """Nothing is left.

        Raises:
            WireError: something is.
        """
        if self._at != len(self._content):
            raise bad(f"{len(self._content) - self._at} bytes follow its columns")


def spans(lengths: Ints) -> Ints:
    """Where each of several stretches begins that follow one another."""
    return np.cumsum(lengths) - lengths


def within(starts: Ints, lengths: Ints) -> Ints:
    """The numbers of all places of stretches that begin at `starts`."""
    return np.repeat(starts - spans(lengths), lengths) + np.arange(int(lengths.sum()))
