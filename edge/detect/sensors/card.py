"""The card of a package of virtual sensors: the plan, how the experts are asked and proven, and what is said."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from edge.detect.card import CARD, CARD_BYTES, MODEL_BYTES, REMEDY, read_bounded
from edge.detect.sensors.plan import Plan
from edge.errors import ModelError
from edge.wire.messages import Action, Label, Severity, Text

KIND: Final = "sensors"
Hours_ = Annotated[FiniteFloat, Field(gt=0, le=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lie(_Part):
    """How a signal lay where the experts were trained."""

    mean: FiniteFloat
    spread: Annotated[FiniteFloat, Field(gt=0)]


class StageHours(_Part):
    """Driving that each stage of commissioning takes, in hours."""

    looking: Hours_ = 0.5
    fitting: Hours_ = 2.5
    scaling: Hours_ = 2.0
    measuring: Hours_ = 5.0


class SensorsNotice(_Part):
    """What is told of a channel that contradicts the others."""

    component: Label
    severity: Severity
    action: Action
    summary: Text
    advice: Text


class GoldenRow(_Part):
    """Answers that the experts gave when they were made; None is an unknown."""

    columns: tuple[FiniteFloat | None, ...]
    answers: tuple[FiniteFloat, ...]


class SensorsCard(_Part):
    """Everything that the vehicle acts on; `training` and `evaluation` are for people."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    kind: Literal["sensors"]
    description: str
    licence: str
    origin: str
    model_file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.onnx$")]
    model_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    plan: Plan
    trained: tuple[Lie, ...]
    """By channel."""
    hours: StageHours = StageHours()
    false_per_hour: Annotated[FiniteFloat, Field(gt=0, le=10)]
    """Budget of false alarms, all channels together."""
    unknown: str
    notice: SensorsNotice
    golden: Annotated[tuple[GoldenRow, ...], Field(min_length=1, max_length=100)]
    golden_tolerance: Annotated[FiniteFloat, Field(gt=0)]
    training: dict[str, Any]
    evaluation: dict[str, Any]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        channels = len(self.plan.channels)
        if len(self.trained) != channels:
            raise ValueError(f"trained tells of {len(self.trained)} signals, the plan has {channels}")
        if any(len(row.columns) != self.plan.width or len(row.answers) != 2 * channels for row in self.golden):
            raise ValueError(f"a golden row has not {self.plan.width} columns and {2 * channels} answers")
        return self


def load_sensors_card(folder: Path) -> SensorsCard:
    """Read the card of a package, and hold the model beside it against the card's hash.

    Raises:
        ModelError: the card or the model is missing, too large, damaged, or not as this version knows it.
    """
    file = folder / CARD
    try:
        card = SensorsCard.model_validate(json.loads(read_bounded(file, CARD_BYTES)))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "card"
        raise ModelError(f"{file}, {place}: {first['msg'].removeprefix('Value error, ')}. {REMEDY}") from error
    except ValueError as error:  # not UTF-8, not JSON
        raise ModelError(f"{file}: is not JSON ({error}). {REMEDY}") from error
    load_sensors_model(folder, card)
    return card


def load_sensors_model(folder: Path, card: SensorsCard) -> bytes:
    """The model file of a package.

    Raises:
        ModelError: it is missing, or is not the one that the card describes.
    """
    file = folder / card.model_file
    content = read_bounded(file, MODEL_BYTES)
    if hashlib.sha256(content).hexdigest() != card.model_sha256:
        raise ModelError(f"{file}: is not the model that {CARD} describes (its hash differs). {REMEDY}")
    return content


def kind_of(folder: Path) -> str:
    """What kind of model a package holds, by its card; empty where the card cannot be read."""
    try:
        said = json.loads(read_bounded(folder / CARD, CARD_BYTES))
    except (ModelError, ValueError):
        return ""
    return str(said.get("kind", "")) if isinstance(said, dict) else ""
