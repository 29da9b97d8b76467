"""BLF of Vector through python-can, which is given whole and sound objects alone.

On a damaged file python-can's reader can turn in one place for ever (an object of size 0), unpack without bound, or
take one object's bytes for another's. So containers are opened here, their objects looked at, and only those whose
frame fits into their size go on, in containers that are not packed. The form: signature `LOGG` and the size of the
head; then objects `LOBJ`, size of the head, its version, size, type; a container (type 10) has a method (0 plain,
2 zlib) and more objects, which may go on in the next one (Vector's BLF, as technica-engineering/vector_blf tells it).
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final, cast

from edge.bus.library import can
from edge.bus.log import OTHER_OBJECT
from edge.bus.log_file import LogFile
from edge.bus.pythoncan_log import bus_of, exact

BAD_OBJECT: Final = "bad_object"
CUT_OBJECT: Final = "cut_object"

_FILE_HEAD_BYTES: Final = 72
"""What python-can reads of it; the rest is passed over by its own size."""
_FILE_HEAD_MOST: Final = 65_536
_HEAD: Final = struct.Struct("<4sHHLL")
_PACKING: Final = struct.Struct("<H6xL4x")
_CONTAINER: Final = 10
_PLAIN, _ZLIB = 0, 2
_CONTAINER_MOST: Final = 16 << 20
"""Bytes of a container, packed or not; usual are 128 kB."""
_OBJECT_MOST: Final = 1 << 20
_OBJECT_HEADS: Final = {1: 32, 2: 40}
"""Bytes of an object's head by its version."""
_LEAST: Final = {1: 16, 86: 16, 73: 32, 100: 84, 101: 40}
"""Bytes of the frames that python-can reads, by type; more types are none."""
_SIGNATURE: Final = b"LOBJ"
_PADDING_MOST: Final = 8


