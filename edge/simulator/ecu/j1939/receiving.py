"""One multi-packet message on its way in, from a tester that broadcasts it or hands it over packet by packet."""

from typing import Final

from edge.simulator.ecu.j1939.packets import (
    SIZE_MAX,
    SIZE_MIN,
    T1_NS,
    T2_NS,
    Message,
    Reason,
    abort,
    clear_to_send,
    end_of_message,
    packets_of,
)

CLEARED_MAX: Final = 16
"""Packets that this side takes for one CTS; an ordinary value."""


def flaw(size: int, packets: int, limit: int) -> Reason | None:
    """Why an announcement cannot be right; None when it can.

    `limit` is the RTS's fifth byte: packets that the sender will send for one CTS.
    """
    if size > SIZE_MAX:
        return Reason.TOO_LONG
    if size < SIZE_MIN or packets != packets_of(size) or limit == 0:
        return Reason.OTHER
    return None


class Receiving:
    """A message that comes in; its sequence must be perfect (SAE J1939-21, 5.10.2)."""

    __slots__ = ("_broadcast", "_cleared", "_got", "_limit", "_message", "_next", "_packets", "_size", "at_ns")

    def __init__(self, announced: Message, size: int, *, limit: int, broadcast: bool, now_ns: int) -> None:
        self._message = announced
        self._size = size
        self._packets = packets_of(size)
        self._limit = min(limit, CLEARED_MAX)
        self._broadcast = broadcast
        self._got = bytearray()
        self._next = 1
        self._cleared = self._packets if broadcast else 0
        self.at_ns = now_ns + (T1_NS if broadcast else T2_NS)
        """When patience ends."""

    @property
    def pgn(self) -> int:
        """Of what comes in."""
        return self._message.pgn

    def clear(self) -> bytes:
        """The CTS for the next packets."""
        packets = min(self._limit, self._packets - self._next + 1)
        self._cleared = self._next + packets - 1
        return clear_to_send(packets, self._next, self.pgn)

    def take(self, payload: bytes, now_ns: int) -> Reason | None:
        """One TP.DT; the reason to give up when it is out of turn."""
        number = payload[0]
        if number != self._next:
            return Reason.DUPLICATE_SEQUENCE if 0 < number < self._next else Reason.BAD_SEQUENCE
        self._got += payload[1:]
        self._next += 1
        more = self._next <= self._cleared
        self.at_ns = now_ns + (T1_NS if more else T2_NS)
        return None

    def answer(self) -> bytes | None:
        """What the sender waits for now: the end of message, or a CTS; nothing for a broadcast."""
        if self._broadcast:
            return None
        if self.whole:
            return end_of_message(self._size, self.pgn)
        return self.clear() if self._next > self._cleared else None

    def give_up(self, reason: Reason) -> bytes | None:
        """What the sender is told; nothing for a broadcast."""
        return None if self._broadcast else abort(reason, self.pgn)

    @property
    def whole(self) -> bool:
        """Whether every packet is here."""
        return self._next > self._packets

    @property
    def message(self) -> Message:
        """What came, without the filling."""
        announced = self._message
        return Message(announced.pgn, announced.source, announced.destination, bytes(self._got[: self._size]))
