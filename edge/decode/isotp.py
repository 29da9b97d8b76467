"""Answers and questions of several frames put together by listening: ISO 15765-2, on classic CAN and CAN FD.

We send no flow control, so nothing depends on us: a payload is whole when every frame of it was heard in its order.
What does not become whole is dropped and counted by its reason; half a payload is never handed on.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

BYTES_MAX: Final = 4095
"""Of a payload: what twelve bits of length can say (ISO 15765-2, 9.6.3)."""
SESSIONS_MAX: Final = 64
"""Payloads under way at a time; a connector has eight units with 11-bit ids, and few more with 29-bit ones."""
BREAK_NS: Final = 2_000_000_000
"""Between two frames at most: N_Cr, 1000 ms, and before it N_Bs, 1000 ms, in which the tester grants the next block
(ISO 15765-2, table 16). A listener does not know which of the two a silence belongs to."""
CLASSIC_BYTES: Final = 8
_SINGLE, _FIRST, _CONSECUTIVE, _FLOW = range(4)
"""Kinds of frames, by the first four bits (ISO 15765-2, table 9)."""
_SHORT_HEAD: Final = 2
_LONG_HEAD: Final = 6
"""Bytes before the payload in a first frame, with twelve bits of length and with 32 (ISO 15765-2, 9.6.3)."""


class Lost(StrEnum):
    """Why a payload did not become whole."""

    TIMED_OUT = "timed_out"
    """Its frames stopped."""
    WRONG_SEQUENCE = "wrong_sequence"
    """A frame in between was not heard, or one came twice."""
    INTERRUPTED = "interrupted"
    """The same sender began another one."""
    UNEXPECTED = "unexpected"
    """A frame that goes on with something whose beginning was not heard, or of which a frame was missing before."""
    TOO_LONG = "too_long"
    """It announces more bytes than are kept."""
    CROWDED_OUT = "crowded_out"
    """There were more of them at a time than are kept."""
    MALFORMED = "malformed"
    """A frame that cannot be: of no known kind, shorter than it says, or a length that fits into a single frame."""


@dataclass(slots=True)
class _Session:
    length: int
    frame_bytes: int
    """Of its first frame; all but the last have as many (ISO 15765-2, 9.6.4)."""
    parts: bytearray
    next_number: int
    heard_ns: int


class IsoTpListener:
    """Puts together what goes over one bus; senders are told apart by their id."""

    def __init__(self, *, address_bytes: int = 0) -> None:
        """`address_bytes`: 1 with extended or mixed addressing, whose frames begin with an address; else 0."""
        self.whole = 0
        """Payloads that were put together."""
        self.losses: Counter[Lost] = Counter()
        self._address_bytes = address_bytes
        self._sessions: OrderedDict[tuple[int, bytes], _Session] = OrderedDict()
        """By id and address, the one heard longest ago first."""

    @property
    def open(self) -> int:
        """Payloads that are under way."""
        return len(self._sessions)

    def take(self, time_ns: int, identifier: int, payload: bytes) -> bytes | None:
        """Hear a frame; the payload that it completes, without padding, if it completes one.

        Args:
            time_ns: of the frame; times do not fall.
            identifier: 11 or 29 bits; buses and both lengths of ids need a listener each.
            payload: of the frame, as many bytes as it has.
        """
        self._time_out(time_ns)
        key = identifier, payload[: self._address_bytes]
        frame = payload[self._address_bytes :]
        kind = frame[0] >> 4 if frame else None
        if kind == _SINGLE:
            return self._single(key, frame)
        if kind == _FIRST:
            self._first(key, time_ns, frame)
        elif kind == _CONSECUTIVE:
            return self._consecutive(key, time_ns, frame)
        elif kind != _FLOW:  # flow control is about what the other side sends
            self.losses[Lost.MALFORMED] += 1
        return None

    def _single(self, key: tuple[int, bytes], frame: bytes) -> bytes | None:
        self._interrupt(key)
        length, head = frame[0] & 0x0F, 1
        if length == 0 and len(frame) + self._address_bytes > CLASSIC_BYTES:  # FD: the length is in the next byte
            length, head = frame[1], 2
        elif length > CLASSIC_BYTES - 1 - self._address_bytes:
            length = 0
        if not 0 < length <= len(frame) - head:
            self.losses[Lost.MALFORMED] += 1
            return None
        self.whole += 1
        return frame[head : head + length]

    def _first(self, key: tuple[int, bytes], time_ns: int, frame: bytes) -> None:
        self._interrupt(key)
        length, head = _announced(frame)
        if len(frame) + self._address_bytes < CLASSIC_BYTES or length <= len(frame) - head:
            self.losses[Lost.MALFORMED] += 1
            return
        if length > BYTES_MAX:
            self.losses[Lost.TOO_LONG] += 1
            return
        if len(self._sessions) >= SESSIONS_MAX:
            self._sessions.popitem(last=False)
            self.losses[Lost.CROWDED_OUT] += 1
        self._sessions[key] = _Session(length, len(frame), bytearray(frame[head:]), 1, time_ns)

    def _consecutive(self, key: tuple[int, bytes], time_ns: int, frame: bytes) -> bytes | None:
        held = self._sessions.get(key)
        if held is None:
            self.losses[Lost.UNEXPECTED] += 1
            return None
        if frame[0] & 0x0F != held.next_number:
            self._drop(key, Lost.WRONG_SEQUENCE)
            return None
        missing = held.length - len(held.parts)
        if len(frame) < min(held.frame_bytes, 1 + missing):
            self._drop(key, Lost.MALFORMED)
            return None
        held.parts += frame[1 : 1 + missing]
        if len(frame) - 1 >= missing:
            del self._sessions[key]
            self.whole += 1
            return bytes(held.parts)
        held.next_number = (held.next_number + 1) % 16
        held.heard_ns = time_ns
        self._sessions.move_to_end(key)
        return None

    def _interrupt(self, key: tuple[int, bytes]) -> None:
        if key in self._sessions:
            self._drop(key, Lost.INTERRUPTED)

    def _drop(self, key: tuple[int, bytes], why: Lost) -> None:
        del self._sessions[key]
        self.losses[why] += 1

    def _time_out(self, time_ns: int) -> None:
        while self._sessions:
            key, held = next(iter(self._sessions.items()))
            if time_ns - held.heard_ns <= BREAK_NS:
                return
            self._drop(key, Lost.TIMED_OUT)


def _announced(frame: bytes) -> tuple[int, int]:
    """The length that a first frame announces, and where its payload begins; 0: none that may be."""
    length = int.from_bytes(frame[:_SHORT_HEAD], "big") & 0x0FFF
    if length:
        return length, _SHORT_HEAD
    length = int.from_bytes(frame[_SHORT_HEAD:_LONG_HEAD], "big")
    return (length if length > BYTES_MAX else 0), _LONG_HEAD  # 32 bits are for what twelve do not hold
