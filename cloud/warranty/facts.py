"""What a plan is asked about: what is claimed, what is known of the vehicle, and whether that fits together. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final

ROUNDING_KM: Final = 1.0
"""So much may a later odometer be below an earlier one: people write down whole kilometres."""


class Lack(StrEnum):
    """What is missing, or in conflict with something else."""

    PLAN = "plan"
    FAILED_ON = "failed_on"
    IN_SERVICE_ON = "in_service_on"
    COUNTRY = "country"
    ODOMETER = "odometer"
    MAINTENANCE = "maintenance"
    FITTED_ON = "fitted_on"
    FITTED_KM = "fitted_km"


@dataclass(frozen=True, slots=True)
class Service:
    """One service that was done, as it stands in the service book."""

    on: date
    km: float | None = None
    """None: nobody wrote it down."""


@dataclass(frozen=True, slots=True)
class FittedPart:
    """What is known of the part that failed."""

    fitted_on: date | None = None
    fitted_km: float | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim says."""

    component: str
    work: str
    """A kind of work, as the workshop's catalogue names it."""
    failed_on: date
    """The day of the failure where the vehicle is; the cloud takes it in UTC."""
    claimed_on: date
    odometer_km: float | None
    """At the failure; None: unknown."""
    circumstances: frozenset[str] = frozenset()
    maintenance: tuple[Service, ...] | None = None
    """Every service since it went into service; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the odometer showed, and who says so."""

    on: date
    km: float
    source: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the vehicle without the claim; None: unknown."""

    in_service_on: date | None = None
    country: str | None = None
    part: FittedPart | None = None
    """The failed component's; None: nothing says that it was ever changed."""
    readings: Sequence[Reading] = ()
    """The vehicle's own odometer, in any order."""


Conflicts = dict[tuple[Lack, ...], str]
"""What contradicts what, in words."""


def conflicts(claimed: Claimed, known: Known) -> Conflicts:
    """Everything that contradicts something else; empty when all of it can be true."""
    found: Conflicts = {}
    fitted_on = None if known.part is None else known.part.fitted_on
    if claimed.failed_on > claimed.claimed_on:
        found[(Lack.FAILED_ON,)] = f"it failed on {claimed.failed_on}, after the claim of {claimed.claimed_on}"
    if known.in_service_on is not None and claimed.failed_on < known.in_service_on:
        told = f"it failed on {claimed.failed_on}, before it went into service on {known.in_service_on}"
        found[(Lack.FAILED_ON, Lack.IN_SERVICE_ON)] = told
    if fitted_on is not None and claimed.failed_on < fitted_on:
        told = f"the part failed on {claimed.failed_on}, before it was fitted on {fitted_on}"
        found[(Lack.FAILED_ON, Lack.FITTED_ON)] = told
    backwards = _backwards(claimed, known)
    if backwards is not None:
        earlier, later = backwards
        found[(Lack.ODOMETER,)] = f"the odometer went backwards: {_told(earlier)}, {_told(later)}"
    return found


def _backwards(claimed: Claimed, known: Known) -> tuple[Reading, Reading] | None:
    """Two readings of which the later is lower; of one day nobody knows which was first."""
    readings = list(known.readings)
    readings += [Reading(one.on, one.km, "a service") for one in claimed.maintenance or () if one.km is not None]
    part = known.part
    if part is not None and part.fitted_on is not None and part.fitted_km is not None:
        readings.append(Reading(part.fitted_on, part.fitted_km, "the fitting of the part"))
    if claimed.odometer_km is not None:
        readings.append(Reading(claimed.failed_on, claimed.odometer_km, "the claim"))
    ordered = sorted(readings, key=lambda one: (one.on, one.km))
    pairs = (two for two in pairwise(ordered) if two[0].on < two[1].on and two[1].km < two[0].km - ROUNDING_KM)
    return next(pairs, None)


def _told(reading: Reading) -> str:
    return f"{reading.source} has {reading.km:.10g} km on {reading.on}"
