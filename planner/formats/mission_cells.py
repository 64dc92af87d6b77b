"""What the cells of a mission's row mean: one table row to one plan request's JSON body."""

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from planner.errors import Fault
from planner.formats.clocks import on_clock, read_clock
from planner.formats.stamps import zone_at
from planner.formats.token_text import token_bodies
from planner.model.geo import LonLat

COLUMNS = (
    "mission_id", "vehicle", "driver", "wallet", "tokens", "payment_card", "from", "to", "via",
    "departure", "soc", "arrival_soc", "reserve_soc", "payload_kg", "temperature_c", "service_s",
    "arrive_before", "priority", "min_grade", "fallbacks",
)  # fmt: skip
"""The contract's columns of a missions file."""

PARTED = ("from_lon", "from_lat", "to_lon", "to_lat")
"""Columns that give ``from`` and ``to`` in two cells each."""

ALIASES = {
    "id": "mission_id", "mission": "mission_id", "vehicle_id": "vehicle", "car": "vehicle",
    "driver_id": "driver", "wallet_id": "wallet", "token": "tokens", "card": "payment_card",
    "origin": "from", "start": "from", "destination": "to", "end": "to", "vias": "via",
    "depart": "departure", "departs": "departure", "start_soc": "soc", "payload": "payload_kg",
    "temperature": "temperature_c", "service": "service_s", "deadline": "arrive_before",
    "grade": "min_grade", "model": "vehicle", "ev": "vehicle", "fahrzeug": "vehicle",
    "vehicule": "vehicle", "véhicule": "vehicle", "voertuig": "vehicle", "von": "from",
    "nach": "to", "de": "from", "van": "from", "naar": "to", "à": "to", "départ": "departure",
    "abfahrt": "departure", "vertrek": "departure", "tokens_(uid)": "tokens", "uid": "tokens",
    "rfid": "tokens", "cards": "tokens", "battery": "soc", "soc_start": "soc",
    "soc_end": "arrival_soc", "min_soc": "reserve_soc", "reserve": "reserve_soc",
    "latest": "arrive_before", "arrival_before": "arrive_before", "due": "arrive_before",
    "prio": "priority", "stopovers": "via", "departure_time": "departure",
    "start_time": "departure", "origin_lon": "from_lon", "origin_lat": "from_lat",
    "start_lon": "from_lon", "start_lat": "from_lat", "destination_lon": "to_lon",
    "destination_lat": "to_lat", "end_lon": "to_lon", "end_lat": "to_lat",
    "from_longitude": "from_lon", "from_latitude": "from_lat", "to_longitude": "to_lon",
    "to_latitude": "to_lat",
}  # fmt: skip
"""Other names under which people write the same columns."""

_YES = {"1", "true", "yes", "y", "x", "ja", "oui", "sì", "si"}
_NO = {"0", "false", "no", "n", "nein", "non", ""}


def heading(given: str) -> tuple[str | None, str]:
    """Return the column that a heading names (None if unknown), and the heading as given."""
    plain = "_".join(given.strip().strip("\ufeff").lower().replace("-", " ").split())
    column = ALIASES.get(plain, plain)
    return (column if column in COLUMNS or column in PARTED else None), given.strip()


