"""What comes cut, short or unreadable is counted by what is wrong with it, and makes no code go."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.changes import code_changes
from edge.diagnostics.findings import Status
from edge.diagnostics.j1939.asker import J1939Asker
from edge.diagnostics.j1939.soundness import CODE_LISTS, TEXTS, Fault, fault_of
from edge.diagnostics.j1939.surveyor import TruckSurveyor
from edge.diagnostics.permission import (
    ADDRESS_CLAIMED,
    DM1,
    DM2,
    DM4,
    DM5,
    DM19,
    DM21,
    DM23,
    ECU_IDENTIFICATION,
    ENGINE_HOURS,
    GROUPS_READING,
    SOFTWARE_IDENTIFICATION,
    VEHICLE_DISTANCE,
    VEHICLE_IDENTIFICATION,
)
from edge.frames import Frame
from edge.simulator.faults import parse_fault
from edge.simulator.simulation import Simulation
from tests.simulated_port import SimulatedPort
from tests.unit.diagnostics.j1939.test_asking import ENGINE, OURS, TROUBLE, VIN, frame, line_on, scripted
from tests.unit.diagnostics.j1939.test_identity import answering

CODE = "6e000301"
CALIBRATION = bytes.fromhex("e7921c5a") + b"TT18E-0412".ljust(16, b"\0")
FROZEN = bytes.fromhex("0d" + CODE + "00" + "32" + "803e" + "50" + "82" + "0050" + "ff")


@pytest.mark.parametrize(
    ("group", "payload", "fault"),
    [
        (DM1, bytes.fromhex("00ff00000000ffff"), None),
        (DM2, bytes.fromhex("00ff" + CODE), None),
        (DM2, bytes.fromhex("00ff" + 3 * CODE), None),
        (DM2, bytes.fromhex("00ff" + CODE + "0000"), None),
        (DM23, bytes.fromhex("00ff"), Fault.SHORT),
        (DM2, b"", Fault.SHORT),
        (DM2, bytes.fromhex("00ff" + CODE + "6e00"), Fault.CUT),
        (DM4, bytes.fromhex("0000000000ffffff"), None),
        (DM4, FROZEN, None),
        (DM4, FROZEN + FROZEN + b"\xff\xff", None),
        (DM4, b"", Fault.SHORT),
        (DM4, FROZEN + FROZEN[:-1], Fault.CUT),
        (DM4, bytes.fromhex("05" + CODE + "00ffff"), Fault.WRONG_LENGTH),
        (DM5, bytes.fromhex("0000140000000000"), None),
        (DM5, bytes.fromhex("00001400"), Fault.SHORT),
        (DM21, bytes(7), Fault.SHORT),
        (DM19, CALIBRATION * 2, None),
        (DM19, CALIBRATION[:-1], Fault.SHORT),
        (DM19, CALIBRATION + CALIBRATION[:7], Fault.CUT),
        (DM19, CALIBRATION[:4] + b"\x01" * 16, Fault.NO_TEXT),
        (VEHICLE_IDENTIFICATION, VIN, None),
        (VEHICLE_IDENTIFICATION, b"\xff" * 17 + b"*", None),
        (VEHICLE_IDENTIFICATION, b"1HGCM826\x0133A004352*", Fault.NO_TEXT),
        (ECU_IDENTIFICATION, b"A\xc41*77*", Fault.NO_TEXT),
        (SOFTWARE_IDENTIFICATION, b"\x01\x02\x03*", Fault.NO_TEXT),
        (ENGINE_HOURS, bytes(3), Fault.SHORT),
        (VEHICLE_DISTANCE, bytes(7), Fault.SHORT),
        (ADDRESS_CLAIMED, bytes(7), Fault.SHORT),
        (61444, b"", None),
    ],
)
def test_what_is_wrong_has_a_name(group: int, payload: bytes, fault: Fault | None) -> None:
    assert fault_of(group, payload) is fault


def test_every_group_that_is_requested_is_looked_at() -> None:
    assert {group for group in GROUPS_READING if fault_of(group, b"") is not None} == GROUPS_READING - TEXTS
    assert GROUPS_READING > CODE_LISTS


@given(st.sampled_from(sorted(GROUPS_READING)), st.binary(max_size=80))
def test_nothing_that_is_told_raises(group: int, payload: bytes) -> None:
    fault_of(group, payload)


def asked(told: Sequence[tuple[int, int, bytes]]) -> TruckSurveyor:
    asker, _ = scripted(lambda one: answering(one, told))
    return TruckSurveyor(asker)


def test_what_is_not_whole_is_counted_and_what_is_whole_in_it_is_told() -> None:
    surveyor = asked([(DM2, ENGINE, bytes.fromhex("00ff" + CODE + "6e00")), (DM5, ENGINE, bytes(3))])
    survey = surveyor.codes()
    assert survey is not None
    assert {code.code for code in survey.codes.values()} == {"SPN 110 FMI 3"}
    assert (surveyor.counters["payload_cut"], surveyor.counters["payload_short"]) == (1, 1)
    assert surveyor.counters["payload_no_text"] == 0


def test_a_list_that_comes_cut_makes_no_code_go() -> None:
    before = asked([(DM2, ENGINE, bytes.fromhex("00ff" + CODE + "ffff")), (DM23, ENGINE, bytes(8))]).codes()
    cut = asked([(DM2, ENGINE, bytes.fromhex("00ff")), (DM23, ENGINE, bytes(8))]).codes()
    whole = asked([(DM2, ENGINE, bytes(8)), (DM23, ENGINE, bytes(8))]).codes()
    assert before is not None
    assert cut is not None
    assert whole is not None
    assert cut.told["00"] == {Status.LIT_BEFORE}
    assert not list(code_changes(before, cut))
    assert [change.is_gone for change in code_changes(before, whole)] == [True]


def test_what_breaks_long_messages_is_counted_by_cause() -> None:
    control, packet = 0x1CEC0000 | OURS << 8 | ENGINE, 0x1CEB0000 | OURS << 8 | ENGINE
    wrong = (
        (control, "1012000404ecfe00"),  # four packets for 18 bytes
        (packet, "0131"),
        (control, "10120003ffecfe00"),
        (packet, "0031323334353637"),
        (packet, "01313233"),
        (0x18E8FF00, "01ff"),
    )

    def answers(one: Frame) -> list[Frame]:
        return [frame(identifier, octets) for identifier, octets in wrong] if one.id >> 16 & 0xFF == 0xEA else []

    asker, port = scripted(answers)
    assert asker.ask(VEHICLE_IDENTIFICATION).payloads == {}
    counters = asker.counters
    assert counters["long_malformed"] == 3
    assert counters["long_unannounced"] == 1
    assert counters["long_unfinished"] == 1
    assert counters["acknowledgements_short"] == 1
    assert len(port.sent) < 40


def test_a_simulated_truck_tells_nothing_that_is_not_whole() -> None:
    faults = [parse_fault(fault) for fault in TROUBLE]
    line = line_on(SimulatedPort(Simulation(vehicle="truck", seed=3, skip_s=1_500, faults=faults)))
    line.heard(1.0)
    surveyor = TruckSurveyor(J1939Asker(line, 4711))
    assert surveyor.discover()
    assert surveyor.identity()
    assert surveyor.codes()
    assert not any(surveyor.malformed.values())