class SoundBlf:
    """A BLF file as python-can may read it."""

    def __init__(self, log_file: LogFile) -> None:
        self.counters = Counter({BAD_OBJECT: 0, CUT_OBJECT: 0})
        self.taken = 0
        """Objects handed on."""
        self.place = "its head"
        self._file = log_file
        self._tail = b""
        self._ready = b""
        self._at = 0
        self._is_begun = False

    def read(self, size: int) -> bytes:
        """The next bytes; fewer only at the end."""
        while len(self._ready) < size and (more := self._more()):
            self._ready += more
        chunk, self._ready = self._ready[:size], self._ready[size:]
        return chunk

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._file.close()

    def _more(self) -> bytes:
        """The head of the file, then a container with at least one sound object; nothing at the end."""
        if not self._is_begun:
            self._is_begun = True
            return self._file_head()
        while (content := self._container()) is not None:
            objects = self._sound(self._tail + content)
            if objects:
                body = _PACKING.pack(_PLAIN, len(objects)) + objects
                size = _HEAD.size + len(body)
                return _HEAD.pack(_SIGNATURE, _HEAD.size, 1, size, _CONTAINER) + body + bytes(size % 4)
        if self._tail:
            self._tail = b""
            self.counters[CUT_OBJECT] += 1
        return b""

    def _file_head(self) -> bytes:
        head = self._take(_FILE_HEAD_BYTES)
        size = int.from_bytes(head[4:8], "little")
        if len(head) < _FILE_HEAD_BYTES or not _FILE_HEAD_BYTES <= size <= _FILE_HEAD_MOST:
            raise ValueError("no head of a BLF file")
        return head + self._take(size - _FILE_HEAD_BYTES)

    def _container(self) -> bytes | None:
        """What is in the next container; None at the end, or where no more can be found."""
        head = self._take(_HEAD.size)
        if not head:
            return None
        self.place = f"the object at byte {self._at - len(head)}"
        if len(head) < _HEAD.size:
            self.counters[CUT_OBJECT] += 1
            return None
        signature, _, _, size, kind = _HEAD.unpack(head)
        if signature != _SIGNATURE or not _HEAD.size <= size <= _CONTAINER_MOST:
            self.counters[BAD_OBJECT] += 1  # where the next one begins is not known any more
            return None
        body = self._take(size - _HEAD.size)
        self._take(size % 4)
        if len(body) < size - _HEAD.size:
            self.counters[CUT_OBJECT] += 1
        return self._unpacked(body) if kind == _CONTAINER else b""

    def _unpacked(self, body: bytes) -> bytes:
        """What was packed, as far as it can be unpacked."""
        if len(body) < _PACKING.size:
            return b""
        method, _ = _PACKING.unpack_from(body)
        content = body[_PACKING.size :]
        if method == _PLAIN:
            return content
        inflate = zlib.decompressobj()
        try:
            unpacked = inflate.decompress(content, _CONTAINER_MOST) if method == _ZLIB else None
        except zlib.error:
            unpacked = None
        if unpacked is None or not inflate.eof:
            self.counters[BAD_OBJECT] += 1
        if unpacked is None:
            self._tail = b""  # what began in the container before cannot go on
        return unpacked or b""

    def _sound(self, content: bytes) -> bytes:
        """Its sound objects, one after the other; what is not whole yet is kept for the next container."""
        found = []
        at = 0
        while at + _HEAD.size <= len(content):
            begin = content.find(_SIGNATURE, at, at + _PADDING_MOST + len(_SIGNATURE) - 1)
            if begin < 0:
                self.counters[BAD_OBJECT] += 1
                at = _next(content, at)
                continue
            if begin + _HEAD.size > len(content):
                at = begin
                break
            _, _, version, size, kind = _HEAD.unpack_from(content, begin)
            head = _OBJECT_HEADS.get(version, 0)
            if not head or not head + _LEAST.get(kind, 0) <= size <= _OBJECT_MOST:
                self.counters[BAD_OBJECT] += 1
                at = _next(content, begin + 1)
            elif begin + size > len(content):
                at = begin
                break
            else:
                found.append(content[begin : begin + size])
                at = begin + size
        self._tail = content[at:] if at < len(content) and content[at:].strip(b"\0") else b""
        self.taken += len(found)
        return b"".join(found)

    def _take(self, size: int) -> bytes:
        """The next bytes of the file; fewer only at its end."""
        chunks = []
        while size and (chunk := self._file.read(size)):
            chunks.append(chunk)
            size -= len(chunk)
            self._at += len(chunk)
        return b"".join(chunks)


def _next(content: bytes, at: int) -> int:
    """Where another object may begin."""
    begin = content.find(_SIGNATURE, at)
    return begin if begin >= 0 else len(content)


class Blf:
    """BLF: nanoseconds or tens of microseconds since the date in its head, channels from 1."""

    form = "BLF log"
    bad = BAD_OBJECT
    cut = ""

    def __init__(self, log_file: LogFile) -> None:
        self._objects = SoundBlf(log_file)
        self._reader: can.BLFReader | None = None
        self._zero_ns = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Objects that python-can never saw."""
        return dict(self._objects.counters)

    @property
    def units(self) -> tuple[str, int]:
        """Objects that it saw."""
        return OTHER_OBJECT, self._objects.taken

    def messages(self) -> Iterator[can.Message]:
        """All of them."""
        reader = can.BLFReader(cast("BinaryIO", self._objects))
        self._zero_ns = round(reader.start_timestamp * 1000) * 1_000_000
        reader.start_timestamp = 0.0  # with it, a float would not hold nanoseconds
        yield from reader

    def place(self) -> str:
        """The object that was taken last."""
        return self._objects.place

    def is_over(self) -> bool:
        """It cannot go on."""
        return True

    def time_ns(self, message: can.Message) -> int:
        """When it was heard."""
        return self._zero_ns + exact(message.timestamp)

    def bus(self, message: can.Message) -> str:
        """Where it was heard."""
        return bus_of(message, 1)

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._objects.close()
