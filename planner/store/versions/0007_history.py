"""What was charged, what was planned to be charged, and what was authorised."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the history."""
    op.create_table(
        "charges",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("session", sa.Boolean, nullable=False),
        sa.Column("begins", sa.Double, nullable=False),
        sa.Column("ends", sa.Double, nullable=False),
        sa.Column("last_updated", sa.Double, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("charges_by_name", "charges", ["name", "session"], unique=True)
    op.create_index("charges_by_end", "charges", ["ends"])
    op.create_table(
        "trips",
        sa.Column("plan", sa.String(64), primary_key=True),
        sa.Column("departs", sa.Double, nullable=False),
        sa.Column("arrives", sa.Double, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("trips_by_arrival", "trips", ["arrives"])
    op.create_table(
        "authorizations",
        sa.Column("reference", sa.String(64), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
