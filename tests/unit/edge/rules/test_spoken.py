"""What a rule says in the cab, in the cab's language: the author's own translations, a catalogue's, or as written."""

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.assets import rule_file
from edge.cli import main
from edge.detect.rules.checking import Known
from edge.detect.rules.rule import Refused, Rule, load_rules, made_of, rule_of, untranslated
from edge.detect.rules.texts import Facts
from edge.detect.rules.written import Written
from edge.driver.words import Words, load_words

OIL = "The engine oil is too hot. Ease off."
OEL = "Das Motoröl ist zu heiß. Nehmen Sie Gas weg."
RULE = """
[[rule]]
alert = "{name}"
expr = "Vehicle.Speed > 130 km/h"
component = "driving"
severity = "warning"
action = "watch"
summary = "At {{value:.0f}} km/h"
driver = {driver}
steps = [{{ expr = "Vehicle.Speed > 150", severity = "critical", action = "stop_now", driver = {worse} }}]
"""
OWN = '{ en = "Slow down.", de = "Langsamer.", de-AT = "Langsamer, gelt?" }'


def load(folder: Path, driver: str, worse: str = '""', words: Words | None = None) -> tuple[list[Rule], list[Refused]]:
    """A rule, as a cab with these words says it; without: as written."""
    file = folder / "rules.toml"
    file.write_text(RULE.format(name="fast", driver=driver, worse=worse))
    return load_rules([file]) if words is None else load_rules([file], None, words)


def _said(rule: Rule) -> list[str]:
    return [rule.concern.driver, *(step.driver for step in rule.concern.steps)]


def test_a_shipped_rule_speaks_the_language_of_the_cab() -> None:
    rules, refused = load_rules([rule_file("car", Path())], {}, load_words("de"))
    said = {rule.concern.rule: rule.concern for rule in rules}
    assert (refused, untranslated(rules)) == ([], [])
    assert said["oil_hot"].driver == OEL
    assert [step.driver for step in said["tyre_rear_uneven"].steps] == [
        "Ein Hinterreifen verliert Luft. Werden Sie behutsam langsamer und halten Sie an der nächsten sicheren Stelle."
    ]
    assert said["mixture_lean"].driver == ""


@pytest.mark.parametrize("language", ["de", "es", "hi"])
@pytest.mark.parametrize("pack", ["car", "ev", "obd", "truck"])
def test_no_shipped_rule_says_a_word_of_english_in_another_language(pack: str, language: str) -> None:
    english, _ = load_rules([rule_file(pack, Path())], {})
    rules, refused = load_rules([rule_file(pack, Path())], {}, load_words(language))
    assert (refused, untranslated(rules)) == ([], [])
    for written, rule in zip(english, rules, strict=True):
        for one, other in zip(_said(written), _said(rule), strict=True):
            assert bool(one) == bool(other)
            assert not one or one != other


def test_a_rule_that_a_fleet_changed_keeps_its_own_words_and_that_is_told(tmp_path: Path) -> None:
    pack = shutil.copy(rule_file("car", Path()), tmp_path)
    text = Path(pack).read_text()
    assert OIL in text
    Path(pack).write_text(text.replace(OIL, "Call the depot."))
    rules, _ = load_rules([Path(pack)], {}, load_words("de"))
    [changed] = [rule for rule in rules if rule.concern.rule == "oil_hot"]
    assert changed.concern.driver == "Call the depot."
    [line] = untranslated(rules)
    assert line.startswith("rule oil_hot has no translation for the cab of 'Call the depot.'")


@pytest.mark.parametrize(
    ("driver", "language", "said", "is_foreign"),
    [
        (OWN, "de", "Langsamer.", False),
        (OWN, "de-AT", "Langsamer, gelt?", False),
        (OWN, "de-CH", "Langsamer.", False),
        (OWN, "en", "Slow down.", False),
        (OWN, "es", "Slow down.", True),
        ('{ de = "Langsamer.", en = "Slow down." }', "es", "Slow down.", True),
        ('{ de = "Langsamer.", hi = "धीरे चलें।" }', "es", "Langsamer.", True),
        ('{ de = "Langsamer.", hi = "धीरे चलें।" }', "en", "Langsamer.", True),
        (f'{{ en = "{OIL}", es = "Pare." }}', "de", OEL, False),
        (f'{{ en = "{OIL}", de = "Heiß." }}', "de", "Heiß.", False),
        (f'"{OIL}"', "de", OEL, False),
        (f'"{OIL}"', "en", OIL, False),
        ('"Slow down."', "de", "Slow down.", True),
        ('"Slow down."', "en-GB", "Slow down.", False),
        ('""', "de", "", False),
    ],
)
def test_the_authors_words_go_before_a_catalogues(
    tmp_path: Path, driver: str, language: str, said: str, is_foreign: bool
) -> None:
    [rule], refused = load(tmp_path, driver, driver, load_words(language))
    assert refused == []
    assert rule.concern.driver == said
    assert rule.concern.steps[0].driver == said
    assert rule.foreign == ((said, said) if is_foreign else ())


