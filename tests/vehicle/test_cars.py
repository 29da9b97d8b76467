"""can-isotp and udsoncan, which know nothing of us, ask the simulated car: VIN, codes, readiness, identifiers."""

from collections.abc import Iterator

import isotp
import pytest
import udsoncan

from tests.vehicle.clients import ENGINE_11, TROUBLE, Wire, asked, client

TRANSMISSION_11 = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=0x7E1, rxid=0x7E9)
BRAKES_11 = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=0x760, rxid=0x768)


@pytest.fixture(scope="module")
def car(wire: Wire) -> Iterator[Wire]:
    with wire.vehicle("car", *TROUBLE):
        yield wire


@pytest.fixture(scope="module")
def engine(car: Wire) -> Iterator[isotp.CanStack]:
    with car.transport(ENGINE_11) as stack:
        yield stack


def test_the_vin_comes_in_several_frames(engine: isotp.CanStack) -> None:
    answer = asked(engine, b"\x09\x02")
    assert answer[:3] == b"\x49\x02\x01"
    assert len(answer[3:].decode("ascii")) == 17


def test_rpm_and_speed_are_those_of_a_driven_car(engine: isotp.CanStack) -> None:
    answer = asked(engine, b"\x01\x0c\x0d")
    assert answer[0:2] == b"\x41\x0c"
    assert 500 < int.from_bytes(answer[2:4], "big") / 4 < 6000


def test_the_misfire_is_confirmed_with_its_freeze_frame_and_the_lamp(engine: isotp.CanStack) -> None:
    confirmed = asked(engine, b"\x03")
    assert confirmed[0] == 0x43
    codes = {confirmed[at : at + 2] for at in range(2, 2 + 2 * confirmed[1], 2)}
    assert codes & {b"\x03\x00", b"\x03\x01", b"\x03\x02", b"\x03\x03", b"\x03\x04"}
    readiness = asked(engine, b"\x01\x01")
    assert readiness[2] & 0x80
    assert readiness[2] & 0x7F == confirmed[1]
    frozen = asked(engine, b"\x02\x02\x00")
    assert frozen[:3] == b"\x42\x02\x00"
    assert frozen[3:5] in codes
    assert asked(engine, b"\x02\x05\x00")[:3] == b"\x42\x05\x00"
    assert asked(engine, b"\x0a")[0] == 0x4A


def test_several_control_units_answer_one_question(car: Wire, engine: isotp.CanStack) -> None:
    with car.transport(TRANSMISSION_11) as transmission:
        assert asked(transmission, b"\x09\x0a")[:2] == b"\x49\x0a"
    assert asked(engine, b"\x09\x0a")[:2] == b"\x49\x0a"


def test_uds_reads_identifiers_and_the_code_of_the_lost_wheel_and_clears_it(car: Wire) -> None:
    with car.transport(BRAKES_11, started=False) as stack, client(stack) as brakes:
        vin = brakes.read_data_by_identifier(0xF190).service_data.values[0xF190]
        assert len(vin) == 17
        assert len(brakes.read_data_by_identifier(0x2001).service_data.values[0x2001]) == 8
        brakes.tester_present()
        found = brakes.get_dtc_by_status_mask(0x08).service_data.dtcs
        assert {dtc.id >> 8 for dtc in found} <= {0x4035, 0x4040, 0x4045, 0x4050}
        assert found
        with pytest.raises(udsoncan.exceptions.NegativeResponseException) as refused:
            brakes.read_data_by_identifier(0x9999)
        assert refused.value.response.code == 0x31
    with car.transport(BRAKES_11) as stack:
        snapshot = asked(stack, b"\x19\x04" + found[0].id.to_bytes(3, "big") + b"\xff")
        assert snapshot[:2] == b"\x59\x04"
        assert len(snapshot) > 20
    with car.transport(BRAKES_11, started=False) as stack, client(stack) as brakes:
        brakes.clear_dtc(0xFFFFFF)


def test_clearing_really_clears_but_not_the_permanent_codes(engine: isotp.CanStack) -> None:
    assert asked(engine, b"\x04") == b"\x44"
    assert asked(engine, b"\x03")[:2] == b"\x43\x00"
    assert asked(engine, b"\x0a")[1] >= 1
    assert asked(engine, b"\x01\x01")[2] == 0
