"""From a cause or a component to the work that a workshop needs for it. Pure but for reading `works.toml` once.

A kind that the catalogue does not have becomes an inspection of the component: a visit that finds out is better than
none, and the order says that it was one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cloud.errors import ConfigError
from cloud.scheduling.model import Work
from edge.wire.topics import NAME

INSPECTION: Final = "inspection"
_FILE: Final = Path(__file__).with_name("works.toml")
_Name = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]


@dataclass(frozen=True, slots=True)
class KindOfWork:
    """One line of the catalogue."""

    kind: str
    title: str
    """For people, in the imperative."""
    work: Work


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Annotated[str, Field(min_length=1, max_length=100)]
    minutes: Annotated[int, Field(ge=15, le=480)]
    """Longer than a shift would find no slot."""
    skills: tuple[_Name, ...] = ()
    equipment: tuple[_Name, ...] = ()
    parts: tuple[_Name, ...] = ()
    parts_value_eur: Annotated[float, Field(ge=0)] = 0.0
    skills_by_component: Mapping[_Name, tuple[_Name, ...]] = Field(default_factory=dict)


class Works:
    """The catalogue of kinds of work."""

    def __init__(self, lines: Mapping[str, _Line]) -> None:
        self._lines = lines

    def __contains__(self, kind: str) -> bool:
        return kind in self._lines

    def kinds(self) -> list[str]:
        """All kinds, by name."""
        return sorted(self._lines)

    def find(self, kind: str | None, component: str) -> KindOfWork:
        """The work of this kind; where it is None or not in the catalogue, an inspection of the component."""
        name = kind if kind is not None and kind in self._lines else INSPECTION
        line = self._lines[name]
        work = Work(
            minutes=line.minutes,
            skills=frozenset(line.skills_by_component.get(component, line.skills)),
            equipment=frozenset(line.equipment),
            parts=frozenset(line.parts),
            parts_value_eur=line.parts_value_eur,
        )
        return KindOfWork(name, line.title, work)


def read_works(file: Path = _FILE) -> Works:
    """The catalogue in a file.

    Raises:
        ConfigError: it cannot be used; names the place.
    """
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot be read ({error})", file=file, remedy="Correct the file") from error
    lines = {kind: _line(kind, content, file) for kind, content in written.items()}
    if INSPECTION not in lines:
        remedy = "Add one: it is the work where the cause is not known"
        raise ConfigError("there is no such kind of work", file=file, place=INSPECTION, remedy=remedy)
    return Works(lines)


@cache
def catalogue() -> Works:
    """The catalogue that is shipped."""
    return read_works()


def _line(kind: str, content: Any, file: Path) -> _Line:
    try:
        line = _Line.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join((kind, *(str(part) for part in first["loc"])))
        raise ConfigError(first["msg"], file=file, place=place, remedy="Correct it") from error
    for names in (line.skills, line.equipment, line.parts):
        if len(set(names)) != len(names):
            raise ConfigError(f"{', '.join(names)}: a name twice", file=file, place=kind, remedy="Take one out")
    if line.parts_value_eur and not line.parts:
        place = f"{kind}.parts_value_eur"
        raise ConfigError("a value without parts", file=file, place=place, remedy="Name the parts")
    if kind != INSPECTION and not line.skills:
        raise ConfigError("nobody is named who can do it", file=file, place=f"{kind}.skills", remedy="Name a skill")
    return line
