"""Scheduling: centres, bookings, and the cells that they take."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of the workshop's calendar."""
    op.create_table(
        "centres",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("removed_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "bookings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("centre", sa.String(length=64), nullable=False),
        sa.Column("bay", sa.String(length=64), nullable=False),
        sa.Column("technician", sa.String(length=64), nullable=False),
        sa.Column("start_at", TIME, nullable=False),
        sa.Column("end_at", TIME, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hold_until", TIME, nullable=True),
        sa.Column("booked_at", TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("job", sa.JSON(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["centre"], ["centres.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("bookings_by_start", "bookings", ["start_at", "id"])
    op.create_index("bookings_by_end", "bookings", ["state", "end_at"])
    op.create_table(
        "booked_cells",
        sa.Column("resource", sa.String(length=200), nullable=False),
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("booking", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["booking"], ["bookings.id"]),
        sa.PrimaryKeyConstraint("resource", "cell"),
    )
    op.create_index("booked_cells_by_booking", "booked_cells", ["booking"])
