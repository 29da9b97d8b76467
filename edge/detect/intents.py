"""What somebody wants who writes a sentence: features, card and served model of the intent model, in one place.

Whoever trains and whoever asks compute the same. A sentence becomes counts of its words, pairs of words and pieces of
words (so that a typo spoils a few of many), each hashed into one of a fixed number of places; a word that training
never saw still has pieces that it did. Whether a sentence is ours to answer at all is said by a gate of its own: by how
much of it is known, beside what the model says, since a linear model is sure of many a thing that it never saw.
"""

import hashlib
import json
import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.detect.onnx import OnnxModel
from edge.detect.vocabulary import Strangeness, Vocabulary
from edge.errors import ModelError

Float32s = npt.NDArray[np.float32]

CARD: Final = "card.json"
MODEL: Final = "model.onnx"
CARD_BYTES_MAX: Final = 200_000
MODEL_BYTES_MAX: Final = 2_000_000
TEXT_MAX: Final = 500
"""Characters that are looked at."""
_REMEDY: Final = "Train the model again"
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_DIGITS: Final = re.compile(r"\d")
_SHARE_MIN: Final = 1e-4
"""Of a probability: beyond it odds say nothing."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SentencePlan(_Part):
    """How features are made from a sentence."""

    places: Annotated[int, Field(ge=64, le=65_536)]
    """How many features there are; words share one where their hashes do."""
    words_max: Annotated[int, Field(ge=1, le=3)]
    """Up to so many words in a row are one feature."""
    pieces_min: Annotated[int, Field(ge=1, le=8)]
    pieces_max: Annotated[int, Field(ge=1, le=8)]
    """Pieces of a word have so many characters, its two edges counted."""
    piece_weight: Annotated[float, Field(gt=0, le=1)]
    """Of a piece, where a word weighs 1: a word has many pieces."""

    def features(self, sentences: Sequence[str]) -> Float32s:
        """(N, places) features of N sentences, each of length 1 (of length 0 where nothing is in it)."""
        rows = np.zeros((len(sentences), self.places), np.float32)
        for row, sentence in zip(rows, sentences, strict=True):
            for feature, count in Counter(self._pieces(plain(sentence))).items():
                weight = 1.0 if feature[0] == "w" else self.piece_weight
                row[zlib.crc32(feature.encode()) % self.places] += weight * (1.0 + math.log(count))
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        rows /= np.where(length > 0.0, length, np.float32(1.0))
        return rows

    def _pieces(self, sentence: str) -> Iterator[str]:
        words = ["^", *_WORD.findall(sentence), "$"]
        for many in range(1, self.words_max + 1):
            for at in range(len(words) - many + 1):
                yield f"w {' '.join(words[at : at + many])}"
        for word in words[1:-1]:
            edged = f"<{word}>"
            for many in range(self.pieces_min, self.pieces_max + 1):
                for at in range(len(edged) - many + 1):
                    yield f"c {edged[at : at + many]}"


def words_of(sentence: str) -> list[str]:
    """The words of a sentence as they are looked at."""
    return _WORD.findall(plain(sentence))


def plain(sentence: str) -> str:
    """A sentence as it is looked at: lower case, one form of each letter, every digit a 0."""
    text = unicodedata.normalize("NFKC", sentence[:TEXT_MAX]).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return _DIGITS.sub("0", text)


class Gate(_Part):
    """Whether a sentence is none of ours: a logistic regression, made on sentences that the model had not seen."""

    strange_odds: float
    """Of the natural logarithm of the odds, by the model, that it is `other` or foreign."""
    unknown_share: float
    """Of the share of words that are not known: their number would refuse whoever says much."""
    bias: float
    """Such that what is above 0 is refused."""

    def score(self, share: float, strangeness: Strangeness) -> float:
        """Above 0 it is none of ours."""
        weighed = zip(self.weights, gate_features(share, strangeness), strict=True)
        return self.bias + sum(weight * value for weight, value in weighed)

    @property
    def weights(self) -> tuple[float, ...]:
        """In the order of `gate_features`."""
        return self.strange_odds, self.unknown_share


def gate_features(share: float, strangeness: Strangeness) -> tuple[float, ...]:
    """What the gate looks at, from the probability that a sentence is strange and what of it is known."""
    within = min(max(share, _SHARE_MIN), 1.0 - _SHARE_MIN)
    odds = math.log(within / (1.0 - within))
    return odds, strangeness.share


class IntentCard(_Part):
    """What it takes to ask the model, and what people need to know to trust it."""

    name: str
    description: str
    licence: str
    intents: Annotated[tuple[str, ...], Field(min_length=2, max_length=100)]
    """In the order of the model's answers."""
    other: str
    """The one of them that is said of whatever is not understood."""
    foreign: str | None = None
    """The one that is said of what is in another language, if there is one."""
    vocabulary: Annotated[tuple[str, ...], Field(max_length=5_000)]
    """Words of what is ours to answer, the commonest first."""
    letters_min: Annotated[int, Field(ge=3, le=20)]
    """Words from this length on are put right."""
    gate: Gate
    plan: SentencePlan
    model_sha256: str
    golden: tuple[tuple[str, str], ...]
    """Sentences and their intents, which the model must give before it is believed."""
    training: dict[str, Any]
    evaluation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Understood:
    """What a sentence wants, and how likely that is by the model, 0 to 1."""

    intent: str
    confidence: float


