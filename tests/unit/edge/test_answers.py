"""Answers to testers become samples: of PIDs, of a profile's DIDs, of databases that describe whole answers."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.config import Config, load_config
from edge.config_written import to_toml
from edge.decode.answers import CODES, LAMP, REMEMBERED_NS, UNITS_MAX, Answers
from edge.decode.database import load_database
from edge.decode.decoder import FLAT_FROM, Binding, Decoder
from edge.decode.did_entries import DidEntry, DidSignal
from edge.decode.dids import declared
from edge.decode.wrapped import notes_on_answers
from edge.errors import ConfigError
from edge.frames import ERROR, EXTENDED, FD, NANOSECONDS, REMOTE, Frame, FrameBatch
from edge.history import History, SignalState
from edge.prepare import prepare
from edge.signals import SignalBatch
from tests.unit.edge.databases import HEAD
from tests.unit.edge.test_isotp import sent

SPEED, RPM = "Vehicle.Speed", "Vehicle.Powertrain.CombustionEngine.Speed"
MS = 1_000_000
Found = list[tuple[int, str, float]]
"""Time, path, value."""


def found(decoder: Decoder, samples: SignalBatch) -> Found:
    rows = zip(samples.time.tolist(), samples.signal.tolist(), samples.value.tolist(), strict=True)
    return [(time, decoder.signals[signal].path, value) for time, signal, value in rows]


def answers(*payloads: str, unit: int = 0x7E8, flags: int = 0, bus: str = "can0") -> list[Frame]:
    """The frames of answers, one after the other."""
    frames = [frame for payload in payloads for frame in sent(bytes.fromhex(payload))]
    return [Frame(0, unit, frame, bus, flags) for frame in frames]


def timed(frames: list[Frame], *, every_ns: int = MS) -> list[Frame]:
    return [Frame(n * every_ns, one.id, one.payload, one.bus, one.flags) for n, one in enumerate(frames)]


def heard(frames: list[Frame], dids: list[DidEntry] | None = None) -> tuple[Found, Mapping[str, int]]:
    decoder = Decoder([], answers=Answers(declared(dids or [], Path("car.profile.toml"))))
    samples = decoder.decode(FrameBatch.of(timed(frames)))
    return found(decoder, samples), decoder.counts.answered


@pytest.mark.parametrize(("unit", "flags"), [(0x7E8, 0), (0x7EF, 0), (0x18DAF110, EXTENDED), (0x18DAF1FF, EXTENDED)])
@pytest.mark.parametrize("before", [0, FLAT_FROM + 3])
def test_an_answer_gives_its_values_where_it_is_complete(unit: int, flags: int, before: int) -> None:
    frames = [Frame(0, 0x123, bytes(8))] * before + answers("410C1AF80D50055A0B63", unit=unit, flags=flags)
    values, counts = heard(frames)
    at = (len(frames) - 1) * MS
    assert len(frames) - before == 2, "a first frame and a consecutive one"
    assert values == [
        (at, RPM, 1726.0),
        (at, SPEED, 80.0),
        (at, "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature", 50.0),
        (at, "Vehicle.Powertrain.CombustionEngine.MAP", 99.0),
    ]
    assert counts == {"whole": 1, "read": 1}


@pytest.mark.parametrize("unit", [0x7E7, 0x7F0, 0x7DF, 0x18DAF110, 0x7E0])
def test_what_is_no_answer_by_its_id_is_not_read(unit: int) -> None:
    assert heard(answers("410D50", unit=unit)) == ([], {})
    assert heard(answers("410D50", unit=0x18DB33F1, flags=EXTENDED)) == ([], {})


def test_error_and_remote_frames_are_no_answers() -> None:
    frames = [Frame(0, 0x7E8, bytes.fromhex("03410D5000000000"), flags=flag) for flag in (ERROR, REMOTE)]
    assert heard(frames) == ([], {})


@pytest.mark.parametrize(
    ("payload", "counts"),
    [
        ("7F0112", {"whole": 1, "refused": 1}),
        ("4300", {"whole": 1, "other_service": 1}),
        ("41FD00", {"whole": 1, "unknown_pid": 1}),
        ("410C1A", {"whole": 1, "short_answer": 1}),
        ("410D50FD", {"whole": 1, "read": 1, "unknown_pid": 1}),
        ("62F190", {"whole": 1, "unknown_did": 1}),
        ("62F4", {"whole": 1, "short_answer": 1}),
        ("41", {"whole": 1}),
    ],
)
def test_what_is_not_understood_is_counted_by_why(payload: str, counts: Mapping[str, int]) -> None:
    assert heard(answers(payload))[1] == counts


def test_obd_on_uds_says_the_same_as_pids() -> None:
    values, counts = heard(answers("62F40C1AF8F40D50"))
    assert [value[1:] for value in values] == [(RPM, 1726.0), (SPEED, 80.0)]
    assert counts == {"whole": 1, "read": 1}


BATTERY = DidEntry(
    response="7EC",
    did="0101",
    bytes=4,
    signals=[
        DidSignal(path="Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", byte=0, scale=0.5, unit="percent"),
        DidSignal(name="Current", byte=1, bits=16, signed=True, scale=0.1, unit="A"),
        DidSignal(path="Vehicle.Exterior.AirTemperature", byte=3, unit="degF", nothing=255),
    ],
)
CABIN = DidEntry(response="7EC", did="0102", signals=[DidSignal(name="Fan", byte=0, bit=4, bits=4)])
LOCAL = DidEntry(response="7EC", did="01", signals=[DidSignal(name="Volts", byte=1, bits=16, little=True, scale=0.01)])


def test_dids_of_a_profile_are_read_one_after_the_other() -> None:
    values, counts = heard(answers("620101A0FF9C3201022A", "6101FF9005", unit=0x7EC), [BATTERY, CABIN, LOCAL])
    assert [value[1:] for value in values] == [
        ("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", 80.0),
        ("dbc.Did7EC_0101.Current", -10.0),
        ("Vehicle.Exterior.AirTemperature", pytest.approx(10.0)),
        ("dbc.Did7EC_0102.Fan", 10.0),
        ("dbc.Did7EC_01.Volts", pytest.approx(14.24)),
    ]
    assert counts == {"whole": 2, "read": 2}


def test_a_did_says_only_what_its_bytes_hold_and_nothing_of_what_stands_for_none() -> None:
    values, counts = heard(answers("620101A0FF9CFF", "620101A0", unit=0x7EC), [BATTERY])
    assert [path.rpartition(".")[2] for _, path, _ in values] == ["Displayed", "Current", "Displayed"]
    assert counts == {"whole": 2, "read": 2, "short_answer": 1}


def test_the_same_did_of_another_unit_is_another() -> None:
    assert heard(answers("620101A0FF9C32", unit=0x7EB), [BATTERY])[1] == {"whole": 1, "unknown_did": 1}
    other = BATTERY.model_copy(update={"response": "18DAF1DB"})
    values, _ = heard(answers("620101A0FF9C32", unit=0x18DAF1DB, flags=EXTENDED), [BATTERY, other])
    assert values[1][1] == "dbc.Did18DAF1DB_0101.Current"


def test_answers_on_an_id_of_the_profile_are_heard() -> None:
    brakes = DidEntry(response="768", did="2003", signals=[DidSignal(name="Level", byte=0)])
    assert heard(answers("62200364", unit=0x768), [brakes])[0][0][1:] == ("dbc.Did768_2003.Level", 100.0)
    assert heard(answers("62200364", unit=0x768)) == ([], {})


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ([CABIN, CABIN], "stands twice"),
        ([BATTERY.model_copy(update={"bytes": 2})], "ends beyond its 2 bytes"),
        ([CABIN.model_copy(update={"signals": [DidSignal(path=SPEED, byte=0, unit="kPa")]})], "is in 'km/h'"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(entries: list[DidEntry], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        declared(entries, Path("car.profile.toml"))


@pytest.mark.parametrize(
    "signal",
    [{"byte": 0}, {"byte": 0, "name": "A", "path": SPEED}, {"byte": 0, "name": "A", "bits": 12, "little": True},
     {"byte": 0, "name": "A", "scale": 0}],
)  # fmt: skip
def test_a_signal_without_a_sound_place_or_name_is_refused(signal: Mapping[str, object]) -> None:
    with pytest.raises(ValidationError):
        DidSignal.model_validate(signal)


def test_dids_come_through_the_configuration_unchanged(tmp_path: Path) -> None:
    config = Config(did=[BATTERY, CABIN])
    (tmp_path / "edge.toml").write_text(to_toml(config))
    assert load_config(tmp_path / "edge.toml").did == [BATTERY, CABIN]


PROFILE = """
[[did]]
response = "7EC"
did = "0101"
bytes = 4
signals = [
    { path = "Vehicle.Exterior.AirTemperature", byte = 3, unit = "degF" },
    { name = "Current", byte = 1, bits = 16, signed = true, scale = 0.1, unit = "A" },
]
"""


def test_dids_of_a_profile_and_of_the_configuration_are_heard(tmp_path: Path) -> None:
    (tmp_path / "ev.profile.toml").write_text(PROFILE)
    (tmp_path / "edge.toml").write_text(to_toml(Config(profile=str(tmp_path / "ev.profile.toml"), did=[CABIN])))
    decoder = prepare(load_config(tmp_path / "edge.toml")).judgement.decoder
    samples = decoder.decode(FrameBatch.of(timed(answers("620101A0FF9C3201022A", unit=0x7EC))))
    assert [value[1:] for value in found(decoder, samples)] == [
        ("Vehicle.Exterior.AirTemperature", pytest.approx(10.0)),
        ("dbc.Did7EC_0101.Current", -10.0),
        ("dbc.Did7EC_0102.Fan", 10.0),
    ]


def test_the_lamp_is_lit_as_long_as_any_unit_wants_it() -> None:
    decoder = Decoder([], answers=Answers())
    [lit], [dark] = answers("41018207E500"), answers("41010007E500", unit=0x7E9)
    later = REMEMBERED_NS + 2 * NANOSECONDS
    frames = [(0, lit), (NANOSECONDS, dark), (later, dark)]
    samples = decoder.decode(FrameBatch.of([Frame(at, one.id, one.payload) for at, one in frames]))
    assert found(decoder, samples) == [
        (0, LAMP, 1.0), (0, CODES, 2.0),
        (NANOSECONDS, LAMP, 1.0), (NANOSECONDS, CODES, 2.0),
        (later, LAMP, 0.0), (later, CODES, 0.0),
    ]  # fmt: skip


def test_codes_of_so_many_units_are_remembered_and_no_more() -> None:
    units = [one for n in range(200) for one in answers("41018107E500", unit=0x18DAF100 + n, flags=EXTENDED)]
    values, _ = heard(units)
    assert max(value for _, path, value in values if path == CODES) == UNITS_MAX


WHOLE = HEAD + (
    'BO_ 1979 Pack: 55 ECU\n SG_ service M : 8|8@1+ (1,0) [0|0] "" ECU\n'
    ' SG_ response m97M : 16|8@1+ (1,0) [0|0] "" ECU\n'
    ' SG_ Charge m1 : 279|24@0+ (0.0001,0) [0|0] "%" ECU\n SG_ Warm m4 : 40|8@1+ (1,0) [0|0] "" ECU\n\n'
    'BO_ 2024 Obd: 8 ECU\n SG_ S M : 13|6@0+ (1,0) [0|0] "" ECU\n SG_ Pid m1M : 23|8@0+ (1,0) [0|0] "" ECU\n'
    ' SG_ Rpm m12 : 31|16@0+ (0.25,0) [0|0] "" ECU\n\n'
    'BO_ 2025 Plain: 8 ECU\n SG_ Mode M : 7|8@0+ (1,0) [0|0] "" ECU\n SG_ Value m3 : 15|8@0+ (1,0) [0|0] "" ECU\n\n'
    "SG_MUL_VAL_ 1979 response service 97-97;\nSG_MUL_VAL_ 1979 Charge response 1-1;\n"
    "SG_MUL_VAL_ 1979 Warm response 4-4;\nSG_MUL_VAL_ 2024 Pid S 1-1;\nSG_MUL_VAL_ 2024 Rpm Pid 12-12;\n"
)


def with_database(tmp_path: Path, frames: list[Frame], *, listens: bool = True) -> tuple[Found, Decoder]:
    (tmp_path / "ev.dbc").write_text(WHOLE)
    decoder = Decoder([Binding(load_database(tmp_path / "ev.dbc"))], answers=Answers() if listens else None)
    samples = decoder.decode(FrameBatch.of(timed(frames)))
    return found(decoder, samples), decoder


def test_a_database_that_describes_whole_answers_is_read_from_them(tmp_path: Path) -> None:
    content = bytearray(53)
    content[:2], content[33:36] = b"\x61\x01", (800_000).to_bytes(3, "big")
    values, decoder = with_database(tmp_path, answers(content.hex(), unit=0x7BB))
    assert dict(value[1:] for value in values) == {
        "dbc.Pack.service": 97.0, "dbc.Pack.response": 1.0, "dbc.Pack.Charge": pytest.approx(80.0),
    }  # fmt: skip
    assert {time for time, _, _ in values} == {7 * MS}, "with the frame that completes it"
    assert decoder.counts.answered == {"whole": 1}
    assert decoder.counts.undecodable == {}
    assert decoder.counts.known.total() == 8


def test_frames_of_a_long_answer_are_not_taken_for_short_ones(tmp_path: Path) -> None:
    """A consecutive frame whose second byte is that of service 01 would be a speed of the engine that never was."""
    vin = "490201" + "41" * 17
    as_frames, _ = with_database(tmp_path, answers(vin), listens=False)
    as_answers, decoder = with_database(tmp_path, answers(vin))
    assert ("dbc.Obd.S", 1.0) in [value[1:] for value in as_frames]
    assert [value[1:] for value in as_answers] == [("dbc.Obd.S", 9.0)]
    assert decoder.counts.answered == {"whole": 1}


def test_a_database_and_what_is_known_of_pids_both_tell(tmp_path: Path) -> None:
    values, _ = with_database(tmp_path, answers("410C1AF8"))
    assert [value[1:] for value in values] == [
        (RPM, 1726.0), ("dbc.Obd.S", 1.0), ("dbc.Obd.Pid", 12.0), ("dbc.Obd.Rpm", 1726.0),
    ]  # fmt: skip


def test_a_plain_message_on_an_id_of_answers_is_decoded_as_ever(tmp_path: Path) -> None:
    frames = [Frame(0, 2025, bytes([3, 7, *bytes(6)]))]
    values, decoder = with_database(tmp_path, frames)
    assert dict(value[1:] for value in values) == {"dbc.Plain.Mode": 3.0, "dbc.Plain.Value": 7.0}
    assert decoder.counts.decoded == 1
    assert decoder.counts.answered == {}
    values, decoder = with_database(tmp_path, answers("410D50", unit=2025))
    assert SPEED not in [path for _, path, _ in values], "who says that 7E9 is something else is believed"
    [note] = notes_on_answers([load_database(tmp_path / "ev.dbc")])
    assert note == "ev.dbc has frames of its own on 7E9: answers to testers are not read there"


def test_answers_of_can_fd_are_read() -> None:
    payload = bytes.fromhex("410C1AF80D50055A0B630F50114C")
    [frame] = sent(payload, width=64)
    values, counts = heard([Frame(0, 0x7E8, frame, flags=FD)])
    assert (len(values), counts) == (6, {"whole": 1, "read": 1})


PAYLOADS = st.sampled_from(
    [
        "410C1AF8",
        "410D50055A0B630C0FA0",
        "41018207E500",
        "7F0112",
        "620101A0FF9C3201022A",
        "62F40C1AF8",
        "490201" + "41" * 17,
    ]
)
UNITS = st.sampled_from([(0x7E8, 0), (0x7E9, 0), (0x7EC, 0), (0x7BB, 0), (0x18DAF110, EXTENDED), (0x123, 0)])


@st.composite
def traffic(draw: st.DrawFn) -> list[Frame]:
    """Answers of several units on two buses, some of their frames lost, between each other."""
    waiting = []
    for _ in range(draw(st.integers(1, 8))):
        unit, flags = draw(UNITS)
        waiting.append(answers(draw(PAYLOADS), unit=unit, flags=flags, bus=draw(st.sampled_from(["can0", "can1"]))))
    frames: list[Frame] = []
    while waiting:
        chosen = draw(st.integers(0, len(waiting) - 1))
        frame = waiting[chosen].pop(0)
        frames += [frame] if draw(st.integers(0, 9)) else []
        waiting = [one for one in waiting if one]
    return timed(frames, every_ns=draw(st.sampled_from([MS, 100 * MS, 900 * MS])))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    file = tmp_path_factory.mktemp("dbc") / "ev.dbc"
    file.write_text(WHOLE)
    return Binding(load_database(file))


@given(data=st.data())
def test_however_the_frames_are_cut_the_samples_and_counts_are_the_same(whole: Binding, data: st.DataObject) -> None:
    frames = data.draw(traffic())
    cuts = data.draw(st.lists(st.integers(0, len(frames)), max_size=6).map(sorted))
    results = []
    for edges in ([], cuts, list(range(len(frames)))):
        decoder = Decoder([whole], answers=Answers(declared([BATTERY, CABIN], Path("-"))))
        said: Found = []
        for first, last in zip([0, *edges], [*edges, len(frames)], strict=True):
            said += found(decoder, decoder.decode(FrameBatch.of(frames[first:last], buses=("can0", "can1"))))
        counts = decoder.counts
        results.append((said, counts.answered, counts.decoded, counts.samples, counts.known, counts.unknown))
    assert results[0] == results[1] == results[2]


def polled(history: History, decoder: Decoder, times_s: list[float], until_s: float) -> list[tuple[float, SignalState]]:
    """Cells of 100 ms with an answer at each time: the speed's state in each of them."""
    states, waiting = [], sorted(times_s)
    [frame] = answers("410D50")
    for cell in range(round(until_s * 10)):
        end = (cell + 1) * 100 * MS
        now = [at for at in waiting if at * NANOSECONDS < end]
        waiting = waiting[len(now) :]
        batch = FrameBatch.of([Frame(round(at * NANOSECONDS), frame.id, frame.payload) for at in now], buses=("can0",))
        history.absorb(decoder.decode(batch), end)
        states.append((end / NANOSECONDS, history.state(SPEED)))
    return states


