"""can-isotp and udsoncan, which know nothing of us, talk to the simulated car: VIN, codes, readiness, identifiers, clearing."""

from collections.abc import Iterator

import isotp
import pytest
import udsoncan
from udsoncan.client import Client
from udsoncan.connections import PythonIsoTpConnection

from tests.vehicle.clients import PATIENCE_S, Wire, asked

ENGINE_11 = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=0x7E0, rxid=0x7E8)
TRANSMISSION_11 = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=0x7E1, rxid=0x7E9)
BRAKES_11 = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=0x760, rxid=0x768)
ENGINE_29 = isotp.Address(isotp.AddressingMode.NormalFixed_29bits, target_address=0x10, source_address=0xF1)
TROUBLE = ("--fault", "misfire@0x4000", "--fault", "wheel_speed_dropout@0x4000", "--seed", "3", "--skip", "1500")
"""In the second drive: the misfire is confirmed, and a wheel speed sensor is gone."""


class AnyLength(udsoncan.DidCodec):
    """Bytes as they come."""

    def encode(self, *value: bytes) -> bytes:
        return value[0]

    def decode(self, payload: bytes) -> bytes:
        return payload

    def __len__(self) -> int:
        raise udsoncan.DidCodec.ReadAllRemainingData


@pytest.fixture(scope="module")
def car(wire: Wire) -> Iterator[Wire]:
    with wire.vehicle("car", *TROUBLE):
        yield wire


@pytest.fixture(scope="module")
def engine(car: Wire) -> Iterator[isotp.CanStack]:
    with car.transport(ENGINE_11) as stack:
        yield stack


def client(stack: isotp.CanStack) -> Client:
    settings = {
        "data_identifiers": {"default": AnyLength()},
        "p2_timeout": PATIENCE_S / 4,
        "request_timeout": PATIENCE_S / 2,
    }
    return Client(PythonIsoTpConnection(stack), config={**udsoncan.configs.default_client_config, **settings})


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
    with car.transport(BRAKES_11) as stack, client(stack) as brakes:
        vin = brakes.read_data_by_identifier(0xF190).service_data.values[0xF190]
        assert len(vin) == 17
        assert len(brakes.read_data_by_identifier(0x2001).service_data.values[0x2001]) == 8
        brakes.tester_present()
        found = brakes.get_dtc_by_status_mask(0x08).service_data.dtcs
        assert [f"{dtc.id:06X}"[:3] for dtc in found] == ["400"]  # C0035, 40, 45 or 50
        assert brakes.get_dtc_snapshot_by_dtc_number(found[0].id, 0xFF).service_data.dtcs
        with pytest.raises(udsoncan.exceptions.NegativeResponseException) as refused:
            brakes.read_data_by_identifier(0x9999)
        assert refused.value.response.code == 0x31
        brakes.clear_dtc(0xFFFFFF)


def test_clearing_really_clears_but_not_the_permanent_codes(engine: isotp.CanStack) -> None:
    assert asked(engine, b"\x04") == b"\x44"
    assert asked(engine, b"\x03")[:2] == b"\x43\x00"
    assert asked(engine, b"\x0a")[1] >= 1
    assert asked(engine, b"\x01\x01")[2] == 0


def test_with_29_bit_ids_the_same_car_answers_there(wire: Wire) -> None:
    with wire.vehicle("car-29bit", "--seed", "3"), wire.transport(ENGINE_29) as engine:
        assert asked(engine, b"\x09\x02")[:3] == b"\x49\x02\x01"


def test_a_car_of_j1979_2_tells_uds_what_it_no_longer_tells_the_old_modes(wire: Wire) -> None:
    with wire.vehicle("car-j1979-2", *TROUBLE), wire.transport(ENGINE_11) as stack:
        assert asked(stack, b"\x01\x0c")[:1] in (b"", b"\x7f")
        with client(stack) as engine:
            rpm = engine.read_data_by_identifier(0xF40C).service_data.values[0xF40C]
            assert 500 < int.from_bytes(rpm, "big") / 4 < 6000
            vin = engine.read_data_by_identifier(0xF802).service_data.values[0xF802]
            assert len(vin) >= 17
            found = engine.get_dtc_by_status_mask(0x08).service_data.dtcs
            assert {dtc.id >> 8 for dtc in found} & {0x0300, 0x0301, 0x0302, 0x0303, 0x0304}
