"""The catalogue: vehicles that are shipped, and those that the user imported."""

import difflib
import json
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from planner.energy.description import vehicle_from_dict, vehicle_to_dict
from planner.energy.open_ev_data import read_open_ev_data
from planner.errors import DataError, DataMissing, InputError, UnknownVehicle
from planner.model.vehicle import Catalogue, Vehicle
from planner.settings import Settings

__all__ = [
    "ATTRIBUTION",
    "find_vehicle",
    "load_catalogue",
    "read_open_ev_data",
    "save_imported",
    "search_vehicles",
    "shipped_path",
    "vehicle_from_dict",
    "vehicle_to_dict",
]

ATTRIBUTION = (
    "Batteries, charging curves and average consumptions:"
    " Open EV Data (https://github.com/KilowattApp/open-ev-data)"
)
"""To be shown where the catalogue is shown, as the data's licence asks."""

FILE_NAME = "vehicles.json"
FORMAT_VERSION = 1
ALIKE = 0.75
"""Least similarity (0 to 1, `difflib.SequenceMatcher`) at which a misspelt word still counts."""


ABBREVIATIONS = {"vw": "volkswagen", "merc": "mercedes", "benz": "mercedes"}
"""Short names that drivers type for makes."""


def shipped_path() -> Path:
    """Where the shipped catalogue lies: in the wheel's ``planner/data``, or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "data" / FILE_NAME
    return installed if installed.is_file() else package.parent / "data" / FILE_NAME


def load_catalogue(*paths: Path) -> Catalogue:
    """Read and merge catalogue files.

    Of two vehicles with one id the better known counts, by ``energy_error``, of equals the later:
    an import with estimated masses does not replace shipped figures, a user's own figures do.

    Without paths: the shipped file, then ``vehicles.json`` in ``PLUGSURE_HOME`` if it is there.

    Raises
    ------
    DataMissing
        A file is not there.
    DataError
        A file is no catalogue; its faults name file and place.
    """
    if not paths:
        imported = Settings.read().home / FILE_NAME
        paths = (shipped_path(), imported) if imported.is_file() else (shipped_path(),)
    merged: dict[str, Vehicle] = {}
    for path in paths:
        for vehicle in _read(path):
            known = merged.get(vehicle.id)
            if known is None or vehicle.energy_error <= known.energy_error:
                merged[vehicle.id] = vehicle
    return Catalogue(vehicles=tuple(merged.values()))


def save_imported(home: Path, vehicles: Iterable[Vehicle]) -> Path:
    """Add vehicles to the user's own file in the home folder, whole or not at all.

    A vehicle replaces the one of the same id. Returns the file's path.
    """
    path = home / FILE_NAME
    kept = {vehicle.id: vehicle for vehicle in _read(path)} if path.is_file() else {}
    kept.update((vehicle.id, vehicle) for vehicle in vehicles)
    home.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}")
    draft.write_text(catalogue_json(kept.values()), encoding="utf-8")
    draft.replace(path)
    return path


def catalogue_json(vehicles: Iterable[Vehicle], attribution: str = "") -> str:
    """Write vehicles in the catalogue's own form, one a line."""
    lines = (json.dumps(vehicle_to_dict(vehicle), ensure_ascii=False) for vehicle in vehicles)
    head = json.dumps({"version": FORMAT_VERSION, "attribution": attribution}, ensure_ascii=False)
    return head[:-1] + ', "vehicles": [\n' + ",\n".join(lines) + "\n]}\n"


def find_vehicle(catalogue: Catalogue, vehicle_id: str) -> Vehicle:
    """Give the vehicle of that id; UnknownVehicle names near misses."""
    found = catalogue.by_id.get(vehicle_id)
    if found is not None:
        return found
    near = [vehicle.id for vehicle in search_vehicles(catalogue, vehicle_id, limit=3)]
    remedy = f"Did you mean {', '.join(near)}?" if near else "List them with: plugsure vehicles"
    raise UnknownVehicle(f"No vehicle has the id {vehicle_id!r}", remedy=remedy)


def search_vehicles(catalogue: Catalogue, text: str, limit: int = 8) -> list[Vehicle]:
    """Vehicles whose title or id holds every word of a text, best first.

    Case, accents and punctuation do not count; a word may be a beginning, run together or misspelt.
    An empty text gives the first ``limit`` vehicles.
    """
    wanted = [ABBREVIATIONS.get(word, word) for word in _words(text)]
    if not wanted:
        return list(catalogue.vehicles[:limit])
    scored = []
    for place, vehicle in enumerate(catalogue.vehicles):
        known = _words(f"{vehicle.title} {vehicle.id} {vehicle.kind}")
        marks = [_likeness(word, known) for word in wanted]
        if min(marks) > 0.0:
            scored.append((-sum(marks) / len(marks), len(known), place, vehicle))
    scored.sort(key=lambda entry: entry[:3])
    return [vehicle for *_, vehicle in scored[:limit]]


def _likeness(word: str, known: list[str]) -> float:
    """How well a word matches: 1 equal, 0.9 a beginning, 0.85 run together (id3), less misspelt."""
    if word in known:
        return 1.0
    if any(other.startswith(word) for other in known):
        return 0.9
    if len(word) < 3:  # noqa: PLR2004 -- too short to be misspelt recognisably
        return 0.0
    if word in "".join(known):
        return 0.85
    best = max((difflib.SequenceMatcher(None, word, o).ratio() for o in known), default=0.0)
    return 0.8 * best if best >= ALIKE else 0.0


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))


def _read(path: Path) -> list[Vehicle]:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataMissing(
            "The catalogue of vehicles is not there", place=str(path), remedy="Reinstall Plugsure"
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(
            f"The catalogue cannot be read ({error})",
            place=str(path),
            remedy="Import the vehicles again with: plugsure vehicles import FILE",
        ) from error
    rows = content.get("vehicles") if isinstance(content, dict) else None
    if not isinstance(rows, list) or content.get("version") != FORMAT_VERSION:
        raise DataError(
            f"Not a catalogue of version {FORMAT_VERSION} with a list of vehicles",
            place=str(path),
            remedy="open-ev-data files are imported with: plugsure vehicles import FILE",
        )
    return [_vehicle(row, f"{path}#/vehicles/{i}") for i, row in enumerate(rows)]


def _vehicle(row: Any, place: str) -> Vehicle:
    try:
        return vehicle_from_dict(row, place=place)
    except InputError as error:
        raise DataError.of(error.faults) from error
