"""What is known of one bus of the kernel: its interface before and after it was listened to, and what was heard."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge.doctor.listening import Heard
from edge.doctor.looks import KERNEL, Live, Looks
from edge.machine.interfaces import Interface, State
from edge.status.told import BusStatus

RECENT_S: Final = 3.0
"""What the daemon heard within that time speaks of now."""
TROUBLED: Final = 3
"""Errors that a controller must have had that says it is near to or beyond error-passive, at least."""


@dataclass(frozen=True, slots=True)
class OnBus:
    """One bus whose interface is there."""

    live: Live
    before: Interface | None
    interface: Interface
    heard: Heard
    seconds: float
    told: BusStatus | None
    """By a running daemon."""

    @property
    def name(self) -> str:
        """As people know it."""
        return self.live.name

    @property
    def frames(self) -> int:
        """In the last seconds, by whoever heard them."""
        told_ago_s = None if self.told is None else self.told.heard_ago_s
        by_daemon = 1 if told_ago_s is not None and told_ago_s <= RECENT_S else 0
        by_kernel = self.grown("received") - max(self.heard.errors, self.grown("bus_errors"))
        return max(self.heard.frames, by_kernel, by_daemon)

    @property
    def errors(self) -> int:
        """In the last seconds, and those that stand in the controller's counter now."""
        seen = max(self.heard.errors, self.grown("bus_errors"))
        is_troubled = self.interface.state in (State.ERROR_WARNING, State.ERROR_PASSIVE)
        return max(seen, TROUBLED if is_troubled else 0)

    @property
    def is_silent(self) -> bool:
        """Neither frames nor errors."""
        return not self.frames and not self.errors

    def grown(self, counter: str) -> int:
        """By how much a counter of the kernel grew while it was listened to."""
        if self.before is None:
            return 0
        before, after = (getattr(side.counted, counter) or 0 for side in (self.before, self.interface))
        return max(0, after - before)


def on_buses(looks: Looks) -> Iterator[OnBus]:
    """Every bus of the kernel whose interface is there."""
    overheard = looks.overheard()
    for live in looks.live_of(KERNEL):
        found = overheard.after.get(live.interface)
        if found is not None:
            heard = overheard.heard.get(live.interface, Heard())
            before = overheard.before.get(live.interface)
            yield OnBus(live, before, found, heard, overheard.seconds, looks.told_of(live))
