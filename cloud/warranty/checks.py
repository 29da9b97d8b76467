"""Whether a claim fits what the vehicle itself told: its mileage, the symptom, the place. Pure.

Each check is a doubt to look into, never a verdict: `implausible` says that two records do not fit, not which is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Final

from cloud.scheduling.model import Place

KM_PER_DAY_MAX: Final = 2000.0
"""More than two drivers make in a day: 24 h at 83 km/h. Judgement."""
TOLERANCE_KM: Final = 50.0
TOLERANCE_SHARE: Final = 0.01
"""What a claimed odometer may be off: a drive to the workshop after the failure, or 1 %; the larger. Judgement."""
HEARD_SHARE: Final = 0.9
"""Trips that add up to so much of the claimed distance are its whole life, for practical purposes. Judgement."""
SYMPTOM_FOR: Final = timedelta(days=90)
"""So long before the failure may a symptom have begun. Judgement."""
NEAR_KM: Final = 1.0
"""A vehicle on a workshop's ground, with the receiver's own error beside. Judgement."""
STAYS: Final = timedelta(hours=12)
"""A vehicle is brought the evening before and fetched the next morning. Judgement."""
REACH_KMH: Final = 130.0
"""So far along a straight line nobody gets in an hour on roads. Judgement."""
_EARTH_KM: Final = 6371.0


class Subject(StrEnum):
    """What is looked at."""

    MILEAGE = "mileage"
    SYMPTOM = "symptom"
    PLACE = "place"


class Finding(StrEnum):
    """What came out."""

    PLAUSIBLE = "plausible"
    IMPLAUSIBLE = "implausible"
    CANNOT_BE_CHECKED = "cannot_be_checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of the claim with the vehicle's own word."""

    subject: Subject
    finding: Finding
    reason: str
    """With the numbers."""
    sources: tuple[str, ...] = ()
    """Where the numbers come from."""


@dataclass(frozen=True, slots=True)
class OdometerReading:
    """What the vehicle's own odometer said, in a summary."""

    at: datetime
    km: float


@dataclass(frozen=True, slots=True)
class Driven:
    """What the vehicle's trips add up to until a moment."""

    trips: int
    """That told their distance."""
    km: float
    without_distance: int
    """Trips that did not."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """Something that spoke of the component."""

    kind: str
    """alert, code or indicator."""
    name: str
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where the vehicle was."""

    at: datetime
    place: Place
    accuracy_m: float | None


@dataclass(frozen=True, slots=True)
class Visit:
    """Where and when the vehicle is said to have been repaired."""

    centre: str
    place: Place | None
    """None: the centre is not known any more."""
    begun_at: datetime
    """Of the work; the vehicle may have come before,"""
    ended_at: datetime
    """and left later."""

    @property
    def from_at(self) -> datetime:
        """From when on it may have been there."""
        return self.begun_at - STAYS

    @property
    def until(self) -> datetime:
        """Until when."""
        return self.ended_at + STAYS


def check_mileage(
    claimed_km: float | None, failed_at: datetime, readings: Sequence[OdometerReading], driven: Driven
) -> Check:
    """The claimed odometer against the vehicle's own, or where there is none, against what its trips add up to.

    Args:
        claimed_km: what the claim says; None: nothing.
        failed_at: when that was.
        readings: the latest before and the first after, as far as there are.
        driven: the trips until then.
    """
    if claimed_km is None:
        return _cannot(Subject.MILEAGE, "The claim says no odometer")
    if readings:
        return _by_odometer(claimed_km, failed_at, readings)
    if not driven.trips:
        return _cannot(Subject.MILEAGE, "The vehicle told neither its odometer nor the distance of any trip")
    return _by_trips(claimed_km, driven)


def _by_odometer(claimed_km: float, failed_at: datetime, readings: Sequence[OdometerReading]) -> Check:
    slack = max(TOLERANCE_KM, TOLERANCE_SHARE * claimed_km)
    sources = tuple(f"summary of {_when(one.at)}: odometer {one.km:.1f} km" for one in readings)
    lowest, highest = 0.0, float("inf")
    for one in readings:
        days = abs(failed_at - one.at) / timedelta(days=1)
        far = KM_PER_DAY_MAX * days
        low, high = (one.km, one.km + far) if one.at <= failed_at else (one.km - far, one.km)
        lowest, highest = max(lowest, low), min(highest, high)
    is_in = lowest - slack <= claimed_km <= highest + slack
    told = f"{claimed_km:.0f} km are claimed; by its own odometer it had {lowest:.0f} to {highest:.0f} km"
    finding = Finding.PLAUSIBLE if is_in else Finding.IMPLAUSIBLE
    return Check(Subject.MILEAGE, finding, f"{told}, and {slack:.0f} km either way are allowed", sources)


