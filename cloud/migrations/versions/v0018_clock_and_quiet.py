"""Captures: what must be added to the times inside a block. Fleet: until when a parked vehicle need say nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the columns; nobody had corrected anything, and nobody had slept."""
    op.add_column("capture_parts", sa.Column("offset_s", sa.Float(), nullable=False, server_default="0"))
    op.add_column("vehicles", sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True))
