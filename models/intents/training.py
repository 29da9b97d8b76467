"""Multinomial logistic regression over hashed words and pieces of words, judged on lines that it has not seen."""

import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # it ships no types
from skl2onnx import to_onnx  # type: ignore[import-untyped]  # it ships no types
from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # it ships no types
from sklearn.model_selection import GroupKFold  # type: ignore[import-untyped]

from edge.detect.intents import Float32s, Gate, words_of
from edge.detect.onnx import OnnxModel
from edge.detect.vocabulary import Vocabulary
from edge.errors import ConfigError, ModelError
from models.export import OPSETS
from models.intents.gating import Booleans, Float64s, Sifted, gate_of, looked_at, refused, vocabulary_of
from models.intents.recipe import IntentRecipe
from models.intents.utterances import Utterances

DIFFERENCE_MAX: Final = 1e-4
"""Of a probability."""
PARITY_ROWS: Final = 2_000
Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class TrainedIntents:
    """What training made."""

    intents: tuple[str, ...]
    model: bytes
    vocabulary: tuple[str, ...]
    gate: Gate
    evaluation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """(N,) what was said of each sentence by a model that had not seen its like, and in which fold it was."""

    best: Strings
    """The likeliest intent of all."""
    ours: Strings
    """The likeliest of those that are ours."""
    sifted: Sifted
    fold: Integers


def train_intents(utterances: Utterances, recipe: IntentRecipe) -> TrainedIntents:
    """Learn all utterances; gate and figures are made from lines that were left out, fold by fold.

    Raises:
        ConfigError: the utterances have no `other`, or too few lines.
        ModelError: the exported model does not answer as the one that was trained.
    """
    if recipe.other not in utterances.intents:
        raise ConfigError(f"no utterance is {recipe.other!r}", place="intents", remedy="Write some, or name another")
    features, wanted = recipe.plan.features(utterances.sentences), np.array(utterances.intents)
    weight = 1.0 / np.bincount(np.array(utterances.groups))[np.array(utterances.groups)]
    left_out = _left_out(features, wanted, weight, utterances, recipe)
    counts = wanted != recipe.foreign  # what is in another language is told by the model alone
    evaluation = {"left_out": _figures(left_out, wanted, weight, utterances, recipe)}
    regression = _fitted(features, wanted, weight, recipe)
    intents = tuple(str(intent) for intent in regression.classes_)
    model = _onnx(regression, features[:1])
    return TrainedIntents(
        intents,
        model,
        _vocabulary(utterances, _is_ours(wanted, recipe)),
        gate_of(left_out.sifted.some(counts), recipe.ours_refused_max),
        evaluation | {"parity": _parity(regression, model, features)},
    )


def _fitted(features: Float32s, wanted: Strings, weight: Float64s, recipe: IntentRecipe) -> LogisticRegression:
    """Each written line weighs the same, however many sentences were made from it; and each intent does."""
    penalty = recipe.regression.inverse_penalty
    regression = LogisticRegression(C=penalty, max_iter=2000, class_weight="balanced")
    return regression.fit(csr_matrix(features), wanted, sample_weight=weight)


def _left_out(
    features: Float32s, wanted: Strings, weight: Float64s, utterances: Utterances, recipe: IntentRecipe
) -> _LeftOut:
    """What is said of lines, and of kinds of nonsense, of which nothing was seen: neither a sentence nor a word."""
    is_ours = _is_ours(wanted, recipe)
    best, ours, fold = (np.empty(len(wanted), kind) for kind in (object, object, np.int64))
    looked = np.empty((len(wanted), len(Gate.model_fields) - 1))
    folds = GroupKFold(recipe.regression.folds).split(features, wanted, np.array(utterances.kinds))
    for number, (learned, asked) in enumerate(folds):
        seen = np.zeros(len(wanted), np.bool_)
        seen[learned] = True
        vocabulary = Vocabulary(_vocabulary(utterances, seen & is_ours), recipe.letters_min)
        regression = _fitted(features[learned], wanted[learned], weight[learned], recipe)
        sentences = [utterances.sentences[place] for place in asked]
        right = [" ".join(vocabulary.put_right(words_of(sentence))) for sentence in sentences]
        shares = regression.predict_proba(recipe.plan.features(right))
        strange = ~_is_ours(regression.classes_, recipe)
        best[asked] = regression.classes_[shares.argmax(axis=1)]
        ours[asked] = regression.classes_[np.where(strange, -1.0, shares).argmax(axis=1)]
        looked[asked] = looked_at(sentences, shares[:, strange].sum(axis=1), vocabulary)
        fold[asked] = number
    return _LeftOut(best, ours, Sifted(looked, ~is_ours, weight), fold)


