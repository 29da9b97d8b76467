"""Decoding: what cantools says on every frame that it decodes, and something on the others; all of it counted."""

from pathlib import Path

import cantools.database
import pytest
from cantools.database import Database as CanDatabase
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.database import Database, load_database
from edge.decode.decoder import IDS_MAX, Binding, Decoder
from edge.errors import ConfigError
from edge.frames import ERROR, EXTENDED, REMOTE, Frame, FrameBatch

DBC = """VERSION ""

NS_ :

BS_:

BU_: ECU

BO_ 256 Engine: 8 ECU
 SG_ Speed : 0|16@1+ (0.25,0) [0|16000] "rpm" ECU
 SG_ Temp : 16|8@1- (1,-40) [-40|215] "degC" ECU
 SG_ Gear : 24|4@1+ (1,0) [0|15] "" ECU
 SG_ Late : 56|8@1+ (0.5,0) [0|127] "%" ECU

BO_ 257 Muxed: 3 ECU
 SG_ Which M : 0|8@1+ (1,0) [0|255] "" ECU
 SG_ One m1 : 8|16@1+ (1,0) [0|65535] "" ECU
 SG_ Two m2 : 8|16@1+ (0.1,0) [0|6553] "V" ECU

BO_ 2566844672 Wide: 8 ECU
 SG_ Serial : 0|64@1+ (1,0) [0|0] "" ECU

BO_ 258 Real: 4 ECU
 SG_ Ratio : 0|32@1- (1,0) [0|0] "" ECU

SIG_VALTYPE_ 258 Ratio : 1;
VAL_ 256 Gear 0 "Park" 1 "Drive" 15 "Lost" ;
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 10000;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_ "GenMsgCycleTime" BO_ 256 20;
"""
MAPPING = """
[signals]
"Engine.Speed" = { path = "Vehicle.Powertrain.CombustionEngine.Speed" }
"Engine.Temp" = { path = "Vehicle.Telltale.Oven", unit = "K", offset = 273.15 }
"Engine.Gear" = { path = "Vehicle.Powertrain.Transmission.CurrentGear", factor = 2.0, period_s = 3.0 }
"""
WIDE_ID = 2566844672 & 0x1FFFFFFF


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    file = tmp_path / "car.dbc"
    file.write_text(DBC)
    return file


@pytest.fixture
def mapped(plain: Path) -> Path:
    plain.with_suffix(".vss.toml").write_text(MAPPING)
    return plain


def decoded(decoder: Decoder, *frames: Frame) -> list[tuple[str, float]]:
    samples = decoder.decode(FrameBatch.of(frames))
    return [
        (decoder.signals[index].path, float(value)) for index, value in zip(samples.signal, samples.value, strict=True)
    ]


def frame(identifier: int, payload: str, **more: int) -> Frame:
    return Frame(1, identifier, bytes.fromhex(payload), **more)  # type: ignore[arg-type]  # only flags come here


def test_unmapped_signals_keep_the_names_of_the_database(plain: Path) -> None:
    decoder = Decoder([Binding(load_database(plain))])
    assert decoded(decoder, frame(256, "4006FF0100000002")) == [
        ("dbc.Engine.Speed", 400.0),
        ("dbc.Engine.Temp", -41.0),
        ("dbc.Engine.Gear", 1.0),
        ("dbc.Engine.Late", 1.0),
    ]
    assert (decoder.counts.frames, decoder.counts.decoded, decoder.counts.samples) == (1, 1, 4)


def test_the_mapping_beside_the_database_names_and_converts(mapped: Path) -> None:
    database = load_database(mapped)
    by_name = {signal.source_name: signal for signal in database.signals}
    assert by_name["Speed"].unit == "rpm"
    assert by_name["Speed"].period_s == 0.1, "the catalogue's"
    assert by_name["Late"].period_s == 0.02, "the database's"
    assert by_name["Gear"].period_s == 3.0, "the mapping's"
    assert by_name["Gear"].labels == {0.0: "Park", 2.0: "Drive", 30.0: "Lost"}
    assert by_name["Temp"].unit == "K"
    values = dict(decoded(Decoder([Binding(database)]), frame(256, "4006FF0100000002")))
    assert values["Vehicle.Telltale.Oven"] == pytest.approx(232.15)
    assert values["Vehicle.Powertrain.Transmission.CurrentGear"] == 2.0


