"""What the file takes without growing, for a disk that has nothing to spare: pages that were given back before."""

import sqlite3
from pathlib import Path
from typing import Final

from edge.outbox.eviction import make_room, take_all
from edge.outbox.file import no_space
from edge.outbox.rows import Row
from edge.wire.topics import Kind

_AROUND: Final = 4
"""Pages that a message may need beside its own bytes: of the table, of its indexes, of the totals."""


class Room:
    """Decides within one transaction what gets in: alerts, the last of health, all else where pages are to spare."""

    def __init__(self, db: sqlite3.Connection, path: Path, *, is_full: bool, may_grow: bool = True) -> None:
        """`is_full`: there is nothing on the disk at all, so an alert takes the place of what is missed less; and where
        there is nothing of that either, the file grows if it may."""
        [self._page] = db.execute("PRAGMA page_size").fetchone()
        self._db = db
        self._path = path
        self._is_full = is_full
        self._may_grow = may_grow
        self.evicted: list[Row] = []
        """What went to make room."""

    def takes(self, kind: Kind, size: int) -> bool:
        """Whether a message of so many bytes gets in."""
        if kind is Kind.ALERT:
            self.make(size)
            return True
        if kind is Kind.HEALTH:  # which says that the disk is full: in the place of what was said before
            self.evicted += take_all(self._db, kind)
            return not self._is_full or self._spare() >= self._needed(size)
        return not self._is_full and self._spare() >= self._needed(size)

    def make(self, size: int) -> None:
        """Have room for so many bytes that must get in, if the disk has none.

        Raises:
            OutboxFull: there is nothing left to make room of.
        """
        while self._is_full and self._spare() < self._needed(size):
            gone = make_room(self._db, Kind.ALERT, size)
            if not gone:
                if self._may_grow:
                    return
                raise no_space(self._path)
            self.evicted += gone

    def _needed(self, size: int) -> int:
        return size + _AROUND * int(self._page)

    def _spare(self) -> int:
        [pages] = self._db.execute("PRAGMA freelist_count").fetchone()
        return int(pages) * int(self._page)
