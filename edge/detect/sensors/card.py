"""The card of a package of virtual sensors: the plan, how the experts are asked and proven, and what is said."""

import json
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from edge.detect.card import PackageCard, read_card
from edge.detect.sensors.plan import Plan
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


class SensorsCard(PackageCard):
    """Everything that the vehicle acts on; `training` and `evaluation` are for people."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    kind: Literal["sensors"]
    origin: str
    plan: Plan
    trained: tuple[Lie, ...]
    """By channel."""
    hours: StageHours = StageHours()
    false_per_hour: Annotated[FiniteFloat, Field(gt=0, le=10)]
    """Budget of false alarms, all channels together."""
    margin: Annotated[FiniteFloat, Field(ge=1, le=100)] = 1.0
    """Times a limit that evidence must reach: first hours never show all weathers and roads; see limits.py."""
    notice: SensorsNotice
    golden: Annotated[tuple[GoldenRow, ...], Field(min_length=1, max_length=100)]
    golden_tolerance: Annotated[FiniteFloat, Field(gt=0)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        channels = len(self.plan.channels)
        if len(self.trained) != channels:
            raise ValueError(f"trained tells of {len(self.trained)} signals, the plan has {channels}")
        if any(len(row.columns) != self.plan.width or len(row.answers) != 2 * channels for row in self.golden):
            raise ValueError(f"a golden row has not {self.plan.width} columns and {2 * channels} answers")
        return self


def load_sensors_card(folder: Path, content: bytes | None = None) -> SensorsCard:
    """Read the card of a package, and hold the model beside it against the card's hash.

    `content`: of the card, where it was read already.

    Raises:
        ModelError: the card or the model is missing, too large, damaged, or not as this version knows it.
    """
    return read_card(folder, SensorsCard, content)


def kind_of(card: bytes) -> str:
    """What kind of model a package holds, by the content of its card; empty where that is no card."""
    try:
        said = json.loads(card)
    except (ValueError, RecursionError):
        return ""
    return str(said.get("kind", "")) if isinstance(said, dict) else ""
