"""A fleet's own depots, and the charge points that report from there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of depots and charge points."""
    op.create_table(
        "depots",
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "charge_points",
        sa.Column("name", sa.String(48), primary_key=True),
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("heard", sa.Double),
    )
    op.create_index("charge_points_by_feed", "charge_points", ["feed"])
