"""Heavy vehicles are asked with an address of our own, and never for what erases."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.diagnostics.budget import Budget
from edge.diagnostics.findings import Lamp, Status
from edge.diagnostics.j1939.address import FREE, PREFERRED, name_of
from edge.diagnostics.j1939.asker import J1939Asker
from edge.diagnostics.j1939.surveyor import TruckSurveyor
from edge.diagnostics.line import Line, News, NotNow
from edge.diagnostics.permission import DM1, DM3, DM5, DM11, VEHICLE_IDENTIFICATION, Forbidden, Permission
from edge.diagnostics.watch import Manners, Signs, Silence, Watch
from edge.frames import EXTENDED, Frame
from edge.simulator.faults import parse_fault
from edge.simulator.simulation import Simulation
from tests.simulated_port import ScriptedPort, SimulatedPort
from tests.unit.diagnostics.harmless import is_harmless

OURS = PREFERRED
ENGINE = 0x00
VIN = b"1HGCM82633A004352*"
TROUBLE = ("wheel_speed_dropout@0x2000", "alternator@50")


def frame(identifier: int, octets: str | bytes) -> Frame:
    payload = bytes.fromhex(octets) if isinstance(octets, str) else octets
    return Frame(0, identifier, payload, flags=EXTENDED)


def line_on(port: ScriptedPort | SimulatedPort, *, clears: bool = False) -> Line:
    watch = Watch(Manners(asks=True), bitrate=250_000)
    line = Line(port, Permission(clears=clears), watch, Budget(250_000), monotonic_ns=port.now_ns)
    line.listen_to(lambda: News(1, port.now_ns(), 100, Signs(port.now_ns(), ignition=True)))
    return line


def scripted(
    answers: Callable[[Frame], Sequence[Frame]], *, clears: bool = False, chance: float = 0.25
) -> tuple[J1939Asker, ScriptedPort]:
    port = ScriptedPort(lambda one: answers(one) if one.id >> 16 & 0xFF != 0xEE else [])
    return J1939Asker(line_on(port, clears=clears), 4711, chance=lambda: chance), port


class LongAnswer:
    """A unit that sends its VIN to us alone; it loses some packets the first time."""

    def __init__(self, *lost: int, limit: int = 255) -> None:
        self.lost = set(lost)
        self.limit = limit
        self.clears: list[bytes] = []

    def __call__(self, one: Frame) -> list[Frame]:
        control = 0x1CEC0000 | OURS << 8 | ENGINE
        if one.id >> 16 & 0xFF == 0xEA:
            count = -(-len(VIN) // 7)
            return [
                frame(control, bytes([16]) + len(VIN).to_bytes(2, "little") + bytes([count, self.limit, 0xEC, 0xFE, 0]))
            ]
        if one.payload[0] != 17:
            return []
        self.clears.append(one.payload)
        first, count = one.payload[2], one.payload[1]
        packets = [number for number in range(first, first + count) if number not in self.lost]
        self.lost -= set(range(first, first + count))
        return [
            frame(0x1CEB0000 | OURS << 8 | ENGINE, bytes([number]) + VIN[7 * number - 7 : 7 * number].ljust(7, b"\xff"))
            for number in packets
        ]


def test_nothing_is_requested_before_an_address_is_claimed() -> None:
    asker, port = scripted(lambda _: [])
    asker.ask(DM5)
    claim, request = port.sent
    assert (claim.id, claim.payload) == (0x18EEFF00 | OURS, name_of(4711))
    assert (request.id, request.payload) == (0x18EAFF00 | OURS, DM5.to_bytes(3, "little"))
    assert port.sent_at[1] - port.sent_at[0] >= 250_000_000


@pytest.mark.parametrize("other", [bytes(8), bytes.fromhex("ffffffffffffff7f")])
def test_who_has_a_better_claim_keeps_the_address_and_we_move_on(other: bytes) -> None:
    taken = frame(0x18EEFF00 | OURS, other)
    port = ScriptedPort(lambda one: [taken] if one.id == 0x18EEFF00 | OURS else [])
    asker = J1939Asker(line_on(port), 4711)
    assert asker.address.claim() == FREE[0]
    assert [one.id & 0xFF for one in port.sent] == [OURS, FREE[0]]


def test_who_has_a_worse_claim_is_told_again() -> None:
    worse = frame(0x18EEFF00 | OURS, b"\xff" * 8)
    said: list[Frame] = []

    def answers(one: Frame) -> list[Frame]:
        said.append(one)
        return [worse] if len(said) == 1 else []

    port = ScriptedPort(answers)
    asker = J1939Asker(line_on(port), 4711)
    assert asker.address.claim() == OURS
    assert [one.id for one in port.sent] == [0x18EEFF00 | OURS] * 2


def test_without_any_address_nothing_is_ever_asked() -> None:
    port = ScriptedPort(lambda one: [frame(one.id, bytes(8))] if one.id & 0xFF != 0xFE else [])
    line = line_on(port)
    asker = J1939Asker(line, 4711)
    with pytest.raises(NotNow, match="address_lost"):
        asker.ask(DM5)
    assert {one.id >> 16 & 0xFF for one in port.sent} == {0xEE}
    assert 0xFE in {one.id & 0xFF for one in port.sent}, "it is told that we have none"
    assert line.why_silent() is Silence.ADDRESS_LOST


def test_a_claim_that_comes_while_a_question_waits_for_room_is_not_missed() -> None:
    taken = [frame(0x18EEFF00 | OURS, bytes(8))]
    port = ScriptedPort(lambda _: [])
    line = line_on(port)
    asker = J1939Asker(line, 4711)
    asker.address.claim()
    line.budget.spend(line.budget.bits_per_s, port.now_ns())
    port.hear_later(taken, port.now_ns() + 300_000_000)
    asker.ask(DM5)
    request = next(one for one in port.sent if one.id >> 16 & 0xFF == 0xEA)
    assert request.id & 0xFF != OURS


def test_what_another_tester_is_refused_is_not_our_refusal() -> None:
    asker, _ = scripted(lambda one: [frame(0x18E8FF00, f"01ffffff21{one.payload[:3].hex()}")])
    assert asker.ask(DM5).refused == {}


def test_a_long_message_that_nobody_asked_for_is_refused_and_one_that_breaks_off_is_counted() -> None:
    control = 0x1CEC0000 | OURS << 8 | ENGINE
    asked = [frame(control, "1012000304cafe00"), frame(control, "1012000304ecfe00")]
    asker, port = scripted(lambda one: asked if one.id >> 16 & 0xFF == 0xEA else [])
    assert asker.ask(DM5).payloads == {}
    assert [one.payload.hex() for one in port.sent[2:]] == ["ff03ffffffcafe00", "ff03ffffffecfe00"]
    broken = [frame(control, "1012000304cefe00"), frame(control, "ff01ffffffcefe00")]
    asker, _ = scripted(lambda one: broken if one.id >> 16 & 0xFF == 0xEA else [])
    assert asker.ask(DM5).payloads == {}
    assert asker.counters["long_broken_off"] == 1


def test_who_asks_for_claims_hears_ours() -> None:
    asker, port = scripted(lambda _: [frame(0x18EAFF21, "00ee00")])
    asker.ask(DM5)
    assert [one.id >> 16 & 0xFF for one in port.sent] == [0xEE, 0xEA, 0xEE]


@pytest.mark.parametrize(("lost", "limit"), [((), 255), ((2,), 255), ((1, 3), 255), ((), 1), ((2,), 2)])
def test_a_long_answer_to_us_alone_comes_whole_whatever_is_lost(lost: tuple[int, ...], limit: int) -> None:
    unit = LongAnswer(*lost, limit=limit)
    asker, port = scripted(unit)
    assert asker.ask(VEHICLE_IDENTIFICATION, ENGINE).payloads == {ENGINE: VIN}
    assert all(clear[1] <= limit for clear in unit.clears)
    assert port.sent[-1].payload[:4] == bytes([19, len(VIN), 0, 3]), "the end is told"


def test_a_unit_that_stops_in_the_middle_is_given_up() -> None:
    asker, port = scripted(LongAnswer(*range(1, 255)))
    unit = LongAnswer()
    unit.lost = set(range(256))
    asker, port = scripted(lambda one: unit(one) if one.id >> 16 & 0xFF == 0xEA else [])
    assert asker.ask(VEHICLE_IDENTIFICATION, ENGINE).payloads == {}
    assert port.now_ns() < 3_000_000_000


def test_refusals_have_names() -> None:
    def answers(one: Frame) -> list[Frame]:
        group = one.payload[:3].hex()
        said = ((3, 1), (4, 2), (5, 3), (6, 0), (7, 4), (8, 0x80), (9, 0xFF))
        return [frame(0x18E8FF00 | unit, f"{control:02x}ffffffff{group}") for unit, control in said]

    asker, _ = scripted(answers)
    assert asker.ask(DM5).refused == {
        3: "not_supported", 4: "access_denied", 5: "busy", 6: "done", 7: "reserved", 8: "reserved", 9: "reserved"
    }  # fmt: skip
    assert "00 PGN" not in str(TruckSurveyor(asker).counters)


def test_a_device_without_an_address_is_no_unit() -> None:
    asker, port = scripted(lambda one: [frame(0x18EEFFFE, bytes(8))] if one.payload == b"\x00\xee\x00" else [])
    surveyor = TruckSurveyor(asker)
    assert not surveyor.discover()
    assert surveyor.units == set()
    assert 0x18EAFE00 | OURS not in {one.id for one in port.sent}


@pytest.mark.parametrize(("chance", "after_ms"), [(0.0, 0.0), (0.5, 76.8), (0.999, 153.0)])
def test_who_loses_its_address_says_so_once_after_a_while_of_its_own(chance: float, after_ms: float) -> None:
    taken = [frame(0x18EEFF00 | OURS, bytes(8)), frame(0x18EAFF21, "00ee00"), frame(0x18EAFF22, "00ee00")]
    asker, port = scripted(
        lambda one: taken if one.id >> 16 & 0xFF == 0xEA and one.id & 0xFF == OURS else [], chance=chance
    )
    asker.ask(DM5)
    assert [one.id for one in port.sent[2:]] == [0x18EEFFFE] * (1 if chance else 3), "what is said at once is over"
    assert port.sent_at[2] - port.sent_at[1] == pytest.approx(1e6 + after_ms * 1e6)
    asker.ask(DM5)
    assert port.sent[-1].id & 0xFF == FREE[0]


def test_who_has_another_address_by_then_does_not_say_that_it_has_none() -> None:
    port = ScriptedPort(lambda _: [])
    line = line_on(port)
    asker = J1939Asker(line, 4711, chance=lambda: 0.9)
    asker.address.claim()
    port.hear_later([frame(0x18EEFF00 | OURS, bytes(8))], port.now_ns() + 1_000_000)
    line.heard(0.002)
    assert asker.address.own is None
    asker.address.claim()
    asker.listen(1.0)
    assert [one.id & 0xFF for one in port.sent] == [OURS, FREE[0]]


def test_clearing_says_who_did_it_and_reaches_previous_codes_too() -> None:
    def answers(one: Frame) -> list[Frame]:
        group, to = int.from_bytes(one.payload[:3], "little"), one.id >> 8 & 0xFF
        if group == 0xEE00:
            return [frame(0x18EEFF00 | unit, bytes(8)) for unit in (3, 4)]
        control = {3: 0, 4: 0x80}.get(to, 1)
        return [frame(0x18E8FF00 | to, f"{control:02x}ffffff{OURS:02x}{one.payload[:3].hex()}")] if to < 5 else []

    asker, port = scripted(answers, clears=True)
    surveyor = TruckSurveyor(asker)
    assert surveyor.discover()
    assert surveyor.clear() == ["03"]
    cleared = [
        (one.id >> 8 & 0xFF, int.from_bytes(one.payload, "little")) for one in port.sent if len(one.payload) == 3
    ]
    assert cleared[-4:] == [(3, DM11), (3, DM3), (4, DM11), (4, DM3)]


@pytest.mark.parametrize("group", [DM3, DM11])
def test_what_erases_is_never_requested_without_the_permission_for_it(group: int) -> None:
    asker, port = scripted(lambda _: [])
    with pytest.raises(Forbidden):
        asker.ask(group)
    assert {one.id >> 16 & 0xFF for one in port.sent} == {0xEE}
    clearing, port = scripted(lambda one: [frame(0x18E8FF00, f"00ffffffff{one.payload[:3].hex()}")], clears=True)
    assert clearing.ask(group).refused == {0: "done"}


@pytest.fixture(scope="module")
def truck() -> tuple[TruckSurveyor, SimulatedPort]:
    faults = [parse_fault(fault) for fault in TROUBLE]
    port = SimulatedPort(Simulation(vehicle="truck", seed=3, skip_s=1_500, faults=faults))
    line = line_on(port)
    line.heard(1.0)
    surveyor = TruckSurveyor(J1939Asker(line, 4711))
    assert surveyor.discover()
    return surveyor, port


def test_a_truck_tells_who_it_is(truck: tuple[TruckSurveyor, SimulatedPort]) -> None:
    surveyor, port = truck
    survey = surveyor.identity()
    assert survey is not None
    assert survey.vin == port.simulation.life.vin
    assert survey.units["00"].calibrations == ("TT13D-E6-0918",)
    assert len(survey.units) == 8
    name = survey.units["0B"].network_name
    assert name is not None
    assert (name.function, name.takes_any_address) == (9, False)
    assert len({unit.identity for unit in survey.units.values()}) == 8
    assert survey.units["0B"].hardware == ("BRAKES",)
    assert survey.units["0B"].ecu_serial == f"{survey.vin[-6:]}0B"


def test_a_truck_tells_its_codes_with_their_lamps(truck: tuple[TruckSurveyor, SimulatedPort]) -> None:
    surveyor, port = truck
    survey = surveyor.codes()
    assert survey is not None
    alternator = survey.codes["21", "SPN 167 FMI 1", None]
    assert (alternator.status, alternator.lamp, alternator.occurrences) == (Status.CONFIRMED, Lamp.ON, 1)
    assert survey.lamps["21"]["red_stop"] is Lamp.ON
    assert survey.lamps["03"] == {"amber_warning": Lamp.OFF}
    assert survey.told["00"] == set(Status)
    assert survey.cleared["00"].distance_km is not None
    assert survey.odometer_km is not None
    assert survey.readiness["3D"].monitors
    asked = {int.from_bytes(one.payload[:3], "little") for one in port.sent if one.id >> 16 & 0xFF == 0xEA}
    assert DM1 not in asked, "it comes by itself"
    assert all(is_harmless(one) for one in port.sent)


def test_beside_a_service_tool_a_truck_is_left_alone(truck: tuple[TruckSurveyor, SimulatedPort]) -> None:
    surveyor, port = truck
    port.stranger(frame(0x18EAFFF9, "cafe00"))
    before = len(port.sent)
    with pytest.raises(NotNow, match="foreign_tester"):
        surveyor.identity()
    assert len(port.sent) == before


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0xEC, 0xEB, 0xE8, 0xEA, 0xEE, 0xD3]), st.sampled_from([OURS, 0xFF]), st.integers(0, 253),
            st.one_of(st.binary(max_size=8), st.binary(min_size=7, max_size=7).map(lambda rest: b"\x10" + rest)),
        ),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_whatever_units_send_it_ends_and_what_we_send_is_harmless(heard: list[tuple[int, int, int, bytes]]) -> None:
    frames = [frame(0x18000000 | pf << 16 | to << 8 | source, payload) for pf, to, source, payload in heard]
    port = ScriptedPort(lambda one: frames if one.id >> 16 & 0xFF == 0xEA else [])
    line = line_on(port)
    asker = J1939Asker(line, 4711, chance=lambda: 0.25)
    try:
        for group in (VEHICLE_IDENTIFICATION, DM5):
            asker.ask(group)
    except NotNow:
        assert line.why_silent() is not None
    assert port.now_ns() < 40_000_000_000
    assert all(is_harmless(one) for one in port.sent)
    assert len(port.sent) < 300
