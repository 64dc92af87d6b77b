"""What partners sent, as they sent it: whole objects, by feed, module and name.

A name is ``CC*PPP*id`` in one case, since OCPI's ids are the same in either.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from planner.store.bodies import digest
from planner.store.database import Change, Database
from planner.store.tables import objects
from planner.store.vault import Vault
from planner.store.winners import chunks

SEALED = frozenset({"sessions", "cdrs", "transactions"})
"""Modules whose objects name tokens: their bodies are encrypted."""


class Held(NamedTuple):
    """An object as it is held; ``at`` is when it came (UTC epoch seconds), ``body`` its JSON."""

    key: int
    last_updated: float
    at: float
    digest: bytes
    body: bytes


class Sent(NamedTuple):
    """An object as a partner sent it: its JSON value, when it was changed, when it came."""

    value: Any
    last_updated: float
    at: float


class Stamp(NamedTuple):
    """An object without its body."""

    key: int
    last_updated: float
    at: float
    digest: bytes


def object_name(party: str, name: str) -> str:
    """Name an object of a party (``CC*PPP``)."""
    return f"{party}*{name}".casefold()


class Objects:
    """All objects of all partners; its methods work within a transaction of the caller's."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def read(
        self, connection: Connection, feed: int, module: str, names: Iterable[str]
    ) -> dict[str, Held]:
        """Read the objects of these names that are held."""
        found: dict[str, Held] = {}
        for part in chunks(sorted(set(names))):
            asked = {"of_feed": feed, "of_module": module, "names": part}
            for *row, name in connection.execute(_BY_NAME, asked):
                row[-1] = self._opened(module, row[-1])
                found[name] = Held(*row)
        return found

    def get(self, feed: int, module: str, name: str) -> Any:
        """Give the value of one object; None if it is not held."""
        with self._database.reading() as connection:
            return self.value(connection, feed, module, name)

    def value(self, connection: Connection, feed: int, module: str, name: str) -> Any:
        """Give the value of one object within a transaction; None if it is not held."""
        found = self.read(connection, feed, module, [name]).get(name)
        return None if found is None else msgspec.json.decode(found.body)

    def parties_of(self, feed: int, module: str, name: str) -> tuple[str, ...]:
        """Name the parties (``CC*PPP``) that have an object of this id."""
        ending = f"*{name}".casefold()
        query = select(objects.c.name).where(
            objects.c.feed == feed,
            objects.c.module == module,
            objects.c.name.endswith(ending, autoescape=True),
        )
        with self._database.reading() as connection:
            names = connection.execute(query.order_by(objects.c.name)).scalars()
            heads = [found.removesuffix(ending).upper() for found in names]
        return tuple(head for head in heads if head.count("*") == 1)

    def stamps(self, connection: Connection, feed: int, module: str) -> dict[str, Stamp]:
        """List all objects of a module without their bodies."""
        rows = connection.execute(
            select(
                objects.c.name,
                objects.c.id,
                objects.c.last_updated,
                objects.c.at,
                objects.c.digest,
            ).where(objects.c.feed == feed, objects.c.module == module)
        )
        return {name: Stamp(*row) for name, *row in rows}

    def write(
        self,
        change: Change,
        feed: int,
        module: str,
        told: Mapping[str, Sent],
        known: Mapping[str, Held] | Mapping[str, Stamp],
    ) -> None:
        """Write objects; ``known`` are those of their names that are held already."""
        added: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for name, sent in told.items():
            body = msgspec.json.encode(sent.value)
            named = self._name(module, body)
            before = known.get(name)
            if before is not None and before.digest == named:
                continue
            values = {
                "last_updated": sent.last_updated,
                "at": sent.at,
                "digest": named,
                "body": self._vault.seal(body) if module in SEALED else body,
            }
            if before is None:
                added.append({"feed": feed, "module": module, "name": name, **values})
            else:
                changed.append({"key": before.key, **values})
        if added:
            change.connection.execute(insert(objects), added)
        if changed:
            change.connection.execute(_REWRITE, changed)

    def remove(self, change: Change, feed: int, module: str, names: Iterable[str]) -> None:
        """Forget objects."""
        of_module = delete(objects).where(objects.c.feed == feed, objects.c.module == module)
        for part in chunks(sorted(set(names))):
            change.connection.execute(of_module.where(objects.c.name.in_(part)))

    def _name(self, module: str, body: bytes) -> bytes:
        """Name contents; what is encrypted by the key, for a uid stands in it."""
        named = digest(body)
        return bytes.fromhex(self._vault.name(named)) if module in SEALED else named

    def _opened(self, module: str, body: bytes) -> bytes:
        return self._vault.unseal(body) if module in SEALED else body


_BY_NAME = select(
    objects.c.id,
    objects.c.last_updated,
    objects.c.at,
    objects.c.digest,
    objects.c.body,
    objects.c.name,
).where(
    objects.c.feed == bindparam("of_feed"),
    objects.c.module == bindparam("of_module"),
    objects.c.name.in_(bindparam("names", expanding=True)),
)
_REWRITE = (
    update(objects)
    .where(objects.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("last_updated", "at", "digest", "body")})
)
