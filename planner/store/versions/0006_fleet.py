"""A fleet's vehicles, drivers and policies, plans in use, and webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the fleet."""
    op.create_table(
        "fleet_vehicles",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.LargeBinary),
    )
    for name in ("fleet_drivers", "policies"):
        op.create_table(
            name,
            sa.Column("id", sa.String(100), primary_key=True),
            sa.Column("body", sa.LargeBinary, nullable=False),
        )
    op.create_table(
        "fleet_plans",
        sa.Column("plan", sa.String(64), primary_key=True),
        sa.Column("batch", sa.String(64), nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("mission_id", sa.Text, nullable=False),
        sa.Column("vehicle", sa.String(100), nullable=False),
        sa.Column("departs", sa.Double, nullable=False),
        sa.Column("arrives", sa.Double, nullable=False),
        sa.Column("holds", sa.LargeBinary, nullable=False),
    )
    op.create_index("fleet_plans_by_batch", "fleet_plans", ["batch", "row"])
    op.create_index("fleet_plans_by_arrival", "fleet_plans", ["arrives"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("webhook", sa.String(32), sa.ForeignKey("webhooks.id"), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", sa.Double, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
    )
    op.create_index("deliveries_due", "deliveries", ["state", "due"])
    op.create_index("deliveries_by_webhook", "deliveries", ["webhook", "created"])
