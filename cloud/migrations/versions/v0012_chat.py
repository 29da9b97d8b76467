"""Chat: conversations and their turns."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("pending", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("conversations_by_change", "conversations", ["changed_at", "id"])
    op.create_table(
        "turns",
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("intent", sa.String(length=16), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("path", sa.String(length=16), nullable=False),
        sa.Column("fell_back", sa.String(length=32), nullable=False),
        sa.Column("used", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("conversation", "number"),
    )
