"""What was counted, kept over restarts: messages by what became of them, drops by their cause."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cloud.columns import METADATA
from cloud.database import Database, put

counters: Final = sa.Table(
    "counters",
    METADATA,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("total", sa.BigInteger, nullable=False),
    comment="How often something happened, since the database was made",
)


def add(connection: Connection, counts: Mapping[str, int]) -> None:
    """Count in the same transaction as what is counted."""
    for name, count in sorted(counts.items()):
        if count:
            put(connection, counters, {"name": name, "total": count}, key=("name",), add=("total",))


def read(database: Database) -> dict[str, int]:
    """Every count, by name."""
    with database.snapshot() as connection:
        rows = connection.execute(sa.select(counters).order_by(counters.c.name))
        return {row.name: row.total for row in rows}
