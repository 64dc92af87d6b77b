"""A road network while it is made: nodes and directed edges in any order, then a RoadGraph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from planner.roads.graph import PARTS, RoadGraph
from planner.roads.parts import part_hash, whole_hash
from planner.roads.shapes import pack


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Nodes and directed edges as `RoadGraph` has them, but with the edges in any order.

    ``shape_of`` and what follows may be left out: straight edges, no names. Shapes are given by
    their points, int32[points, 2] of longitude and latitude in units of 1e-7 degrees, of which
    shape s has those from ``shape_first[s]`` up to ``shape_first[s + 1]``. ``names`` are labels as
    `planner.roads.names.label_of` makes them; ``names[0]`` is "". ``arrives``, bool[n], marks the
    nodes at which drives may end, ``through`` those they may go through: all, unless places have
    several nodes.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ele_m: NDArray[np.float32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length_m: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    climb_m: NDArray[np.float32]
    descent_m: NDArray[np.float32]
    flags: NDArray[np.uint8]
    road_class: NDArray[np.uint8]
    speed_from: NDArray[np.uint8]
    shape_of: NDArray[np.int32] | None = None
    shape_first: NDArray[np.int64] | None = None
    shape_e7: NDArray[np.int32] | None = None
    name_of: NDArray[np.int32] | None = None
    names: Sequence[str] = ("",)
    leaves_from: NDArray[np.int32] | None = None
    arrives: NDArray[np.bool_] | None = None
    through: NDArray[np.bool_] | None = None
    report_kind: NDArray[np.uint8] | None = None
    report_id: NDArray[np.int64] | None = None


def assemble(
    draft: Draft,
    *,
    name: str,
    as_of: str,
    attribution: str,
    notes: tuple[str, ...],
    source: str,
    max_snap_m: float,
    has_elevation: bool,
) -> RoadGraph:
    """Sort the edges by tail and head, index them both ways, mark the component and hash all."""
    nodes, edges = len(draft.lon), len(draft.tail)
    order = np.lexsort((np.arange(edges), draft.head, draft.tail))
    tail, head = draft.tail[order], draft.head[order]
    encoded = [said.encode() for said in draft.names]
    none = np.zeros(edges, np.int32)
    identity = np.arange(nodes, dtype=np.int32)
    leaves_from = identity if draft.leaves_from is None else draft.leaves_from
    shape_of, shape_first, shape_steps = pack(
        none if draft.shape_of is None else draft.shape_of,
        draft.tail,
        draft.head,
        draft.lon,
        draft.lat,
        np.zeros(1, np.int64) if draft.shape_first is None else draft.shape_first,
        np.zeros((0, 2), np.int32) if draft.shape_e7 is None else draft.shape_e7,
    )
    arrays = {
        "lon": draft.lon,
        "lat": draft.lat,
        "ele_m": draft.ele_m,
        "first_out": _firsts(tail, nodes),
        "head": head,
        "tail": tail,
        "first_in": _firsts(head, nodes),
        "in_edge": np.argsort(head, kind="stable"),
        "length_m": draft.length_m[order],
        "speed_kmh": draft.speed_kmh[order],
        "climb_m": draft.climb_m[order],
        "descent_m": draft.descent_m[order],
        "flags": draft.flags[order],
        "duration_s": draft.duration_s[order],
        "component_ok": usable_nodes(tail, head, leaves_from, draft),
        "road_class": draft.road_class[order],
        "speed_from": draft.speed_from[order],
        "shape_of": shape_of[order],
        "shape_first": shape_first,
        "shape_steps": shape_steps,
        "name_of": none if draft.name_of is None else draft.name_of[order],
        "name_first": np.cumsum([0, *(len(said) for said in encoded)]),
        "name_utf8": np.frombuffer(b"".join(encoded), np.uint8),
        "leaves_from": leaves_from,
        "report_kind": np.zeros(0) if draft.report_kind is None else draft.report_kind,
        "report_id": np.zeros(0) if draft.report_id is None else draft.report_id,
    }
    parts: dict[str, Any] = {}
    for key, (dtype, _shape) in PARTS.items():
        parts[key] = np.ascontiguousarray(arrays[key], dtype=np.dtype(dtype))
        parts[key].setflags(write=False)
    return RoadGraph(
        name=name,
        hash=whole_hash({key: part_hash(array) for key, array in parts.items()}),
        as_of=as_of,
        attribution=attribution,
        notes=notes,
        source=source,
        max_snap_m=max_snap_m,
        has_elevation=has_elevation,
        **parts,
    )


def usable_nodes(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    leaves_from: NDArray[np.int32],
    draft: Draft,
) -> NDArray[np.bool_]:
    """Mark where drives may end, reached from the largest component and left back into it."""
    nodes, through = len(leaves_from), draft.through
    if draft.arrives is None or through is None:
        return largest_component(tail, head, nodes)
    on_open = through[tail] & through[head]
    core = largest_component(tail[on_open], head[on_open], nodes)
    start = int(np.flatnonzero(core)[0])
    back = _reached(head, tail, start, nodes)[leaves_from]
    return draft.arrives & _reached(tail, head, start, nodes) & back


def _reached(
    tail: NDArray[np.int32], head: NDArray[np.int32], start: int, nodes: int
) -> NDArray[np.bool_]:
    """Mark the nodes that one gets to from one."""
    links = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(nodes, nodes)).tocsr()
    order = breadth_first_order(links, start, directed=True, return_predecessors=False)
    marked = np.zeros(nodes, np.bool_)
    marked[order] = True
    return marked


def largest_component(
    tail: NDArray[np.int32], head: NDArray[np.int32], nodes: int
) -> NDArray[np.bool_]:
    """Mark the nodes of the largest strongly connected component, the first of equal ones."""
    if not nodes:
        return np.zeros(0, np.bool_)
    links = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(nodes, nodes)).tocsr()
    _count, label = connected_components(links, directed=True, connection="strong")
    sizes = np.bincount(label)
    biggest = np.flatnonzero(sizes == sizes.max())
    first = label[np.flatnonzero(np.isin(label, biggest))[0]]
    marked: NDArray[np.bool_] = label == first
    return marked


def _firsts(ends: NDArray[np.int32], nodes: int) -> NDArray[np.int32]:
    counts = np.bincount(ends, minlength=nodes)
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
