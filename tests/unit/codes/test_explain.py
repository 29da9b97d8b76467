"""The catalogue: its tables are sound, it has what people meet, and what nobody knows is unknown."""

import subprocess
import sys
import tomllib

import pytest

from edge.codes.explain import Catalogue, Source
from edge.codes.structure import Origin, code_from_text
from edge.codes.suspects import suspect_from_bytes
from edge.codes.tables import COMPONENTS, _spread, generic_codes, spns
from edge.simulator.car import codes as car
from edge.simulator.ecu.codes import Code
from edge.simulator.ev import codes as ev
from edge.simulator.truck import codes as truck
from tests.shared import ROOT

FAULT_TABLE = """
P0087 P0101 P0128 P0171 P0217 P0420 P0455 P0457 P0562 P0A09 P0A80 P0AA6 P203F P207F P20EE P2463 U0100
"""
NAMED = (
    *FAULT_TABLE.split(),
    *(f"SPN {spn} FMI 1" for spn in (168, 167, 241, 929, 117, 118, 1087, 1088, 1761, 3516, 5246, 4364, 3719, 110)),
    *(f"SPN {spn} FMI 18" for spn in (111, 94)),
)
SIMULATED = sorted(
    {
        code.text
        for room in (car, ev, truck)
        for group in vars(room).values()
        if isinstance(group, tuple)
        for code in group
        if isinstance(code, Code)
    }
)


def test_there_are_as_many_entries_as_were_promised() -> None:
    lines = [line for line in (ROOT / "edge/codes/generic.tsv").read_text().splitlines() if line[0] != "#"]
    assert len(lines) >= 300, "even when a row of codes counts as one"
    assert len(generic_codes()) >= 600
    assert len(spns()) >= 120


def test_every_generic_entry_is_well_formed_in_order_and_no_makers_own() -> None:
    assert list(generic_codes()) == sorted(generic_codes())
    for text, entry in generic_codes().items():
        code = code_from_text(text)
        assert code.text == text
        assert code.origin is Origin.GENERIC
        assert entry.component in COMPONENTS
        assert 3 <= len(entry.meaning) <= 90, text
        assert "{" not in entry.meaning, text


def test_no_two_generic_codes_have_the_same_words() -> None:
    words = [entry.meaning for entry in generic_codes().values()]
    assert len(words) == len(set(words)), sorted({word for word in words if words.count(word) > 1})


def test_every_parameter_is_well_formed_and_in_order() -> None:
    assert list(spns()) == sorted(spns())
    assert all(0 < spn < 0x80000 and entry.meaning for spn, entry in spns().items())
    names = [entry.meaning for entry in spns().values()]
    assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})


def test_components_are_the_words_of_rules_and_knowledge() -> None:
    known = {
        rule["component"]
        for file in (ROOT / "edge/detect/packs").glob("*.toml")
        for rule in tomllib.loads(file.read_text())["rule"]
    }
    for file in (ROOT / "cloud/health/knowledge").glob("*.toml"):
        known.add(tomllib.loads(file.read_text())["component"])
    assert known
    assert known <= COMPONENTS


@pytest.mark.parametrize("code", [*NAMED, *SIMULATED])
def test_what_faults_set_is_explained_in_own_words(code: str) -> None:
    told = Catalogue().explain(code)
    assert told.source is Source.OURS
    assert told.meaning
    assert told.severity
    assert told.component in COMPONENTS


def test_a_row_of_codes_counts_along_and_has_words_for_each() -> None:
    assert generic_codes()["P0301"].meaning == "misfire in cylinder 1"
    assert generic_codes()["P0312"].meaning == "misfire in cylinder 12"
    assert generic_codes()["P0118"].meaning == "coolant temperature sensor: signal too high"
    with pytest.raises(ValueError, match="2 choices for 3 codes"):
        list(_spread("P0001..P0003", "info", "fuel", "{a / b}"))
    with pytest.raises(ValueError, match="is no component"):
        list(_spread("P0001", "info", "flux", "x"))
    with pytest.raises(ValueError, match="is no severity"):
        list(_spread("P0001", "bad", "fuel", "x"))


def test_failure_types_are_told_with_the_code_and_one_that_is_given_wins() -> None:
    assert Catalogue().explain("P0A09-1C").failure == "circuit voltage out of range"
    assert Catalogue().explain("P0A09", 0x11).code == "P0A09-11"
    assert Catalogue().explain("P0A09-1C", 0x11).failure == "circuit shorted to ground"
    assert Catalogue().explain("P0A09-00").failure == ""


@pytest.mark.parametrize("code", ["P1106", "P0EEE", "B3001", "SPN 500000 FMI 4"])
def test_what_nobody_knows_is_unknown_and_not_invented(code: str) -> None:
    told = Catalogue().explain(code)
    assert (told.meaning, told.severity, told.component, told.note) == (None, None, None, "")
    assert told.source is Source.FORM
    assert told.form
    assert "unknown" in told.text()


def test_a_j1939_code_without_spn_still_tells_its_failure() -> None:
    told = Catalogue().explain(suspect_from_bytes(bytes.fromhex("6e001085")))
    assert told.meaning is None
    assert told.failure == "too high: moderately severe"


def test_own_words_win_and_imported_ones_fill_the_gaps_of_their_maker_alone() -> None:
    imported = {
        ("GENERIC", "P0301"): "theirs",
        ("GENERIC", "P0EEE"): "the standard's",
        ("GENERIC", "P1234"): "a list that takes a maker's own code for generic",
        ("FORD", "P1234"): "Ford's",
    }
    explain = Catalogue(imported).explain
    assert explain("P0301").source is Source.OURS
    assert explain("P0301", maker="Ford").source is Source.OURS
    told = explain("P0EEE")
    assert (told.meaning, told.source, told.maker, told.severity) == ("the standard's", Source.IMPORTED, "", None)
    told = explain("P1234", maker=" ford ")
    assert (told.meaning, told.source, told.maker) == ("Ford's", Source.IMPORTED, "FORD")
    assert explain("P1234").meaning is None
    assert explain("P1234", maker="Audi").meaning is None


@pytest.mark.parametrize("text", ["", "P03", "110/99", "hello"])
def test_what_is_no_code_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="write it like P0301"):
        Catalogue().explain(text)


def test_nothing_is_read_before_the_first_question() -> None:
    asked = "from edge.codes.explain import Catalogue; from edge.codes.tables import generic_codes, spns; Catalogue(); "
    asked += "assert generic_codes.cache_info().currsize == 0 and spns.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", asked], check=True, cwd=ROOT)
