"""What becomes of an alert in the cloud: firing, acknowledged, resolved, reopened, each step with its reason. Pure.

The vehicle says when an alert begins and ends (`model.py`); here its word and what people do meet. At most one alert
of a vehicle, rule and component is open at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cloud.errors import Conflict

REOPENS_WITHIN: Final = timedelta(hours=1)
"""An alert that begins so soon after the end of the one before is the same trouble come back: a fan that stops at a
traffic light, a leak between two drives through town. Later it is a new one, which the cloud tells people anew."""


class HandlingState(StrEnum):
    """Where an alert is in its life in the cloud."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    """A person has seen it."""
    RESOLVED = "resolved"
    """Nobody needs to do anything about it; its step says why."""
    REOPENED = "reopened"
    """It fires, and did so not long ago."""


class Step(StrEnum):
    """Why an alert is where it is."""

    BEGAN = "began"
    CAME_BACK = "came_back"
    """Within REOPENS_WITHIN of the end of the one before."""
    SEEN = "seen"
    """By a person."""
    ALL_CLEAR = "all_clear"
    """The vehicle says that it is over."""
    REPAIRED = "repaired"
    """A person closed it: mended."""
    FALSE_ALARM = "false_alarm"
    """A person closed it: there was nothing."""
    ACCEPTED = "accepted"
    """A person closed it: known, and left as it is."""
    SUPERSEDED = "superseded"
    """A newer alert of the same rule and component is open; the end of this one was never told."""
    HISTORY = "history"
    """It was over when it was first heard of."""
    WORKSHOP = "workshop"
    """It began while somebody worked on the vehicle, who has not given it back: it is kept, and disturbs nobody."""


CLOSED_BY_PEOPLE: Final = frozenset({Step.REPAIRED, Step.FALSE_ALARM, Step.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Handling:
    """How an alert is handled as of its last step."""

    state: HandlingState
    step: Step
    at: datetime
    """Of that step, by the cloud's clock."""
    by: str | None = None
    """The person; None: the vehicle, or the cloud itself."""
    note: str = ""

    @property
    def is_open(self) -> bool:
        """Somebody should still do something about it."""
        return self.state is not HandlingState.RESOLVED

    def acknowledged(self, *, by: str, at: datetime, note: str = "") -> "Handling":
        """A person has seen it; safe to repeat: the first to see it stays.

        Raises:
            Conflict: it is over.
        """
        if not self.is_open:
            raise Conflict(f"{self._why_not_open()}; there is nothing to acknowledge")
        if self.state is HandlingState.ACKNOWLEDGED:
            return self
        return Handling(HandlingState.ACKNOWLEDGED, Step.SEEN, at, by, note)

    def closed(self, step: Step, *, by: str, at: datetime, note: str = "") -> "Handling":
        """A person says that it is over, and why (one of CLOSED_BY_PEOPLE); safe to repeat.

        Raises:
            Conflict: it is over already, and for another reason.
        """
        if step not in CLOSED_BY_PEOPLE:
            raise ValueError(f"{step} is not for people to say")
        if self.is_open:
            return Handling(HandlingState.RESOLVED, step, at, by, note)
        if self.step is step:
            return self
        raise Conflict(f"{self._why_not_open()}; there is nothing to close")

    def _why_not_open(self) -> str:
        if self.step is Step.WORKSHOP:
            return "the alert began in a workshop and waits until the vehicle is given back"
        return f"the alert is over already ({self.step})"

    def all_clear(self, at: datetime) -> "Handling":
        """The vehicle says that it is over; what a person closed before stays as the person said."""
        return Handling(HandlingState.RESOLVED, Step.ALL_CLEAR, at) if self.is_open else self


def begun(*, started_at: datetime, before_ended_at: datetime | None, at: datetime) -> Handling:
    """An alert that begins, `before_ended_at` being when the one before ended; both by the vehicle's clock.

    None: there was none before.
    """
    came_back = before_ended_at is not None and started_at - before_ended_at <= REOPENS_WITHIN
    state, step = (HandlingState.REOPENED, Step.CAME_BACK) if came_back else (HandlingState.FIRING, Step.BEGAN)
    return Handling(state, step, at)


def superseded(at: datetime) -> Handling:
    """A newer one of the same rule and component has taken its place."""
    return Handling(HandlingState.RESOLVED, Step.SUPERSEDED, at)


def history(at: datetime) -> Handling:
    """It was over when it was first heard of."""
    return Handling(HandlingState.RESOLVED, Step.HISTORY, at)


def set_aside(at: datetime) -> Handling:
    """It began in a workshop: nobody needs to do anything about it until the vehicle is given back."""
    return Handling(HandlingState.RESOLVED, Step.WORKSHOP, at)


@dataclass(frozen=True, slots=True)
class Incident:
    """What a person handles: everything that is wrong with one component of one vehicle at a time."""

    number: int
    fleet: str
    vehicle: str
    component: str
    opened_at: datetime
    closed_at: datetime | None
    """None while one of its alerts is open."""
    reopened: int
    """How often it came back."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """How soon somebody saw one opening of an alert."""

    began_at: datetime
    seen_at: datetime | None
    """None: nobody said that they had."""
    over_at: datetime | None
    """None: it is open."""


def reactions_of(steps: Iterable[Handling]) -> list[Reaction]:
    """Of every time that one alert was opened; by the cloud's clock."""
    found: list[Reaction] = []
    for step in steps:
        if step.step in {Step.BEGAN, Step.CAME_BACK}:
            found.append(Reaction(step.at, None, None))
        elif found and step.step is Step.SEEN and found[-1].seen_at is None:
            found[-1] = replace(found[-1], seen_at=step.at)
        elif found and not step.is_open and found[-1].over_at is None:
            found[-1] = replace(found[-1], over_at=step.at)
    return found


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    is_open: bool | None = None
    since: datetime | None = None
    """Opened then or later."""
    until: datetime | None = None
    """Opened before then."""
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""
