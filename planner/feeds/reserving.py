"""Reserving an EVSE over OCPI: the command goes out, its result comes to our endpoint.

Whoever sends a command must have our endpoints served, in this process or in another one on the
same store: the result is waited for in the store.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from planner.errors import FeedError, InputError
from planner.feeds.client import Connection, OcpiClient
from planner.feeds.command_server import is_refusal, refusal_of
from planner.model.station import Station
from planner.model.token import Token
from planner.ocpi.charge_reading import contract_digest
from planner.ocpi.commands import (
    ACCEPTED,
    CANCEL,
    RESERVE,
    read_response,
    write_cancel,
    write_reserve_now,
)
from planner.ocpi.messages import Role
from planner.ocpi.tokens import write_token
from planner.store.charges import Authorization
from planner.store.commands import OPEN, Command
from planner.store.evidence import insert_evidence
from planner.store.sources import Source
from planner.store.store import Store

WAIT_S = 30.0
"""Seconds to wait for a result where the operator does not say how long it may take."""

LONGEST_WAIT_S = 120.0
_LOOK_S = 0.25
_MOST_RESERVATIONS = 2**31
"""2.1.1 numbers reservations, and many count in 32 bits."""

FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserver:
    """Sends commands and waits for what comes of them.

    Parameters
    ----------
    store : Store
    client : OcpiClient
    base_url : str
        Where our ``/ocpi`` is reached from outside.
    ours : Role
        Whom we speak for.
    clock, sleep : callable
        UTC epoch seconds; waiting.
    new_id : callable
        Gives an unguessable text.
    new_number : callable
        Gives a random whole number from 0 to below a bound: the reservation's own.
    """

    store: Store
    client: OcpiClient
    base_url: str
    ours: Role
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    new_id: Callable[[], str]
    new_number: Callable[[int], int]

    def reserve(self, station: Station, evse_uid: str, token: Token, until: float) -> Command:
        """Ask an operator to keep an EVSE for a token.

        Parameters
        ----------
        station : Station
            As a snapshot has it.
        until : float
            End of the reservation, UTC epoch seconds.

        Returns
        -------
        Command
            With the state that came of it; ``ACCEPTED`` is kept as evidence already.

        Raises
        ------
        InputError
            If the station came in a file, or its operator takes no commands from us.
        FeedError
            If the operator did not answer, or refused.
        """
        source, connection = self._connect(station.feed)
        version = connection.partner.detail.version
        command = Command(
            id=self.new_id(),
            feed=source.name,
            kind=RESERVE,
            party=station.party,
            token=token.digest,
            station_id=station.id,
            evse_uid=evse_uid,
            reservation_id=str(self.new_number(_MOST_RESERVATIONS)),
            made=self.clock(),
            until=until,
            contract=contract_digest(token.contract_id),
        )
        known = self.store.issued.find([token.digest])
        body = write_reserve_now(
            response_url=self._response_url(connection, command),
            token=write_token(
                token if known is None else known.token,
                version,
                whitelist="NEVER" if known is None else known.whitelist,
                last_updated=command.made if known is None else known.last_updated,
                now=command.made,
                issuer=self.ours.name,
            ),
            until=until,
            reservation_id=command.reservation_id,
            location_id=station.location_id,
            evse_uid=evse_uid,
            version=version,
            reference=self._authorized(command),
        )
        return self._run(connection, command, body)

    def cancel(self, reservation_id: str) -> Command:
        """Ask an operator to let go of a reservation; NotFound if we made none of that id."""
        made = self.store.commands.reservation(reservation_id)
        _, connection = self._connect(made.feed)
        if connection.partner.detail.version.startswith("2.1"):
            raise InputError(
                "OCPI 2.1.1 has no command to cancel a reservation",
                place=reservation_id,
                remedy="It ends by itself",
            )
        command = replace(made, id=self.new_id(), kind=CANCEL, made=self.clock(), state=OPEN)
        url = self._response_url(connection, command)
        body = write_cancel(response_url=url, reservation_id=reservation_id)
        return self._run(connection, command, body)

    def _authorized(self, command: Command) -> str:
        """Keep what a reference stands for: Session and CDR will bring it back."""
        given = Authorization(
            reference=self.new_id(),
            token=command.token,
            party=command.party,
            station_id=command.station_id,
            evse_uids=(command.evse_uid,),
            at=command.made,
        )
        with self.store.database.writing() as change:
            self.store.charges.authorize(change, given)
        return given.reference

    def _connect(self, feed: str) -> tuple[Source, Connection]:
        source = self.store.feeds.get(feed)
        token = self.store.feeds.credentials(feed).get("token") if source.kind == "ocpi" else None
        if not token:
            raise InputError(
                "reserving needs an operator that we are registered with",
                place=feed,
                remedy="Register with `plugsure feed add NAME --ocpi URL --register OUR_URL`",
            )
        connection = self.client.connect(
            source.url,
            token,
            form=source.token_form,
            version=source.version,
            sender=self.ours.party,
            receiver=source.sender,
        )
        return source, connection

    def _response_url(self, connection: Connection, command: Command) -> str:
        version = connection.partner.detail.version
        return f"{self.base_url}/{version}/commands/{command.kind}/{command.id}"

    def _run(self, connection: Connection, command: Command, body: dict[str, object]) -> Command:
        """Send a command and wait for its result."""
        url = connection.partner.detail.url_of("commands", "RECEIVER")
        if url is None:
            raise InputError("the operator takes no commands", place=command.feed)
        self.store.commands.add(command)
        try:
            data = self.client.call(
                connection,
                "POST",
                f"{url.rstrip('/')}/{command.kind}",
                body,
                receiver=command.party,
            )
            said, timeout_s = read_response(data, place=command.feed)
        except FeedError:
            self._settle(command, FAILED)
            raise
        if said != ACCEPTED:
            self._settle(command, said)
            return self.store.commands.get(command.id)
        return self._wait(command, min(timeout_s or WAIT_S, LONGEST_WAIT_S))

    def _settle(self, command: Command, state: str) -> None:
        if self.store.commands.get(command.id).state == OPEN:
            with self.store.database.writing() as change:
                self.store.commands.settle(change, command.id, state)
                if is_refusal(command, state):
                    insert_evidence(change, [refusal_of(command, self.clock())])

    def _wait(self, command: Command, wait_s: float) -> Command:
        """Look into the store until the result has come, or the time is over."""
        waited_s = 0.0
        while True:
            found = self.store.commands.get(command.id)
            if found.state != OPEN or waited_s >= wait_s:
                return found
            self.sleep(_LOOK_S)
            waited_s += _LOOK_S
