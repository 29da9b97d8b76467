"""CAPA: a corrective or preventive action, and whether it helped. Pure.

open ──► done ──► verified
  │       └─────► ineffective
  └──► dropped

Whether it helped is measured where it was taken: how often the component went wrong in those vehicles since it was
done, against the year before, by the same exact counts as a look (cloud.rca.exact). While so few incidents were to be
expected that not even none would show anything, it is too early to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from cloud.errors import Conflict
from cloud.rca.cohort import Attribute, Side, Unit
from cloud.rca.exact import CONFIDENCE, Interval, ratio_interval

OPEN_MAX: Final = 500
"""Of a fleet."""
ALPHA: Final = (1.0 - CONFIDENCE) / 2.0
"""One side of the interval: so rarely is an action that did nothing called effective."""
BEFORE_MAX: Final = timedelta(days=365)
"""So much of the time before is compared with."""
HARMLESS: Final = 1.0
"""A ratio of the rates from which on nothing is better."""


class Kind(StrEnum):
    """What an action is for."""

    CORRECTIVE = "corrective"
    """It puts right what has happened."""
    PREVENTIVE = "preventive"
    """It keeps it from happening elsewhere."""


class CapaState(StrEnum):
    """Where an action is."""

    OPEN = "open"
    DONE = "done"
    VERIFIED = "verified"
    """The counts say that it helped."""
    INEFFECTIVE = "ineffective"
    """The counts say that it cannot have helped much, or a person says so."""
    DROPPED = "dropped"
    """It is not to be done."""


class Effect(StrEnum):
    """What the counts say."""

    HELPED = "helped"
    WORSE = "worse"
    NO_EFFECT_SEEN = "no_effect_seen"
    """It is long enough since, and what was seen goes with no effect at all."""
    TOO_EARLY = "too_early"
    """So little was to be expected since then that not even nothing would say anything."""
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Check:
    """Before and after an action."""

    effect: Effect
    why: str
    unit: Unit
    before: Side | None
    after: Side | None
    ratio: float | None
    """Of the rates, after over before; None: it cannot be known."""
    interval: Interval | None
    """95 %."""


@dataclass(frozen=True, slots=True)
class Capa:
    """An action as it stands."""

    number: int
    fleet: str
    kind: Kind
    title: str
    what: str
    component: str
    """What it is to keep from going wrong."""
    attribute: Attribute | None
    """Which vehicles it is taken in; None with `value`: all of the fleet."""
    value: str | None
    insight: int | None
    """The claim that led to it."""
    owner: str
    due_on: date
    state: CapaState
    sequence: int
    """Counts its changes."""
    made_at: datetime
    done_at: datetime | None
    """When it was done in all of its vehicles."""
    ended_at: datetime | None
    note: str
    """What was said at its last change."""

    def is_late(self, today: date) -> bool:
        """It should have been done."""
        return self.state is CapaState.OPEN and today > self.due_on

    def done(self, at: datetime, note: str) -> "Capa":
        """It was done; safe to repeat.

        Raises:
            Conflict: it is over.
        """
        if self.state is CapaState.DONE:
            return self
        self._must_be(CapaState.OPEN)
        return replace(self, state=CapaState.DONE, sequence=self.sequence + 1, done_at=at, note=note)

    def dropped(self, now: datetime, note: str) -> "Capa":
        """It is not to be done; safe to repeat.

        Raises:
            Conflict: it was done.
        """
        if self.state is CapaState.DROPPED:
            return self
        self._must_be(CapaState.OPEN)
        return replace(self, state=CapaState.DROPPED, sequence=self.sequence + 1, ended_at=now, note=note)

    def verified(self, check: Check, now: datetime, note: str) -> "Capa":
        """It helped, if the counts say so; safe to repeat.

        Raises:
            Conflict: it was not done, or the counts do not say so.
        """
        if self.state is CapaState.VERIFIED:
            return self
        self._must_be(CapaState.DONE)
        if check.effect is not Effect.HELPED:
            raise Conflict(f"the counts do not say that it helped: {check.why}")
        return replace(self, state=CapaState.VERIFIED, sequence=self.sequence + 1, ended_at=now, note=note)

    def ineffective(self, check: Check, now: datetime, note: str) -> "Capa":
        """It did not help; safe to repeat.

        Raises:
            Conflict: it was not done, or the counts say that it did help, or that it is too early.
        """
        if self.state is CapaState.INEFFECTIVE:
            return self
        self._must_be(CapaState.DONE)
        if check.effect not in {Effect.NO_EFFECT_SEEN, Effect.WORSE}:
            raise Conflict(f"the counts do not say that it was in vain: {check.why}")
        return replace(self, state=CapaState.INEFFECTIVE, sequence=self.sequence + 1, ended_at=now, note=note)

    def _must_be(self, state: CapaState) -> None:
        if self.state is not state:
            raise Conflict(f"action {self.number} is {self.state}, not {state}; look at it")


@dataclass(frozen=True, slots=True)
class CapaFilter:
    """Which actions are wanted; None is all."""

    fleet: str | None = None
    state: CapaState | None = None
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


def check_of(before: Side, after: Side, unit: Unit) -> Check:
    """What the counts before and after say."""
    both = before.exposure + after.exposure
    if not before.exposure > 0.0 or not after.exposure > 0.0:
        which = "before" if not before.exposure > 0.0 else "since"
        return Check(Effect.TOO_EARLY, f"nothing was driven or watched {which}", unit, before, after, None, None)
    share, total = after.exposure / both, before.events + after.events
    interval = ratio_interval(after.events, total, share) if total else None
    expected = before.events * after.exposure / before.exposure
    ratio = after.events / expected if expected > 0.0 else None
    effect = _effect(interval, (1.0 - share) ** total)
    why = f"{after.events} vehicles with an incident since, where {expected:.1f} were to be expected: {_WORDS[effect]}"
    return Check(effect, why, unit, before, after, ratio, interval)


def _effect(interval: Interval | None, least: float) -> Effect:
    """What an interval of the ratio says, `least` being the smallest tail that none at all would have given."""
    if interval is not None and interval.high is not None and interval.high < HARMLESS:
        return Effect.HELPED
    if interval is not None and interval.low > HARMLESS:
        return Effect.WORSE
    return Effect.TOO_EARLY if least > ALPHA else Effect.NO_EFFECT_SEEN


_WORDS: Final[Mapping[Effect, str]] = {
    Effect.HELPED: "fewer than chance allows",
    Effect.WORSE: "more, not fewer",
    Effect.TOO_EARLY: "too early to say, as not even none at all would show anything",
    Effect.NO_EFFECT_SEEN: "that goes with no effect at all",
}
