"""Who may call us: partners by the hash of the token that they were given."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from planner.store.bodies import decode
from planner.store.database import Database
from planner.store.sources import Source
from planner.store.tables import callers, feeds

TOKENS = ("our_token", "our_next_token")
"""Names, in a feed's credentials, of the tokens by which the party may call us."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A partner who is calling: its feed, and whether it has registered."""

    feed: int
    source: Source
    registered: bool


class Callers:
    """The partners that may call us."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, tokens: Iterable[str]) -> Caller | None:
        """Give the partner that one of these tokens was given to; None if there is none."""
        hashes = [hash_token(token) for token in tokens]
        if not hashes:
            return None
        with self._database.reading() as connection:
            row = connection.execute(
                select(callers.c.feed, callers.c.registered, feeds.c.body)
                .join(feeds, feeds.c.id == callers.c.feed)
                .where(callers.c.hash.in_(hashes))
            ).first()
        return None if row is None else Caller(row.feed, decode(row.body, Source), row.registered)


def hash_token(token: str) -> str:
    """Name a token that has at least 256 random bits, so that it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def opens(connection: Connection, feed: int, token: str) -> bool:
    """Say whether the party of a feed may call us by this token."""
    found = select(callers.c.feed).where(callers.c.hash == hash_token(token))
    return connection.execute(found).scalar() == feed


def write_callers(connection: Connection, feed: int, credentials: Mapping[str, str]) -> None:
    """Let in by the tokens of these credentials, and by no others."""
    connection.execute(delete(callers).where(callers.c.feed == feed))
    hashes = {hash_token(credentials[name]) for name in TOKENS if credentials.get(name)}
    if hashes:
        connection.execute(
            insert(callers),
            [
                {"hash": named, "feed": feed, "registered": "token" in credentials}
                for named in sorted(hashes)
            ],
        )
