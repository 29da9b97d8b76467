"""The gate: what it is made from and judged by, all of it on lines that the model had not seen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # it ships no types

from edge.detect.intents import Gate, gate_features, words_of
from edge.detect.vocabulary import Vocabulary

Booleans = npt.NDArray[np.bool_]
Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sifted:
    """(N, features) what the gate looks at, whether each is none of ours, and its weight."""

    features: Float64s
    is_strange: Booleans
    weight: Float64s

    def some(self, wanted: Booleans) -> "Sifted":
        """Some of them."""
        return Sifted(self.features[wanted], self.is_strange[wanted], self.weight[wanted])


def vocabulary_of(sentences: Sequence[str], lines: Sequence[int]) -> tuple[str, ...]:
    """The words of these sentences, those of most written lines first."""
    found = {(word, line) for sentence, line in zip(sentences, lines, strict=True) for word in words_of(sentence)}
    counts = Counter(word for word, _ in found)
    return tuple(sorted(counts, key=lambda word: (-counts[word], word)))


def looked_at(sentences: Sequence[str], shares: Float64s, vocabulary: Vocabulary) -> Float64s:
    """(N, features) what the gate looks at, from the probability that each is strange."""
    rows = [
        gate_features(float(share), vocabulary.strangeness(vocabulary.put_right(words_of(sentence))))
        for sentence, share in zip(sentences, shares, strict=True)
    ]
    return np.array(rows, np.float64)


def gate_of(sifted: Sifted, refused_max: float) -> Gate:
    """The gate that refuses most of what is strange, while it refuses so much of what is ours."""
    regression = LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced")
    regression.fit(sifted.features, sifted.is_strange, sample_weight=sifted.weight)
    ours = sifted.some(~sifted.is_strange)
    scores = ours.features @ regression.coef_[0]
    order = np.argsort(-scores)
    beyond = np.cumsum(ours.weight[order]) / ours.weight.sum() > refused_max
    limit = float(scores[order][beyond][0])
    strange_odds, unknown_share = (float(weight) for weight in regression.coef_[0])
    return Gate(strange_odds=strange_odds, unknown_share=unknown_share, bias=-limit)


def refused(gate: Gate, features: Float64s) -> Booleans:
    """(N,) whether the gate refuses."""
    return np.asarray(features @ np.array(gate.weights) + gate.bias > 0.0)
