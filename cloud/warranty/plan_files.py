"""Warranty plans as files: one TOML for each, read strictly. Whether a plan makes sense: plan_lint.py."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from cloud.errors import ConfigError
from cloud.shipped_files import read_toml
from cloud.warranty.plan import (
    Clause,
    Countries,
    Cover,
    Edge,
    Fitted,
    Maintenance,
    Misuse,
    Model,
    Plan,
    Rest,
    Term,
    Wear,
)
from cloud.warranty.plan_lint import lint

FOLDER: Final = Path(__file__).parent / "plans"
PLANS_MAX: Final = 200
_REMEDY: Final = "See cloud/warranty/README.md, plans"
_Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_ClauseId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
_Text = Annotated[str, Field(min_length=1, max_length=600)]
_Names = Annotated[tuple[_Id, ...], Field(max_length=100)]
_Months = Annotated[int, Field(ge=1, le=600)]
_Distance = Annotated[FiniteFloat, Field(gt=0, le=10_000_000)]
_Year = Annotated[int, Field(ge=1950, le=2200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Applies(_Part):
    make: Annotated[str, Field(min_length=1, max_length=100)]
    models: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ()
    years: tuple[_Year, _Year]


class _ClauseEntry(_Part):
    id: _ClauseId
    kind: Literal["countries", "wear", "misuse", "maintenance", "fitted", "cover", "rest"]
    text: _Text
    components: _Names = ()
    works: _Names = ()
    countries: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = ()
    circumstances: _Names = ()
    months: _Months | None = None
    last_day: Edge | None = None
    distance: _Distance | None = None
    last_distance: Edge | None = None
    grace_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    grace_distance: Annotated[FiniteFloat, Field(ge=0)] | None = None


class _File(_Part):
    id: _Id
    title: Annotated[str, Field(min_length=1, max_length=200)]
    unit: Literal["km", "mi"]
    applies: Annotated[tuple[_Applies, ...], Field(max_length=100)] = ()
    clause: Annotated[tuple[_ClauseEntry, ...], Field(min_length=1, max_length=200)]


_TERM: Final = frozenset({"months", "last_day", "distance", "last_distance"})
_TAKES: Final[Mapping[str, frozenset[str]]] = {
    "countries": frozenset({"countries"}),
    "wear": frozenset({"components", "works"}),
    "misuse": frozenset({"circumstances"}),
    "maintenance": frozenset({"components", "months", "distance", "grace_days", "grace_distance"}),
    "fitted": _TERM | {"components", "works"},
    "cover": _TERM | {"components", "works"},
    "rest": frozenset(),
}
"""What a clause of each kind may say beside id, kind and text."""


def load_plan(file: Path) -> Plan:
    """Read one file.

    Raises:
        ConfigError: it cannot be read or is not of this form; names the file, the place and what is wrong.
    """
    entry = read_toml(file, _File, remedy=_REMEDY)
    clauses = tuple(_clause(one, file) for one in entry.clause)
    applies = tuple(Model(one.make, frozenset(one.models), *one.years) for one in entry.applies)
    return Plan(entry.id, entry.title, entry.unit, applies, clauses, file.name)


def load_plans(folder: Path = FOLDER) -> tuple[Plan, ...]:
    """Every plan of a folder, by its file's name, after a look at whether they make sense.

    Raises:
        ConfigError: there are none or too many, one is not of the form, or makes no sense.
    """
    files = sorted(folder.glob("*.toml"))
    if not 0 < len(files) <= PLANS_MAX:
        raise ConfigError(f"{len(files)} plans are there; 1 to {PLANS_MAX} can be", file=folder, remedy=_REMEDY)
    plans = tuple(map(load_plan, files))
    for complaint in lint(plans):
        raise ConfigError(
            complaint.problem, file=folder / complaint.file, place=complaint.place, remedy=complaint.remedy
        )
    return plans


@cache
def shipped_plans() -> tuple[Plan, ...]:
    """The invented examples that come with Telltale, read once."""
    return load_plans()


def _clause(entry: _ClauseEntry, file: Path) -> Clause:
    said = {name for name in entry.model_fields_set if getattr(entry, name) is not None} - {"id", "kind", "text"}
    strange = sorted(said - _TAKES[entry.kind])
    if strange:
        remedy = f"It takes {', '.join(sorted(_TAKES[entry.kind])) or 'nothing'}"
        problem = f"a clause of kind {entry.kind} says nothing of {', '.join(strange)}"
        raise ConfigError(problem, file=file, place=f"clause {entry.id}", remedy=remedy)
    return _MAKE[entry.kind](entry)


def _common(entry: _ClauseEntry) -> dict[str, Any]:
    both = {"components": frozenset(entry.components), "works": frozenset(entry.works)}
    return {"id": entry.id, "text": entry.text, **both}


def _term(entry: _ClauseEntry) -> Term:
    first, last = entry.last_day or Edge.INCLUDED, entry.last_distance or Edge.INCLUDED
    return Term(entry.months, first, entry.distance, last)


_MAKE: Final[Mapping[str, Callable[[_ClauseEntry], Clause]]] = {
    "countries": lambda one: Countries(**_common(one), countries=frozenset(one.countries)),
    "wear": lambda one: Wear(**_common(one)),
    "misuse": lambda one: Misuse(**_common(one), circumstances=frozenset(one.circumstances)),
    "maintenance": lambda one: Maintenance(
        **_common(one),
        months=one.months,
        distance=one.distance,
        grace_days=one.grace_days or 0,
        grace_distance=one.grace_distance or 0.0,
    ),
    "fitted": lambda one: Fitted(**_common(one), term=_term(one)),
    "cover": lambda one: Cover(**_common(one), term=_term(one)),
    "rest": lambda one: Rest(**_common(one)),
}
