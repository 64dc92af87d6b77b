"""What other sources add to a station, and how often an EVSE's status is usually told anew."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("stations", sa.Column("shown", sa.LargeBinary))
    op.add_column("evses", sa.Column("calm_s", sa.Double))
    op.add_column("evses", sa.Column("calm_seen", sa.Double))
