"""A tester of our own for these tests: written from the standard alone, it uses nothing of what it tests."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edge.frames import EXTENDED, Frame

TESTER = 0xF9
MS = 1_000_000
SECOND = 1000 * MS


@dataclass(frozen=True)
class Heard:
    """A whole message, however many frames it took."""

    time: int
    pgn: int
    source: int
    destination: int
    payload: bytes


def split(can_id: int) -> tuple[int, int, int, int]:
    """Priority, PGN, destination, source."""
    form, specific = can_id >> 16 & 0xFF, can_id >> 8 & 0xFF
    page = can_id >> 24 & 3
    if form < 240:
        return can_id >> 26, page << 16 | form << 8, specific, can_id & 0xFF
    return can_id >> 26, page << 16 | form << 8 | specific, 255, can_id & 0xFF


def request(pgn: int, destination: int = 255, source: int = TESTER) -> Frame:
    payload = struct.pack("<I", pgn)[:3]
    return Frame(0, 0x18EA0000 | destination << 8 | source, payload, flags=EXTENDED)


def managed(destination: int, *content: int, pgn: int, source: int = TESTER) -> Frame:
    """TP.CM: five bytes and the group."""
    payload = bytes(content) + struct.pack("<I", pgn)[:3]
    return Frame(0, 0x1CEC0000 | destination << 8 | source, payload, flags=EXTENDED)


def data(destination: int, number: int, part: bytes, source: int = TESTER) -> Frame:
    """TP.DT."""
    payload = bytes([number]) + part + b"\xff" * (7 - len(part))
    return Frame(0, 0x1CEB0000 | destination << 8 | source, payload, flags=EXTENDED)


@dataclass
class Box:
    """Puts messages together, and answers RTS like a tester that takes `window` packets at a time."""

    address: int = TESTER
    window: int = 255
    holds: int = 0
    """CTS of 0 packets before each that clears."""
    forgets: set[int] = field(default_factory=set)
    """Packets that it misses the first time, and asks for again."""
    messages: list[Heard] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    aborted: list[tuple[int, int]] = field(default_factory=list)
    """Source and reason."""
    _open: dict[tuple[int, int], dict[int, bytes]] = field(default_factory=dict)
    _facts: dict[tuple[int, int], tuple[int, int, int]] = field(default_factory=dict)
    _cleared: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def hear(self, frame: Frame) -> list[Frame]:
        """What the box sends in answer."""
        self.frames.append(frame)
        _, pgn, destination, source = split(frame.id)
        if destination not in (255, self.address):
            return []
        if pgn == 0xEC00:
            return self._manage(frame.payload, (source, destination))
        if pgn == 0xEB00:
            return self._take(frame, (source, destination))
        self.messages.append(Heard(frame.time, pgn, source, destination, frame.payload))
        return []

    def _manage(self, payload: bytes, key: tuple[int, int]) -> list[Frame]:
        control, size, packets, _limit, low, middle, high = struct.unpack("<BHBBBBB", payload)
        pgn = low | middle << 8 | high << 16
        if control == 255:
            self.aborted.append((key[0], payload[1]))
            self._open.pop(key, None)
        if control not in (16, 32):
            return []
        assert packets == (size + 6) // 7
        self._open[key] = {}
        self._facts[key] = (pgn, size, packets)
        return self._clear(key, 1) if control == 16 else []

    def _clear(self, key: tuple[int, int], first: int) -> list[Frame]:
        pgn, _, packets = self._facts[key]
        hold = managed(key[0], 17, 0, 0xFF, 0xFF, 0xFF, pgn=pgn, source=self.address)
        count = min(self.window, packets - first + 1)
        self._cleared[key] = (first, count)
        return [*[hold] * self.holds, managed(key[0], 17, count, first, 0xFF, 0xFF, pgn=pgn, source=self.address)]

    def _take(self, frame: Frame, key: tuple[int, int]) -> list[Frame]:
        if key not in self._open:
            return []
        got, (pgn, size, packets), broadcast = self._open[key], self._facts[key], key[1] == 255
        number = frame.payload[0]
        missed = number in self.forgets
        self.forgets.discard(number)
        if not missed:
            got[number] = frame.payload[1:]
        if len(got) == packets:
            del self._open[key]
            whole = b"".join(got[place] for place in range(1, packets + 1))
            assert set(whole[size:]) <= {0xFF}
            self.messages.append(Heard(frame.time, pgn, key[0], key[1], whole[:size]))
            if broadcast:
                return []
            end = managed(key[0], 19, size & 0xFF, size >> 8, packets, 0xFF, pgn=pgn, source=self.address)
            return [end]
        if broadcast or number != sum(self._cleared[key]) - 1:
            return []
        return self._clear(key, min(place for place in range(1, packets + 1) if place not in got))


def drive(
    due: Callable[[int], Sequence[Frame]],
    hear: Callable[[Frame, int], object],
    box: Box,
    *,
    sends: Sequence[Frame] = (),
    start: int = 0,
    until: int = SECOND,
    step: int = MS,
) -> None:
    """Let a side and the box talk on one bus; the box hears a frame one step after it was sent, and answers then."""
    answers = list(sends)
    for now in range(start, until, step):
        for frame in answers:
            hear(frame, now)
        answers = []
        frames = due(now + step)
        assert [frame.time for frame in frames] == sorted(frame.time for frame in frames)
        assert all(now <= frame.time < now + step for frame in frames)
        for frame in frames:
            answers += box.hear(frame)
