"""Remaining life: from a unit's history, cycle by cycle, to how many cycles are left, with an interval.

Features, card and served model in one place, so that whoever trains and whoever asks compute the same. A unit is
compared with its own first cycles, since no two leave the factory alike; what changed since then, smoothed, is wear.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from edge.detect.onnx import OnnxModel
from edge.errors import ModelError

Float64s = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]

CARD: Final = "card.json"
MODEL: Final = "model.onnx"
CARD_BYTES_MAX: Final = 1_000_000
MODEL_BYTES_MAX: Final = 20_000_000
_REMEDY: Final = "Train the model again"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeaturePlan(_Part):
    """How features are made from sensors; those of a cycle know nothing that comes after it."""

    baseline_cycles: Annotated[int, Field(ge=1, le=10_000)]
    """The mean of so many first cycles is how the unit is when new; of fewer while there are no more."""
    ewma_spans: Annotated[tuple[Annotated[int, Field(ge=1, le=10_000)], ...], Field(min_length=1, max_length=8)]
    """Exponentially weighted means, each with alpha = 2 / (span + 1), normalised for their beginning."""

    def names(self, sensors: tuple[str, ...]) -> list[str]:
        """The features in their order."""
        since = [f"{sensor} since new, over {span}" for span in self.ewma_spans for sensor in sensors]
        level = [f"{sensor} over {max(self.ewma_spans)}" for sensor in sensors]
        return [*since, *level, "cycle"]

    def features(self, cycle: Float64s, values: Float64s) -> Float32s:
        """(N, features) of one unit's N cycles in their order; `values` is (N, sensors), NaN where unknown.

        An unknown value leaves means as they were; a sensor that was never known is NaN.
        """
        new = _running_mean(values, self.baseline_cycles)
        means = {span: _ewma(values, span) for span in self.ewma_spans}
        since = [means[span] - new for span in self.ewma_spans]
        return np.concatenate([*since, means[max(self.ewma_spans)], cycle[:, None]], axis=1).astype(np.float32)


class Band(_Part):
    """How far the truth lay from the model's word on units that it had not seen, where it said about `at`."""

    at: FiniteFloat
    below: Annotated[FiniteFloat, Field(le=0)]
    above: Annotated[FiniteFloat, Field(ge=0)]


class RemainingLifeCard(_Part):
    """What it takes to ask the model, and what people need to know to trust it."""

    name: str
    description: str
    licence: str
    unit: str
    """Column that names a unit."""
    cycle: str
    """Column that counts its cycles."""
    sensors: Annotated[tuple[str, ...], Field(min_length=1, max_length=500)]
    plan: FeaturePlan
    cap: Annotated[FiniteFloat, Field(gt=0)]
    """Cycles; more than these are not told apart: the answer `cap` means at least so many."""
    coverage: Annotated[FiniteFloat, Field(gt=0, lt=1)]
    """Share of answers whose interval holds the truth, on units like those of the training."""
    bands: Annotated[tuple[Band, ...], Field(min_length=1, max_length=100)]
    """Ascending; between two of them the interval's width is interpolated."""
    model_sha256: str
    training: dict[str, Any]
    evaluation: dict[str, Any]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        at = [band.at for band in self.bands]
        if at != sorted(set(at)):
            raise ValueError("bands must ascend")
        return self


@dataclass(frozen=True, slots=True)
class RemainingLives:
    """(N,) cycles each: 0 <= lower <= middle <= upper <= the card's cap."""

    middle: Float64s
    lower: Float64s
    upper: Float64s


class RemainingLife:
    """Answers for one package."""

    def __init__(self, card: RemainingLifeCard, model: bytes, name: str) -> None:
        """Raises ModelError when the model is not the card's, or cannot be run."""
        if hashlib.sha256(model).hexdigest() != card.model_sha256:
            raise ModelError(f"{name}: is not the model that {CARD} describes (its hash differs). {_REMEDY}")
        self.card = card
        self._model = OnnxModel(model, len(card.plan.names(card.sensors)), name)

    def of(self, features: Float32s) -> RemainingLives:
        """Of (N, features) rows, each made by the card's plan.

        Raises:
            ModelError: the model cannot answer.
        """
        return interval(self._model.answers(features).astype(np.float64), self.card.bands, self.card.cap)


def interval(said: Float64s, bands: tuple[Band, ...], cap: float) -> RemainingLives:
    """What the model said, within 0 and the cap, between its bounds."""
    middle = np.clip(said, 0.0, cap)
    at = [band.at for band in bands]
    lower = middle + np.interp(middle, at, [band.below for band in bands])
    upper = middle + np.interp(middle, at, [band.above for band in bands])
    return RemainingLives(middle, np.clip(lower, 0.0, cap), np.clip(upper, 0.0, cap))


def load_remaining_life(folder: Path) -> RemainingLife:
    """The model of a package (a folder with `card.json` and `model.onnx`).

    Raises:
        ModelError: the package is missing, damaged, or its model is not the one that the card describes.
    """
    file = folder / CARD
    try:
        card = RemainingLifeCard.model_validate(json.loads(_read(file, CARD_BYTES_MAX)))
    except (ValueError, ValidationError) as error:
        raise ModelError(f"{file}: is no card of a remaining-life model ({_first_line(error)}). {_REMEDY}") from error
    return RemainingLife(card, _read(folder / MODEL, MODEL_BYTES_MAX), str(folder / MODEL))


def _running_mean(values: Float64s, rows_max: int) -> Float64s:
    """(N, sensors) mean of the known among the first rows up to each, of the first `rows_max` at most."""
    known = ~np.isnan(values)
    known[rows_max:] = False
    total = np.cumsum(np.where(known, values, 0.0), axis=0)
    count = np.cumsum(known, axis=0)
    mean = np.full_like(total, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _ewma(values: Float64s, span: int) -> Float64s:
    """(N, sensors) weighted means up to each row; weights fade by cycles, whether known or not."""
    fade = 1.0 - 2.0 / (span + 1.0)
    total = np.zeros(values.shape[1])
    weight = np.zeros(values.shape[1])
    means = np.full_like(values, np.nan)
    for at, row in enumerate(values):
        known = ~np.isnan(row)
        total = total * fade + np.where(known, row, 0.0)
        weight = weight * fade + known
        np.divide(total, weight, out=means[at], where=weight > 0.0)
    return means


def _read(file: Path, bytes_max: int) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(bytes_max + 1)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}. {_REMEDY}") from error
    if len(content) > bytes_max:
        raise ModelError(f"{file}: is larger than {bytes_max} bytes. {_REMEDY}")
    return content


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]
