"""What tables share: their registry, the types of keys and times, and the columns that name a vehicle."""

from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

METADATA: Final = sa.MetaData()
"""Every feature's store module adds its tables here."""

BigId: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A key that the database counts up; SQLite does that for INTEGER only."""

NAME_LENGTH: Final = 64
"""Of a fleet or a vehicle (edge.wire.topics.NAME)."""


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite itself forgets zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base class names it
        """To UTC; a naive time is a mistake of ours and fails."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"{value} has no zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base class names it
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def vehicle_key() -> tuple[sa.Column[str], sa.Column[str]]:
    """The columns with which the primary key of whatever belongs to a vehicle begins."""
    return (
        sa.Column("fleet", sa.String(NAME_LENGTH), primary_key=True),
        sa.Column("vehicle", sa.String(NAME_LENGTH), primary_key=True),
    )


def vehicle_names() -> tuple[sa.Column[str], sa.Column[str]]:
    """The same where the row has a key of its own."""
    return (
        sa.Column("fleet", sa.String(NAME_LENGTH), nullable=False),
        sa.Column("vehicle", sa.String(NAME_LENGTH), nullable=False),
    )


def to_vehicle() -> sa.ForeignKeyConstraint:
    """Such a row cannot be there without its vehicle."""
    return sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"])


def within(fleet: sa.ColumnElement[Any], fleets: frozenset[str] | None) -> sa.ColumnElement[bool]:
    """Rows of these fleets only; None: of all, also of none."""
    return sa.true() if fleets is None else fleet.in_(sorted(fleets))
