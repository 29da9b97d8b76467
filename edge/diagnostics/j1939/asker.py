"""J1939Asker: requests for parameter groups, and their answers, however many frames they take (SAE J1939-21)."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from edge.decode.transport import Transport
from edge.diagnostics.budget import frame_bits
from edge.diagnostics.j1939.address import CHANCE, NOWHERE, Address
from edge.diagnostics.j1939.session import Session, abort
from edge.diagnostics.line import LOOK_S, Line, NotNow, OverBudget
from edge.diagnostics.permission import DM1, ENGINE_HOURS, FINE_DISTANCE, FRAME_BYTES, VEHICLE_DISTANCE
from edge.frames import ERROR, EXTENDED, FD, NANOSECONDS, REMOTE, Frame

EVERYBODY: Final = 0xFF
ANSWER_S: Final = 0.3
"""Tr is 200 ms (SAE J1939-21, 5.12.3); the rest is what bus, driver and a slow machine need."""
QUIET_S: Final = 1.3
"""T1 to T3, 750 and 1250 ms: nothing of a long answer for so long, and it is given up."""
TOTAL_S: Final = 15.0
"""One question in all; a broadcast of 1785 bytes takes up to 51 s, and is cut: nothing that we ask for is so long."""
SESSIONS_MAX: Final = 64
COUNTED: Final = (
    *("questions", "answers", "refused", "unanswered", "acknowledgements_short"),
    *("long_unannounced", "long_malformed", "long_broken_off", "long_unfinished"),
)
"""What is told even where it is 0; `long_` is of messages in many packets."""
CODES_NS: Final = 3 * NANOSECONDS
"""DM1 comes every second; one that missed three is unknown."""
EEC1: Final = 61444
TOTALS: Final = frozenset({EEC1, ENGINE_HOURS, FINE_DISTANCE, VEHICLE_DISTANCE})
PACKET_BITS: Final = frame_bits(8, extended=True)

_REQUEST: Final = 0xEA
_ACKNOWLEDGEMENT: Final = 0xE8
_CONTROL: Final = 0xEC
_PACKET: Final = 0xEB
_PDU2: Final = 0xF0
_RTS: Final = 16
_ABORT: Final = 255
POSITIVE: Final = "done"
_SAID: Final = {0: POSITIVE, 1: "not_supported", 2: "access_denied", 3: "busy"}
"""Control byte of an acknowledgement (SAE J1939-21, 5.4.4); the others are reserved, and mean nothing yet."""


@dataclass(slots=True)
class Reply:
    """What came of one request."""

    payloads: dict[int, bytes] = field(default_factory=dict)
    """By source address, whole."""
    refused: dict[int, str] = field(default_factory=dict)
    """By source address: why there is nothing, or that it was done."""


class J1939Asker:
    """Asks on one bus; claims an address first. Used by one thread."""

    def __init__(self, line: Line, identity: int, *, chance: Callable[[], float] = CHANCE) -> None:
        """`identity`: a number of this very box, for its NAME; `chance`: any of 0 to 1, 1 never."""
        self.address = Address(line, identity, chance=chance)
        self.active: dict[int, tuple[bytes, int]] = {}
        """DM1 of each unit as it was heard last, and when."""
        self.totals: dict[int, dict[int, bytes]] = {}
        """Distances, hours and engine speed as units told them last of their own accord, by group and source."""
        self._line = line
        self._broadcasts = Transport()
        self._broadcasting: dict[int, int] = {}
        """Which group each sender broadcasts in pieces."""
        self._sessions: dict[int, Session] = {}
        self._done: list[tuple[int, int, bytes]] = []
        """Group, source, payload: whole since the last look."""
        self._refusals: list[tuple[int, int, str]] = []
        self._counts = Counter(dict.fromkeys(COUNTED, 0))

    @property
    def counters(self) -> Mapping[str, int]:
        """Questions, answers, and what went wrong, by cause."""
        counts = Counter(self._counts)
        counts.update({f"long_{loss}": count for loss, count in self._broadcasts.losses.items()})
        return {**counts, **self._line.counters}

    def ask(self, group: int, to: int = EVERYBODY) -> Reply:
        """What one unit, or everybody, answers to a request for a group (PGN); an empty reply is silence.

        Raises:
            Forbidden: the group is not on the list.
            NotNow, BusDown: nothing may be asked now, or not there.
        """
        request = self._request(group, to)
        self._line.permission.check(request)
        with self._line.exchange(group.to_bytes(4, "big") + bytes([to]), extended=True):
            for earlier in self._line.heard(0.0):  # another tester among it silences us before we have begun
                self._hear(earlier, None)
            frame = self._request(group, to)  # by another address, if ours was lost while we waited
            self._done.clear()
            self._refusals.clear()
            self._line.send(frame)
            self._counts["questions"] += 1
            reply = self._gather(group, to)
            self._give_up()
        self._counts["answers"] += len(reply.payloads)
        self._counts["refused"] += len(reply.refused)
        self._counts["unanswered"] += not reply.payloads and not reply.refused
        return reply

    def _request(self, group: int, to: int) -> Frame:
        own = self.address.claim()
        return Frame(self._line.now_ns(), 0x18EA0000 | to << 8 | own, group.to_bytes(3, "little"), flags=EXTENDED)

    def listen(self, seconds: float) -> None:
        """Hear for so long what goes on; DM1 among it."""
        until_ns = self._line.now_ns() + round(seconds * NANOSECONDS)
        while (left_ns := until_ns - self._line.now_ns()) > 0:
            for frame in self._line.heard(left_ns / NANOSECONDS):
                self._hear(frame, None)
            self._done.clear()
            self._refusals.clear()

    def active_now(self) -> Mapping[int, bytes]:
        """DM1 of the units that still send it."""
        now_ns = self._line.now_ns()
        return {unit: payload for unit, (payload, at_ns) in self.active.items() if now_ns - at_ns <= CODES_NS}

    def _gather(self, group: int, to: int) -> Reply:
        reply = Reply()
        began_ns = self._line.now_ns()
        until_ns = began_ns + round(ANSWER_S * NANOSECONDS)
        end_ns = began_ns + round(TOTAL_S * NANOSECONDS)
        while (now_ns := self._line.now_ns()) < min(until_ns, end_ns):
            for frame in self._line.heard(min((until_ns - now_ns) / NANOSECONDS, LOOK_S)):
                if self._hear(frame, group):
                    self._line.answered(frame)
                    until_ns = self._line.now_ns() + round((QUIET_S if self._is_long() else ANSWER_S) * NANOSECONDS)
            self._go_on()
            self._collect(reply, group)
            if to != EVERYBODY and (to in reply.payloads or to in reply.refused):
                break
        return reply

    def _collect(self, reply: Reply, group: int) -> None:
        for done, source, payload in self._done:
            if done == group:
                reply.payloads[source] = payload
        for refused, source, why in self._refusals:
            if refused == group:
                reply.refused[source] = why
        self._done.clear()
        self._refusals.clear()

    def _is_long(self) -> bool:
        return bool(self._sessions) or self._broadcasts.is_open

    def _hear(self, frame: Frame, group: int | None) -> bool:
        """Take a frame; whether it belongs to the answers to a request for this group."""
        pf, ps, source = frame.id >> 16 & 0xFF, frame.id >> 8 & 0xFF, frame.id & 0xFF
        is_message = frame.flags & (ERROR | REMOTE | FD | EXTENDED) == EXTENDED and source < NOWHERE
        if not is_message or (pf < _PDU2 and ps not in {EVERYBODY, self.address.own}):
            return False  # no frame of J1939, of a device without an address, or to another
        if pf in {_CONTROL, _PACKET}:
            return self._hear_part(frame, pf, ps, source, group)
        if pf == _ACKNOWLEDGEMENT:
            return self._hear_acknowledgement(frame.payload, source, group)
        told = (frame.id >> 8 & 0x3FFFF) if pf >= _PDU2 else (frame.id >> 8 & 0x3FF00)
        self._whole(told, source, frame.payload)
        return told == group

    def _hear_acknowledgement(self, payload: bytes, source: int, group: int | None) -> bool:
        """One that answers us says about which group."""
        if len(payload) < FRAME_BYTES:
            self._counts["acknowledgements_short"] += 1
            return False
        if payload[4] not in {EVERYBODY, self.address.own}:
            return False
        told = int.from_bytes(payload[5:8], "little")
        self._refusals.append((told, source, _SAID.get(payload[0], "reserved")))
        return told == group

    def _whole(self, group: int, source: int, payload: bytes) -> None:
        if group == DM1:
            self.active[source] = (payload, self._line.now_ns())
        elif group in TOTALS:
            self.totals.setdefault(group, {})[source] = payload
        self._done.append((group, source, payload))

    def _hear_part(self, frame: Frame, pf: int, ps: int, source: int, group: int | None) -> bool:
        if ps == EVERYBODY:
            whole = self._broadcasts.take(self._line.now_ns(), frame.id, frame.payload)
            if whole is not None:
                self._whole(whole.identifier >> 8 & 0x3FFFF, source, whole.payload)
            if pf == _CONTROL:
                self._broadcasting[source] = int.from_bytes(frame.payload[5:8], "little")
            return self._broadcasting.get(source) == group
        if pf == _CONTROL:
            self._hear_control(frame.payload, source, group)
        elif (session := self._sessions.get(source)) is None:
            self._counts["long_unannounced"] += 1
        elif not session.take(frame.payload, self._line.now_ns()):
            self._counts["long_malformed"] += 1
        return True

    def _hear_control(self, payload: bytes, source: int, group: int | None) -> None:
        """A unit wants to send a long answer, or breaks off; what nobody asked for is refused."""
        if payload[:1] == bytes([_ABORT]):
            self._counts["long_broken_off"] += self._sessions.pop(source, None) is not None
        elif payload[:1] == bytes([_RTS]):
            announced = Session.announced(payload, self._line.now_ns())
            if announced is not None and announced.group == group and len(self._sessions) < SESSIONS_MAX:
                self._sessions[source] = announced
            else:
                self._counts["long_malformed"] += announced is None
                if len(payload) >= FRAME_BYTES:
                    self._reply(source, abort(payload[5:8]))

    def _go_on(self) -> None:
        """Tell each sender of a long answer to go on, as far as the budget has room; the last word when it is whole."""
        now_ns = self._line.now_ns()
        for source, session in list(self._sessions.items()):
            if session.is_whole:
                self._whole(session.group, source, session.message)
                del self._sessions[source]
                self._reply(source, session.end())
            elif session.waits(now_ns):
                has_room = self._line.budget.free_at(session.window * PACKET_BITS, now_ns) <= now_ns
                if has_room or session.must_hold(now_ns):
                    self._reply(source, session.go_on(now_ns) if has_room else session.hold(now_ns))

    def _give_up(self) -> None:
        for source, session in self._sessions.items():
            self._counts["long_unfinished"] += 1
            self._reply(source, abort(session.group.to_bytes(3, "little")))
        self._sessions.clear()

    def _reply(self, to: int, payload: bytes) -> None:
        own = self.address.own
        if own is None:
            return
        try:
            self._line.send(Frame(self._line.now_ns(), 0x18EC0000 | to << 8 | own, payload, flags=EXTENDED))
        except (NotNow, OverBudget):
            self._counts["long_silenced"] += 1
