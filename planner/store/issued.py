"""The tokens that we issue as a provider, and which of their states each operator was told."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, func, insert, select

from planner.model.token import Token
from planner.ocpi.ids import normalise_contract_id
from planner.store.bodies import decode, digest, encode
from planner.store.database import Database
from planner.store.evidence import CONTRACTS, DIGESTS
from planner.store.feeds import feed_id
from planner.store.tables import issued, sent
from planner.store.token_names import name_token
from planner.store.vault import Vault

_CONTRACT_DIGITS = 16

WHITELISTS = ("ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER")
"""Source: OCPI 2.2.1, WhitelistType."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token of ours, and where it may be used.

    Attributes
    ----------
    token : Token
    whitelist : str
        One of `WHITELISTS`.
    last_updated : float
        UTC epoch seconds.
    only_at : tuple of str
        Operators (``CC*PPP``) at which it may be used; empty for all.
    has_credit : bool
        Whether the contract may be charged to.
    """

    token: Token
    whitelist: str = "ALLOWED"
    last_updated: float = 0.0
    only_at: tuple[str, ...] = ()
    has_credit: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SentToken:
    """What an operator was told of a token, and when its copy was read; empty ``error``: well."""

    digest: str
    last_updated: float
    at: float
    error: str


class Issued:
    """Our tokens."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def save(self, tokens: Sequence[IssuedToken]) -> None:
        """Keep tokens, each in the place of what was known of it."""
        rows = [
            {
                "digest": self._disguise(one.token.digest),
                "contract": self._name_contract(one.token.contract_id),
                "last_updated": one.last_updated,
                "body": self._vault.seal(encode(one)),
            }
            for one in tokens
        ]
        if not rows:
            return
        with self._database.writing() as change:
            self._check_key(change.connection)
            for row in rows:
                change.connection.execute(delete(issued).where(issued.c.digest == row["digest"]))
            change.connection.execute(insert(issued), rows)

    def find(self, digests: Sequence[str]) -> IssuedToken | None:
        """Give the token of one of these digests (`Token.digest`)."""
        with self._database.reading() as connection:
            body = self._body(connection, digests)
        return None if body is None else self._read(body)

    def page(
        self, *, since: float | None, until: float | None, offset: int, limit: int
    ) -> tuple[list[IssuedToken], int]:
        """List tokens that changed from ``since`` on and before ``until``, oldest first.

        Returns
        -------
        (tokens, how many there are in all)
        """
        query = select(issued.c.body)
        count = select(func.count()).select_from(issued)
        for bound in (
            *(() if since is None else (issued.c.last_updated >= since,)),
            *(() if until is None else (issued.c.last_updated < until,)),
        ):
            query, count = query.where(bound), count.where(bound)
        order = query.order_by(issued.c.last_updated, issued.c.digest)
        with self._database.reading() as connection:
            total = connection.execute(count).scalar_one()
            bodies = connection.execute(order.offset(offset).limit(limit)).scalars().all()
        return [self._read(body) for body in bodies], int(total)

    def stamp(self) -> bytes:
        """Name all our tokens as they are: another stamp, other tokens."""
        with self._database.reading() as connection:
            bodies = connection.execute(select(issued.c.body).order_by(issued.c.digest)).scalars()
            return digest(*bodies)

    def known_by(
        self, connection: Connection, digests: Sequence[str], contract: str
    ) -> Token | None:
        """Give the token of ours that an operator's word means; None if it is none of ours."""
        body = self._body(connection, digests)
        if body is None and contract:
            named = issued.c.contract == self._name_contract(contract)
            body = connection.execute(select(issued.c.body).where(named)).scalar()
        return None if body is None else self._read(body).token

    def told(self, feed: str, party: str) -> dict[str, SentToken]:
        """Say what an operator was told, by digest."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(sent).where(sent.c.feed == feed_id(connection, feed), sent.c.party == party)
            ).all()
        return {
            digest: SentToken(
                digest=digest, last_updated=row.last_updated, at=row.at, error=row.error
            )
            for row in rows
            for digest in (self._vault.reveal(row.digest, DIGESTS),)
        }

    def record(self, feed: str, party: str, told: Sequence[SentToken]) -> None:
        """Note what an operator was told."""
        if not told:
            return
        with self._database.writing() as change:
            number = feed_id(change.connection, feed)
            of_party = delete(sent).where(sent.c.feed == number, sent.c.party == party)
            for one in told:
                named = self._disguise(one.digest)
                change.connection.execute(of_party.where(sent.c.digest == named))
            change.connection.execute(
                insert(sent),
                [
                    {
                        "feed": number,
                        "party": party,
                        "digest": self._disguise(one.digest),
                        "last_updated": one.last_updated,
                        "at": one.at,
                        "error": one.error,
                    }
                    for one in told
                ],
            )

    def _body(self, connection: Connection, digests: Sequence[str]) -> bytes | None:
        named = issued.c.digest.in_([self._disguise(digest) for digest in digests])
        body = connection.execute(select(issued.c.body).where(named)).scalar()
        if body is None:
            self._check_key(connection)
        return body

    def _check_key(self, connection: Connection) -> None:
        """StoreError where there are tokens of another key: none is found by this one."""
        first = connection.execute(select(issued.c.digest).limit(1)).scalar()
        self._vault.reveal(first or "", DIGESTS)

    def _disguise(self, digest: str) -> str:
        return self._vault.disguise(digest, DIGESTS)

    def _name_contract(self, contract: str) -> str:
        hashed = hashlib.sha256(normalise_contract_id(contract).encode()).hexdigest()
        return self._vault.disguise(hashed[:_CONTRACT_DIGITS], CONTRACTS)

    def _read(self, body: bytes) -> IssuedToken:
        one = decode(self._vault.unseal(body), IssuedToken)
        return replace(one, token=name_token(self._vault, one.token))
