"""Webhooks, and the queue of what is still to be told: it outlives every process.

A delivery that is taken is not due again until its lease ends; a process that dies with it has lost
nothing but that time.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from planner.errors import NotFound
from planner.store.bodies import decode, digest, encode
from planner.store.database import Database
from planner.store.tables import deliveries, webhooks
from planner.store.vault import Vault

WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given_up"

KEPT = 200
"""Finished deliveries that are kept of each webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told of events; no event named means all."""

    id: str
    created: float
    url: str
    events: tuple[str, ...] = ()
    name: str = ""

    def wants(self, event: str) -> bool:
        """Say whether it is to be told of a kind of event."""
        return not self.events or event in self.events


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A notice to one webhook; times are UTC epoch seconds, ``told`` says how the last try went."""

    id: str
    webhook: str
    created: float
    event: str
    body: bytes
    state: str
    attempts: int
    due: float
    told: str = ""


@dataclass(frozen=True, slots=True)
class _Body:
    url: str
    events: tuple[str, ...]
    name: str


class Webhooks:
    """The webhooks of this installation and their queue."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(self, webhook: Webhook, secret: str) -> None:
        """Keep a webhook and the secret that signs what it is told."""
        body = encode(_Body(webhook.url, webhook.events, webhook.name))
        sealed = self._vault.seal(secret.encode())
        with self._database.writing() as change:
            change.connection.execute(
                insert(webhooks).values(
                    id=webhook.id, created=webhook.created, body=body, secret=sealed
                )
            )

    def get(self, name: str) -> Webhook:
        """Give a webhook; NotFound if there is none of that id."""
        with self._database.reading() as connection:
            row = connection.execute(_WEBHOOK.where(webhooks.c.id == name)).one_or_none()
        if row is None:
            raise _no_webhook(name)
        return _webhook(row)

    def all(self) -> tuple[Webhook, ...]:
        """Give all webhooks, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_WEBHOOK.order_by(webhooks.c.created, webhooks.c.id)).all()
        return tuple(_webhook(row) for row in rows)

    def secret(self, name: str) -> str:
        """Give the secret of a webhook; NotFound if there is none of that id."""
        with self._database.reading() as connection:
            sealed = connection.execute(
                select(webhooks.c.secret).where(webhooks.c.id == name)
            ).scalar()
        if sealed is None:
            raise _no_webhook(name)
        return self._vault.unseal(sealed).decode()

    def remove(self, name: str) -> None:
        """Delete a webhook and what it was still to be told; NotFound if there is none."""
        with self._database.writing() as change:
            change.connection.execute(delete(deliveries).where(deliveries.c.webhook == name))
            if not change.connection.execute(
                delete(webhooks).where(webhooks.c.id == name)
            ).rowcount:
                raise _no_webhook(name)

    def tell(self, event: str, body: bytes, *, now: float, only: str = "", once: str = "") -> int:
        """Queue a notice to each webhook that wants this event, or to ``only`` one; count them.

        What has a name, ``once``, is not told again under it, whichever process asks for it.
        """
        wanted = [hook for hook in self.all() if hook.wants(event)]
        if only:
            wanted = [self.get(only)]
        rows: list[dict[str, Any]] = [
            {
                "id": _once(hook.id, event, once) if once else secrets.token_hex(12),
                "webhook": hook.id,
                "created": now,
                "event": event,
                "body": body,
                "state": WAITING,
                "attempts": 0,
                "due": now,
                "told": "",
            }
            for hook in wanted
        ]
        if not rows:
            return 0
        named = select(deliveries.c.id).where(deliveries.c.id.in_([row["id"] for row in rows]))
        with self._database.writing() as change:
            there = set(change.connection.execute(named).scalars())
            fresh = [row for row in rows if row["id"] not in there]
            if fresh:
                change.connection.execute(insert(deliveries), fresh)
        return len(fresh)

    def take(self, *, now: float, lease_s: float, most: int) -> tuple[Delivery, ...]:
        """Take deliveries that are due, for nobody else until the lease ends."""
        due = (deliveries.c.state == WAITING) & (deliveries.c.due <= now)
        order = (deliveries.c.due, deliveries.c.created, deliveries.c.id)
        with self._database.reading() as connection:
            if connection.execute(select(deliveries.c.id).where(due).limit(1)).first() is None:
                return ()  # asked every second: a writer is not kept waiting for nothing
        with self._database.writing() as change:
            rows = change.connection.execute(
                select(deliveries).where(due).order_by(*order).limit(most)
            ).all()
            change.connection.execute(
                update(deliveries)
                .where(deliveries.c.id.in_([row.id for row in rows]))
                .values(due=now + lease_s)
            )
        return tuple(Delivery(**row._mapping) for row in rows)  # noqa: SLF001 -- public name

    def settle(self, delivery: Delivery, state: str, *, due: float, told: str) -> None:
        """Keep how a try went; finished deliveries beyond `KEPT` of a webhook are forgotten."""
        mine = deliveries.c.webhook == delivery.webhook
        with self._database.writing() as change:
            change.connection.execute(
                update(deliveries)
                .where(deliveries.c.id == delivery.id)
                .values(state=state, attempts=delivery.attempts + 1, due=due, told=told)
            )
            old = change.connection.execute(
                select(deliveries.c.id)
                .where(mine, deliveries.c.state != WAITING)
                .order_by(deliveries.c.created.desc(), deliveries.c.id)
                .offset(KEPT)
                .limit(KEPT)
            ).scalars()
            change.connection.execute(delete(deliveries).where(deliveries.c.id.in_(old.all())))

    def deliveries(self, name: str, limit: int = 50) -> tuple[Delivery, ...]:
        """Give the newest deliveries of a webhook."""
        wanted = select(deliveries).where(deliveries.c.webhook == name)
        order = (deliveries.c.created.desc(), deliveries.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(*order).limit(limit)).all()
        return tuple(Delivery(**row._mapping) for row in rows)  # noqa: SLF001 -- public name


def _once(*parts: str) -> str:
    return digest("|".join(parts).encode()).hex()


_WEBHOOK = select(webhooks.c.id, webhooks.c.created, webhooks.c.body)


def _webhook(row: Row[Any, Any, Any]) -> Webhook:
    told = decode(row.body, _Body)
    return Webhook(id=row.id, created=row.created, url=told.url, events=told.events, name=told.name)


def _no_webhook(name: str) -> NotFound:
    return NotFound("there is no webhook of that id", place=name)
