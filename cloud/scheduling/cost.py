"""What a time costs, in expected cents: the objective of every offer and plan, with its constants. Pure.

Everything is money, because then a detour, a day of standing still and a risk can be weighed against each other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Final
from zoneinfo import ZoneInfo

from cloud.scheduling.cells import CELL, cells_for
from cloud.scheduling.model import Centre, Job, Life, Place
from edge.wire.messages import Action

_EARTH_KM: Final = 6371.0
_DETOUR: Final = 1.3
"""Road over straight line; Ballou, Rahardja and Sakai 2002: 1.32 in Germany, 1.20 in the United States."""
_EUR_PER_KM: Final = 0.30
"""German federal travel expenses act (BRKG), section 5 (2), for a car; there and back is driven."""
_DOWNTIME_EUR_PER_DAY: Final = 150.0
"""Judgement: a hired van and a lost half day of the driver."""
_BREAKDOWN_EUR: Final = 1500.0
"""Judgement: towing, two days of standing still, what else breaks."""
_RISK_PER_DAY: Final = {
    Action.STOP_NOW: 0.0,  # it stands
    Action.NEAREST_WORKSHOP: 0.10,
    Action.FINISH_SHIFT: 0.03,
    Action.NEXT_SERVICE: 0.003,
    Action.WATCH: 0.001,
}
"""Judgement: how likely it breaks down on any one day of waiting, where no remaining life is known."""
_LATEST: Final = {Action.NEAREST_WORKSHOP: timedelta(days=3), Action.FINISH_SHIFT: timedelta(days=7)}
"""The latest safe start after the vehicle is ready, where nobody says otherwise; the others have the horizon."""
RISK_MAX: Final = 0.2
"""With a known remaining life the work begins before the risk of having failed is larger."""
_DAY: Final = timedelta(days=1)
_OTHER_DAY_EUR: Final = 20.0
_OTHER_HOURS_EUR: Final = 10.0
_OTHER_CENTRE_EUR: Final = 15.0
"""Judgement: what somebody would pay to have it as they like it."""


class Charge(StrEnum):
    """What a time costs money for."""

    TRAVEL = "travel"
    DOWNTIME = "downtime"
    TOO_LATE = "too_late"
    TOO_EARLY = "too_early"
    OTHER_DAY = "other_day"
    OTHER_HOURS = "other_hours"
    OTHER_CENTRE = "other_centre"


@dataclass(frozen=True, slots=True)
class Cost:
    """The charges of one job at one centre and time, in cents; none is negative, and what is nothing is left out."""

    cents: dict[Charge, int]

    @property
    def total(self) -> int:
        """All of it, in cents."""
        return sum(self.cents.values())


def distance_km(job: Job, centre: Centre) -> float | None:
    """By road, one way, estimated from the straight line; None where nobody knows where the vehicle is."""
    return None if job.place is None else _DETOUR * _straight_km(job.place, centre.place)


def latest_start(job: Job, now: datetime) -> datetime | None:
    """When the work must have begun to be safe; None: there is no such moment."""
    limits = []
    if job.latest_at is not None:
        limits.append(job.latest_at)
    elif job.action in _LATEST:
        limits.append(max(now, job.ready_at) + _LATEST[job.action])
    life = _life(job)
    if life is not None:
        limits.append(life.fails_from + RISK_MAX * (life.fails_by - life.fails_from))
    return min(limits, default=None)


def cost_of(job: Job, centre: Centre, start_at: datetime, now: datetime) -> Cost:
    """What it costs to begin this job there and then."""
    return Fare(job, centre, now).at(start_at)


class Fare:
    """What it costs to begin one job at one centre, by when it begins.

    It is asked for every free time of four weeks, so what is the same for all of them is worked out once.
    """

    def __init__(self, job: Job, centre: Centre, now: datetime) -> None:
        wanted = job.preferences
        self._job = job
        self._now = now
        self._zone = ZoneInfo(centre.zone)
        self._lasts = CELL * cells_for(job.work.minutes)
        self._travel = 2 * _EUR_PER_KM * (distance_km(job, centre) or 0.0)
        self._elsewhere = 0.0 if wanted.centre in {None, centre.id} else _OTHER_CENTRE_EUR
        self._same_cents = round(100 * self._travel) + round(100 * self._elsewhere)
        self._is_timed = bool(wanted.weekdays) or wanted.after is not None or wanted.before is not None

    def at(self, start_at: datetime) -> Cost:
        """Every charge of a start."""
        too_late, downtime, too_early = self._waiting(start_at)
        other_day, other_hours = self._misses(start_at)
        euros = {
            Charge.TRAVEL: self._travel,
            Charge.TOO_LATE: too_late,
            Charge.DOWNTIME: downtime,
            Charge.TOO_EARLY: too_early,
            Charge.OTHER_DAY: other_day,
            Charge.OTHER_HOURS: other_hours,
            Charge.OTHER_CENTRE: self._elsewhere,
        }
        return Cost({charge: round(100 * value) for charge, value in euros.items() if round(100 * value)})

    def total(self, start_at: datetime) -> int:
        """The same charges together, in cents."""
        too_late, downtime, too_early = self._waiting(start_at)
        waiting = round(100 * too_late) + round(100 * downtime) + round(100 * too_early)
        return self._same_cents + waiting + sum(round(100 * euros) for euros in self._misses(start_at))

    def _waiting(self, start_at: datetime) -> tuple[float, float, float]:
        """Euros for too late, downtime and too early."""
        too_late = _BREAKDOWN_EUR * risk_of(self._job, start_at, self._now)
        if self._job.action is Action.STOP_NOW:
            return too_late, _DOWNTIME_EUR_PER_DAY * _days(self._now, start_at), 0.0
        life = self._job.life
        if life is None or start_at >= life.middle():
            return too_late, 0.0, 0.0
        # Age replacement (Barlow and Proschan 1965, chapter 4): what comes out early has life left that was paid for.
        left = (life.middle() - start_at) / (life.middle() - min(self._now, start_at))
        return too_late, 0.0, self._job.work.parts_value_eur * left

    def _misses(self, start_at: datetime) -> tuple[float, float]:
        """Euros for another day and for other hours than the owner would have."""
        if not self._is_timed:
            return 0.0, 0.0
        wanted = self._job.preferences
        begin = start_at.astimezone(self._zone)
        end = (start_at + self._lasts).astimezone(self._zone)
        other_day = wanted.weekdays and begin.weekday() not in wanted.weekdays
        too_soon = wanted.after is not None and begin.time() < wanted.after
        too_long = wanted.before is not None and end.time() > wanted.before
        return _OTHER_DAY_EUR if other_day else 0.0, _OTHER_HOURS_EUR if too_soon or too_long else 0.0


def risk_of(job: Job, start_at: datetime, now: datetime) -> float:
    """The probability that it breaks down before: by the remaining life where it is known, else by the action."""
    life = _life(job)
    if life is not None:
        return life.risk(start_at)
    return min(1.0, _RISK_PER_DAY[job.action] * _days(max(now, job.ready_at), start_at))


def _life(job: Job) -> Life | None:
    """The remaining life, where it says anything: a vehicle that stands does not break down on the road."""
    return None if job.action is Action.STOP_NOW else job.life


def _days(begin: datetime, end: datetime) -> float:
    return max(0.0, (end - begin) / _DAY)


@lru_cache(maxsize=4096)  # asked for at every time, of the same few places
def _straight_km(here: Place, there: Place) -> float:
    """Along a great circle (haversine formula)."""
    latitude, other = radians(here.latitude_deg), radians(there.latitude_deg)
    across = sin((other - latitude) / 2) ** 2
    along = sin(radians(there.longitude_deg - here.longitude_deg) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, across + cos(latitude) * cos(other) * along)))
