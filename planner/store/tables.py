"""The tables, in SQLAlchemy Core: one word for SQLite and PostgreSQL alike.

Whatever readers of a snapshot follow carries the ``sequence`` of its last change, and what is gone
stays as a row marked ``removed``, so that a reader learns of it by sequence too. Values that are
only ever read whole (a station, a tariff, a plan) are JSON bodies; what is searched has columns.
Row ids that readers hold on to are never used twice (``sqlite_autoincrement``).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

REVISION = "0011"
"""The migration that these tables are the result of: the newest one in ``versions``."""

DOMAINS = (
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
    "closures",
)
"""What has a sequence of its own, so that a reader knows what to read again."""

metadata = MetaData()

clock = Table(
    "clock",
    metadata,
    Column("domain", String(20), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("credentials", LargeBinary),
    sqlite_autoincrement=True,
)

stations = Table(
    "stations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", ForeignKey("feeds.id"), nullable=False),
    Column("station_id", String(255), nullable=False),
    Column("last_updated", Double, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("shown", LargeBinary),
    Index("stations_by_id", "station_id", "feed", unique=True),
    Index("stations_by_feed", "feed"),
    Index("stations_by_sequence", "sequence"),
    sqlite_autoincrement=True,
)

evses = Table(
    "evses",
    metadata,
    Column("station", ForeignKey("stations.id"), primary_key=True),
    Column("uid", String(255), primary_key=True),
    Column("ident", String(255), nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("status_at", Double),
    Column("hidden", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("calm_s", Double),
    Column("calm_seen", Double),
    Index("evses_by_ident", "ident"),
    Index("evses_by_sequence", "sequence"),
)

tariffs = Table(
    "tariffs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", ForeignKey("feeds.id"), nullable=False),
    Column("party", String(10), nullable=False),
    Column("tariff_id", String(255), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Index("tariffs_by_id", "feed", "party", "tariff_id", unique=True),
    Index("tariffs_by_sequence", "sequence"),
    sqlite_autoincrement=True,
)

rejections = Table(
    "rejections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", ForeignKey("feeds.id"), nullable=False),
    Column("module", String(20), nullable=False),
    Column("object", String(300), nullable=False),
    Column("mended", Boolean, nullable=False),
    Column("place", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Index("rejections_by_object", "feed", "module", "object"),
)

lists = Table(
    "lists",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("owner", String(100), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Lists that are replaced whole: agreements and prices by import, client infos by hub."""

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("at", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Index("evidence_by_sequence", "sequence"),
    Index("evidence_by_time", "at"),
    sqlite_autoincrement=True,
)
"""Of tokens (in the bodies their digests are disguised), and what drivers reported."""

