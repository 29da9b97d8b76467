"""Work orders, cases and their steps."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables. There is no way down: go back by restoring a backup."""
    _work_orders()
    _cases()
    op.create_table(
        "case_steps",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("case", NUMBER, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("agent", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.number"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("case_steps_by_case", "case_steps", ["case", "id"])


def _work_orders() -> None:
    op.create_table(
        "work_orders",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("booking", sa.String(length=32), nullable=False),
        sa.Column("incident", NUMBER, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("diagnosed_cause", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("found_cause", sa.String(length=200), nullable=True),
        sa.Column("label", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["booking"], ["bookings.id"]),
        sa.ForeignKeyConstraint(["incident"], ["incidents.number"]),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("booking"),
    )
    op.create_index("work_orders_by_opened", "work_orders", ["opened_at", "number"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("incident", NUMBER, nullable=False),
        sa.Column("coming", sa.Integer(), nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("agent", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("wake_at", TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("correlation", sa.String(length=64), nullable=False),
        sa.Column("diagnosis", sa.JSON(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("choose_for_me", sa.Boolean(), nullable=False),
        sa.Column("job", sa.JSON(), nullable=True),
        sa.Column("offers", sa.JSON(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=True),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("booking", sa.String(length=32), nullable=True),
        sa.Column("work_order", NUMBER, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("seen", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.number"]),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.ForeignKeyConstraint(["booking"], ["bookings.id"]),
        sa.ForeignKeyConstraint(["work_order"], ["work_orders.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("incident", "coming"),
    )
    where = sa.text("ended_at IS NULL")
    op.create_index("one_open_case", "cases", ["incident"], unique=True, sqlite_where=where, postgresql_where=where)
    op.create_index("cases_by_made", "cases", ["made_at", "number"])
    op.create_index("cases_by_wake", "cases", ["wake_at"])
