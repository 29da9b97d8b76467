from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.simulator.ecu.isotp import IsoTp, separation_ns, single_frame
from tests.unit.simulator.ecu.tester import MS, SECOND, Assembly

LONG = bytes(range(100))


def padded(*octets: int) -> bytes:
    return bytes(octets).ljust(8, b"\x55")


def pieces(message: bytes) -> list[bytes]:
    """First and consecutive frames of a request."""
    first = bytes([0x10 | len(message) >> 8, len(message) & 0xFF]) + message[:6]
    rest = enumerate((message[place : place + 7] for place in range(6, len(message), 7)), start=1)
    return [first, *(padded(0x20 | sequence % 16, *piece) for sequence, piece in rest)]


def send(transport: IsoTp, message: bytes, *, at: int = 0, gap: int = MS) -> bytes | None:
    """Send a request without caring for flow control."""
    request = None
    for number, frame in enumerate(pieces(message)):
        request = transport.hear(frame, at + number * gap)
    return request


# requests


def test_a_single_frame() -> None:
    assert IsoTp().hear(padded(2, 0x3E, 0x00), 0) == b"\x3e\x00"


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x02\x3e\x00", padded(0x00), padded(0x08, 1), padded(0x0F), padded(0x40), padded(0xF1, 2), b"\x01" * 9],
)
def test_malformed_single_frames_are_ignored(payload: bytes) -> None:
    transport = IsoTp()
    assert transport.hear(payload, 0) is None
    assert single_frame(payload) is None
    assert transport.due(10 * SECOND) == []


@pytest.mark.parametrize("length", [8, 13, 14, 62, 63, 100, 120, 512])
def test_a_request_in_pieces(length: int) -> None:
    message = bytes(number % 251 for number in range(length))
    assert send(IsoTp(), message) == message


def test_flow_control_comes_after_the_first_frame_and_after_each_block() -> None:
    transport = IsoTp(block_size=2, separation_ms=5)
    heard = []
    for number, frame in enumerate(pieces(bytes(40))):
        transport.hear(frame, number * 10 * MS)
        heard.append([payload.hex() for _, payload in transport.due((number + 1) * 10 * MS)])
    control = "300205cccccccccc"
    assert heard == [[control], [], [control], [], [control], []]


def test_a_wrong_sequence_number_ends_the_request() -> None:
    transport = IsoTp()
    frames = pieces(LONG)
    for frame in (*frames[:3], frames[4], *frames[3:]):
        assert transport.hear(frame, 0) is None
    assert send(transport, LONG) == LONG


def test_a_pause_of_more_than_a_second_ends_the_request() -> None:
    transport = IsoTp()
    assert send(transport, LONG, gap=SECOND) == LONG
    assert send(transport, LONG, at=100 * SECOND, gap=SECOND + 2 * MS) is None


def test_consecutive_frames_without_a_first_one_mean_nothing() -> None:
    transport = IsoTp()
    assert transport.hear(padded(0x21, 1, 2, 3), 0) is None
    assert transport.next_ns() is None


def test_a_new_first_frame_ends_the_request_before() -> None:
    transport = IsoTp()
    transport.hear(pieces(bytes(50))[0], 0)
    assert send(transport, LONG, at=MS) == LONG


def test_a_single_frame_ends_the_request_before() -> None:
    transport = IsoTp()
    frames = pieces(bytes(20))
    transport.hear(frames[0], 0)
    assert transport.hear(padded(1, 0x3E), MS) == b"\x3e"
    assert transport.hear(frames[1], 2 * MS) is None
    assert transport.hear(frames[2], 3 * MS) is None


