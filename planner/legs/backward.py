"""What a trip has before it at least, from each station, by legs as the car drives them.

From arrival at a station v with charge q the rest of a trip costs at least ``rest(v) - p * q``
seconds, each kWh worth p seconds, with

    rest(v) = stop(v) + least over w of (time + p * net of the leg to w  +  rest(w)) ,

``stop(v)`` being the least of a stop there: its overhead and the time of charging, less p for each
kWh charged. It is never below 0 where p is no more than the least time for a kWh anywhere. Roads
alone know of no detours to stations, and energies only by the share of a reference; legs do.

This is worked out from the end back (A*), nearest first by what lies behind a place at least. Legs
are bounded by potentials, and driven when they are the best that is left, a few at a time. Once the
trip's beginning is reached, what is only a little dearer is still worked out; the rest of the others
is the cost up to which that went, less what lies behind them at least.

Source: the price of energy is that of the potentials of Baum et al. (2019), see
`planner.search.core.bounds`; the lazy evaluation of legs is that of Dellin, Srinivasa: A Unifying
Formalism for Shortest Path Problems with Expensive Edge Evaluations via Lazy Best-First Search over
Paths with Edge Selectors (ICAPS 2016).
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.energy.edge import CarTerms
from planner.legs.car import CarLegs
from planner.legs.exact import NET, PREFIX, RUN, SUFFIX, TIME, WIDTH, Arcs, EdgeArrays
from planner.legs.labels import Entries, ancestors
from planner.legs.meeting import Pages, drive_to, join, spread_out
from planner.legs.potentials import Potentials, least_between
from planner.legs.rows import Row

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

AT_A_TIME = 8
"""Legs of one place that are driven one after another."""

MOST_LEGS = 20_000
"""Legs driven, after which all others stay bounded."""

DONE, FULL = range(2)
"""What the kernel returns for: nothing is left to do, the table of arcs is full."""

LIMIT, FRONTIER = range(2)
"""Places of `Work.value`: up to which cost places are settled, and up to which all of them are."""

SETTLED, DRIVEN = range(2)
"""Places of `Work.count`."""


class Sought(NamedTuple):
    """What stays the same: places by number, stations first, then the waypoints of the trip.

    ``place`` is that of the legs, ``point_m``, shape (places, 3), where it stands: what is within
    ``apart_m`` of one station is no next stop. ``stop_s`` is what a stop takes at least, less the
    worth of its charge, ``behind_s`` (stages, places) the least from the beginning of a stage,
    energy at ``price_s_per_kwh`` too. ``up_kwh`` and ``down_kwh`` are the lift energies at arrival
    and at departure.
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
    """What is known so far.

    ``rest_s`` and ``is_settled`` (places,) of one stage; ``low_s`` the least in the row of each
    place in ``best_s`` (places, places), the columns of which are places in the order in which they
    were settled, ``order``; ``is_exact`` where that is by a leg that was driven. ``leg`` (places,
    places) is the number of the leg between two places among the driven ones, -1 where it was not:
    ``figures`` (legs, 4) has seconds, net and required kWh and the cap, of which the seconds are
    infinite where the car cannot drive it. ``ahead`` and ``known`` hold drives out of places to
    the entries of their labels, from ``first`` on.
    """

    value: F64
    count: I64
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
def _bound_s(sought: Sought, known: Potentials, start: int, end: int) -> float:
    """Least seconds of a leg, energy priced; infinite where it is none."""
    if _is_near(sought, start, end):
        return np.inf
    time_s, kwh, priced_s = least_between(known, sought.place[start], sought.place[end])
    kwh = max(kwh, sought.up_kwh[end] - sought.down_kwh[start])
    if time_s == np.inf or kwh > sought.capacity_kwh:
        return np.inf
    price = sought.price_s_per_kwh
    return max(time_s + price * kwh, priced_s - price * known.allowance_kwh)


@njit(cache=True, nogil=True)
def _is_near(sought: Sought, start: int, end: int) -> bool:
    """Say whether two stations are at one site."""
    stations = sought.stop_s.size
    if start >= stations or end >= stations:
        return False
    square = 0.0
    for axis in range(3):
        square += (sought.point_m[start, axis] - sought.point_m[end, axis]) ** 2
    return bool(square <= sought.apart_m**2)


