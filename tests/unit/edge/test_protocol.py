"""J1939 databases that do not say so: the mapping does, and where neither does, the remedy is told."""

from pathlib import Path

import pytest

from edge.decode.database import Database, load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.kept import load_kept
from edge.decode.layout import Fate, MessageLayout
from edge.decode.protocol import suspicions
from edge.errors import ConfigError
from edge.frames import EXTENDED, Frame, FrameBatch
from tests.unit.edge.databases import HEAD

SPEED = ' SG_ Speed : 24|16@1+ (0.125,0) [0|8031.875] "rpm" ECU\n'
FLAG = 0x8000_0000
TRUCK = (
    f"{HEAD}BO_ {FLAG | 0x0CF00400} EEC1: 8 ECU\n{SPEED}BO_ {FLAG | 0x18FEEE00} ET1: 8 ECU\n"
    ' SG_ Coolant : 0|8@1+ (1,-40) [-40|210] "degC" ECU\nBO_ 256 Own: 8 ECU\n SG_ Own : 0|8@1+ (1,0) [0|0] "" ECU\n'
)
SAYS = 'protocol = "j1939"\n'
FROM_ANOTHER = 0x0CF00427
"""EEC1 of a sender that the file does not name."""


@pytest.fixture
def truck(tmp_path: Path) -> Path:
    file = tmp_path / "truck.dbc"
    file.write_text(TRUCK)
    return file


def beside(file: Path, text: str) -> None:
    file.with_suffix(".vss.toml").write_text(text)


def heard(database: Database, identifier: int, payload: str, *, flags: int = EXTENDED) -> list[tuple[str, float]]:
    decoder = Decoder([Binding(database)])
    samples = decoder.decode(FrameBatch.of([Frame(1, identifier, bytes.fromhex(payload), flags=flags)]))
    return [(decoder.signals[one].path, float(value)) for one, value in zip(samples.signal, samples.value, strict=True)]


def test_a_mapping_makes_extended_messages_known_by_their_group(truck: Path) -> None:
    assert heard(load_database(truck), FROM_ANOTHER, "FFFFFF8016FFFFFF") == []
    beside(truck, SAYS)
    database = load_database(truck)
    assert heard(database, FROM_ANOTHER, "FFFFFF8016FFFFFF") == [("dbc.EEC1.Speed", 720.0)]
    assert heard(database, FROM_ANOTHER, "FFFFFFFFFFFFFFFF") == [], "not available is unknown"
    assert heard(database, 256, "FF", flags=0) == [("dbc.Own.Own", 255.0)], "an id of 11 bits is none of J1939's"
    assert database.remarks == ()


def test_it_goes_with_signals(truck: Path) -> None:
    path = "Vehicle.Powertrain.CombustionEngine.Speed"
    beside(truck, f'{SAYS}[signals]\n"EEC1.Speed" = {{ path = "{path}" }}\n')
    assert heard(load_database(truck), FROM_ANOTHER, "FFFFFF8016FFFFFF") == [(path, 720.0)]


@pytest.mark.parametrize("text", ['protocol = "J1939-71"', "protocol = 1939", 'protocol = ""'])
def test_another_protocol_is_refused_with_its_place(truck: Path, text: str) -> None:
    beside(truck, text)
    with pytest.raises(ConfigError) as refused:
        load_database(truck)
    assert (refused.value.file, refused.value.place) == (str(truck.with_suffix(".vss.toml")), "protocol")
    assert refused.value.remedy


def test_it_is_refused_where_no_message_can_be_one(tmp_path: Path) -> None:
    file = tmp_path / "car.dbc"
    file.write_text(f"{HEAD}BO_ 256 Engine: 8 ECU\n{SPEED}")
    beside(file, SAYS)
    with pytest.raises(ConfigError, match="no message with an id of 29 bits") as refused:
        load_database(file)
    assert (refused.value.place, refused.value.remedy) == ("protocol", "Leave protocol out")


def test_what_looks_like_j1939_is_told_with_the_remedy(truck: Path) -> None:
    [remark] = load_database(truck).remarks
    assert (remark.fate, remark.what) == (Fate.DOUBTFUL, "2 messages of 29 bits")
    assert 'write protocol = "j1939" at the top of truck.vss.toml' in remark.reason
    assert "EEC1, ET1" in remark.reason
    beside(truck, 'protocol = "can"\n')
    database = load_database(truck)
    assert database.remarks == (), "somebody has looked"
    assert heard(database, FROM_ANOTHER, "FFFFFF8016FFFFFF") == []
    truck.with_suffix(".vss.toml").unlink()
    truck.write_text(f'{TRUCK}\nBA_DEF_ "ProtocolType" STRING ;\nBA_ "ProtocolType" "J1939";\n')
    assert load_database(truck).remarks == ()


