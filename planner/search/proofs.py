"""The proof of a trip: for every stop a fallback, and from it a search to the end.

A stop may fail at any moment from arrival to departure. The proof starts from the earliest moment
with the least charge, and asks of every place on the way that it be open for as long as the delay
of the latest moment (the *slack*): a car that fails later has more charge, follows the same stops,
leaves each with the same charge no later than the slack allows, and waits where it is early.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from planner.search import core
from planner.search.floors import Floors, Refuge, Shut
from planner.search.posing import Ground, Posed, Terms
from planner.search.problem import EPSILON_KWH, TRY_S, Arrival, Call, Problem, Trace

SAME_OPERATOR_S = 1800.0
"""What it is worth that a fallback belongs to another operator than the stop, whose failure may
have closed both: half an hour."""

MOST_SETTLED = 20_000
"""Labels settled after which a search is given up, which is then said."""

MOST_SETTLED_IN_PROOFS = 2_000
"""The same for the way on from a fallback: there are others to try."""

MOST_SETTLED_IN_ALL = 60_000
"""Labels of all searches of a trip, those of its proofs among them, after which it is given up."""

REFUSED_S = 60.0
"""How long before and after a moment that turned out not to hold nobody may arrive."""


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One leg of a trip, and the stop at its end (None at a waypoint that is not charged at)."""

    start: int
    end: int
    kind: int
    stage: int
    left_at: float
    left_kwh: float
    arrival: float
    charge: float
    stop: "Stop | None"


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """A stop of a trip with its proven fallbacks."""

    place: int
    stage: int
    evse: int
    arrival: float
    charge: float
    departure: float
    left_kwh: float
    floor_kwh: float
    fallbacks: "tuple[Way, ...]"
    waiting_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A way to the end: hops in order; ``slack_s`` is how much later each arrival may come."""

    hops: tuple[Hop, ...]
    slack_s: float

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The stops in order."""
        return tuple(hop.stop for hop in self.hops if hop.stop is not None)


class _GivenUp(Exception):  # noqa: N818 -- ends one search, never leaves this file
    """All searches together came to their limit."""


@dataclass(frozen=True, eq=False)
class Proven:
    """A way whose stops all have a fallback that holds; it costs at most ``gap`` too much.

    That is a share of its cost, against the best on the same legs and stations.
    """

    way: Way
    gap: float


