"""Newcomers: a rollout may be for vehicles that come to the fleet later, too."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the column; nothing was for newcomers."""
    op.add_column("rollouts", sa.Column("newcomers", sa.Boolean(), nullable=False, server_default=sa.false()))
