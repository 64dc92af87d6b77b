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

    change = update(metric, edges, weight_ms, load)                   # Update(before, metric, ..)
    walks_changed(change, nodes, backward=False)                      # bool[k]: whose legs differ

    save_hierarchy(hierarchy, folder, region=hash); open_hierarchy(folder, region=hash)
    save_metric(metric, folder, region=hash, name=...); open_metric(hierarchy, folder, ...)
    warm_up()                                                         # compile all kernels

Nodes and edges are those of the graph; ranks stay inside. Weights are whole numbers, not negative,
of milliseconds or what the caller counts in (energies reduced by a height potential); sums are
exact. Of several ways of equal weight a query always takes the same one, but `to_many` may take
another than `PointQuery.drive`: what is promised for a way is the load that came with its edges.
Loads are rows of float32, see
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
from planner.legs.hierarchy.saving import (
    open_hierarchy,
    open_metric,
    save_hierarchy,
    save_metric,
    verify_saved,
)
from planner.legs.hierarchy.selection import Selection, select_sources, select_targets
from planner.legs.hierarchy.updating import Update, update, walks_changed
from planner.legs.hierarchy.warming import warm_up
from planner.legs.hierarchy.weights import NEVER

__all__ = [
    "NEVER",
    "Customised",
    "Drive",
    "Hierarchy",
    "PointQuery",
    "Row",
    "Selection",
    "Update",
    "build",
    "customise",
    "edge_loads",
    "from_all",
    "from_many",
    "joined",
    "matrix",
    "open_hierarchy",
    "open_metric",
    "save_hierarchy",
    "save_metric",
    "select_sources",
    "select_targets",
    "to_all",
    "to_many",
    "update",
    "verify_saved",
    "walks_changed",
    "warm_up",
]
