from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.frames import ERROR, EXTENDED, FD, REMOTE, Frame
from edge.simulator.ecu.codes import Code
from edge.simulator.ecu.memory import CodeMemory
from edge.simulator.ecu.obd_network import ObdNetwork
from edge.simulator.ecu.unit import Unit
from tests.unit.simulator.ecu.car import VIN, Car
from tests.unit.simulator.ecu.tester import MS, SECOND, Assembly, Tester

ALL = 0x7DF
ALL_EXTENDED = 0x18DB33F1
ENGINE_EXTENDED = 0x18DA10F1


def question(identifier: int, octets: str, *, at: int = SECOND, flags: int = 0) -> Frame:
    return Frame(at, identifier, bytes.fromhex(octets).ljust(8, b"\0"), flags=flags)


def test_every_unit_answers_in_its_own_time_and_before_p2() -> None:
    tester = Tester(Car().network())
    tester.ask(ALL, bytes.fromhex("22f186"))
    assert [identifier for _, identifier in tester.arrivals] == [0x7E8, 0x7E9, 0x768]
    times = [after_ns for after_ns, _ in tester.arrivals]
    assert len(set(times)) == 3
    assert all(MS <= after_ns < 50 * MS for after_ns in times)


def test_29_bit_ids() -> None:
    tester = Tester(Car().network(extended=True), extended=True)
    answers = tester.ask(ALL_EXTENDED, b"\x01\x0d")
    assert answers == {0x18DAF110: [b"\x41\x0d\x00"], 0x18DAF118: [b"\x41\x0d\x00"]}
    assert tester.ask(ENGINE_EXTENDED, b"\x09\x02") == {0x18DAF110: [b"\x49\x02\x01" + VIN.encode()]}
    assert tester.one(0x18DA40F1, b"\x22\xf1\x97") == b"\x62\xf1\x97BODY"  # it has no 11-bit id
    assert tester.send(ALL, b"\x02\x01\x0d") is False


def test_who_speaks_11_bits_does_not_hear_29() -> None:
    network = Car().network()
    assert not network.hear(question(ALL_EXTENDED, "02010d", flags=EXTENDED), SECOND)
    assert not network.hear(question(ENGINE_EXTENDED, "02010d", flags=EXTENDED), SECOND)
    assert not network.hear(question(0x7E0, "02010d", flags=EXTENDED), SECOND)
    assert network.next_ns() is None


@pytest.mark.parametrize(
    ("frame", "heard"),
    [
        (question(ALL, "02010d"), True),
        (question(0x7E0, "02010d"), True),
        (question(0x7E5, "02010d"), False),
        (question(0x7E8, "02010d"), False),
        (question(0x123, "02010d"), False),
        (question(ALL, "02010d", flags=REMOTE), False),
        (question(ALL, "02010d", flags=ERROR), False),
        (question(ALL, "02010d", flags=FD), False),
    ],
)
def test_it_says_whether_a_frame_was_meant_for_a_unit(frame: Frame, heard: bool) -> None:
    network = Car().network()
    assert network.hear(frame, SECOND) is heard
    assert bool(network.due(2 * SECOND)) is heard


def test_frames_that_are_not_padded_are_ignored() -> None:
    network = Car().network()
    for identifier in (ALL, 0x7E0):
        network.hear(Frame(SECOND, identifier, b"\x02\x01\x0d"), SECOND)
    assert network.due(2 * SECOND) == []


def test_functional_requests_are_single_frames_only() -> None:
    network = Car().network()
    network.hear(question(ALL, "100f22f186f18620"), SECOND)
    network.hear(question(ALL, "300000"), SECOND + MS)
    assert network.due(2 * SECOND) == []


def test_answers_come_in_order_of_time_and_never_before_they_are_due() -> None:
    network = Car().network()
    network.hear(question(ALL, "02010d"), SECOND)
    next_ns = network.next_ns()
    assert next_ns == SECOND + 4 * MS
    assert network.due(next_ns) == []
    frames = network.due(2 * SECOND)
    assert [frame.time for frame in frames] == sorted(frame.time for frame in frames)
    assert frames[0] == Frame(next_ns, 0x7E8, bytes.fromhex("03410d00cccccccc"))
    assert network.next_ns() is None


