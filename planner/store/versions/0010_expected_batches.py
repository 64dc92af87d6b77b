"""When a batch is expected to be done."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the moment at which a batch that runs is expected to be done."""
    op.add_column("batches", sa.Column("expected", sa.Double))
