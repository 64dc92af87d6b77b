"""The proof of a trip: for every stop a fallback, and from it a search to the end.

A stop may fail at any moment from arrival to departure. The proof starts from the earliest moment
with the least charge, and asks of every place on the way that it be open for as long as the delay
of the latest moment (the *slack*): a car that fails later has more charge, follows the same stops,
leaves each with the same charge no later than the slack allows, and waits where it is early.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from planner.search import core
from planner.search.floors import Floors, Refuges, Shut
from planner.search.posing import Ground, Posed, Terms
from planner.search.problem import (
    EPSILON_KWH,
    STOP_OVERHEAD_S,
    TRY_S,
    Arrival,
    Call,
    Problem,
    Trace,
)
from planner.search.ways import Stop, Way, arrive, drive_first, hop_to

SAME_OPERATOR_S = 1800.0
"""What it is worth that a fallback belongs to another operator than the stop, whose failure may
have closed both: half an hour."""

MOST_SETTLED = 20_000
"""Labels settled after which a search is given up, which is then said."""

MOST_SETTLED_IN_PROOFS = 2_000
"""The same for the way on from a fallback: there are others to try."""

MOST_SETTLED_IN_ALL = 20_000
"""Labels of all searches of a trip, those of its proofs among them, after which it is given up."""

REFUSED_S = 60.0
"""How long before and after a moment that turned out not to hold nobody may arrive."""


Pair = tuple[int, int, Shut, int, int]
"""(stage, place, failed stations, order, fallback)."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A fallback asked for: from when until when the stop may fail, and the charge brought there.

    A fallback that holds for a time and a charge holds for each part of the time, and for more
    charge: the same way is driven.
    """

    since: float
    until: float
    charge: float

    def asks_more_than(self, other: "_Attempt") -> bool:
        """Whether this holds only if the other does."""
        return (
            self.since <= other.since
            and self.until >= other.until
            and self.charge <= other.charge + EPSILON_KWH
        )


class _GivenUp(Exception):  # noqa: N818 -- ends one search, never leaves this file
    """All searches together came to their limit."""


@dataclass(frozen=True, eq=False)
class Proven:
    """A way whose stops all have a fallback that holds; it costs at most ``gap`` too much.

    That is a share of its cost, against the best on the same legs and stations.
    """

    way: Way
    gap: float
    cost: float


@dataclass(eq=False)
class Prover:
    """Finds ways that survive failures; floors and legs are shared by all its searches."""

    problem: Problem
    floors: Floors
    ground: Ground
    most_settled: int = MOST_SETTLED
    stretch: float = 1.0
    most_in_all: int = MOST_SETTLED_IN_ALL
    _settled: int = 0
    _cut_short: bool = False
    """Whether a proof came to its limit: what did not hold might have."""
    _proven: dict[tuple[object, ...], tuple[Way, float] | None] = field(default_factory=dict)
    _failed: dict[Pair, list["_Attempt"]] = field(default_factory=dict)
    _onward: dict[tuple[int, int, Shut], bool] = field(default_factory=dict)

    def find(
        self, terms: Terms, order: int, trace: Trace, *, most_cost: float = np.inf
    ) -> Proven | None:
        """Search; a trip that stands is proven, and goes on being searched until one is.

        Only a trip that costs less than ``most_cost`` is looked for.
        """
        round_ = _Round(self, self.ground.pose(terms), order)
        try:
            outcome = core.solve(
                round_.posed.stated,
                admit=round_.admit if order > 0 else None,
                confirm=round_.confirm,
                most_cost=most_cost,
                most_settled=MOST_SETTLED_IN_PROOFS if terms.spare else self.most_settled,
                stretch=self.stretch,
            )
        except _GivenUp:
            trace.exhausted = False
            return None
        self._settled += outcome.effort.settled
        trace.settled += outcome.effort.settled
        trace.exhausted &= outcome.is_complete and not self._cut_short
        if outcome.plan is not None:
            return Proven(round_.way, outcome.gap, outcome.plan.cost)
        begun = terms.root.time
        trace.reached = tuple(
            Arrival(met.stage, met.place, begun + met.arrival_s, met.arrival_kwh)
            for met in outcome.reached
        )
        return None

    def fallback(self, call: Call, terms: Terms, order: int) -> tuple[Way, float] | None:
        """Find the best fallback that holds, and the charge on arrival that it takes."""
        until = call.departure + terms.slack_s
        key = (call.stage, call.place, call.time, until, call.charge, terms.shut, order)
        if key not in self._proven:
            self._proven[key] = self._prove(call, terms, order, until)
        return self._proven[key]

    def _prove(
        self, call: Call, terms: Terms, order: int, until: float
    ) -> tuple[Way, float] | None:
        failed = terms.shut | {call.place}
        for refuge in self._wished(call, terms.shut, order):
            if self._settled > self.most_in_all:
                raise _GivenUp
            charge = min(call.charge - refuge.net_kwh, refuge.cap_kwh)
            pair = (call.stage, call.place, terms.shut, order, refuge.place)
            attempt = _Attempt(call.time, until, charge)
            there = self.floors.floor(call.stage, refuge.place, failed, order - 1)
            if charge < max(there, 0.0) - EPSILON_KWH or self._has_failed(pair, attempt):
                continue
            left_at = call.time + TRY_S
            root = Arrival(call.stage, refuge.place, left_at + refuge.drive_s, max(charge, 0.0))
            onward = Terms(
                root, failed, until - call.time, self.problem.keep_windows_in_fallbacks, spare=True
            )
            proven = self.find(onward, order - 1, proof := Trace())
            self._cut_short |= not proof.exhausted
            if proven is not None:
                way = proven.way
                first = drive_first(way.hops[0], call, refuge, left_at)
                beyond = first.stop.floor_kwh if first.stop is not None else 0.0
                needs = max(refuge.needs_kwh, refuge.net_kwh + beyond)
                return Way((first, *way.hops[1:]), onward.slack_s), needs
            if not self._leads_on(onward):
                self.floors.ban(*pair)
            self._failed.setdefault(pair, []).append(attempt)
        return None

    def _has_failed(self, pair: Pair, attempt: "_Attempt") -> bool:
        """Say whether a fallback did not hold that was asked no more of."""
        return any(attempt.asks_more_than(other) for other in self._failed.get(pair, ()))

    def _leads_on(self, terms: Terms) -> bool:
        """Say whether there might be a way from a fallback at some hour, with a full battery."""
        key = (terms.root.stage, terms.root.place, terms.shut)
        if key not in self._onward:
            full = replace(terms.root, charge=self.problem.capacity_kwh)
            asked = replace(terms, root=full, slack_s=0.0, windows=False, any_hour=True)
            outcome = core.solve(
                self.ground.pose(asked).stated, most_settled=MOST_SETTLED_IN_PROOFS, stretch=2.0
            )
            self._settled += outcome.effort.settled
            self._onward[key] = outcome.plan is not None or not outcome.is_complete
        return self._onward[key]

    def next_kwh(self, call: Call, shut: Shut, order: int) -> float:
        """Least charge on arrival with which a stop has a fallback more to choose from."""
        more = (
            refuge.needs_kwh
            for refuge in self.floors.refuges(call.stage, call.place, shut)
            if refuge.needs_kwh > call.charge + EPSILON_KWH
            and not self.floors.is_banned(call.stage, call.place, shut, order, refuge.place)
        )
        return next(more, np.inf)

    def _wished(self, call: Call, shut: Shut, order: int) -> Refuges:
        """Fallbacks within the charge at hand, by when one might be at the end by them.

        That the operator is the same one counts as `SAME_OPERATOR_S` of delay.
        """
        problem, bounds = self.problem, self.problem.bounds
        near = self.floors.refuges(call.stage, call.place, shut).around
        within = near.needs_kwh <= call.charge + EPSILON_KWH
        for banned in self.floors.banned_at(call.stage, call.place, shut, order):
            within &= near.place != banned
        found = near.part(within)
        place = found.place
        short = bounds.energy_kwh[call.stage, place] + problem.end_kwh
        short -= call.charge - found.needs_kwh
        charging_s = np.maximum(short, 0.0) / problem.power_kw[place] * 3600.0
        own = problem.operator[call.place]
        same = np.array([problem.operator[other] == own for other in place.tolist()], np.bool_)
        same_s = np.where(same, SAME_OPERATOR_S, 0.0)
        delay_s = found.drive_s + bounds.time_s[call.stage, place] + charging_s + same_s
        return Refuges(found.part(np.lexsort((place, delay_s))))


@dataclass(eq=False)
class _Round:
    """One search: what the core asks of it, and the way that it proved."""

    prover: Prover
    posed: Posed
    order: int
    way: Way = field(init=False)
    rounds: Counter[tuple[int, int]] = field(default_factory=Counter)
    """How often each place was refused."""

    def admit(self, arrival: core.Arrival) -> core.Admission:
        """Tell with which charge one may come to a station, by the floors known by now."""
        return core.Admission(self._floor(arrival.stage, arrival.place))

    def confirm(self, plan: core.Plan) -> Iterator[core.Ruling]:
        """Prove each stop of a trip that stands; forbid the one for which that fails."""
        terms, problem = self.posed.terms, self.prover.problem
        if self.rounds.total() > (MOST_REFUSED_IN_PROOFS if terms.spare else MOST_REFUSED):
            raise _GivenUp
        calls = self.posed.read(plan)
        hops = []
        for number, call in enumerate(calls):
            stop = None
            if call.evse is not None:
                found = self._stop(call)
                if isinstance(found, core.Ruling):
                    return iter((found,))
                stop = found
            if number > 0:
                hops.append(hop_to(calls[number - 1], call, stop))
            elif call.place < problem.stations:
                hops.append(arrive(call, stop))
        self.way = Way(tuple(hops), terms.slack_s)
        return iter(())

    def _stop(self, call: Call) -> Stop | core.Ruling:
        """Give a stop its fallback; a ruling where it has none."""
        prover, terms = self.prover, self.posed.terms
        assert call.evse is not None
        doors, until = prover.problem.doors, call.departure + terms.slack_s
        begun = terms.root.time
        if not doors.allows(call.evse, call.time, until, spare=terms.spare):
            refused = core.Admission(
                np.inf, call.time - begun - REFUSED_S, call.time - begun + REFUSED_S
            )
            return core.Ruling(call.stage, call.place, refused)
        stop = Stop(
            place=call.place,
            stage=call.stage,
            evse=call.evse,
            arrival=call.time,
            charge=call.charge,
            departure=call.departure,
            left_kwh=call.left_kwh,
            floor_kwh=0.0,
            fallbacks=(),
            waiting_s=call.waiting_s,
        )
        if self.order == 0:
            return stop
        found = prover.fallback(call, terms, self.order)
        if found is None:
            return core.Ruling(call.stage, call.place, self._refuse(call))
        way, floor_kwh = found
        return replace(stop, floor_kwh=floor_kwh, fallbacks=(way,))

    def _refuse(self, call: Call) -> core.Admission:
        """Forbid what cannot be proven: the stay, shorter ones if need be, and any that holds it.

        A fallback that does not hold for a stay holds for no stay that begins earlier and ends
        later. Arrivals a little later are forbidden with it: they seldom fare better, and would
        all be tried. The more often a place has been refused, the longer that is.
        """
        floor = self._floor(call.stage, call.place)
        if floor > call.charge + ABOVE_KWH:
            return core.Admission(floor)
        self.rounds[call.stage, call.place] += 1
        later_s = SOON_S * 2.0 ** min(self.rounds[call.stage, call.place] - 1, 10)
        begun = self.posed.terms.root.time
        leave_by = self._longest(call)
        return core.Admission(
            self._fuller(call, max(leave_by, call.time + STOP_OVERHEAD_S)),
            until_s=call.time - begun + later_s,
            leave_by_s=leave_by - begun,
        )

    def _fuller(self, call: Call, departure: float) -> float:
        """Return the charge on arrival from which a stop that does not hold might do so."""
        prover, capacity = self.prover, self.prover.problem.capacity_kwh
        more = prover.next_kwh(call, self.posed.terms.shut, self.order)
        full = replace(call, charge=min(more, capacity))
        if self._holds(full, min(departure + CLOSE_S, call.departure)):
            return min(more, call.charge + FULLER * capacity)
        return more

    def _longest(self, call: Call) -> float:
        """Return the latest departure of a stop, nearly, up to which its fallback holds."""
        shortest, longest = call.time + STOP_OVERHEAD_S, call.departure
        if longest - shortest < CLOSE_S or not self._holds(call, shortest):
            return min(shortest, longest) - 1.0
        while longest - shortest > max(CLOSE_S, NEARLY * (call.departure - call.time)):
            middle = (shortest + longest) / 2.0
            if self._holds(call, middle):
                shortest = middle
            else:
                longest = middle
        return shortest

    def _holds(self, call: Call, departure: float) -> bool:
        shorter = replace(call, departure=departure)
        return self.prover.fallback(shorter, self.posed.terms, self.order) is not None

    def _floor(self, stage: int, place: int) -> float:
        return self.prover.floors.floor(stage, place, self.posed.terms.shut, self.order)


SOON_S = 300.0
"""How much later than a refused arrival others are refused with it, the first time."""

CLOSE_S = 120.0
NEARLY = 0.1
"""How near, in seconds and as a share of the stay, the longest stay that holds is looked for."""

FULLER = 0.03
"""How much more charge is tried with, as a share of the battery, where more would help."""

MOST_REFUSED = 40
MOST_REFUSED_IN_PROOFS = 15
"""Stops of one search that are refused before it is given up."""

ABOVE_KWH = 10.0 * EPSILON_KWH
"""By how much a charge is raised at least that turned out to be too little."""
