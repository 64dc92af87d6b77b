"""Which plan took the place of another."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the plans that others have replaced."""
    op.create_table(
        "replaced_plans",
        sa.Column("plan", sa.String(64), primary_key=True),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("until", sa.Double, nullable=False),
    )