@dataclass(eq=False)
class Prover:
    """Finds ways that survive failures; floors and legs are shared by all its searches."""

    problem: Problem
    floors: Floors
    ground: Ground
    most_settled: int = MOST_SETTLED
    stretch: float = 1.0
    _settled: int = 0
    _cut_short: bool = False
    """Whether a proof came to its limit: what it banned might have held."""

    def find(self, terms: Terms, order: int, trace: Trace) -> Proven | None:
        """Search; a trip that stands is proven, and goes on being searched until one is."""
        round_ = _Round(self, self.ground.pose(terms), order)
        try:
            outcome = core.solve(
                round_.posed.stated,
                admit=round_.admit if order > 0 else None,
                confirm=round_.confirm,
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
            return Proven(round_.way, outcome.gap)
        begun = terms.root.time
        trace.reached = tuple(
            Arrival(met.stage, met.place, begun + met.arrival_s, met.arrival_kwh)
            for met in outcome.reached
        )
        trace.window_missed |= terms.windows and any(
            via.arrive_before is not None for via in self.problem.vias
        )
        return None

    def fallback(self, call: Call, terms: Terms, order: int) -> tuple[Way, float] | None:
        """Find the best fallback that holds, and the charge on arrival that it takes."""
        failed = terms.shut | {call.place}
        slack_s = terms.slack_s + call.departure - call.time
        for refuge in self._wished(call, terms.shut, order):
            if self._settled > MOST_SETTLED_IN_ALL:
                raise _GivenUp
            row = self.problem.legs.row(call.place, refuge.kind)
            charge = min(
                call.charge - float(row.net_kwh[refuge.place]), float(row.cap_kwh[refuge.place])
            )
            there = self.floors.floor(call.stage, refuge.place, failed, order - 1)
            if charge < max(there, 0.0) - EPSILON_KWH:
                self.floors.ban(call.stage, call.place, terms.shut, order, refuge.place)
                continue
            left_at = call.time + TRY_S
            root = Arrival(call.stage, refuge.place, left_at + refuge.drive_s, max(charge, 0.0))
            onward = Terms(
                root, failed, slack_s, self.problem.keep_windows_in_fallbacks, spare=True
            )
            proven = self.find(onward, order - 1, proof := Trace())
            self._cut_short |= not proof.exhausted
            if proven is not None:
                way = proven.way
                first = _driven(way.hops[0], call, refuge, left_at)
                beyond = first.stop.floor_kwh if first.stop is not None else 0.0
                needs = max(refuge.needs_kwh, float(row.net_kwh[refuge.place]) + beyond)
                return Way((first, *way.hops[1:]), slack_s), needs
            self.floors.ban(call.stage, call.place, terms.shut, order, refuge.place)
        return None

    def _wished(self, call: Call, shut: Shut, order: int) -> list[Refuge]:
        """Fallbacks within the charge at hand, by when one might be at the end by them.

        That the operator is the same one counts as `SAME_OPERATOR_S` of delay.
        """
        problem = self.problem
        within = [
            refuge
            for refuge in self.floors.refuges(call.stage, call.place, shut)
            if refuge.needs_kwh <= call.charge + EPSILON_KWH
            and not self.floors.is_banned(call.stage, call.place, shut, order, refuge.place)
        ]
        own = problem.operator[call.place]
        bounds = problem.bounds

        def delay_s(refuge: Refuge) -> float:
            place = refuge.place
            short = float(bounds.energy_kwh[call.stage, place]) + problem.end_kwh
            short -= call.charge - refuge.needs_kwh
            charging_s = max(short, 0.0) / float(problem.power_kw[place]) * 3600.0
            same_s = SAME_OPERATOR_S if problem.operator[place] == own else 0.0
            return refuge.drive_s + float(bounds.time_s[call.stage, place]) + charging_s + same_s

        return sorted(within, key=lambda refuge: (delay_s(refuge), refuge.place))


@dataclass(eq=False)
class _Round:
    """One search: what the core asks of it, and the way that it proved."""

    prover: Prover
    posed: Posed
    order: int
    way: Way = field(init=False)

    def admit(self, arrival: core.Arrival) -> core.Admission:
        """Tell with which charge one may come to a station, by the floors known by now."""
        return core.Admission(self._floor(arrival.stage, arrival.place))

    def confirm(self, plan: core.Plan) -> Iterator[core.Ruling]:
        """Prove each stop of a trip that stands; forbid the one for which that fails."""
        terms, problem = self.posed.terms, self.prover.problem
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
                hops.append(_hop(calls[number - 1], call, stop))
            elif call.place < problem.stations:
                hops.append(_arrived(call, stop))
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
            floor = max(self._floor(call.stage, call.place), call.charge + ABOVE_KWH)
            return core.Ruling(call.stage, call.place, core.Admission(floor))
        way, floor_kwh = found
        return replace(stop, floor_kwh=floor_kwh, fallbacks=(way,))

    def _floor(self, stage: int, place: int) -> float:
        return self.prover.floors.floor(stage, place, self.posed.terms.shut, self.order)


ABOVE_KWH = 10.0 * EPSILON_KWH
"""By how much a charge is raised at least that turned out to be too little."""


def _hop(before: Call, call: Call, stop: Stop | None) -> Hop:
    return Hop(
        start=before.place,
        end=call.place,
        kind=call.kind,
        stage=call.stage,
        left_at=before.departure,
        left_kwh=before.left_kwh,
        arrival=call.time,
        charge=call.charge,
        stop=stop,
    )


def _arrived(call: Call, stop: Stop | None) -> Hop:
    """Stand in for the drive to a fallback until it is known where it starts."""
    return Hop(
        start=call.place,
        end=call.place,
        kind=0,
        stage=call.stage,
        left_at=call.time,
        left_kwh=call.charge,
        arrival=call.time,
        charge=call.charge,
        stop=stop,
    )


def _driven(first: Hop, failed: Call, refuge: Refuge, left_at: float) -> Hop:
    return Hop(
        start=failed.place,
        end=first.end,
        kind=refuge.kind,
        stage=first.stage,
        left_at=left_at,
        left_kwh=failed.charge,
        arrival=first.arrival,
        charge=first.charge,
        stop=first.stop,
    )