def body_of_cells(
    cells: dict[str, Any], place: str, zone: ZoneInfo | None = None
) -> tuple[dict[str, Any], list[Fault], str]:
    """Make the JSON body of a plan request of one row's cells.

    Parameters
    ----------
    zone : ZoneInfo, optional
        Of times that name no offset; without it that of the start, where its coordinates are told.

    Returns
    -------
    (the body, a fault for each cell that cannot be read, with row and column, the name of the zone
    by which times were read, empty where all named their offset)
    """
    row = _Row(cells, place, zone or _zone_at_start(cells))
    body: dict[str, Any] = {}
    row.put(body, "mission_id", _text)
    row.put(body, "driver", _text)
    row.put(body, "priority", _whole)
    row.put(body, "departure", row.time)
    row.put(body, "arrival_soc", _number)
    row.put(body, "reserve_soc", _number)
    body["stops"] = _stops(row)
    vehicle: dict[str, Any] = {}
    row.put(vehicle, "vehicle", _text, as_name="id")
    row.put(vehicle, "soc", _number)
    row.put(vehicle, "payload_kg", _number)
    body["vehicle"] = vehicle
    wallet = _wallet(row)
    if wallet is not None:
        body["wallet"] = wallet
    for name, group, reader in (
        ("temperature_c", "conditions", _number),
        ("min_grade", "guarantee", _text),
        ("fallbacks", "guarantee", _whole),
    ):
        said: dict[str, Any] = {}
        row.put(said, name, reader)
        if said:
            body[group] = body.get(group, {}) | said
    return body, row.faults, row.clock


def column_of(pointer: str, body: Mapping[str, Any]) -> str:
    """Name the column that a part of a row's body comes from; empty where that is none."""
    group, *inner = [*pointer.split("/")[1:], ""]
    leaf = next((part for part in reversed(inner) if part), "")
    if group == "stops":
        if leaf in ("service_s", "arrive_before"):
            return leaf
        ends = {"0": "from", str(len(body.get("stops", ())) - 1): "to"}
        return ends.get(inner[0], "via")
    if group == "wallet":
        parts = [part for part in inner if part in ("tokens", "payment_card")]
        return parts[0] if parts else group
    if group == "vehicle":
        return group if leaf in ("id", "") else leaf
    return leaf if group in ("conditions", "guarantee") else group


class _Row:
    """The cells of one row, and the faults found so far."""

    def __init__(self, cells: dict[str, Any], place: str, zone: ZoneInfo | None) -> None:
        self.cells = cells
        self.place = place
        self.zone = zone
        self.clock = ""
        self.faults: list[Fault] = []

    def time(self, cell: Any) -> str:
        """Read a time; one that names no offset on the clock of the zone."""
        found = read_clock(cell)
        if found is None:
            return cell.isoformat() if isinstance(cell, dt.datetime) else _text(cell)
        if self.zone is None:
            raise ValueError(
                "names no offset; say the file's time zone (--timezone), give the start's"
                " coordinates, or write it like 2026-11-23T08:00:00+01:00"
            )
        read = on_clock(found, self.zone)
        self.clock = self.zone.key
        return read

    def read(self, name: str, reader: Callable[[Any], Any]) -> Any:
        """Read a cell; None where it is empty or cannot be read (then a fault is noted)."""
        cell = self.cells.get(name)
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return None
        try:
            return reader(cell)
        except ValueError as error:
            self.faults.append(Fault(f"{self.place}:{name}", str(error)))
            return None

    def put(
        self, body: dict[str, Any], name: str, reader: Callable[[Any], Any], as_name: str = ""
    ) -> None:
        """Read a cell into the body, under its own name or another; an empty one is left out."""
        value = self.read(name, reader)
        if value is not None:
            body[as_name or name] = value


def _stops(row: _Row) -> list[dict[str, Any]]:
    places = [_end_of(row, "from")]
    places.extend(row.read("via", _vias) or [])
    places.append(_end_of(row, "to"))
    stops = [stop or {} for stop in places]
    for name, reader in (("service_s", _number), ("arrive_before", row.time)):
        values = row.read(name, partial(_each, reader=reader))
        _spread(row, stops[1:], name, values or [])
    return stops


def _end_of(row: _Row, name: str) -> dict[str, Any] | None:
    """Read a place from its cell, or from two cells of longitude and latitude."""
    whole: dict[str, Any] | None = row.read(name, place_body)
    lon, lat = row.read(f"{name}_lon", _number), row.read(f"{name}_lat", _number)
    if lon is None or lat is None:
        return whole
    return {"location": [lon, lat], "name": f"{lon:g},{lat:g}"}


