"""What is known besides feeds: agreements, prices, hubs' words, and what happened at posts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import TypeVar

from sqlalchemy import Connection, delete, insert, select

from planner.store.bodies import decode, encode
from planner.store.database import Change, Database
from planner.store.namesakes import at_all_copies
from planner.store.snapshot import (
    Agreement,
    ClientInfo,
    DriverReport,
    RetailPrice,
    TokenEvidence,
)
from planner.store.tables import evidence, lists
from planner.store.vault import Vault

T = TypeVar("T")

DIGESTS = "token"
CONTRACTS = "contract"
"""Purposes for which `Vault.disguise` is given digests of tokens, and hashes of contract ids."""


class Knowledge:
    """Agreements and prices (replaced whole), client infos (by hub), evidence (only added)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace_agreements(self, rows: Sequence[Agreement]) -> None:
        """Put these in the place of all roaming agreements."""
        self._replace("agreements", "", rows)

    def replace_prices(self, rows: Sequence[RetailPrice]) -> None:
        """Put these in the place of all retail prices."""
        self._replace("prices", "", rows)

    def replace_client_infos(self, hub: str, rows: Sequence[ClientInfo]) -> None:
        """Put these in the place of all that this hub said of its parties."""
        self._replace("client_infos", hub, rows)

    def put_client_info(self, info: ClientInfo) -> bool:
        """Put what a hub says of one party in the place of what it said before.

        Returns
        -------
        bool
            Whether the hub had said nothing of it yet. Older news than what is known is ignored.
        """
        with self._database.writing() as change:
            this = (lists.c.kind == "client_infos") & (lists.c.owner == info.hub)
            body = change.connection.execute(select(lists.c.body).where(this)).scalar()
            known = () if body is None else decode(body, tuple[ClientInfo, ...])
            same = [row for row in known if (row.party, row.role) == (info.party, info.role)]
            if any(row.as_of > info.as_of or row == info for row in same):
                return False
            rows = (*(row for row in known if row not in same), info)
            change.connection.execute(delete(lists).where(this))
            change.connection.execute(
                insert(lists).values(kind="client_infos", owner=info.hub, body=encode(rows))
            )
            change.touch("client_infos")
            return not same

    def add_token_evidence(self, rows: Sequence[TokenEvidence]) -> None:
        """Add what became known of tokens."""
        with self._database.writing() as change:
            insert_evidence(change, rows)

    def add_reports(self, rows: Sequence[DriverReport]) -> None:
        """Add what drivers said at stops."""
        with self._database.writing() as change:
            _insert(change, "reports", at_all_copies(change.connection, rows))

    def agreements(self) -> tuple[Agreement, ...]:
        """Read all roaming agreements, in the order of their file."""
        with self._database.reading() as connection:
            return read_list(connection, "agreements", tuple[Agreement, ...])

    def prices(self) -> tuple[RetailPrice, ...]:
        """Read all retail prices, in the order of their file."""
        with self._database.reading() as connection:
            return read_list(connection, "prices", tuple[RetailPrice, ...])

    def client_infos(self) -> tuple[ClientInfo, ...]:
        """Read what all hubs say of their parties."""
        with self._database.reading() as connection:
            return read_list(connection, "client_infos", tuple[ClientInfo, ...])

    def forget_before(self, at: float) -> int:
        """Delete evidence and reports older than this epoch; give how many there were."""
        with self._database.writing() as change:
            gone = change.connection.execute(delete(evidence).where(evidence.c.at < at)).rowcount
            if gone:
                change.touch("evidence")
                change.touch("reports")
            return int(gone)

    def _replace(self, kind: str, owner: str, rows: Sequence[object]) -> None:
        with self._database.writing() as change:
            body = encode(tuple(rows))
            this = (lists.c.kind == kind) & (lists.c.owner == owner)
            if change.connection.execute(select(lists.c.body).where(this)).scalar() == body:
                return
            change.connection.execute(delete(lists).where(this))
            change.connection.execute(insert(lists).values(kind=kind, owner=owner, body=body))
            change.touch(kind)


def read_list(connection: Connection, kind: str, rows: type[tuple[T, ...]]) -> tuple[T, ...]:
    """Read a list that is replaced whole, all owners' parts in the order of their names."""
    bodies = connection.execute(
        select(lists.c.body).where(lists.c.kind == kind).order_by(lists.c.owner)
    ).scalars()
    return tuple(value for body in bodies for value in decode(body, rows))


def read_told(connection: Connection, kind: str) -> list[bytes]:
    """Read the bodies of a kind as they are stored, oldest first."""
    bodies = connection.execute(
        select(evidence.c.body)
        .where(evidence.c.kind == kind)
        .order_by(evidence.c.at, evidence.c.id)
    ).scalars()
    return list(bodies)


def read_evidence(bodies: Iterable[bytes], vault: Vault) -> tuple[TokenEvidence, ...]:
    """Read evidence of tokens from its bodies; StoreError if it was written with another key."""
    rows = (decode(body, TokenEvidence) for body in bodies)
    revealed = cache(vault.reveal)
    return tuple(_with_names(row, revealed) for row in rows)


def read_reports(bodies: Iterable[bytes]) -> tuple[DriverReport, ...]:
    """Read drivers' reports from their bodies."""
    return tuple(decode(body, DriverReport) for body in bodies)


def insert_evidence(change: Change, rows: Sequence[TokenEvidence]) -> None:
    """Add what became known of tokens, within a change.

    Raises
    ------
    StoreError
        If what is there was written with another key: nobody could read both.
    """
    if not rows:
        return
    first = select(evidence.c.body).where(evidence.c.kind == "evidence").limit(1)
    read_evidence(change.connection.execute(first).scalars(), change.vault)
    disguised = cache(change.vault.disguise)
    everywhere = at_all_copies(change.connection, rows)
    _insert(change, "evidence", [_with_names(row, disguised) for row in everywhere])


def withdraw_evidence(change: Change, kind: str, source: str, token: str) -> None:
    """Take back what a source had said of a token: a reservation that was cancelled."""
    named = change.vault.disguise(token, DIGESTS)
    told = change.connection.execute(
        select(evidence.c.id, evidence.c.body).where(evidence.c.kind == "evidence")
    ).all()
    gone = [
        number
        for number, body in told
        if (row := decode(body, TokenEvidence)).kind == kind
        and (row.source, row.token) == (source, named)
    ]
    if gone:
        change.connection.execute(delete(evidence).where(evidence.c.id.in_(gone)))
        change.touch("evidence")


def _with_names(row: TokenEvidence, written: Callable[[str, str], str]) -> TokenEvidence:
    return replace(
        row, token=written(row.token, DIGESTS), contract=written(row.contract, CONTRACTS)
    )


def _insert(
    change: Change, kind: str, rows: Sequence[TokenEvidence] | Sequence[DriverReport]
) -> None:
    if not rows:
        return
    change.connection.execute(
        insert(evidence),
        [
            {"kind": kind, "at": row.at, "body": encode(row), "sequence": change.sequence}
            for row in rows
        ],
    )
    change.touch(kind)