@njit(cache=True, nogil=True)
def _driven_s(sought: Sought, work: Work, leg: int, most_kwh: float) -> float:
    """Seconds of a leg that was driven, energy priced; infinite where it cannot be."""
    if work.figures[leg, 2] > most_kwh:
        return np.inf
    return work.figures[leg, 0] + sought.price_s_per_kwh * work.figures[leg, 1]


@njit(cache=True, nogil=True)
def _settle(sought: Sought, known: Potentials, work: Work, stage: int, here: int) -> None:
    """Tell all places that may come before what they have before them by way of this one."""
    column = work.count[SETTLED]
    work.order[column] = here
    work.count[SETTLED] = column + 1
    work.is_settled[here] = True
    stations, rest_s = sought.stop_s.size, work.rest_s[here]
    for number in range(stations + 1):
        place = number if number < stations else stations + stage
        if work.is_settled[place]:
            continue
        leg, most_kwh, stop_s = work.leg[place, here], sought.capacity_kwh, 0.0
        if place < stations:
            stop_s = sought.stop_s[place]
        elif stage == 0:
            most_kwh = sought.start_kwh
        if leg >= 0:
            seconds = _driven_s(sought, work, leg, most_kwh)
        else:
            seconds = _bound_s(sought, known, place, here)
        seconds += stop_s + rest_s
        work.best_s[place, column] = seconds
        work.is_exact[place, column] = leg >= 0
        work.low_s[place] = min(work.low_s[place], seconds)


@njit(cache=True, nogil=True)
def _few_best(work: Work, place: int, few: I64) -> int:
    """Write down the columns of the best legs of a place that were not driven; how many."""
    row, count = work.best_s[place], 0
    for column in range(work.count[SETTLED]):
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
    chain = ancestors(roads.rank[start], roads.parent)
    weight_at, entry_at = spread_out(chain, source)
    drive = np.empty(WIDTH)
    out_s, out_kwh = roads.approach_s[place], roads.approach_kwh[place]
    for column in columns:
        target = sought.place[work.order[column]]
        leg = work.count[DRIVEN]
        figures = work.figures[leg]
        figures[0], figures[1], figures[2], figures[3] = np.inf, 0.0, 0.0, sought.capacity_kwh
        _, near, at = join(chain, weight_at, entry_at, roads.there, target)
        if near >= 0:
            if not drive_to(
                near, at, target, source, roads.there, ahead, known,
                roads.arcs, roads.edges, roads.car, keys, values, count, drive,
            ):  # fmt: skip
                return False
            onto_s, onto_kwh = roads.approach_s[target], roads.approach_kwh[target]
            net = out_kwh + drive[NET] + onto_kwh
            required = max(out_kwh + drive[PREFIX], net)
            suffix = drive[SUFFIX] + onto_kwh
            figures[1], figures[2] = net, required
            figures[3] = sought.capacity_kwh - suffix
            if max(drive[RUN], required, suffix) <= sought.capacity_kwh:
                figures[0] = out_s + drive[TIME] + onto_s
        work.leg[start, work.order[column]] = leg
        work.count[DRIVEN] = leg + 1
    return True


@njit(cache=True, nogil=True)
def _correct(sought: Sought, work: Work, stage: int, place: int, columns: I64) -> None:
    """Put the row of a place right by legs that have been driven."""
    stations, most_kwh, stop_s = sought.stop_s.size, sought.capacity_kwh, 0.0
    if place < stations:
        stop_s = sought.stop_s[place]
    elif stage == 0:
        most_kwh = sought.start_kwh
    for column in columns:
        here = work.order[column]
        seconds = _driven_s(sought, work, work.leg[place, here], most_kwh)
        work.best_s[place, column] = seconds + stop_s + work.rest_s[here]
        work.is_exact[place, column] = True
    work.low_s[place] = work.best_s[place, : work.count[SETTLED]].min()


@njit(cache=True, nogil=True)
def _begin(sought: Sought, known: Potentials, work: Work, stage: int, rest_s: float) -> None:
    """Begin a stage at its end, from which on the rest is known."""
    work.value[LIMIT] = work.value[FRONTIER] = np.inf
    work.count[SETTLED] = 0
    work.rest_s[:], work.low_s[:], work.is_settled[:] = np.inf, np.inf, False
    end = sought.stop_s.size + stage + 1
    work.rest_s[end] = rest_s
    _settle(sought, known, work, stage, end)


