"""What the cab says: every language says all of it, short enough for one glance, and files add more."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.detect.rules.written import read_rules
from edge.driver.words import load_words
from edge.driver.words.catalogue import Catalogue, Sentence, fields_of, read_catalogue
from edge.driver.words.phrases import PHRASES
from edge.driver.words.words import SHIPPED
from edge.errors import ConfigError
from edge.toml_file import checked
from tests.shared import ROOT

LANGUAGES = sorted(file.stem for file in SHIPPED.glob("*.toml"))
FOREIGN = [language for language in LANGUAGES if language != "en"]
WORDS_MAX = {"de": 15, "es": 15, "hi": 20, "en": 17}
"""Of one sentence. Hindi writes postpositions as words of their own."""
EXACT = {
    "Stop now": {"de": "Halten Sie sofort an", "es": "Deténgase ahora", "hi": "अभी रुकें"},
    "as soon as it is safe": {
        "de": "sobald es sicher ist", "es": "en cuanto sea seguro", "hi": "सुरक्षित (जगह मिलते|होते) ही"
    },
    "at the next safe place": {
        "de": "an der nächsten sicheren Stelle", "es": "en el próximo lugar seguro", "hi": "अगली सुरक्षित जगह पर"
    },
    "nearest safe place": {"de": "nächsten sicheren Ort", "es": "lugar seguro más cercano", "hi": "नज़दीकी सुरक्षित जगह"},
    "do not switch": {
        "de": "[Ss](chalten|tellen) Sie .*nicht ab", "es": "no apague (antes )?el (motor|vehículo)", "hi": "बंद न करें"
    },
    "and switch off": {"de": "stellen Sie (ihn|den Motor) ab", "es": "y apague el motor", "hi": "इंजन बंद करें"},
    "do not drive on": {"de": "fahren Sie nicht weiter", "es": "no siga conduciendo", "hi": "आगे न चलाएँ"},
    "and get out": {"de": "steigen Sie aus", "es": "salga del vehículo", "hi": "गाड़ी से बाहर निकलें"},
    "nearest workshop": {"de": "nächsten Werkstatt", "es": "taller más cercano", "hi": "नज़दीकी वर्कशॉप"},
    "Leave the road": {"de": "Verlassen Sie .*die Fahrbahn", "es": "Salga (ya )?de la calzada", "hi": "सड़क से हटा लें"},
    "do not touch": {"de": "berühren Sie .* nicht", "es": "no toque", "hi": "हाथ न लगाएँ"},
}  # fmt: skip
"""What must keep its meaning: said where the English says it, and nowhere else."""
LETTERS_MAX = 110
"""Of one sentence."""
TOTAL_MAX = 150
"""Of all that is said at once: ten seconds of speech."""


def _spoken() -> dict[str, set[str]]:
    """Every sentence for the driver that we ship, and the rules and models that say it."""
    found: dict[str, set[str]] = {}
    for pack in sorted((ROOT / "edge" / "detect" / "packs").glob("*.toml")):
        for written in read_rules(pack):
            for one in (written.table, *written.table.get("steps", ())):
                if "driver" in one:
                    found.setdefault(one["driver"], set()).add(written.table["alert"])
    for card in sorted((ROOT / "models" / "packages").glob("*/card.json")):
        told = json.loads(card.read_text())
        found.setdefault(told["notice"]["driver"], set()).add(told["name"])
    return found


def _rules() -> set[str]:
    """Everything we ship that begins alerts, by name."""
    packs = (ROOT / "edge" / "detect" / "packs").glob("*.toml")
    models = (ROOT / "models" / "packages").glob("*/card.json")
    rules = {written.table["alert"] for pack in packs for written in read_rules(pack)}
    return rules | {json.loads(card.read_text())["name"] for card in models}


def _catalogue(language: str) -> Catalogue:
    return read_catalogue(SHIPPED / f"{language}.toml")


def test_the_four_languages_are_there_and_each_has_a_voice() -> None:
    assert {"de", "en", "es", "hi"} <= set(LANGUAGES)
    for language in LANGUAGES:
        words = load_words(language)
        assert (words.language, words.missing, words.notes) == (language, (), ())
        assert words.name
        assert words.voice.startswith(language)


@pytest.mark.parametrize("language", FOREIGN)
def test_every_sentence_that_we_ship_is_translated_and_no_other(language: str) -> None:
    assert {one.en for one in _catalogue(language).sentence} == set(_spoken())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_and_model_has_a_title_and_nothing_else_has(language: str) -> None:
    assert set(_catalogue(language).titles) == _rules()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_there_and_has_both_forms_where_something_is_counted(language: str) -> None:
    phrases = _catalogue(language).phrases
    assert set(phrases) == set(PHRASES)
    for name, fields in PHRASES.items():
        assert (phrases[name].one is not None) == ("n" in fields), name
        assert set(fields_of(phrases[name].many)) == set(fields), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_driver_gets_one_glance(language: str) -> None:
    said = [one.say for one in _catalogue(language).sentence] or list(_spoken())
    for text in said:
        assert len(text) <= TOTAL_MAX, text
        for sentence in filter(None, re.split(r"(?<=[.!?।])\s+", text)):
            assert len(sentence) <= LETTERS_MAX, sentence
            assert len(sentence.split()) <= WORDS_MAX[language], sentence


@pytest.mark.parametrize("language", FOREIGN)
def test_numbers_are_those_of_the_english_sentence(language: str) -> None:
    for one in _catalogue(language).sentence:
        assert re.findall(r"\d+", one.say) == re.findall(r"\d+", one.en), one.say


@pytest.mark.parametrize("language", FOREIGN)
@pytest.mark.parametrize("english", EXACT)
def test_what_keeps_people_safe_is_said_where_the_english_says_it(english: str, language: str) -> None:
    sentences = _catalogue(language).sentence
    wanted = {one.say for one in sentences if english in one.en}
    assert wanted
    assert {one.say for one in sentences if re.search(EXACT[english][language], one.say)} == wanted


@pytest.mark.parametrize("language", FOREIGN)
def test_what_is_said_in_other_words_in_english_is_so_in_every_language(language: str) -> None:
    said = [one.say for one in _catalogue(language).sentence]
    assert {text for text in said if said.count(text) > 1} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_ends_as_a_sentence_of_its_language(language: str) -> None:
    end = "।" if language == "hi" else "."
    said = [one.say for one in _catalogue(language).sentence] or list(_spoken())
    assert [text for text in said if not text.endswith(end)] == []


def test_hindi_is_written_in_its_own_letters() -> None:
    catalogue = _catalogue("hi")
    texts = [one.say for one in catalogue.sentence] + list(catalogue.titles.values())
    assert [text for text in texts if re.search("[A-Za-z]", text)] == []


def test_words_are_counted() -> None:
    words = load_words("de")
    assert words.phrase("and_more", n=1) == "Und eine weitere Warnung."
    assert words.phrase("and_more", n=3) == "Und 3 weitere Warnungen."
    assert words.phrase("workshop_until", time="18:00").endswith("um 18:00")
    assert words.title("coolant_hot") == "Motor wird heiß"
    assert words.title("a_rule_of_yours") is None
    assert words.sentence("The engine oil is too hot. Ease off.") == "Das Motoröl ist zu heiß. Nehmen Sie Gas weg."
    assert words.sentence("The engine oil is too hot.") is None


@pytest.mark.parametrize("code", ["de-AT", "de_AT", "DE-at"])
def test_a_country_falls_back_to_its_language(code: str) -> None:
    words = load_words(code)
    assert (words.language, words.languages) == ("de", ("de-AT", "de", "en"))


@pytest.mark.parametrize("code", ["fr", "", "german", "de-DE-1996", "../de", "de\n"])
def test_a_language_that_is_not_there_is_told_with_those_that_are(code: str) -> None:
    with pytest.raises(ConfigError) as told:
        load_words(code)
    assert "One of: de, en, es, hi" in str(told.value)


def test_a_file_adds_a_language_and_what_it_lacks_is_english_and_told(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text(
        'language = "fr"\nname = "Français"\nvoice = "fr-fr"\n'
        '[phrases]\nacknowledge = "Vu"\n[titles]\noil_hot = "Huile trop chaude"\n'
        '[[sentence]]\nen = "The engine oil is too hot. Ease off."\nsay = "L\'huile est trop chaude. Levez le pied."\n'
    )
    words = load_words("fr-CH", [tmp_path])
    assert (words.language, words.name, words.voice) == ("fr", "Français", "fr-fr")
    assert words.phrase("acknowledge") == "Vu"
    assert words.phrase("state_green") == "All in order"
    assert words.title("oil_hot") == "Huile trop chaude"
    assert words.title("coolant_hot") == "Engine getting hot"
    assert "phrases.state_green" in words.missing
    assert len(words.missing) == len(PHRASES) - 1 + len(_rules()) - 1
    assert words.notes[0].startswith(f"{len(words.missing)} texts of the cab are not in Français, so in English: ")


def test_a_file_goes_before_the_shipped_one_and_a_country_before_its_language(tmp_path: Path) -> None:
    (tmp_path / "de.toml").write_text('language = "de"\n[phrases]\nacknowledge = "Habe ich"\nprivate = "Ganz privat"\n')
    (tmp_path / "de-AT.toml").write_text('language = "de-AT"\n[phrases]\nacknowledge = "Passt"\n')
    words = load_words("de-AT", [tmp_path])
    assert (words.language, words.missing) == ("de-AT", ())
    assert (words.phrase("acknowledge"), words.phrase("private")) == ("Passt", "Ganz privat")
    assert words.phrase("workshop") == "Werkstatt"


def test_the_example_of_the_manual_can_be_used(tmp_path: Path) -> None:
    example = (SHIPPED / "README.md").read_text().partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "fr.toml").write_text(example)
    words = load_words("fr", [tmp_path])
    assert words.phrase("warnings", n=1) == "1 avertissement"
    assert words.sentence(next(iter(words.sentences))) == "L'huile moteur est trop chaude. Levez le pied."
    parts = set(re.findall(r"^\| (.*?) \|", (SHIPPED / "README.md").read_text(), re.MULTILINE))
    assert {name for name in Catalogue.model_fields if not any(f"{name}" in part for part in parts)} == set()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('language = "fr"\nname = "F"\n', "fr.toml, voice: is missing"),
        ('language = "fr"\nvoice = "fr"\n', "fr.toml, name: is missing"),
        ('language = "nl"\n', "fr.toml, language: is 'nl' in a file for 'fr'"),
        ('language = "fr"\nvoice = "-w/tmp/x"\n', "fr.toml, voice: "),
        ('language = "fr"\n[phrases]\nacknowlege = "x"\n', "did you mean acknowledge?"),
        ('language = "fr"\n[phrases]\nand_more = "{m}"\n', "phrases.and_more: nothing fills {m}"),
        ('language = "fr"\n[phrases]\nand_more = "{n"\n', "fr.toml, phrases.and_more.many: braces do not match"),
        ('language = "fr"\n[titles]\noil_hot = "{value}"\n', "fr.toml, titles.oil_hot: a title has no braces"),
        (
            f'language = "fr"\n[titles]\noil_hot = "{"x" * 61}"\n',
            "titles.oil_hot: String should have at most 60",
        ),
        ('language = "fr"\n[[sentence]]\nen = "{a}"\nsay = "x"\n', "fr.toml, sentence.1: braces of say differ"),
        ('language = "fr"\n[[sentence]]\nen = "a"\n', "fr.toml, sentence.1.say: Field required"),
        ('language = "fr"\n[[sentence]]\nen = "a"\nsay = "b"\n[[sentence]]\nen = "a"\nsay = "c"\n', "two sentences"),
        ('language = "fr"\ntitle = "x"\n', "fr.toml, title: Extra inputs"),
        ("language = \n", "is not TOML"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "fr.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        load_words("fr", [tmp_path])
    assert told in str(error.value)
    assert error.value.remedy


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        load_words("de", [tmp_path / "none"])


PIECES = st.lists(st.sampled_from(["a", " ", "{{", "}}", "{b}", "{c:.1f}"]), min_size=1, max_size=20).map("".join)


@given(PIECES, st.data())
def test_braces_that_match_are_taken_and_one_too_many_is_refused_with_its_place(text: str, data: st.DataObject) -> None:
    text = f"x{text}x"
    assert Sentence(en=text, say=text).say == text
    at = data.draw(st.integers(0, len(text)))
    wrong = text[:at] + data.draw(st.sampled_from("{}")) + text[at:]
    for name in ("en", "say"):
        tables = {"language": "fr", "sentence": [{"en": "a", "say": "b"}, {"en": text, "say": text, name: wrong}]}
        with pytest.raises(ConfigError, match=f"sentence.2.{name}: braces do not match"):
            checked(Catalogue, tables, Path("fr.toml"), see="")
