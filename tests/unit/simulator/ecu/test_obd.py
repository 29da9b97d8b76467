import pytest

from edge.simulator.ecu.codes import Code, Monitor
from edge.simulator.ecu.memory import CodeMemory
from edge.simulator.ecu.trouble_codes import two_bytes
from edge.simulator.ecu.unit import Unit
from tests.unit.simulator.ecu.car import CATALYST, EVAP, LEAN, VIN, Car
from tests.unit.simulator.ecu.tester import Tester

ALL = 0x7DF
ENGINE = 0x7E0
TRANSMISSION = 0x7E1


@pytest.fixture
def car() -> Car:
    return Car()


@pytest.fixture
def tester(car: Car) -> Tester:
    return Tester(car.network())


def ask(tester: Tester, request: str, identifier: int = ENGINE) -> str:
    return tester.one(identifier, bytes.fromhex(request)).hex()


def asked_of_all(tester: Tester, request: str) -> dict[int, str]:
    answers = tester.ask(ALL, bytes.fromhex(request))
    assert all(len(messages) == 1 for messages in answers.values())
    return {identifier: messages[0].hex() for identifier, messages in answers.items()}


@pytest.mark.parametrize(
    ("text", "octets"), [("P0128", "0128"), ("P2463", "2463"), ("C0035", "4035"), ("B1ABC", "9abc"), ("U0100", "c100")]
)
def test_codes_in_two_bytes(text: str, octets: str) -> None:
    assert two_bytes(Code(text, "")).hex() == octets


# mode 01


def test_every_obd_unit_answers_all_and_the_others_keep_silent(tester: Tester) -> None:
    assert asked_of_all(tester, "010d") == {0x7E8: "410d00", 0x7E9: "410d00"}
    assert asked_of_all(tester, "010c") == {0x7E8: "410c0d48"}


def test_a_parameter_as_it_is_now(car: Car, tester: Tester) -> None:
    car.shows["coolant_c"] = 104.0
    assert ask(tester, "0105") == "410590"


def test_up_to_six_parameters_in_one_request(tester: Tester) -> None:
    assert ask(tester, "01050c0d671c21") == "4105820c0d480d0067038200" + "1c07" + "210000"


def test_what_is_not_supported_is_left_out(tester: Tester) -> None:
    assert ask(tester, "010a0dff0b") == "410d00"


def test_support_masks_are_true(car: Car, tester: Tester) -> None:
    supported = set()
    for base in (0x00, 0x20, 0x40, 0x60):
        told = ask(tester, f"01{base:02x}")
        mask = int(told[4:], 16)
        supported |= {base + place for place in range(1, 0x21) if mask >> (0x20 - place) & 1}
    assert supported == {1, 5, 0x0C, 0x0D, 0x1C, 0x1F, 0x20, 0x21, 0x30, 0x31, 0x40, 0x41, 0x4D, 0x4E, 0x60, 0x67}
    for pid in supported - {0x20, 0x40, 0x60}:
        assert ask(tester, f"01{pid:02x}").startswith(f"41{pid:02x}")
    assert asked_of_all(tester, "0180") == {}
    assert asked_of_all(tester, "0160").keys() == {0x7E8}


def test_monitor_status_of_an_engine(car: Car, tester: Tester) -> None:
    assert ask(tester, "0101") == "41010002" + "05" + "05"  # fuel system; catalyst and EVAP, both incomplete
    car.drive({"P0171": True, "P0420": False})
    assert ask(tester, "0101") == "410100020504"
    car.drive({"P0171": True})
    assert ask(tester, "0101") == "410181020504"  # MIL, one code
    assert ask(tester, "0141") == "414100020505"


def test_monitor_status_of_a_diesel() -> None:
    codes = [Code("P2463", "", monitor=Monitor.PM_FILTER), Code("P20EE", "", monitor=Monitor.NOX_AFTERTREATMENT)]
    car = Car()
    car.engine = Unit("ENGINE", 0x10, CodeMemory(codes), 0x7E0, 0x7E8, obd=True, diesel=True)
    assert ask(Tester(car.network()), "0101") == "410100084242"


def test_counters_that_show_a_clear(car: Car, tester: Tester) -> None:
    car.shows["kmh"] = 60.0
    car.drive({"P0171": True}, seconds=120)
    car.drive({"P0171": True}, seconds=185)
    assert ask(tester, "0121") == "41210003"
    assert ask(tester, "0131") == "41310005"
    assert ask(tester, "014d4e1f") == "414d0003" + "4e0005" + "1f00b9"
    tester.one(ENGINE, b"\x04")
    assert ask(tester, "0121314d4e") == "412100003100004d00004e0000"


def test_a_unit_may_know_better_than_the_memory(car: Car) -> None:
    car.engine.pids = {0x1F: lambda _: b"\x12\x34"}
    assert ask(Tester(car.network()), "011f") == "411f1234"


# mode 02


def test_without_a_freeze_frame_only_its_code_is_answered(tester: Tester) -> None:
    assert ask(tester, "020200") == "42020000" + "00"
    assert asked_of_all(tester, "020c00") == {}


def test_a_freeze_frame(car: Car, tester: Tester) -> None:
    car.shows |= {"rpm": 2400.0, "kmh": 77.0}
    car.drive({"P0420": True})
    car.shows |= {"rpm": 850.0, "kmh": 0.0}
    assert ask(tester, "020200") == "4202000420"
    assert ask(tester, "020c000d000500") == "420c0025800d004d050082"
    assert ask(tester, "020000") == "420000" + f"{1 << 30 | 1 << 27 | 1 << 20 | 1 << 19 | 1:08x}"
    assert asked_of_all(tester, "020c01") == {}


