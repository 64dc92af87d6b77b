"""What partners push to us of their Locations: many pushes in one transaction.

Each push is applied to the Location as its party sent it, which is kept. A burst of statuses then
writes statuses only; anything else reads the Location anew, as a pull does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from planner.errors import DataError, NotFound, PlugsureError
from planner.feeds.fields import code, moment, text
from planner.feeds.normalise import Normalised, normalise
from planner.model.station import Status
from planner.ocpi.patch import Target, patch, put
from planner.store.database import Change
from planner.store.objects import Objects, Sent, object_name
from planner.store.stations import apply_stations, apply_status_news
from planner.store.updates import StationsUpdate, Told

MODULE = "locations"

_STATUS_ONLY = frozenset({"uid", "status", "last_updated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationPush:
    """A PUT or PATCH of a Location, EVSE or Connector; ``party`` is ``CC*PPP`` of the address."""

    feed: int
    feed_name: str
    party: str
    method: Literal["PUT", "PATCH"]
    target: Target
    body: Any

    @property
    def name(self) -> str:
        """The Location's name among what is held."""
        return object_name(self.party, self.target.location_id)


Outcome = bool | PlugsureError
"""Of a push: whether it made something new, or why it was refused."""


def receive_locations(
    change: Change, objects: Objects, pushes: Sequence[LocationPush], now: float
) -> list[Outcome]:
    """Apply pushes in their order; one that is refused leaves the others as they are.

    Parameters
    ----------
    now : float
        UTC epoch seconds at which they came.
    """
    outcomes: dict[int, Outcome] = {}
    by_feed: dict[int, list[int]] = {}
    for number, push in enumerate(pushes):
        by_feed.setdefault(push.feed, []).append(number)
    for feed, numbers in by_feed.items():
        batch = _Batch(change, objects, feed, pushes[numbers[0]].feed_name, now)
        batch.load(pushes[number].name for number in numbers)
        for number in numbers:
            outcomes[number] = batch.apply(pushes[number])
        batch.write()
    return [outcomes[number] for number in range(len(pushes))]


@dataclass(slots=True)
class _Batch:
    """The pushes of one feed."""

    change: Change
    objects: Objects
    feed: int
    feed_name: str
    now: float
    known: dict[str, Any] = field(default_factory=dict)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    parties: dict[str, str] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    statuses: dict[str, dict[str, Told]] = field(default_factory=dict)

    def load(self, names: Iterable[str]) -> None:
        """Read the Locations that the pushes are about."""
        self.known = self.objects.read(self.change.connection, self.feed, MODULE, names)
        self.values = {name: msgspec.json.decode(held.body) for name, held in self.known.items()}

    def apply(self, push: LocationPush) -> Outcome:
        """Apply one push to what is held in memory."""
        held = self.values.get(push.name)
        try:
            _demand_party(push)
            after = (put if push.method == "PUT" else patch)(held, push.target, push.body)
        except (DataError, NotFound) as error:
            return error
        is_new = _is_new(held, push.target)
        if held is not None and after == held:
            return False
        self.values[push.name] = after
        self.parties[push.name] = push.party
        self.changed.add(push.name)
        told = None if held is None else _status_alone(held, push)
        if told is None:
            self.whole.add(push.name)
        else:
            station_id = f"{push.party}*{text(after.get('id'))}"
            self.statuses.setdefault(station_id, {}).update(told)
        return is_new

    def write(self) -> None:
        """Write what changed: the objects, and what readers of the snapshot see of them."""
        told = {
            name: Sent(
                self.values[name], moment(self.values[name]["last_updated"]) or 0.0, self.now
            )
            for name in self.changed
        }
        self.objects.write(self.change, self.feed, MODULE, told, self.known)
        found = [
            normalise(self.values[name], feed=self.feed_name, sender=self.parties[name])
            for name in sorted(self.whole)
        ]
        anew = {one.station.id for one in found if one.station is not None}
        news = {name: said for name, said in self.statuses.items() if name not in anew}
        if news:
            apply_status_news(self.change, self.feed, news)
        if found:
            apply_stations(self.change, stations_update(self.feed_name, found))


def stations_update(feed: str, found: Sequence[Normalised]) -> StationsUpdate:
    """Tell what Locations came to; one without EVSEs is gone."""
    whole = [one for one in found if one.station is not None]
    return StationsUpdate(
        feed=feed,
        stations=[
            (one.station, one.statuses) for one in whole if one.station and one.station.evses
        ],
        removed=[one.station.id for one in whole if one.station and not one.station.evses],
        faults=[fault for one in found for fault in one.faults],
    )


def _demand_party(push: LocationPush) -> None:
    """Refuse a Location that says another party than its address."""
    if push.target.depth or not isinstance(push.body, Mapping):
        return
    told = (push.body.get("country_code"), push.body.get("party_id"))
    for given, named in zip(told, push.party.split("*"), strict=True):
        if given is not None and code(given) != named:
            raise DataError(
                f"the body names the party {told[0]}*{told[1]}, the address {push.party}",
                place=push.target.name,
            )


def _is_new(held: Mapping[str, Any] | None, target: Target) -> bool:
    """Say whether a PUT makes an object that was not there."""
    here: Any = held
    steps = (("evses", "uid", target.evse_uid), ("connectors", "id", target.connector_id))
    for children, key, name in steps[: target.depth]:
        listed = here.get(children) if isinstance(here, Mapping) else None
        here = next(
            (
                one
                for one in (listed if isinstance(listed, list) else ())
                if isinstance(one, Mapping) and str(one.get(key)).casefold() == name.casefold()
            ),
            None,
        )
    return here is None


def _status_alone(held: Mapping[str, Any], push: LocationPush) -> dict[str, Told] | None:
    """Give the status that a push tells, if it tells no more; None if more may have changed."""
    body = push.body
    if push.method != "PATCH" or push.target.depth != 1 or not _STATUS_ONLY.issuperset(body):
        return None
    uid = push.target.evse_uid.casefold()
    for evse in held.get("evses") or ():
        if isinstance(evse, Mapping) and str(evse.get("uid")).casefold() == uid:
            return _known_status(evse, body)
    return None


def _known_status(evse: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Told] | None:
    """Read a status unless the EVSE comes or goes by it, or nobody knows what it means."""
    try:
        status = Status(code(body.get("status", evse.get("status"))))
    except ValueError:
        return None
    if Status.REMOVED in (status, code(evse.get("status"))):
        return None
    return {text(evse.get("uid")): (status, moment(body["last_updated"]))}
