"""The intent model: its utterances, its features, its package, and that it never saw what it is judged by."""

import hashlib
import json
import math
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.chat.model import Intent
from cloud.chat.others import names_another
from cloud.chat.understanding import SHIPPED
from edge.detect.intents import CARD, MODEL, Gate, SentencePlan, load_intents, plain
from edge.detect.vocabulary import Strangeness, Vocabulary
from edge.errors import EXIT_CONFIG, ConfigError, ModelError
from edge.wire.topics import Address
from models.cli import main
from models.intents.gating import Sifted, gate_of, refused
from models.intents.making import figures
from models.intents.recipe import load_intent_recipe
from models.intents.utterances import FILE, read_utterances
from models.recipe import RECIPES
from tests.shared import ROOT

PLAN = SentencePlan(places=256, words_max=2, pieces_min=3, pieces_max=4, piece_weight=1.0)
JUDGED = (("chat_utterances.toml", 100), ("chat_fresh.toml", 88))
RECIPE = """
name = "small"
description = "made up"
licence = "none"
other = "other"
letters_min = 5
ours_refused_max = 0.2
[plan]
places = 256
words_max = 2
pieces_min = 3
pieces_max = 4
piece_weight = 1.0
[regression]
inverse_penalty = 10.0
folds = 2
"""
UTTERANCES = """
[slots]
fruit = ["apple", "pear"]
[intents]
eat = ["eat the {fruit}", "i am hungry", "give me a {fruit}", "lunch please", "is there food"]
sleep = ["good night", "i am tired", "where is the bed", "let me sleep", "turn off the light"]
other = ["what is the time", "sing a song", "xyz", "how far is the moon", "paint the wall"]
"""


def letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


@pytest.mark.parametrize(("file", "count"), JUDGED)
def test_nothing_that_judges_it_was_learned(file: str, count: int) -> None:
    judged = tomllib.loads((ROOT / "tests" / "study" / file).read_text("utf-8"))
    texts = [text for some in judged["utterances"].values() for text in some]
    texts += [text for one in judged["others"] for text in one["texts"]]
    assert (len(texts), len(set(texts))) == (count, count)
    assert {letters(text) for text in texts} & {letters(text) for text in read_utterances().sentences} == set()


def test_what_ships_was_made_from_what_is_here() -> None:
    card = load_intents(SHIPPED).card
    assert set(card.intents) == set(Intent) - {Intent.YES, Intent.NO}
    assert card.other == Intent.OTHER
    recipe = load_intent_recipe(RECIPES / "intents.toml")
    assert (card.plan, card.letters_min, card.licence) == (recipe.plan, recipe.letters_min, "Apache-2.0")
    assert (card.foreign, {intent for _, intent in card.golden}) == (Intent.LANGUAGE, set(card.intents))
    for name, file in (("data", FILE), ("recipe", RECIPES / "intents.toml")):
        assert card.training[name]["sha256"] == sha256(file), f"train it again: {file.name} has changed"
    assert sorted(file.name for file in SHIPPED.iterdir()) == [CARD, MODEL]
    assert (SHIPPED / MODEL).stat().st_size == card.training["model_bytes"] <= 400_000
    assert card.evaluation["parity"]["flips"] == 0


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_readme_shows_the_figures_of_the_card() -> None:
    assert figures(load_intents(SHIPPED).card) in (ROOT / "models" / "README.md").read_text("utf-8")


def test_no_owner_s_own_question_is_taken_for_one_about_another_vehicle() -> None:
    utterances = read_utterances()
    pairs = zip(utterances.sentences, utterances.intents, strict=True)
    ours = [sentence for sentence, intent in pairs if intent != Intent.OTHER]
    assert len(ours) > 1000
    assert [sentence for sentence in ours if names_another(sentence, Address("north", "van-7"))] == []


@pytest.mark.parametrize("text", ["", " ", "\n", "?!", "…"])
def test_of_nothing_nothing_is_understood(text: str) -> None:
    assert load_intents(SHIPPED).understand(text).intent == Intent.OTHER


@given(st.text(max_size=80))
def test_features_have_length_one_or_none_and_do_not_mind_case_or_digits(text: str) -> None:
    [one, other] = PLAN.features([text, plain(text).upper().lower()])
    assert float(np.linalg.norm(one)) == pytest.approx(1.0, abs=1e-5)
    assert np.allclose(PLAN.features(["code P0128"]), PLAN.features(["CODE p0420"]))
    assert other.shape == (PLAN.places,)


def test_a_typo_changes_some_of_many_features() -> None:
    right, typo, unlike = PLAN.features(["cancel the appointment", "cancle the apointment", "plot the oil temperature"])
    assert right @ typo > 2 * (right @ unlike)


