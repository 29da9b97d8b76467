import pytest

from edge.simulator.ecu.codes import Code, Lamp
from edge.simulator.ecu.memory import CodeMemory
from edge.simulator.ecu.unit import Unit
from tests.unit.simulator.ecu.car import EVAP, LEAN, LOST, VIN, WHEEL, Car
from tests.unit.simulator.ecu.tester import MS, SECOND, Tester

ALL = 0x7DF
ENGINE = 0x7E0
BRAKES = 0x760
WHEEL_BYTES = "403531"
LOST_BYTES = "c12187"


@pytest.fixture
def car() -> Car:
    return Car()


@pytest.fixture
def tester(car: Car) -> Tester:
    return Tester(car.network())


def ask(tester: Tester, request: str, identifier: int = BRAKES) -> str:
    return tester.one(identifier, bytes.fromhex(request)).hex()


def asked_of_all(tester: Tester, request: str) -> dict[int, str]:
    answers = tester.ask(ALL, bytes.fromhex(request))
    return {identifier: b" ".join(messages).hex() for identifier, messages in answers.items()}


# 10 and 3E


def test_sessions_with_their_promised_times(tester: Tester) -> None:
    assert ask(tester, "1003") == "5003003201f4"
    assert ask(tester, "22f186") == "62f18603"
    assert ask(tester, "1001") == "5001003201f4"
    assert ask(tester, "22f186") == "62f18601"


def test_a_session_ends_five_seconds_after_the_last_request(tester: Tester) -> None:
    ask(tester, "1003")
    tester.now += 4 * SECOND
    assert ask(tester, "22f186") == "62f18603"
    tester.now += 5 * SECOND
    assert ask(tester, "22f186") == "62f18601"


def test_a_session_is_counted_from_the_end_of_a_slow_answer() -> None:
    tester = Tester(Car().network())
    ask(tester, "1003")
    tester.send(BRAKES, bytes.fromhex("0414ffffff"))
    tester.network.due(tester.now + 2 * SECOND)
    tester.now += 6 * SECOND
    assert ask(tester, "22f186") == "62f18603"


def test_tester_present_keeps_the_session_alive_without_an_answer(tester: Tester) -> None:
    ask(tester, "1003")
    for _ in range(5):
        tester.now += 3 * SECOND
        assert tester.ask(BRAKES, b"\x3e\x80") == {}
    for _ in range(5):
        tester.now += 3 * SECOND
        assert tester.ask(ALL, b"\x3e\x80") == {}
    assert ask(tester, "22f186") == "62f18603"
    assert ask(tester, "3e00") == "7e00"


def test_a_session_is_its_units_own(tester: Tester) -> None:
    ask(tester, "1003")
    assert ask(tester, "22f186", ENGINE) == "62f18601"


def test_no_extended_session_while_moving(car: Car, tester: Tester) -> None:
    car.shows["kmh"] = 5.0
    assert ask(tester, "1003") == "7f1022"
    assert ask(tester, "1001") == "5001003201f4"
    assert ask(tester, "22f186") == "62f18601"


def test_a_positive_answer_can_be_suppressed_but_no_refusal(car: Car, tester: Tester) -> None:
    assert tester.ask(BRAKES, b"\x10\x83") == {}
    assert ask(tester, "22f186") == "62f18603"
    assert ask(tester, "1082") == "7f1012"
    car.shows["kmh"] = 5.0
    assert ask(tester, "1083") == "7f1022"


# refusals


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("10", "7f1013"),
        ("1002", "7f1012"),
        ("100300", "7f1013"),
        ("3e", "7f3e13"),
        ("3e01", "7f3e12"),
        ("3e0000", "7f3e13"),
        ("14ffff", "7f1413"),
        ("14ffffff00", "7f1413"),
        ("14123456", "7f1431"),
        ("19", "7f1913"),
        ("1902", "7f1913"),
        ("1902ff00", "7f1913"),
        ("190b", "7f1912"),
        ("1904000001ff", "7f1931"),
        (f"1904{WHEEL_BYTES}02", "7f1931"),
        (f"1906{WHEEL_BYTES}77", "7f1931"),
        ("22", "7f2213"),
        ("22f1", "7f2213"),
        ("22f190f1", "7f2213"),
        ("220001", "7f2231"),
        ("1101", "7f1111"),
        ("2701", "7f2711"),
        ("2ef19000", "7f2e11"),
        ("31010203", "7f3111"),
        ("85", "7f8511"),
    ],
)
def test_what_is_refused_and_why(tester: Tester, request_: str, answer: str) -> None:
    assert ask(tester, request_) == answer


