"""A warranty plan: its clauses, for which vehicles it is, and how its months and distances are counted. Pure."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

KM_PER: Final = {"km": 1.0, "mi": 1.609344}
"""Kilometres of each unit; the international mile is exact (NIST SP 811, appendix B.6)."""


class Edge(StrEnum):
    """Whether the last day, or the last kilometre, is still covered."""

    INCLUDED = "included"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Term:
    """How long and how far something counts; whichever ends first ends it."""

    months: int | None = None
    """None: whatever the time."""
    last_day: Edge = Edge.INCLUDED
    distance: float | None = None
    """In the plan's unit; None: whatever the distance."""
    last_distance: Edge = Edge.INCLUDED


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: what it says, and to what it applies. An empty list of components or works is all of them."""

    id: str
    text: str
    components: frozenset[str] = frozenset()
    works: frozenset[str] = frozenset()

    def concerns(self, component: str, work: str) -> bool:
        """Whether it is about this component and this kind of work."""
        return (not self.components or component in self.components) and (not self.works or work in self.works)


@dataclass(frozen=True, slots=True)
class Countries(Clause):
    """Where vehicles must be registered."""

    countries: frozenset[str] = frozenset()
    """ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True)
class Wear(Clause):
    """Kinds of work that are not covered, since their parts wear with use."""


@dataclass(frozen=True, slots=True)
class Misuse(Clause):
    """Circumstances under which nothing is covered."""

    circumstances: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Maintenance(Clause):
    """How long and how far after the one before each service had to be done."""

    months: int | None = None
    distance: float | None = None
    """In the plan's unit, as is the grace."""
    grace_days: int = 0
    """So many days late are forgiven, the last one included."""
    grace_distance: float = 0.0


@dataclass(frozen=True, slots=True)
class Fitted(Clause):
    """A part that was fitted later has a term of its own in place of the vehicle's."""

    term: Term = Term()


@dataclass(frozen=True, slots=True)
class Cover(Clause):
    """What is covered, from going into service on."""

    term: Term = Term()


@dataclass(frozen=True, slots=True)
class Rest(Clause):
    """What no cover is about is not covered. Each plan has exactly one, at its end."""


@dataclass(frozen=True, slots=True)
class Model:
    """Vehicles of a make for which a plan is."""

    make: str
    models: frozenset[str]
    """Empty: all of the make."""
    first_year: int
    last_year: int

    def fits(self, make: str | None, model: str | None, year: int | None) -> bool:
        """Whether such a vehicle is one of them; what is unknown of it fits nothing that asks for it."""
        if make is None or make.casefold() != self.make.casefold():
            return False
        names = {name.casefold() for name in self.models}
        is_model = not names or (model is not None and model.casefold() in names)
        return is_model and year is not None and self.first_year <= year <= self.last_year


@dataclass(frozen=True, slots=True)
class Plan:
    """One warranty plan. The order of the clauses counts: of several that decide, the first is named."""

    id: str
    title: str
    unit: str
    """km or mi: what its distances are in."""
    applies: tuple[Model, ...]
    """Empty: only where it is assigned by hand."""
    clauses: tuple[Clause, ...]
    file: str = ""

    def of_unit(self, km: float) -> float:
        """Kilometres in the plan's unit, to a tenth of a metre, so that a whole limit is met exactly."""
        return round(km / KM_PER[self.unit], 4)


def months_after(day: date, months: int) -> date:
    """The same day so many calendar months later; the month's last day where it has no such day (31 Jan, 28 Feb)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def plans_for(plans: Sequence[Plan], make: str | None, model: str | None, year: int | None) -> list[Plan]:
    """The plans that are for such a vehicle."""
    return [plan for plan in plans if any(one.fits(make, model, year) for one in plan.applies)]
