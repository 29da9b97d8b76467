"""J1939's long messages: put together from the packets of many senders; every one that is not is counted by why."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.database import load_database
from edge.decode.decoder import FLAT_FROM, Binding, Decoder
from edge.decode.transport import BREAK_NS, BYTES_MAX, SESSIONS_MAX, Loss, Transport, Whole
from edge.frames import EXTENDED, Frame, FrameBatch
from tests.unit.edge.databases import HEAD

CONFIG = 0xFEE3
"""A group that is always long: engine configuration."""
MS = 1_000_000
Packet = tuple[int, bytes]
"""Identifier and payload."""


def announced(sender: int, group: int, content: bytes, to: int = 0xFF) -> Packet:
    packets = -(-len(content) // 7)
    control = 32 if to == 0xFF else 16
    head = bytes([control, *len(content).to_bytes(2, "little"), packets, 0xFF, *group.to_bytes(3, "little")])
    return 0x1CEC0000 | to << 8 | sender, head


def control(kind: int) -> bytes:
    """Clear to send, end, or abort, of a message of CONFIG."""
    return bytes([kind, 0, 1, 255, 255, *CONFIG.to_bytes(3, "little")])


def packets(sender: int, content: bytes, to: int = 0xFF) -> list[Packet]:
    parts = [content[at : at + 7].ljust(7, b"\xff") for at in range(0, len(content), 7)]
    return [(0x1CEB0000 | to << 8 | sender, bytes([number, *part])) for number, part in enumerate(parts, start=1)]


def sent(sender: int, group: int, content: bytes, to: int = 0xFF) -> list[Packet]:
    return [announced(sender, group, content, to), *packets(sender, content, to)]


def heard(transport: Transport, frames: list[Packet], *, every_ns: int = 50 * MS) -> list[Whole]:
    found = [transport.take(number * every_ns, *frame) for number, frame in enumerate(frames)]
    return [one for one in found if one is not None]


CONTENTS = st.binary(min_size=9, max_size=BYTES_MAX)


@given(CONTENTS, st.sampled_from([0xFF, 0x21]), st.randoms(use_true_random=False))
def test_what_was_sent_is_put_together_in_whatever_order_it_comes(content: bytes, to: int, dice: Random) -> None:
    transport = Transport()
    head, *parts = sent(3, CONFIG, content, to)
    parts += dice.sample(parts, len(parts) // 3)  # some come twice
    dice.shuffle(parts)
    [whole] = heard(transport, [head, *parts])
    assert (whole.identifier, whole.payload) == (0x1CFEE303, content)
    assert transport.losses.keys() <= {Loss.UNANNOUNCED}, "those that came again after the end"


@given(st.lists(CONTENTS, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_senders_that_talk_across_each_other_are_kept_apart(contents: list[bytes], dice: Random) -> None:
    waiting = {sender: sent(sender, CONFIG, content) for sender, content in enumerate(contents)}
    mixed = []
    while waiting:
        sender = dice.choice(sorted(waiting))
        mixed.append(waiting[sender].pop(0))
        if not waiting[sender]:
            del waiting[sender]
    transport = Transport()
    found = {one.identifier & 0xFF: one.payload for one in heard(transport, mixed, every_ns=MS // 2)}
    assert found == dict(enumerate(contents))
    assert not transport.losses


def test_of_one_to_one_the_group_keeps_its_destination() -> None:
    transport = Transport()
    [whole] = heard(transport, sent(0x21, 0xEF00, bytes(20), to=0x03))
    assert whole.identifier == 0x1CEF0321


@pytest.mark.parametrize(
    ("loss", "frames"),
    [
        (Loss.MISSING, [*sent(3, CONFIG, bytes(20))[:-1], *sent(3, CONFIG, bytes(20))]),
        (Loss.MISSING, [*sent(3, CONFIG, bytes(20), to=5)[:-1], (0x1CEC0305, control(19))]),
        (Loss.BROKEN_OFF, [*sent(3, CONFIG, bytes(20), to=5)[:2], (0x1CEC0305, control(255))]),
        (Loss.BROKEN_OFF, [*sent(3, CONFIG, bytes(20), to=5)[:2], (0x1CEC0503, control(255))]),
        (Loss.MALFORMED, [(0x1CECFF03, bytes([32, 20, 0, 9, 255, 0xE3, 0xFE, 0]))]),
        (Loss.MALFORMED, [(0x1CECFF03, bytes([32, 0xFF, 0xFF, 255, 255, 0xE3, 0xFE, 0]))]),
        (Loss.MALFORMED, [(0x1CECFF03, bytes([32]))]),
        (Loss.MALFORMED, [announced(3, CONFIG, bytes(20)), (0x1CEBFF03, bytes([9, *bytes(7)]))]),
        (Loss.UNANNOUNCED, packets(3, bytes(20))[:1]),
    ],
)  # fmt: skip
def test_what_does_not_become_whole_is_counted_by_why(loss: Loss, frames: list[Packet]) -> None:
    transport = Transport()
    heard(transport, frames)
    assert transport.losses == {loss: 1}


def test_a_sender_that_stops_is_timed_out_and_a_slow_one_is_not() -> None:
    transport = Transport()
    frames = sent(3, CONFIG, bytes(30))
    assert len(heard(transport, frames, every_ns=BREAK_NS)) == 1
    transport.take(0, *frames[0])
    transport.take(BREAK_NS + 1, *announced(4, CONFIG, bytes(30)))
    assert transport.losses == {Loss.TIMED_OUT: 1}


def test_a_receiver_that_holds_the_sender_keeps_the_session() -> None:
    transport = Transport()
    head, *parts = sent(3, CONFIG, bytes(20), to=5)
    transport.take(0, *head)
    for number in range(1, 5):
        transport.take(number * BREAK_NS, 0x1CEC0305, control(17))
    found = [transport.take(5 * BREAK_NS, *part) for part in parts]
    assert found[-1] is not None


def test_memory_is_bounded_by_the_sessions() -> None:
    transport = Transport()
    for number in range(SESSIONS_MAX + 10):
        transport.take(number, *announced(number % 250, CONFIG, bytes(BYTES_MAX), to=number // 250))
    assert transport.losses == {Loss.CROWDED_OUT: 10}


DBC = HEAD + (
    'BO_ 2566841342 EC: 39 ECU\n SG_ IdleSpeed : 0|16@1+ (0.125,0) [0|0] "rpm" ECU\n'
    ' SG_ Gain : 240|16@1+ (1,0) [0|0] "" ECU\n\n'
    'BO_ 2566844926 Cruise: 8 ECU\n SG_ Speed : 8|16@1+ (0.00390625,0) [0|0] "km/h" ECU\n\n'
    'BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";\n'
    'BA_DEF_DEF_ "VFrameFormat" "J1939PG";\n'
)


@pytest.mark.parametrize("beside", [0, 3, FLAT_FROM + 5])
def test_a_long_message_is_decoded_where_it_is_complete_with_its_sender(tmp_path: Path, beside: int) -> None:
    (tmp_path / "truck.dbc").write_text(DBC)
    decoder = Decoder([Binding(load_database(tmp_path / "truck.dbc"))])
    content = bytes.fromhex("4013") + bytes(28) + bytes.fromhex("3412") + bytes(7)
    frames = [(0x18FEF117, bytes([0, 0, 0x50, *bytes(5)]))] * beside
    frames += [*sent(0x2A, CONFIG, content), (0x0CFEF142, bytes([0, 0, 0x20, *bytes(5)]))]
    batch = FrameBatch.of(
        [Frame(n, identifier, payload, flags=EXTENDED) for n, (identifier, payload) in enumerate(frames)]
    )
    samples = decoder.decode(batch)
    assert samples.source is not None
    found = [
        (int(time), decoder.signals[signal].source_name, float(value), int(source))
        for time, signal, value, source in zip(samples.time, samples.signal, samples.value, samples.source, strict=True)
    ]
    last = len(frames) - 1
    assert found == [
        *((n, "Speed", 80.0, 0x17) for n in range(beside)),
        (last - 1, "IdleSpeed", 616.0, 0x2A),
        (last - 1, "Gain", 4660.0, 0x2A),
        (last, "Speed", 32.0, 0x42),
    ]
    assert decoder.counts.transported == {"whole": 1}
    assert decoder.counts.unknown == {}
    assert decoder.counts.decoded == beside + 2
