"""One run of the kernel: arrays from a problem, answers to what it asks, the steps of a trip."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.errors import InputError
from planner.search.core.bounds import prices, sweep
from planner.search.core.heap import push
from planner.search.core.hooks import Admit, Arrival, Ruling, put
from planner.search.core.kernel import run
from planner.search.core.plans import Step, trace
from planner.search.core.posts import AskedOffers, TablePosts
from planner.search.core.problem import Problem
from planner.search.core.state import (
    ADMIT,
    ASKED,
    ASKED_KWH,
    ASKED_S,
    BEST,
    COST,
    CUT,
    EXACT,
    HEAP,
    LABELS,
    LIMIT,
    OFFERS,
    POPPED,
    ROOM,
    ROOT,
    ROW,
    SETTLED,
    Frame,
    Posts,
    State,
    grow,
    make_state,
    write_admission,
)
from planner.search.core.unfolding import sort_anew

F64 = NDArray[np.float64]

SLACK_KWH = 1e-9
SLACK_S = 1e-7
"""Charges and times nearer than this count as equal: rounding, not choice."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What searches took: labels settled, taken from the heap, made; runs of the kernel."""

    settled: int = 0
    taken: int = 0
    made: int = 0
    runs: int = 0

    def __add__(self, other: "Effort") -> "Effort":
        """Sum of two."""
        return Effort(
            self.settled + other.settled,
            self.taken + other.taken,
            self.made + other.made,
            self.runs + other.runs,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """Steps of the best trip (None: none below ``most_cost``) and its cost.

    ``bound`` is the least that any trip costs; less than ``cost`` only where the run was cut short
    or its bounds were stretched. ``reached`` are the places it got to, where it found no trip.
    """

    steps: tuple[Step, ...] | None
    cost: float
    bound: float
    effort: Effort
    is_complete: bool
    reached: tuple[Arrival, ...] = ()


@dataclass(eq=False)
class Asker:
    """The caller's answers; those given stay for all runs of a search."""

    asks: bool
    admit: Admit | None
    rulings: list[Ruling] = field(default_factory=list)


def search(
    problem: Problem,
    asker: Asker,
    *,
    split: bool = False,
    most_cost: float = np.inf,
    most_settled: int | None = None,
    stretch: float = 1.0,
) -> Found:
    """Run once; ``split`` where both money and hours count (see `planner.search.core.solve`).

    With ``stretch`` w the bound h of the rest counts w-fold (weighted A*). The label of the best
    trip that is still open, with cost g so far and r to come, then has a key of at most ``g + w * h
    <= g + w * r <= w * (g + r)``; a trip is answered only when no key undercuts it, so it costs at
    most w times the least.
    """
    frame = _frame(problem, asker, split=split, stretch=stretch)
    posts = _posts(problem)
    state = make_state(len(problem.waypoints), problem.legs.places, frame.price.size)
    state.value[COST] = most_cost
    if most_settled is not None:
        state.tally[LIMIT] = most_settled
    if asker.asks:
        for ruling in asker.rulings:
            state = _write(state, problem, ruling)
    _plant(problem, frame, state)
    status = run(problem.legs.arrays, posts, frame, state)
    while status not in (0, CUT):
        if status == OFFERS:
            posts = _fetch(problem, int(state.place[state.tally[ASKED]]))
        elif status == EXACT:
            _correct(problem, frame, state, ~int(state.tally[ASKED]))
        else:
            state = _answer(status, problem, asker, state)
        status = run(problem.legs.arrays, posts, frame, state)
    return _found(problem, state, stretch, is_complete=status != CUT)


def _answer(status: int, problem: Problem, asker: Asker, state: State) -> State:
    """Give the kernel what it asked for."""
    label = int(state.tally[ASKED])
    if status == ROOM:
        return grow(state)
    if status == ROW:
        problem.legs.fetch(int(state.place[label]))
    else:
        assert status == ADMIT
        arrival = Arrival(
            int(state.stage[label]),
            int(state.place[label]),
            float(state.value[ASKED_S]),
            float(state.value[ASKED_KWH]),
        )
        ruling = put(asker.admit, arrival)
        asker.rulings.append(ruling)
        return _write(state, problem, ruling)
    return state


def _correct(problem: Problem, frame: Frame, state: State, ramp: int) -> None:
    """Put legs right that are only bounded: the next one of a ramp, and those behind it."""
    label = int(state.ramp_label[ramp])
    place = int(state.place[label])
    chain = int(state.stage[label]) * problem.legs.places + place
    left = state.way[int(state.ramp_next[ramp]) : int(state.way_last[chain])]
    problem.legs.correct(place, left[~problem.legs.arrays.exact[left]])
    sort_anew(problem.legs.arrays, frame, state, ramp)


def _write(state: State, problem: Problem, ruling: Ruling) -> State:
    chain = ruling.stage * problem.legs.places + ruling.place
    admission = ruling.admission
    return write_admission(
        state,
        chain,
        admission.since_s,
        admission.until_s,
        admission.floor_kwh,
        admission.leave_by_s,
    )


def _plant(problem: Problem, frame: Frame, state: State) -> None:
    """Put the first label into the heap, unless the start is below its floor."""
    start, stations = problem.start, problem.offers.stations
    place = stations + start.stage if start.place is None else start.place
    floor = frame.floor[start.stage, place] if place < stations else frame.reserve_kwh
    if start.charge_kwh < max(floor, frame.reserve_kwh) - SLACK_KWH:
        return
    state.stage[0], state.place[0] = start.stage, place
    state.ramp[0] = state.leg[0] = ROOT
    state.low[0] = state.high[0] = start.charge_kwh
    state.latest[0], state.leave_by[0] = -np.inf, np.inf
    state.tally[LABELS] = 1
    key = float((frame.ahead[:, start.stage, place] - frame.price * start.charge_kwh).max())
    if np.isfinite(key):
        state.tally[HEAP] = push(state.heap_key, state.heap_entry, 0, key, 0)


def _found(problem: Problem, state: State, stretch: float, *, is_complete: bool) -> Found:
    tally = state.tally
    effort = Effort(int(tally[SETTLED]), int(tally[POPPED]), int(tally[LABELS]), 1)
    has_trip = tally[BEST] >= 0
    cost = float(state.value[COST]) if has_trip else np.inf
    bound = cost if is_complete else min(cost, float(state.heap_key[0]))
    steps = trace(problem, state) if has_trip else None
    if is_complete and not has_trip:
        bound = float(state.value[COST])
    reached = () if has_trip else _reached(problem, state)
    return Found(steps, cost, bound / stretch, effort, is_complete, reached)


def _reached(problem: Problem, state: State) -> tuple[Arrival, ...]:
    """List each stage and place that was settled, with the greatest charge on arrival."""
    fullest: dict[int, Arrival] = {}
    for chain in np.flatnonzero(state.settled >= 0).tolist():
        stage, place = divmod(chain, problem.legs.places)
        label = int(state.settled[chain])
        while label >= 0:
            last = int(state.end[label]) - 1
            arrival = Arrival(stage, place, float(state.t[last]), float(state.q[last]))
            if chain not in fullest or arrival.arrival_kwh > fullest[chain].arrival_kwh:
                fullest[chain] = arrival
            label = int(state.next[label])
    return tuple(fullest.values())


def _frame(problem: Problem, asker: Asker, *, split: bool, stretch: float) -> Frame:
    stages, places = len(problem.waypoints), problem.legs.places
    stations = problem.offers.stations
    floor = np.full((stages, places), problem.reserve_kwh)
    if problem.floor_kwh is not None:
        np.maximum(floor, problem.floor_kwh, out=floor)
    floor[stages - 2, stations + stages - 1] = max(
        floor[stages - 2, stations + stages - 1], problem.end_kwh
    )
    price, least = (stretch * bounds for bounds in _ahead(problem))
    rows = [(w.opens_s, w.closes_s, w.service_s) for w in problem.waypoints]
    opens, closes, service_s = np.array(rows, np.float64).T.copy()
    end_kwh = floor[stages - 2, stations + stages - 1]
    return Frame(
        stations=stations,
        floor=floor,
        opens=opens,
        closes=closes,
        service_s=service_s,
        price=price,
        ahead=least + (price * end_kwh)[:, None, None],
        reserve_kwh=float(problem.reserve_kwh),
        weight=float(problem.time_weight),
        slack_kwh=SLACK_KWH,
        slack_cost=SLACK_S,
        patience=np.inf if problem.lingers else -np.inf,
        split=split,
        lingers=problem.offers.must_linger,
        asks=asker.asks and (asker.admit is not None or bool(asker.rulings)),
        admits=asker.asks and asker.admit is not None,
        begins_s=float(problem.begins_s),
        slack_s=float(problem.slack_s),
    )


def _ahead(problem: Problem) -> tuple[F64, F64]:
    """Bounds of the rest as the caller gives them, or from the legs."""
    if problem.ahead is not None:
        price = np.array(problem.ahead.price, np.float64)
        least = np.array(problem.ahead.least, np.float64)
        shape = (price.size, len(problem.waypoints), problem.legs.places)
        if least.shape != shape or price.size == 0 or price[0] != 0.0:
            raise InputError(
                f"the bounds ahead have the shape {least.shape}, their prices are {price}",
                remedy=f"Give prices of which the first is 0, and bounds of the shape {shape}",
            )
        return price, least
    if not problem.legs.is_complete or isinstance(problem.offers, AskedOffers):
        raise InputError(
            "legs or offers come one by one, and nothing bounds the rest of the trip",
            remedy="Give Problem.ahead, or all legs at once",
        )
    price = prices(problem)
    return price, sweep(problem, price)


def _posts(problem: Problem) -> Posts:
    """Return the offers that are known when a run begins."""
    offers = problem.offers
    if isinstance(offers, AskedOffers):
        return offers.posts()
    return TablePosts(offers).posts(problem.time_weight)


def _fetch(problem: Problem, station: int) -> Posts:
    assert isinstance(problem.offers, AskedOffers)
    return problem.offers.fetch(station, problem.time_weight)
