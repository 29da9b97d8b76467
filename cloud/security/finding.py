"""A suspicion that somebody has to look at. Pure."""

from dataclasses import dataclass
from datetime import datetime

from cloud.security.behaviour import Kind
from edge.wire.messages import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """A suspicion as it stands."""

    id: int
    principal: str
    kind: Kind
    severity: Severity
    first_at: datetime
    last_at: datetime
    times: int
    """In how many hours, or how often, it was so."""
    detail: str
    closed_at: datetime | None
    closed_by: str | None
    note: str
    locked: bool
    """The principal's tokens are locked for it."""


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Which findings are wanted; None is all."""

    principal: str | None = None
    kind: Kind | None = None
    is_open: bool | None = None
