"""What `diagnose` says for a person and for a program, in whose words."""

import argparse
import json
from functools import partial
from pathlib import Path

import pytest

from edge.cli import main
from edge.cli_diagnose import in_whose_words
from edge.codes.explain import Catalogue
from edge.diagnostics.findings import Code, NetworkName, Protocol, Status, Survey, Unit
from edge.diagnostics.showing import as_lines, as_values, not_understood
from edge.dtc_import import KEPT_NAME, keep, read_table
from edge.errors import EXIT_CONFIG

Out = pytest.CaptureFixture[str]
IMPORTED = {("FORD", "P1234"): "fuel pump of a test", ("GM", "P1234"): "another", ("GENERIC", "P0EEE"): "theirs"}
NAME = NetworkName(
    identity_number=4711, maker=275, function=9, function_instance=0, ecu_instance=0, vehicle_system=0,
    vehicle_system_instance=0, industry=1, takes_any_address=False,
)  # fmt: skip


def survey_of(*codes: str) -> Survey:
    found = [Code("7E8", code, None, Protocol.OBD, frozenset({Status.CONFIRMED})) for code in codes]
    return Survey(codes={code.key: code for code in found})


def said(catalogue: Catalogue, code: str, maker: str = "") -> tuple[str, str | None]:
    """The line about a code, and whose words a program hears it has."""
    explain = partial(catalogue.explain, maker=maker)
    survey = survey_of(code)
    lines = list(as_lines(survey, explain))
    (value,) = as_values(survey, explain)["codes"]
    line = lines[-1].strip()
    assert value["meaning"] == line
    return line, value["words"]


def test_imported_words_speak_where_we_have_none_and_say_so() -> None:
    catalogue = Catalogue(IMPORTED)
    assert said(catalogue, "P0EEE") == (
        "theirs [powertrain, generic: hybrid and electric drive, imported words]",
        "imported",
    )
    assert said(catalogue, "P1234", "ford") == ("fuel pump of a test [FORD, imported words]", "imported")
    line, words = said(Catalogue({("GENERIC", "P0301"): "theirs"}), "P0301")
    assert line.startswith("misfire in cylinder 1 [")
    assert "imported" not in line
    assert words == "ours"


def test_a_makers_code_is_not_guessed_but_whose_words_there_are_is_told() -> None:
    line, words = said(Catalogue(IMPORTED), "P1234")
    assert line.startswith("meaning unknown [")
    assert line.endswith("; the imported table has it of FORD, GM: say whose it is with --maker")
    assert words == "form"
    assert "imported" not in said(Catalogue(IMPORTED), "P1235")[0]


def test_what_is_no_code_of_a_standard_is_said_to_be_unknown() -> None:
    assert said(Catalogue(IMPORTED), "12/34 of old") == ("meaning unknown", None)


def test_who_a_unit_is_for_a_person_and_for_a_program() -> None:
    survey = Survey(units={"0B": Unit("0B", name="brakes", ecu_serial="77", location="frame", network_name=NAME)})
    lines = list(as_lines(survey, Catalogue().explain))
    assert lines[1:5] == [
        "unit 0B  brakes",
        "  serial of the control unit  77",
        "  location  frame",
        "  network name  brakes, maker 275, identity number 4711, road vehicles",
    ]
    (unit,) = json.loads(json.dumps(as_values(survey, Catalogue().explain)["units"]))
    assert (unit["ecu_serial"], unit["network_name"]["identity_number"]) == ("77", 4711)


def test_what_was_not_understood_is_told_at_the_end_and_nothing_where_nothing_was() -> None:
    assert not list(not_understood({"payload_cut": 0, "questions": 9}))
    counters = {"payload_cut": 2, "questions": 9, "codes_of_old_methods": 1, "malformed_03": 1}
    assert list(not_understood(counters)) == ["not understood  2 payload_cut, 1 codes_of_old_methods, 1 malformed_03"]


def test_a_spoilt_table_that_was_named_is_refused_and_another_is_done_without(tmp_path: Path, capsys: Out) -> None:
    spoilt = tmp_path / KEPT_NAME
    spoilt.write_text("head\nnot json\n")
    asked = ["diagnose", "--bus", "nobody:there"]
    assert main([*asked, "--table", str(spoilt)]) == EXIT_CONFIG
    assert "the imported table cannot be used" in capsys.readouterr().err
    assert main([*asked, "--table", str(tmp_path / "none")]) == EXIT_CONFIG
    assert "no imported table is there" in capsys.readouterr().err
    assert main([*asked, "--state", str(tmp_path)]) == EXIT_CONFIG
    told = capsys.readouterr().err
    assert "without imported words" in told
    assert "nobody" in told, "the bus was looked for all the same"


def test_what_was_imported_is_taken_from_the_state(tmp_path: Path) -> None:
    table = tmp_path / "codes.csv"
    table.write_text("code,description,make\nP1234,A pump,Ford\n")
    keep(read_table(table), table, tmp_path / KEPT_NAME)
    explain = in_whose_words(argparse.Namespace(table=None, state=tmp_path, maker="Ford"))
    assert explain("P1234", None).meaning == "A pump"
    assert (
        in_whose_words(argparse.Namespace(table=None, state=tmp_path / "none", maker="Ford"))("P1234", None).meaning
        is None
    )
