"""Warranty: claims, what was submitted with them, and plans that were assigned by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TIME = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "claims",
        sa.Column("number", ID, nullable=False),
        sa.Column("work_order", ID, nullable=False),
        sa.Column("incident", ID, nullable=False),
        *_vehicle(),
        sa.Column("component", sa.String(length=200), nullable=False),
        sa.Column("work", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("submitted_by", sa.String(length=200), nullable=True),
        sa.Column("submitted_at", TIME, nullable=True),
        sa.Column("assessment", sa.JSON(), nullable=True),
        sa.Column("ruling", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["work_order"], ["work_orders.number"]),
        sa.ForeignKeyConstraint(["incident"], ["incidents.number"]),
        _to_vehicle(),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("work_order"),
    )
    op.create_index("claims_by_made", "claims", ["made_at", "number"])
    op.create_table(
        "claim_evidence",
        sa.Column("claim", ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["claim"], ["claims.number"]),
        sa.PrimaryKeyConstraint("claim", "name"),
    )
    op.create_table(
        "vehicle_plans",
        *_vehicle(),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("put_by", sa.String(length=200), nullable=False),
        sa.Column("put_at", TIME, nullable=False),
        _to_vehicle(),
        sa.PrimaryKeyConstraint("fleet", "vehicle"),
    )


def _vehicle() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
    )


def _to_vehicle() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"])
