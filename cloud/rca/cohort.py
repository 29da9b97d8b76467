"""Cohorts: vehicles that have something in common, what went wrong with them, and how long they could go wrong. Pure.

A vehicle counts once for each component: with its first incident in the period, at which its exposure ends. One vehicle
that fails ten times is one bad vehicle and says nothing of the others; and where each counts at most once, counts do
not scatter more than the model of them says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from cloud.fleet.profile import Former, Profile, fitted_at
from edge.wire.topics import Address

DAY_S: Final = 86_400.0


class Attribute(StrEnum):
    """What vehicles can have in common."""

    MODEL = "model"
    MODEL_YEAR = "model_year"
    BATCH = "batch"
    """Of the vehicle's build."""
    FIRMWARE = "firmware"
    PART_NUMBER = "part_number"
    """Of the part of the component that is looked at."""
    PART_BATCH = "part_batch"


class Unit(StrEnum):
    """What exposure is counted in."""

    KM = "km"
    DAYS = "days"
    """Under observation: from the first that was heard to the last."""


@dataclass(frozen=True, slots=True)
class Period:
    """From then on, until before then."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that a vehicle has, or had."""

    attribute: Attribute
    component: str | None
    """Whose part it is; None: it is of the vehicle."""
    value: str
    since: datetime | None
    """None: ever, as far as is known."""
    until: datetime | None
    """None: still."""

    def holds(self, begin: datetime, end: datetime) -> bool:
        """Whether it was so all this time."""
        return (self.since is None or self.since <= begin) and (self.until is None or end <= self.until)


@dataclass(frozen=True, slots=True)
class Course:
    """How much a vehicle was exposed, and when."""

    total: float
    """Over the period."""
    legs: tuple[tuple[datetime, float], ...] | None = None
    """When how much was driven; None: evenly from `begin` to `end`, or never to be divided."""
    begin: datetime | None = None
    end: datetime | None = None

    def between(self, since: datetime, until: datetime) -> float:
        """What of it falls into this time."""
        if self.legs is not None:
            return sum(much for at, much in self.legs if since <= at < until)
        if self.begin is None or self.end is None or self.begin >= self.end:
            return 0.0
        overlap = (min(self.end, until) - max(self.begin, since)).total_seconds()
        return self.total * max(0.0, overlap) / (self.end - self.begin).total_seconds()


@dataclass(frozen=True, slots=True)
class Observed:
    """One vehicle over the period."""

    address: Address
    traits: tuple[Trait, ...]
    course: Course
    first: Mapping[str, datetime] = field(default_factory=dict)
    """When the first incident of each component was; one that had none is not in it."""
    causes: Mapping[str, str] = field(default_factory=dict)
    """What a technician found at that incident, where one did, by component."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A vehicle while nothing of what is asked changed."""

    vehicle: Address
    values: tuple[str | None, ...]
    """Of each attribute that is asked for; None: unknown."""
    exposure: float
    had: bool
    """The first incident ended it."""
    cause: str | None
    """What a technician found at that incident."""


@dataclass(frozen=True, slots=True)
class Side:
    """A group's count."""

    vehicles: int
    events: int
    """Vehicles with an incident of the component."""
    exposure: float
    """Of all of its vehicles, each until its first incident."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Vehicles with one thing in common, beside the others of which that is known."""

    component: str
    attribute: Attribute
    value: str
    inside: Side
    outside: Side
    unknown: int
    """Vehicles of which it is not known, or not for all of the time."""
    causes: Mapping[str, int]
    """What technicians found at its incidents, how often; where none did, nothing."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is, for sorting."""
        return self.component, self.attribute, self.value

    @property
    def share(self) -> float | None:
        """Of the exposure that is its own; None: there is none."""
        both = self.inside.exposure + self.outside.exposure
        return self.inside.exposure / both if both > 0.0 else None

    @property
    def ratio(self) -> float | None:
        """Its rate over the others'; None: it cannot be known."""
        rates = [side.events / side.exposure if side.exposure > 0.0 else None for side in (self.inside, self.outside)]
        return rates[0] / rates[1] if rates[0] is not None and rates[1] else None


