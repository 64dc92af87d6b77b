"""Where labels meet: the least weight of drives between places, the drives themselves, their edges.

Drives go by the best hub that the label of the one place and that of the other have in common.
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.energy.edge import CarTerms
from planner.legs.exact import (
    FULL_SHARE,
    NET,
    PREFIX,
    RUN,
    SUFFIX,
    TIME,
    WIDTH,
    Arcs,
    EdgeArrays,
    arc_edges,
    arc_slot,
    extend,
    slot_of,
)
from planner.legs.labels import FAR, NONE, Entries, ancestors

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Pages(NamedTuple):
    """Labels of places in one direction: that of each is a run of entries of one of two books.

    ``start``, ``end`` and ``stored`` have the shape (places,): the run, and whether it is one of
    ``kept``, whose entries keep their places for ever, or of ``made``.
    """

    start: I64
    end: I64
    stored: Mask
    made: Entries
    kept: Entries

    def label(self, place: int) -> Entries:
        """Return the label of a place."""
        book = self.kept if self.stored[place] else self.made
        return book.part(int(self.start[place]), int(self.end[place]))


@njit(cache=True, nogil=True)
def _shared(chain: I32, entries: Entries, start: int, end: int) -> int:
    """Entries from ``start`` whose hubs lie on the chain end before the returned place."""
    while start < end:
        middle = (start + end) >> 1
        level = entries.depth[middle]
        if level < chain.size and chain[level] == entries.hub[middle]:
            start = middle + 1
        else:
            end = middle
    return start


@njit(cache=True, nogil=True)
def spread_out(chain: I32, source: Entries) -> tuple[I32, I32]:
    """Weights of a label's entries, and their numbers, by depth of the hub: `FAR` and -1 else."""
    weight_at = np.full(chain.size, FAR, np.int32)
    entry_at = np.full(chain.size, -1, np.int32)
    for entry in range(source.depth.size):
        weight_at[source.depth[entry]] = source.weight[entry]
        entry_at[source.depth[entry]] = entry
    return weight_at, entry_at


@njit(cache=True, nogil=True)
def _best(
    chain: I32, weight_at: I32, targets: Entries, start: int, end: int
) -> tuple[np.int32, int]:
    """Least weight to the node of a label, and the entry of it by which that goes (-1: no way)."""
    depth, weight = targets.depth, targets.weight
    best, at = FAR, -1
    for entry in range(start, _shared(chain, targets, start, end)):
        reach = np.int32(weight_at[depth[entry]] + weight[entry])
        if reach < best:
            best, at = reach, entry
    return best, at


@njit(cache=True, nogil=True)
def join(
    chain: I32, weight_at: I32, entry_at: I32, there: Pages, place: int
) -> tuple[np.int32, int, int]:
    """Least weight to a place from the label spread out, and the entries by which they meet.

    The entry of the source is counted in its label, that of the place in its book; -1: no way.
    """
    start, end = there.start[place], there.end[place]
    if there.stored[place]:
        best, at = _best(chain, weight_at, there.kept, start, end)
        near = entry_at[there.kept.depth[at]] if at >= 0 else -1
    else:
        best, at = _best(chain, weight_at, there.made, start, end)
        near = entry_at[there.made.depth[at]] if at >= 0 else -1
    return best, near, at


@njit(cache=True, nogil=True)
def meet(
    rank: int,
    parent: I32,
    source: Entries,
    there: Pages,
    targets: I64,
    least: I32,
    near: I32,
    far: I32,
) -> None:
    """Least weight from a label to those of some places, and the entries by which they meet.

    The label is that of the node ``rank`` in a tree. Writes ``least`` (`FAR`: no way), ``near`` and
    ``far`` (entries of the source and the target, counted in their labels; -1).
    """
    chain = ancestors(rank, parent)
    weight_at, entry_at = spread_out(chain, source)
    for number in range(targets.size):
        least[number], near[number], at = join(chain, weight_at, entry_at, there, targets[number])
        far[number] = at - there.start[targets[number]] if at >= 0 else -1


@njit(cache=True, nogil=True)
def _drive_out(
    entry: int,
    source: Entries,
    ahead: F64,
    done: NDArray[np.bool_],
    arcs: Arcs,
    edges: EdgeArrays,
    car: CarTerms,
    keys: I32,
    values: F64,
    count: I64,
) -> bool:
    """Fill the profile of a drive from the source to a hub; False where the table is full."""
    stack = np.empty(done.size, np.int32)
    size = 0
    here = entry
    while not done[here]:
        stack[size] = here
        size += 1
        if source.before[here] == NONE:
            break
        here = source.before[here]
    while size > 0:
        size -= 1
        after = stack[size]
        if source.before[after] == NONE:
            ahead[after] = 0.0
        else:
            here = source.before[after]
            slot = arc_slot(
                source.arc[after], source.depth[here], source.depth[after],
                arcs, edges, car, keys, values, count,
            )  # fmt: skip
            if slot < 0:
                return False
            ahead[after] = ahead[here]
            extend(ahead[after], values[slot])
        done[after] = True
    return True


