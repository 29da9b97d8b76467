"""The joined network as a tester and a listening box meet it."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.frames import ERROR, EXTENDED, FD, REMOTE, Frame
from edge.simulator.ecu.codes import Code, Lamp
from edge.simulator.ecu.j1939.diagnostics import Component
from edge.simulator.ecu.j1939.ids import claim
from edge.simulator.ecu.j1939.network import J1939Network
from edge.simulator.ecu.j1939.telltales import Shown
from edge.simulator.ecu.unit import Unit
from tests.unit.bus.strategies import frames as any_frames
from tests.unit.simulator.ecu.j1939.box import MS, SECOND, TESTER, Box, Heard, drive, managed, request, split
from tests.unit.simulator.ecu.j1939.faulty import AMBER, COOLANT, DPF, ONE_OF_EACH_LAMP, fail, unit_of

ENGINE, TRANSMISSION, BRAKES, AFTERTREATMENT = 0x00, 0x03, 0x0B, 0x3D
DM1, DM2, DM3, DM5, DM11, DM12, DM19, VIN = 0xFECA, 0xFECB, 0xFECC, 0xFECE, 0xFED3, 0xFED4, 0xD300, 0xFEEC
ENGINE_HOURS = 0xFEE5
ACKNOWLEDGEMENT = 0xE800
TEN = tuple(
    Code(f"SPN {spn} FMI 5", "x", spn=spn, fmi=5, lamp=Lamp.AMBER, trips=1, fails_after_s=1) for spn in range(651, 661)
)

MANY = tuple(
    Code(f"SPN {spn} FMI 3", "x", spn=spn, fmi=3, lamp=Lamp.RED, trips=1, fails_after_s=1) for spn in range(1, 100)
)


class Truck:
    """A network with its switch, and the units in it."""

    def __init__(self, *, codes: Sequence[Code] = (*ONE_OF_EACH_LAMP, *TEN)) -> None:
        self.on = True
        self.engine = unit_of(*codes, address=ENGINE, calibration_id="TT13", cvn=1)
        self.aftertreatment = unit_of(DPF, address=AFTERTREATMENT, calibration_id="TTA", cvn=2)
        self.brakes = unit_of(AMBER, address=BRAKES, obd=False)
        self.units = [self.engine, unit_of(address=TRANSMISSION, obd=False), self.brakes, self.aftertreatment]
        self.network = J1939Network(
            self.units,
            vin="WTTZZZ00000000001",
            readings=lambda: {"hours": 1234.5},
            ignition_on=lambda: self.on,
            components={BRAKES: Component(claim=claim(9, 4711))},
            groups={
                ENGINE: {ENGINE_HOURS: lambda seen: round(seen["hours"] / 0.05).to_bytes(4, "little") + b"\xff" * 4}
            },
        )

    def talk(self, *sends: Frame, box: Box | None = None, start: int = 0, until: int = 900 * MS) -> Box:
        """Messages of a stretch of time; a box of its own hears it unless one is given. What came before is lost."""
        box = box or Box()
        self.network.due(start)
        drive(self.network.due, self.network.hear, box, sends=sends, start=start, until=until)
        return box

    def dm1(self, start: int, until: int) -> list[tuple[int, int, bytes]]:
        """DM1s of a stretch of time: ms, source, payload."""
        heard = self.talk(start=start, until=until).messages
        return [(one.time // MS, one.source, one.payload) for one in heard if one.pgn == DM1]


@pytest.fixture
def truck() -> Truck:
    return Truck()


def answers(heard: Iterable[Heard]) -> list[tuple[int, int, str]]:
    return [(one.source, one.pgn, one.payload.hex(" ").upper()) for one in heard if one.pgn != DM1]


# --- requests


def test_a_request_to_one_unit_is_answered_by_it_alone(truck: Truck) -> None:
    assert answers(truck.talk(request(DM2, ENGINE)).messages) == [(ENGINE, DM2, "00 FF 00 00 00 00 FF FF")]


def test_a_request_to_everyone_is_answered_by_all_that_can_and_refused_by_none(truck: Truck) -> None:
    heard = truck.talk(request(DM5)).messages
    assert [one[0] for one in answers(heard)] == [ENGINE, TRANSMISSION, BRAKES, AFTERTREATMENT]
    assert answers(truck.talk(request(DM12), start=SECOND, until=2 * SECOND).messages) == [
        (ENGINE, DM12, "00 FF 00 00 00 00 FF FF"),
        (AFTERTREATMENT, DM12, "3F FF 00 00 00 00 FF FF"),
    ]


def test_answers_come_soon_and_not_all_at_once(truck: Truck) -> None:
    times = [one.time for one in truck.talk(request(DM5)).messages if one.pgn == DM5]
    assert all(0 < time < 200 * MS for time in times)
    assert all(later > earlier for earlier, later in pairwise(times))


@pytest.mark.parametrize("pgn", [0xF004, 0xFEEB, 0x1FFFF, 0xFFFFFF, 0xD3F9, 0xEC00])
def test_what_a_unit_does_not_have_it_refuses_when_asked_alone(truck: Truck, pgn: int) -> None:
    # seen: 18E8FF00 [8] 01 FF FF FF F9 CF FE 00 (j1939-84, issue 1087)
    box = truck.talk(request(pgn, BRAKES))
    group = pgn.to_bytes(3, "little").hex(" ").upper()
    assert answers(box.messages) == [(BRAKES, ACKNOWLEDGEMENT, f"01 FF FF FF F9 {group}")]
    assert [frame.id for frame in box.frames if split(frame.id)[1] == ACKNOWLEDGEMENT] == [0x18E8FF0B]
    assert answers(truck.talk(request(pgn), start=SECOND, until=2 * SECOND).messages) == []


def test_other_groups_are_told_from_what_the_sensors_show(truck: Truck) -> None:
    told = [(ENGINE, ENGINE_HOURS, "72 60 00 00 FF FF FF FF")]
    assert answers(truck.talk(request(ENGINE_HOURS, ENGINE)).messages) == told
    assert answers(truck.talk(request(ENGINE_HOURS), start=SECOND, until=2 * SECOND).messages) == told


def test_long_answers_go_to_the_tester_alone_or_to_everyone_as_they_were_asked(truck: Truck) -> None:
    vin = b"WTTZZZ00000000001*"
    alone = truck.talk(request(VIN, ENGINE))
    assert [(one.destination, one.payload) for one in alone.messages if one.pgn == VIN] == [(TESTER, vin)]
    everyone = truck.talk(request(VIN), start=SECOND, until=2 * SECOND)
    assert [(one.source, one.destination, one.payload) for one in everyone.messages if one.pgn == VIN] == [
        (ENGINE, 255, vin)
    ]


def test_the_vin_is_told_by_the_first_obd_unit() -> None:
    units = [unit_of(address=0, obd=False), unit_of(address=7), unit_of(address=3)]
    network = J1939Network(units, vin="WTT", readings=dict, ignition_on=lambda: True)
    network.hear(request(VIN), 0)
    assert [(frame.id, frame.payload) for frame in network.due(SECOND) if frame.id >> 8 & 0xFFFF == VIN] == [
        (0x18FEEC03, b"WTT*")
    ]


def test_calibrations_of_all_units_come_at_once(truck: Truck) -> None:
    heard = truck.talk(request(DM19)).messages
    told = {one.source: (one.destination, one.payload) for one in heard if one.pgn == DM19}
    assert told == {
        ENGINE: (255, b"\1\0\0\0TT13" + bytes(12)),
        AFTERTREATMENT: (255, b"\2\0\0\0TTA" + bytes(13)),
    }


def test_a_tester_may_take_a_long_answer_in_its_own_time(truck: Truck) -> None:
    fail(truck.engine, *TEN)
    for window in (1, 2, 255):
        box = Box(window=window)
        truck.talk(request(DM1, ENGINE), box=box, start=window * SECOND, until=window * SECOND + 800 * MS)
        payload = next(one.payload for one in box.messages if one.destination == TESTER)
        assert payload[:2] == b"\x04\xff"
        assert [payload[place] | payload[place + 1] << 8 for place in range(2, 42, 4)] == list(range(651, 661))


def test_a_unit_with_too_many_testers_says_that_it_is_busy(truck: Truck) -> None:
    sends = [request(VIN, ENGINE, source) for source in range(0x80, 0x86)]
    refused = answers(truck.talk(*sends).messages)
    assert refused == [(ENGINE, ACKNOWLEDGEMENT, f"03 FF FF FF {source:02X} EC FE 00") for source in (0x84, 0x85)]


def test_who_has_a_name_claims_its_address_when_asked_and_nobody_refuses(truck: Truck) -> None:
    name = "67 12 E0 FF 00 09 00 10"  # 21 bits of number, 11 of maker, 8 of instances, 8 of function, road vehicles
    told = answers(truck.talk(request(0xEE00, ENGINE), request(0xEE00)).messages)
    assert told == [(BRAKES, 0xEE00, name)]
    assert answers(truck.talk(request(0xEE00, BRAKES), start=2 * SECOND, until=3 * SECOND).messages) == told


# --- erasing


def test_erasing_is_acknowledged_to_a_tester_that_asks_one_unit(truck: Truck) -> None:
    # seen: 00 FF FF FF F9 D3 FE 00 (j1939-84, issue 1051)
    fail(truck.engine, COOLANT)
    box = truck.talk(request(DM11, ENGINE))
    assert answers(box.messages) == [(ENGINE, ACKNOWLEDGEMENT, "00 FF FF FF F9 D3 FE 00")]
    assert truck.engine.memory.confirmed() == ()
    assert answers(truck.talk(request(DM3, BRAKES), start=SECOND, until=2 * SECOND).messages) == [
        (BRAKES, ACKNOWLEDGEMENT, "00 FF FF FF F9 CC FE 00")
    ]


def test_erasing_everywhere_is_done_without_a_word_and_what_still_fails_comes_back(truck: Truck) -> None:
    fail(truck.engine, COOLANT)
    fail(truck.aftertreatment, DPF)
    assert {payload[2:6].hex() for _, _, payload in truck.dm1(0, 900 * MS)} == {"6e001001", "870e1001", "00000000"}
    assert answers(truck.talk(request(DM11), start=SECOND, until=2 * SECOND).messages) == []
    assert truck.aftertreatment.memory.confirmed() == ()
    assert {payload[2:6].hex() for _, _, payload in truck.dm1(2 * SECOND, 3 * SECOND)} == {"00000000"}
    fail(truck.engine, COOLANT)
    assert (ENGINE, "6e001001") in {
        (source, payload[2:6].hex()) for _, source, payload in truck.dm1(3 * SECOND, 4 * SECOND)
    }


def test_dm3_leaves_active_codes_alone(truck: Truck) -> None:
    fail(truck.engine, COOLANT, AMBER)
    truck.engine.memory.observe(AMBER.text, False)
    assert len(truck.engine.memory.previously_active()) == 1
    truck.talk(request(DM3))
    assert truck.engine.memory.previously_active() == ()
    assert truck.engine.memory.active() == (COOLANT,)


# --- DM1


def test_every_unit_sends_dm1_once_a_second_with_codes_or_without(truck: Truck) -> None:
    told = truck.dm1(0, 10 * SECOND)
    for unit in truck.units:
        times = [time for time, source, _ in told if source == unit.address]
        assert [later - earlier for earlier, later in pairwise(times)] == [1000] * 9
    assert {payload[2:] for _, _, payload in told} == {bytes.fromhex("00 00 00 00 FF FF")}
    assert len({time for time, _, _ in told}) == len(told)


def test_a_code_is_told_as_soon_as_it_comes_and_the_rhythm_goes_on(truck: Truck) -> None:
    before = [time for time, source, _ in truck.dm1(0, 1500 * MS) if source == ENGINE]
    fail(truck.engine, COOLANT)
    after = [
        (time, payload[2:6].hex()) for time, source, payload in truck.dm1(1500 * MS, 4 * SECOND) if source == ENGINE
    ]
    assert after == [(1500, "6e001001"), *((before[0] + second, "6e001001") for second in (2000, 3000))]


def test_a_code_that_comes_and_goes_is_told_at_once_only_once_a_second(truck: Truck) -> None:
    quick = Code("SPN 523 FMI 2", "x", spn=523, fmi=2, lamp=Lamp.AMBER, trips=1, fails_after_s=1, passes_after_s=1)
    truck = Truck(codes=(quick,))
    truck.dm1(0, 1100 * MS)
    truck.engine.memory.cycle_begins()
    told = []
    for step in range(11, 51):
        truck.engine.memory.observe(quick.text, step % 2 == 1)
        told += [time for time, source, _ in truck.dm1(step * 100 * MS, (step + 1) * 100 * MS) if source == ENGINE]
    regular = [1005 + second for second in (1000, 2000, 3000, 4000)]
    assert set(regular) <= set(told)
    extra = sorted(set(told) - set(regular))
    assert len(extra) >= 3
    assert all(later - earlier >= 1000 for earlier, later in pairwise(extra))


def test_another_code_is_told_at_once_even_in_the_same_second(truck: Truck) -> None:
    truck.dm1(0, 1100 * MS)
    box = Box()
    for step, code in enumerate(TEN[:3], 11):
        fail(truck.engine, code)
        truck.talk(box=box, start=step * 100 * MS, until=(step + 1) * 100 * MS)
    truck.talk(box=box, start=1400 * MS, until=1900 * MS)
    assert [len(one.payload) for one in box.messages if one.source == ENGINE] == [8, 10, 14]
    begins = [frame.time // MS for frame in box.frames if frame.id in (0x18FECA00, 0x1CECFF00)]
    assert begins == [1100, 1200, 1301]  # the last one waits for the broadcast before it


@pytest.mark.parametrize("codes", [TEN, MANY])
def test_after_erasing_no_old_list_comes_last(codes: Sequence[Code]) -> None:
    truck = Truck(codes=codes)
    fail(truck.engine, *codes)
    box = truck.talk(until=90 * MS)  # the first list is being broadcast
    truck.talk(request(DM11), box=box, start=90 * MS, until=3900 * MS)
    told = [len(one.payload) for one in box.messages if one.source == ENGINE]
    assert told[0] == 2 + 4 * len(codes)
    assert set(told[1:]) == {8}


def test_what_erasing_changes_is_told_after_it(truck: Truck) -> None:
    fail(truck.engine, COOLANT)
    truck.network.due(SECOND)
    truck.network.hear(request(DM11), SECOND + 50 * MS)
    frames = [frame for frame in truck.network.due(SECOND + 100 * MS) if frame.id == 0x18FECA00]
    assert [frame.time - SECOND for frame in frames] == [5 * MS, 50 * MS]


def test_ten_codes_are_broadcast_in_seven_frames(truck: Truck) -> None:
    fail(truck.engine, *TEN)
    box = truck.talk(until=2 * SECOND - 100 * MS)
    told = [one for one in box.messages if one.source == ENGINE]
    assert [len(one.payload) for one in told] == [42, 42]
    payload = told[0].payload
    assert [payload[place] | payload[place + 1] << 8 for place in range(2, 42, 4)] == list(range(651, 661))
    frames = [frame for frame in box.frames if frame.id & 0xFF == ENGINE]
    assert [frame.id for frame in frames] == [0x1CECFF00, *[0x1CEBFF00] * 6] * 2
    assert frames[7].time - frames[0].time == SECOND


def test_more_codes_than_a_second_can_carry_leave_dm1s_out_but_every_message_whole() -> None:
    truck = Truck(codes=MANY)
    fail(truck.engine, *MANY)
    told = [one.payload for one in truck.talk(until=20 * SECOND).messages if one.source == ENGINE]
    assert len(told) == 6  # 57 packets of 50 ms take 2.9 s
    assert {len(payload) for payload in told} == {2 + 4 * 99}


# --- ignition


def test_without_ignition_nothing_is_heard_and_nothing_said(truck: Truck) -> None:
    truck.on = False
    fail(truck.engine, COOLANT)
    assert truck.network.hear(request(DM11, ENGINE), 0) is False
    assert truck.talk(until=3 * SECOND).frames == []
    assert truck.network.next_ns() is None
    assert truck.engine.memory.active() == (COOLANT,)


def test_switching_off_ends_what_is_under_way_and_switching_on_begins_anew(truck: Truck) -> None:
    fail(truck.engine, *TEN)
    truck.talk(request(VIN, ENGINE), until=100 * MS)
    truck.network.hear(request(DM2), 100 * MS)
    truck.on = False
    assert truck.talk(start=100 * MS, until=2 * SECOND).frames == []
    truck.on = True
    assert truck.network.next_ns() == 2 * SECOND
    assert truck.network.due(2 * SECOND) == []
    box = truck.talk(start=2 * SECOND, until=2900 * MS)
    assert {one.source for one in box.messages} == {unit.address for unit in truck.units}
    assert {one.pgn for one in box.messages} == {DM1}


def test_waking_after_weeks_does_not_make_up_for_them(truck: Truck) -> None:
    truck.on = False
    truck.network.due(SECOND)
    truck.on = True
    frames = truck.network.due(1_000_000 * SECOND)
    assert len(frames) == len(truck.units)
    assert frames[0].time >= 999_999 * SECOND


# --- what is not for the units


@pytest.mark.parametrize(
    "frame",
    [
        request(DM2, 0x21),  # another unit
        request(DM2, ENGINE, source=ENGINE),  # an echo
        request(DM2, ENGINE, source=BRAKES),
        request(DM2, ENGINE, source=0xFE),
        request(DM2, ENGINE, source=0xFF),
        Frame(0, 0x18EA00F9, bytes.fromhex("CB FE 00"), flags=0),
        Frame(0, 0x18EA00F9, bytes(3), flags=EXTENDED | REMOTE),
        Frame(0, 0x18EA00F9, bytes.fromhex("CB FE 00"), flags=EXTENDED | FD),
        Frame(0, 0x18EA00F9, bytes.fromhex("CB FE 00"), flags=EXTENDED | ERROR),
        Frame(0, 0x7E0, bytes.fromhex("02 01 00 55 55 55 55 55")),
        Frame(0, 0x18DA10F1, bytes.fromhex("02 3E 00 55 55 55 55 55"), flags=EXTENDED),
        Frame(0, 0x18F00421, bytes(8), flags=EXTENDED),
        managed(0xFF, 32, 20, 0, 3, 0xFF, pgn=0xFED8),
    ],
)
def test_frames_for_others_are_not_answered(truck: Truck, frame: Frame) -> None:
    assert truck.network.hear(frame, 0) is False
    assert answers(truck.talk(until=900 * MS).messages) == []


@pytest.mark.parametrize("payload", [b"", b"\xcb", b"\xcb\xfe"])
def test_a_request_that_is_cut_short_is_for_a_unit_but_not_answered(truck: Truck, payload: bytes) -> None:
    assert truck.network.hear(Frame(0, 0x18EA00F9, payload, flags=EXTENDED), 0) is True
    assert answers(truck.talk(until=900 * MS).messages) == []


def test_a_request_that_is_filled_up_is_answered(truck: Truck) -> None:
    filled = Frame(0, 0x18EA00F9, bytes.fromhex("CB FE 00 FF FF FF FF FF"), flags=EXTENDED)
    assert [pgn for _, pgn, _ in answers(truck.talk(filled).messages)] == [DM2]


def test_what_is_for_a_unit_says_so(truck: Truck) -> None:
    assert truck.network.hear(request(DM2, ENGINE), 0) is True
    assert truck.network.hear(request(DM2), 0) is True
    assert truck.network.hear(managed(BRAKES, 255, 3, 0xFF, 0xFF, 0xFF, pgn=DM2), 0) is True


ADDRESSES = st.sampled_from([ENGINE, BRAKES, AFTERTREATMENT, 0xFF, 0x21])
GROUPS = st.sampled_from([0xEA, 0xE8, 0xEC, 0xEB, 0xEE, 0xD3, 0xFE])
NEAR = st.tuples(GROUPS, ADDRESSES, st.sampled_from([TESTER, 0xFA, 0x01]), st.binary(max_size=8)).map(
    lambda parts: Frame(0, 0x18 << 24 | parts[0] << 16 | parts[1] << 8 | parts[2], parts[3], flags=EXTENDED)
)
WANTED = st.tuples(st.sampled_from([DM1, DM2, DM3, DM5, DM11, DM19, VIN, 0xFECD, 0xEE00, 0xF004]), ADDRESSES)
REQUESTS = WANTED.map(lambda parts: request(*parts))
PACKETS = st.tuples(
    st.sampled_from([16, 17, 19, 32, 255]), st.integers(0, 255), st.integers(0, 8), st.integers(0, 255), ADDRESSES
).map(lambda parts: managed(parts[4], parts[0], parts[1], parts[2], parts[3], 0xFF, pgn=VIN))


@given(
    st.lists(st.tuples(st.one_of(any_frames(), NEAR, REQUESTS, PACKETS), st.integers(-500, 700)), max_size=40),
    st.sets(st.integers(0, 39), max_size=4),
)
def test_no_frame_raises_or_breaks_the_order_of_time(heard: list[tuple[Frame, int]], switches: set[int]) -> None:
    truck, now, until = Truck(), 0, 0
    fail(truck.engine, COOLANT, AMBER)
    for place, (frame, wait_ms) in enumerate(heard):
        truck.on ^= place in switches
        now = max(0, now + wait_ms * MS)
        truck.network.hear(frame, now)
        if wait_ms % 2:
            said = truck.network.due(now)
            assert all(until <= one.time < now for one in said)
            assert [one.time for one in said] == sorted(one.time for one in said)
            assert all(one.flags == EXTENDED and len(one.payload) <= 8 and one.id < 1 << 29 for one in said)
            until = max(until, now)
    truck.on = True
    assert {one.id & 0xFF for one in truck.network.due(now + 10 * SECOND)} == {unit.address for unit in truck.units}


def test_a_flood_of_requests_is_bounded_and_the_units_recover(truck: Truck) -> None:
    for _ in range(5000):
        truck.network.hear(request(VIN, ENGINE), 0)
        truck.network.hear(request(DM2), 0)
        truck.network.hear(request(0xF004, ENGINE), 0)
    assert len(truck.network.due(SECOND)) < 2000
    assert answers(truck.talk(request(DM2, ENGINE), start=60 * SECOND, until=61 * SECOND).messages)[-1][1] == DM2


# --- the frame of it


def test_the_same_questions_at_the_same_times_give_the_same_frames() -> None:
    said = []
    for _ in range(2):
        truck = Truck()
        fail(truck.engine, *TEN)
        box = Box(window=3)
        truck.talk(request(DM5), request(DM19), request(VIN, ENGINE), box=box, until=3 * SECOND)
        said.append(box.frames)
    assert said[0] == said[1]
    assert len(said[0]) > 40


def test_how_often_due_is_asked_changes_nothing() -> None:
    said = []
    for step in (MS, 10 * MS, SECOND, 5 * SECOND):
        truck = Truck()
        fail(truck.engine, *TEN)
        truck.network.due(0)
        said.append([frame for until in range(step, 5 * SECOND + 1, step) for frame in truck.network.due(until)])
    assert said[0] == said[1] == said[2] == said[3]
    assert len(said[0]) == 5 * (3 + 7)


def test_next_tells_when_something_is_due(truck: Truck) -> None:
    truck.network.due(0)
    now, frames = 0, list[Frame]()
    truck.network.hear(request(VIN, ENGINE), 0)
    while now < 3 * SECOND:
        due = truck.network.next_ns()
        assert due is not None
        assert due >= now
        assert truck.network.due(due) == []
        now = due + 1
        frames += truck.network.due(now)
    assert [frame.time for frame in frames] == sorted(frame.time for frame in frames)
    assert sum(split(frame.id)[1] == DM1 for frame in frames) >= 12


def test_telltales_are_sent_by_the_cluster_while_the_ignition_is_on() -> None:
    truck = Truck()
    network = J1939Network(
        [], vin="", readings=dict, ignition_on=lambda: truck.on, telltales=lambda: {34: Shown.YELLOW}, bus="fms"
    )
    network.due(0)
    frames = network.due(4 * SECOND)
    assert [(frame.id, frame.payload[0] & 0xF, frame.bus) for frame in frames] == [
        (0x18FD7D17, number, "fms") for number in range(4)
    ]
    truck.on = False
    assert network.due(8 * SECOND) == []


def test_units_that_cannot_share_a_bus_are_refused() -> None:
    def join(*units: Unit) -> None:
        J1939Network(units, vin="", readings=dict, ignition_on=lambda: True)

    with pytest.raises(ConfigError, match="share"):
        join(unit_of(address=3), unit_of(address=3))
    for address in (-1, 0xFE, 0xFF, 300):
        with pytest.raises(ConfigError, match="0 to 253"):
            join(unit_of(address=address))