plans = Table(
    "plans",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created", Double, nullable=False),
    Column("world", String(64), nullable=False),
    Column("mission_id", String(255), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("plans_by_time", "created"),
    Index("plans_by_mission", "mission_id"),
)

batches = Table(
    "batches",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created", Double, nullable=False),
    Column("state", String(20), nullable=False),
    Column("size", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("caller", String(100), nullable=False, server_default=""),
    Column("expected", Double),
    Index("batches_by_caller", "caller", "created"),
)

batch_rows = Table(
    "batch_rows",
    metadata,
    Column("batch", ForeignKey("batches.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("failed", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("mission_id", String(255), nullable=False, server_default=""),
    Column("input_hash", String(64), nullable=False, server_default=""),
)

wallets = Table(
    "wallets",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Bodies are encrypted: they hold token uids."""

keys = Table(
    "keys",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("scopes", String(200), nullable=False),
    Column("created", Double, nullable=False),
    Column("revoked", Double),
)
"""Only a SHA-256 of each API key: the key itself is random and long, and shown once."""

objects = Table(
    "objects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", ForeignKey("feeds.id"), nullable=False),
    Column("module", String(20), nullable=False),
    Column("name", String(300), nullable=False),
    Column("last_updated", Double, nullable=False),
    Column("at", Double, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("objects_by_name", "feed", "module", "name", unique=True),
)
"""What partners sent, as they sent it: a PATCH needs the whole. Sessions and CDRs are encrypted."""

callers = Table(
    "callers",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("feed", ForeignKey("feeds.id"), nullable=False),
    Column("registered", Boolean, nullable=False),
    Index("callers_by_feed", "feed"),
)
"""By which tokens partners call us: only a SHA-256 of each, for they are random and long."""

pages = Table(
    "pages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed", ForeignKey("feeds.id"), nullable=False),
    Column("module", String(20), nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("pages_by_number", "feed", "module", "number", unique=True),
)
"""Pages of a pull that was cut off, for the next one to go on from."""

issued = Table(
    "issued",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("contract", String(64), nullable=False),
    Column("last_updated", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("issued_by_contract", "contract"),
    Index("issued_by_time", "last_updated"),
)
"""Tokens that we issue, encrypted; `Token.digest` and a hash of the contract id are disguised."""

sent = Table(
    "sent",
    metadata,
    Column("feed", ForeignKey("feeds.id"), primary_key=True),
    Column("party", String(10), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("last_updated", Double, nullable=False),
    Column("at", Double, nullable=False),
    Column("error", Text, nullable=False),
)
"""Which state of our tokens each operator was told, and when its copy was last read.

``digest`` is the disguised `Token.digest`.
"""

commands = Table(
    "commands",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("feed", ForeignKey("feeds.id"), nullable=False),
    Column("made", Double, nullable=False),
    Column("state", String(30), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("commands_by_feed", "feed"),
)
"""Commands to operators and what became of them; the id is unguessable, it stands in a URL."""

closures = Table(
    "closures",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Closures and slow-downs of roads, in the order of their file."""

depots = Table(
    "depots",
    metadata,
    Column("feed", ForeignKey("feeds.id"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""A fleet's own depots: each is a feed of its own."""

charge_points = Table(
    "charge_points",
    metadata,
    Column("name", String(48), primary_key=True),
    Column("feed", ForeignKey("feeds.id"), nullable=False),
    Column("password", String(200), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("heard", Double),
    Index("charge_points_by_feed", "feed"),
)
"""Charge points of depots by their OCPP identity; only a salted scrypt hash of each password."""

fleet_vehicles = Table(
    "fleet_vehicles",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("state", LargeBinary),
)
"""The fleet's vehicles; ``state`` is where each last was, encrypted."""

fleet_drivers = Table(
    "fleet_drivers",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""The fleet's drivers, encrypted whole: they are people."""

policies = Table(
    "policies",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""What employers allow."""

fleet_plans = Table(
    "fleet_plans",
    metadata,
    Column("plan", String(64), primary_key=True),
    Column("batch", String(64), nullable=False),
    Column("row", Integer, nullable=False),
    Column("mission_id", Text, nullable=False),
    Column("vehicle", String(100), nullable=False),
    Column("departs", Double, nullable=False),
    Column("arrives", Double, nullable=False),
    Column("holds", LargeBinary, nullable=False),
    Index("fleet_plans_by_batch", "batch", "row"),
    Index("fleet_plans_by_arrival", "arrives"),
)
"""Plans in use: by which vehicles of the fleet will drive, and what they count on meanwhile."""

replaced_plans = Table(
    "replaced_plans",
    metadata,
    Column("plan", String(64), primary_key=True),
    Column("by", String(64), nullable=False),
    Column("until", Double, nullable=False),
)
"""Which plan took the place of another; ``until`` when the later one is over."""

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created", Double, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("secret", LargeBinary, nullable=False),
)
"""Who is told of what; secrets are encrypted."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("webhook", ForeignKey("webhooks.id"), nullable=False),
    Column("created", Double, nullable=False),
    Column("event", String(40), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Double, nullable=False),
    Column("told", Text, nullable=False),
    Index("deliveries_due", "state", "due"),
    Index("deliveries_by_webhook", "webhook", "created"),
)
"""Notices to webhooks: ``state`` is waiting, delivered or given_up; ``told`` how the last try went.
"""
