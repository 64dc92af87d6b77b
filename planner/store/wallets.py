"""Stored wallets: encrypted whole, because a token's uid is all that it takes to charge."""

import msgspec
from sqlalchemy import delete, insert, select, update

from planner.errors import InputError, UnknownWallet
from planner.model.token import Wallet
from planner.store.bodies import decode, digest, encode
from planner.store.database import Database
from planner.store.tables import wallets
from planner.store.token_names import name_wallet
from planner.store.vault import Vault


class Wallets:
    """The wallets that requests may name by id."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def save(self, wallet: Wallet) -> None:
        """Keep a wallet under its id; what stood there is replaced."""
        if not wallet.id:
            raise InputError("a stored wallet needs an id", place="/id")
        sealed = self._vault.seal(encode(wallet))
        with self._database.writing() as change:
            done = change.connection.execute(
                update(wallets).where(wallets.c.id == wallet.id).values(body=sealed)
            ).rowcount
            if not done:
                change.connection.execute(insert(wallets).values(id=wallet.id, body=sealed))

    def get(self, name: str) -> Wallet:
        """Give a wallet; UnknownWallet if there is none of that id."""
        with self._database.reading() as connection:
            sealed = connection.execute(select(wallets.c.body).where(wallets.c.id == name)).scalar()
        if sealed is None:
            raise UnknownWallet(
                f"there is no wallet {name!r}",
                remedy="Give the tokens in the request, or store the wallet first.",
            )
        return self._open(sealed)

    def all(self) -> tuple[Wallet, ...]:
        """Give all wallets, by id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(wallets.c.body).order_by(wallets.c.id)).scalars()
            return tuple(self._open(sealed) for sealed in rows)

    def stored(self) -> tuple[Wallet, ...]:
        """Give the wallets that users stored, by id; not those that came with requests."""
        with self._database.reading() as connection:
            rows = connection.execute(_STORED).all()
        return tuple(self._open(sealed) for _, sealed in rows)

    def stamp(self) -> bytes:
        """Name what `stored` gives: another stamp, other wallets."""
        with self._database.reading() as connection:
            rows = connection.execute(_STORED).all()
        return digest(*(part for name, sealed in rows for part in (name.encode(), sealed)))

    def remove(self, name: str) -> None:
        """Delete a wallet; UnknownWallet if there is none of that id."""
        with self._database.writing() as change:
            if not change.connection.execute(delete(wallets).where(wallets.c.id == name)).rowcount:
                raise UnknownWallet(f"there is no wallet {name!r}")

    def _open(self, sealed: bytes) -> Wallet:
        try:
            return name_wallet(self._vault, decode(self._vault.unseal(sealed), Wallet))
        except msgspec.DecodeError:
            raise InputError("a stored wallet cannot be read; store it anew") from None


_STORED = (
    select(wallets.c.id, wallets.c.body).where(~wallets.c.id.contains(":")).order_by(wallets.c.id)
)
"""Ids with a colon are of wallets that came with requests."""
