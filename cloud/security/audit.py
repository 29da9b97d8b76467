"""The audit: what every change is written into, in the transaction of the change itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from cloud.database import Connection, Database
from cloud.logs import correlation
from cloud.pages import Page, Window
from cloud.security import audit_store
from cloud.security.audit_model import AuditFilter, Deed, Entry, first_broken

_READ_AT_ONCE: Final = 1000


class Audit:
    """Who did what."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def record(
        self, connection: Connection, *, by: str, action: str, subject: str, fleet: str | None = None, note: str = ""
    ) -> None:
        """Write down what is done in this transaction: both are there afterwards, or neither."""
        deed = Deed(self._now(), by, action, fleet, subject[:400], note, correlation()[:64])
        audit_store.add(connection, deed)

    def entries(self, wanted: AuditFilter, window: Window) -> Page[Entry]:
        """Entries, the newest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((int,))
        with self._database.snapshot() as connection:
            rows = audit_store.list_entries(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.id,))

    def verify(self) -> tuple[int, int | None]:
        """How many entries there are, and the id of the first that somebody has changed or taken away before.

        Entries cut off at the end leave no trace here: compare the number and the last digest with what was noted.
        """
        counted, number, chain = 0, 0, ""
        with self._database.snapshot() as connection:
            while rows := audit_store.entries_from(connection, number, _READ_AT_ONCE):
                broken = first_broken(rows, chain)
                if broken is not None:
                    return counted + sum(row.id < broken for row in rows), broken
                counted, number, chain = counted + len(rows), rows[-1].id, rows[-1].chain
        return counted, None
