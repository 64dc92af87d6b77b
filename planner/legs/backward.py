"""What a trip has before it at least, from each station, by legs as the car drives them.

From arrival at a station v with charge q the rest of a trip costs at least ``rest(v) - p * q``
seconds, each kWh worth p seconds, with

    rest(v) = stop(v) + least over w of (time + p * net of the leg to w  +  rest(w)) ,

``stop(v)`` being the least of a stop there: its overhead and the time of charging, less p for each
kWh charged; p is no more than the least time for a kWh anywhere, so no stop is worth more. Roads
alone know of no detours to stations, and energies only by the share of a reference; legs do.

This is worked out from the end back (A*), nearest first by what lies behind a place at least. Legs
are bounded by potentials, and driven when they are the best that is left, a few at a time. Once
the trip's beginning is reached, what is only a little dearer is still worked out; the rest of the
others is the cost up to which that went, less what lies behind them at least.

Source: the price of energy is that of the potentials of Baum et al. (2019), see
`planner.search.core.bounds`; the lazy evaluation of legs is that of Dellin, Srinivasa: A Unifying
Formalism for Shortest Path Problems with Expensive Edge Evaluations via Lazy Best-First Search over
Paths with Edge Selectors (ICAPS 2016).
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.energy.edge import CarTerms
from planner.legs.exact import WIDTH, Arcs, EdgeArrays
from planner.legs.labels import Entries, ancestors
from planner.legs.meeting import Pages, drive_to, join, leg_of, spread_out
from planner.legs.potentials import ROUNDING_S, Potentials, least_between

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

AT_A_TIME = 4
"""Legs of one place that are driven one after another."""

MOST_LEGS = 20_000
"""Legs driven, after which all others stay bounded."""

DONE, FULL = range(2)
"""What the kernel returns for: nothing is left to do, the table of arcs is full."""

LIMIT, FRONTIER = range(2)
"""Places of `Work.value`: up to which cost places are settled, and up to which all of them are."""

SETTLED, DRIVEN = range(2)
"""Places of `Work.tally`."""


class Sought(NamedTuple):
    """What stays the same: places by number, stations first, then the waypoints of the trip.

    ``place`` is that of the legs, ``point_m``, shape (places, 3), where it stands: what is within
    ``apart_m`` of one station is no next stop. ``stop_s`` is what a stop takes at least, less the
    worth of its charge. ``behind_s`` (stages, places) is the least from the beginning of a stage,
    energy at ``price_s_per_kwh`` too; whatever it is, no leg may take less than it rises by.
    ``up_kwh`` and ``down_kwh`` are the lift energies at arrival and at departure. ``start_kwh`` is
    the charge at the beginning of the trip; ``margin_s`` how much dearer than the least what is
    worked out may be.
    """

    place: Ints
    point_m: F64
    apart_m: float
    stop_s: F64
    behind_s: F64
    up_kwh: F64
    down_kwh: F64
    price_s_per_kwh: float
    capacity_kwh: float
    start_kwh: float
    margin_s: float


class Work(NamedTuple):
    """What is known so far, places by number; ``bound_s`` (places,) is scratch.

    ``rest_s`` and ``is_settled`` (places,) of one stage; ``low_s`` the least in the row of each
    place in ``best_s`` (places, places), the columns of which are places in the order in which they
    were settled, ``order``; ``is_exact`` where that is by a leg that was driven. ``leg`` (places,
    places) is the number of the leg between two places among the driven ones, -1 where it was not:
    ``figures`` (legs, 4) has seconds, net and required kWh and the cap, of which the seconds are
    infinite where the car cannot drive it. ``ahead`` and ``known`` hold drives out of places to
    the entries of their labels, from ``first`` on. Where ``is_spread`` the columns of ``chain``,
    shape (3, depths), from ``root`` on are the ways from places to the root, and their labels by
    depth (`planner.legs.meeting.spread_out`).
    """

    value: F64
    tally: I64
    rest_s: F64
    is_settled: Mask
    low_s: F64
    best_s: F64
    order: I64
    is_exact: Mask
    leg: I32
    figures: F64
    first: I64
    ahead: F64
    known: Mask
    root: I64
    chain: I32
    is_spread: Mask
    bound_s: F64


class Roads(NamedTuple):
    """What legs are driven on: labels out of places and into them, arcs, and the tree."""

    parent: I32
    rank: I64
    away: Pages
    there: Pages
    arcs: Arcs
    edges: EdgeArrays
    car: CarTerms
    approach_s: F64
    approach_kwh: F64


@njit(cache=True, nogil=True)
def _most_kwh(sought: Sought, stage: int, place: int) -> float:
    """Most charge with which one leaves a place."""
    is_start = stage == 0 and place >= sought.stop_s.size
    return sought.start_kwh if is_start else sought.capacity_kwh


@njit(cache=True, nogil=True)
def _driven_s(figures: F64, price: float, most_kwh: float) -> float:
    """Seconds of a leg that was driven, energy priced; infinite where it asks for too much."""
    return figures[0] + price * figures[1] if figures[2] <= most_kwh else np.inf


@njit(cache=True, nogil=True)
def _bound_row(sought: Sought, known: Potentials, stage: int, end: int, bound_s: F64) -> None:
    """Write the least seconds of legs to a place from each, energy priced; infinite: no leg."""
    stations, price, capacity_kwh = sought.stop_s.size, sought.price_s_per_kwh, sought.capacity_kwh
    place, target, behind_s = sought.place, sought.place[end], sought.behind_s[stage]
    point_m, apart, allowance_kwh = sought.point_m, sought.apart_m**2, known.allowance_kwh
    up_kwh, down_kwh = sought.up_kwh[end], sought.down_kwh
    for number in range(stations + 1):
        start = number if number < stations else stations + stage
        if start < stations and end < stations:
            square = 0.0
            for axis in range(3):
                square += (point_m[start, axis] - point_m[end, axis]) ** 2
            if square <= apart:
                bound_s[start] = np.inf
                continue
        time_s, kwh, priced_s = least_between(known, place[start], target)
        kwh = max(kwh, up_kwh - down_kwh[start])
        if time_s == np.inf or kwh > capacity_kwh:
            bound_s[start] = np.inf
            continue
        further_s = behind_s[end] - behind_s[start] - ROUNDING_S
        priced_s = max(priced_s, further_s) - price * allowance_kwh
        bound_s[start] = max(time_s + price * kwh, priced_s)


@njit(cache=True, nogil=True)
def _settle(sought: Sought, known: Potentials, work: Work, stage: int, here: int) -> None:
    """Tell all places that may come before what they have before them by way of this one."""
    column = work.tally[SETTLED]
    work.order[column] = here
    work.tally[SETTLED] = column + 1
    work.is_settled[here] = True
    stations, price, stop_s = sought.stop_s.size, sought.price_s_per_kwh, sought.stop_s
    rest_s, is_settled, bound_s = work.rest_s[here], work.is_settled, work.bound_s
    legs, figures, low_s = work.leg[:, here], work.figures, work.low_s
    best_s, is_exact = work.best_s[:, column], work.is_exact[:, column]
    _bound_row(sought, known, stage, here, bound_s)
    for number in range(stations + 1):
        place = number if number < stations else stations + stage
        if is_settled[place]:
            continue
        leg, seconds = legs[place], bound_s[place]
        if leg >= 0:
            seconds = _driven_s(figures[leg], price, _most_kwh(sought, stage, place))
        seconds += rest_s
        if place < stations:
            seconds += stop_s[place]
        best_s[place] = seconds
        is_exact[place] = leg >= 0
        low_s[place] = min(low_s[place], seconds)


@njit(cache=True, nogil=True)
def _few_best(work: Work, place: int, few: I64) -> int:
    """Write down the columns of the best legs of a place that were not driven; how many."""
    row, count = work.best_s[place], 0
    for column in range(work.tally[SETTLED]):
        if work.is_exact[place, column] or row[column] == np.inf:
            continue
        if count == few.size and row[column] >= row[few[count - 1]]:
            continue
        at = count if count < few.size else few.size - 1
        while at > 0 and row[few[at - 1]] > row[column]:
            few[at] = few[at - 1]
            at -= 1
        few[at] = column
        count = min(count + 1, few.size)
    return count


@njit(cache=True, nogil=True)
def _drive(
    sought: Sought,
    work: Work,
    roads: Roads,
    start: int,
    columns: I64,
    keys: I32,
    values: F64,
    count: I64,
) -> bool:
    """Drive legs from a place to those of some columns; False where the table is full."""
    place = sought.place[start]
    begin, end = roads.away.start[place], roads.away.end[place]
    book = roads.away.kept if roads.away.stored[place] else roads.away.made
    source = Entries(
        book.hub[begin:end],
        book.depth[begin:end],
        book.weight[begin:end],
        book.before[begin:end],
        book.arc[begin:end],
    )
    ahead = work.ahead[work.first[start] : work.first[start] + end - begin]
    known = work.known[work.first[start] : work.first[start] + end - begin]
    root, leaf = work.root[start], work.root[start + 1]
    chain, weight_at, entry_at = work.chain[:, root:leaf]
    if not work.is_spread[start]:
        chain[:] = ancestors(roads.rank[start], roads.parent)
        weight_at[:], entry_at[:] = spread_out(chain, source)
        work.is_spread[start] = True
    drive = np.empty(WIDTH)
    for column in columns:
        if work.leg[start, work.order[column]] >= 0:  # driven before the table was full
            continue
        target = sought.place[work.order[column]]
        leg = work.tally[DRIVEN]
        figures = work.figures[leg]
        figures[0], figures[1], figures[2], figures[3] = np.inf, 0.0, 0.0, sought.capacity_kwh
        _, near, at = join(chain, weight_at, entry_at, roads.there, target)
        if near >= 0:
            if not drive_to(
                near, at, target, source, roads.there, ahead, known,
                roads.arcs, roads.edges, roads.car, keys, values, count, drive,
            ):  # fmt: skip
                return False
            figures[0], figures[1], figures[2], figures[3] = leg_of(
                drive, place, target, roads.approach_s, roads.approach_kwh, sought.capacity_kwh
            )
        work.leg[start, work.order[column]] = leg
        work.tally[DRIVEN] = leg + 1
    return True


@njit(cache=True, nogil=True)
def _correct(sought: Sought, work: Work, stage: int, place: int, columns: I64) -> None:
    """Put the row of a place right by legs that have been driven."""
    most_kwh, price = _most_kwh(sought, stage, place), sought.price_s_per_kwh
    stop_s = sought.stop_s[place] if place < sought.stop_s.size else 0.0
    for column in columns:
        here = work.order[column]
        seconds = _driven_s(work.figures[work.leg[place, here]], price, most_kwh)
        work.best_s[place, column] = seconds + stop_s + work.rest_s[here]
        work.is_exact[place, column] = True
    work.low_s[place] = work.best_s[place, : work.tally[SETTLED]].min()


@njit(cache=True, nogil=True)
def begin(sought: Sought, known: Potentials, work: Work, stage: int, rest_s: float) -> None:
    """Begin a stage at its end, from which on the rest is known."""
    work.value[LIMIT] = work.value[FRONTIER] = np.inf
    work.tally[SETTLED] = 0
    work.rest_s[:], work.low_s[:], work.is_settled[:] = np.inf, np.inf, False
    end = sought.stop_s.size + stage + 1
    work.rest_s[end] = rest_s
    _settle(sought, known, work, stage, end)


@njit(cache=True, nogil=True)
def run(
    sought: Sought,
    known: Potentials,
    work: Work,
    roads: Roads,
    stage: int,
    keys: I32,
    values: F64,
    count: I64,
) -> int:
    """Settle the places of a stage, the nearest to the trip first; returns what is needed."""
    stations, few = sought.stop_s.size, np.empty(AT_A_TIME, np.int64)
    while True:
        here, least_s = work.tally[SETTLED], np.inf  # any place, of the type of places
        for number in range(stations + 1):
            place = number if number < stations else stations + stage
            if not work.is_settled[place]:
                seconds = work.low_s[place] + sought.behind_s[stage, place]
                if seconds < least_s:
                    here, least_s = place, seconds
        if least_s == np.inf or least_s > work.value[LIMIT] or work.tally[DRIVEN] >= MOST_LEGS:
            work.value[FRONTIER] = least_s
            return DONE
        column = int(np.argmin(work.best_s[here, : work.tally[SETTLED]]))
        if not work.is_exact[here, column]:
            columns = few[: _few_best(work, here, few)]
            if not _drive(sought, work, roads, here, columns, keys, values, count):
                return FULL
            _correct(sought, work, stage, here, columns)
        elif here < stations:
            work.rest_s[here] = work.best_s[here, column]
            _settle(sought, known, work, stage, here)
        else:
            work.rest_s[here], work.is_settled[here] = work.best_s[here, column], True
            work.value[LIMIT] = work.rest_s[here] + sought.margin_s
