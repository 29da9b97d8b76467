"""Session: one long message that a unit sends to us alone, a few packets at a time (SAE J1939-21, 5.10.3). Pure."""

from typing import Final, Self

PACKET_BYTES: Final = 7
BYTES_MAX: Final = 1785
WINDOW: Final = 8
"""Packets that we take for one "clear to send"."""
PAUSE_NS: Final = 750_000_000
"""T1: between two packets at most (SAE J1939-21, 5.10.2.4); after it the window is over."""
RETRIES_MAX: Final = 8
"""How often a missing packet is asked for again."""
_CTS: Final = 17
_END: Final = 19
_ABORT: Final = 255
HOLD_NS: Final = 500_000_000
"""Th: a sender that is held hears so at least this often (SAE J1939-21, 5.10.2.4)."""


def abort(group: bytes) -> bytes:
    """The "connection abort" for a group (three bytes): a time-out, or nobody asked (reason 3)."""
    return bytes([_ABORT, 3, 0xFF, 0xFF, 0xFF]) + group


class Session:
    """Packets in whatever order; what is missing is asked for again."""

    def __init__(self, group: int, length: int, limit: int, now_ns: int) -> None:
        """`limit`: packets that the sender gives for one "clear to send"; `now_ns`: monotonic."""
        self.group = group
        self.window = min(WINDOW, limit)
        self._length = length
        self._packets = -(-length // PACKET_BYTES)
        self._parts: dict[int, bytes] = {}
        self._expected: set[int] = set()
        """Of the running window."""
        self._last = 0
        self._heard_ns = now_ns
        self._retries = 0

    @classmethod
    def announced(cls, payload: bytes, now_ns: int) -> Self | None:
        """From a "request to send"; None when it cannot be right."""
        if len(payload) < 8:
            return None
        length, packets, limit = int.from_bytes(payload[1:3], "little"), payload[3], payload[4]
        if not PACKET_BYTES < length <= BYTES_MAX or packets != -(-length // PACKET_BYTES) or not limit:
            return None
        return cls(int.from_bytes(payload[5:8], "little"), length, limit, now_ns)

    def take(self, payload: bytes, now_ns: int) -> bool:
        """A packet; whether it is one of this message, and brings all that it must."""
        self._heard_ns = now_ns
        if not payload or not 1 <= payload[0] <= self._packets:
            return False
        part = payload[1 : 1 + PACKET_BYTES]
        if len(part) < min(PACKET_BYTES, self._length - PACKET_BYTES * (payload[0] - 1)):
            return False
        self._parts[payload[0]] = part
        self._last = payload[0]
        self._expected.discard(payload[0])
        return True

    @property
    def is_whole(self) -> bool:
        """Every packet is here."""
        return len(self._parts) == self._packets

    def waits(self, now_ns: int) -> bool:
        """Whether the sender waits for us: at the beginning, and when its window is over, whole or not."""
        is_over = not self._expected or self._last >= max(self._expected) or now_ns - self._heard_ns >= PAUSE_NS
        return is_over and self._retries <= RETRIES_MAX

    def must_hold(self, now_ns: int) -> bool:
        """Whether the sender would give up soon if it heard nothing."""
        return now_ns - self._heard_ns >= HOLD_NS

    def hold(self, now_ns: int) -> bytes:
        """The "clear to send" of no packets: wait."""
        self._heard_ns = now_ns
        return bytes([_CTS, 0, 0xFF, 0xFF, 0xFF]) + self.group.to_bytes(3, "little")

    @property
    def message(self) -> bytes:
        """What was sent, without the filling."""
        return b"".join(self._parts[one] for one in sorted(self._parts))[: self._length]

    def go_on(self, now_ns: int) -> bytes:
        """The "clear to send" for the first packets that are missing."""
        first = next(one for one in range(1, self._packets + 1) if one not in self._parts)
        last = first
        while last < self._packets and last + 1 not in self._parts and last - first + 1 < self.window:
            last += 1
        self._retries += bool(self._expected)
        self._expected = set(range(first, last + 1))
        self._last = first - 1
        self._heard_ns = now_ns
        return bytes([_CTS, last - first + 1, first, 0xFF, 0xFF]) + self.group.to_bytes(3, "little")

    def end(self) -> bytes:
        """The "end of message": it is all here."""
        length = self._length.to_bytes(2, "little")
        return bytes([_END]) + length + bytes([self._packets, 0xFF]) + self.group.to_bytes(3, "little")
