"""The command: from the utterances to a package, with its figures for people."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Final

from edge.detect.intents import CARD, MODEL, IntentCard, IntentModel, load_intents
from models.files import write_files
from models.intents.recipe import IntentRecipe
from models.intents.training import train_intents
from models.intents.utterances import FILE, Utterances, read_utterances

LIBRARIES: Final = ("numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx")


def make_intents(recipe: IntentRecipe, recipe_file: Path, data: Path | None, out: Path) -> str:
    """Train on utterances (None: on ours) and write the package; its figures for people.

    Raises:
        ConfigError: the utterances or the folder cannot be used.
        ModelError: the exported model does not pass.
    """
    source = FILE if data is None else data
    utterances = read_utterances(source, recipe.other)
    trained = train_intents(utterances, recipe)
    card = IntentCard(
        name=recipe.name,
        description=recipe.description,
        licence=recipe.licence,
        intents=trained.intents,
        other=recipe.other,
        foreign=recipe.foreign,
        vocabulary=trained.vocabulary,
        letters_min=recipe.letters_min,
        gate=trained.gate,
        plan=recipe.plan,
        model_sha256=hashlib.sha256(trained.model).hexdigest(),
        golden=(),
        training={
            "data": {"file": source.name, "sha256": _sha256(source)},
            "recipe": {"file": recipe_file.name, "sha256": _sha256(recipe_file)},
            "libraries": {name: version(name) for name in LIBRARIES},
            "model_bytes": len(trained.model),
        },
        evaluation=trained.evaluation,
    )
    card = card.model_copy(update={"golden": _golden(utterances, IntentModel(card, trained.model, recipe.name))})
    write_files(out, {MODEL: trained.model, CARD: f"{card.model_dump_json(indent=1)}\n".encode()})
    return figures(load_intents(out).card)


def figures(card: IntentCard) -> str:
    """What the model is worth on lines that were left out of training, for people, as Markdown."""
    judged, parity = card.evaluation["left_out"], card.evaluation["parity"]
    how_many = f"{judged['lines']} written lines ({judged['sentences']} sentences) of {len(card.intents)} intents"
    apart = f"{parity['rows']} rows, at most {parity['difference']:g} apart, {parity['flips']} decided differently"
    lines = [
        f"{how_many}, in {judged['folds']} folds by {judged['grouped_by']}.",
        "",
        "| on lines that it has not seen | share |",
        "|---|---|",
        f"| right | {judged['accuracy']:.1%} |",
        f"| right, always saying the commonest intent | {judged['accuracy_always_the_commonest']:.1%} |",
        f"| `{card.other}` that is taken for one of ours | {judged['other_that_is_taken_for_ours']:.1%} |",
        f"| ours that is taken for `{card.other}` | {judged['ours_that_is_taken_for_other']:.1%} |",
        "",
        f"ONNX against scikit-learn: {apart}.",
    ]
    return "\n".join(lines) + "\n"


def _golden(utterances: Utterances, model: IntentModel) -> tuple[tuple[str, str], ...]:
    """The first sentence of each intent that is understood."""
    first: dict[str, str] = {}
    for intent, sentence in zip(utterances.intents, utterances.sentences, strict=True):
        if intent not in first and model.understand(sentence).intent == intent:
            first[intent] = sentence
    return tuple((sentence, intent) for intent, sentence in first.items())


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
