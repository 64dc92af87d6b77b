"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_DOMAINS = (
    "all",
    "feeds",
    "stations",
    "statuses",
    "tariffs",
    "agreements",
    "prices",
    "client_infos",
    "evidence",
    "reports",
)


def upgrade() -> None:
    """Create every table of the first release."""
    clock = op.create_table(
        "clock",
        sa.Column("domain", sa.String(20), primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(clock, [{"domain": domain, "sequence": 0} for domain in _DOMAINS])
    _create_feeds()
    _create_knowledge()
    _create_answers()
    _create_secrets()


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("credentials", sa.LargeBinary),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "stations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), nullable=False),
        sa.Column("station_id", sa.String(255), nullable=False),
        sa.Column("last_updated", sa.Double, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("stations_by_id", "stations", ["station_id", "feed"], unique=True)
    op.create_index("stations_by_feed", "stations", ["feed"])
    op.create_index("stations_by_sequence", "stations", ["sequence"])
    op.create_table(
        "evses",
        sa.Column("station", sa.Integer, sa.ForeignKey("stations.id"), primary_key=True),
        sa.Column("uid", sa.String(255), primary_key=True),
        sa.Column("ident", sa.String(255), nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("status_at", sa.Double),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_index("evses_by_ident", "evses", ["ident"])
    op.create_index("evses_by_sequence", "evses", ["sequence"])
    op.create_table(
        "tariffs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), nullable=False),
        sa.Column("party", sa.String(10), nullable=False),
        sa.Column("tariff_id", sa.String(255), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("tariffs_by_id", "tariffs", ["feed", "party", "tariff_id"], unique=True)
    op.create_index("tariffs_by_sequence", "tariffs", ["sequence"])
    op.create_table(
        "rejections",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("feed", sa.Integer, sa.ForeignKey("feeds.id"), nullable=False),
        sa.Column("module", sa.String(20), nullable=False),
        sa.Column("object", sa.String(300), nullable=False),
        sa.Column("mended", sa.Boolean, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("remedy", sa.Text, nullable=False),
    )
    op.create_index("rejections_by_object", "rejections", ["feed", "module", "object"])


def _create_knowledge() -> None:
    op.create_table(
        "lists",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("owner", sa.String(100), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("evidence_by_sequence", "evidence", ["sequence"])
    op.create_index("evidence_by_time", "evidence", ["at"])


def _create_answers() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("world", sa.String(64), nullable=False),
        sa.Column("mission_id", sa.String(255), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("plans_by_time", "plans", ["created"])
    op.create_index("plans_by_mission", "plans", ["mission_id"])
    op.create_table(
        "batches",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "batch_rows",
        sa.Column("batch", sa.String(64), sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def _create_secrets() -> None:
    op.create_table(
        "wallets",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("revoked", sa.Double),
    )


def downgrade() -> None:
    """Drop them all."""
    for name in (
        "keys",
        "wallets",
        "batch_rows",
        "batches",
        "plans",
        "evidence",
        "lists",
        "rejections",
        "tariffs",
        "evses",
        "stations",
        "feeds",
        "clock",
    ):
        op.drop_table(name)
