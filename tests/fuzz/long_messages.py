"""Long J1939 messages: what is put together was sent, sessions are bounded, and every message is accounted for once."""

from dataclasses import dataclass, field
from typing import Final

from edge.decode.transport import BYTES_MAX, BYTES_MIN, PACKET_BYTES, SESSIONS_MAX, Loss, Transport, Whole
from tests.fuzz.dice import Dice

STEPS_MAX: Final = 60
STEPS_NS: Final = (1_000_000, 0, 50_000_000, 1_250_000_000, 1_250_000_001, 10**15)
CONTROLS: Final = (32, 16, 17, 19, 255, 0, 20, 33)
ENDS: Final = (Loss.BROKEN_OFF, Loss.TIMED_OUT, Loss.MISSING, Loss.CROWDED_OUT)
"""What ends a message that was announced."""


@dataclass
class Heard:
    """What was sent so far, kept the simplest way: by sender and destination every packet since the announcement."""

    parts: dict[tuple[int, int], list[bytes]] = field(default_factory=dict)
    announced: int = 0

    def note(self, key: tuple[int, int], identifier: int, payload: bytes, malformed: int) -> None:
        """`malformed`: how many the transport counted as that on it."""
        if (identifier >> 16) & 0xFF == 0xEB:
            self.parts.setdefault(key, []).append(payload)
        elif len(payload) >= 8 and payload[0] in {16, 32}:
            self.parts[key] = []
            self.announced += 1 - malformed


def hear_anything(content: bytes) -> None:
    """Any sequence of packets, announcements and what else goes over these two groups."""
    dice = Dice(content)
    transport, heard, time_ns = Transport(), Heard(), 0
    for _ in range(STEPS_MAX):
        if not dice:
            break
        time_ns += dice.pick(STEPS_NS)
        for identifier, payload in _frames(dice):
            malformed, unannounced = transport.losses[Loss.MALFORMED], transport.losses[Loss.UNANNOUNCED]
            whole = transport.whole
            found = transport.take(time_ns, identifier, payload)
            malformed = transport.losses[Loss.MALFORMED] - malformed
            unannounced = transport.losses[Loss.UNANNOUNCED] - unannounced
            heard.note((identifier & 0xFF, (identifier >> 8) & 0xFF), identifier, payload, malformed)
            assert transport.whole == whole + (found is not None)
            assert malformed + unannounced <= 1, "a frame that is counted twice"
            if found is not None:
                _check_whole(found, identifier, heard)
        _check(transport, heard)


def _frames(dice: Dice) -> list[tuple[int, bytes]]:
    """One frame, or many that one choice makes."""
    sender, destination = dice.number(255) % 5, dice.pick((255, 1, 2, 3))
    head = (dice.number(7) << 26) | (destination << 8) | sender
    kind = dice.number(7)
    if kind == 0:  # whatever comes
        return [(head | dice.pick((0x00EC0000, 0x00EB0000)), dice.take(dice.number(8)))]
    if kind <= 3:  # about a message
        return [(head | 0x00EC0000, _control(dice))]
    if kind <= 5:  # some packets in a row
        first, count = dice.number(255), 255 if dice.chance(16) else dice.pick((1, 2, 3, 6))
        filling = dice.take(PACKET_BYTES).ljust(dice.pick((7, 7, 7, 0)), b"\xff")
        return [(head | 0x00EB0000, bytes([(first + number) % 256]) + filling) for number in range(count)]
    many = 600 if dice.number(65_535) == 7 * 257 else dice.pick((1, 10))  # from everybody to everybody
    return [
        (0x00EC0000 | number // 250 << 8 | number % 250, b"\x20\x09\x00\x02\xff" + dice.take(3).ljust(3, b"\0"))
        for number in range(dice.number(255), dice.number(255) + many)
    ]


def _control(dice: Dice) -> bytes:
    length = dice.pick((9, 20, BYTES_MAX, 14, 8, 0, BYTES_MAX + 1)) + dice.number(3)
    packets = -(-length // PACKET_BYTES) + (1 if dice.chance(8) else 0)
    head = [dice.pick(CONTROLS), *length.to_bytes(2, "little"), packets % 256, 255]
    return bytes(head) + dice.take(3).ljust(3, b"\0")


def _check_whole(found: Whole, identifier: int, heard: Heard) -> None:
    """Each part of it is the last packet of its number that was heard since the announcement."""
    assert BYTES_MIN <= len(found.payload) <= BYTES_MAX
    assert found.identifier <= 0x1FFF_FFFF
    assert found.identifier & 0xFF == identifier & 0xFF
    parts = heard.parts[identifier & 0xFF, (identifier >> 8) & 0xFF]
    sent = {payload[0]: payload[1:8] for payload in parts if len(payload) > 1}
    packets = -(-len(found.payload) // PACKET_BYTES)
    joined = b"".join(sent[number] for number in range(1, packets + 1))
    assert joined[: len(found.payload)] == found.payload, "another message than was sent"


def _check(transport: Transport, heard: Heard) -> None:
    sessions = transport._sessions
    assert len(sessions) <= SESSIONS_MAX
    ended = transport.whole + sum(transport.losses[why] for why in ENDS)
    assert heard.announced == ended + len(sessions), "messages that went without being counted"
