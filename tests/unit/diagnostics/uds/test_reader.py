"""Simulated vehicles in trouble tell it by UDS, each in its own way, and nothing that only reads is ever exceeded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.diagnostics.budget import Budget
from edge.diagnostics.can_asker import CanAsker
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.findings import Lamp, Protocol, Status, Survey
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line
from edge.diagnostics.permission import Permission
from edge.diagnostics.uds.codes import FRESH_MAX, LOOKS_MAX, Known
from edge.diagnostics.uds.reader import UdsReader
from edge.diagnostics.uds.values import WantedDid, readings
from edge.diagnostics.watch import Manners, Watch
from edge.frames import Frame
from edge.simulator.faults import parse_fault
from edge.simulator.simulation import Simulation
from tests.simulated_port import ScriptedPort, SimulatedPort

ENGINE = Ecu(0x7E0, 0x7E8)
ABS = Ecu(0x760, 0x768)
BODY = Ecu(0x740, 0x748)
EV_BRAKES = Ecu(0x7D1, 0x7D9)
EV_BODY = Ecu(0x7A0, 0x7A8)
TRAFFIC = [Frame(at * 100_000_000, 0x201, bytes(8)) for at in range(600)]
TROUBLES = ("misfire@0x4000", "wheel_speed_dropout@0x4000")
EV_TROUBLES = ("wheel_speed_dropout@0x4000", "dcdc_failure@0x4000")


@dataclass(frozen=True)
class Kind:
    vehicle: str
    units: tuple[Ecu, ...]
    protocols: frozenset[Protocol]
    codes: frozenset[tuple[str, str, str | None]]
    troubles: tuple[str, ...] = TROUBLES


KINDS = {
    "car": Kind(
        "car", (ABS, BODY), frozenset({Protocol.OBD, Protocol.UDS}),
        frozenset({("7E8", "P0303", "00"), ("768", "C0040", "00")}),
    ),
    "car-29bit": Kind(
        "car-29bit", (), frozenset({Protocol.OBD, Protocol.UDS}),
        frozenset({("18DAF110", "P0303", "00"), ("18DAF128", "C0040", "00")}),
    ),
    "car-j1979-2": Kind(
        "car-j1979-2", (ABS, BODY), frozenset({Protocol.OBD_ON_UDS, Protocol.UDS}),
        frozenset({("7E8", "P0303", "00"), ("768", "C0040", "00")}),
    ),
    "ev": Kind(
        "ev", (EV_BRAKES, EV_BODY), frozenset({Protocol.UDS}),
        frozenset({("7D9", "C0040", "00"), ("7ED", "P0A09", "00"), ("7ED", "P0A94", "00"), ("7A8", "P0562", "00")}),
        EV_TROUBLES,
    ),
}  # fmt: skip


@dataclass
class Bench:
    """A vehicle, our way to it, and what it told."""

    kind: Kind
    port: SimulatedPort
    line: Line
    reader: UdsReader
    identity: Survey
    codes: Survey


def told(survey: Survey | None) -> Survey:
    assert survey is not None
    return survey


@pytest.fixture(scope="module", params=KINDS)
def bench(request: pytest.FixtureRequest) -> Bench:
    kind = KINDS[request.param]
    faults = [parse_fault(text) for text in kind.troubles]
    port = SimulatedPort(Simulation(vehicle=kind.vehicle, faults=faults, seed=3, skip_s=1500))
    line, asker = asker_on(port, kind.units, extended=kind.vehicle == "car-29bit")
    wanted = [WantedDid(EV_BRAKES, did, 5.0) for did in (0x2001, 0x2002, 0x2003, 0x9999)]
    reader = UdsReader(asker, units=kind.units, wanted=wanted, rates_s={0x0C: 1.0, 0x0D: 1.0, 0x05: 10.0})
    assert reader.discover()
    return Bench(kind, port, line, reader, told(reader.identity()), told(reader.codes()))


def asker_on(
    port: SimulatedPort | ScriptedPort, units: Sequence[Ecu], *, extended: bool = False
) -> tuple[Line, CanAsker]:
    watch = Watch(Manners(asks=True), bitrate=500_000)
    line = Line(port, Permission(units=units), watch, Budget(500_000), monotonic_ns=port.now_ns)
    line.heard(0.5)
    return line, CanAsker(line, LibraryAssembly(line), units=units, extended=extended)


def test_what_a_vehicle_speaks_is_found(bench: Bench) -> None:
    assert bench.reader.found.protocols == bench.kind.protocols
    assert set(bench.kind.units) <= set(bench.reader.found.uds)


def test_every_unit_names_the_vehicle_and_its_calibration(bench: Bench) -> None:
    vin = bench.port.simulation.life.vin
    assert bench.identity.vin == vin
    assert len(bench.identity.units) == len(bench.reader.found.uds) >= 4
    for unit in bench.identity.units.values():
        assert (unit.vin, len(unit.calibrations)) == (vin, 1)
        assert unit.name


def test_the_codes_of_its_troubles_come_with_status_lamp_and_snapshot(bench: Bench) -> None:
    assert bench.codes.codes.keys() == bench.kind.codes
    for code in bench.codes.codes.values():
        assert {Status.PENDING, Status.CONFIRMED} <= code.statuses
        assert (code.lamp, code.active) == (Lamp.ON, True)
        assert len(code.freeze_frame) >= 2
    assert bench.codes.told.keys() == {unit.name for unit in bench.reader.found.uds}


def test_obd_on_uds_tells_what_lasts_and_since_when(bench: Bench) -> None:
    if Protocol.OBD_ON_UDS not in bench.kind.protocols:
        assert not bench.codes.readiness
        return
    misfire = bench.codes.codes["7E8", "P0303", "00"]
    assert (misfire.protocol, misfire.severity) == (Protocol.OBD_ON_UDS, "A")
    assert Status.PERMANENT in misfire.statuses
    assert bench.codes.readiness["7E8"].mil
    assert bench.codes.cleared["7E8"].warm_ups is not None
    assert bench.codes.odometer_km is not None
    assert bench.codes.codes["768", "C0040", "00"].protocol is Protocol.UDS
    assert bench.identity.units["7E8"].verifications == ("5A1C92E7",)


def test_only_reading_was_sent_and_within_the_budget(bench: Bench) -> None:
    reports = {bytes((0x19, report)) for report in (0x01, 0x02, 0x04, 0x06, 0x42, 0x55)}
    assert requests(bench.port.sent) <= {b"\x01\x00", b"\x22", *reports}
    assert bench.line.budget.peak_bits <= bench.line.budget.bits_per_s


def test_values_are_asked_together_and_answered(bench: Bench) -> None:
    values = bench.reader.values()
    if bench.kind.vehicle == "ev":
        assert values == {"did 7D9 2001 2002 2003": 5.0, "did 7D9 9999": 5.0}
        assert bench.reader.ask_value("did 7D9 2001 2002 2003")
        assert not bench.reader.ask_value("did 7D9 9999")
        before = len(bench.port.sent)
        assert not bench.reader.ask_value("did 7D9 9999")
        assert len(bench.port.sent) == before, "what a unit does not have is not asked again"
    if bench.kind.vehicle == "car-j1979-2":
        assert values == {"did 7E8 F40C F40D": 1.0, "did 7E8 F405": 10.0, "did 7E9 F40C F40D": 1.0}
        assert all(bench.reader.ask_value(name) for name in values)
    assert not bench.reader.ask_value("did 7D9 FFFF")


def test_a_second_look_asks_for_lists_and_not_for_what_was_kept_again(bench: Bench) -> None:
    looks = []
    for _ in range(3):
        before = len(bench.port.sent)
        again = told(bench.reader.codes())
        looks.append([frame.payload[1:3] for frame in bench.port.sent[before:]])
        assert again.codes.keys() == bench.codes.codes.keys()
    assert b"\x19\x04" not in looks[-1]
    assert b"\x19\x06" not in looks[-1]


def test_identifiers_of_a_long_snapshot_are_measured_some_at_a_look_until_it_is_whole(bench: Bench) -> None:
    if Protocol.OBD_ON_UDS not in bench.kind.protocols:
        pytest.skip("its units do not tell the identifiers of their snapshots otherwise")
    assert "did.rest" in bench.codes.codes["7E8", "P0303", "00"].freeze_frame
    for _ in range(3):
        frame = told(bench.reader.codes()).codes["7E8", "P0303", "00"].freeze_frame
    assert "did.rest" not in frame
    assert len(frame) > 30


# units that a test makes up

Answers = Callable[[bytes], bytes | None]


class Unit:
    """One unit as a bus hears it; long answers are cut by hand, and go on after flow control."""

    def __init__(self, says: Answers, unit: Ecu = ENGINE) -> None:
        self._says = says
        self._unit = unit
        self._rest: list[bytes] = []

    def __call__(self, frame: Frame) -> list[Frame]:
        if frame.id not in {0x7DF, self._unit.request}:
            return []
        if frame.payload[0] >> 4 == 3:
            pieces, self._rest = self._rest, []
        else:
            pieces = self._cut(self._says(frame.payload[1 : 1 + frame.payload[0]]))
        return [Frame(0, self._unit.answer, piece.ljust(8, b"\0")) for piece in pieces]

    def _cut(self, said: bytes | None) -> list[bytes]:
        if not said:
            return []
        if len(said) < 8:
            return [bytes([len(said)]) + said]
        parts = [said[at : at + 7] for at in range(6, len(said), 7)]
        self._rest = [bytes([0x20 | number % 16]) + part for number, part in enumerate(parts, start=1)]
        return [(0x1000 | len(said)).to_bytes(2, "big") + said[:6]]


def reader_of(says: Answers, **options: object) -> tuple[UdsReader, ScriptedPort]:
    port = ScriptedPort(Unit(says), heard=TRAFFIC)
    _, asker = asker_on(port, ())
    return UdsReader(asker, **options), port  # type: ignore[arg-type]  # each option has its own type


@pytest.mark.parametrize(("nrc", "name"), [(0x33, "security_access_denied"), (0x34, "authentication_required")])
def test_a_guarded_unit_is_told_as_such_and_asked_as_often_as_others(nrc: int, name: str) -> None:
    reader, port = reader_of(lambda request: bytes((0x7F, request[0], nrc)) if request[0] != 1 else None)
    assert reader.discover()
    for _ in range(3):
        before = len(port.sent)
        assert told(reader.codes()).refused == {"7E8 19 02": name}
        assert reader.guarded == {"7E8"}
        assert len(port.sent) == before + 1


@pytest.mark.parametrize("nrc", [0x11, 0x12, 0x31, 0x7E, 0x7F])
def test_what_is_not_there_is_asked_once_and_again_after_identity(nrc: int) -> None:
    asked: list[bytes] = []

    def says(request: bytes) -> bytes | None:
        asked.append(request)
        if request == b"\x22\xf1\x86":
            return b"\x62\xf1\x86\x01"
        return bytes((0x7F, request[0], nrc)) if request[0] == 0x19 else None

    reader, _ = reader_of(says)
    assert reader.discover()
    assert [reader.codes() for _ in range(3)] == [None] * 3
    assert asked.count(b"\x19\x02\x0d") == 1
    reader.identity()
    reader.codes()
    assert asked.count(b"\x19\x02\x0d") == 2


def test_what_comes_later_is_asked_again_at_the_next_look() -> None:
    asked: list[bytes] = []

    def says(request: bytes) -> bytes | None:
        asked.append(request)
        if request[0] == 0x19:
            return b"\x7f\x19\x22" if asked.count(request) < 3 else b"\x59\x02\xff"
        return None if request[0] == 1 else bytes((0x7F, request[0], 0x21))

    reader, _ = reader_of(says)
    assert reader.discover()
    assert told(reader.codes()).refused == {"7E8 19 02": "conditions_not_correct"}
    reader.codes()
    last = told(reader.codes())
    assert last.told == {"7E8": {Status.PENDING, Status.CONFIRMED}}
    assert not last.refused


@pytest.mark.parametrize(("version", "protocol"), [(1, Protocol.OBD_ON_UDS), (2, Protocol.WWH_OBD)])
def test_only_what_says_so_is_j1979_2(version: int, protocol: Protocol) -> None:
    answers = {
        b"\x22\xf8\x10": bytes((0x62, 0xF8, 0x10, version)),
        bytes.fromhex("194233081E"): bytes.fromhex("594233FF1E04"),
    }
    reader, _ = reader_of(answers.get)
    assert reader.discover()
    assert reader.found.protocols == {protocol, Protocol.UDS}


@pytest.mark.parametrize("nrc", [0x13, 0x14, 0x31])
def test_identifiers_that_are_refused_together_are_asked_one_by_one(nrc: int) -> None:
    wanted = [WantedDid(ENGINE, did, 1.0) for did in (1, 2, 3)]
    asked: list[bytes] = []

    def says(request: bytes) -> bytes | None:
        asked.append(request)
        if request == b"\x22\xf1\x86":
            return b"\x62\xf1\x86\x01"
        if request[0] != 0x22 or len(request) > 3 or request == b"\x22\0\2":
            return bytes((0x7F, request[0], nrc if len(request) > 3 else 0x31)) if request[0] == 0x22 else None
        return b"\x62" + request[1:] + b"\x07"

    reader, _ = reader_of(says, wanted=wanted)
    assert reader.discover()
    (name,) = reader.values()
    del asked[:]
    assert reader.ask_value(name)
    assert asked == [b"\x22\0\1\0\2\0\3", b"\x22\0\1", b"\x22\0\2", b"\x22\0\3"]
    del asked[:]
    assert reader.ask_value(name)
    assert asked == [b"\x22\0\1", b"\x22\0\3"]


def test_a_unit_that_once_told_more_lists_has_not_lost_their_codes_when_one_is_missing() -> None:
    busy: list[bool] = []

    def says(request: bytes) -> bytes | None:
        if request == b"\x22\xf8\x10":
            return b"\x62\xf8\x10\x01"
        if request[:2] == b"\x19\x02":
            return b"\x7f\x19\x21" if busy else b"\x59\x02\xff"
        return b"\x59\x42\x33\xff\x1e\x04" if request[:2] == b"\x19\x42" else None

    reader, _ = reader_of(says)
    assert reader.discover()
    assert told(reader.codes()).told == {"7E8": {Status.PENDING, Status.CONFIRMED}}
    busy.append(True)
    assert told(reader.codes()).told == {"7E8": frozenset()}


def present(request: bytes) -> bytes | None:
    """What a unit says that speaks UDS and nothing else."""
    return b"\x62\xf1\x86\x01" if request == b"\x22\xf1\x86" else None


def test_declared_identifiers_of_a_snapshot_come_as_values() -> None:
    answers = {
        bytes.fromhex("19020D"): bytes.fromhex("5902FF0301002F"),
        bytes.fromhex("1904030100FF"): bytes.fromhex("5904030100 2F 00 02 F40C 1AF8 F405 3C"),
    }
    known = Known(
        length=lambda _unit, did, _rest: {0xF40C: 2, 0xF405: 1}[did],
        values=lambda unit, did, raw: {f"{unit.name}.{did:X}": raw[0] * 1.0},
    )
    reader, _ = reader_of(lambda request: present(request) or answers.get(request), known=known)
    assert reader.discover()
    (code,) = told(reader.codes()).codes.values()
    assert code.freeze_frame == {"7E8.F40C": 26.0, "7E8.F405": 60.0}


def test_a_unit_that_counts_as_trucks_do_is_asked_once_what_its_codes_are() -> None:
    answers = {
        bytes.fromhex("19020D"): bytes.fromhex("5902FF6E00032F"),
        bytes.fromhex("19010D"): bytes.fromhex("5901FF020001"),
    }
    reader, port = reader_of(lambda request: present(request) or answers.get(request))
    assert reader.discover()
    for _ in range(2):
        assert list(told(reader.codes()).codes) == [("7E8", "SPN 110 FMI 3", None)]
    assert [frame.payload[1:3] for frame in port.sent].count(b"\x19\x01") == 1


def test_of_many_codes_some_are_read_in_depth_at_each_look() -> None:
    codes = b"".join(bytes((0x01, number, 0x00, 0x2F)) for number in range(40))

    def says(request: bytes) -> bytes | None:
        if request[:2] == b"\x19\x06":
            return b"\x59\x06" + request[2:5] + b"\x2f\x01\x09"
        return b"\x59\x02\xff" + codes if request[:2] == b"\x19\x02" else present(request)

    reader, port = reader_of(says)
    assert reader.discover()
    for look in range(1, 4):
        survey = told(reader.codes())
        assert len(survey.codes) == 40
        known = [code for code in survey.codes.values() if code.freeze_frame == {"extended": "0109"}]
        assert len(known) == min(FRESH_MAX * look, 40)
    asked = [frame.payload[1:3] for frame in port.sent]
    assert asked.count(b"\x19\x06") == 40


def test_a_code_that_comes_again_and_one_that_stays_long_have_no_old_snapshot() -> None:
    there = [True]
    count = [1]

    def says(request: bytes) -> bytes | None:
        if request[:2] == b"\x19\x06":
            return b"\x59\x06" + request[2:5] + bytes((0x2F, count[0]))
        codes = b"\x03\x01\x00\x2f" if there[0] else b""
        return b"\x59\x02\xff" + codes if request[:2] == b"\x19\x02" else present(request)

    def counted() -> object:
        return [code.freeze_frame["extended"] for code in told(reader.codes()).codes.values()]

    reader, _ = reader_of(says)
    assert reader.discover()
    assert counted() == ["01"]
    there[0] = False
    assert counted() == []
    there[0], count[0] = True, 2
    assert counted() == ["02"]
    count[0] = 3
    assert [counted() for _ in range(LOOKS_MAX + 1)] == [["02"]] * LOOKS_MAX + [["03"]]


def test_answers_that_are_not_understood_are_counted_and_nothing_is_known() -> None:
    reader, _ = reader_of(lambda request: present(request) or (b"\x59\x02\xff\x03" if request[0] == 0x19 else None))
    assert reader.discover()
    assert reader.codes() is None
    assert reader.counters == {"malformed_5902": 1}


@given(
    st.lists(
        st.builds(
            WantedDid,
            st.sampled_from([ENGINE, ABS]),
            st.integers(0, 0xFFFF),
            st.sampled_from([1.0, 5.0]),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_everything_that_is_wanted_is_in_a_question_that_fits_a_frame(wanted: list[WantedDid]) -> None:
    questions = list(readings(wanted))
    assert all(1 <= len(one.dids) <= 3 for one in questions)
    asked = {(one.unit, did, one.every_s) for one in questions for did in one.dids}
    assert asked == {(one.unit, one.did, one.every_s) for one in wanted}


def requests(sent: Sequence[Frame]) -> set[bytes]:
    """Services and reports that were asked for, flow control aside."""
    singles = [frame.payload for frame in sent if frame.payload[0] >> 4 == 0]
    return {payload[1:2] if payload[1] == 0x22 else payload[1:3] for payload in singles}


STEPS = st.lists(st.sampled_from(["discover", "identity", "codes", "values"]), min_size=1, max_size=5)
PAYLOADS = st.one_of(
    st.none(),
    st.binary(min_size=1, max_size=7),
    st.integers(0, 255).map(lambda nrc: bytes((0x7F, 0x22, nrc))),
    st.integers(0, 255).map(lambda nrc: bytes((0x7F, 0x19, nrc))),
    st.binary(max_size=4).map(lambda rest: b"\x59\x02\xff" + rest),
    st.binary(max_size=3).map(lambda rest: b"\x59\x42\x33\xff" + rest),
    st.binary(max_size=4).map(lambda rest: b"\x62" + rest),
)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.lists(PAYLOADS, min_size=1, max_size=12), st.lists(st.integers(0, 0xFFFF), max_size=6))
def test_whatever_units_say_and_whatever_is_wanted_only_reading_is_ever_sent(
    steps: list[str], payloads: list[bytes | None], dids: list[int]
) -> None:
    said = iter(payloads * 400)

    reader, port = reader_of(
        lambda _: next(said, None), wanted=[WantedDid(ENGINE, did, 1.0) for did in dids], rates_s={0x0C: 1.0}
    )
    reader.discover()
    for step in steps:
        if step == "values":
            for name in reader.values():
                reader.ask_value(name)
        else:
            getattr(reader, step)()
    for frame in port.sent:
        assert len(frame.payload) == 8
        assert frame.payload[0] >> 4 in {0, 3}
    assert {request[0] for request in requests(port.sent)} <= {0x01, 0x19, 0x22}
    assert all(request == b"\x01\x00" for request in requests(port.sent) if request[0] == 0x01)
