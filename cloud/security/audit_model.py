"""What was done, by whom, and the chain that shows whether somebody has changed the past. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody did."""

    at: datetime
    by: str
    action: str
    fleet: str | None
    """None: it belongs to no fleet."""
    subject: str
    """What it was done to, as its place in the API."""
    note: str
    correlation: str

    def chained(self, before: str) -> str:
        """The digest over this and everything before it."""
        told = [
            before,
            self.at.astimezone(UTC).isoformat(),
            self.by,
            self.action,
            self.fleet,
            self.subject,
            self.note,
            self.correlation,
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """A deed in its place."""

    id: int
    deed: Deed
    chain: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; None is all."""

    by: str | None = None
    action: str | None = None
    fleet: str | None = None
    within: frozenset[str] | None = None
    """Only of these fleets."""


def first_broken(entries: Iterable[Entry], before: str = "") -> int | None:
    """The id of the first entry that does not follow from the ones before it; None: all do."""
    for entry in entries:
        if entry.deed.chained(before) != entry.chain:
            return entry.id
        before = entry.chain
    return None