@njit(cache=True, nogil=True)
def _run(
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
        here, least_s = -1, np.inf
        for number in range(stations + 1):
            place = number if number < stations else stations + stage
            if not work.is_settled[place]:
                seconds = work.low_s[place] + sought.behind_s[stage, place]
                if seconds < least_s:
                    here, least_s = place, seconds
        if here < 0 or least_s > work.value[LIMIT] or work.count[DRIVEN] >= MOST_LEGS:
            work.value[FRONTIER] = least_s
            return DONE
        column = int(np.argmin(work.best_s[here, : work.count[SETTLED]]))
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


@dataclass(frozen=True, eq=False)
class Rests:
    """Least rests of the places of a trip, and the legs that were driven to know them.

    ``least_s``, shape (stages, places): minus infinite where nothing is known, that of a waypoint
    without its service. ``place`` are the numbers of these places.
    """

    place: Ints
    least_s: F64
    _leg: I32
    _figures: F64

    def legs_from(self, number: int) -> tuple[Ints, Row]:
        """Return the places to which legs from a place were driven, and these legs."""
        to = np.flatnonzero(self._leg[number] >= 0)
        time_s, net, required, cap = self._figures[self._leg[number, to]].T
        return self.place[to], Row(time_s, net, required, cap)


@dataclass(eq=False)
class LeastRests:
    """Works out least rests on the legs of one kind."""

    legs: CarLegs
    kind: int
    sought: Sought
    known: Potentials
    work: Work = field(init=False)

    def __post_init__(self) -> None:
        self.work = _empty(self.sought, self.legs.pages(self.kind, inward=False))

    def find(self, service_s: F64) -> Rests | None:
        """Work from the last stage back; None where no such legs lead to the end.

        ``service_s``, shape (waypoints,), is what one stays at each.
        """
        stages = service_s.size - 1
        places = self.sought.place.size
        least_s = np.full((stages, places), -np.inf)
        rest_s = 0.0
        for stage in range(stages - 1, -1, -1):
            _begin(self.sought, self.known, self.work, stage, rest_s)
            self._run(stage)
            least_s[stage] = self._least(stage)
            rest_s = float(least_s[stage, places - stages - 1 + stage])
            if not np.isfinite(rest_s):
                return None
            rest_s += float(service_s[stage])
        driven = int(self.work.count[DRIVEN])
        return Rests(self.sought.place, least_s, self.work.leg, self.work.figures[:driven])

    def _run(self, stage: int) -> None:
        memo, roads = self.legs.car.memo(self.kind), self._roads
        while _run(self.sought, self.known, self.work, roads, stage, *memo.table) == FULL:
            memo.grow()

    def _least(self, stage: int) -> F64:
        work, stations = self.work, self.sought.stop_s.size
        least_s = np.full(work.rest_s.size, -np.inf)
        here = np.append(np.arange(stations), stations + stage)
        least_s[here] = np.where(
            work.is_settled[here],
            work.rest_s[here],
            work.value[FRONTIER] - self.sought.behind_s[stage, here],
        )
        return least_s

    @property
    def _roads(self) -> Roads:
        legs, labels = self.legs, self.legs.car.labels[self.kind]
        seconds, kwh, _ = legs.approaches
        ranks = labels.maker.metric.hierarchy.rank[legs.places.depart[self.sought.place]]
        memo = legs.car.memo(self.kind)
        return Roads(
            labels.maker.parent,
            ranks.astype(np.int64),
            legs.pages(self.kind, inward=False),
            legs.pages(self.kind, inward=True),
            memo.arcs,
            memo.edges,
            memo.car,
            seconds,
            kwh,
        )


def _empty(sought: Sought, away: Pages) -> Work:
    places = sought.place.size
    sizes = (away.end - away.start)[sought.place]
    first = np.concatenate(([0], np.cumsum(sizes)))
    return Work(
        value=np.full(2, np.inf),
        count=np.zeros(2, np.int64),
        rest_s=np.empty(places),
        is_settled=np.empty(places, np.bool_),
        low_s=np.empty(places),
        best_s=np.empty((places, places)),
        order=np.empty(places, np.int64),
        is_exact=np.empty((places, places), np.bool_),
        leg=np.full((places, places), -1, np.int32),
        figures=np.empty((MOST_LEGS + AT_A_TIME, 4)),
        first=first,
        ahead=np.empty((int(first[-1]), WIDTH)),
        known=np.zeros(int(first[-1]), np.bool_),
    )
