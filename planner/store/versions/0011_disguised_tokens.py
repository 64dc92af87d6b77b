"""Digests of tokens and hashes of contract ids are disguised by the installation's key.

A uid is short: who had the database could find it by trying them all.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import context, op

from planner.store.vault import Vault

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_DIGESTS, _CONTRACT = "token", "contract"
_CONTRACT_DIGITS = 16
_CHUNK = 5000

_issued = sa.table("issued", *map(sa.column, ("digest", "contract", "body")))
_sent = sa.table("sent", *map(sa.column, ("digest",)))
_evidence = sa.table("evidence", *map(sa.column, ("id", "kind", "body")))
_objects = sa.table("objects", *map(sa.column, ("id", "module", "digest")))
_wallets = sa.table("wallets", sa.column("body"))
_feeds = sa.table("feeds", sa.column("credentials"))


def upgrade() -> None:
    """Disguise what is stored; no uid is needed for it."""
    vault: Vault = context.config.attributes["vault"]
    connection = op.get_bind()
    _require_own_key(connection, vault)
    if connection.dialect.name == "sqlite":  # else the old digests stay in the file's free pages
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    for name in ("issued", "sent"):
        with op.batch_alter_table(name) as table:
            table.alter_column(
                "digest",
                type_=sa.String(64),
                existing_type=sa.String(16),
                existing_nullable=False,
            )
    _write_issued(connection, vault)
    _write_sent(connection, vault)
    _write_evidence(connection, vault)
    _write_objects(connection, vault)


def _require_own_key(connection: sa.Connection, vault: Vault) -> None:
    """StoreError if secrets here are sealed with another key: nothing may be mixed."""
    for sealed in (_issued.c.body, _wallets.c.body, _feeds.c.credentials):
        body = connection.execute(sa.select(sealed).where(sealed.is_not(None)).limit(1)).scalar()
        if body is not None:
            vault.unseal(body)


def _write_issued(connection: sa.Connection, vault: Vault) -> None:
    rows = connection.execute(sa.select(_issued.c.digest, _issued.c.contract)).all()
    news = [
        {
            "old": row.digest,
            "new": vault.disguise(row.digest, _DIGESTS),
            "named": vault.disguise(row.contract[:_CONTRACT_DIGITS], _CONTRACT),
        }
        for row in rows
    ]
    write = sa.update(_issued).where(_issued.c.digest == sa.bindparam("old"))
    write = write.values(digest=sa.bindparam("new"), contract=sa.bindparam("named"))
    _write(connection, write, news)


def _write_sent(connection: sa.Connection, vault: Vault) -> None:
    known = connection.execute(sa.select(_sent.c.digest).distinct()).scalars().all()
    news = [{"old": one, "new": vault.disguise(one, _DIGESTS)} for one in known]
    write = sa.update(_sent).where(_sent.c.digest == sa.bindparam("old"))
    _write(connection, write.values(digest=sa.bindparam("new")), news)


def _write_evidence(connection: sa.Connection, vault: Vault) -> None:
    of_tokens = sa.select(_evidence.c.id, _evidence.c.body).where(_evidence.c.kind == "evidence")
    news = []
    for number, body in connection.execute(of_tokens).all():
        told = msgspec.json.decode(body)
        told["token"] = vault.disguise(told["token"], _DIGESTS)
        news.append({"number": number, "new": msgspec.json.encode(told)})
    write = sa.update(_evidence).where(_evidence.c.id == sa.bindparam("number"))
    _write(connection, write.values(body=sa.bindparam("new")), news)


def _write_objects(connection: sa.Connection, vault: Vault) -> None:
    """Name by the key also the contents of what is encrypted: a uid stands in it."""
    sealed = _objects.c.module.in_(("sessions", "cdrs", "transactions"))
    rows = connection.execute(sa.select(_objects.c.id, _objects.c.digest).where(sealed)).all()
    news = [{"number": row.id, "new": bytes.fromhex(vault.name(bytes(row.digest)))} for row in rows]
    write = sa.update(_objects).where(_objects.c.id == sa.bindparam("number"))
    _write(connection, write.values(digest=sa.bindparam("new")), news)


def _write(connection: sa.Connection, write: sa.Update, rows: Sequence[dict[str, Any]]) -> None:
    for first in range(0, len(rows), _CHUNK):
        connection.execute(write, rows[first : first + _CHUNK])