@pytest.mark.parametrize("request_", ["1101", "190b", "220001", "14123456"])
def test_who_cannot_answer_keeps_silent_when_all_are_asked(tester: Tester, request_: str) -> None:
    assert asked_of_all(tester, request_) == {}


def test_other_refusals_are_heard_even_when_all_are_asked(car: Car, tester: Tester) -> None:
    car.shows["kmh"] = 5.0
    assert asked_of_all(tester, "1003") == dict.fromkeys((0x7E8, 0x7E9, 0x768), "7f1022")


@pytest.mark.parametrize("request_", ["5003", "7f1022", "62f190", "c100"])
def test_nobody_answers_an_answer(tester: Tester, request_: str) -> None:
    assert tester.ask(BRAKES, bytes.fromhex(request_)) == {}


# 22


def test_identifiers_of_every_unit(tester: Tester) -> None:
    assert ask(tester, "22f190") == "62f190" + VIN.encode().hex()
    assert ask(tester, "22f197") == "62f197" + b"BRAKES".hex()
    assert ask(tester, "22f181", ENGINE) == "62f181" + b"TT18E-0412".hex()
    assert ask(tester, "22f181") == "7f2231"  # the brakes have no calibration to tell


def test_several_identifiers_and_only_what_is_supported(car: Car, tester: Tester) -> None:
    car.shows["kmh"] = 7.0
    assert ask(tester, "22f186000f1001", ENGINE) == "62f18601100107"


def test_a_request_of_several_frames(tester: Tester) -> None:
    request = bytes.fromhex("22f186" + "2001" + "f186" * 4)
    told = tester.one(BRAKES, request).hex()
    assert told == "62f18601" + "2001" + "07" * 60 + "f18601" * 4


def test_more_identifiers_than_there_may_be(tester: Tester) -> None:
    assert tester.one(BRAKES, b"\x22" + b"\xf1\x86" * 9).hex() == "7f2213"


def test_an_answer_too_long_for_the_transport_is_refused(car: Car) -> None:
    car.brakes.dids = {0x2001: lambda _: bytes(4093)}
    assert ask(Tester(car.network()), "222001") == "7f2214"
    car.brakes.dids = {0x2001: lambda _: bytes(4092)}
    assert len(ask(Tester(car.network()), "222001")) == 2 * 4095


# 19


def test_codes_by_status(car: Car, tester: Tester) -> None:
    assert ask(tester, "1902af") == "5902ff"
    car.drive({"C0035": True, "U0121": False})
    assert ask(tester, "190209") == f"5902ff{WHEEL_BYTES}af"
    assert ask(tester, "190109") == "5901ff010001"
    assert ask(tester, "190200") == "5902ff"
    assert ask(tester, "1902ff") == f"5902ff{WHEEL_BYTES}af"


def test_never_tested_counts_as_a_status_too(car: Car, tester: Tester) -> None:
    assert ask(tester, "190250") == f"5902ff{WHEEL_BYTES}50{LOST_BYTES}50"
    assert ask(tester, "1901ff") == "5901ff010002"


def test_supported_codes(car: Car, tester: Tester) -> None:
    car.drive({"C0035": False})
    assert ask(tester, "190a") == f"590aff{WHEEL_BYTES}00{LOST_BYTES}50"


def test_snapshots(car: Car, tester: Tester) -> None:
    car.brakes.dids = {0x2002: lambda seen: bytes([round(seen["kmh"])])}
    assert ask(tester, "1903") == "5903"
    car.shows["kmh"] = 90.0
    car.drive({"C0035": True})
    car.shows["kmh"] = 0.0
    assert ask(tester, "1903") == f"5903{WHEEL_BYTES}01"
    for record in ("01", "ff"):
        pending, told = tester.ask(BRAKES, bytes.fromhex(f"1904{WHEEL_BYTES}{record}"))[0x768]
        assert pending.hex() == "7f1978"
        assert told.hex() == f"5904{WHEEL_BYTES}af" + "0101" + "20025a"
    _, empty = tester.ask(BRAKES, bytes.fromhex(f"1904{LOST_BYTES}01"))[0x768]
    assert empty.hex() == f"5904{LOST_BYTES}50"


