"""A recipe of an intent model: features, penalty, threshold, in one TOML file."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.detect.intents import SentencePlan
from models.recipe import read_recipe


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Regression(_Part):
    """The linear model."""

    inverse_penalty: Annotated[float, Field(gt=0)]
    """scikit-learn's C: larger believes the utterances more."""
    folds: Annotated[int, Field(ge=2, le=20)]


class IntentRecipe(_Part):
    """Everything that decides what an intent model becomes, beside the utterances."""

    name: str
    description: str
    licence: str
    other: str
    foreign: str | None = None
    """The intent of sentences in another language, if there is one."""
    letters_min: Annotated[int, Field(ge=3, le=20)]
    ours_refused_max: Annotated[float, Field(gt=0, lt=1)]
    """How much of what is ours the gate may refuse, on lines that were left out: it refuses as much else as it can."""
    plan: SentencePlan
    regression: Regression


def load_intent_recipe(file: Path) -> IntentRecipe:
    """Read a recipe.

    Raises:
        ConfigError: it is missing, is not TOML, or is not such a recipe.
    """
    return read_recipe(file, IntentRecipe, example="intents")
