"""What partners send and are sent: raw objects, callers, pages, tokens, commands."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of partners."""
    _create_received()
    _create_sent()


def _create_received() -> None:
    op.create_table(
        "objects",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), nullable=False),
        sa.Column("module", sa.String(20), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("last_updated", sa.Double, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("objects_by_name", "objects", ["feed", "module", "name"], unique=True)
    op.create_table(
        "callers",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), nullable=False),
        sa.Column("registered", sa.Boolean, nullable=False),
    )
    op.create_index("callers_by_feed", "callers", ["feed"])
    op.create_table(
        "pages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), nullable=False),
        sa.Column("module", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("pages_by_number", "pages", ["feed", "module", "number"], unique=True)


def _create_sent() -> None:
    op.create_table(
        "issued",
        sa.Column("digest", sa.String(16), primary_key=True),
        sa.Column("contract", sa.String(64), nullable=False),
        sa.Column("last_updated", sa.Double, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("issued_by_contract", "issued", ["contract"])
    op.create_index("issued_by_time", "issued", ["last_updated"])
    op.create_table(
        "sent",
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), primary_key=True),
        sa.Column("party", sa.String(10), primary_key=True),
        sa.Column("digest", sa.String(16), primary_key=True),
        sa.Column("last_updated", sa.Double, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_table(
        "commands",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), nullable=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.Column("state", sa.String(30), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("commands_by_feed", "commands", ["feed"])
