"""Alerts: whether one began in a workshop. Trips: what they tell beside times and distance, where and how included."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns; of what came before them nothing is known, and it disturbed people as everything did."""
    op.add_column("alerts", sa.Column("workshop", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("trips", sa.Column("distance_by", sa.String(length=200), nullable=True))
    op.add_column("trips", sa.Column("stops", sa.BigInteger(), nullable=True))
    for figure in (
        "odometer_start_km",
        "odometer_end_km",
        "fuel_idle_l",
        "energy_used_kwh",
        "energy_recuperated_kwh",
        "engine_on_s",
        "stopped_s",
        "no_position_s",
        "moved_off_m",
        "start_latitude_deg",
        "start_longitude_deg",
        "end_latitude_deg",
        "end_longitude_deg",
    ):
        op.add_column("trips", sa.Column(figure, sa.Float(), nullable=True))
    op.add_column("trips", sa.Column("style", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("trips", sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))
