"""Flat objects that a partner owns and pushes: Tariffs, Sessions, CDRs.

PUT sets the whole, PATCH the fields that it names; the charging periods of a PATCH come after
those that are held. Nothing is removed, and news that is older than what is held changes nothing.
Source: OCPI 2.2.1, mod_sessions, receiver interface.
"""

from collections.abc import Mapping
from typing import Any

from planner.errors import DataError, NotFound
from planner.ocpi.times import read_time

APPENDED = ("charging_periods",)

REQUIRED = {
    "tariffs": ("id", "currency", "elements", "last_updated"),
    "sessions": ("id", "kwh", "status", "last_updated"),
    "cdrs": ("id", "total_energy", "last_updated"),
}
"""Fields without which an object is of no use."""


def put_record(
    module: str, held: Mapping[str, Any] | None, name: str, party: str, body: Any
) -> dict[str, Any]:
    """Give the object after a PUT: the body, or what is held if the body is older.

    Parameters
    ----------
    module : str
    held : mapping or None
    name, party : str
        As the address names them, the party as ``CC*PPP``.
    body : object
        Decoded JSON.

    Raises
    ------
    DataError
        If the body lacks a field or names another object.
    """
    new = _demand_object(module, name, party, body)
    missing = sorted(field for field in REQUIRED[module] if new.get(field) is None)
    if missing:
        raise DataError(f"it lacks {', '.join(missing)}", place=f"{module} {name}")
    if held is not None and _time(new, name) < _held_time(held):
        return dict(held)
    return dict(new)


def patch_record(
    module: str, held: Mapping[str, Any] | None, name: str, party: str, body: Any
) -> dict[str, Any]:
    """Give the object after a PATCH.

    Raises
    ------
    NotFound
        If it is not held.
    DataError
        If the body has no ``last_updated`` or names another object.
    """
    changes = _demand_object(module, name, party, body)
    if held is None:
        raise NotFound("it is not known here", place=f"{module} {name}", remedy="PUT it first")
    if _time(changes, name) < _held_time(held):
        return dict(held)
    after = dict(held)
    for field, value in changes.items():
        if value is None:
            continue
        after[field] = _appended(held.get(field), value) if field in APPENDED else value
    return after


def _appended(held: Any, news: Any) -> Any:
    """Put new entries after those that are held; one that was told before is not told twice."""
    before = list(held) if isinstance(held, list) else []
    if not isinstance(news, list):
        return before
    return before + [entry for entry in news if entry not in before]


def _demand_object(module: str, name: str, party: str, body: Any) -> Mapping[str, Any]:
    place = f"{module} {name}"
    if not isinstance(body, Mapping):
        raise DataError(f"an object is needed, not {type(body).__name__}", place=place)
    named = {"id": name, **dict(zip(("country_code", "party_id"), party.split("*"), strict=True))}
    for field, wanted in named.items():
        given = body.get(field)
        if given is not None and str(given).strip().casefold() != wanted.casefold():
            said = f"the body names {given!r} as its {field}, the address {wanted!r}"
            raise DataError(said, place=place)
    _time(body, name)
    return body


def _time(body: Mapping[str, Any], name: str) -> float:
    try:
        return read_time(str(body["last_updated"]))
    except KeyError:
        raise DataError("it lacks last_updated", place=name) from None
    except ValueError as error:
        raise DataError(f"last_updated: {error}", place=name) from None


def _held_time(held: Mapping[str, Any]) -> float:
    try:
        return read_time(str(held["last_updated"]))
    except (KeyError, ValueError):
        return float("-inf")
