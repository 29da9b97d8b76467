"""Labels that become values: by a table, in windows of many frames and of one alike; what has no line is unknown."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.decode.compile import Conversion, compiled
from edge.decode.compiled import Tables, merged
from edge.decode.database import Database, load_database
from edge.decode.dbc import read_dbc
from edge.decode.flat import FlatDecoder, Trait, _traits
from edge.decode.kept import load_kept
from edge.decode.layout import Number, SignalLayout
from edge.decode.scalar import ScalarDecoder
from edge.errors import ConfigError
from tests.unit.edge.databases import HEAD, MadeMessage, plain_messages, text_of

GEAR = """ SG_ Lever : 0|3@1+ (1,0) [0|7] "" X
 SG_ Half : 8|8@1- (0.5,-10) [0|0] "" X
 SG_ Text : 16|64@1+ (1,0) [0|0] "" X
"""
LABELS = 'VAL_ 256 Lever 1 "P" 2 "R" 4 "D" 7 "SNA" ;\n'


def written(folder: Path, *lines: str) -> Path:
    file = folder / "car.dbc"
    file.write_text(f"{HEAD}BO_ 256 A: 24 X\n{GEAR}\n{LABELS}")
    file.with_suffix(".vss.toml").write_text("\n".join(["[signals]", *lines, ""]))
    return file


def heard(database: Database, payload: bytes) -> list[list[float]]:
    """Of one signal that is first in its message: decoded one by one, and with others."""
    tables = database.tables
    one = [value for value in ScalarDecoder(tables).decode(0, payload)[1][:2] if value is not None]
    frames = np.frombuffer(payload[:8].ljust(8, b"\0") * 20, np.uint8).reshape(20, 8)
    flat = FlatDecoder(tables).decode(np.zeros(20, np.intp), frames, np.full(20, 8, np.uint8))
    many = flat.value[(flat.frame == 0) & (flat.signal < 2)].tolist()
    return [one, many]


@pytest.mark.parametrize(
    ("raw", "value"), [(0, None), (1, 0.0), (2, -1.0), (3, None), (4, 1.0), (5, 9.0), (6, None), (7, None)]
)
def test_labels_and_numbers_become_values_and_others_are_unknown(tmp_path: Path, raw: int, value: float | None) -> None:
    path = 'path = "Vehicle.Powertrain.Transmission.CurrentGear"'
    database = load_database(
        written(tmp_path, f'"A.Lever" = {{ {path}, labels = {{ P = 0, R = -1, D = 1, 5 = 9.0 }} }}')
    )
    expected = [] if value is None else [value]
    one, many = heard(database, bytes([raw, 20]))
    assert one == many == [*expected, 0.0], "the plain signal beside it stays as it is"
    assert database.signals[0].labels == {0.0: "P", -1.0: "R", 1.0: "D"}


def test_values_by_name_are_their_place_in_the_list_of_those_allowed(tmp_path: Path) -> None:
    allowed = '["UNDEFINED", "LOCK", "OFF", "ACC", "ON", "START"]'
    path = 'path = "Vehicle.LowVoltageSystemState"'
    line = f'"A.Lever" = {{ {path}, labels = {{ P = "OFF", D = "ON" }}, allowed = {allowed} }}'
    database = load_database(written(tmp_path, line))
    assert heard(database, bytes([1, 20])) == [[2.0, 0.0]] * 2
    assert database.signals[0].labels[4.0] == "ON"


def test_numbers_are_in_the_databases_unit_and_may_be_negative(tmp_path: Path) -> None:
    line = '"A.Half" = { path = "Vehicle.Telltale.Half", unit = "", labels = { -12.5 = true, 1.0 = false } }'
    line = line.replace("-12.5", '"-12.5"').replace(" 1.0 =", ' "1.0" =')
    database = load_database(written(tmp_path, line))
    assert heard(database, bytes([0, 256 - 5])) == [[0.0, 1.0]] * 2
    assert heard(database, bytes([0, 22])) == [[0.0, 0.0]] * 2
    assert heard(database, bytes([0, 23])) == [[0.0]] * 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('"A.Lever" = { path = "Vehicle.Speed", labels = { Q = 1 } }', "has no value 'Q'; it has 'P', 'R', 'D'"),
        ('"A.Lever" = { path = "Vehicle.Speed", labels = { 8 = 1 } }', "has no value '8'"),
        ('"A.Half" = { path = "Vehicle.Speed", labels = { "0.3" = 1 } }', "has no value '0.3'"),
        ('"A.Text" = { path = "Vehicle.Speed", labels = { 1 = 1 } }', "no integer of up to 32 bits"),
        ('"A.Lever" = { path = "Vehicle.Speed", labels = { P = "OFF" } }', "not among allowed"),
        ('"A.Lever" = { path = "Vehicle.Speed", labels = { P = 1 }, factor = 2 }', "say two things"),
        ('"A.Lever" = { path = "Vehicle.Speed", labels = {} }', "at least 1"),
    ],
)
def test_a_table_that_cannot_be_is_told_with_its_place(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        load_database(written(tmp_path, line))
    assert caught.value.place
    assert "A." in caught.value.place


def test_a_kept_one_is_the_same(tmp_path: Path) -> None:
    file = written(tmp_path, '"A.Lever" = { path = "Vehicle.Speed", labels = { P = 0, D = 1 } }')
    for _ in range(2):
        database = load_kept(file, None, tmp_path)
        assert heard(database, bytes([4, 20])) == [[1.0, 0.0]] * 2


def has_table(signal: SignalLayout) -> bool:
    return signal.number is not Number.FLOAT and signal.length <= 32


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plain_messages(), st.data())
def test_one_frame_and_many_say_the_same_wherever_the_bits_are(made: MadeMessage, data: st.DataObject) -> None:
    [message] = read_dbc(text_of({made.identifier: made}).encode()).messages
    conversions = []
    for signal in message.signals:
        low = -(1 << (signal.length - 1)) if signal.number is Number.SIGNED else 0
        raws = st.integers(low, low + (1 << signal.length) - 1)
        cases = data.draw(st.dictionaries(raws, st.sampled_from([0.0, 1.0, -7.5]), max_size=6))
        conversions.append(Conversion(cases=cases if has_table(signal) else {}))
    tables, _ = compiled([message], conversions)
    twice = merged([tables, tables])
    width = 8 if made.length <= 8 else 64
    payloads = [data.draw(st.binary(min_size=made.length, max_size=made.length)) for _ in range(3)]
    frames = np.frombuffer(b"".join(one.ljust(width, b"\0") for one in payloads), np.uint8).reshape(3, width)
    flat = FlatDecoder(twice).decode(np.array([0, 1, 1]), frames, np.full(3, made.length, np.uint8))
    scalar = ScalarDecoder(twice)
    for row, number in enumerate((0, 1, 1)):
        values = [value for value in scalar.decode(number, payloads[row])[1] if value is not None]
        assert flat.value[flat.frame == row].tolist() == values


def test_databases_without_tables_have_no_trait_of_them() -> None:
    def traits(tables: Tables) -> int:
        return int(np.bitwise_or.reduce(_traits(tables, FlatDecoder(tables)._placed)))

    text = f"{HEAD}BO_ 256 A: 24 X\n{GEAR}"
    [message] = read_dbc(text.encode()).messages
    plain, _ = compiled([message], [Conversion()] * 3)
    tabled, _ = compiled([message], [Conversion(cases={1: 2.0}), Conversion(), Conversion()])
    assert not traits(plain) & Trait.TABLE
    assert traits(tabled) & Trait.TABLE
