"""Serves partners who push their Locations to us, and read back what we hold of them."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

from planner.errors import NotFound, PlugsureError
from planner.feeds.desk import Asked, Given
from planner.feeds.inbox import Inbox
from planner.feeds.pushed_locations import MODULE, LocationPush, Outcome, receive_locations
from planner.ocpi.answers import Refusal
from planner.ocpi.messages import INVALID_PARAMETERS, UNKNOWN_LOCATION
from planner.ocpi.patch import Target, part_of
from planner.store.objects import object_name
from planner.store.store import Store

_SHORTEST, _LONGEST = 3, 5
"""Parts of an address: country code, party id, Location, and perhaps EVSE and Connector."""


class LocationServer:
    """The receiver interface of the Locations module."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._inbox: Inbox[tuple[LocationPush, float], Outcome] = Inbox(self._take)

    def methods(self, parts: Sequence[str]) -> tuple[str, ...]:
        """Name what is served: all of a Location, an EVSE or a Connector."""
        is_whole = _SHORTEST <= len(parts) <= _LONGEST and all(parts)
        return ("GET", "PUT", "PATCH") if is_whole else ()

    def serve(self, asked: Asked) -> Given:
        """Answer a GET, PUT or PATCH."""
        party = asked.party()
        target = Target(*asked.parts[2:])
        if asked.method == "GET":
            held = self._held(asked.caller.feed, party, target)
            is_bare = target.depth == 0 and not asked.version.startswith("2.1")
            return Given({**_named(party), **held} if is_bare else held)
        if asked.value is None:
            raise Refusal(400, INVALID_PARAMETERS, "the body is empty")
        push = LocationPush(
            feed=asked.caller.feed,
            feed_name=asked.caller.source.name,
            party=party,
            method=cast("Literal['PUT', 'PATCH']", asked.method),
            target=target,
            body=asked.value,
        )
        outcome = self._inbox.submit((push, asked.now))
        if isinstance(outcome, PlugsureError):
            raise outcome
        return Given(created=outcome)

    def _take(self, pushes: Sequence[tuple[LocationPush, float]]) -> list[Outcome]:
        now = max(at for _, at in pushes)
        store = self._store()
        with store.database.writing() as change:
            told = [push for push, _ in pushes]
            return receive_locations(change, store.objects, told, now)

    def _held(self, feed: int, party: str, target: Target) -> Any:
        held = self._store().objects.get(feed, MODULE, object_name(party, target.location_id))
        try:
            return part_of(held, target)
        except NotFound as error:
            raise Refusal(404, UNKNOWN_LOCATION, error.faults[0].detail) from None


def _named(party: str) -> dict[str, str]:
    """Say whose a Location is, as 2.2 demands, though it may have been sent without."""
    country_code, _, party_id = party.partition("*")
    return {"country_code": country_code, "party_id": party_id}
