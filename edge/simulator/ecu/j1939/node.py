"""One control unit on the network: it answers requests, and tells its active codes every second."""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

from edge.simulator.ecu.codes import Code
from edge.simulator.ecu.j1939.diagnostics import DM1, Diagnostics
from edge.simulator.ecu.j1939.ids import (
    ACKNOWLEDGEMENT,
    ADDRESS_CLAIMED,
    GLOBAL,
    PRIORITY,
    REQUEST,
    Id,
    is_pdu1,
    pgn_bytes,
)
from edge.simulator.ecu.j1939.packets import Message
from edge.simulator.ecu.j1939.transport import UNSENT_MAX, Timed, Transport
from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.ecu.unit import Unit

DM1_PERIOD_NS: Final = 1_000_000_000
"""Between two DM1 of one unit, and between two changes of one code that are told at once (SAE J1939-73, 5.7.1)."""

Groups = Mapping[int, Callable[[Readings], bytes]]
"""Other parameter groups that a unit tells on request: PGN → payload, made of what the sensors show."""


class Answer(IntEnum):
    """First byte of an acknowledgement (SAE J1939-21, 5.4.4)."""

    DONE = 0
    UNKNOWN = 1
    DENIED = 2
    BUSY = 3


class Announcer:
    """When one unit sends DM1: every second, and at once when a code comes or goes, at most once a second for each."""

    def __init__(self, memory: CodeMemory) -> None:
        self._memory = memory
        self._told: tuple[Code, ...] = ()
        self._changed_ns: dict[str, int] = {}
        self.next_ns = 0
        """When the next regular one is due."""

    def start(self, at_ns: int) -> None:
        """Begin anew, with the first DM1 at that time."""
        self.next_ns = at_ns
        self._told = self._memory.active()
        self._changed_ns.clear()

    @property
    def changed(self) -> bool:
        """Whether a code has come or gone since the last DM1."""
        active = self._memory.active()
        return active is not self._told and active != self._told

    def tell_change(self, now_ns: int) -> bool:
        """Whether what has changed may be told now; it counts as told then."""
        active = self._memory.active()
        moved = {code.text for code in self._told} ^ {code.text for code in active}
        if all(now_ns - self._changed_ns.get(text, now_ns - DM1_PERIOD_NS) < DM1_PERIOD_NS for text in moved):
            return False
        self._told = active
        self._changed_ns.update(dict.fromkeys(moved, now_ns))
        return True

    def regular(self) -> None:
        """The DM1 of `next_ns` has been sent."""
        self._told = self._memory.active()
        self.next_ns += DM1_PERIOD_NS


class Node:
    """One unit's side of the network; it never raises for what it hears."""

    def __init__(self, unit: Unit, diagnostics: Diagnostics, groups: Groups, *, delay_ns: int) -> None:
        self._address = unit.address
        self._diagnostics = diagnostics
        self._groups = groups
        self._delay_ns = delay_ns
        self._announcer = Announcer(unit.memory)
        self._transport = Transport(unit.address)
        self._single: list[Timed] = []

    def start(self, now_ns: int) -> None:
        """Switched on: the first DM1 comes after the unit's own delay."""
        self._announcer.start(now_ns + self._delay_ns)

    def stop(self) -> None:
        """Switched off: forget what was under way."""
        self._transport.reset()
        self._single.clear()

    def hear(self, told: Id, payload: bytes, readings: Callable[[], Readings], now_ns: int) -> None:
        """A frame for this unit or for everyone; anything but requests and transport is ignored."""
        if told.pgn != REQUEST:
            self._transport.hear(told, payload, now_ns)  # nothing that testers send in many packets is acted upon
        elif len(payload) >= 3:
            self._requested(told, payload[:3], readings, now_ns + self._delay_ns)

    def announce(self, now_ns: int, until_ns: int) -> None:
        """Send the DM1s that are due before `until_ns`; `now_ns` is when codes may have changed."""
        announcer = self._announcer
        if announcer.changed and not self._transport.broadcasts(DM1) and announcer.tell_change(now_ns):
            self._send(DM1, self._diagnostics.dm1(), GLOBAL, now_ns)
        while announcer.next_ns < until_ns:
            self._transport.advance(announcer.next_ns)
            if not self._transport.broadcasts(DM1):  # one that began before must not end after it with older codes
                self._send(DM1, self._diagnostics.dm1(), GLOBAL, announcer.next_ns)
            announcer.regular()

    def due(self, until_ns: int) -> list[Timed]:
        """What this unit sends before `until_ns`, not in order."""
        frames = self._transport.due(until_ns)
        if self._single:
            frames += [timed for timed in self._single if timed[0] < until_ns]
            self._single = [timed for timed in self._single if timed[0] >= until_ns]
        return frames

    def next_ns(self) -> int:
        """When there is something to do or to send next."""
        transport_ns = self._transport.next_ns()
        times = [self._announcer.next_ns, *(timed[0] for timed in self._single)]
        return min(times if transport_ns is None else [*times, transport_ns])

    def _requested(self, told: Id, wanted: bytes, readings: Callable[[], Readings], at_ns: int) -> None:
        """Answer a request (SAE J1939-21, 5.4.2): only one to this unit alone is acknowledged or refused."""
        pgn = int.from_bytes(wanted, "little")
        alone = told.destination != GLOBAL
        if pgn == ADDRESS_CLAIMED:
            if self._diagnostics.claim:  # nothing else of network management is simulated
                self._send(pgn, self._diagnostics.claim, GLOBAL, at_ns)
            return  # refusing would be wrong
        if self._diagnostics.clear(pgn):
            if alone:
                self._acknowledge(Answer.DONE, told.source, pgn, at_ns)
            return
        payload = self._diagnostics.answer(pgn)
        if payload is None and pgn in self._groups:
            payload = self._groups[pgn](readings())
        if payload is None:
            sent, refusal = False, Answer.UNKNOWN
        else:
            sent, refusal = self._send(pgn, payload, told.source if alone else GLOBAL, at_ns), Answer.BUSY
        if alone and not sent:
            self._acknowledge(refusal, told.source, pgn, at_ns)

    def _send(self, pgn: int, payload: bytes, destination: int, at_ns: int) -> bool:
        if len(payload) > 8:
            return self._transport.send(Message(pgn, self._address, destination, payload), at_ns)
        if len(self._single) >= UNSENT_MAX:
            return False
        spoken = Id(PRIORITY, pgn, destination if is_pdu1(pgn) else GLOBAL, self._address)
        self._single.append((at_ns, spoken.can_id, payload))
        return True

    def _acknowledge(self, answer: Answer, tester: int, pgn: int, at_ns: int) -> None:
        """To everyone, with the tester's address in byte 5 (SAE J1939-21, 5.4.4)."""
        if len(self._single) < UNSENT_MAX:
            spoken = Id(PRIORITY, ACKNOWLEDGEMENT, GLOBAL, self._address)
            payload = bytes((answer, 0xFF, 0xFF, 0xFF, tester)) + pgn_bytes(pgn)
            self._single.append((at_ns, spoken.can_id, payload))
