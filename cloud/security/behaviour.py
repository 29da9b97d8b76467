"""What somebody usually does, and what is not like them (UEBA). Pure.

Two habits are learned of each principal from the last four weeks: how much it does in an hour, and at which hours of
the day. Nothing is judged by a habit that is not known well enough yet.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from edge.wire.messages import Severity

HABIT_FROM: Final = timedelta(days=28)
"""How far back a habit looks: four of each weekday."""
HOURS_LEARNED: Final = 24
"""Active hours after which a usual rate is known."""
DAYS_LEARNED: Final = 14
"""Active days after which usual hours are known."""
RATE_UNLEARNED: Final = 20_000
"""Actions in an hour that nobody does by hand and no console: the limit before a rate is known."""
RATE_FLOOR: Final = 600
"""No limit is lower: one action every six seconds is nothing to speak of, however quiet somebody is."""
RATE_SIGMAS: Final = 6.0
"""So many robust standard deviations of the logarithm above the median: counts of actions are skewed, and their
logarithm is not far from normal."""
SPREAD_LEAST: Final = 0.35
"""Of the logarithm; somebody who always does exactly as much is not accused of doing twice as much."""
MAD_TO_SIGMA: Final = 1.4826
"""Of a normal distribution (Rousseeuw and Croux 1993)."""
LOCK_FACTOR: Final = 3.0
"""Above the limit times this, the token is locked."""
GUESSES: Final = 20
"""Wrong passwords in a row after each of which so many an admin hears of it."""
REFUSALS: Final = 30
"""Refused actions in an hour that are no mistakes any more; at three times as many the token is locked."""


class Outcome(StrEnum):
    """What became of an action."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class Kind(StrEnum):
    """What is not as it should be."""

    RATE = "rate"
    """Far more in an hour than usual."""
    HOUR = "hour"
    """At an hour of the day at which it was never seen."""
    REFUSALS = "refusals"
    """Tries what it may not, again and again."""
    REFRESH_REUSED = "refresh_reused"
    """A refresh token came a second time: two have it, and one of them stole it."""
    GUESSING = "guessing"
    """Wrong passwords, one after the other."""
    TRANSITION = "transition"
    """An agent handed a case to one that it must not hand it to."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One action of one principal."""

    principal: str
    action: str
    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What an hour of somebody's activity looks like."""

    kind: Kind
    severity: Severity
    detail: str

    @property
    def locks(self) -> bool:
        """Whether the token is locked until a person has looked."""
        return self.severity is Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Habit:
    """What a principal did before this hour, within HABIT_FROM."""

    hourly: tuple[int, ...] = ()
    """Actions in each hour in which there were any."""
    days_at: Mapping[int, int] = field(default_factory=dict)
    """Hour of the day (UTC) → on how many days it was active then."""
    days: int = 0
    """Active days."""

    @property
    def rate_limit(self) -> float:
        """Actions in an hour above which it is not like itself."""
        if len(self.hourly) < HOURS_LEARNED:
            return RATE_UNLEARNED
        logs = [math.log1p(count) for count in self.hourly]
        middle = median(logs)
        spread = max(SPREAD_LEAST, MAD_TO_SIGMA * median(abs(one - middle) for one in logs))
        return max(RATE_FLOOR, math.expm1(middle + RATE_SIGMAS * spread))

    def is_unusual_hour(self, at: datetime) -> bool:
        """Whether it was never seen within an hour of this time of the day, and known long enough to say so."""
        if self.days < DAYS_LEARNED:
            return False
        return not any(self.days_at.get((at.hour + away) % 24) for away in (-1, 0, 1))


def judge(habit: Habit, counts: Mapping[Outcome, int], at: datetime) -> list[Suspicion]:
    """What this hour's counts so far look like, the worst of each kind."""
    suspicions = []
    done, limit = sum(counts.values()), habit.rate_limit
    if done > limit:
        severity = Severity.CRITICAL if done > limit * LOCK_FACTOR else Severity.WARNING
        suspicions.append(
            Suspicion(Kind.RATE, severity, f"{done} actions within the hour, at most {limit:.0f} expected")
        )
    refused = counts.get(Outcome.REFUSED, 0)
    if refused > REFUSALS:
        severity = Severity.CRITICAL if refused > REFUSALS * LOCK_FACTOR else Severity.WARNING
        suspicions.append(Suspicion(Kind.REFUSALS, severity, f"{refused} refused actions within the hour"))
    if habit.is_unusual_hour(at):
        detail = f"active at {at:%H}:00 UTC, never before in {habit.days} active days"
        suspicions.append(Suspicion(Kind.HOUR, Severity.INFO, detail))
    return suspicions
