"""What was read back through the API, and what of the story is still missing. Pure."""

from dataclasses import dataclass, field
from typing import Any, Final

from cloud.demo.car import BAD_BATCH, COMPONENT_OF

ANSWERS: Final = ("yes", "no")
"""What the owner may say."""
TALKED: Final = ["standing", "drive", "chart"]
"""What the chat is asked at the end, as it should understand it."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """What can be chosen."""

    duration_s: float | None
    """At the latest; None: until the story is over, or Ctrl-C."""
    seed: int
    fault: str
    speed: float
    answer: str = "yes"
    """What the owner says."""
    asks: bool = False
    """Whoever sits at the terminal is the owner."""

    @property
    def component(self) -> str:
        """What fails; "" when nothing does."""
        return COMPONENT_OF[self.fault]

    @property
    def learns(self) -> bool:
        """Whether the story may come to a repair, from which something is learned."""
        return self.fault != "none" and (self.asks or self.answer == "yes")


@dataclass(slots=True)
class Read:
    """What was read back through the API."""

    alerts: dict[str, str] = field(default_factory=dict)
    """Alert id → state."""
    components: set[str] = field(default_factory=set)
    summaries: int = 0
    incidents: dict[int, bool] = field(default_factory=dict)
    """Number → whether it is open."""
    trips: set[str] = field(default_factory=set)
    states: list[str] = field(default_factory=list)
    """Of the case, in the order in which they were seen."""
    case: dict[str, Any] = field(default_factory=dict)
    """As it was read last."""
    sent: set[int] = field(default_factory=set)
    """Deliveries about the car that reached the owner's phone."""
    bookings: set[str] = field(default_factory=set)
    order: dict[str, Any] = field(default_factory=dict)
    """The work order as it was read last."""
    insight: dict[str, Any] = field(default_factory=dict)
    """What is claimed of the fleet: why it failed."""
    capa: dict[str, Any] = field(default_factory=dict)
    """What is to be done about it."""
    claim: dict[str, Any] = field(default_factory=dict)
    """The warranty claim as it was read last."""
    answers: list[str] = field(default_factory=list)
    """What the chat understood, in the order in which it was asked."""
    scores: list[int] = field(default_factory=list)
    """Of the component's health, each change."""


def missing(settings: DemoSettings, read: Read) -> list[str]:
    """Which steps of the story were not read back; empty: all were."""
    if settings.fault == "none":
        steps = {"no case": not read.case, "no booking": not read.bookings, "a summary": read.summaries > 0}
    else:
        steps = _warned(settings, read)
        if settings.answer == "no" and not settings.asks:
            steps |= _declined(read)
        elif "declined" not in read.states:
            steps |= _visited(read) | _learned(settings, read)
    return [step for step, is_there in steps.items() if not is_there]


def is_settled(settings: DemoSettings, read: Read) -> bool:
    """Whether what follows by itself from a visit has followed, or there was none."""
    if read.order.get("state") != "done":
        return not missing(settings, read)
    return all(_visited(read).values())


def _warned(settings: DemoSettings, read: Read) -> dict[str, bool]:
    return {
        f"an alert about {settings.component}": settings.component in read.components,
        "a summary": read.summaries > 0,
        "a notice on the owner's phone": bool(read.sent),
        "a diagnosis": read.case.get("diagnosis") is not None,
        "the question to the owner": "asked" in read.states,
    }


def _declined(read: Read) -> dict[str, bool]:
    return {
        "the owner's no": read.case.get("state") == "declined",
        "a reminder to come": read.case.get("wake_at") is not None,
        "no booking": not read.bookings,
    }


def _visited(read: Read) -> dict[str, bool]:
    return {
        "the owner's yes": read.case.get("answer") == "yes",
        "offers": bool(read.case.get("offers")),
        "a booking": bool(read.bookings),
        "a finished work order": read.order.get("state") == "done",
        "a label for the diagnosis": read.order.get("label") is not None,
        "a repaired case": read.case.get("state") == "repaired",
        "closed incidents": bool(read.incidents) and not any(read.incidents.values()),
        "health back to green": len(read.scores) > 1 and read.scores[-1] > min(read.scores),
    }


def _learned(settings: DemoSettings, read: Read) -> dict[str, bool]:
    why = (read.insight.get("component"), read.insight.get("attribute"), read.insight.get("value"))
    return {
        "why it failed": why == (settings.component, "part_batch", BAD_BATCH),
        "what is to be done about it": read.capa.get("state") == "open",
        "who pays": read.claim.get("pays") in {"maker", "owner"},
        "the chat's answers after the repair": read.answers == TALKED,
    }
