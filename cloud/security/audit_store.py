"""The table of the audit and all SQL on it. Rows are only ever added: the database itself refuses anything else."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, NAME_LENGTH, BigId, UtcTime, within
from cloud.database import beyond
from cloud.pages import Key
from cloud.security.audit_model import AuditFilter, Deed, Entry

audit: Final = sa.Table(
    "audit",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("fleet", sa.String(NAME_LENGTH)),
    sa.Column("subject", sa.String(400), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("correlation", sa.String(64), nullable=False),
    sa.Column("chain", sa.String(64), nullable=False),
    sa.Index("audit_by_actor", "by", "id"),
    comment="Who did what, and when; rows are only ever added, each with a digest over it and the one before",
)


def add(connection: Connection, deed: Deed) -> Entry:
    """Add a deed to the end of the chain. The caller's transaction holds the writers' lock, so there is one end."""
    last = connection.execute(sa.select(audit.c.chain).order_by(audit.c.id.desc()).limit(1)).scalar()
    chain = deed.chained(last or "")
    row = {name: getattr(deed, name) for name in Deed.__slots__}
    number = connection.execute(sa.insert(audit), {**row, "chain": chain}).inserted_primary_key
    return Entry(0 if number is None else number[0], deed, chain)


def list_entries(connection: Connection, wanted: AuditFilter, *, after: Key | None, rows_max: int) -> list[Entry]:
    """Entries, the newest first."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(rows_max)
    for column, value in ((audit.c.by, wanted.by), (audit.c.action, wanted.action), (audit.c.fleet, wanted.fleet)):
        if value is not None:
            query = query.where(column == value)
    query = query.where(within(audit.c.fleet, wanted.within))
    if after is not None:
        query = query.where(beyond((audit.c.id,), after))
    return [_entry(row) for row in connection.execute(query)]


def entries_from(connection: Connection, number: int, rows_max: int) -> list[Entry]:
    """The entries after that number, in order."""
    query = sa.select(audit).where(audit.c.id > number).order_by(audit.c.id).limit(rows_max)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[Any]) -> Entry:
    deed = Deed(row.at, row.by, row.action, row.fleet, row.subject, row.note, row.correlation)
    return Entry(row.id, deed, row.chain)