def test_a_question_from_the_past_is_answered_from_now_on() -> None:
    network = Car().network()
    network.due(5 * SECOND)
    network.hear(question(0x7E0, "02010d"), SECOND)
    (frame,) = network.due(6 * SECOND)
    assert frame.time > 5 * SECOND


def test_answers_name_their_bus_and_kind() -> None:
    network = Car().network(extended=True, bus="can1")
    network.hear(question(ENGINE_EXTENDED, "02010d", flags=EXTENDED), SECOND)
    (frame,) = network.due(2 * SECOND)
    assert (frame.bus, frame.flags, frame.id) == ("can1", EXTENDED, 0x18DAF110)


def test_a_unit_in_the_middle_of_an_answer_hears_only_that_the_tester_is_there() -> None:
    network = Car().network()
    network.hear(question(0x760, "021003"), SECOND)
    network.due(SECOND + 100 * MS)
    network.hear(question(0x760, "03222001"), SECOND + 100 * MS)
    assert len(network.due(SECOND + 200 * MS)) == 1  # the first frame, which waits for flow control
    network.hear(question(ALL, "03222001"), SECOND + 200 * MS)
    network.hear(question(ALL, "023e80"), SECOND + 300 * MS)
    network.hear(question(0x760, "300000"), SECOND + 400 * MS)
    assembly = Assembly(length=63, received=bytes(6), sequence=1)
    frames = network.due(2 * SECOND)
    assert [assembly.take(frame.payload) is not None for frame in frames] == [False] * 8 + [True]
    # 5.1 s after the last question of its own, but 4.9 s after tester present
    network.hear(question(0x760, "0322f186"), SECOND + 5_200 * MS)
    assert network.due(7 * SECOND)[0].payload.startswith(b"\x04\x62\xf1\x86\x03")


def test_two_testers_who_ask_different_units_do_not_disturb_each_other() -> None:
    network = Car().network()
    network.hear(question(0x7E0, "020902"), SECOND)
    network.hear(question(0x760, "0322f190"), SECOND)
    assert {frame.id for frame in network.due(SECOND + 100 * MS)} == {0x7E8, 0x768}
    network.hear(question(0x760, "300000"), SECOND + 100 * MS)
    network.hear(question(0x7E0, "300000"), SECOND + 101 * MS)
    assemblies = {0x7E8: Assembly(20, bytes(6), 1), 0x768: Assembly(20, bytes(6), 1)}
    done = [frame.id for frame in network.due(2 * SECOND) if assemblies[frame.id].take(frame.payload)]
    assert sorted(done) == [0x768, 0x7E8]


@pytest.mark.parametrize("vin", ["", "SHORT", "WTT0000000000004Ü", VIN + "0"])
def test_a_vin_has_17_characters(vin: str) -> None:
    with pytest.raises(ConfigError, match="17"):
        ObdNetwork([], vin=vin, readings=dict, extended=False, obd_on_uds=False, legacy_obd=True, moving=lambda: False)


@pytest.mark.parametrize("extended", [True, False])
def test_two_units_with_one_address_are_refused(extended: bool) -> None:
    car = Car()
    car.body = Unit("BODY", 0x28, CodeMemory([]), 0x760, 0x768)
    with pytest.raises(ConfigError, match="address"):
        car.network(extended=extended)


def test_a_code_that_obd_cannot_tell_of_is_refused_at_once() -> None:
    car = Car()
    car.body = Unit("BODY", 0x40, CodeMemory([Code("SPN 110 FMI 16", "")]), 0x740, 0x748)
    with pytest.raises(ConfigError, match="SPN 110"):
        car.network()


# whatever comes


