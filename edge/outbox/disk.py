"""The outbox's file while it is open: one short transaction at a time, and what is done when its disk is full."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from edge.errors import OutboxFull
from edge.outbox.file import Unusable, named_errors, open_file, set_aside
from edge.outbox.reserve import Reserve
from edge.outbox.wear import Wear

MEMORY: Final = Path(":memory:")
"""SQLite's name for a database that is in no file."""
LOG_PAGES: Final = 250
"""How long SQLite's log becomes before it is written into the file: much shorter than the reserve, which has to do for
writing it there when the disk is full."""


class Aside(NamedTuple):
    """A file that was set aside."""

    path: Path
    note: str
    """What a person should know."""
    is_foreign: bool
    """It says that it is another vehicle's, which one bit can make it say."""


class Disk:
    """The file of `path`, with a reserve of so many bytes beside it; 0: without."""

    def __init__(self, path: Path, reserve_bytes: int, monotonic_s: Callable[[], float]) -> None:
        """Opened by `open`."""
        self.path = path
        self.wear = Wear(monotonic_s)
        self.turn = threading.RLock()
        """Whoever has it may do several things without another in between."""
        self.reserve = Reserve(path, 0 if path == MEMORY else reserve_bytes)
        self.is_low = False
        """Whether less than the reserve is free, as of `look`."""
        self.db = _closed()
        self._aside: Aside | None = None

    def open(self) -> None:
        """Open the file, or set an unusable one aside and begin a new one.

        Raises:
            ConfigError: no folder, or no permission.
            EdgeError: the disk is full or failing.
        """
        with self.turn:
            self.close()
            try:
                self._open_file()
            except Unusable as why:
                self.begin_anew(why)

    def begin_anew(self, why: Unusable) -> None:
        """Set the file aside and begin a new one.

        Raises:
            ConfigError: the folder cannot be written.
            EdgeError: the disk is full or failing.
        """
        with self.turn:
            self.close()
            kept = set_aside(self.path, why.label)
            # Said even if the new one is only begun at the next attempt.
            note = f"{self.path}: {why.problem}; kept as {kept.name}, new streams begun"
            self._aside = Aside(kept, note, is_foreign=why.label == "foreign")
            self._open_file()

    def set_aside_since(self) -> Aside | None:
        """The file that was set aside since this was asked last."""
        told, self._aside = self._aside, None
        return told

    def _open_file(self) -> None:
        self.db = open_file(self.path)
        self.is_low = False
        self.db.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")

    def close(self) -> None:
        """Let go of the file; safe to repeat."""
        with self.turn:
            self.db.close()

    def look(self) -> None:
        """See how much is free, before something is written."""
        is_low = self.reserve.is_low
        if is_low and not self.is_low:
            self.write_log()
        self.is_low = is_low

    def write_log(self) -> None:
        """Have SQLite's log written into the file, which may have to grow for it; with the reserve where it must.

        It is done after each commit while there is little space: a log that is in the file is begun anew, in the space
        that it has. One that cannot be written there when the disk is full needs more of it with every commit.
        """
        with suppress(OutboxFull):
            self.with_reserve(self._write_log)

    def with_reserve(self, act: Callable[[], int], *, keep: int = 0) -> int:
        """Do what writes; on a full disk again, with a piece of the reserve each time, down to what is to be kept."""
        while True:
            try:
                return act()
            except OutboxFull:
                if not self.reserve.let_go(keep=keep):
                    raise

    def _write_log(self) -> int:
        with self.reading() as db, self.wear.counted():
            [_, _, pages] = db.execute("PRAGMA wal_checkpoint").fetchone()
            return int(pages)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Nobody else's turn, and errors that name the file."""
        with self.turn, named_errors(self.path):
            yield self.db

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """All or nothing.

        Raises:
            OutboxFull: the disk is full.
            Unusable: the file is damaged.
            EdgeError: the disk is failing.
        """
        with self.reading() as db, self.wear.counted():
            # FULL waits for the disk. NORMAL may lose the last commits to a power cut, and with them the numbers that
            # they gave: one that was sent already would be given to another message. So only forgetting is NORMAL.
            db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # some errors have rolled it back already
                    db.execute("ROLLBACK")
                raise


def _closed() -> sqlite3.Connection:
    db = sqlite3.connect(MEMORY)
    db.close()
    return db
