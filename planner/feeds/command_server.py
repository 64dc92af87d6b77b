"""Serves operators who tell what came of our commands."""

from collections.abc import Callable, Sequence

from planner.errors import DataError, NotFound
from planner.feeds.desk import Asked, Given
from planner.ocpi.answers import Refusal
from planner.ocpi.commands import ACCEPTED, CANCEL, REJECTED, RESERVE, read_result
from planner.ocpi.messages import CLIENT_ERROR
from planner.store.commands import Command
from planner.store.database import Change
from planner.store.evidence import insert_evidence, withdraw_evidence
from planner.store.snapshot import TokenEvidence
from planner.store.store import Store

_PARTS = 2
"""Parts of a response address: the kind of command, and its id."""

RESERVED = "reserved"


class CommandServer:
    """The sender interface of the Commands module: it takes results."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store

    def methods(self, parts: Sequence[str]) -> tuple[str, ...]:
        """Name what is served: POST of a result."""
        return ("POST",) if len(parts) == _PARTS and all(parts) else ()

    def serve(self, asked: Asked) -> Given:
        """Take a result."""
        kind, name = asked.parts
        store = self._store()
        try:
            command = store.commands.get(name)
        except NotFound:
            command = None
        if command is None or (command.kind, command.feed) != (kind, asked.caller.source.name):
            raise Refusal(404, CLIENT_ERROR, "no command waits for a result here")
        result = read_result(asked.value)
        if not result:
            raise DataError("the result is missing", place=kind)
        if result != command.state:
            with store.database.writing() as change:
                store.commands.settle(change, name, result)
                _keep(change, command, result, asked.now)
        return Given()


def reservation_source(reservation_id: str) -> str:
    """Name a reservation as evidence tells it."""
    return f"reservation {reservation_id}"


def _keep(change: Change, command: Command, result: str, now: float) -> None:
    """Keep an accepted reservation as evidence, and take back one that is no more."""
    source = reservation_source(command.reservation_id)
    if command.kind == RESERVE and result == ACCEPTED:
        told = TokenEvidence(
            token=command.token,
            station_id=command.station_id,
            evse_uid=command.evse_uid,
            party=command.party,
            kind=RESERVED,
            value=ACCEPTED,
            at=now,
            until=command.until,
            source=source,
            contract=command.contract,
        )
        insert_evidence(change, [told])
        return
    if command.kind == RESERVE or (command.kind == CANCEL and result == ACCEPTED):
        withdraw_evidence(change, RESERVED, source, command.token)
    if is_refusal(command, result):
        insert_evidence(change, [refusal_of(command, now)])


def is_refusal(command: Command, result: str) -> bool:
    """Say whether the operator refuses the token, rather than being occupied, broken or slow."""
    return command.kind == RESERVE and result == REJECTED


def refusal_of(command: Command, now: float) -> TokenEvidence:
    """Tell that a command was refused: no CDR will ever tell it."""
    return TokenEvidence(
        token=command.token,
        station_id=command.station_id,
        evse_uid=command.evse_uid,
        party=command.party,
        kind="refused",
        value=REJECTED,
        at=now,
        until=None,
        source=reservation_source(command.reservation_id),
        contract=command.contract,
    )
