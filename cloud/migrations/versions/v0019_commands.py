"""Commands: what is asked of each vehicle, and what came of it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "commands",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("fleet", "vehicle", "id"),
    )
    op.create_index("commands_due", "commands", ["next_at"])
    op.create_index("commands_by_time", "commands", ["fleet", "vehicle", "issued_at", "id"])
    op.create_index("commands_age", "commands", ["issued_at"])
