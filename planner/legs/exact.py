"""What one car uses on the arcs of a hierarchy, edge by edge, worked out where first needed.

A drive along a path is five numbers: seconds, net energy e, largest prefix P, largest suffix S and
largest run M of its energies (kWh, none below 0 but e). Inside an edge these are bounded by
`planner.energy.consumption.inside_energy_kwh`. From charge q in a battery of Q one
arrives with ``min(q - e, Q - S)`` if ``q >= P`` and ``M <= Q``. They compose, so an arc's profile
comes from its two lower arcs', down to the edges; `ArcMemo` keeps each, for one car and day.

Source: Baum, Dibbelt, Gemsa, Wagner, Zündorf: Shortest Feasible Paths with Charging Stops for
Battery Electric Vehicles, Transportation Science 53 (2019), consumption profiles.
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.energy.edge import FERRY, CarTerms, drive_edge, inside_edge
from planner.legs.hierarchy.climb import arc_to
from planner.legs.hierarchy.customised import Customised
from planner.roads.graph import RoadGraph

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U16 = NDArray[np.uint16]

TIME, NET, PREFIX, SUFFIX, RUN = range(5)
"""Columns of a profile: seconds, then kWh."""

WIDTH = 5

MOST_SLOTS = 1 << 20
"""46 MB for a car, a day and a kind of leg; no drive has nearly as many arcs."""

_FIRST_SLOTS = 1 << 14
FULL_SHARE = 0.6
_FREE = -1


class Arcs(NamedTuple):
    """The arcs of a metric, as `planner.legs.hierarchy.climb.Climb` has them; read-only.

    An arc of the outward climb is numbered ``2 * place``, one of the inward ``2 * place + 1``.
    ``level`` is that of each rank.
    """

    level: U16
    out_first: I32
    out_level: U16
    out_source: I32
    in_first: I32
    in_level: U16
    in_source: I32


def arcs_of(metric: Customised) -> Arcs:
    """View a metric's arcs the way the kernels are compiled for."""
    out, into = metric.outward, metric.inward
    arrays = (metric.hierarchy.level, out.first, out.level, out.source)
    return Arcs(*(read_only(a) for a in (*arrays, into.first, into.level, into.source)))


class EdgeArrays(NamedTuple):
    """What a kernel reads of each edge, shape (edges,), and ``ele_m`` of each node; read-only."""

    tail: I32
    length_m: F32
    speed_kmh: F32
    duration_s: F32
    climb_m: F32
    descent_m: F32
    flags: NDArray[np.uint8]
    ele_m: F32


