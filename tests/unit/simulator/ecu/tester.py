"""A strict tester with an ISO 15765-2 of its own: fails on any frame that a client could not understand."""

from dataclasses import dataclass, field

from edge.frames import EXTENDED, Frame
from edge.simulator.ecu.obd_network import ObdNetwork

MS = 1_000_000
SECOND = 1_000 * MS


@dataclass
class Assembly:
    """Makes messages of frames; raises AssertionError for anything that is not ISO 15765-2."""

    length: int = 0
    received: bytes = b""
    sequence: int = 0

    def take(self, payload: bytes) -> bytes | None:
        """The message when it is complete."""
        assert len(payload) == 8
        kind, low = payload[0] >> 4, payload[0] & 0x0F
        assert kind in {0, 1, 2}, payload.hex()
        if kind == 2:
            assert self.length, "a consecutive frame without a first one"
            assert low == self.sequence
            self.sequence = (self.sequence + 1) % 16
            self.received += payload[1:]
        else:
            assert not self.length, "a new message in the middle of another"
            if kind == 0:
                assert 1 <= low <= 7
                assert set(payload[1 + low :]) <= {0xCC}
                return payload[1 : 1 + low]
            self.length = low << 8 | payload[1]
            assert self.length > 7
            self.received, self.sequence = payload[2:], 1
        if len(self.received) < self.length:
            return None
        assert set(self.received[self.length :]) <= {0xCC}
        message, self.length = self.received[: self.length], 0
        return message


@dataclass
class Tester:
    """Asks a network, one question after the other, on a time of its own."""

    __test__ = False

    network: ObdNetwork
    extended: bool = False
    now: int = SECOND
    block_size: int = 0
    separation: int = 0
    arrivals: list[tuple[int, int]] = field(default_factory=list)
    """Time after the question (ns) and id of every message of the last answer."""

    def send(self, identifier: int, payload: bytes) -> bool:
        flags = EXTENDED if self.extended else 0
        return self.network.hear(Frame(self.now, identifier, payload.ljust(8, b"\x55"), flags=flags), self.now)

    def ask(self, identifier: int, request: bytes) -> dict[int, list[bytes]]:
        """Every message that comes within ten seconds of a single-frame request, by the id it comes from."""
        assert len(request) <= 7
        asked_at = self.now
        self.arrivals = []
        self.send(identifier, bytes([len(request)]) + request)
        return self.listen(asked_at)

    def ask_long(self, identifier: int, request: bytes) -> dict[int, list[bytes]]:
        """The same for a request of more than seven bytes."""
        asked_at = self.now
        self.arrivals = []
        self.send(identifier, bytes([0x10 | len(request) >> 8, len(request) & 0xFF]) + request[:6])
        rest, sequence, allowed = request[6:], 1, 0
        while rest:
            if not allowed:
                control = self._next().payload
                assert control[0] == 0x30, control.hex()
                allowed = control[1] or 1 << 30
            self.now += 5 * MS
            self.send(identifier, bytes([0x20 | sequence]) + rest[:7])
            rest, sequence, allowed = rest[7:], (sequence + 1) % 16, allowed - 1
        return self.listen(asked_at)

    def one(self, identifier: int, request: bytes) -> bytes:
        """The only message that answers."""
        answers = self.ask(identifier, request) if len(request) <= 7 else self.ask_long(identifier, request)
        assert len(answers) == 1, answers
        (messages,) = answers.values()
        assert len(messages) == 1, messages
        return messages[0]

    def listen(self, asked_at: int) -> dict[int, list[bytes]]:
        assemblies: dict[int, Assembly] = {}
        answers: dict[int, list[bytes]] = {}
        while (next_ns := self.network.next_ns()) is not None and next_ns < asked_at + 10 * SECOND:
            for frame in self.network.due(next_ns + 1):
                self.now = max(self.now, frame.time)
                assembly = assemblies.setdefault(frame.id, Assembly())
                message = assembly.take(frame.payload)
                if message is not None:
                    answers.setdefault(frame.id, []).append(message)
                    self.arrivals.append((frame.time - asked_at, frame.id))
                elif frame.payload[0] >> 4 == 1 or (self.block_size and not (assembly.sequence - 1) % self.block_size):
                    self.now += MS
                    self.send(self.asks(frame.id), bytes([0x30, self.block_size, self.separation]))
        self.now += 100 * MS
        return answers

    def asks(self, response_id: int) -> int:
        """The request id that belongs to a response id."""
        return 0x18DA00F1 | (response_id & 0xFF) << 8 if self.extended else response_id - 8

    def _next(self) -> Frame:
        next_ns = self.network.next_ns()
        assert next_ns is not None
        (frame,) = self.network.due(next_ns + 1)
        self.now = max(self.now, frame.time) + MS
        return frame
