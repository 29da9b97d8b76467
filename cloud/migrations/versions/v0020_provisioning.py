"""Fleet: who is let in: standings, claims, certificates, and what brokers are told."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _vehicles()
    op.create_table(
        "door",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("list_number", sa.BigInteger(), nullable=False),
        sa.Column("list_change", sa.BigInteger(), nullable=False),
        sa.Column("list_made_at", sa.DateTime(timezone=True)),
        sa.Column("list_pem", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "broker_helpers",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("list_ends_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "refusals",
        sa.Column("id", _BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.String(length=400), nullable=False),
        sa.Column("fleet", sa.String(length=64)),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("told_times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "who", "detail", name="refusals_once"),
    )
    op.create_index("refusals_told", "refusals", ["told_at"])


def _vehicles() -> None:
    op.create_table(
        "standings",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("closed_upto", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fleet", "vehicle"),
    )
    op.create_index("standings_changed", "standings", ["change"])
    op.create_table(
        "claims_of_vehicles",
        sa.Column("id", _BIG_ID, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("used_by", sa.String(length=64)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("claims_by_vehicle", "claims_of_vehicles", ["fleet", "vehicle", "id"])
    op.create_table(
        "certificates",
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("why", sa.String(length=64)),
        sa.PrimaryKeyConstraint("serial"),
    )
    op.create_index("certificates_by_vehicle", "certificates", ["fleet", "vehicle", "issued_at"])
