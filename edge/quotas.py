"""What of each kind may wait for the cloud, and for how long: the one table of it, which an installer may change."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.wire.topics import Kind

Megabytes = Annotated[int, Field(ge=1, le=65_536)]
Days = Annotated[float, Field(gt=0, le=36_500)] | Literal["never"]
"""How old it may become; `never`: it does not become too old."""
DAY_S = 86_400


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Sizes(_Table):
    """Megabytes (1,000,000 bytes) of messages of each kind."""

    alert: Megabytes = 256
    dtc: Megabytes = 32
    result: Megabytes = 8
    reported: Megabytes = 8
    trip: Megabytes = 32
    summary: Megabytes = 128
    position: Megabytes = 16
    health: Megabytes = 8
    fetch: Megabytes = 1
    capture: Megabytes = 96
    telemetry: Megabytes = 64


class Ages(_Table):
    """Days that a message of each kind may wait, by the outbox's own time (edge/outbox/ages.py)."""

    alert: Days = "never"
    dtc: Days = "never"
    result: Days = "never"
    reported: Days = "never"
    trip: Days = 365.0
    summary: Days = 90.0
    position: Days = 30.0
    health: Days = 7.0
    fetch: Days = 1.0
    capture: Days = 30.0
    telemetry: Days = 3.0


class OutboxSettings(_Table):
    """The reserve, and the quotas of kinds; gaps have none, since only twenty of them ever wait."""

    reserve_mb: Annotated[int, Field(ge=0, le=1024)] = 4
    """Kept free on the disk for alerts; 0: none."""
    mb: Sizes = Sizes()
    days: Ages = Ages()

    def days_of(self, kind: Kind) -> float | None:
        """How old a kind may become; None: it does not become too old."""
        days: float | str = getattr(self.days, kind)
        return None if isinstance(days, str) else days

    def mb_of(self, kind: Kind) -> int:
        """How much of a kind may wait."""
        return int(getattr(self.mb, kind))
