"""How alerts are handled, and incidents; alerts that are there already get a handling that follows from their state."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and fill them. There is no way down: go back by restoring a backup."""
    _incidents()
    _handlings()
    _steps()
    _fill()


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=200), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("number"),
    )
    _unique_while("one_open_incident", "incidents", ["fleet", "vehicle", "component"], "closed_at IS NULL")


def _handlings() -> None:
    op.create_table(
        "handlings",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("alert", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("component", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("incident", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incidents.number"]),
        sa.ForeignKeyConstraint(["fleet", "vehicle", "alert"], ["alerts.fleet", "alerts.vehicle", "alerts.id"]),
        sa.PrimaryKeyConstraint("fleet", "vehicle", "alert"),
    )
    kind = ["fleet", "vehicle", "rule", "component"]
    _unique_while("one_open_alert", "handlings", kind, "state <> 'resolved'")
    op.create_index("handlings_by_kind", "handlings", kind)
    op.create_index("handlings_by_incident", "handlings", ["incident"])


def _steps() -> None:
    op.create_table(
        "handling_steps",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("alert", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle", "alert"], ["alerts.fleet", "alerts.vehicle", "alerts.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("handling_steps_by_alert", "handling_steps", ["fleet", "vehicle", "alert", "id"])


def _unique_while(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def _fill() -> None:
    """The newest of each kind that fires is open, older ones are superseded; each open component has an incident."""
    op.execute("""
        INSERT INTO handlings (fleet, vehicle, alert, rule, component, state, step, at, note)
        SELECT fleet, vehicle, id, rule, component,
            CASE WHEN state = 'firing' AND newest = 1 THEN 'firing' ELSE 'resolved' END,
            CASE WHEN state <> 'firing' THEN 'all_clear' WHEN newest = 1 THEN 'began' ELSE 'superseded' END,
            observed_at, ''
        FROM (
            SELECT alerts.*, row_number() OVER (
                PARTITION BY fleet, vehicle, rule, component, state ORDER BY started_at DESC, id DESC
            ) AS newest
            FROM alerts
        ) AS ranked
    """)
    op.execute("""
        INSERT INTO incidents (fleet, vehicle, component, opened_at, reopened)
        SELECT fleet, vehicle, component, min(at), 0 FROM handlings WHERE state <> 'resolved'
        GROUP BY fleet, vehicle, component
    """)
    op.execute("""
        UPDATE handlings SET incident = (
            SELECT number FROM incidents
            WHERE incidents.fleet = handlings.fleet AND incidents.vehicle = handlings.vehicle
                AND incidents.component = handlings.component
        ) WHERE state <> 'resolved'
    """)
    op.execute("""
        INSERT INTO handling_steps (fleet, vehicle, alert, state, step, at, note)
        SELECT fleet, vehicle, alert, state, step, at, note FROM handlings
    """)
