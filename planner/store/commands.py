"""Commands that we sent to operators, and what became of them."""

from dataclasses import dataclass, replace

from sqlalchemy import insert, select, update

from planner.errors import NotFound
from planner.store.bodies import decode, encode
from planner.store.database import Change, Database
from planner.store.feeds import feed_id
from planner.store.tables import commands
from planner.store.vault import Vault

OPEN = "SENT"
"""State of a command whose result has not come yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: RESERVE_NOW or CANCEL_RESERVATION.

    Attributes
    ----------
    id : str
        Unguessable: the result comes to an address that ends in it.
    feed : str
        The party that it was sent to.
    party : str
        ``CC*PPP`` of the operator, which may stand behind a hub.
    token : str
        `Token.digest` of the token it is for; ``contract`` names its contract then.
    made, until : float
        UTC epoch seconds; ``until`` is the end of the reservation.
    state : str
        ``SENT``, then OCPI's CommandResult, or ``FAILED`` where it could not be sent.
    """

    id: str
    feed: str
    kind: str
    party: str
    token: str
    station_id: str
    evse_uid: str
    reservation_id: str
    made: float
    until: float
    state: str = OPEN
    contract: str = ""


class Commands:
    """All commands."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(self, command: Command) -> None:
        """Keep a command, before it is sent."""
        with self._database.writing() as change:
            change.connection.execute(
                insert(commands).values(
                    id=command.id,
                    feed=feed_id(change.connection, command.feed),
                    made=command.made,
                    state=command.state,
                    body=self._vault.seal(encode(command)),
                )
            )

    def get(self, name: str) -> Command:
        """Give a command; NotFound if there is none of that id."""
        with self._database.reading() as connection:
            row = connection.execute(select(commands).where(commands.c.id == name)).first()
        if row is None:
            raise NotFound("there is no such command")
        return replace(decode(self._vault.unseal(row.body), Command), state=row.state)

    def reservation(self, reservation_id: str) -> Command:
        """Give the newest RESERVE_NOW of a reservation; NotFound if there is none."""
        with self._database.reading() as connection:
            rows = connection.execute(select(commands).order_by(commands.c.made.desc())).all()
        for row in rows:
            command = decode(self._vault.unseal(row.body), Command)
            if (command.kind, command.reservation_id) == ("RESERVE_NOW", reservation_id):
                return replace(command, state=row.state)
        raise NotFound(f"there is no reservation {reservation_id!r}")

    def settle(self, change: Change, name: str, state: str) -> None:
        """Write what became of a command."""
        change.connection.execute(update(commands).where(commands.c.id == name).values(state=state))
