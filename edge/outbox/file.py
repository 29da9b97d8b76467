"""The SQLite file under the outbox: opened, checked, brought up to date, or set aside when it is damaged."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from edge.errors import ConfigError, EdgeError, OutboxFull

Connection = sqlite3.Connection

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        "CREATE TABLE identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE stream (class TEXT PRIMARY KEY, name TEXT NOT NULL, next_seq INTEGER NOT NULL,
            messages INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
        """CREATE TABLE message (id INTEGER PRIMARY KEY, class TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
            tier INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL, UNIQUE (class, seq))""",
        "CREATE INDEX message_by_tier ON message (tier)",
        # Totals by trigger cannot drift from the rows, whoever deletes them.
        """CREATE TRIGGER message_in AFTER INSERT ON message BEGIN UPDATE stream
            SET messages = messages + 1, bytes = bytes + length(NEW.payload) WHERE class = NEW.class; END""",
        """CREATE TRIGGER message_out AFTER DELETE ON message BEGIN UPDATE stream
            SET messages = messages - 1, bytes = bytes - length(OLD.payload) WHERE class = OLD.class; END""",
        """CREATE TRIGGER message_again AFTER UPDATE OF payload ON message BEGIN UPDATE stream
            SET bytes = bytes + length(NEW.payload) - length(OLD.payload) WHERE class = NEW.class; END""",
        """CREATE TABLE gap (stream TEXT NOT NULL, cause TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            observed_at TEXT NOT NULL, clock TEXT NOT NULL, PRIMARY KEY (stream, cause, first)) WITHOUT ROWID""",
        "CREATE TABLE queued_key (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE)",
        "CREATE TABLE remembered (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
    ),
    (
        # No message is written again for it: a card that is full may hold hundreds of megabytes of them. Where a tier
        # was (0 to 3) is now when a message was stored, by the outbox's own time, which begins with this.
        "DROP INDEX message_by_tier",
        "ALTER TABLE stream ADD COLUMN seal INTEGER",
        "ALTER TABLE gap ADD COLUMN seal INTEGER",
        "ALTER TABLE remembered ADD COLUMN seal INTEGER",
        "ALTER TABLE message RENAME COLUMN tier TO stored_s",
        "CREATE INDEX message_by_kind ON message (kind)",
        "CREATE TABLE held (kind TEXT PRIMARY KEY, messages INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO held SELECT kind, count(*), sum(length(payload)) FROM message GROUP BY kind",
        """CREATE TRIGGER held_in AFTER INSERT ON message BEGIN INSERT INTO held
            VALUES (NEW.kind, 1, length(NEW.payload)) ON CONFLICT (kind) DO UPDATE
            SET messages = messages + 1, bytes = bytes + excluded.bytes; END""",
        """CREATE TRIGGER held_out AFTER DELETE ON message BEGIN UPDATE held
            SET messages = messages - 1, bytes = bytes - length(OLD.payload) WHERE kind = OLD.kind; END""",
        """CREATE TRIGGER held_again AFTER UPDATE OF payload ON message BEGIN UPDATE held
            SET bytes = bytes + length(NEW.payload) - length(OLD.payload) WHERE kind = NEW.kind; END""",
    ),
)
"""What brings a file from each schema version (PRAGMA user_version) to the next."""
ASIDE_MAX: Final = 3
"""Unusable files that are kept for a person to look at; older ones make room."""
_BUSY_S: Final = 5.0
_WAL_BYTES_MAX: Final = 4 * 1024 * 1024
_DAMAGED: Final = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_ERROR,  # the SQL was right yesterday: the schema itself is hit
    sqlite3.SQLITE_CONSTRAINT,  # so are the numbers: a key is
    sqlite3.SQLITE_MISMATCH,
)
_GARBLED: Final = "is damaged (even what SQLite says about it is garbled)"
_NOT_OURS: Final = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


class Unusable(EdgeError):
    """This file cannot be this vehicle's outbox; it is set aside under `label`, and a new one begun."""

    def __init__(self, path: Path, label: str, problem: str) -> None:
        self.label = label
        self.problem = problem
        super().__init__(f"{path}: {problem}. A restart sets it aside and begins anew")


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to a whole outbox file of the current schema; made when it is not there.

    Raises:
        ConfigError: no folder, or no permission.
        Unusable: the file is damaged, or of a newer Telltale.
        EdgeError: the disk is full or failing.
    """
    if not path.parent.is_dir():
        raise ConfigError(
            "there is no such folder for the outbox", file=path.parent, remedy="Create it, or set state.directory"
        )
    with named_errors(path):
        try:
            return _prepared(path)
        except sqlite3.Error as error:
            if _code(error) not in _NOT_OURS or _is_read_only(path.parent):
                raise
            remedy = "Make the file and its folder writable for the daemon"
            raise ConfigError(str(error), file=path, remedy=remedy) from error


@contextmanager
def reading_only(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing, also beside a daemon that writes; nothing of the file is looked at.

    Raises:
        ConfigError: there is no such file, or no permission; also raised where it is found out later.
        Unusable: it is damaged; likewise.
    """
    if not path.is_file():
        raise ConfigError("there is no outbox", file=path, remedy="Give the state folder of the daemon with --state")
    with named_errors(path):
        try:
            db = _opened_to_read(path)
        except sqlite3.OperationalError as error:
            remedy = "Run this as the daemon's user"
            raise ConfigError(f"cannot be read: {error}", file=path, remedy=remedy) from error
        with closing(db):
            yield db


