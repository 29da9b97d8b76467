import pytest

from tests.unit.simulator.ecu.car import VIN, Car
from tests.unit.simulator.ecu.tester import Tester

ALL = 0x7DF
ENGINE = 0x7E0
BRAKES = 0x760


@pytest.fixture
def car() -> Car:
    return Car()


@pytest.fixture
def tester(car: Car) -> Tester:
    return Tester(car.network(legacy_obd=False, obd_on_uds=True))


def ask(tester: Tester, request: str, identifier: int = ENGINE) -> str:
    return tester.one(identifier, bytes.fromhex(request)).hex()


def asked_of_all(tester: Tester, request: str) -> dict[int, str]:
    answers = tester.ask(ALL, bytes.fromhex(request))
    return {identifier: messages[-1].hex() for identifier, messages in answers.items()}


@pytest.mark.parametrize("request_", ["0100", "010c", "020200", "03", "04", "07", "0902", "0a"])
def test_the_old_modes_are_gone(tester: Tester, request_: str) -> None:
    assert tester.ask(ALL, bytes.fromhex(request_)) == {}
    assert ask(tester, request_) == f"7f{request_[:2]}11"


def test_a_tester_can_tell_that_it_is_j1979_2(car: Car, tester: Tester) -> None:
    assert asked_of_all(tester, "22f810") == {0x7E8: "62f81001", 0x7E9: "62f81001"}
    assert Tester(car.network()).ask(ALL, bytes.fromhex("22f810")) == {}


def test_parameters_are_identifiers(car: Car, tester: Tester) -> None:
    car.shows["coolant_c"] = 104.0
    assert ask(tester, "22f405f40c") == "62f40590f40c0d48"
    assert ask(tester, "22f401") == "62f401" + "00020505"
    assert ask(tester, "22f50a") == "62f50a1234"
    assert ask(tester, "22f40a") == "7f2231"
    assert asked_of_all(tester, "22f40d") == {0x7E8: "62f40d00", 0x7E9: "62f40d00"}
    assert ask(tester, "22f40d", BRAKES) == "7f2231"


def test_support_masks(tester: Tester) -> None:
    assert ask(tester, "22f400") == "62f400" + f"{1 << 31 | 1 << 27 | 1 << 20 | 1 << 19 | 1 << 4 | 1 << 1 | 1:08x}"
    assert ask(tester, "22f500") == "62f500" + f"{1 << 22:08x}"
    assert asked_of_all(tester, "22f500").keys() == {0x7E8}
    assert ask(tester, "22f800") == "62f800" + f"{1 << 30 | 1 << 28 | 1 << 26 | 1 << 22 | 1 << 16:08x}"


def test_vehicle_information(tester: Tester) -> None:
    assert asked_of_all(tester, "22f802") == {0x7E8: "62f802" + VIN.encode().hex()}
    assert ask(tester, "22f804") == "62f804" + b"TT18E-0412".ljust(16, b"\0").hex()
    assert ask(tester, "22f806") == "62f8065a1c92e7"
    assert ask(tester, "22f80a") == "62f80a" + b"ECM\0-EngineControl\0\0".hex()


def test_emission_codes_by_status(car: Car, tester: Tester) -> None:
    head = "594233ff0204"
    assert asked_of_all(tester, "1942330cff") == {0x7E8: head, 0x7E9: head}
    car.drive({"P0171": True, "P0562": True})  # the second is no emission code
    assert ask(tester, "19423304ff") == head + "02017100" + "27"
    assert ask(tester, "194233081e") == head
    car.drive({"P0171": True})
    assert ask(tester, "194233081e") == head + "02017100" + "af"
    assert ask(tester, "19423308e1") == head
    assert ask(tester, "19420008ff") == "7f1931"


def test_permanent_codes(car: Car, tester: Tester) -> None:
    car.drive({"P0171": True})
    car.drive({"P0171": True})
    assert asked_of_all(tester, "195533") == {0x7E8: "595533ff04017100af", 0x7E9: "595533ff04"}
    assert asked_of_all(tester, "14ffff33").keys() == {0x7E8, 0x7E9}
    assert asked_of_all(tester, "195533") == {0x7E8: "595533ff0401710050", 0x7E9: "595533ff04"}


def test_clearing_emission_codes_leaves_the_others(car: Car, tester: Tester) -> None:
    car.shows["kmh"] = 50.0
    car.drive({"P0171": True, "P0562": True, "C0035": True}, seconds=100)
    assert asked_of_all(tester, "14ffff33") == {0x7E8: "54", 0x7E9: "54"}
    assert [code.text for code in car.engine.memory.failed_once()] == ["P0562"]
    assert [code.text for code in car.brakes.memory.failed_once()] == ["C0035"]
    assert ask(tester, "22f431") == "62f4310000"


def test_the_freeze_frame_is_record_0(car: Car, tester: Tester) -> None:
    car.shows["rpm"] = 3000.0
    car.drive({"P0171": True})
    assert ask(tester, "1903") == "5903" + "01710000"
    pending, told = tester.ask(ENGINE, bytes.fromhex("190401710000"))[0x7E8]
    assert pending.hex() == "7f1978"
    assert told.hex().startswith("590401710027" + "0006")
    assert "f40c2ee0" in told.hex()


def test_which_codes_have_an_extended_record(tester: Tester) -> None:
    codes = "01710050" + "04200050" + "04550050" + "05620050"
    assert ask(tester, "191a01") == "591aff01" + codes
    assert ask(tester, "191a90") == "7f1931"


def test_three_byte_format(tester: Tester) -> None:
    assert ask(tester, "1901ff") == "5901ff040004"


def test_units_without_obd_know_nothing_of_it(tester: Tester) -> None:
    for request in ("194233ffff", "195533", "191a01"):
        assert ask(tester, request, BRAKES) == "7f1912"
    assert ask(tester, "22f802", BRAKES) == "7f2231"
    assert ask(tester, "22f190", BRAKES) == "62f190" + VIN.encode().hex()
