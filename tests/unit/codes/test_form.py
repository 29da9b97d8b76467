"""Codes by their form: bytes and text and back, and what letters and digits say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes.failure_modes import FAILURE_MODES, severity_of
from edge.codes.failure_types import CATEGORIES, SUBTYPES, failure_type_text
from edge.codes.structure import Origin, System, TroubleCode, code_from_bytes, code_from_text, form_text
from edge.codes.suspects import SuspectCode, suspect_from_bytes, suspect_from_text


def test_every_two_bytes_are_one_code_and_come_back_from_bytes_and_text() -> None:
    texts = set()
    for number in range(0x10000):
        raw = number.to_bytes(2, "big")
        code = code_from_bytes(raw)
        assert code.to_bytes() == raw
        assert code_from_text(str(code)) == code
        texts.add(str(code))
    assert len(texts) == 0x10000


@given(st.binary(min_size=3, max_size=3))
def test_three_bytes_come_back_from_bytes_and_text(raw: bytes) -> None:
    code = code_from_bytes(raw)
    assert code.to_bytes() == raw
    assert code_from_text(str(code)) == code
    assert code_from_text(str(code).replace("-", "").lower()) == code


@pytest.mark.parametrize(
    ("raw", "text"),
    [("0301", "P0301"), ("0a091c", "P0A09-1C"), ("4035", "C0035"), ("9234", "B1234"), ("c100", "U0100")],
)
def test_known_bytes_are_known_codes(raw: str, text: str) -> None:
    assert str(code_from_bytes(bytes.fromhex(raw))) == text


@pytest.mark.parametrize(
    "text", ["", "P", "P030", "P03011", "P4301", "X0301", "P0G01", "P0301-", "P0301-1", "\u04200301"]
)
def test_what_has_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="it looks like P0301"):
        code_from_text(text)


@pytest.mark.parametrize("size", [0, 1, 4, 5])
def test_other_numbers_of_bytes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} bytes are no trouble code"):
        code_from_bytes(bytes(size))


def test_a_code_that_cannot_be_is_not_made() -> None:
    with pytest.raises(ValueError, match="is no trouble code"):
        TroubleCode("P0301-1C")
    with pytest.raises(ValueError, match="is no failure type"):
        TroubleCode("P0301", 256)


@pytest.mark.parametrize(
    ("text", "system", "origin"),
    [
        ("P0301", System.POWERTRAIN, Origin.GENERIC),
        ("P1106", System.POWERTRAIN, Origin.MAKER),
        ("P2463", System.POWERTRAIN, Origin.GENERIC),
        ("P3000", System.POWERTRAIN, Origin.MAKER),
        ("P33FF", System.POWERTRAIN, Origin.MAKER),
        ("P3400", System.POWERTRAIN, Origin.GENERIC),
        ("B0001", System.BODY, Origin.GENERIC),
        ("B1318", System.BODY, Origin.MAKER),
        ("B2000", System.BODY, Origin.MAKER),
        ("B3000", System.BODY, Origin.RESERVED),
        ("C0035", System.CHASSIS, Origin.GENERIC),
        ("C2FFF", System.CHASSIS, Origin.MAKER),
        ("C3000", System.CHASSIS, Origin.RESERVED),
        ("U0100", System.NETWORK, Origin.GENERIC),
        ("U1000", System.NETWORK, Origin.MAKER),
        ("U3000", System.NETWORK, Origin.GENERIC),
    ],
)
def test_letter_and_first_digit_say_system_and_who_defined_it(text: str, system: System, origin: Origin) -> None:
    code = code_from_text(text)
    assert (code.system, code.origin) == (system, origin)


def test_the_form_tells_subsystem_and_failure_type() -> None:
    said = "powertrain, generic: ignition and misfire"
    assert form_text(code_from_text("P0301:11")) == f"{said}; circuit shorted to ground"
    assert form_text(code_from_text("P1301")) == "powertrain, the maker's own"
    assert form_text(code_from_text("P0301-00")) == said


def test_every_failure_type_says_something_and_says_when_it_is_not_known() -> None:
    assert failure_type_text(0x00) == ""
    assert all(failure_type_text(byte) for byte in range(1, 256))
    assert failure_type_text(0x1C) == "circuit voltage out of range"
    assert failure_type_text(0x7F) == "mechanical fault (type 7F)"
    assert "not assigned" in failure_type_text(0xB0)
    assert "maker's own" in failure_type_text(0xF3)
    assert {byte >> 4 for byte in SUBTYPES} <= CATEGORIES.keys()
    with pytest.raises(ValueError, match="is no failure type"):
        failure_type_text(-1)


SUSPECTS = st.builds(
    SuspectCode, st.integers(0, 0x7FFFF), st.integers(0, 31), st.one_of(st.none(), st.integers(0, 126))
)


@given(SUSPECTS)
def test_a_j1939_code_comes_back_from_its_bytes_and_its_text(code: SuspectCode) -> None:
    assert suspect_from_bytes(code.to_bytes()) == code
    assert suspect_from_text(str(code)) == SuspectCode(code.spn, code.fmi)
    assert suspect_from_text(f"{code.spn}/{code.fmi}") == SuspectCode(code.spn, code.fmi)


@given(st.binary(min_size=4, max_size=4))
def test_any_four_bytes_are_a_code_and_the_old_ways_of_writing_hide_only_the_spn(raw: bytes) -> None:
    code = suspect_from_bytes(raw)
    assert (code.spn is None) == bool(raw[3] & 0x80)
    assert code.fmi == raw[2] & 0x1F
    assert code.occurrences == (None if raw[3] & 0x7F == 127 else raw[3] & 0x7F)
    if code.spn is not None:
        assert code.to_bytes() == raw


def test_all_nineteen_bits_of_the_spn_count() -> None:
    assert suspect_from_bytes(bytes.fromhex("6e001005")) == SuspectCode(110, 16, 5)
    assert suspect_from_bytes(bytes.fromhex("ffffff7f")) == SuspectCode(0x7FFFF, 31, None)


def test_a_code_without_spn_is_told_as_such_and_not_written() -> None:
    code = suspect_from_bytes(bytes.fromhex("6e001085"))
    assert str(code) == "SPN ? FMI 16"
    with pytest.raises(ValueError, match="cannot be written"):
        code.to_bytes()


@pytest.mark.parametrize("text", ["", "SPN", "110", "SPN 110", "524288/0", "110/32", "SPN x FMI 1", "1234567/1"])
def test_what_is_no_j1939_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no J1939 trouble code|cannot be"):
        suspect_from_text(text)


def test_all_failure_modes_have_words_and_only_the_worst_count_whole() -> None:
    assert list(FAILURE_MODES) == list(range(32))
    assert len({*FAILURE_MODES.values()}) == 32
    assert [severity_of("critical", fmi) for fmi in (0, 1, 3, 15, 16, 17, 18, 31)] == [
        *("critical", "critical", "warning", "info", "warning", "info", "warning", "critical")
    ]
    assert {severity_of("info", fmi) for fmi in range(32)} == {"info"}
