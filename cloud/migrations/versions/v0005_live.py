"""Live: the latest summaries are found by when they came."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the index."""
    op.create_index("summaries_by_receipt", "summaries", ["received_at"])
