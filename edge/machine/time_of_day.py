"""The time of day: what the clock says, whether it was ever set, and whether anything keeps it right."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.clock import BUILT_S, clock_state
from edge.machine.reading import matching
from edge.wire.envelope import Clock


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """As of now."""

    utc: datetime
    is_synced: bool
    """The kernel says that the clock follows a reference."""
    has_clock_chip: bool
    """A real-time clock, which runs while the box has no power."""

    @property
    def is_set(self) -> bool:
        """Whether it can be the time at all."""
        return self.utc.timestamp() >= BUILT_S


def time_of_day(root: Path = Path("/"), *, utc: datetime | None = None) -> TimeOfDay:
    """`utc`: instead of this machine's own clock."""
    now = utc or datetime.now(UTC)
    is_synced = utc is None and clock_state() is Clock.SYNCED
    return TimeOfDay(now, is_synced, bool(matching(root, "sys/class/rtc/rtc*")))
