"""How an ELM327 writes: frames as lines, and lines as characters that leave at the speed of the serial line."""

from collections import deque
from typing import Final

from edge.frames import ERROR, EXTENDED, FD, NANOSECONDS, REMOTE, Frame
from edge.simulator.elm327_settings import Settings

BITS_PER_CHARACTER: Final = 10
"""8N1: start bit, eight bits, stop bit."""
WAITING_MAX: Final = 4096
"""Characters that wait to leave; more are lost. Only someone who types on and on with the echo on meets this."""


class SerialLine:
    """The way out: characters leave one after another, none before its time."""

    def __init__(self, baud: int) -> None:
        self._character_ns = BITS_PER_CHARACTER * NANOSECONDS // baud
        self._queue: deque[tuple[int, bytes]] = deque()
        self._free_ns = 0
        self.lost = 0
        """Characters for which there was no room."""

    def put(self, text: bytes, at_ns: int) -> None:
        """Send this from that time on, after all that waits already."""
        if self.waiting(at_ns) + len(text) > WAITING_MAX:
            self.lost += len(text)
            return
        start_ns = max(at_ns, self._free_ns)
        self._queue.append((start_ns, text))
        self._free_ns = start_ns + len(text) * self._character_ns

    def waiting(self, at_ns: int) -> int:
        """Characters that have not left at this time."""
        return max(-(-(self._free_ns - at_ns) // self._character_ns), 0)

    def take(self, now_ns: int) -> bytes:
        """What has left since the last time."""
        left = bytearray()
        while self._queue:
            start_ns, text = self._queue[0]
            count = min(max((now_ns - start_ns) // self._character_ns, 0), len(text))
            left += text[:count]
            if count < len(text):
                self._queue[0] = start_ns + count * self._character_ns, text[count:]
                break
            self._queue.popleft()
        return bytes(left)

    def next_ns(self) -> int | None:
        """When the next character has left; None: nothing waits."""
        return self._queue[0][0] + self._character_ns if self._queue else None


def lines(frame: Frame, settings: Settings, *, monitoring: bool = False) -> list[str]:
    """One frame as the adapter shows it; often one line, none for what is hidden (ELM327 data sheet: AT CAF, AT H)."""
    if frame.flags & (ERROR | FD):
        return []
    gap = " " if settings.spaces else ""
    head = _header(frame, gap) if settings.headers else ""
    if frame.flags & REMOTE:
        return [] if settings.formatting else [f"{head}RTR"]
    if settings.headers or not settings.formatting:
        return [head + _octets(frame.payload, gap)]
    return _formatted(frame.payload, gap, monitoring=monitoring)


def _formatted(payload: bytes, gap: str, *, monitoring: bool) -> list[str]:
    """Without the byte of ISO 15765-2, with the length of long messages and the number of their lines."""
    kind, low = (payload[0] >> 4, payload[0] & 0x0F) if payload else (None, 0)
    if kind == 0 and 1 <= low < len(payload):
        return [_octets(payload[1 : 1 + low], gap)]
    if kind == 1 and len(payload) == 8:
        return [f"{low << 8 | payload[1]:03X}", f"0:{gap}{_octets(payload[2:], gap)}"]
    if kind == 2 and len(payload) > 1:
        return [f"{low:X}:{gap}{_octets(payload[1:], gap)}"]  # with what fills the last one up: it does not count
    if kind == 3 and monitoring:
        return [f"FC:{gap}{_octets(payload, gap)}"]
    return [f"{_octets(payload, gap)}<DATA ERROR"] if monitoring else []


def _header(frame: Frame, gap: str) -> str:
    if frame.flags & EXTENDED:
        return _octets(frame.id.to_bytes(4, "big"), gap)
    return f"{frame.id:03X}{gap}"


def _octets(octets: bytes, gap: str) -> str:
    return "".join(f"{octet:02X}{gap}" for octet in octets)