def test_a_label_of_no_number_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "car.dbc").write_text(f'{DBC}VAL_ 258 Ratio 1 "One" 1e308 "Most" ;\n')
    (tmp_path / "car.vss.toml").write_text(MAPPING.replace("Engine.Gear", "Real.Ratio").replace("2.0", "9.5"))
    [ratio] = [one for one in load_database(tmp_path / "car.dbc").signals if one.source_name == "Ratio"]
    assert ratio.labels == {9.5: "One"}


def test_a_short_frame_gives_the_signals_that_are_there_and_is_counted(plain: Path) -> None:
    decoder = Decoder([Binding(load_database(plain))])
    assert [path for path, _ in decoded(decoder, frame(256, "4006FF"))] == ["dbc.Engine.Speed", "dbc.Engine.Temp"]
    assert decoder.counts.undecodable["short"] == {("can0", False, 256): 1}


def test_an_unknown_multiplexer_is_counted_by_its_name(plain: Path) -> None:
    decoder = Decoder([Binding(load_database(plain))])
    assert decoded(decoder, frame(257, "020A00")) == [("dbc.Muxed.Which", 2.0), ("dbc.Muxed.Two", 1.0)]
    assert decoded(decoder, frame(257, "090A00")) == [("dbc.Muxed.Which", 9.0)], "what is always there"
    assert decoder.counts.undecodable == {"unknown_multiplexer": {("can0", False, 257): 1}}


def test_ids_are_known_with_their_width_and_remote_and_error_frames_hold_nothing(plain: Path) -> None:
    decoder = Decoder([Binding(load_database(plain))])
    decoded(decoder, frame(256, "00" * 8, flags=EXTENDED), frame(0x700, ""), frame(256, "", flags=REMOTE))
    decoded(decoder, frame(256, "00" * 8, flags=ERROR))
    assert decoder.counts.unknown == {("can0", True, 256): 1, ("can0", False, 0x700): 1}
    assert set(decoder.counts.undecodable) == {"no_payload", "error_frame"}
    assert decoder.counts.decoded == 0


def test_an_integer_beyond_a_float_is_kept_exactly(plain: Path) -> None:
    decoder = Decoder([Binding(load_database(plain))])
    serial = 2**63 + 12345
    samples = decoder.decode(FrameBatch.of([Frame(1, WIDE_ID, serial.to_bytes(8, "little"), flags=EXTENDED)]))
    assert samples.exact == {0: serial}


def test_a_float_that_is_no_number_is_unknown(plain: Path) -> None:
    decoder = Decoder([Binding(load_database(plain))])
    assert decoded(decoder, frame(258, "0000C07F")) == []
    assert decoded(decoder, frame(258, "0000803F")) == [("dbc.Real.Ratio", 1.0)]


