"""The fixed-route vehicle charging problem (FRVCP) as a problem of this package.

An FRVCP is a route of vertices to be visited in their order, with charging stations that may be
visited between any two of them, as many as one likes. An instance in frvcpy's JSON names

- ``energy_matrix``, ``time_matrix`` (vertices, vertices): energy and hours of each drive;
- ``process_times``: hours at each vertex;
- ``css``: the charging stations, each with its vertex and its type;
- ``breakpoints_by_type``: for each type the hours from empty to each charge;
- ``max_q``: the battery.

Stations become places 0, 1, ... in the order of ``css``, the vertices of the route the waypoints.
Hours become seconds and the instance's unit of energy (Wh in the published ones) kWh. A drive needs
what it uses and ends with at most a full battery: ``required = max(net, 0)``, ``cap = max_q``.

Source: Froger, Mendoza, Jabali, Laporte: Improved formulations and algorithmic components for the
electric vehicle routing problem with nonlinear charging functions, Computers & Operations Research
104 (2019); the file format is that of Kullman, Froger, Mendoza, Goodson: frvcpy, INFORMS Journal on
Computing 33 (2021).
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.search.core.legs import LegTable
from planner.search.core.problem import Curve, Offer, OfferTable, Problem, Start, Waypoint

HOUR_S = 3600.0
KILO = 1000.0


def read_frvcp(
    instance: Mapping[str, Any], route: Sequence[int], start_charge: float | None = None
) -> Problem:
    """State an FRVCP: an instance as parsed from JSON, a route of vertices, a charge at its start.

    ``start_charge`` is in the instance's unit; None is a full battery. The optimum in the
    literature's terms is ``solve(problem).plan.time_s / 3600``; where there is none,
    ``solve(problem).plan`` is None.
    """
    stations = [station["node_id"] for station in instance["css"]]
    vertices = [*stations, *route]
    full_kwh = instance["max_q"] / KILO
    time_s = _among(instance["time_matrix"], vertices) * HOUR_S
    net_kwh = _among(instance["energy_matrix"], vertices) / KILO
    legs = LegTable.dense(
        time_s, net_kwh, np.maximum(net_kwh, 0.0), np.full_like(net_kwh, full_kwh)
    )
    process_h = instance.get("process_times") or [0.0] * len(instance["time_matrix"])
    curves = {
        kind["cs_type"]: Curve(np.array(kind["charge"]) / KILO, np.array(kind["time"]) * HOUR_S)
        for kind in instance["breakpoints_by_type"]
    }
    offers = [
        Offer(place, curves[station["cs_type"]], overhead_s=process_h[station["node_id"]] * HOUR_S)
        for place, station in enumerate(instance["css"])
    ]
    return Problem(
        legs=legs,
        offers=OfferTable(tuple(offers), len(stations)),
        waypoints=tuple(Waypoint(process_h[vertex] * HOUR_S) for vertex in route),
        start=Start(full_kwh if start_charge is None else start_charge / KILO),
    )


def _among(matrix: Sequence[Sequence[float]], vertices: list[int]) -> NDArray[np.float64]:
    """Take the rows and columns of some vertices; the rest of a large instance is not touched."""
    take = itemgetter(*vertices)
    return np.array([take(matrix[vertex]) for vertex in vertices], np.float64)
