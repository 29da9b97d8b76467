"""What the rest of the cloud may ask about causes over a fleet: cohorts, looks, insights."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.database import Database
from cloud.errors import NotFound, Refused
from cloud.pages import Page, Window
from cloud.rca import store
from cloud.rca.cohort import Period
from cloud.rca.gather import Known, Neighbours, gather
from cloud.rca.insight import Insight, InsightFilter, Scan
from cloud.rca.scan import LEVEL, Look, look_at
from cloud.security.audit import Audit

PERIOD_DEFAULT: Final = timedelta(days=365)
PERIOD_MAX: Final = timedelta(days=3 * 365)
SCANS_KEPT: Final = 1000
"""Of a fleet; the newest, with what they claimed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A look with what it looked at."""

    fleet: str
    period: Period
    known: Known
    look: Look


class CauseService:
    """Causes over a fleet."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        near: Neighbours,
        now: Callable[[], datetime],
        scans_kept: int = SCANS_KEPT,
    ) -> None:
        self._database = database
        self._audit = audit
        self._near = near
        self._now = now
        self._scans_kept = scans_kept

    def look(self, fleet: str, since: datetime | None = None, until: datetime | None = None) -> Seen:
        """Try every cohort of a fleet; nothing is kept of it. Left out, the period is the year until now.

        Raises:
            Refused: the period is none, is too long, or holds more than one look takes.
        """
        period = period_of(self._now(), since, until)
        known = gather(self._near, fleet, period)
        return Seen(fleet, period, known, look_at(known.vehicles, known.components, period))

    def scan(
        self, fleet: str, since: datetime | None = None, until: datetime | None = None, *, by: str
    ) -> tuple[Scan, list[Insight]]:
        """The same, kept with what it claims.

        Raises:
            Refused: see `look`.
        """
        seen = self.look(fleet, since, until)
        look, known = seen.look, seen.known
        scan = Scan(
            number=0,
            fleet=fleet,
            period=seen.period,
            unit=known.unit,
            why_unit=known.why,
            vehicles=len(known.vehicles),
            incidents=known.incidents,
            denied=known.denied,
            tried=look.tried,
            untried=len(look.tested) - look.tried,
            claims=len(look.claims),
            level=LEVEL,
            made_at=self._now(),
            by=by,
        )
        with self._database.transaction() as connection:
            number, gone = store.add_scan(connection, scan, look.claims, self._scans_kept)
            counters.add(connection, {"scans_expired": gone})
            note = f"{look.tried} cohorts tried, {len(look.claims)} claims"
            self._audit.record(connection, by=by, action="scan", fleet=fleet, subject=f"insights/{number}", note=note)
        with self._database.snapshot() as connection:
            kept = store.scan_of(connection, number)
            if kept is None:
                raise LookupError(f"scan {number} is gone")  # it was just written
            found = store.list_insights(connection, InsightFilter(scan=number), after=None, rows_max=len(look.claims))
        return kept, found[::-1]

    def insights(self, wanted: InsightFilter, window: Window) -> Page[Insight]:
        """What looks have claimed, the latest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((int,))
        with self._database.snapshot() as connection:
            rows = store.list_insights(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.number,))

    def insight(self, number: int) -> Insight:
        """One insight.

        Raises:
            NotFound: there is none.
        """
        with self._database.snapshot() as connection:
            found = store.insight_of(connection, number)
        if found is None:
            raise NotFound(f"there is no insight {number}")
        return found


def period_of(now: datetime, since: datetime | None, until: datetime | None) -> Period:
    """The period that is meant.

    Raises:
        Refused: it is none, or too long.
    """
    end = until or now
    begin = since or end - PERIOD_DEFAULT
    if begin >= end:
        raise Refused(f"from: {begin:%Y-%m-%d %H:%M} UTC is not before the end of the period")
    if end - begin > PERIOD_MAX:
        raise Refused(f"from: at most {PERIOD_MAX.days} days at once")
    return Period(begin, end)
