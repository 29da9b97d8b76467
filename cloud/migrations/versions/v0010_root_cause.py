"""Root cause: what each vehicle is, looks for causes, what they claim, and what is done about it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TIME = sa.DateTime(timezone=True)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "profiles",
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("vin", sa.String(length=17), nullable=True),
        sa.Column("make", sa.String(length=100), nullable=True),
        sa.Column("model", sa.String(length=100), nullable=True),
        sa.Column("model_year", sa.Integer(), nullable=True),
        sa.Column("batch", sa.String(length=100), nullable=True),
        sa.Column("built_on", sa.Date(), nullable=True),
        sa.Column("in_service_on", sa.Date(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("firmware", sa.String(length=100), nullable=True),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("put_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("fleet", "vehicle"),
    )
    op.create_table(
        "former_fits",
        sa.Column("id", ID, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=100), nullable=True),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("batch", sa.String(length=100), nullable=True),
        sa.Column("until", TIME, nullable=False),
        sa.ForeignKeyConstraint(["fleet", "vehicle"], ["vehicles.fleet", "vehicles.vehicle"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("former_fits_by_vehicle", "former_fits", ["fleet", "vehicle", "id"])
    _looks()


def _looks() -> None:
    op.create_table(
        "rca_scans",
        sa.Column("number", ID, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("why_unit", sa.String(length=200), nullable=False),
        sa.Column("vehicles", sa.Integer(), nullable=False),
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.Column("denied", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("untried", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("rca_scans_by_fleet", "rca_scans", ["fleet", "number"])
    op.create_table(
        "insights",
        sa.Column("number", ID, nullable=False),
        sa.Column("scan", ID, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=200), nullable=False),
        sa.Column("attribute", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=201), nullable=False),
        sa.Column("inside", sa.JSON(), nullable=False),
        sa.Column("outside", sa.JSON(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("ratio", sa.Float(), nullable=True),
        sa.Column("interval", sa.JSON(), nullable=False),
        sa.Column("interval_all", sa.JSON(), nullable=False),
        sa.Column("p", sa.Float(), nullable=False),
        sa.Column("p_all", sa.Float(), nullable=False),
        sa.Column("stands", sa.String(length=20), nullable=False),
        sa.Column("others", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.String(length=16), nullable=False),
        sa.Column("causes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["scan"], ["rca_scans.number"]),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("insights_by_fleet", "insights", ["fleet", "number"])
    op.create_table(
        "capas",
        sa.Column("number", ID, nullable=False),
        sa.Column("fleet", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("component", sa.String(length=200), nullable=False),
        sa.Column("attribute", sa.String(length=16), nullable=True),
        sa.Column("value", sa.String(length=201), nullable=True),
        sa.Column("insight", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("capas_by_fleet", "capas", ["fleet", "number"])