def test_a_database_can_be_bound_to_one_bus_and_the_first_of_two_wins(plain: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.dbc"
    other.write_text(DBC.replace("Engine", "Motor"))
    first, second = load_database(plain), load_database(other)
    decoder = Decoder([Binding(first, "can0"), Binding(second, "can1"), Binding(second, "can0")])
    frames = [Frame(1, 256, bytes(8), "can0"), Frame(2, 256, bytes(8), "can1"), Frame(3, 256, bytes(8), "can2")]
    samples = decoder.decode(FrameBatch.of(frames))
    assert {decoder.signals[index].message for index in samples.signal[samples.bus == 0]} == {"Engine"}
    assert {decoder.signals[index].message for index in samples.signal[samples.bus == 1]} == {"Motor"}
    assert decoder.counts.unknown == {("can2", False, 256): 1}


def test_a_fuzzed_bus_cannot_grow_the_counters_for_ever(plain: Path) -> None:
    decoder = Decoder([Binding(load_database(plain))])
    frames = [Frame(1, identifier, b"", flags=EXTENDED) for identifier in range(IDS_MAX + 500)]
    decoder.decode(FrameBatch.of(frames))
    assert len(decoder.counts.unknown) <= IDS_MAX + 1
    assert sum(decoder.counts.unknown.values()) == IDS_MAX + 500


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[signals]\nx = 1", "valid dictionary"),
        ('[signals]\n"Engine.Speed" = { path = "Speed" }', "pattern"),
        ('[signals]\n"Engine.Speed" = { path = "Vehicle.Spead" }', "Did you mean Vehicle.Speed"),
        ('[signals]\n"Engine.Sped" = { path = "Vehicle.Speed" }', "Did you mean 'Engine.Speed'"),
        ('[signals]\n"Engine.Speed" = { path = "Vehicle.Speed", unit = "mph" }', "is in 'km/h'"),
        ('[signals]\n"Zzz" = { path = "Vehicle.Telltale.Blinkenlights.Zzzzzzzzzzzzzzzzzz" }', "Add unit"),
        ('[signals]\n"Zzz" = { path = "Vehicle.Speed" }', "<Message>.<Signal>"),
        ("[signals", "TOML"),
        (f"a = {'[' * 5_000}", "Nest it less deeply"),
        (f"a = {'1' * 5_000}", "not TOML"),
        ('[signals]\n"Engine.Speed" = { path = "Vehicle.Speed", period_s = inf }', "finite number"),
        ('[signals]\n"Engine.Speed" = { path = "Vehicle.Speed", factor = 1e306 }', "no number any more"),
        ("[signals]\n[wrong]", "Extra inputs"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_place(plain: Path, text: str, hint: str) -> None:
    file = plain.with_suffix(".vss.toml")
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_database(plain)
    assert hint in str(caught.value)
    assert caught.value.file == str(file)


def test_missing_and_broken_databases(tmp_path: Path, plain: Path) -> None:
    with pytest.raises(ConfigError, match="no such database"):
        load_database(tmp_path / "none.dbc")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_database(tmp_path)
    broken = tmp_path / "broken.dbc"
    broken.write_text('VERSION ""\nBO_ x M: 8 E\n')
    with pytest.raises(ConfigError, match=r"no CAN messages that can be read \(line 2"):
        load_database(broken)
    broken.write_text('VERSION ""\n')
    with pytest.raises(ConfigError, match="no CAN messages"):
        load_database(broken)
    with pytest.raises(ConfigError, match="no such mapping"):
        load_database(plain, tmp_path / "none.vss.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_database(plain, tmp_path)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, CanDatabase]:
    file = tmp_path_factory.mktemp("dbc") / "car.dbc"
    file.write_text(DBC)
    can = cantools.database.load_file(file)
    assert isinstance(can, CanDatabase)
    return load_database(file), can


@given(identifier=st.sampled_from([256, 257, 258, WIDE_ID]), payload=st.binary(max_size=8))
def test_equal_to_cantools_wherever_it_decodes(
    both: tuple[Database, CanDatabase], identifier: int, payload: bytes
) -> None:
    database, can = both
    decoder = Decoder([Binding(database)])
    flags = EXTENDED if identifier == WIDE_ID else 0
    samples = decoder.decode(FrameBatch.of([Frame(1, identifier, payload, flags=flags)]))
    ours = {
        decoder.signals[index].source_name: samples.exact.get(row, float(samples.value[row]))
        for row, index in enumerate(samples.signal)
    }
    try:
        theirs = can.decode_message(identifier | (0x80000000 if flags else 0), payload, decode_choices=False)
    except (cantools.database.DecodeError, KeyError):
        return
    assert isinstance(theirs, dict)
    assert ours == {name: value for name, value in theirs.items() if value == value}  # noqa: PLR0124  # NaN is unknown
