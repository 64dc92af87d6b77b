"""What a PUT, PATCH or DELETE from a sender does to a Location that is held as JSON values.

The rules, from OCPI 2.2.1, Locations, receiver interface:

- PUT sets the object (Location, EVSE or Connector) as a whole, new or not.
- PATCH sets the fields that it names and never removes: null leaves a field as it is, and EVSEs
  or Connectors that it does not list stay. Lists of values are replaced. ``last_updated`` must be
  there, and the object must be known.
- A change to an EVSE or Connector moves ``last_updated`` of all that hold it.
- Nothing is deleted: a Location goes when all its EVSEs are REMOVED.
- News that is older than what is held changes nothing.

What is given out shares with what was held all that did not change, and nothing is changed in
place: a burst of statuses copies a few short lists, not whole Locations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planner.errors import DataError, NotFound
from planner.ocpi.times import read_time

REQUIRED = (
    {"id", "coordinates", "last_updated"},
    {"uid", "status", "last_updated"},
    {"id", "standard", "format", "power_type", "last_updated"},
)
"""Fields without which a Location, EVSE or Connector is of no use."""

_CHILDREN = ("evses", "connectors")
_CHILD_KEYS = ("uid", "id")
_NAMES = ("Location", "EVSE", "Connector")


@dataclass(frozen=True, slots=True)
class Target:
    """The object that a URL names: a Location, one of its EVSEs, or a Connector of that."""

    location_id: str
    evse_uid: str = ""
    connector_id: str = ""

    @property
    def depth(self) -> int:
        """0 for the Location, 1 for an EVSE, 2 for a Connector."""
        return (1 if self.evse_uid else 0) + (1 if self.connector_id else 0)

    @property
    def name(self) -> str:
        """The object in words, for messages."""
        parts = (self.location_id, self.evse_uid, self.connector_id)
        return f"{_NAMES[self.depth]} {'/'.join(part for part in parts if part)}"


def put(held: Mapping[str, Any] | None, target: Target, body: Any) -> dict[str, Any]:
    """Set the object as a whole; gives the new Location, or the held one if the body is older.

    Raises
    ------
    NotFound
        If what should hold the object is not known (OCPI status 2003).
    DataError
        If the body lacks a required field or names another object.
    """
    new = _demand_object(body, target)
    missing = sorted(name for name in REQUIRED[target.depth] if new.get(name) is None)
    if missing:
        raise _refused(target, f"it lacks {', '.join(missing)}")
    if target.depth == 0:
        if held is not None and _time(new, target) < _held_time(held):
            return dict(held)
        return dict(new)
    location = _demand_held(held, target)
    siblings, place = _find(location, target, may_be_new=True)
    if place < len(siblings) and _time(new, target) < _held_time(siblings[place]):
        return location
    siblings[place : place + 1] = [dict(new)]
    return _touch(location, target, new)


def patch(held: Mapping[str, Any] | None, target: Target, body: Any) -> dict[str, Any]:
    """Set the fields that the body names; gives the new Location, or the held one if it is older.

    Raises
    ------
    NotFound
        If the object is not known (OCPI status 2003): the sender should PUT it.
    DataError
        If the body has no ``last_updated``, or names another object.
    """
    changes = _demand_object(body, target)
    location = _demand_held(held, target)
    object_: dict[str, Any] = location
    if target.depth:
        siblings, place = _find(location, target, may_be_new=False)
        object_ = siblings[place]
    if _time(changes, target) < _held_time(object_):
        return location
    _merge(object_, changes, target.depth)
    return _touch(location, target, changes)


def part_of(held: Mapping[str, Any] | None, target: Target) -> Any:
    """Give the object that a target names; NotFound if it is not held."""
    location = _demand_held(held, target)
    if not target.depth:
        return location
    siblings, place = _find(location, target, may_be_new=False)
    return siblings[place]


def _merge(held: dict[str, Any], changes: Mapping[str, Any], depth: int) -> None:
    """Set what is named, and merge children by their ids, into an object that is a copy."""
    for name, value in changes.items():
        if value is None:
            continue
        if depth < len(_CHILDREN) and name == _CHILDREN[depth] and isinstance(value, list):
            held[name] = _merged(held.get(name), value, depth + 1)
        else:
            held[name] = value


def _merged(held: Any, news: list[Any], depth: int) -> list[Any]:
    """Give the children with those that are told changed or added, and the others as they were."""
    key = _CHILD_KEYS[depth - 1]
    children = list(held) if isinstance(held, list) else []
    places = {
        str(child.get(key, "")).casefold(): place
        for place, child in enumerate(children)
        if isinstance(child, dict)
    }
    for child in news:
        place = places.get(str(child.get(key, "")).casefold()) if isinstance(child, dict) else None
        if place is None:
            children.append(child)
        elif _held_time(child) >= _held_time(children[place]) or "last_updated" not in child:
            children[place] = dict(children[place])
            _merge(children[place], child, depth)
    return children


def _refused(target: Target, detail: str) -> DataError:
    return DataError(detail, place=target.name, remedy="PUT the whole object, or mend the field")


def _demand_object(body: Any, target: Target) -> Mapping[str, Any]:
    """Take a body that is an object and, where it names one, names the target."""
    if not isinstance(body, Mapping):
        raise _refused(target, f"an object is needed, not {type(body).__name__}")
    named = (target.location_id, target.evse_uid, target.connector_id)[target.depth]
    key = ("id", "uid", "id")[target.depth]
    given = body.get(key)
    if given is not None and str(given).casefold() != named.casefold():
        raise _refused(target, f"the body names {given!r}, the address {named!r}")
    return body


def _time(body: Mapping[str, Any], target: Target) -> float:
    try:
        return read_time(str(body["last_updated"]))
    except KeyError:
        raise _refused(target, "it lacks last_updated") from None
    except ValueError as error:
        raise _refused(target, f"last_updated: {error}") from None


def _held_time(held: Mapping[str, Any]) -> float:
    try:
        return read_time(str(held["last_updated"]))
    except (KeyError, ValueError):
        return float("-inf")


def _demand_held(held: Mapping[str, Any] | None, target: Target) -> dict[str, Any]:
    if held is None:
        raise NotFound(
            "the Location is not known", place=target.name, remedy="PUT the Location first"
        )
    return dict(held)


def _find(location: dict[str, Any], target: Target, *, may_be_new: bool) -> tuple[list[Any], int]:
    """Give the list that holds the object and its place there (the end, if it is new).

    All that holds the object is copied on the way, ``location`` itself must be a copy already.
    """
    holder = location
    siblings: list[Any] = []
    place = 0
    for depth, name in enumerate((target.evse_uid, target.connector_id)[: target.depth]):
        listed = holder.get(_CHILDREN[depth])
        siblings = list(listed) if isinstance(listed, list) else []
        holder[_CHILDREN[depth]] = siblings
        key = _CHILD_KEYS[depth]
        places = (
            number
            for number, one in enumerate(siblings)
            if isinstance(one, dict) and str(one.get(key, "")).casefold() == name.casefold()
        )
        place = next(places, len(siblings))
        is_last = depth == target.depth - 1
        if place == len(siblings) and not (is_last and may_be_new):
            raise NotFound(
                f"{_NAMES[depth + 1]} {name} is not known",
                place=target.name,
                remedy=f"PUT the {_NAMES[depth + 1]} first",
            )
        if place < len(siblings):
            siblings[place] = dict(siblings[place])
        if not is_last:
            holder = siblings[place]
    return siblings, place


def _touch(location: dict[str, Any], target: Target, news: Mapping[str, Any]) -> dict[str, Any]:
    """Move ``last_updated`` of all that hold the object forward to the news."""
    moment = _time(news, target)
    holders = [location]
    if target.depth > 1:
        siblings, place = _find(
            location, Target(target.location_id, target.evse_uid), may_be_new=False
        )
        holders.append(siblings[place])
    for holder in holders:
        if _held_time(holder) < moment:
            holder["last_updated"] = news["last_updated"]
    return location