WORDS = Vocabulary(["the", "cancel", "appointment", "cancer", "hot"], letters_min=5)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cancel the appointment", "cancel the appointment"),
        ("cancle the apointment", "cancel the appointment"),
        ("canceel", "cancel"),
        ("cancex", "cancel"),  # as near to *cancer*, which is rarer
        ("hto", "hto"),  # too short
        ("12345", "12345"),
        ("appointmentss yes", "appointmentss yes"),  # two slips
    ],
)
def test_a_word_with_one_slip_is_put_right(typed: str, meant: str) -> None:
    assert WORDS.put_right(typed.split()) == meant.split()


@given(st.lists(st.text(alphabet="abcdefghi0123456789", min_size=1, max_size=12), max_size=8))
def test_of_every_word_it_is_said_whether_it_is_known(words: list[str]) -> None:
    found = WORDS.strangeness(words)
    assert found.known + found.unknown == sum(not word.isdigit() for word in words)
    assert 0.0 <= found.share <= 1.0
    right = WORDS.put_right(words)
    assert WORDS.put_right(right) == right
    assert WORDS.strangeness(right).known >= found.known


def test_the_gate_refuses_what_is_strange_to_the_model_or_by_its_words() -> None:
    gate = Gate(strange_odds=1.0, unknown_share=4.0, bias=-1.0)
    assert gate.score(0.5, Strangeness(4, 0)) <= 0.0 < gate.score(0.5, Strangeness(2, 2))
    assert gate.score(0.9, Strangeness(4, 0)) > 0.0
    assert gate.score(0.5, Strangeness(40, 10)) == gate.score(0.5, Strangeness(4, 1)) <= 0.0
    assert [math.isfinite(gate.score(share, Strangeness(0, 0))) for share in (0.0, 1.0)] == [True, True]


def test_a_gate_refuses_no_more_of_ours_than_it_may() -> None:
    rng = np.random.default_rng(1)
    strange = np.arange(400) % 2 == 0
    looks = np.column_stack([rng.normal(np.where(strange, 2.0, 0.0)), rng.uniform(size=400)])
    gate = gate_of(Sifted(looks, strange, np.ones(400)), 0.1)
    said = refused(gate, looks)
    assert said[~strange].mean() <= 0.1
    assert said[strange].mean() > 0.3


def test_what_is_in_another_language_is_told_from_what_is_none_of_ours() -> None:
    model = load_intents(SHIPPED)
    assert model.understand("warum ist die batterie leer").intent == Intent.LANGUAGE
    assert model.understand("who is the mayor of chicago").intent == Intent.OTHER


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.toml").write_text(RECIPE)
    (folder / "utterances.toml").write_text(UTTERANCES)
    arguments = ["train", "intents", "--config", folder / "small.toml", "--data", folder / "utterances.toml"]
    assert main([*map(str, arguments), "--out", str(folder / "package")]) == 0
    return folder


def test_any_utterances_can_be_learned(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = load_intents(trained / "package")
    assert model.card.intents == ("eat", "other", "sleep")
    assert model.card.evaluation["left_out"]["lines"] == 15
    assert model.card.evaluation["left_out"]["sentences"] == 17
    assert model.understand("eat the pear").intent == "eat"
    assert model.understand("i am so tired").intent == "sleep"


def test_the_same_utterances_give_the_same_model(trained: Path) -> None:
    arguments = ["train", "intents", "--config", trained / "small.toml", "--data", trained / "utterances.toml"]
    assert main([*map(str, arguments), "--out", str(trained / "again")]) == 0
    assert (trained / "again" / MODEL).read_bytes() == (trained / "package" / MODEL).read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{fruit}", "{animal}", "no slot is called 'animal'"),
        ("[intents]", "[intents", "is not TOML"),
        ("other = [", "rest = [", "no utterance is 'other'"),
        ('"i am hungry", ', "", "at least 5"),
    ],
)
def test_bad_utterances_say_where(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, old: str, new: str, problem: str
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(UTTERANCES.replace(old, new))
    arguments = ["train", "intents", "--config", trained / "small.toml", "--data", file, "--out", tmp_path / "out"]
    assert main([*map(str, arguments)]) == EXIT_CONFIG
    assert problem in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Check the path"):
        read_utterances(tmp_path / "none.toml")


def test_a_damaged_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        load_intents(tmp_path)
    package = shutil.copytree(SHIPPED, tmp_path / "package")
    (package / MODEL).write_bytes((package / MODEL).read_bytes()[:-1])
    with pytest.raises(ModelError, match="its hash differs"):
        load_intents(package)
    (package / MODEL).write_bytes((SHIPPED / MODEL).read_bytes())
    card = json.loads((package / CARD).read_text())
    (package / CARD).write_text(json.dumps(card | {"golden": [["hello", "cancel"]]}))
    with pytest.raises(ModelError, match="'hello' is cancel in card"):
        load_intents(package)
    (package / CARD).write_text("{}")
    with pytest.raises(ModelError, match="no card of an intent model"):
        load_intents(package)
