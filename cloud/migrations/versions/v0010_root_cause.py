"""Root cause: what each vehicle is."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TIME = sa.DateTime(timezone=True)


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
