"""First light: vehicles, their messages, alerts, trips, summaries."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table. There is no way down: go back by restoring a backup."""
    _fleet()
    _alerts()
    _inbox()
    _aside()


def _fleet() -> None:
    """Vehicles, twins, trips, summaries."""
    op.create_table(
        "vehicles",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("said_offline_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("fleet", "vehicle"),
    )
    op.create_table(
        "twin_parts",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("observed_at", TIME, nullable=False),
        sa.Column("clock", sa.String(length=16), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("stream", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("fleet", "vehicle", "part"),
    )
    op.create_table(
        "trips",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.Column("distance_m", sa.Float(), nullable=True),
        sa.Column("moving_s", sa.Float(), nullable=True),
        sa.Column("idle_s", sa.Float(), nullable=True),
        sa.Column("speed_max_kmh", sa.Float(), nullable=True),
        sa.Column("fuel_used_l", sa.Float(), nullable=True),
        sa.Column("alerts", sa.JSON(), nullable=False),
        sa.Column("clock", sa.String(length=16), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("fleet", "vehicle", "id"),
    )
    op.create_index("trips_by_start", "trips", ["started_at", "fleet", "vehicle", "id"])
    op.create_table(
        "summaries",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=False),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.Column("clock", sa.String(length=16), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("fleet", "vehicle", "started_at"),
    )
    op.create_index("summaries_by_start", "summaries", ["started_at", "fleet", "vehicle"])


def _alerts() -> None:
    """Alerts and their timelines."""
    op.create_table(
        "alerts",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("component", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("since_at", TIME, nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("driver", sa.Text(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("observed_at", TIME, nullable=False),
        sa.Column("clock", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("fleet", "vehicle", "id"),
    )
    op.create_index("alerts_by_start", "alerts", ["started_at", "fleet", "vehicle", "id"])
    op.create_table(
        "alert_timeline",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("alert", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("observed_at", TIME, nullable=False),
        sa.Column("clock", sa.String(length=16), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle", "alert"], ["alerts.fleet", "alerts.vehicle", "alerts.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fleet", "vehicle", "alert", "state", "observed_at", name="alert_timeline_once"),
    )


def _inbox() -> None:
    """Streams, what is stored of them, receipts."""
    op.create_table(
        "streams",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("stream", sa.String(length=32), nullable=False),
        sa.Column("receipts_from", sa.BigInteger(), nullable=False),
        sa.Column("reused_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fleet", "vehicle", "stream", name="streams_once"),
    )
    op.create_table(
        "stream_ranges",
        sa.Column("stream", NUMBER, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["streams.id"]),
        sa.PrimaryKeyConstraint("stream", "first"),
    )
    op.create_table(
        "receipts",
        sa.Column("stream", NUMBER, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["streams.id"]),
        sa.PrimaryKeyConstraint("stream", "seq"),
    )


def _aside() -> None:
    """Quarantine, shelf, gaps, counters."""
    op.create_table(
        "quarantine",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("topic", sa.String(length=512), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=1000), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_received_at", TIME, nullable=False),
        sa.Column("last_received_at", TIME, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("topic", "sha256", "reason", name="quarantine_once"),
    )
    op.create_index("quarantine_sizes", "quarantine", ["id", "size"])
    op.create_table(
        "shelf",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("stream", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("observed_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("stream", "seq", name="shelf_once"),
    )
    op.create_index("shelf_sizes", "shelf", ["id", "size"])
    op.create_table(
        "gaps",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("stream", sa.String(length=32), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("observed_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
