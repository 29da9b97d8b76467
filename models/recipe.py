"""A recipe: everything that decides what a model becomes, in one TOML file."""

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge import catalogue
from edge.detect.card import Feature, Guard, Notice, Path_, Signal
from edge.errors import ConfigError
from edge.frames import NANOSECONDS
from edge.history import Smoothing, Window

RECIPES: Final = Path(__file__).resolve().parent / "recipes"
PACKAGES: Final = Path(__file__).resolve().parent / "packages"

AnyRecipe = TypeVar("AnyRecipe", bound=BaseModel)
Role = Literal["training", "calibration", "healthy", "leaks"]
Positive = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(_Part):
    """A feature before its range is known."""

    path: Path_
    tau_s: Positive | None = None
    beyond: Annotated[float, Field(ge=0)] | None = None

    def feature(self, low: float, high: float) -> Feature:
        """The feature with the range that training saw."""
        unit = catalogue.CATALOGUE[self.path].unit
        return Feature(path=self.path, unit=unit, tau_s=self.tau_s, low=low, high=high, beyond=self.beyond)

    def read(self, window: Window) -> float:
        """The feature as of the window, wherever it lies; NaN when unknown."""
        return window.value(self.path) if self.tau_s is None else window.smoothed(self.path, self.tau_s)


class Forest(_Part):
    """Size and pace of the boosted trees."""

    trees: Annotated[int, Field(ge=1, le=1000)]
    leaves: Annotated[int, Field(ge=2, le=64)]
    learning_rate: Positive
    rows_per_leaf: Annotated[int, Field(ge=1)]
    sample_s: Positive
    seed: int


class Judging(_Part):
    """How answers become findings."""

    grid_s: Positive
    for_s: Positive
    margin: Annotated[float, Field(ge=1)]
    threshold_min: Positive
    clear_share: Annotated[float, Field(gt=0, le=1)]
    begins_s: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1)]

    @property
    def grid_ns(self) -> int:
        """One cell of the judgement grid."""
        return round(self.grid_s * NANOSECONDS)


class Drives(_Part):
    """A set of simulated drives, one for each seed."""

    seeds: tuple[int, int]
    """From, and up to but not including."""
    minutes: Positive
    fault: str | None = None
    onsets_s: tuple[float, ...] = ()
    """Taken in turn."""
    weathers: Annotated[tuple[str, ...], Field(min_length=1)] = ("any",)
    """What `telltale-edge simulate --weather` is given, in turn."""
    cycles: Annotated[tuple[str, ...], Field(min_length=1)] = ("mixed",)
    """And `--cycle`."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not 0 <= self.seeds[0] < self.seeds[1]:
            raise ValueError("seeds must be [from, up to], from zero up")
        if (self.fault is None) != (not self.onsets_s):
            raise ValueError("a fault needs onsets_s, and only a fault has them")
        return self

    def fault_of(self, seed: int) -> str | None:
        """What `telltale-edge simulate --fault` is given for a seed."""
        if self.fault is None:
            return None
        return f"{self.fault}@{self.onsets_s[(seed - self.seeds[0]) % len(self.onsets_s)]:g}"

    def weather_of(self, seed: int) -> str:
        """The weathers take turns."""
        return self.weathers[(seed - self.seeds[0]) % len(self.weathers)]

    def cycle_of(self, seed: int) -> str:
        """So do the cycles."""
        return self.cycles[(seed - self.seeds[0]) % len(self.cycles)]


class Recipe(_Part):
    """Everything that decides what a model becomes."""

    name: str
    description: str
    licence: str
    vehicle: str
    when: tuple[Guard, ...]
    unknown: str
    target: Signal
    expected: Signal
    features: Annotated[tuple[Input, ...], Field(min_length=1)]
    forest: Forest
    judging: Judging
    notice: Notice
    drives: dict[Role, Drives]

    @model_validator(mode="after")
    def _known(self) -> Self:
        paths = [self.target.path, *(item.path for item in self.features), *(guard.path for guard in self.when)]
        unknown = [path for path in paths if path not in catalogue.CATALOGUE]
        if unknown:
            raise ValueError(f"{unknown[0]} is not in the catalogue")
        spans = sorted(drives.seeds for drives in self.drives.values())
        if any(first[1] > second[0] for first, second in pairwise(spans)):
            raise ValueError("two roles share a seed")
        return self

    @property
    def smoothings(self) -> list[Smoothing]:
        """The smoothed signals among the features."""
        return [Smoothing(item.path, item.tau_s) for item in self.features if item.tau_s is not None]

    @property
    def paths(self) -> frozenset[str]:
        """Every signal that training and judging look at."""
        return frozenset(
            {self.target.path, *(item.path for item in self.features), *(guard.path for guard in self.when)}
        )


def load_recipe(file: Path) -> Recipe:
    """Read a recipe of a virtual sensor.

    Raises:
        ConfigError: it is missing, is not TOML, or is not a recipe.
    """
    return read_recipe(file, Recipe, example="coolant")


def read_recipe(file: Path, kind: type[AnyRecipe], *, example: str) -> AnyRecipe:
    """Read a recipe of any kind.

    Raises:
        ConfigError: it is missing, is not TOML, or is no recipe of this kind; `example` is one that is.
    """
    try:
        return kind.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", file=file, remedy="Check the path of --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not TOML: {error}", file=file, remedy="Mend that line") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        problem = first["msg"].removeprefix("Value error, ")
        remedy = f"Compare with models/recipes/{example}.toml"
        raise ConfigError(problem, file=file, place=place, remedy=remedy) from error
