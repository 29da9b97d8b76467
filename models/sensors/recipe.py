"""What a recipe of virtual sensors may say: signals, trees, hours, and what is said of whom."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from edge.detect.sensors.card import SensorsNotice, StageHours
from edge.detect.sensors.plan import Plan
from models.recipe import Drives, Role, read_recipe

Positive = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Trees(_Part):
    """Size and pace of boosted trees."""

    trees: Annotated[int, Field(ge=1, le=1000)]
    leaves: Annotated[int, Field(ge=2, le=64)]
    learning_rate: Positive
    rows_per_leaf: Annotated[int, Field(ge=1)]
    l2: Annotated[float, Field(ge=0)] = 0.0


class Training(_Part):
    """How experts are trained."""

    value: Trees
    """Of what a signal ought to be."""
    error: Trees
    """Of the logarithm of how far that is off."""
    folds: Annotated[int, Field(ge=2, le=20)]
    """Trips are dealt into so many; errors and limits come from experts that had not seen the trip."""
    blank_s: Annotated[int, Field(ge=10)] = 120
    """Stretches of rows in each of which some signals are taken away, so that experts learn to do without."""
    blanks: Annotated[tuple[int, ...], Field(min_length=1)] = (0, 0, 0, 1, 1, 2, 3)
    """How many signals are taken away: one of these, by chance."""
    every: Annotated[int, Field(ge=1, le=60)] = 1
    """Of so many rows one is learned from: neighbours tell the same. What each drive is told is told of all of them."""
    seed: int
    leave_out: tuple[str, ...] = ()
    """Trips whose name holds one of these texts are not learned from."""


class Evaluation(_Part):
    """Which drives judge, by their numbers from 0."""

    develop_from: Annotated[int, Field(ge=1)]
    """Up to `test_from`: drives that choices may be judged by."""
    test_from: Annotated[int, Field(ge=2)]
    """From here on: drives that are opened once."""
    folds: Annotated[int, Field(ge=1, le=20)]
    calibration_trips: Annotated[int, Field(ge=1)]
    """Before each fold's test drives: not trained on, limits alone."""


class SensorsRecipe(_Part):
    """Everything that decides what the package becomes."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    description: str
    licence: str
    origin: str
    plan: Plan
    training: Training
    evaluation: Evaluation | None = None
    """None: it is not judged by drives of one vehicle."""
    vehicle: str = ""
    """Of the simulator; empty: it learns from recorded drives alone."""
    drives: dict[Role, Drives] = {}
    """What of it is simulated."""
    unknown: str
    notice: SensorsNotice
    hours: StageHours = StageHours()
    false_per_hour: Positive
    """Budget of all channels together."""
    margin: Annotated[float, Field(ge=1, le=100)] = 1.0
    """Times its limit that evidence must reach."""


EXAMPLE: Final = "obd_sensors"


def load_sensors_recipe(file: Path) -> SensorsRecipe:
    """Read a recipe.

    Raises:
        ConfigError: it is missing, is not TOML, or is no recipe of virtual sensors.
    """
    return read_recipe(file, SensorsRecipe, example=EXAMPLE)
