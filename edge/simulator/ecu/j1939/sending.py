"""One multi-packet message on its way out: told to everyone (BAM), or handed to one tester (RTS and CTS)."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from edge.simulator.ecu.j1939.ids import TP_CM, TP_DT
from edge.simulator.ecu.j1939.packets import (
    BROADCAST_GAP_NS,
    PACKET_GAP_NS,
    T3_NS,
    T4_NS,
    TURN_NS,
    Control,
    Message,
    Reason,
    abort,
    announcement,
    packet,
    packets_of,
)

RETRANSMITS_MAX: Final = 2
"""Requests for a packet that was sent before, for each packet; then the connection is given up with reason 5."""

Said = tuple[int, bytes]
"""Group (TP_CM or TP_DT) and payload of one frame."""


@dataclass(slots=True)
class Broadcast:
    """A message for everyone: its announcement, then its packets 50 ms apart (SAE J1939-21, 5.10.2.1)."""

    message: Message
    at_ns: int
    """When `act` is due."""
    number: int = 0
    """Of the packet that goes out next; 0: the announcement."""

    @property
    def begun(self) -> bool:
        """Whether the announcement is out, so that the payload may no longer change."""
        return self.number > 0

    @property
    def done(self) -> bool:
        """Whether the last packet is out."""
        return self.number > packets_of(len(self.message.payload))

    def act(self) -> Said:
        """What is sent at `at_ns`."""
        number = self.number
        self.number += 1
        self.at_ns += BROADCAST_GAP_NS
        if number == 0:
            return TP_CM, announcement(Control.BAM, len(self.message.payload), self.message.pgn)
        return TP_DT, packet(self.message.payload, number)


class _State(Enum):
    BEGINS = auto()
    WAITS = auto()
    SENDS = auto()
    DONE = auto()


class Sending:
    """A message for one tester, which says how much of it may come when (SAE J1939-21, 5.10.2.2 and 5.10.2.3)."""

    __slots__ = ("_again", "_last", "_next", "_packets", "_state", "at_ns", "message")

    def __init__(self, message: Message, at_ns: int) -> None:
        self.message = message
        self.at_ns = at_ns
        """When `act` is due: the next packet, or the end of patience."""
        self._packets = packets_of(len(message.payload))
        self._state = _State.BEGINS
        self._next = 1
        self._last = 0
        self._again: dict[int, int] = {}

    @property
    def done(self) -> bool:
        """Whether the connection is over, for better or worse."""
        return self._state is _State.DONE

    def act(self) -> Said:
        """What is sent at `at_ns`: the RTS, a packet, or the abort of a tester that stays silent."""
        if self._state is _State.BEGINS:
            self._wait(T3_NS)
            return TP_CM, announcement(Control.RTS, len(self.message.payload), self.message.pgn)
        if self._state is not _State.SENDS:
            return self._give_up(Reason.TIMEOUT)
        said = TP_DT, packet(self.message.payload, self._next)
        self._next += 1
        if self._next > self._last:
            self._wait(T3_NS)
        else:
            self.at_ns += PACKET_GAP_NS
        return said

    def cleared(self, packets: int, first: int, now_ns: int) -> Said | None:
        """The tester's CTS; what is said at once if it makes no sense."""
        if self._state is _State.BEGINS:
            return None  # it clears what was not announced yet
        if self._state is _State.SENDS:
            return self._give_up(Reason.CTS_WHILE_SENDING)
        if packets == 0:
            self.at_ns = now_ns
            self._wait(T4_NS)
            return None
        if not 1 <= first <= self._packets:
            return self._give_up(Reason.OTHER)
        if first < self._next and self._asked_too_often(first):
            return self._give_up(Reason.RETRANSMITS)
        self._state = _State.SENDS
        self._next = first
        self._last = min(first + packets - 1, self._packets)
        self.at_ns = now_ns + TURN_NS
        return None

    def end(self) -> None:
        """The tester has it all, or gave up."""
        self._state = _State.DONE

    def _asked_too_often(self, first: int) -> bool:
        self._again[first] = self._again.get(first, 0) + 1
        return self._again[first] > RETRANSMITS_MAX

    def _wait(self, patience_ns: int) -> None:
        self._state = _State.WAITS
        self.at_ns += patience_ns

    def _give_up(self, reason: Reason) -> Said:
        self._state = _State.DONE
        return TP_CM, abort(reason, self.message.pgn)