def _figures(
    left_out: _LeftOut, wanted: Strings, weight: Float64s, utterances: Utterances, recipe: IntentRecipe
) -> dict[str, Any]:
    """How often it is right; the gate of each fold is made from the other folds."""
    is_refused = np.zeros(len(wanted), np.bool_)
    for number in range(recipe.regression.folds):
        asked = left_out.fold == number
        gate = gate_of(left_out.sifted.some(~asked & (wanted != recipe.foreign)), recipe.ours_refused_max)
        is_refused[asked] = refused(gate, left_out.sifted.features[asked])
    said = np.where(is_refused, recipe.other, left_out.ours)
    is_foreign = left_out.best == recipe.foreign
    said[is_foreign] = left_out.best[is_foreign]
    intents, which = np.unique(wanted, return_inverse=True)
    commonest = intents[np.bincount(which, weights=weight).argmax()]
    is_ours, is_taken = _is_ours(wanted, recipe), _is_ours(said, recipe)
    return {
        "lines": max(utterances.groups) + 1,
        "sentences": len(wanted),
        "folds": recipe.regression.folds,
        "grouped_by": "written line; what stands outside by kind",
        "accuracy": _share(said == wanted, weight),
        "accuracy_always_the_commonest": _share(wanted == commonest, weight),
        "other_that_is_taken_for_ours": _share(is_taken[~is_ours], weight[~is_ours]),
        "ours_that_is_taken_for_other": _share(~is_taken[is_ours], weight[is_ours]),
    }


def _is_ours(intents: Strings, recipe: IntentRecipe) -> Booleans:
    return np.asarray((intents != recipe.other) & (intents != recipe.foreign))


def _vocabulary(utterances: Utterances, wanted: Booleans) -> tuple[str, ...]:
    places = np.flatnonzero(wanted)
    return vocabulary_of([utterances.sentences[at] for at in places], [utterances.groups[at] for at in places])


def _share(held: npt.NDArray[np.bool_], weight: Float64s) -> float:
    return round(float(np.average(held, weights=weight)), 4)


def _onnx(regression: LogisticRegression, sample: Float32s) -> bytes:
    with warnings.catch_warnings():
        # skl2onnx hands protobuf booleans where it wants integers; protobuf 7 refuses them, hence our `protobuf<7`.
        warnings.filterwarnings("ignore", "Field onnx.AttributeProto.ints", DeprecationWarning)
        options = {id(regression): {"zipmap": False}}
        whole = to_onnx(regression, sample, name="intents", target_opset=OPSETS, options=options)
        model = select_model_inputs_outputs(whole, ["probabilities"])
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _parity(regression: LogisticRegression, model: bytes, seen: Float32s) -> dict[str, Any]:
    """Ask both the same rows: seen, nothing at all, random, a thousand times too large.

    Raises:
        ModelError: they differ by more than DIFFERENCE_MAX, or disagree about what is likeliest.
    """
    rng = np.random.default_rng(0)
    some = seen[rng.choice(len(seen), PARITY_ROWS)]
    noise = rng.normal(size=some.shape).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    rows = np.concatenate([some, np.zeros((1, seen.shape[1]), np.float32), noise, some * 1000.0]).astype(np.float32)
    ours = regression.predict_proba(rows)
    theirs = (
        OnnxModel(model, rows.shape[1], "the exported model", width=ours.shape[1]).answers(rows).reshape(ours.shape)
    )
    difference = float(np.abs(ours - theirs).max())
    close = np.sort(ours, axis=1)[:, -1] - np.sort(ours, axis=1)[:, -2] < DIFFERENCE_MAX
    flips = int(((ours.argmax(axis=1) != theirs.argmax(axis=1)) & ~close).sum())
    if not difference <= DIFFERENCE_MAX or flips:
        raise ModelError(
            f"the exported model differs by up to {difference:.3g} on {len(rows)} rows and decides {flips} of them "
            "differently. Do not use it; compare the versions of skl2onnx and scikit-learn"
        )
    return {"rows": len(rows), "difference": float(f"{difference:.2g}"), "flips": flips}
