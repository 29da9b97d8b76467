"""Bundles: their bytes, who is to run which, and what vehicles tell of updates."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _bundles()
    _rollouts()
    _updates()


def _bundles() -> None:
    op.create_table(
        "bundles",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fleet", "name", name="bundles_by_name"),
        sa.UniqueConstraint("fleet", "sha256", name="bundles_once"),
    )
    op.create_index("bundles_by_time", "bundles", ["added_at", "id"])
    op.create_table(
        "bundle_pieces",
        sa.Column("bundle", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bundle", "number"),
        sa.ForeignKeyConstraint(["bundle"], ["bundles.id"]),
    )


def _rollouts() -> None:
    op.create_table(
        "rollouts",
        sa.Column("id", _BIG_ID, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("bundle", sa.String(length=32)),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("first", sa.Integer()),
        sa.Column("probation_s", sa.Integer(), nullable=False),
        sa.Column("alerts_max", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("rollouts_by_fleet", "rollouts", ["fleet", "id"])
    op.create_table(
        "rollout_members",
        sa.Column("rollout", _BIG_ID, nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger()),
        sa.Column("stream", sa.BigInteger()),
        sa.Column("seq", sa.BigInteger()),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rollout", "vehicle"),
        sa.ForeignKeyConstraint(["rollout"], ["rollouts.id"]),
    )
    op.create_index("rollout_members_due", "rollout_members", ["standing", "rollout"])
    op.create_index("rollout_members_by_vehicle", "rollout_members", ["fleet", "vehicle", "version"])


def _updates() -> None:
    op.create_table(
        "vehicle_bundles",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("rollout", sa.BigInteger()),
        sa.Column("wanted_bundle", sa.String(length=32)),
        sa.Column("wanted_name", sa.String(length=200)),
        sa.Column("wanted_version", sa.BigInteger()),
        sa.Column("wanted_at", sa.DateTime(timezone=True)),
        sa.Column("runs_bundle", sa.String(length=32)),
        sa.Column("runs_name", sa.String(length=200)),
        sa.Column("runs_version", sa.BigInteger()),
        sa.Column("runs_at", sa.DateTime(timezone=True)),
        sa.Column("fetched_since", sa.DateTime(timezone=True)),
        sa.Column("fetched_bytes", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("fleet", "vehicle"),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
    )
    op.create_index("vehicle_bundles_wanted", "vehicle_bundles", ["wanted_bundle"])
    op.create_index("vehicle_bundles_runs", "vehicle_bundles", ["runs_bundle"])
    op.create_table(
        "update_steps",
        sa.Column("id", _BIG_ID, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("stream", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("bundle", sa.String(length=32)),
        sa.Column("name", sa.String(length=200)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock", sa.String(length=16), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
    )
    op.create_index("update_steps_by_place", "update_steps", ["fleet", "vehicle", "stream", "seq"])
