"""Lamps and the buzzer as rhythms: what is lit or sounds at which moment. Decides; knows no pin."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from edge.driver.notice import CabState, Telltale
from edge.driver.turns import gravity

RED: Final = "red"
AMBER: Final = "amber"
GREEN: Final = "green"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """On for a while and off for a while, so many times or for ever."""

    on_s: float
    off_s: float
    times: int | None = None
    """None: for ever."""

    def is_on(self, since_s: float) -> bool:
        """Whether it is on, so many seconds after it began."""
        if self.times is not None and since_s >= self.lasts_s:
            return False
        return self.off_s == 0.0 or since_s % (self.on_s + self.off_s) < self.on_s

    def next_s(self, since_s: float) -> float | None:
        """Seconds until it may switch; None: it does not any more."""
        if self.times is not None and since_s >= self.lasts_s:
            return None
        if self.off_s == 0.0:
            return None if self.times is None else self.lasts_s - since_s
        within_s = since_s % (self.on_s + self.off_s)
        return (self.on_s if within_s < self.on_s else self.on_s + self.off_s) - within_s

    @property
    def lasts_s(self) -> float:
        """Seconds until it is over; only of what is not for ever."""
        return (self.times or 0) * (self.on_s + self.off_s)


STEADY: Final = Rhythm(1.0, 0.0)
BLINKING: Final = Rhythm(0.25, 0.25)
"""2 Hz."""
FLASHING: Final = Rhythm(0.1, 2.9)
"""Short and rare: nobody takes it for a warning, nor for a lamp that is off because all is well."""


@dataclass(frozen=True, slots=True)
class Light:
    """Which lamps shine, and how."""

    lamps: frozenset[str] = frozenset()
    rhythm: Rhythm = STEADY


def light(state: CabState, there: Collection[str]) -> Light:
    """How the lamps that are there show a state.

    Without an amber lamp, amber is red and green together (a lamp of two or three colours mixes them), and red where
    there is no green one. Without a green lamp nothing shines while all is well.
    """
    amber = {AMBER} if AMBER in there else {RED, GREEN}
    if state.telltale is Telltale.RED:
        return Light(frozenset({RED} & set(there)), BLINKING if _asks_to_be_seen(state) else STEADY)
    if state.telltale is Telltale.AMBER:
        return Light(frozenset(amber & set(there)))
    if state.telltale is Telltale.GREEN:
        return Light(frozenset({GREEN} & set(there)))
    return Light(frozenset(amber & set(there)), FLASHING)


def _asks_to_be_seen(state: CabState) -> bool:
    """Whether one of the gravest alerts has not been acknowledged."""
    return any(not alert.acknowledged for alert in state.alerts if gravity(alert.severity) == 0)


BUZZES: Final = {"critical": Rhythm(0.6, 0.3, 3), "warning": Rhythm(0.15, 0.15, 1)}
"""By severity; what is not named makes no noise."""
