"""Kuksa's overlays: what their rules come to, which signals they mean, what of them cannot be used."""

import csv
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.arithmetic import NotALine, line_of
from edge.decode.database import Database, load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.layout import Fate
from edge.decode.vss_names import GONE, RENAMED
from edge.errors import ConfigError
from edge.frames import Frame, FrameBatch
from tests.unit.edge.databases import HEAD

TEXT = f"""{HEAD}BO_ 256 A: 8 X
 SG_ Speed : 0|8@1+ (1,0) [0|0] "kph" X
 SG_ Lever : 8|3@1+ (1,0) [0|0] "" X
 SG_ Temp : 16|8@1+ (1,-40) [0|0] "C" X

BO_ 257 B: 8 X
 SG_ Speed : 0|8@1+ (2,0) [0|0] "kph" X

VAL_ 256 Lever 1 "P" 2 "R" 4 "D" ;
"""


def leaf(signal: str = "Speed", /, word: str = "dbc2vss", **more: Any) -> dict[str, Any]:
    """A leaf; what is of the node stands in capitals."""
    node = {key.lower(): more.pop(key) for key in list(more) if key.isupper()}
    return {"datatype": "float", "type": "sensor", **node, word: {"signal": signal, "interval_ms": 100, **more}}


def tree(**leaves: dict[str, Any]) -> dict[str, Any]:
    return {"Vehicle": {"type": "branch", "children": leaves}}


def loaded(folder: Path, content: object) -> Database:
    (folder / "car.dbc").write_text(TEXT)
    (folder / "car.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return load_database(folder / "car.dbc", folder / "car.json")


def said(database: Database, payload: str, identifier: int = 256) -> dict[str, float]:
    decoder = Decoder([Binding(database)])
    batch = decoder.decode(FrameBatch.of([Frame(0, identifier, bytes.fromhex(payload))]))
    values = [(decoder.signals[one].path, value) for one, value in zip(batch.signal, batch.value, strict=True)]
    assert len(dict(values)) == len(values)
    return {path: value for path, value in values if path.startswith("Vehicle")}


def test_a_signal_without_a_message_is_that_of_every_message_and_may_have_several_leaves(tmp_path: Path) -> None:
    speed, twice = leaf(UNIT="km/h"), leaf(transform={"math": "2*x + 1"}, UNIT="km/h", message="A")
    database = loaded(tmp_path, tree(Speed=speed, OBD={"children": {"Speed": twice}}))
    assert said(database, "0A") == {"Vehicle.Speed": 10.0, "Vehicle.OBD.Speed": 21.0}
    assert said(database, "0A", 257) == {"Vehicle.Speed": 20.0}
    assert {signal.source_name for signal in database.signals if signal.path == "Vehicle.OBD.Speed"} == {"Speed"}


def test_labels_become_truth_numbers_and_places(tmp_path: Path) -> None:
    rules = {
        "Parked": [{"from": "P", "to": True}, {"from": "R", "to": False}],
        "Gear": [{"from": "P", "to": 0}, {"from": "R", "to": -1}, {"from": 4, "to": 1}],
        "Word": [{"from": "P", "to": "REST"}, {"from": "R", "to": "BACK"}],
    }
    leaves = {name: leaf("Lever", transform={"mapping": lines}) for name, lines in rules.items()}
    leaves["Word"]["allowed"] = ["BACK", "REST"]
    database = loaded(tmp_path, tree(**leaves))
    assert said(database, "0001") == {"Vehicle.Parked": 1.0, "Vehicle.Gear": 0.0, "Vehicle.Word": 1.0}
    assert said(database, "0002") == {"Vehicle.Parked": 0.0, "Vehicle.Gear": -1.0, "Vehicle.Word": 0.0}
    assert said(database, "0004") == {"Vehicle.Gear": 1.0}
    [word] = [signal for signal in database.signals if signal.path == "Vehicle.Word"]
    assert word.labels == {0.0: "BACK", 1.0: "REST"}


def test_text_without_a_transform_is_its_place_among_what_is_allowed(tmp_path: Path) -> None:
    gear = leaf("Lever", DATATYPE="string", ALLOWED=["R", "D", "S"])
    database = loaded(tmp_path, tree(Gear=gear, Free=leaf("Lever", DATATYPE="string")))
    assert said(database, "0004") == {"Vehicle.Gear": 1.0, "Vehicle.Free": 4.0}
    assert said(database, "0001") == {"Vehicle.Free": 1.0}
    assert {one.path: one.labels for one in database.signals}["Vehicle.Free"][4.0] == "D"


def test_the_older_word_old_names_and_old_units(tmp_path: Path) -> None:
    old = {"CombustionEngine": {"children": {"ECT": leaf("Temp", "dbc", UNIT="celsius")}}}
    content = tree(Powertrain={"children": old}, TravelledDistance=leaf(UNIT="km"))
    database = loaded(tmp_path, content)
    coolant = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
    assert said(database, "0300" + "5A") == {coolant: 50.0, "Vehicle.TraveledDistance": 3000.0}
    assert {signal.path: signal.unit for signal in database.signals}[coolant] == "Celsius"


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (leaf(transform={"math": "floor(x)"}), "floor() is no straight line"),
        (leaf(transform={"math": "x*x"}), "no straight line in x"),
        (leaf(transform={"math": "__import__('os')"}), "__import__() is no straight line"),
        (leaf(transform={"math": "x" * 300}), "more than 200 characters"),
        (leaf(transform={"math": "3"}), "every value the same"),
        (leaf(transform={"math": 3}), "math is no text"),
        (leaf(transform={}), "neither math nor mapping"),
        (leaf(transform={"mapping": [{"from": 1}]}), "lacks from or to"),
        (leaf("Lever", transform={"mapping": [{"from": "Q", "to": 1}]}), "A.Lever has no value 'Q'"),
        (leaf("Lever", transform={"mapping": [{"from": "P", "to": "?"}]}), "no line of its mapping can be used"),
        (leaf("Lever", DATATYPE="string", ALLOWED=["X"]), "A.Lever has no value 'X'"),
        (leaf("Sped"), "the database has no signal Sped"),
        (leaf("Lever", message="B"), "the database has no signal B.Lever"),
        (leaf(UNIT="kPa"), "the overlay has it in 'kPa', VSS 6.0 in 'km/h'"),
        (leaf(""), "names no signal"),
        (leaf(transform={"math": "x*1e-300*1e-300"}), "every value the same"),
        (leaf(transform={"math": "1e308*x"}, UNIT="m/s"), "beyond any number in the unit of VSS"),
        (leaf("Temp", transform={"math": "1e308*x"}), "A.Temp becomes by factor and offset what is no number any more"),
        (leaf(transform={"mapping": [{"from": 1, "to": 10**400}]}), "no line of its mapping can be used"),
        (leaf(transform={"mapping": [{"from": 10**400, "to": 1}]}), "no line of its mapping can be used"),
        (leaf(UNIT="km\n/h"), "its unit cannot be written down"),
    ],
)
def test_a_leaf_that_cannot_be_used_is_told_and_the_rest_is_used(
    tmp_path: Path, node: dict[str, Any], reason: str
) -> None:
    database = loaded(tmp_path, tree(Speed=node, Other=leaf()))
    assert said(database, "0A") == {"Vehicle.Other": 10.0}
    skipped = [remark for remark in database.remarks if remark.fate is Fate.SKIPPED]
    assert [remark.what for remark in skipped] == ["car.json: Vehicle.Speed"]
    assert reason in skipped[0].reason


