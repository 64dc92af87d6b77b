"""API keys: shown once when made, and kept only as their SHA-256."""

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from planner.errors import InputError, NotFound
from planner.store.database import Database
from planner.store.tables import keys

SCOPES = ("plan", "batch", "fleet", "reports", "admin")
PREFIX = "plugsure_"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is known of a key: never the key itself. Times are UTC epoch seconds."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created: float
    revoked: float | None = None


class Keys:
    """The API keys of this installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, scopes: tuple[str, ...], *, now: float) -> tuple[ApiKey, str]:
        """Make a key; the second value is the secret, which cannot be had again.

        Raises
        ------
        InputError
            If there is no scope, or one that is unknown.
        """
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise InputError(
                f"unknown scope {', '.join(unknown)}" if unknown else "a key needs a scope",
                place="scope",
                remedy=f"Known are {', '.join(SCOPES)}.",
            )
        secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        key = ApiKey(
            id=secrets.token_hex(4), name=name, scopes=tuple(sorted(set(scopes))), created=now
        )
        with self._database.writing() as change:
            change.connection.execute(
                insert(keys).values(
                    id=key.id,
                    name=name,
                    hash=_hash(secret),
                    scopes=" ".join(key.scopes),
                    created=now,
                )
            )
        return key, secret

    def check(self, secret: str) -> ApiKey | None:
        """Give the key that this is the secret of, None if there is none or it was revoked."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(keys).where(keys.c.hash == _hash(secret), keys.c.revoked.is_(None))
            ).first()
        return None if row is None else _read(row.id, row.name, row.scopes, row.created)

    def all(self) -> tuple[ApiKey, ...]:
        """List all keys, the revoked among them, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(keys).order_by(keys.c.created, keys.c.id)).all()
        return tuple(_read(r.id, r.name, r.scopes, r.created, r.revoked) for r in rows)

    def revoke(self, name: str, *, now: float) -> None:
        """End a key by its id; NotFound if there is none. Revoking twice keeps the first time."""
        with self._database.writing() as change:
            found = change.connection.execute(select(keys.c.id).where(keys.c.id == name)).scalar()
            if found is None:
                raise NotFound(f"there is no key {name!r}", remedy="See `plugsure keys list`.")
            change.connection.execute(
                update(keys).where(keys.c.id == name, keys.c.revoked.is_(None)).values(revoked=now)
            )


def _hash(secret: str) -> str:
    # The secret has 256 random bits: no salt and no slow hash would make it harder to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(
    name: str, title: str, scopes: str, created: float, revoked: float | None = None
) -> ApiKey:
    return ApiKey(
        id=name, name=title, scopes=tuple(scopes.split()), created=created, revoked=revoked
    )
