"""The transport protocol against a tester that was written from the standard alone."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.frames import EXTENDED, Frame
from edge.simulator.ecu.j1939.ids import GLOBAL, Id
from edge.simulator.ecu.j1939.packets import Message
from edge.simulator.ecu.j1939.receiving import CLEARED_MAX
from edge.simulator.ecu.j1939.transport import RECEIVINGS_MAX, SENDINGS_MAX, UNSENT_MAX, WAITING_MAX, Transport
from tests.unit.simulator.ecu.j1939.box import MS, SECOND, TESTER, Box, data, drive, managed, split

UNIT = 0x3D
GROUP = 0xFECB
PAYLOADS = st.binary(min_size=9, max_size=1785) | st.integers(9, 1785).map(bytes)


def text(size: int) -> bytes:
    return bytes(number % 251 for number in range(size))


class Side:
    """A transport with frames at its ends, and the messages that it took in."""

    def __init__(self) -> None:
        self.transport = Transport(UNIT)
        self.taken: list[Message] = []

    def hear(self, frame: Frame, now: int) -> None:
        message = self.transport.hear(Id.parse(frame.id), frame.payload, now)
        if message is not None:
            self.taken.append(message)

    def due(self, until: int) -> list[Frame]:
        return [Frame(time, can_id, payload, flags=EXTENDED) for time, can_id, payload in self.transport.due(until)]

    def send(self, payload: bytes, destination: int = TESTER, *, pgn: int = GROUP, now: int = 0) -> bool:
        return self.transport.send(Message(pgn, UNIT, destination, payload), now)

    def talk(self, box: Box, *sends: Frame, start: int = 0, until: int = SECOND) -> None:
        drive(self.due, self.hear, box, sends=sends, start=start, until=until)


@pytest.fixture
def side() -> Side:
    return Side()


@pytest.fixture
def box() -> Box:
    return Box()


def payloads(side: Side, until: int) -> list[bytes]:
    return [frame.payload for frame in side.due(until)]


def aborts(side: Side, until: int) -> list[int]:
    return [payload[1] for payload in payloads(side, until) if payload[0] == 255]


# --- broadcasts


def test_a_broadcast_is_announced_and_follows_in_packets_50_ms_apart(side: Side) -> None:
    side.send(text(20), GLOBAL, now=7 * MS)
    frames = side.due(SECOND)
    assert [frame.id for frame in frames] == [0x1CECFF3D, 0x1CEBFF3D, 0x1CEBFF3D, 0x1CEBFF3D]
    assert frames[0].payload == bytes.fromhex("20 14 00 03 FF CB FE 00")
    assert frames[3].payload == b"\x03" + text(20)[14:] + b"\xff"
    assert [frame.time // MS for frame in frames] == [7, 57, 107, 157]
    assert side.transport.next_ns() is None


@settings(max_examples=60)
@given(payload=PAYLOADS)
@example(payload=text(1785))
def test_any_broadcast_arrives_whole(payload: bytes) -> None:
    side, box = Side(), Box()
    side.send(payload, GLOBAL)
    for frame in side.due(20 * SECOND):
        box.hear(frame)
    assert [(heard.pgn, heard.payload) for heard in box.messages] == [(GROUP, payload)]


def test_one_address_has_one_broadcast_at_a_time(side: Side, box: Box) -> None:
    assert side.send(text(30), GLOBAL, pgn=0xFECA)
    assert side.send(text(16), GLOBAL, pgn=0xFECB, now=10 * MS)
    side.talk(box)
    assert [(heard.pgn, heard.payload) for heard in box.messages] == [(0xFECA, text(30)), (0xFECB, text(16))]
    gaps = [later.time - earlier.time for earlier, later in zip(box.frames, box.frames[1:], strict=False)]
    assert set(gaps) == {50 * MS}


def test_a_broadcast_that_has_not_begun_gives_way_to_a_newer_one_of_its_group(side: Side, box: Box) -> None:
    side.send(text(30), GLOBAL)
    frames = side.due(100 * MS)
    for content in (b"old message", b"new message"):
        assert side.send(content, GLOBAL, now=100 * MS)
    for frame in (*frames, *side.due(2 * SECOND)):
        box.hear(frame)
    assert [heard.payload for heard in box.messages] == [text(30), b"new message"]


def test_broadcasts_that_wait_are_bounded(side: Side) -> None:
    taken = [side.send(text(900), GLOBAL, pgn=0xFE00 + number) for number in range(20)]
    assert taken == [True] * (1 + WAITING_MAX) + [False] * (19 - WAITING_MAX)


@pytest.mark.parametrize("size", [0, 8, 1786])
def test_what_is_no_multi_packet_message_is_refused(side: Side, size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} bytes"):
        side.send(text(size))


# --- connections, outwards


@settings(max_examples=60)
@given(payload=PAYLOADS, window=st.integers(1, 255), holds=st.integers(0, 2), data=st.data())
def test_any_message_reaches_a_tester_however_it_clears_holds_and_misses(
    payload: bytes, window: int, holds: int, data: st.DataObject
) -> None:
    last = (len(payload) + 6) // 7
    missed = data.draw(st.sets(st.integers(1, last), max_size=3))
    side, box = Side(), Box(window=window, holds=holds, forgets=set(missed))
    side.send(payload)
    while (at := side.transport.next_ns()) is not None:
        for frame in side.due(at + 1):
            for answer in box.hear(frame):
                side.hear(answer, at + 1)
    assert [heard.payload for heard in box.messages] == [payload]
    assert box.aborted == []


def test_a_connection_uses_the_ids_and_bytes_of_the_standard(side: Side) -> None:
    side.send(text(20))
    assert side.due(MS) == [Frame(0, 0x1CECF93D, bytes.fromhex("10 14 00 03 FF CB FE 00"), flags=EXTENDED)]
    side.hear(managed(UNIT, 17, 2, 1, 0xFF, 0xFF, pgn=GROUP), MS)
    assert [(frame.id, frame.payload[0]) for frame in side.due(SECOND)] == [(0x1CEBF93D, 1), (0x1CEBF93D, 2)]


def test_a_tester_that_never_clears_is_given_up_after_t3(side: Side) -> None:
    side.send(text(20), now=100 * MS)
    frames = side.due(5 * SECOND)
    assert [(frame.time // MS, frame.payload[0]) for frame in frames] == [(100, 16), (1350, 255)]
    assert frames[1].payload == bytes.fromhex("FF 03 FF FF FF CB FE 00")
    assert side.transport.next_ns() is None


def test_a_tester_that_never_ends_the_message_is_given_up_after_t3(side: Side) -> None:
    side.send(text(9))
    side.due(MS)
    side.hear(managed(UNIT, 17, 2, 1, 0xFF, 0xFF, pgn=GROUP), MS)
    frames = side.due(5 * SECOND)
    assert [frame.payload[0] for frame in frames] == [1, 2, 255]
    assert frames[2].time - frames[1].time == 1250 * MS


def test_a_tester_may_hold_again_and_again_but_each_time_no_longer_than_t4(side: Side) -> None:
    side.send(text(20))
    side.due(MS)
    hold = managed(UNIT, 17, 0, 0xFF, 0xFF, 0xFF, pgn=GROUP)
    for second in range(5):
        side.hear(hold, second * SECOND + MS)
        assert side.due((second + 1) * SECOND) == []
    frames = side.due(10 * SECOND)
    assert [(frame.time // MS, frame.payload[1]) for frame in frames] == [(4001 + 1050, 3)]


def test_a_cts_while_packets_are_under_way_ends_the_connection(side: Side) -> None:
    side.send(text(900))
    side.due(MS)
    side.hear(managed(UNIT, 17, 100, 1, 0xFF, 0xFF, pgn=GROUP), MS)
    assert len(side.due(20 * MS)) < 100
    side.hear(managed(UNIT, 17, 100, 1, 0xFF, 0xFF, pgn=GROUP), 20 * MS)
    assert aborts(side, SECOND) == [4]
    assert side.transport.next_ns() is None


def test_a_packet_is_repeated_twice_and_no_more(side: Side) -> None:
    side.send(text(20))
    side.due(MS)
    numbers = []
    for place in range(4):
        now = (1 + 100 * place) * MS
        side.hear(managed(UNIT, 17, 1, 2, 0xFF, 0xFF, pgn=GROUP), now)
        numbers.append(
            [payload[0] if payload[0] < 16 else payload[:2].hex() for payload in payloads(side, now + 50 * MS)]
        )
    assert numbers == [[2], [2], [2], ["ff05"]]


@pytest.mark.parametrize(("packets", "first", "numbers"), [(255, 1, [1, 2, 3]), (3, 3, [3])])
def test_a_cts_for_more_than_there_is_gets_what_there_is(
    side: Side, packets: int, first: int, numbers: list[int]
) -> None:
    side.send(text(20))
    side.due(MS)
    side.hear(managed(UNIT, 17, packets, first, 0xFF, 0xFF, pgn=GROUP), MS)
    assert [payload[0] for payload in payloads(side, SECOND)] == numbers


@pytest.mark.parametrize("first", [0, 4, 255])
def test_a_cts_for_a_packet_that_is_none_ends_the_connection(side: Side, first: int) -> None:
    side.send(text(20))
    side.due(MS)
    side.hear(managed(UNIT, 17, 1, first, 0xFF, 0xFF, pgn=GROUP), MS)
    assert aborts(side, SECOND) == [250]


@pytest.mark.parametrize(
    "wrong",
    [
        managed(UNIT, 17, 3, 1, 0xFF, 0xFF, pgn=0xFECA),  # another group
        managed(UNIT, 17, 3, 1, 0xFF, 0xFF, pgn=GROUP, source=0xFA),  # another tester
        managed(0x00, 17, 3, 1, 0xFF, 0xFF, pgn=GROUP),  # another unit
        managed(UNIT, 18, 3, 1, 0xFF, 0xFF, pgn=GROUP),  # no control byte of the standard
        managed(GLOBAL, 17, 3, 1, 0xFF, 0xFF, pgn=GROUP),
        managed(GLOBAL, 255, 1, 0xFF, 0xFF, 0xFF, pgn=GROUP),
    ],
)
def test_what_belongs_to_no_connection_changes_nothing(side: Side, wrong: Frame) -> None:
    side.send(text(20))
    side.due(MS)
    side.hear(wrong, MS)
    frames = side.due(5 * SECOND)
    assert [(frame.time, frame.payload[0]) for frame in frames] == [(1250 * MS, 255)]  # as if nothing had been


@pytest.mark.parametrize("content", [(19, 20, 0, 3, 0xFF), (255, 2, 0xFF, 0xFF, 0xFF)])
def test_the_testers_end_or_abort_ends_the_connection(side: Side, content: tuple[int, ...]) -> None:
    side.send(text(20))
    side.due(MS)
    side.hear(managed(UNIT, *content, pgn=GROUP), MS)
    assert side.due(5 * SECOND) == []


def test_a_second_message_for_one_tester_waits_for_the_first(side: Side, box: Box) -> None:
    assert side.send(text(30), pgn=0xFECA)
    assert side.send(text(40), pgn=0xFECB)
    side.talk(box)
    assert [heard.payload for heard in box.messages] == [text(30), text(40)]


def test_after_a_tester_fell_silent_the_next_message_is_tried(side: Side) -> None:
    side.send(text(30), pgn=0xFECA)
    side.send(text(40), pgn=0xFECB)
    assert [payload[0] for payload in payloads(side, 10 * SECOND)] == [16, 255, 16, 255]


def test_connections_and_what_waits_for_them_are_bounded(side: Side) -> None:
    testers = [side.send(text(30), tester) for tester in range(0x80, 0x90)]
    assert testers == [True] * SENDINGS_MAX + [False] * (16 - SENDINGS_MAX)
    waiting = [side.send(text(30), 0x80) for _ in range(10)]
    assert waiting == [True] * WAITING_MAX + [False] * (10 - WAITING_MAX)


def test_broadcasts_and_connections_do_not_disturb_each_other(side: Side) -> None:
    first, second = Box(0xF9, window=3), Box(0xFA, window=7)
    side.send(text(700), 0xF9)
    side.send(text(500), 0xFA)
    side.send(text(100), GLOBAL)
    answers = list[Frame]()
    for now in range(0, 3 * SECOND, MS):
        for frame in answers:
            side.hear(frame, now)
        answers = [answer for frame in side.due(now + MS) for box in (first, second) for answer in box.hear(frame)]
    assert {heard.destination: heard.payload for heard in first.messages} == {255: text(100), 0xF9: text(700)}
    assert {heard.destination: heard.payload for heard in second.messages} == {255: text(100), 0xFA: text(500)}


# --- inwards


def hand_over(side: Side, payload: bytes, *, limit: int = 0xFF, pgn: int = 0xD700, now: int = 0) -> list[bytes]:
    """Send to the unit like a tester that does what it is told; the TP.CM that came back."""
    size, packets = len(payload), (len(payload) + 6) // 7
    side.hear(managed(UNIT, 16, size & 0xFF, size >> 8, packets, limit, pgn=pgn), now)
    told = []
    while True:
        now += 10 * MS
        answers = payloads(side, now)
        told += answers
        if not answers or answers[-1][0] != 17:
            return told
        _, count, first = answers[-1][:3]
        for number in range(first, first + count):
            now += MS
            side.hear(data(UNIT, number, payload[7 * number - 7 : 7 * number]), now)


@settings(max_examples=60)
@given(payload=PAYLOADS, limit=st.integers(1, 255))
@example(payload=text(1785), limit=255)
def test_any_message_of_a_tester_is_taken_in_as_fast_as_it_allows(payload: bytes, limit: int) -> None:
    side = Side()
    told = hand_over(side, payload, limit=limit)
    assert [(message.pgn, message.source, message.payload) for message in side.taken] == [(0xD700, TESTER, payload)]
    assert all(1 <= answer[1] <= min(limit, CLEARED_MAX) for answer in told[:-1])
    size = len(payload)
    assert told[-1] == bytes([19, size & 0xFF, size >> 8, (size + 6) // 7, 0xFF, 0x00, 0xD7, 0x00])


@settings(max_examples=30)
@given(payload=PAYLOADS)
def test_any_broadcast_of_a_tester_is_taken_in_without_a_word(payload: bytes) -> None:
    side = Side()
    size, packets = len(payload), (len(payload) + 6) // 7
    side.hear(managed(GLOBAL, 32, size & 0xFF, size >> 8, packets, 0xFF, pgn=0xFED8), 0)
    for number in range(1, packets + 1):
        side.hear(data(GLOBAL, number, payload[7 * number - 7 : 7 * number]), number * 50 * MS)
    assert [message.payload for message in side.taken] == [payload]
    assert side.due(100 * SECOND) == []


def begin(side: Side, now: int = 0, *, pgn: int = 0xD700, source: int = TESTER, size: int = 200) -> None:
    side.hear(managed(UNIT, 16, size & 0xFF, size >> 8, (size + 6) // 7, 0xFF, pgn=pgn, source=source), now)


@pytest.mark.parametrize(("numbers", "reason"), [((2,), 7), ((1, 3), 7), ((1, 1), 8), ((0,), 7), ((255,), 7)])
def test_a_packet_out_of_turn_ends_the_connection(side: Side, numbers: tuple[int, ...], reason: int) -> None:
    begin(side)
    for number in numbers:
        side.hear(data(UNIT, number, b"seven b"), 10 * MS)
    assert aborts(side, SECOND) == [reason]
    assert side.transport.next_ns() is None


@pytest.mark.parametrize(("packets", "patience_ms"), [(0, 1250), (1, 750), (CLEARED_MAX, 1250)])
def test_a_tester_that_falls_silent_is_given_up(side: Side, packets: int, patience_ms: int) -> None:
    begin(side)
    for number in range(1, packets + 1):
        side.hear(data(UNIT, number, b"seven b"), 10 * MS)
    frames = [frame for frame in side.due(5 * SECOND) if frame.payload[0] == 255]
    assert [(frame.time, frame.payload[1]) for frame in frames] == [((10 if packets else 0) * MS + patience_ms * MS, 3)]


def test_a_broadcast_that_falls_silent_or_stumbles_is_forgotten_without_a_word(side: Side) -> None:
    side.hear(managed(GLOBAL, 32, 20, 0, 3, 0xFF, pgn=0xFED8), 0)
    assert side.transport.next_ns() == 750 * MS
    assert side.due(2 * SECOND) == []
    side.hear(managed(GLOBAL, 32, 20, 0, 3, 0xFF, pgn=0xFED8), 2 * SECOND)
    side.hear(data(GLOBAL, 2, b"seven b"), 2 * SECOND)
    assert side.transport.next_ns() is None
    assert side.taken == []


def test_a_second_announcement_of_the_same_group_begins_anew(side: Side) -> None:
    begin(side)
    side.hear(data(UNIT, 1, b"forgott"), 10 * MS)
    assert [payload[0] for payload in payloads(side, 20 * MS)] == [17]
    assert [answer[0] for answer in hand_over(side, text(30), now=20 * MS)] == [17, 19]
    assert [message.payload for message in side.taken] == [text(30)]


def test_a_second_announcement_of_another_group_is_refused_and_the_first_goes_on(side: Side) -> None:
    begin(side, size=14)
    begin(side, 5 * MS, pgn=0xD800)
    assert aborts(side, 10 * MS) == [1]
    for number in (1, 2):
        side.hear(data(UNIT, number, b"seven b"), 20 * MS)
    assert [message.pgn for message in side.taken] == [0xD700]


def test_connections_inwards_are_bounded(side: Side) -> None:
    for source in range(RECEIVINGS_MAX + 3):
        begin(side, source=source)
    answers = payloads(side, 10 * MS)
    assert [answer[0] for answer in answers] == [17] * RECEIVINGS_MAX + [255] * 3
    assert {answer[1] for answer in answers if answer[0] == 255} == {1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ((16, 0xFA, 0x06, 0xFF, 0xFF), 9),  # 1786 bytes
        ((16, 0xFF, 0xFF, 0xFF, 0xFF), 9),
        ((16, 8, 0, 2, 0xFF), 250),  # fits into one frame
        ((16, 0, 0, 0, 0xFF), 250),
        ((16, 20, 0, 4, 0xFF), 250),  # wrong number of packets
        ((16, 20, 0, 3, 0), 250),  # sends no packet for a CTS
    ],
)
def test_an_announcement_that_cannot_be_right_is_refused(side: Side, content: tuple[int, ...], reason: int) -> None:
    side.hear(managed(UNIT, *content, pgn=0xD700), 0)
    assert aborts(side, SECOND) == [reason]
    side.hear(managed(GLOBAL, 32, *content[1:], pgn=0xD700), SECOND)
    assert side.transport.next_ns() is None or content[3] == 3  # a broadcast has no limit in its fifth byte


def test_the_testers_abort_ends_what_comes_in(side: Side) -> None:
    begin(side)
    side.due(5 * MS)
    side.hear(managed(UNIT, 255, 2, 0xFF, 0xFF, 0xFF, pgn=0xD700), 5 * MS)
    assert side.transport.next_ns() is None


# --- anything at all

CONTROLS = st.sampled_from([16, 17, 19, 32, 255, 0, 18])
MANAGED = st.tuples(CONTROLS, st.binary(min_size=4, max_size=4), st.sampled_from([0xCB, 0xCA])).map(
    lambda parts: bytes([parts[0]]) + parts[1] + bytes([parts[2], 0xFE, 0])
)
PARTS = st.binary(max_size=8) | MANAGED | st.integers(0, 255).map(lambda number: bytes([number]) + b"seven b")
FRAMES = st.tuples(
    st.sampled_from([0x1CEC0000, 0x1CEB0000, 0x18EA0000]),
    st.sampled_from([UNIT, GLOBAL, 0x00]),
    st.sampled_from([TESTER, 0xFA, 0x01, 0x02, 0x03, 0x04]),
    PARTS,
).map(lambda parts: Frame(0, parts[0] | parts[1] << 8 | parts[2], parts[3], flags=EXTENDED))
Step = Callable[[Side, int], object]
STEPS = st.one_of(
    FRAMES.map(lambda frame: lambda side, now: side.hear(frame, now)),
    st.integers(9, 200).map(lambda size: lambda side, now: side.send(text(size), GLOBAL, now=now)),
    st.integers(9, 200).map(lambda size: lambda side, now: side.send(text(size), now=now)),
    st.just(lambda side, now: side.due(now)),
)


@given(st.lists(st.tuples(STEPS, st.integers(-200, 900)), max_size=60))
def test_whatever_is_heard_nothing_raises_time_goes_on_and_everything_comes_to_rest(
    steps: list[tuple[Step, int]],
) -> None:
    side, now, until = Side(), 0, 0
    for step, wait_ms in steps:
        now = max(0, now + wait_ms * MS)
        step(side, now)
        if wait_ms % 2:
            frames = side.due(now)
            assert all(until <= frame.time < now for frame in frames)
            assert [frame.time for frame in frames] == sorted(frame.time for frame in frames)
            assert all(len(frame.payload) == 8 and split(frame.id)[3] == UNIT for frame in frames)
            until = max(until, now)
    side.due(now + 1000 * SECOND)
    assert side.transport.next_ns() is None


def test_answers_that_nobody_fetches_are_bounded(side: Side) -> None:
    for _ in range(10 * UNSENT_MAX):
        side.hear(managed(UNIT, 16, 8, 0, 2, 0xFF, pgn=0xD700), 0)
    assert len(side.due(SECOND)) == UNSENT_MAX


def test_switching_off_forgets_everything(side: Side) -> None:
    side.send(text(30))
    side.send(text(30), GLOBAL)
    begin(side)
    side.transport.reset()
    assert side.transport.next_ns() is None
    assert side.due(10 * SECOND) == []
