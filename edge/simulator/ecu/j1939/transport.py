"""The transport protocol of one control unit: messages of 9 to 1785 bytes, to everyone or to one tester, and back.

SAE J1939-21, 5.10. Pure: time comes with every call. What is heard late counts as heard now; time never goes back.
"""

from collections import deque
from typing import Final

from edge.simulator.ecu.j1939.ids import GLOBAL, TP_CM, TP_DT, TP_PRIORITY, Id
from edge.simulator.ecu.j1939.packets import SIZE_MAX, SIZE_MIN, TURN_NS, Control, Message, Reason, abort
from edge.simulator.ecu.j1939.receiving import Receiving, flaw
from edge.simulator.ecu.j1939.sending import Broadcast, Said, Sending

SENDINGS_MAX: Final = 4
"""Testers that one unit hands messages to at once; more are refused. An ordinary value."""
WAITING_MAX: Final = 4
"""Messages that wait for a tester's earlier one, and broadcasts that wait for theirs; an ordinary value."""
RECEIVINGS_MAX: Final = 4
"""Messages that one unit takes in at once; more are refused. An ordinary value."""
UNSENT_MAX: Final = 256
"""Frames that may lie unfetched before further answers to TP.CM are dropped, as on a bus that is full; ordinary."""

Timed = tuple[int, int, bytes]
"""When (ns), arbitration id and payload of one frame to send."""