@pytest.mark.parametrize(
    ("ids", "is_suspected"),
    [
        ([0x0CF00400, 0x18FEEE00], True),
        ([0x18FEEE00], True),
        ([0x0CF00400, 0x18FEEE00, 0x10240040, 0x102CA040], True),
        ([0x10240040, 0x102CA040, 0x10400040], False),
        ([0x0CF00400, 0x10240040, 0x102CA040], False),
        ([0x0CF00400, 0x0CF00401, 0x102CA040], False),
        ([], False),
    ],
    ids=["two", "alone", "two among others", "a car's", "one by chance", "one group twice", "none"],
)
def test_two_well_known_groups_make_it_suspected(ids: list[int], is_suspected: bool) -> None:
    messages = [MessageLayout(f"M{one:X}", one, extended=True, length=8, signals=()) for one in ids]
    assert bool(suspicions(messages, "x.vss.toml")) is is_suspected


def second(identifier: int, name: str = "EEC1_2", scale: str = "0.25") -> str:
    signal = SPEED.replace("0.125", scale)
    return f"BO_ {FLAG | identifier} {name}: 8 ECU\n{signal}"


@pytest.mark.parametrize("is_kept", [False, True], ids=["read", "kept"])
def test_a_group_that_a_file_has_of_two_senders_is_known_by_its_sender(truck: Path, *, is_kept: bool) -> None:
    truck.write_text(TRUCK + second(0x18F00401))
    beside(truck, SAYS)
    (state := truck.parent / "state").mkdir()
    database = load_kept(truck, None, state) if is_kept else load_database(truck)
    database = load_kept(truck, None, state) if is_kept else database
    assert database.remarks == ()
    payload = "FFFFFF8016FFFFFF"
    assert heard(database, 0x18F00400, payload) == [("dbc.EEC1.Speed", 720.0)], "whatever its priority"
    assert heard(database, 0x0CF00401, payload) == [("dbc.EEC1_2.Speed", 1440.0)]
    assert heard(database, FROM_ANOTHER, payload) == [], "nobody knows whose content it is"
    assert heard(database, 0x0CF00401, "FF" * 8) == [], "not available is unknown"
    assert heard(database, 0x18FEEE27, "7D" + "FF" * 7) == [("dbc.ET1.Coolant", 85.0)], "there is one of this group"


def test_a_sender_without_an_address_stands_for_all_others(truck: Path) -> None:
    truck.write_text(TRUCK + second(0x0CF004FE))
    beside(truck, SAYS)
    database = load_database(truck)
    assert database.remarks == ()
    assert heard(database, 0x0CF00400, "FFFFFF8016FFFFFF") == [("dbc.EEC1.Speed", 720.0)]
    assert heard(database, FROM_ANOTHER, "FFFFFF8016FFFFFF") == [("dbc.EEC1_2.Speed", 1440.0)]


@pytest.mark.parametrize(("priority", "sender", "by"), [(0x18, 0x01, " and sender 01"), (0x18, 0xFE, "")])
def test_of_two_messages_of_one_group_and_sender_the_first_is_kept(
    truck: Path, priority: int, sender: int, by: str
) -> None:
    one, other = (top << 24 | 0xF00400 | sender for top in (0x0C, priority))
    truck.write_text(TRUCK + second(one) + second(other, "EEC1_3"))
    beside(truck, f'{SAYS}[signals]\n"EEC1_3.Speed" = {{ path = "Vehicle.Telltale.Second", unit = "rpm" }}\n')
    database = load_database(truck)
    [remark] = database.remarks
    assert (remark.fate, remark.what) == (Fate.SKIPPED, "EEC1_3")
    assert remark.reason == f"its PGN F004{by} is that of EEC1_2, which is kept"
    assert remark.line == truck.read_text().splitlines().index(f"BO_ {FLAG | other} EEC1_3: 8 ECU") + 1
    assert "Vehicle.Telltale.Second" not in {signal.path for signal in database.signals}


def test_what_is_kept_changes_with_it(truck: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    assert heard(load_kept(truck, None, state), FROM_ANOTHER, "FFFFFF8016FFFFFF") == []
    beside(truck, SAYS)
    for _ in range(2):
        assert heard(load_kept(truck, None, state), FROM_ANOTHER, "FFFFFF8016FFFFFF") == [("dbc.EEC1.Speed", 720.0)]
    assert len(list((state / "compiled").iterdir())) == 2
