"""An alert: what it is about, how bad it has become, and the vehicle as it was when it began."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.detect.finding import Concern

Fingerprint = tuple[str, str]
"""(rule, component): within a vehicle, one alert at a time."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The vehicle as it was when an alert began, as far as it was known."""

    freeze_frame: Mapping[str, float] = field(default_factory=dict)
    """By path; what is not known is not in it."""
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    trip: str | None = None
    """Id of the trip that ran."""
    workshop: bool = False
    """Somebody worked on the vehicle."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as of its last transition; `ended` is None while it fires."""

    id: str
    concern: Concern
    since: int
    """ns; when the condition began to hold."""
    started: int
    """ns; when it began to fire, `for` later or when a cool-down was over."""
    ended: int | None
    values: Mapping[str, float | None]
    summary: str
    advice: str
    driver: str
    """What the cab was told last; empty: nothing."""
    step: int = 0
    """How many of the concern's steps it has reached; never fewer while it fires."""
    is_worse: bool = False
    """It was told before, and this is a step further."""
    is_again: bool = False
    """It was told before, of a vehicle in the workshop, which has left it with this still firing."""
    quiet: bool = False
    """A step for which the cab has no words."""
    flapping: bool = False
    """It began so often of late that it ends only when its condition has settled."""
    span_ns: int = 0
    """How far back what decided at its beginning had looked."""
    scene: Scene = Scene()

    @property
    def is_new(self) -> bool:
        """It begins with this, and was never told before."""
        return self.ended is None and not self.is_worse and not self.is_again

    @property
    def fingerprint(self) -> Fingerprint:
        """What at most one firing alert of a vehicle has."""
        return self.concern.rule, self.concern.component

    @property
    def severity(self) -> str:
        """info, warning, critical: of the step that it has reached."""
        return self.concern.steps[self.step - 1].severity if self.step else self.concern.severity

    @property
    def action(self) -> str:
        """What to do about it, of the step that it has reached."""
        return self.concern.steps[self.step - 1].action if self.step else self.concern.action

    @property
    def window_ns(self) -> int:
        """What decided lies in so much time before `started`: what the condition looks at, and `for`."""
        return self.span_ns + self.concern.for_ns


def alert_id(vehicle: str, rule: str, component: str, started: int) -> str:
    """32 hex digits that name this alert for good: a hash of vehicle, rule, component and start (ns)."""
    return hashlib.sha256("\0".join((vehicle, rule, component, str(started))).encode()).hexdigest()[:32]