@pytest.mark.parametrize("request_", ["02", "020c", "020c000d"])
def test_malformed_freeze_frame_requests(tester: Tester, request_: str) -> None:
    assert asked_of_all(tester, request_) == {}
    assert ask(tester, request_) == "7f0212"


# modes 03, 07, 0A, 04


def test_codes_pending_confirmed_and_permanent(car: Car, tester: Tester) -> None:
    assert asked_of_all(tester, "03") == {0x7E8: "4300", 0x7E9: "4300"}
    car.drive({"P0171": True, "P0730": True, "P0562": True})
    assert asked_of_all(tester, "07") == {0x7E8: "47010171", 0x7E9: "47010730"}
    assert asked_of_all(tester, "03") == {0x7E8: "4300", 0x7E9: "4300"}
    car.drive({"P0171": True, "P0730": False, "P0562": True})
    assert asked_of_all(tester, "03") == {0x7E8: "43010171", 0x7E9: "4300"}
    assert asked_of_all(tester, "0a") == {0x7E8: "4a010171", 0x7E9: "4a00"}


def test_many_codes_come_in_several_frames(car: Car) -> None:
    codes = [Code(f"P{number:04d}", "", trips=1) for number in range(100, 140)]
    car.engine = Unit("ENGINE", 0x10, CodeMemory(codes), 0x7E0, 0x7E8, obd=True)
    car.drive({code.text: True for code in codes})
    tester = Tester(car.network(), block_size=4, separation=2)
    expected = "4328" + "".join(two_bytes(code).hex() for code in codes)
    assert asked_of_all(tester, "03") == {0x7E8: expected, 0x7E9: "4300"}


def test_clearing_really_clears_and_permanent_codes_stay(car: Car, tester: Tester) -> None:
    car.drive({"P0171": True, "P0730": True})
    car.drive({"P0171": True, "P0730": True})
    assert asked_of_all(tester, "04") == {0x7E8: "44", 0x7E9: "44"}
    assert asked_of_all(tester, "03") == {0x7E8: "4300", 0x7E9: "4300"}
    assert asked_of_all(tester, "07") == {0x7E8: "4700", 0x7E9: "4700"}
    assert asked_of_all(tester, "0a") == {0x7E8: "4a010171", 0x7E9: "4a010730"}
    assert ask(tester, "0101") == "410100020505"
    assert ask(tester, "020200") == "4202000000"


@pytest.mark.parametrize("request_", ["0300", "0400", "0701", "0a55"])
def test_code_requests_take_no_parameters(car: Car, tester: Tester, request_: str) -> None:
    car.drive({"P0171": True})
    assert asked_of_all(tester, request_) == {}
    assert ask(tester, request_) == f"7f{request_[:2]}12"
    assert car.engine.memory.pending() == (LEAN,)


# mode 09


def test_vehicle_information(tester: Tester) -> None:
    assert ask(tester, "0900") == "490055400000"
    assert asked_of_all(tester, "0902") == {0x7E8: "490201" + VIN.encode().hex()}
    assert ask(tester, "0904") == "490401" + b"TT18E-0412".ljust(16, b"\0").hex()
    assert ask(tester, "0906") == "4906015a1c92e7"
    assert ask(tester, "090a") == "490a01" + b"ECM\0-EngineControl\0\0".hex()
    assert ask(tester, "090a", TRANSMISSION) == "490a01" + b"TCM\0-TransmisCtrl\0\0\0".hex()


def test_ratios_count_tests_and_drives(car: Car, tester: Tester) -> None:
    car.drive({"P0420": False})
    car.drive({"P0455": False})
    told = ask(tester, "0908")
    assert told[:6] == "490814"
    counters = [int(told[place : place + 4], 16) for place in range(6, len(told), 4)]
    assert counters == [0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert asked_of_all(tester, "0908").keys() == {0x7E8}


@pytest.mark.parametrize("request_", ["09", "09020a", "09ff"])
def test_other_requests_of_mode_09(tester: Tester, request_: str) -> None:
    assert asked_of_all(tester, request_) == {}
    assert ask(tester, request_) == "7f0912"


# what is not there


@pytest.mark.parametrize("request_", ["05", "0600", "08", "0b", "00", "0f"])
def test_other_modes(tester: Tester, request_: str) -> None:
    assert asked_of_all(tester, request_) == {}
    assert ask(tester, request_) == f"7f{request_[:2]}11"


def test_units_without_obd_know_no_mode(tester: Tester) -> None:
    assert ask(tester, "010c", 0x760) == "7f0111"


def test_a_request_with_more_parameters_than_there_may_be(tester: Tester) -> None:
    assert ask(tester, "01" + "0c" * 7) == "7f0112"


def test_readiness_goes_and_comes_back(car: Car, tester: Tester) -> None:
    car.drive({CATALYST.text: False, EVAP.text: False})
    assert ask(tester, "0101")[-2:] == "00"
    tester.one(ENGINE, b"\x04")
    assert ask(tester, "0101")[-2:] == "05"
    car.drive({CATALYST.text: False, EVAP.text: False})
    assert ask(tester, "0101")[-2:] == "00"
