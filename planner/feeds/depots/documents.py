"""Charge points to register, out of a small file: a JSON list, or CSV with the same columns.

One row or object for each charge point: ``depot``, ``location`` (``lon,lat``), ``charge_point``,
``evses`` (words such as ``ccs:150``, separated by spaces, or a list of words or of objects with
``plugs`` and ``evse_id``), and if need be ``name``, ``address``, ``hours``, ``depot_max_kw``,
``max_kw``, ``password``. What is said of a depot once holds for all its rows.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Any

from planner.errors import DataError, Fault, InputError
from planner.feeds.depots.plugs import read_evse
from planner.feeds.depots.registry import Registration
from planner.feeds.fields import number, text
from planner.model.geo import LonLat
from planner.model.station import Evse
from planner.store.charge_points import ChargePoint, Depot

COLUMNS = (
    "depot",
    "location",
    "charge_point",
    "evses",
    "name",
    "address",
    "hours",
    "depot_max_kw",
    "max_kw",
    "password",
)
_NEEDED = ("depot", "charge_point", "evses")


def read_document(data: bytes, place: str, known: Mapping[str, Depot]) -> list[Registration]:
    """Read a file of charge points.

    Parameters
    ----------
    data : bytes
        JSON if it begins with a bracket, else CSV, in UTF-8.
    place : str
        Names the file in errors.
    known : mapping
        Depots that are there already, by name: rows need not repeat where they are.

    Raises
    ------
    DataError
        Names each row that cannot be read.
    """
    rows = _rows(data, place)
    depots = dict(known)
    faults: list[Fault] = []
    found: list[Registration] = []
    for count, row in enumerate(rows, 1):
        try:
            one = read_row(row, depots)
        except InputError as error:
            faults += [Fault(f"{place}:{count}", f.detail, f.remedy) for f in error.faults]
            continue
        depots[one.depot.name] = one.depot
        found.append(one)
    if faults:
        raise DataError.of(faults)
    if not found:
        raise DataError("there is no charge point in it", place=place)
    # What a later row says of a depot holds for the earlier ones too.
    return [
        Registration(depot=depots[one.depot.name], point=one.point, password=one.password)
        for one in found
    ]


def read_row(row: Mapping[str, Any], depots: Mapping[str, Depot]) -> Registration:
    """Read one charge point; InputError says what is missing or odd."""
    strange = sorted(set(row) - set(COLUMNS))
    if strange:
        raise InputError(f"unknown column {strange[0]!r}", remedy=f"Known: {', '.join(COLUMNS)}")
    for name in _NEEDED:
        if not row.get(name):
            raise InputError(f"{name} is missing")
    depot = _depot(row, depots.get(text(row["depot"])))
    identity = text(row["charge_point"])
    point = ChargePoint(
        id=identity,
        depot=depot.name,
        evses=tuple(_evses(row["evses"], identity)),
        name=text(row.get("name")),
        max_kw=_power_kw(row, "max_kw"),
    )
    return Registration(depot=depot, point=point, password=text(row.get("password")) or None)


def _depot(row: Mapping[str, Any], held: Depot | None) -> Depot:
    name = text(row["depot"])
    location = _location(row.get("location"))
    if location is None and held is None:
        raise InputError(f"the location of {name} is missing", remedy="Write it as lon,lat")
    given_kw = _power_kw(row, "depot_max_kw")
    return Depot(
        name=name,
        location=location if held is None and location is not None else _place(held, location),
        address=text(row.get("address")) or (held.address if held else ""),
        hours=text(row.get("hours")) or (held.hours if held else "24/7"),
        max_kw=given_kw if given_kw is not None else (held.max_kw if held else None),
        prices=held.prices if held else (),
    )


def _place(held: Depot | None, given: LonLat | None) -> LonLat:
    """Give where the charge point stands if that was said, else where its depot is."""
    if given is not None:
        return given
    assert held is not None
    return held.location


def _location(given: Any) -> LonLat | None:
    if given is None or given == "":
        return None
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple) or len(parts) != 2:  # noqa: PLR2004 -- lon, lat
        raise InputError("the location is no lon,lat")
    lon, lat = number(parts[0]), number(parts[1])
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:  # noqa: PLR2004 -- degrees
        raise InputError("the location is no lon,lat on the Earth")
    return LonLat(lon, lat)


def _evses(given: Any, point: str) -> Iterable[Evse]:
    told = given.split() if isinstance(given, str) else given
    if not isinstance(told, list | tuple):
        raise InputError("evses is no list")
    for count, one in enumerate(told, 1):
        words = one.get("plugs") if isinstance(one, Mapping) else one
        evse_id = text(one.get("evse_id")) if isinstance(one, Mapping) else ""
        if not isinstance(words, str):
            raise InputError(f"EVSE {count} does not say its plugs", remedy="Write ccs:150")
        yield read_evse(words, point=point, number=count, evse_id=evse_id or None)


def _power_kw(row: Mapping[str, Any], name: str) -> float | None:
    given = row.get(name)
    if given is None or given == "":
        return None
    power_kw = number(given)
    if power_kw is None or power_kw <= 0:
        raise InputError(f"{name} is no power in kW")
    return power_kw


def _rows(data: bytes, place: str) -> list[dict[str, Any]]:
    try:
        said = data.decode("utf-8-sig")
        if not said.lstrip().startswith("["):
            return [{k: v for k, v in row.items() if k} for row in csv.DictReader(StringIO(said))]
        rows = json.loads(said)
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise DataError(f"cannot be read: {error}", place=place) from error
    if not all(isinstance(row, dict) for row in rows):
        raise DataError("each charge point is an object", place=place)
    return list(rows)
