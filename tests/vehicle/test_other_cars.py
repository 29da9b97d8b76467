"""The same car with 29-bit ids, and one that speaks OBD on UDS alone."""

import isotp

from tests.vehicle.clients import ENGINE_11, TROUBLE, Wire, asked, client

ENGINE_29 = isotp.Address(isotp.AddressingMode.NormalFixed_29bits, target_address=0x10, source_address=0xF1)


def test_with_29_bit_ids_the_same_car_answers_there(wire: Wire) -> None:
    with wire.vehicle("car-29bit", "--seed", "3"), wire.transport(ENGINE_29) as engine:
        assert asked(engine, b"\x09\x02")[:3] == b"\x49\x02\x01"


def test_a_car_of_j1979_2_tells_uds_what_it_no_longer_tells_the_old_modes(wire: Wire) -> None:
    with wire.vehicle("car-j1979-2", *TROUBLE):
        with wire.transport(ENGINE_11) as stack:
            assert asked(stack, b"\x01\x0c")[:1] in (b"", b"\x7f")
        with wire.transport(ENGINE_11, started=False) as stack, client(stack) as engine:
            rpm = engine.read_data_by_identifier(0xF40C).service_data.values[0xF40C]
            assert 500 < int.from_bytes(rpm, "big") / 4 < 6000
            assert len(engine.read_data_by_identifier(0xF802).service_data.values[0xF802]) >= 17
            found = engine.get_dtc_by_status_mask(0x08).service_data.dtcs
            assert {dtc.id >> 8 for dtc in found} & {0x0300, 0x0301, 0x0302, 0x0303, 0x0304}
