"""A recipe of a remaining-life model: columns, cap, features, forest, in one TOML file."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.detect.remaining_life import FeaturePlan
from models.recipe import read_recipe


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Part):
    """Names in the table."""

    unit: str
    cycle: str
    sensors: tuple[str, ...] = ()
    """Empty: every other column of numbers that changes."""


class Trees(_Part):
    """Size and pace of the boosted trees."""

    trees: Annotated[int, Field(ge=1, le=2000)]
    leaves: Annotated[int, Field(ge=2, le=64)]
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    rows_per_leaf: Annotated[int, Field(ge=1)]
    l2: Annotated[float, Field(ge=0)]
    seed: Annotated[int, Field(ge=0)]


class Judging(_Part):
    """How the model is judged, always on units that it has not seen."""

    folds: Annotated[int, Field(ge=3, le=20)]
    cuts_per_unit: Annotated[int, Field(ge=1, le=1000)]
    """Moments of each unit's life at which it is asked, as if its history ended there."""
    cuts_from_cycle: Annotated[int, Field(ge=1)]
    bands: Annotated[int, Field(ge=1, le=20)]
    """Widths of the interval, by what the model says."""
    coverage: Annotated[float, Field(ge=0.5, le=0.99)]


class RulRecipe(_Part):
    """Everything that decides what a remaining-life model becomes."""

    name: str
    description: str
    licence: str
    cap: Annotated[float, Field(gt=0)]
    """Cycles; the target is min(cycles left, cap)."""
    columns: Columns
    features: FeaturePlan
    trees: Trees
    judging: Judging


def load_rul_recipe(file: Path) -> RulRecipe:
    """Read a recipe.

    Raises:
        ConfigError: it is missing, is not TOML, or is not such a recipe.
    """
    return read_recipe(file, RulRecipe, example="rul")
