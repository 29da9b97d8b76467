"""What J1939 messages say in words: the vehicle's number, who drives, what a component is; beside the samples."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus.candump import format_frames
from edge.config import Config, with_profile
from edge.config_parts import Bus
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.texts import GROUPS, KEPT_MAX, Spoken, words_of
from edge.frames import EXTENDED, Frame, FrameBatch
from edge.offline import decode_file
from edge.run import run
from tests.shared import ROOT
from tests.unit.edge.test_transport import sent

FMS = ROOT / "dbc" / "fms.dbc"
VI, DI, CI, SOFT = 0xFEEC, 0xFE6B, 0xFEEB, 0xFEDA
VIN = "Vehicle.VehicleIdentification.VIN"
DRIVER = "Vehicle.Telltale.Tachograph.Driver{}.Identifier"
COMPONENT = "Vehicle.Telltale.Component"
NUMBER = b"WDB9630031L123456"
MS = 1_000_000


def said(group: int, content: bytes, sender: int = 0x27) -> list[Frame]:
    """A message, in one frame if it fits."""
    packets = [(0x18000000 | group << 8 | sender, content)] if len(content) < 9 else sent(sender, group, content)
    return [Frame(0, identifier, payload, flags=EXTENDED) for identifier, payload in packets]


def speed(value: int) -> Frame:
    """CCVS with a speed of so many km/h."""
    return Frame(0, 0x18FEF100, bytes([0xFF, 0, value, *[0xFF] * 5]), flags=EXTENDED)


def timed(frames: list[Frame]) -> list[Frame]:
    return [Frame(at * MS, one.id, one.payload, one.bus, one.flags) for at, one in enumerate(frames)]


def heard(frames: list[Frame], database: Path = FMS) -> tuple[dict[str, str], Decoder]:
    decoder = Decoder([Binding(load_database(database))])
    batch = decoder.decode(FrameBatch.of(timed(frames)))
    return {one.path: one.text for one in batch.texts}, decoder


@pytest.mark.parametrize("end", [b"*", b"", b"*\xff\xff", b"\x00"])
def test_the_vehicles_number_by_packets(end: bytes) -> None:
    texts, decoder = heard(said(VI, NUMBER + end))
    assert texts == {VIN: NUMBER.decode()}
    assert decoder.counts.spoken.by_path == {VIN: [NUMBER.decode()]}
    assert decoder.counts.unknown == {}


@pytest.mark.parametrize(
    ("content", "drivers"),
    [
        (b"D  1234567890123456*F  6543210987654321*", ("D  1234567890123456", "F  6543210987654321")),
        (b"1DF 00000123456789*", ("1DF 00000123456789", None)),
        (b"*SE2*", (None, "SE2")),
        (b"**", (None, None)),
        (b"\xff" * 8, (None, None)),
        (b"A*B*C*", ("A", "B")),
    ],
)
def test_drivers_by_their_places_and_nobody_is_remembered(content: bytes, drivers: tuple[str | None, ...]) -> None:
    """Who drives is personal: it is in the rows of `decode`, and in no account."""
    texts, decoder = heard(said(DI, content))
    assert texts == {DRIVER.format(place): name for place, name in enumerate(drivers, start=1) if name is not None}
    assert decoder.counts.spoken.by_path == {}


def test_components_and_their_software_of_each_sender() -> None:
    make = said(CI, b"ACME*OM471*900123**", 0x00) + said(CI, b"Other*\xff\xff*", 0x03)
    texts, decoder = heard(make + said(SOFT, b"\x02V1.2*CAL 7*", 0x00))
    assert texts[f"{COMPONENT}.Software"] == "V1.2, CAL 7"
    assert decoder.counts.spoken.by_path == {
        f"{COMPONENT}.Make": ["ACME", "Other"],
        f"{COMPONENT}.Model": ["OM471"],
        f"{COMPONENT}.SerialNumber": ["900123"],
        f"{COMPONENT}.Software": ["V1.2, CAL 7"],
    }


@pytest.mark.parametrize(
    ("payload", "version"),
    [("f530333030ffffff", "03.00"), ("fd30343031ffffff", "04.01"), ("ffffffffffffffff", None), ("f5303330", None)],
)
def test_which_fms_standard_a_gateway_speaks(payload: str, version: str | None) -> None:
    texts, decoder = heard(said(0xFDD1, bytes.fromhex(payload)))
    assert texts == ({} if version is None else {"Vehicle.Telltale.Fms.Version": version})
    assert decoder.counts.undecodable == {}


def test_what_cannot_be_shown_is_counted_and_no_text() -> None:
    texts, decoder = heard(said(CI, b"AC\x1bME*OM471*\xc4*"))
    assert texts == {f"{COMPONENT}.Model": "OM471"}
    assert {cause: counts.total() for cause, counts in decoder.counts.undecodable.items()} == {"no_text": 1}


def test_without_a_database_of_j1939_nothing_is_taken_for_words() -> None:
    texts, decoder = heard(said(VI, NUMBER), ROOT / "dbc" / "telltale-car.dbc")
    assert texts == {}
    assert decoder.counts.known == {}


def test_other_groups_say_nothing_in_words() -> None:
    assert words_of(0x18FEF127, NUMBER) is None


@given(st.sampled_from(sorted(GROUPS)), st.binary(max_size=1785))
def test_whatever_is_in_it_a_text_is_graphic_and_one_of_its_group(group: int, content: bytes) -> None:
    words = words_of(0x18000000 | group << 8, content)
    assert words is not None
    assert set(words.texts) <= set(GROUPS[group].paths)
    assert all(text and text.isprintable() and text.isascii() and text == text.strip() for text in words.texts.values())


def test_what_is_remembered_is_bounded() -> None:
    spoken, words = Spoken(), words_of(0x18FEEC00, NUMBER)
    assert words is not None
    for number in range(KEPT_MAX + 5):
        spoken.hear(f"can{number // 250}", number % 250, words)
    spoken.hear("can0", 0, words)  # has its place
    assert spoken.not_kept == 5
    assert spoken.by_path == {VIN: [NUMBER.decode()]}


@given(st.lists(st.integers(1, 9), max_size=12))
def test_however_the_frames_are_cut_the_rows_are_the_same(cuts: list[int]) -> None:
    frames = timed([speed(1), *said(VI, NUMBER), speed(2), *said(DI, b"A*B*"), speed(3), *said(SOFT, b"\x01X*")])
    decoder, rows, begin = Decoder([Binding(load_database(FMS))]), list[object](), 0
    for size in [*cuts, len(frames)]:
        if not (some := frames[begin : begin + size]):
            break
        begin += size
        batch = decoder.decode(FrameBatch.of(some))
        assert all(0 <= one.at <= len(batch) for one in batch.texts)
        paths = [decoder.signals[one].path for one in batch.signal]
        for at, path in enumerate([*paths, ""]):
            rows += [one.text for one in batch.texts if one.at == at]
            rows += [path] if path else []
    assert rows == ["Vehicle.Speed", NUMBER.decode(), "Vehicle.Speed", "A", "B", "Vehicle.Speed", "X"]


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_rows_have_words_as_their_label(tmp_path: Path, ending: str) -> None:
    log, out = tmp_path / "truck.log", tmp_path / f"rows.{ending}"
    log.write_bytes(format_frames(FrameBatch.of(timed([*said(DI, b"A*B*"), speed(2), *said(VI, NUMBER)]))))
    decode_file(log, [FMS], out)
    if ending == "jsonl":
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert [(row["message"], row["value"], row["label"]) for row in rows] == [
            ("DI", None, "A"),
            ("DI", None, "B"),
            ("CCVS", 2.0, None),
            ("VI", None, NUMBER.decode()),
        ]
        assert rows[-1]["signal"] == VIN
        assert (rows[-1]["unit"], rows[-1]["time"]) == ("", 0.005)
    elif ending == "csv":
        assert out.read_text().splitlines()[-1] == f"0.005,can0,VI,{VIN},,,{NUMBER.decode()}"
    else:
        pyarrow = pytest.importorskip("pyarrow.parquet")
        assert pyarrow.read_table(out)["label"].to_pylist() == ["A", "B", None, NUMBER.decode()]


def test_the_account_of_a_run_tells_the_number_and_not_the_driver(tmp_path: Path) -> None:
    log = tmp_path / "truck.log"
    log.write_bytes(format_frames(FrameBatch.of(timed([*said(VI, NUMBER), *said(DI, b"SECRET*")]))))
    config = Config(profile="fms", bus=[Bus(source=f"log:{log}", speed="max")])
    config.state.directory = tmp_path
    account = run(with_profile(config, tmp_path))
    assert account.texts == {VIN: [NUMBER.decode()]}
    assert f"text         {VIN}: {NUMBER.decode()}" in account.text()
    assert "SECRET" not in account.text() + account.as_json()