NETWORKS: dict[str, Callable[[Car], ObdNetwork]] = {
    "modes": lambda car: car.network(),
    "J1979-2": lambda car: car.network(legacy_obd=False, obd_on_uds=True),
    "29 bits": lambda car: car.network(extended=True),
    "UDS alone": lambda car: car.network(legacy_obd=False),
}
IDS = st.sampled_from([ALL, 0x7E0, 0x7E1, 0x760, ALL_EXTENDED, ENGINE_EXTENDED, 0x18DA28F1, 0x321])
REQUESTS = st.builds(
    lambda service, rest: bytes([1 + len(rest), service]) + rest,
    st.sampled_from([*range(0x0B), 0x10, 0x14, 0x19, 0x22, 0x27, 0x3E]),
    st.binary(max_size=6),
)
FLOWS = st.builds(
    lambda status, size, gap: bytes([0x30 | status, size, gap]),
    st.sampled_from([0, 0, 0, 1, 2, 7]), st.integers(0, 255), st.integers(0, 255),
)  # fmt: skip
FIRSTS = st.builds(
    lambda size, rest: bytes([0x10 | size >> 8, size & 0xFF]) + rest, st.integers(0, 4095), st.binary(max_size=6)
)
CONSECUTIVES = st.builds(
    lambda sequence, rest: bytes([0x20 | sequence]) + rest, st.integers(0, 15), st.binary(max_size=7)
)
PADDED = st.one_of(REQUESTS, FLOWS).map(lambda payload: payload.ljust(8, b"\0"))
PAYLOADS = st.one_of(PADDED, FIRSTS, CONSECUTIVES, st.binary(max_size=9))
GAPS = st.one_of(st.integers(0, 3 * MS), st.integers(0, 8 * SECOND), st.integers(-SECOND, 0))


@pytest.mark.parametrize("kind", NETWORKS)
@given(st.lists(st.tuples(IDS, PAYLOADS, GAPS, st.booleans()), max_size=50))
def test_no_request_at_no_time_upsets_anyone(kind: str, steps: list[tuple[int, bytes, int, bool]]) -> None:
    car = Car()
    car.drive({"P0171": True, "C0035": True})
    network = NETWORKS[kind](car)
    assemblies: dict[int, Assembly] = {}
    now, last = SECOND, 0

    def look(until: int) -> None:
        nonlocal last
        for frame in network.due(until):
            assert last <= frame.time < until
            last = frame.time
            assert len(frame.payload) == 8
            if frame.payload[0] >> 4 == 3:
                assert frame.payload[:3] in {b"\x30\x08\x05", b"\x32\x08\x05"}
                continue
            if frame.payload[0] >> 4 in {0, 1}:
                assemblies[frame.id] = Assembly()  # the message before may have been given up
            message = assemblies[frame.id].take(frame.payload)
            if message is not None:
                assert message[0] & 0x40
                assert message[0] != 0x7F or len(message) == 3

    for identifier, payload, gap, looks in steps:
        now += gap
        flags = EXTENDED if identifier > 0x7FF else 0
        network.hear(Frame(max(now, 0), identifier, payload, flags=flags), now)
        if looks:
            look(now)
    look(max(now, last) + 60 * SECOND)
    assert network.next_ns() is None  # everything ends, and what waits for a tester is given up
    car.shows["kmh"] = 0.0
    extended = kind == "29 bits"
    tester = Tester(network, extended=extended, now=max(now, last) + 61 * SECOND)
    assert tester.one(ENGINE_EXTENDED if extended else 0x7E0, b"\x3e\x00") == b"\x7e\x00"


def test_the_same_questions_get_the_same_answers() -> None:
    def session() -> list[Frame]:
        car = Car()
        car.drive({"P0171": True})
        network = car.network()
        heard = []
        for number in range(200):
            service = (0x01, 0x03, 0x09, 0x19, 0x22)[number % 5]
            network.hear(question(ALL, f"03{service:02x}{number % 7:02x}{number:02x}"), SECOND + number * 300 * MS)
            heard += network.due(SECOND + (number + 1) * 300 * MS)
        return heard

    assert session() == session()
    assert len(session()) > 100
