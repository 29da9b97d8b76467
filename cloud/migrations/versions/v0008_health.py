"""Health: trouble codes, folded indicators, services. Codes on the shelf stay there: the next telling counts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "trouble_codes",
        *_vehicle(),
        sa.Column("ecu", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("failure_type", sa.Text(), nullable=False),
        sa.Column("protocol", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("lamp", sa.Text(), nullable=True),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("clock", sa.String(length=16), nullable=False),
        sa.Column("freeze_frame", sa.JSON(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("stream", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _to_vehicle(),
        sa.PrimaryKeyConstraint("fleet", "vehicle", "ecu", "code", "failure_type"),
    )
    op.create_index("trouble_codes_by_receipt", "trouble_codes", ["received_at"])
    op.create_table(
        "indicator_stretches",
        *_vehicle(),
        sa.Column("fold", sa.String(length=16), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        _to_vehicle(),
        sa.PrimaryKeyConstraint("fleet", "vehicle", "fold", "started_at"),
    )
    op.create_table(
        "service_items",
        *_vehicle(),
        sa.Column("component", sa.String(length=200), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        _to_vehicle(),
        sa.PrimaryKeyConstraint("fleet", "vehicle", "component"),
    )


def _vehicle() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
    )


def _to_vehicle() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"])
