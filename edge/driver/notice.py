"""What the cab is told: a notice to be said, and the state to be shown. Every output understands both."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class Telltale(StrEnum):
    """The one light that sums all up, in the colours of ISO 2575: red danger, amber caution, green in order."""

    UNKNOWN = "unknown"
    """Nothing is heard of the vehicle, or nothing watches over it: it may be well or not."""
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for the driver, now."""

    alert: str
    """Id of the alert that it speaks of; of several, the gravest."""
    severity: str
    """info, warning, critical."""
    action: str
    """stop_now, nearest_workshop, finish_shift, next_service, watch."""
    text: str
    """Whole, in the cab's language."""
    chimes: int
    """Sounded before it."""
    interrupts: bool
    """It must be heard now, whatever is being said; what does not interrupt waits until that is over."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert as the cab shows it while it fires."""

    id: str
    severity: str
    action: str
    text: str
    """In the cab's language; what the rule has to say to a driver, or else its summary."""
    started: int
    """ns on the axis of the data (UTC since 1970 on a vehicle)."""
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class CabState:
    """Everything that a display, a lamp or a buzzer needs to know of a moment."""

    at: int = 0
    """ns on the axis of the data."""
    telltale: Telltale = Telltale.UNKNOWN
    alerts: tuple[Shown, ...] = ()
    """Those that fire, the gravest first, of equal ones the newest first; at most ALERTS_MAX."""
    more: int = 0
    """Alerts that fire beside them."""
    waiting: int = 0
    """Of those that fire, how many wait for a stop or the end of the trip to be said."""
    doing: str | None = None
    """parked, starting, idling, driving, charging (edge/doing.py); None: unknown."""
    stands: bool = False
    """Its driver may read and touch: it is known to stand, on a trip for as long as speech waits (attention.py)."""
    private: bool = False
    """Private mode: where and how is driven is nobody's business."""
    workshop: bool = False
    """Workshop mode: somebody works on the vehicle; alerts disturb nobody."""
    workshop_until: int | None = None
    """ns; when it ends by itself at the latest."""
    language: str = "en"


ALERTS_MAX: Final = 8
"""More than anybody reads; the rest is counted."""


class Output(Protocol):
    """One way to reach the driver. Nothing here waits: what takes time has a thread or a child of its own.

    What an output cannot do (no loudspeaker, no pin, no desktop) is its own trouble: it is told once in `trouble`, and
    the others go on.
    """

    name: str

    @property
    def trouble(self) -> str:
        """Why it does not work, with what to do about it; empty: it works."""

    @property
    def counters(self) -> Mapping[str, int]:
        """What was said and what was dropped, by cause."""

    def say(self, notice: Notice) -> None:
        """Take a notice; never waits, never raises."""

    def show(self, state: CabState) -> None:
        """Take the state; called when it changes, never waits, never raises."""

    def close(self) -> None:
        """Stop what it started, silence what sounds; safe to repeat."""


class Wish(StrEnum):
    """What a driver may ask for by a button or a touch."""

    ACKNOWLEDGE = "acknowledge"
    """Seen: the alert of `Request.alert`, or every one that fires."""
    PRIVATE_ON = "private_on"
    PRIVATE_OFF = "private_off"
    WORKSHOP_ON = "workshop_on"
    WORKSHOP_OFF = "workshop_off"
    CAPTURE = "capture"
    """Something just happened: keep the frames around it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A wish, and where it came from."""

    wish: Wish
    by: str
    """button, display, desktop."""
    alert: str | None = None
    """Of an acknowledgement; None: all."""


class Requests(Protocol):
    """Takes what the driver asks for; may be called by any thread, never waits."""

    def __call__(self, request: Request) -> None:
        """Take it; it takes effect at the next tick."""