def _spread(row: _Row, visited: list[dict[str, Any]], name: str, values: list[Any]) -> None:
    """Give values to the places visited: one each, or one for the last (a time) or all (a stay)."""
    if not values:
        return
    if len(values) == 1:
        values = (
            values * len(visited) if name == "service_s" else [None] * (len(visited) - 1) + values
        )
    if len(values) != len(visited):
        detail = f"has {len(values)} values for {len(visited)} places after the start"
        row.faults.append(Fault(f"{row.place}:{name}", detail))
        return
    for stop, value in zip(visited, values, strict=True):
        if value is not None:
            stop[name] = value


def _wallet(row: _Row) -> Any:
    stored = row.read("wallet", _text)
    tokens = row.read("tokens", lambda cell: token_bodies(_text(cell)))
    card = row.read("payment_card", _flag)
    if stored is not None:
        if tokens:
            detail = "names both a wallet and tokens"
            row.faults.append(Fault(f"{row.place}:wallet", detail, "Give one of them"))
        return stored
    if tokens is None and card is None:
        return None
    return {"tokens": tokens or [], "payment_card": bool(card)}


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _number(cell: Any) -> float:
    if isinstance(cell, bool):
        raise ValueError("should be a number")  # noqa: TRY004 -- all bad cells are ValueErrors
    if isinstance(cell, int | float):
        value = float(cell)
    else:
        text = str(cell).strip()
        share = 100.0 if text.endswith("%") else 1.0
        text = text.removesuffix("%").strip()
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        try:
            value = float(text) / share
        except ValueError:
            raise ValueError(f"{text[:20]!r} is no number") from None
    if not math.isfinite(value):
        raise ValueError("should be finite")
    return value


def _whole(cell: Any) -> int:
    value = _number(cell)
    if not value.is_integer():
        raise ValueError("should be a whole number")
    return int(value)


def _flag(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    text = _text(cell).lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ValueError(f"{text[:20]!r} is neither yes nor no")


def _zone_at_start(cells: Mapping[str, Any]) -> ZoneInfo | None:
    """Return the time zone of the start, None where its coordinates are not told."""
    lon, lat = cells.get("from_lon"), cells.get("from_lat")
    try:
        if lon is None or lat is None:
            lon, lat = place_body(cells.get("from"))["location"]
        place = LonLat(_number(lon), _number(lat))
    except (KeyError, ValueError):
        return None
    inside = abs(place.lon) <= 180.0 and abs(place.lat) <= 90.0  # noqa: PLR2004 -- degrees
    return zone_at(place) if inside else None


def _each(cell: Any, reader: Callable[[Any], Any]) -> list[Any]:
    """Read values separated by semicolons; an empty one is None."""
    if not isinstance(cell, str):
        return [reader(cell)]
    return [reader(part) if part.strip() else None for part in cell.split(";")]


def _vias(cell: Any) -> list[dict[str, Any]]:
    return [place_body(part) for part in _text(cell).split(";") if part.strip()]


_PAIR = re.compile(r"([+-]?\d{1,3}(?:[.,]\d+)?)(?:\s*[;/|]\s*|\s+)([+-]?\d{1,3}(?:[.,]\d+)?)")
"""Longitude and latitude apart from each other, so that each may have a decimal comma."""


def place_body(cell: Any) -> dict[str, Any]:
    """Read ``lon,lat`` (with decimal commas: ``lon;lat``) or a place's name as the API's stop."""
    text = _text(cell)
    bare = text.strip("()[] ")
    apart = _PAIR.fullmatch(bare)
    parts = [p.replace(",", ".") for p in apart.groups()] if apart else bare.split(",")
    if len(parts) == 2:  # noqa: PLR2004 -- lon and lat
        try:
            return {"location": [float(parts[0]), float(parts[1])], "name": text}
        except ValueError:
            pass
    return {"place": text}
