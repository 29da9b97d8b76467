"""IsoTp: a control unit's end of ISO 15765-2 on classic CAN: payloads and times in, payloads and times out.

A server in the sense of ISO 15765-4: half duplex (what comes while it answers is ignored), frames of eight bytes only.
Time-outs are looked at when something is heard or asked for, so no clock is needed; times must not run backwards.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

FRAME_BYTES: Final = 8
"""ISO 15765-4: every diagnostic frame has eight bytes; shorter ones are ignored."""
PADDING: Final = 0xCC
"""Recommended by ISO 15765-2: it needs few stuff bits."""
LENGTH_MAX: Final = 4095
"""Longest message of classic CAN without the escape sequence."""
BUFFER_BYTES: Final = 512
"""Longest request that a unit takes; an ordinary value, longer ones are met with "overflow"."""

MILLISECOND_NS: Final = 1_000_000
FLOW_TIMEOUT_NS: Final = 1_000 * MILLISECOND_NS
"""N_Bs: how long an answer waits for flow control (ISO 15765-2 table 21)."""
CONSECUTIVE_TIMEOUT_NS: Final = 1_000 * MILLISECOND_NS
"""N_Cr: how long a request may pause between two frames."""
FLOW_DELAY_NS: Final = 1 * MILLISECOND_NS
"""N_Br: from a frame that wants flow control until it is sent; an ordinary value."""
FRAME_NS: Final = 250_000
"""Eight bytes at 500 kbit/s take 0.22 to 0.27 ms: nothing follows faster."""

SINGLE: Final = 0
FIRST: Final = 1
CONSECUTIVE: Final = 2
FLOW: Final = 3
CONTINUE: Final = 0
WAIT: Final = 1
OVERFLOW: Final = 2

Timed = tuple[int, bytes]


def single_frame(payload: bytes) -> bytes | None:
    """The request in a single frame; None when it is none, or malformed."""
    if len(payload) != FRAME_BYTES or payload[0] >> 4 != SINGLE:
        return None
    length = payload[0]
    return payload[1 : 1 + length] if 1 <= length < FRAME_BYTES else None


def separation_ns(code: int) -> int:
    """STmin as time: 0 to 127 ms, 100 to 900 µs; what is reserved counts as the longest (ISO 15765-2 9.6.5.5)."""
    if code <= 0x7F:
        return code * MILLISECOND_NS
    if 0xF1 <= code <= 0xF9:
        return (code - 0xF0) * 100_000
    return 0x7F * MILLISECOND_NS


@dataclass(slots=True)
class _Request:
    """A request that comes in pieces."""

    length: int
    received: bytearray
    until_ns: int
    sequence: int = 1
    in_block: int = 0


@dataclass(slots=True)
class _Answer:
    """An answer that leaves in pieces."""

    message: bytes
    sent: int
    """Bytes that are on the bus."""
    until_ns: int
    """While it waits: when it gives up."""
    next_ns: int | None = None
    """When the next frame leaves; None: it waits for flow control."""
    separation_ns: int = 0
    left_in_block: int | None = None
    """Frames until the next flow control; None: no more are wanted."""
    sequence: int = 1


class IsoTp:
    """One unit's physical connection with one tester."""

    def __init__(self, *, block_size: int = 8, separation_ms: int = 5, buffer_bytes: int = BUFFER_BYTES) -> None:
        self._block_size = block_size
        self._separation_ms = separation_ms
        self._buffer_bytes = buffer_bytes
        self._request: _Request | None = None
        self._answer: _Answer | None = None
        self._queue: deque[Timed] = deque()
        self._out: list[Timed] = []
        self._free_ns = 0

    def busy(self, now_ns: int) -> bool:
        """Whether an answer is on its way at this time."""
        self._advance(now_ns)
        return self._answer is not None or bool(self._queue)

    def hear(self, payload: bytes, now_ns: int) -> bytes | None:
        """Take one frame to the unit's own id; the request when it is complete with it."""
        if len(payload) != FRAME_BYTES:
            return None
        self._advance(now_ns)
        kind = payload[0] >> 4
        if kind == CONSECUTIVE:
            return self._consecutive_in(payload, now_ns)
        if kind == FLOW:
            self._flow_in(payload, now_ns)
        elif not self.busy(now_ns):
            if kind == SINGLE:
                request = single_frame(payload)
                if request is not None:
                    self._request = None
                return request
            if kind == FIRST:
                self._first_in(payload, now_ns)
        return None

    def answer(self, message: bytes, at_ns: int) -> None:
        """Send a message (1 to 4095 bytes) at that time, or as soon after as those before it are gone."""
        self._queue.append((at_ns, message))

    def due(self, until_ns: int) -> list[Timed]:
        """Frames that leave before that time, in order."""
        if self._answer is None and not self._queue and not self._out:
            return []
        self._advance(until_ns)
        ready = sorted((frame for frame in self._out if frame[0] < until_ns), key=lambda frame: frame[0])
        if ready:
            self._out = [frame for frame in self._out if frame[0] >= until_ns]
        return ready

    def next_ns(self) -> int | None:
        """When the next frame leaves if nothing more is heard; None when none will."""
        times = [at_ns for at_ns, _ in self._out]
        if self._answer is not None:
            if self._answer.next_ns is not None:
                times.append(self._answer.next_ns)
            elif self._queue:
                times.append(max(self._queue[0][0], self._answer.until_ns))
        elif self._queue:
            times.append(max(self._queue[0][0], self._free_ns))
        return min(times, default=None)

    # requests

    def _first_in(self, payload: bytes, now_ns: int) -> None:
        length = (payload[0] & 0x0F) << 8 | payload[1]
        if length == 0:
            length = int.from_bytes(payload[2:6], "big")  # escape sequence: only for what does not fit into 12 bits
            if length <= LENGTH_MAX:
                return
        if length < FRAME_BYTES:
            return
        self._request = None
        if length > self._buffer_bytes:
            self._flow_out(OVERFLOW, now_ns)
            return
        self._flow_out(CONTINUE, now_ns)
        until_ns = now_ns + FLOW_DELAY_NS + CONSECUTIVE_TIMEOUT_NS
        self._request = _Request(length, bytearray(payload[2:]), until_ns)

    def _consecutive_in(self, payload: bytes, now_ns: int) -> bytes | None:
        request = self._request
        if request is None:
            return None
        if now_ns > request.until_ns or payload[0] & 0x0F != request.sequence:
            self._request = None
            return None
        request.sequence = (request.sequence + 1) % 16
        request.received += payload[1:]
        request.until_ns = now_ns + CONSECUTIVE_TIMEOUT_NS
        if len(request.received) >= request.length:
            self._request = None
            return bytes(request.received[: request.length])
        request.in_block += 1
        if request.in_block == self._block_size:
            request.in_block = 0
            request.until_ns += FLOW_DELAY_NS
            self._flow_out(CONTINUE, now_ns)
        return None

    def _flow_out(self, status: int, now_ns: int) -> None:
        control = bytes([FLOW << 4 | status, self._block_size, self._separation_ms])
        self._out.append((now_ns + FLOW_DELAY_NS, _padded(control)))

    # answers

    def _flow_in(self, payload: bytes, now_ns: int) -> None:
        answer = self._answer
        if answer is None or answer.next_ns is not None:
            return
        status = payload[0] & 0x0F
        if status == WAIT:
            answer.until_ns = now_ns + FLOW_TIMEOUT_NS
        elif status == CONTINUE:
            answer.left_in_block = payload[1] or None
            answer.separation_ns = max(separation_ns(payload[2]), FRAME_NS)
            answer.next_ns = now_ns + FRAME_NS
        else:  # overflow, or a status that is reserved (N_INVALID_FS): the answer is lost
            self._end(now_ns)

    def _advance(self, until_ns: int) -> None:
        """Put on the bus what leaves before that time, and give up what has waited too long."""
        while True:
            answer = self._answer
            if answer is None:
                if not self._queue or (start_ns := max(self._queue[0][0], self._free_ns)) >= until_ns:
                    return
                self._begin(self._queue.popleft()[1], start_ns)
            elif answer.next_ns is None:
                if answer.until_ns >= until_ns:
                    return
                self._end(answer.until_ns)
            elif answer.next_ns >= until_ns:
                return
            else:
                self._consecutive_out(answer, answer.next_ns)

    def _begin(self, message: bytes, at_ns: int) -> None:
        length = len(message)
        if length < FRAME_BYTES:
            self._out.append((at_ns, _padded(bytes([length]) + message)))
            self._end(at_ns)
            return
        first = bytes([FIRST << 4 | length >> 8, length & 0xFF]) + message[:6]
        self._out.append((at_ns, first))
        self._answer = _Answer(message, sent=6, until_ns=at_ns + FLOW_TIMEOUT_NS)

    def _consecutive_out(self, answer: _Answer, at_ns: int) -> None:
        piece = answer.message[answer.sent : answer.sent + 7]
        self._out.append((at_ns, _padded(bytes([CONSECUTIVE << 4 | answer.sequence]) + piece)))
        answer.sent += len(piece)
        answer.sequence = (answer.sequence + 1) % 16
        if answer.sent >= len(answer.message):
            self._end(at_ns)
            return
        if answer.left_in_block is not None:
            answer.left_in_block -= 1
        if answer.left_in_block == 0:
            answer.next_ns = None
            answer.until_ns = at_ns + FLOW_TIMEOUT_NS
        else:
            answer.next_ns = at_ns + answer.separation_ns

    def _end(self, at_ns: int) -> None:
        self._answer = None
        self._free_ns = at_ns + FRAME_NS


def _padded(payload: bytes) -> bytes:
    return payload.ljust(FRAME_BYTES, bytes([PADDING]))
