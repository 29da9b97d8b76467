"""Fleets with a cause planted in them, or none: a year of trips, incidents and repairs of each vehicle, by chance.

Vehicles differ in how much they drive and in how prone each of their components is (gamma, shape 2), as vehicles do;
models come in builds, and a firmware is commoner in one model than in another. What is planted multiplies how often
one component fails in the vehicles that have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from random import Random
from typing import Final

from cloud.fleet.profile import Part, Profile
from cloud.rca.cohort import Attribute
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


TARGETS: Final[Mapping[Planted, tuple[str, Attribute, str]]] = {
    Planted.PART_BATCH: ("cooling", Attribute.PART_BATCH, "cooling-2"),
    Planted.FIRMWARE: ("charging", Attribute.FIRMWARE, "1.1"),
}
"""The cohort that is to be found."""


def members_of(plant: Plant) -> list[Member]:
    """The vehicles of a fleet, each with its year."""
    rng = Random(f"{plant.planted} {plant.times} {plant.seed}")
    return [_member(plant, number, rng) for number in range(rng.randrange(60, 160))]


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
    later: dict[float, Profile] = {}
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
                later[at_d] = _repaired(later, profile, component, at_d, rng)
            at_d += 2.0 + rng.expovariate(prone / YEAR_D)
    return Member(profile, failures, km_per_leg=km / YEAR_D * LEG_D, later=dict(sorted(later.items())))


def _repaired(later: Mapping[float, Profile], profile: Profile, component: str, at_d: float, rng: Random) -> Profile:
    """With a new part of any batch, beside what was replaced by then."""
    before = max((at for at in later if at <= at_d), default=None)
    held = profile if before is None else later[before]
    new = Part(held.parts[component].number, f"{component}-{rng.randrange(BATCHES)}", _date(at_d))
    return replace(held, parts={**held.parts, component: new})


def _has(profile: Profile, component: str, planted: str, attribute: Attribute, value: str) -> bool:
    if component != planted:
        return False
    held = profile.firmware if attribute is Attribute.FIRMWARE else profile.parts[component].batch
    return held == value


def _date(at_d: float) -> date:
    return day(at_d).date()