def edge_arrays(graph: RoadGraph) -> EdgeArrays:
    """View a graph's arrays the way the kernels are compiled for."""
    return EdgeArrays(*(read_only(getattr(graph, name)) for name in EdgeArrays._fields))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """View an array so that nothing may write to it: mapped and made ones are of one type then."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


@dataclass(eq=False)
class ArcMemo:
    """Profiles of the arcs of one metric for one car: a hash table by arc, 44 bytes for each.

    Keys below -1 are the caller's. Not thread-safe.
    """

    arcs: Arcs
    edges: EdgeArrays
    car: CarTerms
    keys: I32 = field(init=False)
    values: F64 = field(init=False)
    count: I64 = field(init=False)

    def __post_init__(self) -> None:
        self.keys = np.full(_FIRST_SLOTS, _FREE, np.int32)
        self.values = np.empty((_FIRST_SLOTS, WIDTH))
        self.count = np.zeros(1, np.int64)

    def grow(self) -> None:
        """Make room: twice as much, or in a table of `MOST_SLOTS` by forgetting all."""
        keys, values = self.keys, self.values
        if keys.size >= MOST_SLOTS:
            keys.fill(_FREE)
            self.count[0] = 0
            return
        self.keys = np.full(2 * keys.size, _FREE, np.int32)
        self.values = np.empty((2 * keys.size, WIDTH))
        _move(keys, values, self.keys, self.values)

    @property
    def table(self) -> tuple[I32, F64, I64]:
        """What kernels write to; other arrays after `grow`."""
        return self.keys, self.values, self.count


@njit(cache=True, inline="always")
def slot_of(arc: int, keys: I32) -> int:
    """Place of an arc in the table, or the free place where it would stand."""
    mask = keys.size - 1
    slot = (arc * 0x9E3779B1 >> 7) & mask
    while keys[slot] != arc and keys[slot] != _FREE:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True)
def _move(keys: I32, values: F64, into_keys: I32, into_values: F64) -> None:
    for slot in range(keys.size):
        if keys[slot] != _FREE:
            place = slot_of(keys[slot], into_keys)
            into_keys[place] = keys[slot]
            into_values[place] = values[slot]


@njit(cache=True, nogil=True)
def extend(into: F64, more: F64) -> None:
    """Drive ``more`` after what ``into`` holds, in place."""
    net, suffix = into[NET], into[SUFFIX]
    into[TIME] += more[TIME]
    into[NET] = net + more[NET]
    into[PREFIX] = max(into[PREFIX], net + more[PREFIX])
    into[RUN] = max(into[RUN], more[RUN], suffix + more[PREFIX])
    into[SUFFIX] = max(more[SUFFIX], more[NET] + suffix)


@njit(cache=True, nogil=True)
def price_edge(edge: int, edges: EdgeArrays, car: CarTerms, into: F64) -> None:
    """Write the profile of one edge."""
    length_m, speed_kmh = float(edges.length_m[edge]), float(edges.speed_kmh[edge])
    climb_m, descent_m = float(edges.climb_m[edge]), float(edges.descent_m[edge])
    ele_m, on_deck = float(edges.ele_m[edges.tail[edge]]), (edges.flags[edge] & FERRY) != 0
    duration_s = float(edges.duration_s[edge])
    time_s, kwh = drive_edge(
        car, length_m, speed_kmh, duration_s, climb_m, descent_m, ele_m, on_deck
    )
    inside = inside_edge(car, length_m, speed_kmh, climb_m, descent_m, ele_m, kwh, on_deck)
    into[TIME] = time_s
    into[NET] = kwh
    into[PREFIX] = into[SUFFIX] = into[RUN] = inside


@njit(cache=True, nogil=True)
def _halves(arc: int, start: int, end: int, arcs: Arcs) -> tuple[int, int, int]:
    """Return the two arcs that an arc between two levels stands for, and the level between.

    Of an arc that is an edge: ``(edge, -1, -1)``.
    """
    source = arcs.in_source[arc >> 1] if arc & 1 else arcs.out_source[arc >> 1]
    if source < 0:
        return -1 - source, -1, -1
    first = arc_to(arcs.in_first, arcs.in_level, source, start)
    second = arc_to(arcs.out_first, arcs.out_level, source, end)
    return 2 * first + 1, 2 * second, int(arcs.level[source])


@njit(cache=True, nogil=True)
def _with_room(stack: I32, size: int) -> I32:
    """Return the stack, or a wider one with its first ``size`` rows, with room for two more."""
    if size + 2 <= len(stack):
        return stack
    wider = np.empty((2 * len(stack), 3), np.int32)
    wider[:size] = stack[:size]
    return wider


@njit(cache=True, nogil=True)
def arc_slot(
    arc: int,
    start: int,
    end: int,
    arcs: Arcs,
    edges: EdgeArrays,
    car: CarTerms,
    keys: I32,
    values: F64,
    count: I64,
) -> int:
    """Place of an arc's profile in the table, worked out if it is not there; -1: table full.

    ``start`` and ``end`` are the levels that the arc leads from and to.
    """
    slot = slot_of(arc, keys)
    if keys[slot] == arc:
        return int(slot)
    stack = np.empty((64, 3), np.int32)
    stack[0, 0], stack[0, 1], stack[0, 2] = arc, start, end
    size = 1
    while size > 0:
        here, begins, ends = stack[size - 1, 0], stack[size - 1, 1], stack[size - 1, 2]
        slot = slot_of(here, keys)
        if keys[slot] == here:
            size -= 1
            continue
        if count[0] >= FULL_SHARE * keys.size:
            return -1
        first, second, middle = _halves(here, begins, ends, arcs)
        if second < 0:
            price_edge(first, edges, car, values[slot])
        else:
            left, right = slot_of(first, keys), slot_of(second, keys)
            if keys[left] != first or keys[right] != second:
                stack = _with_room(stack, size)
                stack[size, 0], stack[size, 1], stack[size, 2] = first, begins, middle
                stack[size + 1, 0], stack[size + 1, 1], stack[size + 1, 2] = second, middle, ends
                size += 2
                continue
            values[slot] = values[left]
            extend(values[slot], values[right])
        keys[slot] = here
        count[0] += 1
        size -= 1
    return int(slot_of(arc, keys))


@njit(cache=True, nogil=True)
def arc_edges(arc: int, start: int, end: int, arcs: Arcs, known: I32, size: int) -> tuple[I32, int]:
    """Append the edges of an arc to ``known[:size]``; the array, a longer one if need be."""
    stack = np.empty((64, 3), np.int32)
    stack[0, 0], stack[0, 1], stack[0, 2] = arc, start, end
    waiting = 1
    while waiting > 0:
        waiting -= 1
        here, begins, ends = stack[waiting, 0], stack[waiting, 1], stack[waiting, 2]
        first, second, middle = _halves(here, begins, ends, arcs)
        if second < 0:
            if size == known.size:
                longer = np.empty(2 * size + 16, np.int32)
                longer[:size] = known
                known = longer
            known[size] = first
            size += 1
            continue
        stack = _with_room(stack, waiting)
        stack[waiting, 0], stack[waiting, 1], stack[waiting, 2] = second, middle, ends
        stack[waiting + 1, 0], stack[waiting + 1, 1], stack[waiting + 1, 2] = first, begins, middle
        waiting += 2
    return known, size