@pytest.mark.parametrize(
    ("times_s", "fresh_until_s"),
    [
        ([float(n) for n in range(60)], 59 + 10),
        ([10.0 * n for n in range(30)], 290 + 100),
        ([60.0 * n + 0.2 * k for n in range(20) for k in range(5)], 1140.8 + 600),
        ([1.0], 1 + 60),
    ],
    ids=["every second", "every ten seconds", "bursts a minute apart", "once"],
)
def test_what_is_asked_for_seldom_is_fresh_between_and_stale_after_ten_periods(
    times_s: list[float], fresh_until_s: float
) -> None:
    decoder = Decoder([], answers=Answers())
    history = History(decoder.signals, grid_ns=100 * MS)
    states = polled(history, decoder, times_s, fresh_until_s * 1.2 + 5)
    heard_from = times_s[0] + 0.1
    seen = [state for at, state in states if heard_from < at <= max(times_s)]
    assert set(seen) <= {SignalState.FRESH}
    last_fresh = max(at for at, state in states if state is SignalState.FRESH)
    assert last_fresh <= fresh_until_s + 1.0
    assert states[-1][1] is SignalState.STALE


def test_an_id_of_answers_without_a_whole_one_is_unknown() -> None:
    decoder = Decoder([], answers=Answers())
    torn, whole = answers("490201" + "41" * 17)[:1], answers("410D50", unit=0x7E9)
    decoder.decode(FrameBatch.of(torn * 3 + whole))
    assert decoder.counts.unknown == {("can0", False, 0x7E8): 3}
    assert decoder.counts.known == {("can0", False, 0x7E9): 1}