class IntentModel:
    """Answers for one package."""

    def __init__(self, card: IntentCard, model: bytes, name: str) -> None:
        """Raises ModelError when the model is not the card's, cannot be run, or misses a golden answer."""
        if hashlib.sha256(model).hexdigest() != card.model_sha256:
            raise ModelError(f"{name}: is not the model that {CARD} describes (its hash differs). {_REMEDY}")
        self.card = card
        self._model = OnnxModel(model, card.plan.places, name, width=len(card.intents))
        self._vocabulary = Vocabulary(card.vocabulary, card.letters_min)
        self._strange = [place for place, one in enumerate(card.intents) if one in {card.other, card.foreign}]
        for sentence, intent in card.golden:
            found = self.understand(sentence).intent
            if found != intent:
                raise ModelError(f"{name}: {sentence!r} is {intent} in {CARD} and {found} here. {_REMEDY}")

    def understand(self, sentence: str) -> Understood:
        """What a sentence wants; `other` where the gate says that it is none of ours, or nothing is in it.

        Raises:
            ModelError: the model cannot answer.
        """
        words = self._vocabulary.put_right(words_of(sentence))
        shares = self.shares([" ".join(words)])[0]
        best = int(shares.argmax())
        if self.card.intents[best] == self.card.foreign:
            return Understood(self.card.intents[best], float(shares[best]))
        score = self.card.gate.score(float(shares[self._strange].sum()), self._vocabulary.strangeness(words))
        if score > 0.0 or not words:
            return Understood(self.card.other, 1.0 / (1.0 + math.exp(-score)) if words else 1.0)
        shares[self._strange] = 0.0
        best = int(shares.argmax())
        return Understood(self.card.intents[best], float(shares[best]))

    def shares(self, sentences: Sequence[str]) -> Float32s:
        """(N, intents) how likely each intent is.

        Raises:
            ModelError: the model cannot answer.
        """
        answers = self._model.answers(self.card.plan.features(sentences))
        return answers.reshape(len(sentences), len(self.card.intents))


def load_intents(folder: Path) -> IntentModel:
    """The model of a package (a folder with `card.json` and `model.onnx`).

    Raises:
        ModelError: the package is missing, damaged, or its model is not the one that the card describes.
    """
    file = folder / CARD
    try:
        card = IntentCard.model_validate(json.loads(_read(file, CARD_BYTES_MAX)))
    except (ValueError, ValidationError) as error:
        problem = str(error).strip().splitlines()[0][:200]
        raise ModelError(f"{file}: is no card of an intent model ({problem}). {_REMEDY}") from error
    return IntentModel(card, _read(folder / MODEL, MODEL_BYTES_MAX), str(folder / MODEL))


def _read(file: Path, bytes_max: int) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(bytes_max + 1)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}. {_REMEDY}") from error
    if len(content) > bytes_max:
        raise ModelError(f"{file}: is larger than {bytes_max} bytes. {_REMEDY}")
    return content
