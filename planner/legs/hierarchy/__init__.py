"""A customisable contraction hierarchy: roads prepared once, any weights in a second, legs in ms.

Three phases, each with a frozen type of read-only arrays::

    hierarchy = build(graph.first_out, graph.head)                    # Hierarchy: no weights
    load = edge_loads(time_s, distance_m, energy_kwh, features)       # optional, rides along
    metric = customise(hierarchy, weight_ms, load)                    # Customised: one metric

    query = PointQuery(metric)                                        # scratch; one a thread
    query.weight(start, end)                                          # int, NEVER: no way
    query.drive(start, end)                                           # Drive(weight, load, edges)

    targets = select_targets(metric, nodes)                           # reusable Selection
    to_many(source, targets)                                          # Row(weight[k], load[k, c])
    from_many(select_sources(metric, nodes), target)                  # Row, by sources
    matrix(sources, targets)                                          # int32[sources, targets]
    to_all(metric, source); from_all(metric, target)                  # int32[n]

Nodes and edges are those of the graph; ranks stay inside. Weights are whole numbers, not negative,
of milliseconds or what the caller counts in (energies reduced by a height potential); sums are
exact, and among ways of equal weight always the same one is taken. Loads are rows of float32, see
`planner.legs.hierarchy.loads`: ``TIME_S, DISTANCE_M, NET_KWH, PREFIX_KWH, SUFFIX_KWH, RUN_KWH``,
then the caller's features; ``joined(a, b)`` is the load of drive a and then b. Selections and
metrics may be used from several threads at once, a `PointQuery` from one.
"""

from planner.legs.hierarchy.contraction import Hierarchy, build
from planner.legs.hierarchy.customised import Customised, customise
from planner.legs.hierarchy.loads import edge_loads, joined
from planner.legs.hierarchy.many import (
    Row,
    from_all,
    from_many,
    matrix,
    to_all,
    to_many,
)
from planner.legs.hierarchy.point import Drive, PointQuery
from planner.legs.hierarchy.selection import Selection, select_sources, select_targets
from planner.legs.hierarchy.weights import NEVER

__all__ = [
    "NEVER",
    "Customised",
    "Drive",
    "Hierarchy",
    "PointQuery",
    "Row",
    "Selection",
    "build",
    "customise",
    "edge_loads",
    "from_all",
    "from_many",
    "joined",
    "matrix",
    "select_sources",
    "select_targets",
    "to_all",
    "to_many",
]