def traits_of(profile: Profile, formers: Iterable[Former]) -> tuple[Trait, ...]:
    """What a vehicle has and had; what is not known is not in it."""
    model = " ".join(name for name in (profile.make, profile.model) if name) if profile.model else None
    year = None if profile.model_year is None else str(profile.model_year)
    fixed = {Attribute.MODEL: model, Attribute.MODEL_YEAR: year, Attribute.BATCH: profile.batch}
    traits = [Trait(attribute, None, value, None, None) for attribute, value in fixed.items() if value]
    changes: dict[str | None, datetime] = {}
    for former in formers:
        traits += _fit(former.component, former.number, former.batch, changes.get(former.component), former.until)
        changes[former.component] = former.until
    if profile.firmware:
        traits += _fit(None, profile.firmware, None, changes.get(None), None)
    for component, part in profile.parts.items():
        fitted = None if part.fitted_on is None or part.fitted_on == profile.built_on else fitted_at(part.fitted_on)
        traits += _fit(component, part.number, part.batch, changes.get(component, fitted), None)
    return tuple(traits)


def cohorts_of(vehicles: Sequence[Observed], component: str, attribute: Attribute, period: Period) -> list[Cohort]:
    """Every cohort of one attribute, by value."""
    known: dict[str, list[Piece]] = {}
    unknown = set()
    for piece in (one for vehicle in vehicles for one in pieces_of(vehicle, component, (attribute,), period)):
        value = piece.values[0]
        if value is None:
            unknown.add(piece.vehicle)
        else:
            known.setdefault(value, []).append(piece)
    everybody = [piece for pieces in known.values() for piece in pieces]
    return [
        Cohort(
            component,
            attribute,
            value,
            side_of(pieces),
            side_of([piece for piece in everybody if piece.values[0] != value]),
            len(unknown),
            _causes(pieces),
        )
        for value, pieces in sorted(known.items())
    ]


def pieces_of(vehicle: Observed, component: str, attributes: Sequence[Attribute], period: Period) -> list[Piece]:
    """A vehicle until its first incident, cut where one of these attributes changed."""
    first = vehicle.first.get(component)
    end = period.until if first is None else first
    traits = [[one for one in vehicle.traits if _is(one, attribute, component)] for attribute in attributes]
    changes = {moment for kind in traits for one in kind for moment in (one.since, one.until) if moment is not None}
    cuts = [period.since, *sorted(moment for moment in changes if period.since < moment < end), end]
    pieces = []
    for begin, stop in pairwise(cuts):
        values = tuple(next((one.value for one in kind if one.holds(begin, stop)), None) for kind in traits)
        is_whole = first is None and len(cuts) == 2
        exposure = vehicle.course.total if is_whole else vehicle.course.between(begin, stop)
        had = first is not None and stop == end
        if exposure > 0.0 or had:
            cause = vehicle.causes.get(component) if had else None
            pieces.append(Piece(vehicle.address, values, exposure, had, cause))
    return pieces


def side_of(pieces: Sequence[Piece]) -> Side:
    """A group's count."""
    vehicles = {piece.vehicle for piece in pieces}
    return Side(len(vehicles), sum(piece.had for piece in pieces), sum(piece.exposure for piece in pieces))


def _fit(
    component: str | None, number: str, batch: str | None, since: datetime | None, until: datetime | None
) -> list[Trait]:
    if component is None:
        return [Trait(Attribute.FIRMWARE, None, number, since, until)]
    part = [Trait(Attribute.PART_NUMBER, component, number, since, until)]
    return part if batch is None else [*part, Trait(Attribute.PART_BATCH, component, batch, since, until)]


def _is(trait: Trait, attribute: Attribute, component: str) -> bool:
    return trait.attribute is attribute and trait.component in {None, component}


def _causes(pieces: Sequence[Piece]) -> dict[str, int]:
    found: dict[str, int] = {}
    for piece in pieces:
        if piece.cause is not None:
            found[piece.cause] = found.get(piece.cause, 0) + 1
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
