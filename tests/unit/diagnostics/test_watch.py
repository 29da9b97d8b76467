"""Nothing is asked of a vehicle that sleeps, is weak, is being worked on, or was never heard."""

import pytest

from edge.diagnostics.watch import FOREIGN_NS, LENT_NS, Manners, Signs, Silence, Watch
from edge.frames import ERROR, EXTENDED, NANOSECONDS, Frame

S = NANOSECONDS
SPEED = Frame(0, 0x201, bytes(8))


def watch(*, asks: bool = True, gateway: bool = False, address: int | None = None) -> Watch:
    return Watch(Manners(asks=asks, gateway=gateway), bitrate=500_000, address=address)


def awake(at_ns: int = 0) -> Watch:
    one = watch()
    one.hear([SPEED], at_ns)
    return one


def test_listening_only_is_the_default() -> None:
    one = Watch(Manners(), bitrate=500_000)
    one.hear([SPEED], 0)
    assert one.why_silent(0) is Silence.LISTEN_ONLY


def test_nothing_is_asked_before_a_frame_was_heard() -> None:
    assert watch().why_silent(0) is Silence.NOTHING_HEARD
    assert awake().why_silent(0) is None


def test_a_bus_that_fell_silent_is_not_woken() -> None:
    one = awake()
    assert one.why_silent(S // 2 - 1) is None
    assert one.why_silent(S // 2) is Silence.ASLEEP


def test_answers_to_testers_are_no_sign_of_life() -> None:
    one = awake()
    one.hear([Frame(0, 0x7E8, bytes(8)), Frame(0, 0x18DAF110, bytes(8), flags=EXTENDED)], S)
    assert one.why_silent(S) is Silence.ASLEEP


def test_traffic_alone_lends_a_minute_after_an_awakening() -> None:
    one = awake()
    for second in range(120):
        one.hear([SPEED], second * S)
        expected = None if second * S < LENT_NS else Silence.MAY_SLEEP
        assert one.why_silent(second * S) is expected
    one.hear([SPEED], 140 * S)
    assert one.why_silent(140 * S) is None


def test_in_workshop_mode_nothing_is_asked_of_a_vehicle_that_is_awake() -> None:
    one = awake()
    one.tell(Signs(0, ignition=True, workshop=True))
    assert one.why_silent(0) is Silence.WORKSHOP
    one.tell(Signs(0, ignition=True))
    assert one.why_silent(0) is None


def test_a_vehicle_that_the_box_takes_for_parked_sleeps_whatever_it_shows() -> None:
    one = awake()
    one.tell(Signs(0, ignition=True, parked=True))
    assert one.why_silent(0) is Silence.ASLEEP
    one.tell(Signs(0, ignition=True))
    assert one.why_silent(0) is None


@pytest.mark.parametrize(
    "signs", [{"engine_rpm": 800.0}, {"speed_kmh": 0.5}, {"ignition": True}, {"volts": 13.9}, {"volts": 27.4}]
)
def test_a_vehicle_in_use_may_be_asked_for_hours(signs: dict[str, float]) -> None:
    one = awake()
    for second in range(0, 7_200, 2):
        one.hear([SPEED], second * S)
        one.tell(Signs(second * S, **signs))  # type: ignore[arg-type]  # each of its own type
        assert one.why_silent(second * S) is None


def test_what_was_a_sign_of_life_is_none_when_it_is_old() -> None:
    one = awake()
    one.tell(Signs(0, engine_rpm=800.0))
    for second in range(1, 70):
        one.hear([SPEED], second * S)
    assert one.why_silent(69 * S) is Silence.MAY_SLEEP


@pytest.mark.parametrize(("volts", "silent"), [(11.9, True), (12.1, False), (23.8, True), (24.2, False), (None, False)])
def test_a_weak_battery_is_left_alone(volts: float | None, silent: bool) -> None:
    one = awake()
    one.tell(Signs(0, ignition=True, volts=volts))
    assert one.why_silent(0) is (Silence.LOW_VOLTAGE if silent else None)


@pytest.mark.parametrize(
    "frame",
    [
        Frame(0, 0x7DF, bytes.fromhex("0201000000000000")),
        Frame(0, 0x7E3, bytes.fromhex("0322f19000000000")),
        Frame(0, 0x7E0, bytes.fromhex("1014190400000000")),
        Frame(0, 0x7E0, bytes.fromhex("3000000000000000")),
        Frame(0, 0x18DB33F1, bytes.fromhex("0201000000000000"), flags=EXTENDED),
        Frame(0, 0x18DA28F1, bytes.fromhex("0201000000000000"), flags=EXTENDED),
        Frame(0, 0x18EAFFF9, bytes.fromhex("cafe00"), flags=EXTENDED),
    ],
)
def test_beside_another_tester_we_are_silent_for_ten_minutes_after_its_last(frame: Frame) -> None:
    one = awake()
    one.tell(Signs(0, ignition=True))
    one.hear([frame], 0)
    one.hear([frame], 100 * S)
    for second in (100, 101, 400, 699):
        one.hear([SPEED], second * S)
        one.tell(Signs(second * S, ignition=True))
        assert one.why_silent(second * S) is Silence.FOREIGN_TESTER
    last_ns = 100 * S + FOREIGN_NS
    one.hear([SPEED], last_ns)
    assert one.why_silent(last_ns) is None
    assert one.foreign_requests == 2


def test_our_own_address_is_no_stranger() -> None:
    one = watch(address=0xF9)
    one.hear([SPEED, Frame(0, 0x18EAFFF9, bytes(3), flags=EXTENDED)], 0)
    assert one.why_silent(0) is None


def test_flow_control_while_a_question_of_ours_is_open_is_ours() -> None:
    one = awake()
    one.asked(0)
    one.hear([Frame(0, 0x7E0, bytes.fromhex("3000000000000000"))], S // 10)
    assert one.foreign_requests == 0


@pytest.mark.parametrize(("bits", "at_once"), [(0x20, True), (0x40, True), (0x08, False)])
def test_errors_while_we_send_are_a_bad_install_that_stays(bits: int, at_once: bool) -> None:
    one = awake()
    one.tell(Signs(0, ignition=True))
    error = Frame(0, bits, bytes(8), flags=ERROR)
    one.hear([error], 0)
    assert one.bad_install is None, "nobody had sent"
    one.asked(0)
    one.hear([error], 1)
    assert (one.bad_install is not None) == at_once
    one.hear([error, error], 2)
    assert one.why_silent(2) is Silence.BAD_INSTALL
    one.hear([SPEED], 9_000 * S)
    assert one.why_silent(9_000 * S) is Silence.BAD_INSTALL


def test_a_full_bus_gets_nothing_more() -> None:
    one = awake()
    one.tell(Signs(0, ignition=True))
    one.hear([SPEED] * 3_000, 0)
    assert one.load(0) == pytest.approx(3_001 * 135 / 500_000)
    assert one.why_silent(0) is Silence.BUS_BUSY
    one.hear([SPEED], S)
    one.tell(Signs(S, ignition=True))
    assert one.why_silent(S) is None


def test_behind_a_gateway_the_vehicle_must_show_otherwise_that_it_is_awake() -> None:
    one = watch(gateway=True)
    assert one.why_silent(0) is Silence.ASLEEP
    one.tell(Signs(0, volts=13.8))
    assert one.why_silent(0) is None
    assert one.why_silent(10 * S) is Silence.ASLEEP
