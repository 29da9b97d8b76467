"""Fleet: what is signed for each vehicle."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the column."""
    op.add_column("desired", sa.Column("signed", sa.JSON(), nullable=False, server_default="{}"))
