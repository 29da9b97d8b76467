"""What was refused, in the audit: at once what is new, then once an hour how often it came since.

Who is refused can try ten times a second. So what is alike is counted in one row, an hour has so many lines in the
audit and no more, and what got none is counted.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.database import Connection, Database
from cloud.fleet.provisioning import store
from cloud.fleet.provisioning.model import Refusal
from cloud.security.audit import Audit

AGAIN_AFTER: Final = timedelta(hours=1)
AN_HOUR_MAX: Final = 500
ROWS_MAX: Final = 10_000
_KIND_MAX, _WHO_MAX, _DETAIL_MAX, _FLEET_MAX = 32, 200, 400, 64


class Refusals:
    """Who was not let do what."""

    def __init__(self, database: Database, audit: Audit, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    def note(self, refused: Sequence[Refusal]) -> None:
        """Write them down, in a transaction of their own.

        Raises:
            UpstreamDown: the database is away; none is written.
        """
        if refused:
            with self._database.transaction() as connection:
                self.note_in(connection, refused)

    def note_in(self, connection: Connection, refused: Sequence[Refusal]) -> None:
        """Write them down in this transaction."""
        now = self._now()
        room = AN_HOUR_MAX - store.told_since(connection, now - AGAIN_AFTER)
        untold = 0
        for one in map(_bounded, refused):
            row = store.note_refusal(connection, one, now)
            if row.told_at is not None and now - row.told_at < AGAIN_AFTER:
                continue
            if room <= 0:
                untold += 1
                continue
            room -= 1
            times = row.times - row.told_times
            self._audit.record(
                connection,
                by=one.who,
                action=f"refused_{one.kind}",
                subject=one.detail,
                fleet=one.fleet,
                note="" if times == 1 else f"{times} times since it was last told" if row.told_at else f"{times} times",
            )
            store.told_refusal(connection, row.id, now, row.times)
        counts = {f"refused_{one.kind[:_KIND_MAX]}": 0 for one in refused}
        for one in refused:
            counts[f"refused_{one.kind[:_KIND_MAX]}"] += one.times
        dropped = store.bound_refusals(connection, ROWS_MAX)
        counters.add(connection, {**counts, "refusals_untold": untold, "refusals_dropped": dropped})


def _bounded(refusal: Refusal) -> Refusal:
    fleet = None if refusal.fleet is None else refusal.fleet[:_FLEET_MAX]
    kind, who, detail = refusal.kind[:_KIND_MAX], refusal.who[:_WHO_MAX], refusal.detail[:_DETAIL_MAX]
    return Refusal(kind, who, detail, refusal.times, fleet)
