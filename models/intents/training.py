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

from edge.detect.intents import Float32s
from edge.detect.onnx import OnnxModel
from edge.errors import ConfigError, ModelError
from models.export import OPSETS
from models.intents.recipe import IntentRecipe
from models.intents.utterances import Utterances

DIFFERENCE_MAX: Final = 1e-4
"""Of a probability."""
PARITY_ROWS: Final = 2_000
Integers = npt.NDArray[np.int64]
Float64s = npt.NDArray[np.float64]
Strings = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class TrainedIntents:
    """What training made."""

    intents: tuple[str, ...]
    model: bytes
    evaluation: dict[str, Any]


def train_intents(utterances: Utterances, recipe: IntentRecipe) -> TrainedIntents:
    """Learn all utterances; the figures are of lines that were left out, fold by fold.

    Raises:
        ConfigError: the utterances have no `other`, or too few lines.
        ModelError: the exported model does not answer as the one that was trained.
    """
    if recipe.other not in utterances.intents:
        raise ConfigError(f"no utterance is {recipe.other!r}", place="intents", remedy="Write some, or name another")
    features, wanted = recipe.plan.features(utterances.sentences), np.array(utterances.intents)
    groups = np.array(utterances.groups)
    weight = 1.0 / np.bincount(groups)[groups]
    evaluation = {"left_out": _left_out(features, wanted, groups, recipe)}
    regression = _fitted(features, wanted, weight, recipe)
    intents = tuple(str(intent) for intent in regression.classes_)
    model = _onnx(regression, features[:1])
    return TrainedIntents(intents, model, evaluation | {"parity": _parity(regression, model, features)})


def _fitted(features: Float32s, wanted: Strings, weight: Float64s, recipe: IntentRecipe) -> LogisticRegression:
    """Each written line weighs the same, however many sentences were made from it; and each intent does."""
    penalty = recipe.regression.inverse_penalty
    regression = LogisticRegression(C=penalty, max_iter=2000, class_weight="balanced")
    return regression.fit(csr_matrix(features), wanted, sample_weight=weight)


def _left_out(features: Float32s, wanted: Strings, groups: Integers, recipe: IntentRecipe) -> dict[str, Any]:
    """How often it is right about lines of which it has seen nothing."""
    weight = 1.0 / np.bincount(groups)[groups]
    said = np.empty(len(wanted), object)
    for learned, asked in GroupKFold(recipe.regression.folds).split(features, wanted, groups):
        regression = _fitted(features[learned], wanted[learned], weight[learned], recipe)
        shares = regression.predict_proba(features[asked])
        best = regression.classes_[shares.argmax(axis=1)]
        said[asked] = np.where(shares.max(axis=1) > recipe.sure, best, recipe.other)
    intents, which = np.unique(wanted, return_inverse=True)
    commonest = intents[np.bincount(which, weights=weight).argmax()]
    is_other = wanted == recipe.other
    return {
        "lines": int(groups.max()) + 1,
        "sentences": len(wanted),
        "folds": recipe.regression.folds,
        "grouped_by": "written line",
        "accuracy": _share(said == wanted, weight),
        "accuracy_always_the_commonest": _share(wanted == commonest, weight),
        "other_that_is_taken_for_ours": _share((said != recipe.other)[is_other], weight[is_other]),
        "ours_that_is_taken_for_other": _share((said == recipe.other)[~is_other], weight[~is_other]),
    }


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