@pytest.mark.parametrize(
    "first",
    [padded(0x12, 0x01), padded(0x1F, 0xFF), padded(0x10, 0, 0, 0, 0x10, 0), padded(0x10, 0, 0xFF, 0xFF, 0xFF, 0xFF)],
)
def test_what_does_not_fit_is_met_with_overflow(first: bytes) -> None:
    transport = IsoTp(buffer_bytes=512)
    transport.hear(first, 0)
    assert [payload[0] for _, payload in transport.due(SECOND)] == [0x32]
    assert transport.hear(padded(0x21), MS) is None
    assert transport.due(2 * SECOND) == []


@pytest.mark.parametrize("first", [padded(0x10, 7), padded(0x10, 0, 0, 0, 0, 100), padded(0x10, 1)])
def test_first_frames_with_lengths_that_the_standard_forbids_are_ignored(first: bytes) -> None:
    transport = IsoTp()
    transport.hear(first, 0)
    assert transport.due(SECOND) == []


# answers


def test_a_short_answer_is_one_padded_frame_at_its_time() -> None:
    transport = IsoTp()
    transport.answer(b"\x7e\x00", 5 * MS)
    assert transport.next_ns() == 5 * MS
    assert transport.due(5 * MS) == []
    assert transport.due(5 * MS + 1) == [(5 * MS, bytes.fromhex("027e00cccccccccc"))]
    assert transport.next_ns() is None


def test_seven_bytes_fit_and_eight_do_not() -> None:
    transport = IsoTp()
    transport.answer(bytes(7), 0)
    transport.answer(bytes(8), 0)
    first, second = transport.due(SECOND)
    assert first[1][0] == 0x07
    assert second[1][:2] == b"\x10\x08"
    assert second[0] > first[0]


def test_the_rest_waits_for_flow_control() -> None:
    transport = IsoTp()
    transport.answer(LONG, 0)
    assert len(transport.due(500 * MS)) == 1
    transport.hear(padded(0x30, 0, 0), 500 * MS)
    rest = transport.due(SECOND)
    assert [payload[0] for _, payload in rest] == [0x20 | number % 16 for number in range(1, 15)]
    assert b"".join(payload[1:] for _, payload in rest)[:94] == LONG[6:]


def test_separation_time_and_block_size_are_kept() -> None:
    transport = IsoTp()
    transport.answer(LONG, 0)
    transport.due(MS)
    transport.hear(padded(0x30, 4, 20), MS)
    times = [time_ns for time_ns, _ in transport.due(SECOND)]
    assert len(times) == 4
    assert {after - before for before, after in pairwise(times)} == {20 * MS}
    transport.hear(padded(0x30, 0, 0xF3), SECOND)
    times = [time_ns for time_ns, _ in transport.due(2 * SECOND)]
    assert len(times) == 10
    assert {after - before for before, after in pairwise(times)} == {300_000}


@pytest.mark.parametrize(
    ("code", "nanoseconds"),
    [
        (0, 0),
        (1, MS),
        (0x7F, 127 * MS),
        (0x80, 127 * MS),
        (0xF0, 127 * MS),
        (0xF1, 100_000),
        (0xF9, 900_000),
        (0xFA, 127 * MS),
    ],
)
def test_separation_times_of_the_standard(code: int, nanoseconds: int) -> None:
    assert separation_ns(code) == nanoseconds


def test_frames_never_follow_faster_than_the_bus_carries_them() -> None:
    transport = IsoTp()
    transport.answer(LONG, 0)
    transport.due(MS)
    transport.hear(padded(0x30, 0, 0), MS)
    times = [time_ns for time_ns, _ in transport.due(SECOND)]
    assert min(after - before for before, after in pairwise(times)) >= 220_000


