"""Closures and slow-downs of roads."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of closures, and their sequence."""
    op.create_table(
        "closures",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    clock = sa.table("clock", sa.column("domain", sa.String), sa.column("sequence", sa.BigInteger))
    op.bulk_insert(clock, [{"domain": "closures", "sequence": 0}])
