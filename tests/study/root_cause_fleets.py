"""Fleets with a cause planted in them, or none: a year of trips, incidents and repairs of each vehicle, by chance.

Vehicles differ in how much they drive and in how prone each of their components is (gamma, shape 2), as vehicles do;
models come in builds, and a firmware is commoner in one model than in another. What is planted multiplies how often
one component fails in the vehicles that have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from random import Random
from typing import Final

from cloud.fleet.profile import Former, Part, Profile, fitted_at
from cloud.rca.cohort import Attribute, Course, Observed, traits_of
from edge.wire.topics import Address
from tests.unit.cloud.fleets import LEG_D, YEAR_D, Failure, Member, day

COMPONENTS: Final[Mapping[str, float]] = {"cooling": 0.12, "charging": 0.15, "brakes": 0.20}
"""With how many failures a year each is reckoned, at 15,000 km."""
MODELS: Final[Mapping[str, tuple[tuple[str, ...], float]]] = {
    "Kombi": (("1.0", "1.1", "1.2"), 0.6),
    "Pritsche": (("1.1", "1.2"), 0.25),
    "Bus": (("1.2", "2.0"), 0.15),
}
"""Which firmware each model has, and how many of the fleet it is."""
YEARS: Final = range(2020, 2025)
BATCHES: Final = 5
"""Of each part."""
KM_PER_YEAR: Final = 15_000.0
SMALL: Final = range(60, 160)
LARGE: Final = range(400, 401)
REPLACED: Final = 0.6
"""How often a failed part is replaced, three days later."""


class Planted(StrEnum):
    """What is wrong with a fleet."""

    NOTHING = "nothing"
    PART_BATCH = "part_batch"
    """A batch of the pump."""
    FIRMWARE = "firmware"
    """A release that does not charge well."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A fleet that is to be simulated."""

    planted: Planted
    times: float
    """How much more often it goes wrong."""
    seed: int
    sizes: range = SMALL
    """How many vehicles it may have."""


TARGETS: Final[Mapping[Planted, tuple[str, Attribute, str]]] = {
    Planted.PART_BATCH: ("cooling", Attribute.PART_BATCH, "cooling-2"),
    Planted.FIRMWARE: ("charging", Attribute.FIRMWARE, "1.1"),
}
"""The cohort that is to be found."""


def members_of(plant: Plant) -> list[Member]:
    """The vehicles of a fleet, each with its year."""
    rng = Random(f"{plant.planted} {plant.times} {plant.seed}")
    return [_member(plant, number, rng) for number in range(rng.choice(plant.sizes))]


def observed(members: Sequence[Member]) -> list[Observed]:
    """What the cloud's services would gather of them, without a database: a test compares."""
    seen = []
    for member in members:
        legs = int(member.until_d / LEG_D)
        km = 0.0 if member.km_per_leg is None else member.km_per_leg
        course = Course(legs * km, tuple((day(leg * LEG_D), km) for leg in range(legs)))
        first: dict[str, datetime] = {}
        for failure in sorted(member.failures, key=lambda one: one.at_d):
            first.setdefault(failure.component, day(failure.at_d))
        held, formers = member.profile, []
        for profile in member.later.values():
            formers += [
                Former(profile.address, name, part.number, part.batch, _fitted(profile.parts[name]))
                for name, part in held.parts.items()
                if part != profile.parts[name]
            ]
            held = profile
        seen.append(Observed(member.profile.address, traits_of(held, formers), course, first))
    return seen


def _member(plant: Plant, number: int, rng: Random) -> Member:
    model = rng.choices(list(MODELS), [share for _, share in MODELS.values()])[0]
    year = rng.choice(YEARS)
    parts = {
        component: Part(f"{component}-{model[0]}", f"{component}-{rng.randrange(BATCHES)}") for component in COMPONENTS
    }
    profile = Profile(
        Address("north", f"v-{number:03}"),
        make="Nordwagen",
        model=model,
        model_year=year,
        batch=f"{model[0]}{year % 100}-{rng.randrange(2)}",
        firmware=rng.choice(MODELS[model][0]),
        parts=parts,
    )
    km = KM_PER_YEAR * rng.lognormvariate(-0.08, 0.4)
    failures: list[Failure] = []
    replaced: dict[float, str] = {}
    for component, usual in COMPONENTS.items():
        prone = usual * rng.gammavariate(2.0, 0.5) * km / KM_PER_YEAR
        target = TARGETS.get(plant.planted)
        if target is not None and _has(profile, component, *target):
            prone *= plant.times
        at_d = rng.expovariate(prone / YEAR_D)
        while at_d < YEAR_D - 10.0:
            failures.append(Failure(at_d, component))
            if rng.random() < REPLACED:
                at_d += 3.0
                replaced[at_d] = component
            at_d += 2.0 + rng.expovariate(prone / YEAR_D)
    return Member(profile, failures, km_per_leg=km / YEAR_D * LEG_D, later=_repaired(profile, replaced, rng))


def _repaired(profile: Profile, replaced: Mapping[float, str], rng: Random) -> dict[float, Profile]:
    """What it is from then on, each time with one more new part, of any batch."""
    later, held = {}, profile
    for at_d, component in sorted(replaced.items()):
        new = Part(held.parts[component].number, f"{component}-{rng.randrange(BATCHES)}", _date(at_d))
        later[at_d] = held = replace(held, parts={**held.parts, component: new})
    return later


def _fitted(part: Part) -> datetime:
    if part.fitted_on is None:
        raise ValueError("a new part says since when it is in")
    return fitted_at(part.fitted_on)


def _has(profile: Profile, component: str, planted: str, attribute: Attribute, value: str) -> bool:
    if component != planted:
        return False
    held = profile.firmware if attribute is Attribute.FIRMWARE else profile.parts[component].batch
    return held == value


def _date(at_d: float) -> date:
    return day(at_d).date()