@pytest.mark.parametrize(
    ("content", "problem"), [("{", "is not JSON"), ("[]", "no tree of VSS"), ('{"a":' * 9000, "is not JSON")]
)
def test_what_is_no_overlay_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        loaded(tmp_path, content)


EXPRESSIONS = st.recursive(
    st.just("x") | st.integers(0, 50).map(str) | st.sampled_from(["0.1", "2.5"]),
    lambda below: st.tuples(below, st.sampled_from("+-*/"), below).map(lambda three: f"({''.join(three)})"),
    max_leaves=6,
)


@given(EXPRESSIONS, st.integers(-20, 20))
def test_a_line_gives_what_the_expression_gives(text: str, at: int) -> None:
    """Evaluated exactly by another way: every number of the text as a fraction."""
    try:
        factor, offset = line_of(text)
    except NotALine:
        return
    numbers = text.replace("0.1", "F(1,10)").replace("2.5", "F(5,2)")
    try:
        exact = eval(numbers, {"F": Fraction, "x": Fraction(at)})  # nosec B307  # made of numbers and x alone
    except ZeroDivisionError:
        return
    assert factor * at + offset == pytest.approx(float(exact), rel=1e-9, abs=1e-9)


def test_new_names_are_those_of_vss_6_and_old_ones_are_not(shared: Path) -> None:
    with (shared / "data" / "vss" / "vss-6.0.csv").open() as lines:
        listed = {row["path"] for row in csv.DictReader(lines)}
    assert {new for new in RENAMED.values() if not new.startswith("Vehicle.Telltale.")} <= listed
    assert listed & {*RENAMED, *GONE} == {"Vehicle.Powertrain.CombustionEngine.EOP"}, "rules know it by our name"


@pytest.mark.parametrize("name", ["Sp eed", "\ud800", "\n", "", "x" * 300, "Vehicle.Speed\n"])
def test_a_name_that_is_none_of_vss_is_told_on_one_line_and_the_rest_is_used(tmp_path: Path, name: str) -> None:
    content = {"Vehicle": {"children": {name: leaf("Lever"), "Speed": leaf(UNIT="km/h")}}, "Speed": leaf("Temp")}
    database = loaded(tmp_path, json.dumps(content))
    assert said(database, "0A") == {"Vehicle.Speed": 10.0}
    told = [remark for remark in database.remarks if remark.fate is Fate.SKIPPED]
    assert len(told) == 2
    assert all("no path of VSS" in one.reason and one.text.isprintable() and len(one.text) < 450 for one in told)