def is_of_this_form(db: sqlite3.Connection) -> bool | None:
    """Whether its tables are as this version makes them; None: it is of an earlier one, and is brought up to date.

    Raises:
        ConfigError: of a newer version.
    """
    [version] = db.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        problem = f"the outbox was written by a newer Telltale (schema {version}, this one knows {len(MIGRATIONS)})"
        raise ConfigError(problem, remedy="Look at it with that version")
    return _schema(db) == _schema_as_made() if version == len(MIGRATIONS) else None


def no_space(path: Path) -> OutboxFull:
    """What to raise when the disk takes no more."""
    return OutboxFull(f"{path}: no space left on its disk. Free some; nothing was written")


def set_aside(path: Path, label: str) -> Path:
    """Rename an unusable file with what belongs to it; the name it has now.

    Raises:
        ConfigError: the folder cannot be written.
    """
    kept = sorted(path.parent.glob(f"{path.name}.{label}-*[0-9]"), key=_number)
    target = path.with_name(f"{path.name}.{label}-{_number(kept[-1]) + 1 if kept else 1}")
    try:
        for old in kept[: max(0, len(kept) + 1 - ASIDE_MAX)]:
            _remove(old)
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(target.with_name(target.name + suffix))
    except OSError as error:
        raise ConfigError(
            f"cannot be set aside: {error.strerror}", file=path, remedy="Make its folder writable for the daemon"
        ) from error
    return target


def files_set_aside(path: Path) -> int:
    """How many unusable files lie beside it."""
    with suppress(OSError):
        return sum(1 for _ in path.parent.glob(f"{path.name}.*-*[0-9]"))
    return 0


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turns what SQLite raises into errors that name the file and the remedy."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise Unusable(path, "damaged", _GARBLED) from error
    except sqlite3.Error as error:
        code = _code(error)
        if code == sqlite3.SQLITE_FULL or _whole_code(error) == sqlite3.SQLITE_IOERR_SHMSIZE:
            raise no_space(path) from error
        if code in _DAMAGED:
            raise Unusable(path, "damaged", f"is damaged ({error})") from error
        raise EdgeError(f"{path}: {error}. Check its disk, and that nobody else has it open") from error


def _opened_to_read(path: Path) -> sqlite3.Connection:
    try:
        return _read_with("mode=ro", path)
    except sqlite3.OperationalError:
        if path.with_name(f"{path.name}-wal").exists():
            raise
        # SQLite wants to make its log for reading, too. Where it may not, and there is none, nobody writes.
        return _read_with("mode=ro&immutable=1", path)


def _read_with(how: str, path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{quote(str(path.resolve()))}?{how}", uri=True, timeout=_BUSY_S, isolation_level=None)
    try:
        db.text_factory = lambda text: text.decode("utf-8", "replace")
        db.execute("PRAGMA query_only = ON")
        with suppress(sqlite3.DatabaseError, UnicodeDecodeError):  # damage is found where something is asked
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def _prepared(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        # A flipped bit must give a wrong name that a checksum finds, not an exception that hides the row for ever.
        db.text_factory = lambda text: text.decode("utf-8", "replace")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_MAX}")
        _check(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection, path: Path) -> None:
    [problem] = db.execute("PRAGMA integrity_check(1)").fetchone()
    if problem != "ok":
        raise Unusable(path, "damaged", f"is damaged ({' '.join(problem.split())})")
    _migrate(db, path)
    if _schema(db) != _schema_as_made():  # which SQLite's own check does not look at
        raise Unusable(path, "damaged", "is damaged (its tables are not what they were)")


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    db.execute("BEGIN IMMEDIATE")  # two that start at once must not both do it
    [version] = db.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        problem = f"was written by a newer Telltale (schema {version}, this one knows {len(MIGRATIONS)})"
        raise Unusable(path, "newer", problem)
    _apply(db, MIGRATIONS[version:])
    if version < len(MIGRATIONS):  # what is right is not written again
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.execute("COMMIT")


def _apply(db: sqlite3.Connection, migrations: tuple[tuple[str, ...], ...]) -> None:
    for statements in migrations:
        for statement in statements:
            db.execute(statement)


def _schema(db: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def _schema_as_made() -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        _apply(db, MIGRATIONS)
        return _schema(db)


def _code(error: sqlite3.Error) -> int:
    """The primary result code; 0 for Python's own complaints, which have none."""
    return _whole_code(error) & 0xFF


def _whole_code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0))


def _is_read_only(folder: Path) -> bool:
    """Whether its file system is: no mistake of the installer, but what Linux does when a disk begins to fail."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _number(kept: Path) -> int:
    return int(kept.name.rpartition("-")[2])


def _remove(old: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        old.with_name(old.name + suffix).unlink(missing_ok=True)
