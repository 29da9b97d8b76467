"""Answers come whole or not at all, in bounded time, whatever units do; each loss has a name."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.asker import Answer
from edge.diagnostics.budget import Budget
from edge.diagnostics.can_asker import CanAsker, Timing
from edge.diagnostics.ecu import UNITS, unit_29
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line, NotNow
from edge.diagnostics.permission import Forbidden, Permission
from edge.diagnostics.watch import Manners, Silence, Watch
from edge.frames import EXTENDED, NANOSECONDS, Frame
from tests.simulated_port import ScriptedPort

MS = 1_000_000
TRAFFIC = [Frame(at * 100_000_000, 0x201, bytes(8)) for at in range(30)]
"""The vehicle is awake."""
VIN = b"\x49\x02\x01" + b"1HGCM82633A004352"


def pieces(message: bytes, identifier: int = 0x7E8, *, flags: int = 0) -> list[Frame]:
    """A long answer, cut by hand."""
    frames = [bytes([0x10 | len(message) >> 8, len(message) & 0xFF]) + message[:6]]
    for number, at in enumerate(range(6, len(message), 7), start=1):
        frames.append((bytes([0x20 | number % 16]) + message[at : at + 7]).ljust(8, b"\xaa"))
    return [Frame(0, identifier, payload, flags=flags) for payload in frames]


def short(octets: str, identifier: int = 0x7E8, at_ms: int = 0) -> Frame:
    payload = bytes.fromhex(octets)
    return Frame(at_ms * MS, identifier, (bytes([len(payload)]) + payload).ljust(8, b"\xaa"))


class Units:
    """Says what a test says, and a first frame's rest after flow control."""

    def __init__(self, *answers: Sequence[Frame], after_flow: bool = True) -> None:
        self._answers = answers
        self._after_flow = after_flow
        self.flows: list[Frame] = []

    def __call__(self, frame: Frame) -> list[Frame]:
        if frame.payload[0] >> 4 == 3:
            self.flows.append(frame)
            own = [answer for answer in self._answers if answer[0].id & 7 == frame.id & 7]
            return [piece for answer in own for piece in answer[1:]] if self._after_flow else []
        return [answer[0] for answer in self._answers]


def asker_on(answers: Callable[[Frame], Sequence[Frame]], **options: bool) -> tuple[CanAsker, ScriptedPort]:
    port = ScriptedPort(answers, heard=TRAFFIC)
    watch = Watch(Manners(asks=True), bitrate=500_000)
    line = Line(port, Permission(), watch, Budget(500_000), monotonic_ns=port.now_ns)
    line.heard(0.01)
    return CanAsker(line, LibraryAssembly(line), extended=options.get("extended", False)), port


def told(answers: Sequence[Answer]) -> dict[str, bytes]:
    return {answer.ecu.name: answer.payload for answer in answers}


def test_a_long_answer_comes_whole_and_every_frame_of_ours_has_eight_bytes() -> None:
    units = Units(pieces(VIN))
    asker, port = asker_on(units)
    assert told(asker.ask(b"\x09\x02")) == {"7E8": VIN}
    assert [frame.payload.hex() for frame in port.sent] == ["020902cccccccccc", "300007cccccccccc"]


def test_long_answers_of_several_units_at_once_come_whole() -> None:
    messages = {f"7E{8 + unit:X}": b"\x49\x04\x01" + bytes([unit]) * 40 for unit in range(8)}
    units = Units(*(pieces(message, 0x7E8 + unit) for unit, message in enumerate(messages.values())))
    asker, _ = asker_on(units)
    assert told(asker.ask(b"\x09\x04")) == messages
    assert sorted(flow.id for flow in units.flows) == list(range(0x7E0, 0x7E8))


def test_on_long_ids_whoever_answers_is_a_unit() -> None:
    def answers(frame: Frame) -> list[Frame]:
        return [Frame(0, 0x18DAF100 | unit, bytes.fromhex("034100ff00000000"), flags=EXTENDED) for unit in (0x10, 0xFD)]

    asker, port = asker_on(answers, extended=True)
    assert [answer.ecu for answer in asker.ask(b"\x01\x00")] == [unit_29(0x10), unit_29(0xFD)]
    assert (port.sent[0].id, port.sent[0].flags) == (0x18DB33F1, EXTENDED)


def test_silence_takes_a_quarter_of_a_second() -> None:
    asker, port = asker_on(lambda _: [])
    before_ns = port.now_ns()
    assert asker.ask(b"\x01\x0c") == []
    assert port.now_ns() - before_ns <= 0.3 * NANOSECONDS
    assert asker.counters["unanswered"] == 1


def test_who_says_later_is_waited_for_but_not_for_ever() -> None:
    pending = "7f0378"
    asker, _ = asker_on(lambda _: [short(pending), short(pending, at_ms=3_000), short("43010301", at_ms=7_000)])
    assert told(asker.ask(b"\x03")) == {"7E8": bytes.fromhex("43010301")}
    for_ever = [short(pending, at_ms=at) for at in range(0, 60_000, 1_000)]
    asker, port = asker_on(lambda _: for_ever)
    assert asker.ask(b"\x03") == []
    assert port.now_ns() <= (Timing().total_s + 0.1) * NANOSECONDS


