"""Behaviour monitoring: every action is counted, compared with what is usual, and can lock a token."""

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from cloud.database import Connection, Database
from cloud.errors import Conflict, NotAllowed, NotFound, UpstreamDown
from cloud.pages import Page, Window
from cloud.security import watch_store
from cloud.security.audit import Audit
from cloud.security.behaviour import HABIT_FROM, Activity, Habit, Kind, Outcome, Suspicion, judge
from cloud.security.finding import Finding, FindingFilter
from cloud.security.principal import BOOTSTRAP
from cloud.security.watch_store import ActivityKey
from edge.wire.messages import Severity

KEEP_FOR: Final = timedelta(days=90)
WRITE_EVERY: Final = timedelta(seconds=5)
"""Counts of actions wait so long for each other, so that looking at something costs no write."""
PRINCIPALS_MAX: Final = 10_000
"""Of which this process remembers the hour."""
WAITING_MAX: Final = 50_000
"""Counts that wait while the database is away; beyond, they are lost and counted."""
_HOUR: Final = timedelta(hours=1)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Hour:
    """What one principal does in the current hour."""

    hour: datetime
    habit: Habit
    counts: Counter[Outcome]
    told: set[tuple[Kind, Severity]] = field(default_factory=set)
    """What was found in this hour already, whether or not somebody has looked at it meanwhile."""


class Watch:
    """What everybody does, and whether that is like them. Safe to use from several threads."""

    def __init__(self, database: Database, audit: Audit, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._now = now
        self._lock = Lock()
        self._hours: OrderedDict[str, _Hour] = OrderedDict()
        self._waiting: Counter[ActivityKey] = Counter()
        self._written_at: datetime | None = None
        self._expired_at: datetime | None = None
        self.dropped = 0
        """Counts that were lost while the database was away."""

    def note(self, principal: str, action: str, outcome: Outcome) -> None:
        """Count an action, and raise what it makes suspicious. It never fails for want of a database."""
        activity = Activity(principal, action, outcome, self._now())
        try:
            with self._lock:
                fresh = self._count(activity)
            for suspicion in fresh:
                self.raise_finding(principal, suspicion)
            self._write_if_due()
        except UpstreamDown as error:
            _log.warning("activity of %s is not judged just now: %s", principal, error)

    def raise_finding(self, principal: str, suspicion: Suspicion) -> None:
        """Write a finding down and lock the tokens where it says so; the bootstrap token is the way back in and stays.

        Raises:
            UpstreamDown: the database is away.
        """
        now = self._now()
        with self._database.transaction() as connection:
            number = watch_store.raise_finding(connection, principal, suspicion, now)
            if suspicion.locks and principal != BOOTSTRAP.name and watch_store.lock(connection, principal, number, now):
                note = f"finding {number}: {suspicion.detail}"
                self._audit.record(connection, by="watch", action="lock", subject=f"principals/{principal}", note=note)
        _log.warning("%s: %s (%s), %s", principal, suspicion.kind, suspicion.severity, suspicion.detail)

    def must_be_unlocked(self, connection: Connection, principal: str) -> None:
        """Let pass whose tokens are not locked.

        Raises:
            NotAllowed: they are.
        """
        finding = watch_store.finding_that_locks(connection, principal)
        if finding is not None:
            raise NotAllowed(f"this token is locked for unusual activity: an admin can look at finding {finding}")

    def close(self, number: int, *, by: str, note: str) -> Finding:
        """Somebody has looked at a finding: it is closed and what was locked for it is open again; safe to repeat.

        Raises:
            NotFound: there is no such finding.
            Conflict: it is about the one who closes it.
        """
        with self._database.transaction() as connection:
            finding = watch_store.finding_of(connection, number)
            if finding is None:
                raise NotFound(f"there is no finding {number}")
            if finding.closed_at is not None:
                return finding
            if finding.principal == by:
                raise Conflict("this finding is about you; somebody else must look at it")
            watch_store.close_finding(connection, number, by=by, note=note, at=self._now())
            watch_store.unlock(connection, number)
            subject = f"findings/{number}"
            self._audit.record(connection, by=by, action="close_finding", subject=subject, note=note)
            return watch_store.finding_of(connection, number) or finding

    def findings(self, wanted: FindingFilter, window: Window) -> Page[Finding]:
        """Findings, the newest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((int,))
        with self._database.snapshot() as connection:
            rows = watch_store.list_findings(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.id,))

    def open_findings(self) -> dict[str, int]:
        """How many findings are open, by severity; each severity is there."""
        with self._database.snapshot() as connection:
            return dict.fromkeys(Severity, 0) | watch_store.count_open(connection)

    def write(self) -> None:
        """Write the counts that wait.

        Raises:
            UpstreamDown: the database is away; they wait on.
        """
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
            self._written_at = self._now()
        try:
            self._write(waiting)
        except UpstreamDown:
            with self._lock:
                self._waiting.update(waiting)
            raise

    def _count(self, activity: Activity) -> list[Suspicion]:
        hour = activity.at.replace(minute=0, second=0, microsecond=0)
        state = self._hour(activity.principal, hour)
        state.counts[activity.outcome] += 1
        key = (activity.principal, hour, activity.action, activity.outcome)
        if key in self._waiting or len(self._waiting) < WAITING_MAX:
            self._waiting[key] += 1
        else:
            self.dropped += 1
        return _fresh(state, judge(state.habit, state.counts, activity.at))

    def _hour(self, principal: str, hour: datetime) -> _Hour:
        state = self._hours.get(principal)
        if state is None or state.hour != hour:
            with self._database.snapshot() as connection:
                habit = watch_store.habit_of(connection, principal, hour - HABIT_FROM, hour)
                counts = Counter(watch_store.counts_of(connection, principal, hour))
                told = watch_store.told_since(connection, principal, hour)
            for (waiting, at, _, outcome), count in self._waiting.items():
                if (waiting, at) == (principal, hour):
                    counts[outcome] += count
            state = self._hours[principal] = _Hour(hour, habit, counts, told)
        self._hours.move_to_end(principal)
        if len(self._hours) > PRINCIPALS_MAX:
            self._hours.popitem(last=False)
        return state

    def _write_if_due(self) -> None:
        now = self._now()
        self._written_at = self._written_at or now
        if now - self._written_at >= WRITE_EVERY:
            self.write()

    def _write(self, waiting: Counter[ActivityKey]) -> None:
        now = self._now()
        with self._database.transaction() as connection:
            watch_store.add_activities(connection, waiting)
            if self._expired_at is None or now - self._expired_at >= _HOUR:
                watch_store.forget_activities(connection, now - KEEP_FOR)
                self._expired_at = now


def _fresh(state: _Hour, suspicions: list[Suspicion]) -> list[Suspicion]:
    """Those that were not told in this hour: each kind once, and again when it has become worse."""
    fresh = [one for one in suspicions if (one.kind, one.severity) not in state.told]
    state.told.update((one.kind, one.severity) for one in fresh)
    return fresh
