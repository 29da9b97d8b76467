"""What the chat decides without asking anybody: numbers, plain answers, offers that are meant, codes and signals."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.chat.charts import meant, title
from cloud.chat.glossary import code_in, glossary, read_glossary
from cloud.chat.model import Intent, Used
from cloud.chat.numbers import unsaid
from cloud.chat.told import QUOTE_MAX, ToldOffer, one_line, when
from cloud.chat.understanding import SHIPPED, Understanding, fitting_in, plain_answer
from cloud.errors import ConfigError
from cloud.health.knowledge import shipped
from edge.catalogue import CATALOGUE

YES_WORDS = {
    "yes", "yep", "yeah", "yup", "y", "sure", "ok", "okay", "confirm", "confirmed", "do", "it", "go", "ahead", "please",
    "book", "of", "course", "thanks", "thank", "you",
}  # fmt: skip
SAID = [Used("x", {"score": 30, "share": 0.5, "at": "Tuesday 24 November 2026, 08:00", "many": [1200, "two faults"]})]


@pytest.mark.parametrize(
    "text",
    [
        "It is 30 of them.", "30.0", "a half, 0.5, ½", "at 08:00 on 24 November 2026", "1,200 km", "two", "no number",
        "1200.", "One of them", "\N{FULLWIDTH DIGIT THREE}\N{FULLWIDTH DIGIT ZERO}",
    ],
)  # fmt: skip
def test_what_was_said_may_be_said(text: str) -> None:
    assert unsaid(text, SAID) == []


@pytest.mark.parametrize(
    ("text", "invented"),
    [
        ("31", ["31"]),
        ("30.5", ["30.5"]),
        ("at 08:30", ["08:30"]),
        ("08 o'clock", ["08"]),
        ("12 of 30", ["12"]),
        ("three faults", ["three"]),
        ("a Dozen", ["Dozen"]),
        ("⅔", ["⅔"]),
        ("\N{FULLWIDTH DIGIT THREE}\N{FULLWIDTH DIGIT ONE}", ["31"]),
        ("1,201", ["1,201"]),
        ("zero risk", ["zero"]),
        ("score", []),
    ],
)
def test_what_was_not_said_is_found(text: str, invented: list[str]) -> None:
    assert unsaid(text, SAID) == invented


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1), st.integers(10**13, 10**15))
def test_every_number_of_a_result_may_be_said_and_no_other(numbers: list[float], other: int) -> None:
    used = [Used("x", {"numbers": numbers})]
    assert unsaid(" and ".join(json.dumps(abs(number)) for number in numbers), used) == []
    assert unsaid(f"it is {other}.5", used) == [f"{other}.5"]


@pytest.mark.parametrize(
    "text", ["yes", "Yes!", " yes please ", "ok, do it", "Sure", "yep", "go ahead", "yes, book it"]
)
def test_a_plain_yes(text: str) -> None:
    assert plain_answer(text) is Intent.YES


@pytest.mark.parametrize(
    "text", ["no", "No.", "nope", "never mind", "no thanks", "don\N{RIGHT SINGLE QUOTATION MARK}t"]
)
def test_a_plain_no(text: str) -> None:
    assert plain_answer(text) is Intent.NO


@pytest.mark.parametrize(
    "text",
    ["yes if it is cheap", "yes no", "not yes", "yes, but later", "do you say yes?", "yesterday", "", "yes?", "ok?"],
)
def test_what_is_no_plain_answer(text: str) -> None:
    assert plain_answer(text) is None


@given(st.text(max_size=60))
def test_whatever_is_written_a_plain_yes_is_made_of_its_own_words_only(text: str) -> None:
    if plain_answer(text) is Intent.YES:
        assert set(text.casefold().replace(",", " ").strip(" .!").split()) <= YES_WORDS


def offers() -> list[ToldOffer]:
    rows = [("mitte", "Workshop Mitte", "Monday", "least_cost", 24), ("west", "Workshop West", "Friday", "soonest", 21)]
    return [
        ToldOffer(
            number=number,
            centre=centre,
            place=place,
            start_at=datetime(2026, 12, day, 8, tzinfo=UTC),
            start="",
            weekday=weekday,
            kind=kind,
            reasons=(),
        )
        for number, (centre, place, weekday, kind, day) in enumerate(rows, start=1)
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("the first one", [1]),
        ("number 2", [2]),
        ("the last", [2]),
        ("on friday please", [2]),
        ("on sunday", []),
        ("the fifth", None),
        ("at workshop west", [2]),
        ("mitte", [1]),
        ("the earliest", [2, 1]),
        ("the cheapest", [1]),
        ("book it", None),
        ("number 3", []),
    ],
)
def test_which_offer_is_meant(text: str, numbers: list[int] | None) -> None:
    found = fitting_in(text, offers())
    assert (None if found is None else [one.number for one in found]) == numbers


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("what is p0128?", "P0128"),
        ("U0100 pls", "U0100"),
        ("spn 110 fmi 0", "SPN 110 FMI 0"),
        ("SPN 110, FMI 16", "SPN 110 FMI 16"),
        ("spn 94", "SPN 94"),
        ("P 0420", "P0420"),
        ("page 0420", None),
        ("P9999", None),
    ],
)
def test_a_code_is_found_in_what_is_written(text: str, code: str | None) -> None:
    assert code_in(text) == code


@pytest.mark.parametrize(
    ("text", "lamp"),
    [
        ("a red lamp shaped like an engine", "the malfunction lamp, shaped like an engine"),
        ("oil light", "the oil pressure lamp"),
        ("a yellow thing", "a yellow lamp"),
        ("the light", None),
    ],
)
def test_a_lamp_is_known_by_what_is_said_of_it(text: str, lamp: str | None) -> None:
    found = glossary().lamp(text)
    assert (None if found is None else found.name) == lamp


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("coolant temp", "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"),
        ("how hot is the oil", "Vehicle.Powertrain.CombustionEngine.EngineOil.Temperature"),
        ("rpm", "Vehicle.Powertrain.CombustionEngine.Speed"),
        ("the speed", "Vehicle.Speed"),
        ("battery voltage please", "Vehicle.LowVoltageBattery.CurrentVoltage"),
        ("left tyre pressure", "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"),
        ("fuel level", "Vehicle.Powertrain.FuelSystem.RelativeLevel"),
        ("Vehicle.OBD.EngineLoad", "Vehicle.OBD.EngineLoad"),
        ("the moon", None),
    ],
)
def test_which_signal_is_meant(text: str, path: str | None) -> None:
    assert meant(text, sorted(CATALOGUE)) == path


def test_signals_have_names_for_people() -> None:
    assert (
        title("Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature")
        == "Combustion Engine Coolant Temperature"
    )
    assert title("Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure") == "Row1 Left Tire Pressure"


def test_the_glossary_speaks_of_components_that_there_are() -> None:
    assert set(glossary().components) <= {system.component for system in shipped()}


@pytest.mark.parametrize("text", ["", "[[lamps]]", "lamps = 1", "codes = \x00"])
def test_a_bad_glossary_says_where(tmp_path: Path, text: str) -> None:
    file = tmp_path / "glossary.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"glossary\.toml.*Correct"):
        read_glossary(file)


def test_a_stranger_s_text_is_one_short_line() -> None:
    assert one_line("a\x00b\n\u202ec  d") == "a b c d"
    assert len(one_line("x" * 1000)) == QUOTE_MAX


def test_times_are_told_with_their_zone() -> None:
    assert (
        when(datetime(2026, 11, 24, 7, tzinfo=UTC), "Europe/Berlin")
        == "Tuesday 24 November 2026, 08:00 (Europe/Berlin)"
    )


def test_without_its_model_the_chat_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Train it with telltale-models"):
        Understanding(tmp_path).wanted("hello")
    assert Understanding(SHIPPED).wanted("hello").intent is Intent.GREETING
