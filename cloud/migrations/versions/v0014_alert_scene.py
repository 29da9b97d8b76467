"""Alerts: what the vehicle was like and did when one began."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns; of alerts before them nothing is known."""
    op.add_column("alerts", sa.Column("window_s", sa.Float(), nullable=True))
    op.add_column("alerts", sa.Column("flapping", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("alerts", sa.Column("freeze_frame", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("alerts", sa.Column("trip", sa.String(length=32), nullable=True))
