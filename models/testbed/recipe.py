"""A recipe of a test bed: columns, protocol, the watch and its challengers, in one TOML file."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.detect.multivariate.plan import WatchPlan
from models.recipe import read_recipe


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Part):
    """Names in the table."""

    run: str
    time: str
    """Words or numbers whose order is that of time."""
    label: str
    """1: a fault is present in this row; 0: none is; empty throughout a run: the run is not judged."""
    sensors: Annotated[tuple[str, ...], Field(min_length=1, max_length=500)]


class Protocol(_Part):
    """What may be learned from what."""

    learning_rows: Annotated[int, Field(ge=20)]
    """Of each run: healthy, to learn from, not judged."""
    develop: Annotated[tuple[str, ...], Field(min_length=2)]
    """Runs on which the recipe was chosen; their learning rows say what is known of the kind of machine."""
    shift: Annotated[float, Field(gt=0)]
    """How far a judged sensor is lowered in learning rows, in its spread: what would be missed, without labels."""


class Challengers(_Part):
    """What the watch is compared with."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    trees: Annotated[int, Field(ge=1, le=1000)]
    seeds: Annotated[tuple[int, ...], Field(min_length=1, max_length=20)]
    """Each makes a forest and a coin; figures are means over them."""


class TestbedRecipe(_Part):
    """Everything that decides the figures, beside the table."""

    __test__ = False  # pytest takes classes that are called so for tests

    name: str
    description: str
    licence: str
    columns: Columns
    protocol: Protocol
    watch: WatchPlan
    challengers: Challengers


def load_testbed_recipe(file: Path) -> TestbedRecipe:
    """Read a recipe.

    Raises:
        ConfigError: it is missing, is not TOML, or is not such a recipe.
    """
    return read_recipe(file, TestbedRecipe, example="skab")
