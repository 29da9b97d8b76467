"""Manners: what a trip tells of how it was driven; at most so many events, the worst of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class StyleKind(StrEnum):
    """What a driver may be told about."""

    HARSH_BRAKING = "harsh_braking"
    HARSH_ACCELERATION = "harsh_acceleration"
    HARSH_CORNERING = "harsh_cornering"
    OVERSPEED = "overspeed"


@dataclass(frozen=True, slots=True)
class StyleEvent:
    """One manoeuvre from its beginning to its end; where it was is not in it."""

    kind: StyleKind
    at: int
    """ns; when it began to be beyond the limit."""
    duration_s: float
    worst: float
    """m/s²; km/h of overspeed."""
    speed_kmh: float | None
    """As it began."""
    beyond: float
    """`worst` as a multiple of its limit."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a trip was driven."""

    counts: Mapping[StyleKind, int | None] = field(default_factory=dict)
    """None, or not there: it could not be judged."""
    overspeed_s: float | None = None
    events: tuple[StyleEvent, ...] = ()
    """By their time."""
    left_out: int = 0
    """Counted above, but milder than all that are in `events`."""

    def count(self, kind: StyleKind) -> int | None:
        """How many of a kind; None: it could not be judged."""
        return self.counts.get(kind)


class Worst:
    """The worst events of a trip; the others are counted."""

    EVENTS_MAX: Final = 100

    def __init__(self) -> None:
        self.left_out = 0
        self._events: list[StyleEvent] = []

    def add(self, event: StyleEvent) -> None:
        """Keep it, in the place of the mildest when there are too many."""
        self._events.append(event)
        if len(self._events) > self.EVENTS_MAX:
            self._events.remove(min(self._events, key=lambda one: one.beyond))
            self.left_out += 1

    def told(self) -> tuple[StyleEvent, ...]:
        """Those that are kept, by their time."""
        return tuple(sorted(self._events, key=lambda one: (one.at, one.kind)))
