"""Long J1939 messages put together from their packets: SAE J1939-21, 5.10 (BAM to everybody, RTS/CTS to one).

We only listen: a message is whole when all of its packets were heard, in whatever order and however often. A packet
that is missing, a sender that stops, a session that is broken off or crowded out is counted by its reason.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

CONTROL: Final = 0xEC00
"""PGN of connection management (TP.CM)."""
PACKET: Final = 0xEB00
"""PGN of data transfer (TP.DT)."""
BYTES_MAX: Final = 1785
"""255 packets of seven bytes."""
BYTES_MIN: Final = 9
"""What is shorter fits into a frame."""
PACKET_BYTES: Final = 7
SESSIONS_MAX: Final = 512
"""At a time; a network of 253 addresses may have two from each."""
BREAK_NS: Final = 1_250_000_000
"""Between two packets at most: T2 and T3, 1250 ms; of a BAM T1, 750 ms, is shorter, but a slow sender is no loss."""
EVERYBODY: Final = 0xFF
_RTS: Final = 16
_CTS: Final = 17
_END: Final = 19
_BAM: Final = 32
_ABORT: Final = 255


class Loss(StrEnum):
    """Why a message did not become whole."""

    BROKEN_OFF = "broken_off"
    """One of the two said so (TP.Conn_Abort)."""
    TIMED_OUT = "timed_out"
    """Its packets stopped."""
    MISSING = "missing"
    """The end was told, or the next message began, and packets were not heard."""
    CROWDED_OUT = "crowded_out"
    """There were more sessions than are kept."""
    MALFORMED = "malformed"
    """An announcement that cannot be: no bytes, too many, or another number of packets than they need."""
    UNANNOUNCED = "unannounced"
    """A packet of a message whose announcement was not heard."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A message that was put together."""

    identifier: int
    """As if it had come in one frame: priority of its packets, its own PGN, destination and sender."""
    payload: bytes


@dataclass(slots=True)
class _Session:
    group: int
    length: int
    packets: int
    heard_ns: int
    parts: dict[int, bytes] = field(default_factory=dict)


class Transport:
    """The sessions of one bus."""

    def __init__(self) -> None:
        self.whole = 0
        """Messages that were put together."""
        self.losses: Counter[Loss] = Counter()
        self._sessions: OrderedDict[tuple[int, int], _Session] = OrderedDict()
        """By sender and destination, the one heard longest ago first."""

    @property
    def is_open(self) -> bool:
        """Whether a message is on its way."""
        return bool(self._sessions)

    def take(self, time_ns: int, identifier: int, payload: bytes) -> Whole | None:
        """Hear a frame of CONTROL or PACKET; the message that it completes, if it does."""
        self._time_out(time_ns)
        key = identifier & 0xFF, (identifier >> 8) & 0xFF
        if (identifier >> 16) & 0xFF == PACKET >> 8:
            return self._packet(key, time_ns, identifier, payload)
        if len(payload) >= 8:
            self._control(key, time_ns, payload)
        else:
            self.losses[Loss.MALFORMED] += 1
        return None

    def _control(self, key: tuple[int, int], time_ns: int, payload: bytes) -> None:
        sender, destination = key
        control = payload[0]
        if control in {_RTS, _BAM}:
            self._announced(key, time_ns, payload)
        elif control == _ABORT:  # either side may say it
            for pair in (key, (destination, sender)):
                if self._sessions.pop(pair, None) is not None:
                    self.losses[Loss.BROKEN_OFF] += 1
        elif control == _END and self._sessions.pop((destination, sender), None) is not None:
            self.losses[Loss.MISSING] += 1  # the receiver has it all, we have not
        elif control == _CTS and (held := self._sessions.get((destination, sender))) is not None:
            held.heard_ns = time_ns  # the receiver may hold the sender for long
            self._sessions.move_to_end((destination, sender))

    def _announced(self, key: tuple[int, int], time_ns: int, payload: bytes) -> None:
        length, packets = int.from_bytes(payload[1:3], "little"), payload[3]
        if self._sessions.pop(key, None) is not None:
            self.losses[Loss.MISSING] += 1
        if not BYTES_MIN <= length <= BYTES_MAX or packets != -(-length // PACKET_BYTES):
            self.losses[Loss.MALFORMED] += 1
            return
        if len(self._sessions) >= SESSIONS_MAX:
            self._sessions.popitem(last=False)
            self.losses[Loss.CROWDED_OUT] += 1
        group = int.from_bytes(payload[5:8], "little") & 0x3FFFF
        self._sessions[key] = _Session(group, length, packets, time_ns)

    def _packet(self, key: tuple[int, int], time_ns: int, identifier: int, payload: bytes) -> Whole | None:
        held = self._sessions.get(key)
        if held is None or len(payload) < 2 or not 1 <= payload[0] <= held.packets:
            self.losses[Loss.UNANNOUNCED if held is None else Loss.MALFORMED] += 1
            return None
        held.parts[payload[0]] = payload[1:8]
        held.heard_ns = time_ns
        self._sessions.move_to_end(key)
        if len(held.parts) < held.packets:
            return None
        del self._sessions[key]
        joined = b"".join(held.parts[number] for number in range(1, held.packets + 1))[: held.length]
        if len(joined) < held.length:
            self.losses[Loss.MISSING] += 1
            return None
        self.whole += 1
        return Whole(_identifier(identifier, held.group, key), joined)

    def _time_out(self, time_ns: int) -> None:
        while self._sessions:
            key, held = next(iter(self._sessions.items()))
            if time_ns - held.heard_ns <= BREAK_NS:
                return
            del self._sessions[key]
            self.losses[Loss.TIMED_OUT] += 1


def _identifier(packet: int, group: int, key: tuple[int, int]) -> int:
    """Priority and sender of the packets, the message's own group; of one that goes to one, its destination."""
    sender, destination = key
    to = destination if (group >> 8) & 0xFF < 240 and destination != EVERYBODY else 0
    return (packet & 0x1C00_0000) | (group << 8) | (to << 8) | sender