def test_without_a_cab_a_rule_says_the_english_or_the_first(tmp_path: Path) -> None:
    [rule], _ = load(tmp_path, '{ de = "Langsamer.", en = "Slow down." }', '{ de = "Halt." }')
    assert (rule.concern.driver, rule.concern.steps[0].driver) == ("Slow down.", "Halt.")


@pytest.mark.parametrize(
    ("driver", "problem"),
    [
        ("{}", "driver.languages: Dictionary should have at least 1 item"),
        ('{ german = "Langsamer." }', "driver.languages.german"),
        ('{ de = "" , en = 3 }', "driver.languages.en: Input should be a valid string"),
        ("3", "driver.text: Input should be a valid string"),
        ('{ en = "Slow down.", de = "Bei {value:d}" }', "driver: de: 'd' is no format"),
        ('{ en = "Slow down.", de = "Bei {value" }', "driver: de: braces do not match"),
    ],
)
def test_a_translation_that_cannot_be_is_refused_in_every_cab(tmp_path: Path, driver: str, problem: str) -> None:
    for words in (None, load_words("hi")):
        rules, [refused] = load(tmp_path, driver, '""', words)
        assert rules == []
        assert problem in f"{refused.problem}"
        assert refused.line == 9


def test_braces_are_filled_in_translations_and_in_steps(tmp_path: Path) -> None:
    driver = '{ en = "At {value:.0f}.", de = "Bei {value:.1f} statt {threshold:.0f}." }'
    [rule], _ = load(tmp_path, driver, '"Stop at {Vehicle.Speed:.0f}."', load_words("de"))
    assert len(rule.told) == len(rule.formats) == 4
    facts = Facts([131.04, 131.04, 130.0, 151.6], rule.formats)
    concern = rule.concern
    told = [text.format_map(facts) for text in (concern.summary, concern.driver, concern.steps[0].driver)]
    assert told == ["At 131 km/h", "Bei 131.0 statt 130.", "Stop at 152."]


def test_a_step_with_braces_that_cannot_be_filled_is_refused(tmp_path: Path) -> None:
    _, [refused] = load(tmp_path, '""', '"Stop at {Vehicle.Sped}."')
    assert "Did you mean Vehicle.Speed?" in str(refused)


def test_a_rule_in_yaml_has_translations_too(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "rules:\n- alert: fast\n  expr: Vehicle.Speed > 130\n  component: driving\n  severity: info\n  action: watch\n"
        "  summary: fast\n  driver:\n    en: Slow down.\n    hi: धीरे चलें।\n"
    )
    [rule], _ = load_rules([tmp_path / "rules.yaml"], None, load_words("hi"))
    assert rule.concern.driver == "धीरे चलें।"


def test_rules_check_takes_translations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(tmp_path, OWN)
    assert main(["rules", "check", str(tmp_path / "rules.toml")]) == 0
    assert "1 rules can be used, 0 cannot" in capsys.readouterr().out


def test_rules_check_tells_what_has_no_translation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fr.toml").write_text('language = "fr"\nname = "Français"\nvoice = "fr-fr"\n')
    options = ["--language", "fr", "--words", str(tmp_path)]
    assert main(["rules", "check", "car", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"rule oil_hot has no translation for the cab of {OIL!r} (add it to a catalogue, or to the rule)" in lines
    assert lines[-1] == "27 rules can be used, 0 cannot"
    assert main(["rules", "check", "car", "--json", *options]) == 0
    rules = {one["alert"]: one for one in json.loads(capsys.readouterr().out)["rules"]}
    assert (rules["oil_hot"]["untranslated"], rules["mixture_lean"]["untranslated"]) == ([OIL], [])


ANY = st.lists(
    st.sampled_from([*"{}:ab ", ".1f", "{value}", "{threshold:.0f}", "{unit}", "{Vehicle.Speed}", "{e0}"]), max_size=12
).map("".join)


@given(st.one_of(ANY, st.dictionaries(st.sampled_from(["en", "de", "hi"]), ANY)), ANY)
def test_any_text_can_be_filled_when_the_alert_comes_or_is_refused_before(
    driver: str | dict[str, str], worse: str
) -> None:
    table = {"alert": "fast", "expr": "Vehicle.Speed > 130", "component": "driving", "severity": "info"}
    step = {"after": "1s", "severity": "critical", "action": "stop_now", "driver": worse}
    table |= {"action": "watch", "summary": "{value} km/h"}
    made = made_of(Written(Path("any"), table | {"driver": driver, "steps": [step]}), Known(), {}, load_words("de"))
    if isinstance(made, Refused):
        assert made.problem.startswith("driver")
        return
    facts = Facts([131.0] * len(made.told), made.formats)
    for text in _said(made):
        assert text.format_map(facts).count("131") >= len(re.findall(r"(?<!\{)\{e\d+\}(?!\})", text))


def test_a_rule_written_in_code_may_have_them() -> None:
    table = {"alert": "fast", "expr": "Vehicle.Speed > 130", "component": "driving", "severity": "info"}
    rule = rule_of(table | {"action": "watch", "summary": "fast", "driver": {"hi": "धीरे।", "en": "Slow."}})
    assert rule.concern.driver == "Slow."