def test_wait_prolongs_and_then_the_answer_goes_on() -> None:
    transport = IsoTp()
    transport.answer(LONG, 0)
    for tenths in range(5, 50, 5):
        transport.hear(padded(0x31, 0, 0), tenths * SECOND // 10)
    transport.hear(padded(0x30, 0, 0), 5 * SECOND)
    assert len(transport.due(10 * SECOND)) == 15


def test_without_flow_control_the_answer_is_given_up_after_a_second() -> None:
    transport = IsoTp()
    transport.answer(LONG, 0)
    assert transport.busy(SECOND)
    assert not transport.busy(SECOND + MS)
    transport.hear(padded(0x30, 0, 0), SECOND + 2 * MS)
    assert len(transport.due(10 * SECOND)) == 1


@pytest.mark.parametrize("status", [0x32, 0x33, 0x3F])
def test_overflow_or_nonsense_from_the_tester_ends_the_answer(status: int) -> None:
    transport = IsoTp()
    transport.answer(LONG, 0)
    transport.hear(padded(status), MS)
    transport.hear(padded(0x30, 0, 0), 2 * MS)
    assert len(transport.due(10 * SECOND)) == 1
    assert transport.hear(padded(1, 0x3E), 10 * SECOND) == b"\x3e"


def test_flow_control_in_the_middle_of_a_block_is_ignored() -> None:
    transport = IsoTp()
    transport.answer(LONG, 0)
    transport.hear(padded(0x30, 0, 10), MS)
    assert len(transport.due(50 * MS)) == 6
    transport.hear(padded(0x30, 1, 0), 50 * MS)
    transport.hear(padded(0x32, 0, 0), 51 * MS)
    assert len(transport.due(SECOND)) == 9


def test_flow_control_for_nobody_is_ignored() -> None:
    transport = IsoTp()
    transport.hear(padded(0x30, 0, 0), 0)
    transport.answer(b"\x7e\x00", MS)
    assert len(transport.due(SECOND)) == 1


def test_requests_are_ignored_while_it_answers() -> None:
    transport = IsoTp()
    transport.answer(LONG, 0)
    assert transport.hear(padded(1, 0x3E), MS) is None
    assert transport.hear(padded(0x10, 20, 1, 2, 3, 4, 5, 6), MS) is None
    transport.hear(padded(0x30, 0, 0), 2 * MS)
    assert len(transport.due(SECOND)) == 15


def test_answers_leave_one_after_the_other() -> None:
    transport = IsoTp()
    transport.answer(LONG, 0)
    transport.answer(b"\x7e\x00", MS)
    assert len(transport.due(500 * MS)) == 1
    transport.hear(padded(0x30, 0, 0), 500 * MS)
    frames = transport.due(2 * SECOND)
    assert frames[-1][1][:3] == b"\x02\x7e\x00"
    assert len(frames) == 15


@given(st.binary(min_size=1, max_size=4095), st.sampled_from([0, 1, 3, 8, 255]), st.sampled_from([0, 1, 0xF5]))
def test_any_message_arrives_whole(message: bytes, block_size: int, separation: int) -> None:
    transport = IsoTp()
    transport.answer(message, 0)
    assembly = Assembly()
    now, in_block, told = 0, 0, None
    while (next_ns := transport.next_ns()) is not None:
        for now, payload in transport.due(next_ns + 1):
            told = assembly.take(payload)
            in_block += 1
            if told is None and (payload[0] >> 4 == 1 or in_block == block_size):
                in_block = 0
                transport.hear(padded(0x30, block_size, separation), now + MS)
    assert told == message


@given(st.lists(st.tuples(st.binary(max_size=9), st.integers(0, 2 * SECOND), st.binary(max_size=30)), max_size=40))
def test_no_frame_at_no_time_upsets_it(steps: list[tuple[bytes, int, bytes]]) -> None:
    transport = IsoTp()
    now = 0
    last = -1
    for payload, gap, message in steps:
        now += gap
        request = transport.hear(payload, now)
        assert request is None or 1 <= len(request) <= 512
        if message:
            transport.answer(message, now + 4 * MS)
        for time_ns, frame in transport.due(now):
            assert len(frame) == 8
            assert frame[0] >> 4 in {0, 1, 2, 3}
            assert last <= time_ns < now
            last = time_ns