def _by_trips(claimed_km: float, driven: Driven) -> Check:
    slack = max(TOLERANCE_KM, TOLERANCE_SHARE * claimed_km)
    rest = f", {driven.without_distance} more told none" if driven.without_distance else ""
    sources = (f"{driven.trips} trips with a distance{rest}",)
    told = f"{claimed_km:.0f} km are claimed; its trips alone add up to {driven.km:.0f} km"
    if driven.km > claimed_km + slack:
        return Check(Subject.MILEAGE, Finding.IMPLAUSIBLE, f"{told}, which is more", sources)
    if driven.km >= HEARD_SHARE * claimed_km:
        return Check(Subject.MILEAGE, Finding.PLAUSIBLE, told, sources)
    reason = f"{told}: how far it ran before it was heard, or unheard, is unknown"
    return Check(Subject.MILEAGE, Finding.CANNOT_BE_CHECKED, reason, sources)


def check_symptom(
    component: str, failed_at: datetime, symptoms: Sequence[Symptom], heard_from: datetime | None
) -> Check:
    """Whether anything spoke of the component up to the failure.

    Args:
        component: which.
        failed_at: up to when; what came later is the consequence, or another trouble.
        symptoms: everything that spoke of it, in any order.
        heard_from: since when the vehicle was heard at all; None: never. Who was not heard cannot have said anything.
    """
    since = failed_at - SYMPTOM_FOR
    fit = sorted(
        (one for one in symptoms if since <= one.at <= failed_at),
        key=lambda one: (one.at, _SYMPTOM_RANK[one.kind], one.name),
    )
    sources = tuple(f"{one.source}, {_when(one.at)}" for one in fit[:_SOURCES_MAX])
    if fit:
        first, more = fit[0], len(fit) - 1
        told = f"{first.kind} {first.name} {_before(failed_at - first.at)} the failure"
        rest = f", and {more} more" if more else ""
        return Check(Subject.SYMPTOM, Finding.PLAUSIBLE, f"{told}{rest}", sources)
    if heard_from is None or heard_from > failed_at:
        return _cannot(Subject.SYMPTOM, "The vehicle was not heard before the failure")
    reason = f"No alert, code or indicator of {component} in the {SYMPTOM_FOR.days} days before the failure"
    return Check(Subject.SYMPTOM, Finding.IMPLAUSIBLE, reason, (f"heard since {_when(heard_from)}",))


_SOURCES_MAX: Final = 20
_SYMPTOM_RANK: Final = {"alert": 0, "code": 1, "indicator": 2}
"""Of what came at once the plainest is named first."""


def check_place(visit: Visit, sightings: Sequence[Sighting]) -> Check:
    """Whether the vehicle was at the workshop while it is said to have been repaired there."""
    workshop = visit.place
    if workshop is None:
        return _cannot(Subject.PLACE, f"Where {visit.centre} is, is not known any more")
    during = [one for one in sightings if visit.from_at <= one.at <= visit.until]
    if not during:
        told = f"from {_when(visit.from_at)} to {_when(visit.until)}"
        return _cannot(Subject.PLACE, f"The vehicle told no position {told}")
    nearest = min(during, key=lambda one: distance_km(one.place, workshop))
    away = distance_km(nearest.place, workshop)
    allowed = _allowed_km(nearest)
    reason = f"At the nearest it was {away:.1f} km from {visit.centre}; {allowed:.1f} km are allowed"
    sources = (f"the nearest of {len(during)} known positions, {_when(nearest.at)}",)
    if any(distance_km(one.place, workshop) <= _allowed_km(one) for one in during):
        return Check(Subject.PLACE, Finding.PLAUSIBLE, reason, sources)
    against = next((one for one in during if _is_out_of_reach(one, workshop, visit)), None)
    if against is None:
        return Check(Subject.PLACE, Finding.CANNOT_BE_CHECKED, f"{reason}, and it may have come and gone", sources)
    km, hours = distance_km(against.place, workshop), _from_work(against, visit) / timedelta(hours=1)
    reason = f"{reason}. It was {km:.1f} km away {hours:.1f} h from the work"
    return Check(Subject.PLACE, Finding.IMPLAUSIBLE, reason, (*sources, f"position of {_when(against.at)}"))


def _allowed_km(one: Sighting) -> float:
    return NEAR_KM + (one.accuracy_m or 0.0) / 1000


def _is_out_of_reach(one: Sighting, workshop: Place, visit: Visit) -> bool:
    """Whether nobody gets from there to the workshop, or back, in the time between the sighting and the work."""
    reach = REACH_KMH * (_from_work(one, visit) / timedelta(hours=1))
    return distance_km(one.place, workshop) - _allowed_km(one) > reach


def _from_work(one: Sighting, visit: Visit) -> timedelta:
    return max(visit.begun_at - one.at, one.at - visit.ended_at, timedelta())


def distance_km(here: Place, there: Place) -> float:
    """Along a great circle (haversine formula, mean radius of the earth)."""
    latitude, other = radians(here.latitude_deg), radians(there.latitude_deg)
    across = sin((other - latitude) / 2) ** 2
    along = sin(radians(there.longitude_deg - here.longitude_deg) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, across + cos(latitude) * cos(other) * along)))


def _cannot(subject: Subject, reason: str) -> Check:
    return Check(subject, Finding.CANNOT_BE_CHECKED, reason)


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _before(span: timedelta) -> str:
    if span >= timedelta(days=1):
        return f"{span.days} days before"
    if span >= timedelta(hours=1):
        return f"{span.seconds // 3600} h before"
    return f"{max(0, span.seconds) // 60} min before"
