"""Routes that a solver has fixed, as missions: VROOM's output and solutions of VRPLIB (PyVRP).

Which vehicle visits whom in which order is the solver's to decide; how it gets there with its
battery, and where its card is sure to open a charger, is ours. A route becomes the JSON body of a
plan request, as any row of a file of missions.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planner.errors import DataError, Fault
from planner.formats.missions import MissionRow

_ROUTE = re.compile(r"\s*route\s*#?\s*(\d+)\s*:(.*)", re.IGNORECASE)
_PLACE = re.compile(r"([CD]?)(\d{1,9})")
PARTED = ("|",)
"""What PyVRP writes between two trips of a vehicle."""

VISITS = ("job", "pickup", "delivery")
ENDS = ("start", "end")
PASSED = ("break",)
"""Types of VROOM's steps. Source: VROOM API, output, steps."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Who drives, and from where to whom.

    Attributes
    ----------
    vehicles : mapping of str to mapping
        The solver's vehicle → what its plan requests begin with: ``vehicle`` with ``soc``,
        ``wallet``, ``departure``, and any other field of a plan request but ``stops``.
    depots, places : sequence of mapping
        Stops of a plan request, as the solver numbers them: depots first.
    """

    vehicles: Mapping[str, Mapping[str, Any]]
    depots: Sequence[Mapping[str, Any]] = ()
    places: Sequence[Mapping[str, Any]] = ()


def read_solution(text: str, fleet: Fleet, name: str = "solution") -> list[MissionRow]:
    """Read a solution of VRPLIB (``Route #1: 3 1 2``), or as PyVRP prints it (``C2 C0 C1``).

    Route n is driven by the n-th vehicle of the fleet, from the first depot and back.

    Raises
    ------
    DataError
        If there is no route in it, or there are more routes than vehicles.
    """
    routes = [found for line in text.splitlines() if (found := _ROUTE.fullmatch(line))]
    if not routes:
        raise DataError("holds no line like 'Route #1: 3 1 2'", place=name)
    if len(routes) > len(fleet.vehicles):
        said = f"has {len(routes)} routes for {len(fleet.vehicles)} vehicles"
        raise DataError(said, place=name)
    if not fleet.depots:
        raise DataError("the fleet has no depot to start from", place=name)
    pairs = zip(routes, fleet.vehicles, strict=False)
    return [
        _solved(route[2].split(), vehicle, fleet, f"{name}: route {route[1]}")
        for route, vehicle in pairs
    ]


def _solved(words: list[str], vehicle: str, fleet: Fleet, place: str) -> MissionRow:
    faults: list[Fault] = []
    visited = [_visited(word, fleet, place, faults) for word in words if word not in PARTED]
    known = [stop for stop in visited if stop is not None]
    stops = [fleet.depots[0], *known, fleet.depots[0]]
    return _row(vehicle, stops, fleet, place, faults)


def _visited(word: str, fleet: Fleet, place: str, faults: list[Fault]) -> Mapping[str, Any] | None:
    """Find the place of ``3`` (VRPLIB: the third), ``C2`` or ``D0`` (PyVRP: counted from 0)."""
    shape = _PLACE.fullmatch(word)
    if shape is not None:
        of, number = shape[1], int(shape[2])
        places = fleet.depots if of == "D" else fleet.places
        index = number if of else number - 1
        if 0 <= index < len(places):
            return places[index]
    faults.append(Fault(place, f"{word[:20]!r} is none of {len(fleet.places)} places"))
    return None


def read_vroom(document: Any, fleet: Fleet, name: str = "vroom") -> list[MissionRow]:
    """Read VROOM's output: each route's steps in their order, with their service times.

    Arrivals that VROOM worked out for combustion cars are no promise and not taken over.

    Raises
    ------
    DataError
        If the document has no routes.
    """
    routes = document.get("routes") if isinstance(document, Mapping) else None
    if not isinstance(routes, list):
        raise DataError("has no list of routes", place=name)
    return [_driven(route, fleet, f"{name}/routes/{n}") for n, route in enumerate(routes)]


def _driven(route: Any, fleet: Fleet, place: str) -> MissionRow:
    if not isinstance(route, Mapping) or not isinstance(route.get("steps"), list):
        return MissionRow(place, "", {}, (Fault(place, "a route has a vehicle and steps"),))
    faults: list[Fault] = []
    stops = list(_stops(route["steps"], place, faults))
    return _row(str(route.get("vehicle", "")), stops, fleet, place, faults)


def _stops(steps: list[Any], place: str, faults: list[Fault]) -> Iterator[dict[str, Any]]:
    for number, step in enumerate(steps):
        where = f"{place}/steps/{number}"
        kind = step.get("type") if isinstance(step, Mapping) else None
        if kind in PASSED:
            continue
        if kind not in VISITS + ENDS:
            faults.append(Fault(f"{where}/type", f"{kind!r} is no kind of step"))
            continue
        location = step.get("location")
        if not (isinstance(location, list) and len(location) == 2):  # noqa: PLR2004 -- lon, lat
            remedy = "Give VROOM coordinates, not only indices of a matrix"
            faults.append(Fault(f"{where}/location", "is missing", remedy))
            continue
        stop: dict[str, Any] = {"location": [float(number) for number in location]}
        told = step.get("description")
        stop["name"] = told if isinstance(told, str) and told else _named(kind, step)
        spent = [step.get("setup", 0), step.get("service", 0)]
        if kind in VISITS and all(isinstance(part, int | float) for part in spent):
            stop["service_s"] = float(sum(spent))
        yield stop


def _named(kind: str, step: Mapping[str, Any]) -> str:
    return kind if kind in ENDS else f"{kind} {step.get('id', '')}".strip()


def _row(
    vehicle: str,
    stops: Sequence[Mapping[str, Any]],
    fleet: Fleet,
    place: str,
    faults: list[Fault],
) -> MissionRow:
    begun = fleet.vehicles.get(vehicle)
    if begun is None:
        faults.append(Fault(place, f"the fleet has no vehicle {vehicle!r}"))
    mission_id = f"route-{vehicle}"
    body = {"mission_id": mission_id, **(begun or {}), "stops": [dict(stop) for stop in stops]}
    return MissionRow(place, mission_id, body, tuple(faults))
