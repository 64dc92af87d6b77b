"""Who sent a batch, and what its rows were planned from."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the caller of a batch, and the mission and its input's hash to each result."""
    op.add_column("batches", sa.Column("caller", sa.String(100), nullable=False, server_default=""))
    op.add_column(
        "batch_rows", sa.Column("mission_id", sa.String(255), nullable=False, server_default="")
    )
    op.add_column(
        "batch_rows", sa.Column("input_hash", sa.String(64), nullable=False, server_default="")
    )
    op.create_index("batches_by_caller", "batches", ["caller", "created"])