def test_a_snapshot_of_an_obd_unit_has_its_parameters(car: Car, tester: Tester) -> None:
    car.shows["rpm"] = 3000.0
    car.drive({"P0562": True})
    _, told = tester.ask(ENGINE, bytes.fromhex("190405620001"))[0x7E8]
    assert (
        told.hex() == "5904056200af" + "0106" + "100100" + "f40582" + "f40c2ee0" + "f40d00" + "f467038200" + "f50a1234"
    )


def test_extended_records(car: Car, tester: Tester) -> None:
    car.drive({"C0035": True})
    assert ask(tester, f"1906{WHEEL_BYTES}ff") == f"5906{WHEEL_BYTES}af" + "0101" + "0200" + "0301"
    assert ask(tester, f"1906{WHEEL_BYTES}01") == f"5906{WHEEL_BYTES}af0101"


def test_a_suppressed_report_is_answered_if_it_was_slow(tester: Tester) -> None:
    assert tester.ask(BRAKES, bytes.fromhex("1982ff")) == {}
    assert len(tester.ask(BRAKES, bytes.fromhex(f"1984{WHEEL_BYTES}01"))[0x768]) == 2


# 14


def test_clearing_takes_its_time_and_says_so(car: Car, tester: Tester) -> None:
    car.drive({"C0035": True})
    messages = tester.ask(BRAKES, bytes.fromhex("14ffffff"))[0x768]
    assert [message.hex() for message in messages] == ["7f1478", "7f1478", "54"]
    times = [after_ns for after_ns, _ in tester.arrivals]
    assert times[0] < 50 * MS
    assert all(times[place + 1] - times[place] < 5 * SECOND for place in range(2))
    assert car.brakes.memory.failed_once() == ()


@pytest.mark.parametrize(("group", "left"), [("400000", {LOST}), ("c00000", {WHEEL}), (WHEEL_BYTES, {LOST})])
def test_clearing_a_group_leaves_the_others(car: Car, tester: Tester, group: str, left: set[Code]) -> None:
    car.drive({"C0035": True, "U0121": True})
    assert tester.ask(BRAKES, bytes.fromhex(f"14{group}"))[0x768][-1] == b"\x54"
    assert set(car.brakes.memory.failed_once()) == left


def test_clearing_a_group_without_codes_is_refused(car: Car, tester: Tester) -> None:
    car.drive({"C0035": True})
    assert ask(tester, "14800000") == "7f1431"
    assert ask(tester, "14ffff33") == "7f1431"
    assert car.brakes.memory.failed_once() == (WHEEL,)


def test_clearing_everything_everywhere(car: Car, tester: Tester) -> None:
    car.drive({"C0035": True, "P0171": True, "P0730": True})
    answers = tester.ask(ALL, bytes.fromhex("14ffffff"))
    assert {identifier: messages[-1] for identifier, messages in answers.items()} == dict.fromkeys(
        (0x7E8, 0x7E9, 0x768), b"\x54"
    )
    assert all(unit.memory.failed_once() == () for unit in car.units)


def test_requests_while_a_slow_one_runs_are_ignored(tester: Tester) -> None:
    tester.send(BRAKES, bytes.fromhex("0414ffffff"))
    tester.now += 100 * MS
    tester.send(BRAKES, bytes.fromhex("023e00"))
    messages = tester.listen(tester.now)[0x768]
    assert [message.hex() for message in messages] == ["7f1478", "7f1478", "54"]


def test_a_unit_of_many_codes_reports_them_all() -> None:
    car = Car()
    codes = [Code(f"C{number:04X}", "", failure_type=number % 256, lamp=Lamp.NONE) for number in range(300)]
    car.brakes = Unit("BRAKES", 0x28, CodeMemory(codes), BRAKES, BRAKES + 8)
    told = Tester(car.network(), block_size=8).one(BRAKES, b"\x19\x0a")
    assert len(told) == 3 + 4 * 300


def test_codes_that_failed_are_the_memory_s_own(car: Car, tester: Tester) -> None:
    car.drive({"P0171": True, "P0455": False})
    memory = car.engine.memory
    assert ask(tester, "190227", ENGINE) == f"5902ff0171{LEAN.failure_type:02x}{memory.status('P0171'):02x}"
    assert memory.status(EVAP.text) == 0