class Transport:
    """One unit's side of all its multi-packet messages; any frame, however wrong, at worst ends one of them."""

    def __init__(self, address: int) -> None:
        self._address = address
        self._now_ns = 0
        self._said: list[Timed] = []
        self._broadcasts: deque[Broadcast] = deque()
        self._sendings: dict[int, Sending] = {}
        self._waiting: deque[Message] = deque()
        self._receivings: dict[tuple[int, int], Receiving] = {}

    def send(self, message: Message, at_ns: int) -> bool:
        """Begin with a message at that time, or let it wait for its turn; False when there is no room.

        A broadcast takes the place of an older one of its group that has not begun.

        Raises:
            ValueError: the message is not 9 to 1785 bytes long.
        """
        if not SIZE_MIN <= len(message.payload) <= SIZE_MAX:
            raise ValueError(f"{len(message.payload)} bytes are no multi-packet message")
        begins_ns = max(at_ns, self._now_ns)
        if message.destination == GLOBAL:
            return self._broadcast(message, begins_ns)
        if message.destination in self._sendings:
            return self._wait(message)
        if len(self._sendings) >= SENDINGS_MAX:
            return False
        self._sendings[message.destination] = Sending(message, begins_ns)
        return True

    def hear(self, told: Id, payload: bytes, now_ns: int) -> Message | None:
        """Take in a frame of TP.CM or TP.DT; the message that it completes."""
        if told.destination not in (self._address, GLOBAL) or len(payload) != 8:
            return None
        self.advance(now_ns)
        if told.pgn == TP_DT:
            return self._take(told, payload)
        if told.pgn == TP_CM:
            self._managed(told, payload)
        return None

    def advance(self, until_ns: int) -> None:
        """Do what is due before `until_ns`; `due` hands it out."""
        if self._broadcasts or self._sendings or self._receivings:
            while (at_ns := self._next_act_ns()) is not None and at_ns < until_ns:
                self._now_ns = max(self._now_ns, at_ns)
                self._act(at_ns)
        self._now_ns = max(self._now_ns, until_ns)

    def due(self, until_ns: int) -> list[Timed]:
        """Frames to send before `until_ns` that were not handed out yet, in order of time."""
        self.advance(until_ns)
        if not self._said:
            return []
        said = sorted((timed for timed in self._said if timed[0] < until_ns), key=_time)
        self._said = [timed for timed in self._said if timed[0] >= until_ns]
        return said

    def next_ns(self) -> int | None:
        """When there is something to do or to hand out next."""
        times = [timed[0] for timed in self._said]
        act_ns = self._next_act_ns()
        if act_ns is not None:
            times.append(act_ns)
        return min(times, default=None)

    def broadcasts(self, pgn: int) -> bool:
        """Whether a message of this group is being told to everyone, or waits for it."""
        return any(broadcast.message.pgn == pgn for broadcast in self._broadcasts)

    def reset(self) -> None:
        """Forget everything that is under way: the unit was switched off."""
        self._said.clear()
        self._broadcasts.clear()
        self._sendings.clear()
        self._waiting.clear()
        self._receivings.clear()

    # --- outwards

    def _broadcast(self, message: Message, begins_ns: int) -> bool:
        for waiting in self._broadcasts:
            if waiting.message.pgn == message.pgn and not waiting.begun:
                waiting.message = message
                return True
        if len(self._broadcasts) > WAITING_MAX:
            return False
        self._broadcasts.append(Broadcast(message, begins_ns))
        return True

    def _wait(self, message: Message) -> bool:
        if len(self._waiting) >= WAITING_MAX:
            return False
        self._waiting.append(message)
        return True

    def _next_act_ns(self) -> int | None:
        times = [sending.at_ns for sending in self._sendings.values()]
        times += [receiving.at_ns for receiving in self._receivings.values()]
        if self._broadcasts:
            times.append(self._broadcasts[0].at_ns)
        return min(times, default=None)

    def _act(self, at_ns: int) -> None:
        """Do the first thing that is due at `at_ns`."""
        if self._broadcasts and self._broadcasts[0].at_ns == at_ns:
            self._act_broadcast(self._broadcasts[0], at_ns)
            return
        for tester, sending in self._sendings.items():
            if sending.at_ns == at_ns:
                self._say(tester, sending.act(), at_ns)
                self._settle(tester, at_ns)
                return
        for (source, destination), receiving in self._receivings.items():
            if receiving.at_ns == at_ns:
                del self._receivings[source, destination]
                self._manage(source, receiving.give_up(Reason.TIMEOUT), at_ns)
                return

    def _act_broadcast(self, broadcast: Broadcast, at_ns: int) -> None:
        self._say(GLOBAL, broadcast.act(), at_ns)
        if broadcast.done:
            self._broadcasts.popleft()
            if self._broadcasts:  # one at a time from one address (SAE J1939-21, 5.10.5)
                self._broadcasts[0].at_ns = max(self._broadcasts[0].at_ns, broadcast.at_ns)

    def _settle(self, tester: int, at_ns: int) -> None:
        """When a connection is over, begin with what waited for it."""
        if not self._sendings[tester].done:
            return
        del self._sendings[tester]
        for message in self._waiting:
            if message.destination == tester:
                self._waiting.remove(message)
                self._sendings[tester] = Sending(message, at_ns + TURN_NS)
                return

    def _say(self, destination: int, said: Said, at_ns: int) -> None:
        group, payload = said
        spoken = Id(priority=TP_PRIORITY, pgn=group, destination=destination, source=self._address)
        self._said.append((at_ns, spoken.can_id, payload))

    def _manage(self, destination: int, payload: bytes | None, at_ns: int) -> None:
        if payload is not None and len(self._said) < UNSENT_MAX:
            self._say(destination, (TP_CM, payload), at_ns)

    # --- inwards

    def _take(self, told: Id, payload: bytes) -> Message | None:
        key = told.source, told.destination
        receiving = self._receivings.get(key)
        if receiving is None:
            return None
        wrong = receiving.take(payload, self._now_ns)
        answer = receiving.answer() if wrong is None else receiving.give_up(wrong)
        self._manage(told.source, answer, self._now_ns + TURN_NS)
        if wrong is not None or receiving.whole:
            del self._receivings[key]
        return receiving.message if wrong is None and receiving.whole else None

    def _managed(self, told: Id, payload: bytes) -> None:
        """One TP.CM of a tester; what is no control byte of the standard is ignored."""
        control, pgn = payload[0], int.from_bytes(payload[5:8], "little")
        if (control == Control.BAM) != (told.destination == GLOBAL):
            return
        if control in (Control.RTS, Control.BAM):
            self._announced(told, payload, pgn)
        elif control == Control.ABORT:
            self._given_up(told.source, pgn)
        elif (sending := self._sendings.get(told.source)) is not None and sending.message.pgn == pgn:
            if control == Control.CTS:
                said = sending.cleared(payload[1], payload[2], self._now_ns)
                self._manage(told.source, None if said is None else said[1], self._now_ns + TURN_NS)
            elif control == Control.END_OF_MESSAGE:
                sending.end()
            self._settle(told.source, self._now_ns)

    def _announced(self, told: Id, payload: bytes, pgn: int) -> None:
        size = payload[1] | payload[2] << 8
        broadcast = told.destination == GLOBAL
        limit = 0xFF if broadcast else payload[4]
        refused = flaw(size, payload[3], limit) or self._busy(told, pgn)
        if refused is not None:
            if not broadcast:
                self._manage(told.source, abort(refused, pgn), self._now_ns + TURN_NS)
            return
        announced = Message(pgn, told.source, told.destination, b"")
        receiving = Receiving(announced, size, limit=limit, broadcast=broadcast, now_ns=self._now_ns)
        self._receivings[told.source, told.destination] = receiving
        if not broadcast:
            self._manage(told.source, receiving.clear(), self._now_ns + TURN_NS)

    def _busy(self, told: Id, pgn: int) -> Reason | None:
        """A second announcement of the same group begins anew; of another group it is refused (J1939-21, 5.10.3)."""
        open_one = self._receivings.get((told.source, told.destination))
        if open_one is not None:
            return None if open_one.pgn == pgn or told.destination == GLOBAL else Reason.BUSY
        return Reason.BUSY if len(self._receivings) >= RECEIVINGS_MAX else None

    def _given_up(self, tester: int, pgn: int) -> None:
        """The tester's abort ends what is under way with it for that group."""
        receiving = self._receivings.get((tester, self._address))
        if receiving is not None and receiving.pgn == pgn:
            del self._receivings[tester, self._address]
        sending = self._sendings.get(tester)
        if sending is not None and sending.message.pgn == pgn:
            sending.end()
            self._settle(tester, self._now_ns)


def _time(timed: Timed) -> int:
    return timed[0]