@njit(cache=True, nogil=True)
def _tail_slot(
    start: int,
    entry: int,
    stored: bool,
    targets: Entries,
    spare: F64,
    arcs: Arcs,
    edges: EdgeArrays,
    car: CarTerms,
    keys: I32,
    values: F64,
    count: I64,
) -> int:
    """Work out the drive from an entry's hub to the node of its label into ``spare``.

    Of stored labels the drive is kept in the table, under the entry. Returns its place there, -1
    where there is none, -2 where the table is full.
    """
    key = -2 - (start + entry)
    slot = slot_of(key, keys)
    if stored and keys[slot] == key:
        return int(slot)
    spare[:] = 0.0
    here = start + entry
    while targets.before[here] != NONE:
        after = start + targets.before[here]
        slot = arc_slot(
            targets.arc[here], targets.depth[here], targets.depth[after],
            arcs, edges, car, keys, values, count,
        )  # fmt: skip
        if slot < 0:
            return -2
        extend(spare, values[slot])
        here = after
    if not stored or count[0] >= FULL_SHARE * keys.size:
        return -1
    slot = slot_of(key, keys)
    keys[slot] = key
    values[slot] = spare
    count[0] += 1
    return int(slot)


@njit(cache=True, nogil=True)
def drive_to(
    near: int,
    at: int,
    target: int,
    source: Entries,
    there: Pages,
    ahead: F64,
    done: Mask,
    arcs: Arcs,
    edges: EdgeArrays,
    car: CarTerms,
    keys: I32,
    values: F64,
    count: I64,
    drive: F64,
) -> bool:
    """Write the profile of the drive that `join` found; False where the table is full."""
    if not done[near] and not _drive_out(
        near, source, ahead, done, arcs, edges, car, keys, values, count
    ):
        return False
    start, stored, spare = there.start[target], there.stored[target], np.empty(WIDTH)
    slot = _tail_slot(
        start, at - start, stored, there.kept if stored else there.made, spare,
        arcs, edges, car, keys, values, count,
    )  # fmt: skip
    if slot == -2:  # noqa: PLR2004 -- told by _tail_slot
        return False
    drive[:] = ahead[near]
    extend(drive, spare if slot < 0 else values[slot])
    return True


@njit(cache=True, nogil=True)
def leg_of(
    drive: F64, place: int, target: int, approach_s: F64, approach_kwh: F64, capacity_kwh: float
) -> tuple[float, float, float, float]:
    """Make the leg of `planner.legs.rows.Row` of a drive between two places' nodes."""
    out_kwh, onto_kwh = approach_kwh[place], approach_kwh[target]
    net = out_kwh + drive[NET] + onto_kwh
    required = max(out_kwh + drive[PREFIX], net)
    suffix = drive[SUFFIX] + onto_kwh
    seconds = np.inf
    if max(drive[RUN], required, suffix) <= capacity_kwh:
        seconds = approach_s[place] + drive[TIME] + approach_s[target]
    return seconds, net, required, capacity_kwh - suffix


@njit(cache=True, nogil=True)
def drive_row(
    begun: int,
    wanted: Mask,
    rank: int,
    parent: I32,
    source: Entries,
    there: Pages,
    targets: I64,
    ahead: F64,
    done: Mask,
    arcs: Arcs,
    edges: EdgeArrays,
    car: CarTerms,
    keys: I32,
    values: F64,
    count: I64,
    place: int,
    approach_s: F64,
    approach_kwh: F64,
    capacity_kwh: float,
    time_s: F64,
    net_kwh: F64,
    required_kwh: F64,
    cap_kwh: F64,
) -> int:
    """Write the drives from a place to some as `planner.legs.rows.Row` has them; how many are done.

    ``ahead`` and ``done`` keep the profiles of the source's entries. Targets that are not
    ``wanted`` are told to be out of reach. Starts at target ``begun`` and stops where the table is
    full.
    """
    chain = ancestors(rank, parent)
    weight_at, entry_at = spread_out(chain, source)
    drive = np.empty(WIDTH)
    for number in range(begun, targets.size):
        target = targets[number]
        time_s[number], net_kwh[number] = np.inf, 0.0
        required_kwh[number], cap_kwh[number] = 0.0, capacity_kwh
        if not wanted[number]:
            continue
        _, near, at = join(chain, weight_at, entry_at, there, target)
        if near < 0:
            continue
        if not drive_to(
            near, at, target, source, there, ahead, done,
            arcs, edges, car, keys, values, count, drive,
        ):  # fmt: skip
            return number
        time_s[number], net_kwh[number], required_kwh[number], cap_kwh[number] = leg_of(
            drive, place, target, approach_s, approach_kwh, capacity_kwh
        )
    return targets.size


@njit(cache=True, nogil=True)
def met_edges(near: int, far: int, source: Entries, target: Entries, arcs: Arcs) -> I32:
    """List the edges of a drive that `meet` found, in order."""
    stack = np.empty(source.depth.size, np.int32)
    size = 0
    here = near
    while source.before[here] != NONE:
        stack[size] = here
        size += 1
        here = source.before[here]
    edges = np.empty(64, np.int32)
    count = 0
    while size > 0:
        size -= 1
        here = stack[size]
        before = source.before[here]
        edges, count = arc_edges(
            source.arc[here], source.depth[before], source.depth[here], arcs, edges, count
        )
    here = far
    while target.before[here] != NONE:
        after = target.before[here]
        edges, count = arc_edges(
            target.arc[here], target.depth[here], target.depth[after], arcs, edges, count
        )
        here = after
    return edges[:count].copy()
