"""What may be asked about bad messages and gaps."""

from cloud.database import Database
from cloud.errors import NotFound
from cloud.inbox import aside_store
from cloud.inbox.kept import GapRange, Quarantined
from cloud.pages import Page, Window


class AsideService:
    """Reading what the inbox set aside."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def quarantine(self, *, reason: str | None, window: Window) -> Page[Quarantined]:
        """Bad messages without their bytes, the newest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((int,))
        with self._database.snapshot() as connection:
            rows = aside_store.list_quarantined(connection, reason=reason, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.id,))

    def quarantined(self, row_id: int) -> Quarantined:
        """One bad message with its bytes.

        Raises:
            NotFound: it never was, or it has made room for newer ones.
        """
        with self._database.snapshot() as connection:
            message = aside_store.quarantined(connection, row_id)
        if message is None:
            raise NotFound(f"no message {row_id} is in quarantine")
        return message

    def gaps(self, *, fleet: str | None, vehicle: str | None, window: Window) -> Page[GapRange]:
        """What vehicles declared lost, the newest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((int,))
        with self._database.snapshot() as connection:
            rows = aside_store.list_gaps(
                connection, fleet=fleet, vehicle=vehicle, after=after, rows_max=window.limit + 1
            )
        return window.page(rows, lambda row: (row.id,))
