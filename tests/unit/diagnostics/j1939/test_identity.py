"""Who a unit of a heavy vehicle is: by its NAME, its label and that of what it controls; and which one is another."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.changes import Change, What, code_changes, other_changes
from edge.diagnostics.findings import NetworkName, Status, Survey, Unit
from edge.diagnostics.j1939.identity import unit_of
from edge.diagnostics.j1939.network_name import FUNCTIONS, function_text, network_name, network_name_text
from edge.diagnostics.j1939.surveyor import TruckSurveyor
from edge.diagnostics.permission import ADDRESS_CLAIMED, DM2, DM23, ECU_IDENTIFICATION
from edge.diagnostics.poller import Told
from edge.diagnostics.telling import Place, bodies
from edge.frames import Frame
from edge.wire.messages import Reported, TroubleCode, TroubleCodeStatus
from tests.unit.diagnostics.j1939.test_asking import OURS, frame, scripted

BRAKES = NetworkName(
    identity_number=4711, maker=275, function=9, function_instance=1, ecu_instance=2, vehicle_system=0,
    vehicle_system_instance=0, industry=1, takes_any_address=False,
)  # fmt: skip
NOW = datetime(2026, 1, 1, tzinfo=UTC)
VIN = "1HGCM82633A004352"


def claim_of(name: NetworkName) -> bytes:
    """NAME as SAE J1939-81 lays it out, most significant field first, written down a second time on purpose."""
    fields = (
        (int(name.takes_any_address), 1), (name.industry, 3), (name.vehicle_system_instance, 4),
        (name.vehicle_system, 7), (0, 1), (name.function, 8), (name.function_instance, 5), (name.ecu_instance, 3),
        (name.maker, 11), (name.identity_number, 21),
    )  # fmt: skip
    return int("".join(f"{value:0{bits}b}" for value, bits in fields), 2).to_bytes(8, "little")


def truck_of(**units: NetworkName) -> Survey:
    return Survey(vin=VIN, units={ecu: Unit(ecu, network_name=name) for ecu, name in units.items()})


names = st.builds(
    NetworkName,
    identity_number=st.integers(0, 0x1FFFFF), maker=st.integers(0, 0x7FF), function=st.integers(0, 0xFF),
    function_instance=st.integers(0, 31), ecu_instance=st.integers(0, 7), vehicle_system=st.integers(0, 127),
    vehicle_system_instance=st.integers(0, 15), industry=st.integers(0, 7), takes_any_address=st.booleans(),
)  # fmt: skip


@given(names)
def test_every_name_comes_back_whole_and_can_be_said(name: NetworkName) -> None:
    assert network_name(claim_of(name)) == name
    assert str(name.identity_number) in network_name_text(name)


@pytest.mark.parametrize("octets", [b"", bytes(7), bytes(9)])
def test_a_claim_of_another_length_is_no_name(octets: bytes) -> None:
    assert network_name(octets) is None


def test_a_name_in_the_words_of_a_workshop() -> None:
    text = "brakes 2, maker 275, identity number 4711, road vehicles"
    assert network_name_text(BRAKES) == text
    moves = replace(BRAKES, function=200, function_instance=0, maker=0x7FF, industry=7, takes_any_address=True)
    assert network_name_text(moves) == (
        "function 200 of system 0, maker unknown, identity number 4711, industry group 7, takes any address"
    )
    assert all(function_text(replace(BRAKES, function=one)) for one in FUNCTIONS)


def test_a_swapped_unit_is_told_by_its_number_alone() -> None:
    other = replace(BRAKES, identity_number=4712)
    assert list(other_changes(truck_of(x0B=BRAKES), truck_of(x0B=other))) == [
        Change(
            What.ECU_SWAPPED, "x0B", "identity", "maker 275, identity number 4711", "maker 275, identity number 4712"
        )
    ]
    assert not list(other_changes(truck_of(x0B=BRAKES), truck_of(x0B=BRAKES)))


@pytest.mark.parametrize(
    "other", [replace(BRAKES, takes_any_address=True, identity_number=1), replace(BRAKES, identity_number=0)]
)
def test_a_unit_that_moves_or_has_no_number_is_never_called_swapped(other: NetworkName) -> None:
    assert not list(other_changes(truck_of(x0B=BRAKES), truck_of(x0B=other)))


@pytest.mark.parametrize(
    ("content", "hardware", "serial", "location", "name"),
    [
        (b"A0014*9001*frame left*EBS 3*ACME*HW 7*", ("A0014", "HW 7"), "9001", "frame left", "ACME EBS 3"),
        (b"A0014*9001***", ("A0014",), "9001", None, "brakes 2"),
        (b"*9001*", (), "9001", None, "brakes 2"),
        (b"\xff" * 8, (), None, None, "brakes 2"),
        (b"", (), None, None, "brakes 2"),
    ],
)
def test_the_label_of_a_control_unit(
    content: bytes, hardware: tuple[str, ...], serial: str | None, location: str | None, name: str
) -> None:
    unit = unit_of("0B", {ECU_IDENTIFICATION: content}, BRAKES)
    assert (unit.hardware, unit.ecu_serial, unit.location, unit.name) == (hardware, serial, location, name)


def answering(one: Frame, told: Sequence[tuple[int, int, bytes]]) -> list[Frame]:
    """What units say: group, source, payload of at most eight bytes."""
    group = int.from_bytes(one.payload[:3], "little")
    pages = {ADDRESS_CLAIMED: 0xEEFF}
    return [
        frame(0x18000000 | pages.get(said, said) << 8 | unit, octets) for said, unit, octets in told if said == group
    ]


def test_who_only_claims_an_address_is_a_unit_and_testers_and_movers_are_none() -> None:
    told = [
        (ADDRESS_CLAIMED, 0x0B, claim_of(BRAKES)),
        (ADDRESS_CLAIMED, 0x90, claim_of(replace(BRAKES, takes_any_address=True))),
        (ECU_IDENTIFICATION, 0x00, b"A1*77*"),
    ]
    asker, port = scripted(lambda one: answering(one, told))
    surveyor = TruckSurveyor(asker)
    assert surveyor.discover()
    asker.address.hear(frame(0x18EEFFF9, claim_of(replace(BRAKES, identity_number=9))))  # a tool that was there once
    asker.address.hear(frame(0x18EEFF00 | OURS, asker.address.name))
    survey = surveyor.identity()
    assert survey is not None
    assert list(survey.units) == ["00", "0B"]
    assert survey.units["0B"].network_name == BRAKES
    assert survey.units["00"].ecu_serial == "77"
    assert 0x18EAFF00 | OURS in {one.id for one in port.sent}


def test_codes_that_lit_the_mil_before_are_told_as_such_and_to_the_cloud_as_previous() -> None:
    told = [(DM2, 0x00, bytes.fromhex("00ff6e000301ffff")), (DM23, 0x00, bytes.fromhex("00ff6e000301ffff"))]
    asker, _ = scripted(lambda one: answering(one, told))
    survey = TruckSurveyor(asker).codes()
    assert survey is not None
    (code,) = survey.codes.values()
    assert code.statuses == {Status.PREVIOUS, Status.LIT_BEFORE}
    assert code.status is Status.LIT_BEFORE
    assert survey.told["00"] == {Status.PREVIOUS, Status.LIT_BEFORE}
    (body,) = bodies(Told(survey, tuple(code_changes(Survey(), survey)), ()), NOW, Place())
    assert isinstance(body, TroubleCode)
    assert body.status is TroubleCodeStatus.PREVIOUS


def test_the_cloud_hears_the_name_of_the_network() -> None:
    unit = Unit("0B", ecu_serial="77", location="frame", network_name=BRAKES)
    (body,) = bodies(Told(Survey(units={"0B": unit}), (), ()), NOW, Place())
    assert isinstance(body, Reported)
    assert body.state["Vehicle.Telltale.Ecu.0B.NetworkName"] == network_name_text(BRAKES)
    assert body.state["Vehicle.Telltale.Ecu.0B.EcuSerial"] == "77"
