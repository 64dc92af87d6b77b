"""Fixed routes as VROOM states them: vehicles, jobs and shipments; the order is in the steps.

Read are VROOM's input with ``steps`` on its vehicles, and its output (``routes``) beside the
``vehicles`` it was made for. Which car drives and what pays for its charging VROOM does not know:
a vehicle carries that under the names of a missions file (``vehicle`` or ``model``, ``soc``,
``wallet``, …), which VROOM ignores. Times are Unix seconds, or RFC 3339.

Source: VROOM's API documentation (docs/API.md of the VROOM project, version 1.14).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from planner.errors import DataError, Fault
from planner.formats.mission_cells import body_of_cells, heading

EARLIEST_S = 1_000_000_000.0
"""Smaller numbers count from a moment that nobody has told, and are refused."""

OWN = frozenset({"id", "start", "end", "steps", "description"})
"""Keys of a vehicle that mean something else here than in a missions file."""

Row = tuple[str, dict[str, Any], list[Fault]]
"""Place, body of a plan request, faults."""


@dataclass(slots=True)
class _Problem:
    """The document's parts by their ids, and what each mission misses."""

    name: str
    places: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    visited: set[tuple[str, str]] = field(default_factory=set)

    def stop(self, step: Mapping[str, Any], place: str, faults: list[Fault]) -> dict[str, Any]:
        kind = str(step.get("type"))
        key = (kind, str(step.get("id", step.get("job"))))
        known = self.places.get(key)
        if known is None and "location" not in step:
            faults.append(Fault(place, f"names {kind} {key[1]}, which is not there"))
            return {}
        if key in self.visited:
            faults.append(Fault(place, f"visits {kind} {key[1]} a second time"))
        self.visited.add(key)
        told = {**(known or {}), **{k: step[k] for k in ("location", "service") if k in step}}
        stop: dict[str, Any] = {"location": told.get("location")}
        if told.get("description"):
            stop["name"] = str(told["description"])
        stay = _number(told.get("setup", 0)) + _number(told.get("service", 0))
        if stay:
            stop["service_s"] = stay
        windows = told.get("time_windows") or []
        if len(windows) > 1:
            faults.append(Fault(place, f"{kind} {key[1]} has several time windows; one is read"))
        elif windows:
            stop["arrive_after"], stop["arrive_before"] = (
                _moment(value, place, faults) for value in windows[0]
            )
        return {name: value for name, value in stop.items() if value is not None}


def is_vroom(document: Any) -> bool:
    """Say whether a JSON document states vehicles and jobs as VROOM does."""
    return isinstance(document, dict) and isinstance(document.get("vehicles"), list)


def vroom_rows(document: Mapping[str, Any], name: str) -> tuple[list[Row], tuple[str, ...]]:
    """Make a mission of each vehicle that has a fixed order; and warn of what nobody visits.

    Raises
    ------
    DataError
        The document's parts are not lists of objects.
    """
    for part in ("vehicles", "jobs", "shipments", "routes", "unassigned"):
        items = document.get(part) or []
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise DataError("should be a list of objects", place=f"{name}#/{part}")
    problem = _Problem(name, dict(_places(document)))
    routes = {str(route.get("vehicle")): route for route in document.get("routes") or []}
    rows = []
    for index, vehicle in enumerate(document["vehicles"]):
        route = routes.get(str(vehicle.get("id")))
        if routes and route is None:
            continue  # VROOM's answer leaves out the vehicles that it does not use
        steps = (route or vehicle).get("steps")
        rows.append(_row(vehicle, steps, problem, f"{name}#/vehicles/{index}"))
    left_out = document.get("unassigned") or []
    unserved = {(str(item.get("type", "job")), str(item.get("id"))) for item in left_out}
    left = sorted((problem.places.keys() | unserved) - problem.visited)
    warnings = tuple(f"{name}: {kind} {number} is on no vehicle's way" for kind, number in left)
    return rows, warnings


def _places(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    for job in document.get("jobs") or []:
        yield ("job", str(job.get("id"))), job
    for shipment in document.get("shipments") or []:
        for kind in ("pickup", "delivery"):
            part = shipment.get(kind)
            if isinstance(part, dict):
                yield (kind, str(part.get("id"))), part


def _row(vehicle: Mapping[str, Any], steps: Any, problem: _Problem, place: str) -> Row:
    cells = {
        column: value
        for key, value in vehicle.items()
        if key not in OWN and (column := heading(key)[0]) is not None
    }
    if "model" in vehicle:
        cells["vehicle"] = vehicle["model"]
    cells["mission_id"] = vehicle.get("id")
    faults: list[Fault] = []
    if isinstance(steps, list) and all(isinstance(step, dict) for step in steps):
        stops = _stops(vehicle, steps, problem, place, faults)
    else:
        stops = []
        said = "Order its jobs first: give VROOM's answer (routes), or steps"
        faults.append(Fault(f"{place}/steps", "has no fixed order", said))
    window = vehicle.get("time_window")
    if isinstance(window, list) and len(window) == 2:  # noqa: PLR2004 -- from and to
        begins = _moment(window[0], f"{place}/time_window", faults)
        ends = _moment(window[1], f"{place}/time_window", faults)
        cells.setdefault("departure", begins)
        if stops and ends is not None:
            stops[-1].setdefault("arrive_before", ends)
    begins = _departed(steps)
    if begins is not None:
        cells.setdefault("departure", begins)
    body, read_faults, _ = body_of_cells(cells, place)
    body["stops"] = stops
    return place, body, [*faults, *read_faults]


def _departed(steps: Any) -> str | None:
    """Give when VROOM's answer has the vehicle start, where its times count from a known moment."""
    first = steps[0] if isinstance(steps, list) and steps else None
    if not isinstance(first, dict) or first.get("type") != "start":
        return None
    seconds = _number(first.get("arrival", 0))
    if not EARLIEST_S <= seconds < 10 * EARLIEST_S:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _stops(
    vehicle: Mapping[str, Any],
    steps: list[Mapping[str, Any]],
    problem: _Problem,
    place: str,
    faults: list[Fault],
) -> list[dict[str, Any]]:
    stops: list[dict[str, Any]] = []
    if "start" in vehicle:
        stops.append({"location": vehicle["start"]})
    for number, step in enumerate(steps):
        here = f"{place}/steps/{number}"
        kind = step.get("type")
        if kind in ("job", "pickup", "delivery"):
            stops.append(problem.stop(step, here, faults))
        elif kind == "break":
            if stops:  # a break is taken where the vehicle is
                rest = stops[-1].get("service_s", 0.0) + _number(step.get("service", 0))
                stops[-1]["service_s"] = rest
        elif kind not in ("start", "end"):
            faults.append(Fault(here, f"is of type {kind!r}, which is not known"))
    if "end" in vehicle:
        stops.append({"location": vehicle["end"]})
    return stops


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _moment(value: Any, place: str, faults: list[Fault]) -> str | None:
    if isinstance(value, str):
        return value
    seconds = _number(value)
    if not EARLIEST_S <= seconds < 10 * EARLIEST_S:
        said = "Write Unix seconds, or text like 2026-11-23T08:00:00+01:00"
        faults.append(Fault(place, f"{value!r} is no moment", said))
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat()
