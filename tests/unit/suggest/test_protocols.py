"""Protocols are heard where they are spoken, and not in traffic that only has their ids or first bytes."""

from edge.frames import EXTENDED, Frame
from edge.suggest.protocols import CANOPEN, ISOTP, J1939, OBD, UDS, spoken
from tests.unit.suggest.traffic import PERIOD_NS, frames_of, heard_of, layout_of


def told(frames: list[Frame]) -> list[str]:
    return [one.protocol for one in spoken(heard_of(sorted(frames, key=lambda one: one.time)))]


def sent(identifier: int, payloads: list[bytes], *, extended: bool = False, begin_ns: int = 0) -> list[Frame]:
    flags = EXTENDED if extended else 0
    return [Frame(begin_ns + n * PERIOD_NS, identifier, one, flags=flags) for n, one in enumerate(payloads)]


def test_two_well_known_groups_are_j1939_and_one_is_not() -> None:
    engine = sent(0x0CF00400, [bytes(8)] * 5, extended=True)
    speed = sent(0x18FEF117, [bytes(8)] * 5, extended=True)
    assert told(engine + speed) == [J1939]
    assert told(engine) == []


def test_questions_and_answers_of_obd_by_both_widths_of_ids() -> None:
    short = sent(0x7DF, [b"\x02\x01\x0c\0\0\0\0\0"] * 4) + sent(0x7E8, [b"\x04\x41\x0c\x1a\xf8\0\0\0"] * 4)
    long_ = sent(0x18DB33F1, [b"\x02\x01\x0c\0\0\0\0\0"] * 4, extended=True)
    long_ += sent(0x18DAF110, [b"\x04\x41\x0c\x1a\xf8\0\0\0"] * 4, extended=True)
    assert told(short) == told(long_) == [OBD]


def test_long_answers_are_isotp_and_what_they_answer_is_uds() -> None:
    answers = [b"\x10\x14\x62\xf1\x90ABC", b"\x21DEFGHIJ", b"\x22KLMNOPQ"]
    assert told(sent(0x7BB, answers * 4)) == [UDS]
    unknown = [b"\x10\x14\xc3\xf1\x90ABC", b"\x21DEFGHIJ", b"\x22KLMNOPQ"]
    assert told(sent(0x7BB, unknown * 4)) == [ISOTP]
    asks = [b"\x03\x22\xf1\x90\0\0\0\0", b"\x30\0\0\0\0\0\0\0"]
    assert told(sent(0x79B, asks * 4)) == [UDS]


def test_first_bytes_alone_make_no_isotp() -> None:
    assert told(sent(0x102, [b"\x22\0\0\0\0\0\0\0"] * 50)) == []
    assert told(sent(0x102, [b"\x10\x62\0\0\0\0\0\0", b"\x22\0\0\0\0\0\0\0"] * 50)) == []
    assert told(sent(0x102, [bytes([0x20 + n % 16, 0x62, 0]) for n in range(64)])) == [], "a counter"
    assert told(sent(0x7E8, [b"\xff" * 8] * 50)) == []
    assert told(sent(0x102, [b""] * 50)) == []


def test_heartbeats_of_a_node_with_another_object_are_canopen() -> None:
    heartbeats = sent(0x705, [b"\x05"] * 10)
    assert told(heartbeats + sent(0x185, [bytes(8)] * 10)) == [CANOPEN]
    assert told(heartbeats) == []
    assert told(sent(0x705, [b"\0"] * 10) + sent(0x185, [bytes(8)] * 10)) == [], "it boots for ever"


def test_a_made_car_speaks_none_of_them() -> None:
    assert told(frames_of(layout_of(1, range(0x100, 0x800, 97)), 1)) == []
