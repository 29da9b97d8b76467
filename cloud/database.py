"""The database: one engine, two kinds of transaction, migrations, and the little SQL that dialects spell differently.

SQLite today. Whatever only SQLite knows is in this file; the features' stores speak SQLAlchemy Core. The library's
errors end here: a store that cannot be used just now is UpstreamDown, one that never can is ConfigError.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from cloud.errors import ConfigError, UpstreamDown

if TYPE_CHECKING:
    from alembic.config import Config

Connection = sa.engine.Connection
"""What a store's SQL runs on, inside `Database.transaction` or `Database.snapshot`."""

BUSY_TIMEOUT_MS: Final = 2000
"""How long to wait for another writer before saying that the database is down for now."""
_CONNECTIONS_MAX: Final = 48
"""More than the API has threads (40) and the inbox, so nobody waits for one."""
_WRITES: Final = "telltale_writes"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_REVISION: Final = sa.text("SELECT version_num FROM alembic_version")
_DIALECTS: Final[Mapping[str, Any]] = {"sqlite": sqlite, "postgresql": postgresql}
"""Both can insert or else update, each in a class of its own."""


class Database:
    """The engine behind every store. Safe to use from several threads."""

    def __init__(self, url: str, *, must_exist: bool = False) -> None:
        """Check the address and the place; nothing is opened yet.

        Raises:
            ConfigError: it cannot be used; with the remedy.
        """
        self.file = _file_of(_parse(url))
        """Where it lies."""
        _check_place(self.file)
        if must_exist and not self.file.exists():
            remedy = "Name the database of a service with --database"
            raise ConfigError("there is no such database", file=self.file, place="database", remedy=remedy)
        self._engine = _engine(self.file)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Read and write; all of it is durable when the block has ended, or nothing of it is there.

        Raises:
            UpstreamDown: locked for too long, disk full, cannot be read.
        """
        with self._begin(self._engine.execution_options(**{_WRITES: True})) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Read only, one moment's view; never waits for a writer.

        Raises:
            UpstreamDown: see `transaction`.
        """
        with self._begin(self._engine) as connection:
            yield connection

    def migrate(self) -> str:
        """Bring the tables to this version's shape and say which revision that is.

        Raises:
            ConfigError: the file is no database, cannot be written, or belongs to a newer Telltale.
            UpstreamDown: somebody else holds it.
        """
        try:
            with self._engine.execution_options(**{_WRITES: True}).begin() as connection:
                if not _is_newest(connection):
                    self._upgrade(connection)
                return str(connection.execute(_REVISION).scalar_one())
        except OperationalError as error:
            if "locked" in str(error.orig):
                raise UpstreamDown(f"{self.file}: {error.orig}") from error
            raise _unusable(self.file, error) from error
        except DatabaseError as error:
            raise _unusable(self.file, error) from error

    def _upgrade(self, connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415  # a fifth of a second, which only an older database needs
        from alembic.util import CommandError  # noqa: PLC0415

        try:
            command.upgrade(_alembic(connection), "head")
        except CommandError as error:
            raise ConfigError(
                f"the tables are of a version that this program does not know ({error})",
                file=self.file,
                remedy="Start the newer telltale-cloud that wrote it, or name another database",
            ) from error

    def check(self) -> str:
        """Why the database cannot be used just now; "" when it can."""
        try:
            with self.snapshot() as connection:
                connection.execute(sa.text("SELECT 1 FROM alembic_version"))
        except UpstreamDown as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise  # the stores prevent it: a mistake of ours, which must be seen
        except DBAPIError as error:
            raise UpstreamDown(f"database: {error.orig}") from error


def insert_once(connection: Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one of the table's unique keys is there already; whether it was new."""
    statement = _insert_once(connection.dialect.name, table)
    return bool(connection.execute(statement, dict(row)).rowcount)


def insert_all_once(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows, each unless one of the table's unique keys is there already."""
    if rows:
        connection.execute(_insert_once(connection.dialect.name, table), [dict(row) for row in rows])


def put(
    connection: Connection,
    table: sa.Table,
    row: Mapping[str, Any],
    *,
    key: tuple[str, ...],
    replace: tuple[str, ...] = (),
    add: tuple[str, ...] = (),
) -> None:
    """Insert a row; where its key is there, replace these of its columns and add to those."""
    connection.execute(_put(connection.dialect.name, table, key, replace, add), dict(row))


def put_all(
    connection: Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: tuple[str, ...],
    replace: tuple[str, ...],
) -> None:
    """Insert many rows; where the key of one is there, replace these of its columns."""
    if rows:
        connection.execute(_put(connection.dialect.name, table, key, replace, ()), [dict(row) for row in rows])


def beyond(columns: Sequence[sa.ColumnElement[Any]], key: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Rows that come after `key` when they are listed by these columns, descending."""
    values = [sa.literal(value, column.type) for column, value in zip(columns, key, strict=True)]
    return sa.tuple_(*columns) < sa.tuple_(*values)


def keep_newest(connection: Connection, table: sa.Table, *, rows_max: int, bytes_max: int | None = None) -> int:
    """Delete the oldest rows (by `id`) beyond so many, or beyond so many bytes (of `size`); how many went."""
    newest_first = sa.select(table.c.id).order_by(table.c.id.desc())
    gone = _delete_from(connection, table, newest_first.offset(rows_max).limit(1))
    if bytes_max is not None:
        bytes_until_here = sa.func.sum(table.c.size).over(order_by=table.c.id.desc())
        weighed = sa.select(table.c.id, bytes_until_here.label("bytes")).subquery()
        too_much = sa.select(sa.func.max(weighed.c.id)).where(weighed.c.bytes > bytes_max)
        gone += _delete_from(connection, table, too_much)
    return gone


def _delete_from(connection: Connection, table: sa.Table, newest_to_go: sa.Select[Any]) -> int:
    return connection.execute(sa.delete(table).where(table.c.id <= newest_to_go.scalar_subquery())).rowcount


# Statements are built once: building one costs more than running it.
@cache
def _insert_once(dialect: str, table: sa.Table) -> sa.Insert:
    statement: sa.Insert = _DIALECTS[dialect].insert(table).on_conflict_do_nothing()
    return statement


@cache
def _put(
    dialect: str, table: sa.Table, key: tuple[str, ...], replace: tuple[str, ...], add: tuple[str, ...]
) -> sa.Insert:
    insert = _DIALECTS[dialect].insert(table)
    new = insert.excluded
    changes = {name: new[name] for name in replace} | {name: table.c[name] + new[name] for name in add}
    statement: sa.Insert = insert.on_conflict_do_update(index_elements=key, set_=changes)
    return statement


def _parse(url: str) -> URL:
    remedy = "Write it as sqlite:///telltale.db, or sqlite:////var/lib/telltale/telltale.db from the root"
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        raise ConfigError(f"{url!r} is no database address", place="database", remedy=remedy) from error
    if parsed.get_backend_name() != "sqlite":
        raise ConfigError(f"{parsed.get_backend_name()!r} is not supported yet", place="database", remedy=remedy)
    if parsed.database in {None, "", ":memory:"}:
        raise ConfigError("a database in memory forgets what was acknowledged", place="database", remedy=remedy)
    return parsed


def _file_of(url: URL) -> Path:
    return Path(str(url.database)).absolute()


def _check_place(file: Path) -> None:
    folder = file.parent
    if not folder.is_dir():
        raise ConfigError("the folder is not there", file=folder, place="database", remedy=f"mkdir -p {folder}")
    if file.exists() and not file.is_file():
        raise ConfigError("not a file", file=file, place="database", remedy="Name a file that may be created")
    for path in (folder, file):
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            raise ConfigError(
                "may not be read and written by this user", file=path, place="database", remedy="Change its owner"
            )


def _unusable(file: Path, error: DatabaseError) -> ConfigError:
    return ConfigError(
        f"cannot be used as a database ({error.orig})",
        file=file,
        place="database",
        remedy="Name another file, or move this one away and restore it from a backup",
    )


def _is_newest(connection: Connection) -> bool:
    """Nothing is to be migrated, so Alembic need not be loaded; the migrations' files begin with their revisions."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return False
    newest = max(file.stem for file in (_MIGRATIONS / "versions").glob("v*.py"))
    found = connection.execute(_REVISION).scalar_one_or_none()
    return found is not None and newest.startswith(f"v{found}_")


def _alembic(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _engine(file: Path) -> Engine:
    engine = sa.create_engine(URL.create("sqlite", database=str(file)), pool_size=8, max_overflow=_CONNECTIONS_MAX - 8)
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Durable, patient, strict about references; transactions begin where we say."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    """A writer takes the lock at once: a reader that turns writer half-way could only fail."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
