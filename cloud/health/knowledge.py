"""The knowledge base: which causes there are, what each shows, how often, and what a technician does about it.

One TOML file for each system, in `knowledge/`. Reading it is strict about its form; whether it makes sense is the
business of `lint.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from cloud.errors import ConfigError
from cloud.health.symptom import Level, Part, Symptom
from cloud.shipped_files import read_toml

FOLDER: Final = Path(__file__).parent / "knowledge"
_REMEDY: Final = "See cloud/health/README.md, the knowledge base"
_Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_Text = Annotated[str, Field(min_length=1, max_length=300)]


class Drive:
    """What moves a vehicle, as far as its indicators tell."""

    COMBUSTION: Final = "combustion"
    ELECTRIC: Final = "electric"


@dataclass(frozen=True, slots=True)
class KnownCause:
    """One cause, and what is known of it before any vehicle is looked at."""

    id: str
    title: str
    prior: float
    """How often it is this one, when something is wrong with the component."""
    drives: frozenset[str]
    """On which vehicles there can be such a thing."""
    shows: Mapping[str, float]
    """How often each symptom is seen by the time that somebody asks; those not named: as often as when all is well."""
    tests: tuple[str, ...]
    work: str
    source: str


@dataclass(frozen=True, slots=True)
class System:
    """What is known of one component."""

    component: str
    title: str
    also: frozenset[str]
    """Other names that alerts have for it."""
    healthy: float
    """How often nothing is wrong, when somebody asks."""
    other: float
    """How often it is something that is not in here."""
    other_shows: float
    """How often any symptom is seen with something that is not in here."""
    symptoms: Mapping[str, Symptom]
    causes: tuple[KnownCause, ...]
    file: str


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _SymptomEntry(_Part):
    id: _Id
    title: _Text
    group: _Id | None = None
    leak: FiniteFloat = 0.03
    indicator: str | None = None
    part: Part = Part.MEAN
    recent: Annotated[int, Field(ge=1, le=400)] = 2
    usual: bool = False
    above: FiniteFloat | None = None
    below: FiniteFloat | None = None
    absent: FiniteFloat | None = None
    codes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    needs: str | None = None

    def symptom(self) -> Symptom:
        """The same inside."""
        return Symptom(
            self.id, self.title, self.group or self.id, self.leak, self._level(), self.codes, self.rules, self.needs
        )

    def _level(self) -> Level | None:
        present = self.above if self.above is not None else self.below
        if self.indicator is None or present is None:
            return None
        absent = present if self.absent is None else self.absent
        is_above = self.above is not None
        return Level(self.indicator, self.part, self.recent, self.usual, is_above, present, absent)


class _CauseEntry(_Part):
    id: _Id
    title: _Text
    prior: FiniteFloat
    drives: tuple[Literal["combustion", "electric"], ...] = (Drive.COMBUSTION, Drive.ELECTRIC)
    shows: dict[_Id, FiniteFloat]
    tests: Annotated[tuple[_Text, ...], Field(min_length=1, max_length=10)]
    work: _Id
    source: _Text


class _File(_Part):
    component: _Id
    title: _Text
    also: tuple[_Id, ...] = ()
    healthy: FiniteFloat
    other: FiniteFloat
    other_shows: FiniteFloat
    symptom: Annotated[list[_SymptomEntry], Field(min_length=1, max_length=200)]
    cause: Annotated[list[_CauseEntry], Field(min_length=1, max_length=100)]


def load_system(file: Path) -> System:
    """Read one file.

    Raises:
        ConfigError: it cannot be read or is not of this form; names the file, the place and what is wrong.
    """
    entry = read_toml(file, _File, remedy=_REMEDY)
    return System(
        component=entry.component,
        title=entry.title,
        also=frozenset(entry.also),
        healthy=entry.healthy,
        other=entry.other,
        other_shows=entry.other_shows,
        symptoms={one.id: one.symptom() for one in entry.symptom},
        causes=tuple(_cause(one) for one in entry.cause),
        file=file.name,
    )


def load_knowledge(folder: Path = FOLDER) -> tuple[System, ...]:
    """Every system of a folder, by its component.

    Raises:
        ConfigError: there is none, or one is not of the form.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ConfigError("no knowledge base is there", file=folder, remedy=_REMEDY)
    return tuple(load_system(file) for file in files)


@cache
def shipped() -> tuple[System, ...]:
    """The knowledge base that comes with Telltale, read once."""
    return load_knowledge()


def system_for(systems: Sequence[System], component: str) -> System | None:
    """The system that a component belongs to, by its own name or by one that alerts use."""
    return next((one for one in systems if component == one.component or component in one.also), None)


def _cause(entry: _CauseEntry) -> KnownCause:
    return KnownCause(
        id=entry.id,
        title=entry.title,
        prior=entry.prior,
        drives=frozenset(entry.drives),
        shows=entry.shows,
        tests=entry.tests,
        work=entry.work,
        source=entry.source,
    )