def test_a_refusal_is_an_answer() -> None:
    asker, _ = asker_on(lambda _: [short("7f2233")])
    (answer,) = asker.ask(b"\x22\xf1\x90")
    assert (answer.refusal, asker.counters["negative"]) == (0x33, 1)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("010c", "7f0331"), ("010c", "490201"), ("010c", "7f"), ("010c", "410d20"), ("020c00", "410c0fa0"),
        ("020c00", "420d0020"), ("0902", "49040154"), ("22f190", "62f18c31"), ("22f190", "62"), ("190208", "5904"),
    ],
)  # fmt: skip
def test_an_answer_to_another_question_is_none_to_this(request_: str, answer: str) -> None:
    asker, _ = asker_on(lambda _: [short(answer)])
    assert asker.ask(bytes.fromhex(request_)) == []
    assert asker.counters["late"] == 1


def test_of_several_pids_some_may_be_left_out() -> None:
    asker, _ = asker_on(lambda _: [short("410d20")])
    assert told(asker.ask(b"\x01\x0c\x0d")) == {"7E8": b"\x41\x0d\x20"}


def test_an_answer_that_comes_too_late_is_not_the_next_ones() -> None:
    asker, port = asker_on(lambda _: [short("410c1111", at_ms=600)] if port_asked(port) == 1 else [short("410c2222")])
    assert asker.ask(b"\x01\x0c") == []
    asker.line.heard(1.0)
    assert told(asker.ask(b"\x01\x0c")) == {"7E8": bytes.fromhex("410c2222")}


def port_asked(port: ScriptedPort) -> int:
    return sum(frame.payload[0] >> 4 == 0 for frame in port.sent)


def test_of_two_units_one_is_asked_alone() -> None:
    asker, port = asker_on(lambda _: [short("410c1111"), short("410c2222", 0x7E9)])
    assert told(asker.ask(b"\x01\x0c", UNITS[1])) == {"7E9": bytes.fromhex("410c2222")}
    assert port.sent[0].id == 0x7E1


def broken(change: Callable[[list[Frame]], list[Frame]]) -> Units:
    return Units(change(pieces(VIN)))


@pytest.mark.parametrize(
    ("change", "loss"),
    [
        (lambda frames: [frames[0], frames[2], frames[1]], "isotp_wrong_sequence_number"),
        (lambda frames: [frames[0], frames[1]], "isotp_unfinished"),
        (lambda frames: [frames[1]], "isotp_unexpected_consecutive_frame"),
        (lambda _: [Frame(0, 0x7E8, bytes.fromhex("1000000010000000"))], "isotp_frame_too_long"),
        (lambda _: [Frame(0, 0x7E8, b"\xf0" * 8)], "isotp_invalid_can_data"),
        (lambda _: [Frame(0, 0x7E8, b"")], "isotp_invalid_can_data"),
    ],
)
def test_what_is_malformed_is_lost_by_name_and_in_bounded_time(
    change: Callable[[list[Frame]], list[Frame]], loss: str
) -> None:
    asker, port = asker_on(broken(change))
    assert asker.ask(b"\x09\x02") == []
    assert asker.counters[loss] >= 1
    assert port.now_ns() <= 2.2 * NANOSECONDS


def test_a_unit_that_never_goes_on_after_flow_control_is_given_up() -> None:
    asker, port = asker_on(Units(pieces(VIN), after_flow=False))
    assert asker.ask(b"\x09\x02") == []
    assert port.now_ns() <= 2.2 * NANOSECONDS


@given(st.lists(st.tuples(st.integers(0x7E8, 0x7EF), st.binary(max_size=8), st.integers(0, 400)), max_size=40))
def test_whatever_units_send_it_ends_and_nothing_raises(noise: list[tuple[int, bytes, int]]) -> None:
    frames = [Frame(at * MS, identifier, payload) for identifier, payload, at in noise]
    asker, port = asker_on(lambda frame: frames if frame.payload[0] >> 4 == 0 else [])
    asker.ask(b"\x09\x02")
    assert port.now_ns() <= (Timing().total_s + 1) * NANOSECONDS
    assert all(frame.payload[0] >> 4 in {0, 3} for frame in port.sent)


def test_what_is_not_allowed_is_not_even_waited_for() -> None:
    asker, port = asker_on(lambda _: [])
    for request in (b"\x04", b"\x10\x03", b"\x14\xff\xff\xff", b"\x2e\xf1\x90\x00", b"\x31\x01\x02\x03"):
        with pytest.raises(Forbidden):
            asker.ask(request)
    assert not port.sent


def test_another_tester_in_the_middle_of_an_answer_silences_us_at_once() -> None:
    foreign = Frame(0, 0x7DF, bytes.fromhex("0201000000000000"))

    def answers(frame: Frame) -> list[Frame]:
        return [foreign, pieces(VIN)[0]] if frame.payload[0] >> 4 == 0 else pieces(VIN)[1:]

    asker, port = asker_on(answers)
    assert asker.ask(b"\x09\x02") == []
    assert len(port.sent) == 1, "no flow control either"
    assert asker.why_silent() is Silence.FOREIGN_TESTER
    with pytest.raises(NotNow, match="foreign_tester"):
        asker.ask(b"\x09\x02")
