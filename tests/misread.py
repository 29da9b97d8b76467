"""What a controller makes of a bus at another bit rate: frames as bits on a wire, sampled where that rate says.

The controller is one that only listens and hands on whatever it has when it meets an error, as an MCP2515 does whose
filters are off: what it did not read yet is what the frame before has left. It synchronises as ISO 11898-1 (11.3.2)
says: hard at the first edge of a frame, by at most a tenth of a bit at later ones.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.frames import EXTENDED, NANOSECONDS, REMOTE, Frame

IDLE_BITS: Final = 11
SAMPLE_POINT: Final = 0.8
JUMP: Final = 0.1
POLYNOMIAL: Final = 0x4599
STUFF: Final = 5
TAIL: Final = (1, 0, *[1] * 11)
"""CRC delimiter, acknowledgement, its delimiter, end of frame, pause."""


def _bits(number: int, count: int) -> list[int]:
    return [number >> place & 1 for place in range(count - 1, -1, -1)]


def _crc(bits: Sequence[int]) -> int:
    crc = 0
    for bit in bits:
        crc = (crc << 1 & 0x7FFF) ^ (POLYNOMIAL if bit ^ crc >> 14 else 0)
    return crc


def on_the_wire(frame: Frame) -> list[int]:
    """The bits of a classic data frame, with stuff bits, and the pause behind it."""
    if frame.flags & EXTENDED:
        head = [0, *_bits(frame.id >> 18, 11), 1, 1, *_bits(frame.id & 0x3FFFF, 18), 0, 0, 0]
    else:
        head = [0, *_bits(frame.id, 11), 0, 0, 0]
    plain = [*head, *_bits(len(frame.payload), 4)]
    for byte in frame.payload:
        plain += _bits(byte, 8)
    plain += _bits(_crc(plain), 15)
    stuffed: list[int] = []
    for bit in plain:
        stuffed.append(bit)
        if len(stuffed) >= STUFF and len(set(stuffed[-STUFF:])) == 1:
            stuffed.append(1 - bit)
    return [*stuffed, *TAIL]


@dataclass
class Wire:
    """The level of a bus at every bit of its own rate, from time 0."""

    bitrate: int
    level: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, frames: Sequence[Frame], bitrate: int, until_ns: int) -> "Wire":
        """Frames in the order of their time; one that finds the bus taken comes after the one before it."""
        level = np.ones(until_ns * bitrate // NANOSECONDS + 400, np.uint8)
        free = 0
        for frame in frames:
            bits = on_the_wire(frame)
            begin = max(free, frame.time * bitrate // NANOSECONDS)
            if begin + len(bits) > len(level):
                break
            level[begin : begin + len(bits)] = bits
            free = begin + len(bits)
        return cls(bitrate, level)


@dataclass
class Listener:
    """A controller that only listens, at a rate."""

    wire: Wire
    bitrate: int
    _at: float = 0.0
    """In bits of the wire."""
    _run: list[int] = field(default_factory=list)
    _buffer: dict[str, int] = field(default_factory=lambda: {"id": 0, "flags": 0, "length": 0})
    _payload: bytearray = field(default_factory=lambda: bytearray(8))

    @property
    def _step(self) -> float:
        return self.wire.bitrate / self.bitrate

    def frames(self) -> Iterator[Frame]:
        """All that it hands on."""
        falls = np.flatnonzero(np.diff(self.wire.level.astype(np.int8)) == -1) + 1
        while (place := int(np.searchsorted(falls, self._at))) < len(falls):
            self._at = float(falls[place])
            time = int(self._at * NANOSECONDS / self.wire.bitrate)
            with suppress(StopIteration, ValueError):
                self._frame(self._data())
            length = min(8, self._buffer["length"])
            is_remote = bool(self._buffer["flags"] & REMOTE)
            payload = bytes(length) if is_remote else bytes(self._payload[:length])
            yield Frame(time, self._buffer["id"], payload, flags=self._buffer["flags"])
            if not self._waits():
                return

    def _sample(self) -> int | None:
        """The next bit; None: the wire is over."""
        place = int(self._at + SAMPLE_POINT * self._step)
        if place >= len(self.wire.level):
            return None
        begin = self._at
        self._at += self._step
        first = int(begin) + 1
        window = self.wire.level[first - 1 : place + 1]
        edges = np.flatnonzero((window[:-1] == 1) & (window[1:] == 0))
        if len(edges):
            late = first + int(edges[0]) - begin
            late = late if late < self._step / 2 else late - self._step
            self._at += float(np.clip(late, -JUMP * self._step, JUMP * self._step))
        return int(self.wire.level[place])

    def _data(self) -> Iterator[int]:
        """Bits without stuff bits; raises ValueError at six equal ones."""
        last: list[int] = []
        while (bit := self._sample()) is not None:
            if len(last) == STUFF and len(set(last)) == 1:
                if bit == last[0]:
                    raise ValueError("stuff error")
                last = [bit]
                continue
            last = [*last, bit][-STUFF:]
            yield bit

    def _frame(self, data: Iterator[int]) -> None:
        def number(bits: int) -> int:
            value = 0
            for _ in range(bits):
                value = value << 1 | next(data)
            return value

        number(1)
        base, is_remote, is_extended = number(11), number(1), number(1)
        if is_extended:
            identifier, is_remote = base << 18 | number(18), number(1)
            number(2)
        else:
            identifier = base
            number(1)
        flags = EXTENDED * is_extended | REMOTE * is_remote
        self._buffer |= {"id": identifier, "flags": flags, "length": number(4)}
        for place in range(0 if is_remote else min(8, self._buffer["length"])):
            self._payload[place] = number(8)
        number(15)

    def _waits(self) -> bool:
        """Until the bus is idle; whether it goes on."""
        quiet = 0
        while quiet < IDLE_BITS:
            bit = self._sample()
            if bit is None:
                return False
            quiet = quiet + 1 if bit else 0
        return True
