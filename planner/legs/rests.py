"""What the places of a trip have before them at least, and the legs driven to know it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.legs.backward import (
    AT_A_TIME,
    DRIVEN,
    FRONTIER,
    FULL,
    MOST_LEGS,
    Roads,
    Sought,
    Work,
    begin,
    run,
)
from planner.legs.car import CarLegs
from planner.legs.exact import WIDTH
from planner.legs.meeting import Pages
from planner.legs.potentials import Potentials
from planner.legs.rows import Row

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Ints = NDArray[np.intp]

STOPS = 20
"""Stops of the rest of a trip for which energies that are rounded are allowed for."""


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
        level = self.legs.car.labels[self.kind].maker.arcs.level[self._ranks]
        self.work = _empty(self.sought, self.legs.pages(self.kind, inward=False), level)

    def find(self, service_s: F64) -> Rests | None:
        """Work from the last stage back; None where no such legs lead to the end.

        ``service_s``, shape (waypoints,), is what one stays at each.
        """
        stages = service_s.size - 1
        places = self.sought.place.size
        least_s = np.full((stages, places), -np.inf)
        rest_s = 0.0
        for stage in range(stages - 1, -1, -1):
            begin(self.sought, self.known, self.work, stage, rest_s)
            self._run(stage)
            least_s[stage] = self._least_s(stage)
            rest_s = float(least_s[stage, places - stages - 1 + stage])
            if not np.isfinite(rest_s):
                return None
            rest_s += float(service_s[stage])
        driven = int(self.work.tally[DRIVEN])
        return Rests(self.sought.place, least_s, self.work.leg, self.work.figures[:driven])

    def _run(self, stage: int) -> None:
        memo, roads = self.legs.car.memo(self.kind), self._roads
        while run(self.sought, self.known, self.work, roads, stage, *memo.table) == FULL:
            memo.grow()

    def _least_s(self, stage: int) -> F64:
        work, stations = self.work, self.sought.stop_s.size
        rounded_s = STOPS * self.sought.price_s_per_kwh * self.known.allowance_kwh
        least_s = np.full(work.rest_s.size, -np.inf)
        here = np.append(np.arange(stations), stations + stage)
        with np.errstate(invalid="ignore"):  # nothing is left, and no road from the beginning
            beyond_s = work.value[FRONTIER] - self.sought.behind_s[stage, here]
        least_s[here] = np.where(work.is_settled[here], work.rest_s[here], beyond_s)
        return least_s - rounded_s

    @property
    def _ranks(self) -> I64:
        metric = self.legs.car.labels[self.kind].maker.metric
        nodes = self.legs.places.depart[self.sought.place]
        return metric.hierarchy.rank[nodes].astype(np.int64)

    @property
    def _roads(self) -> Roads:
        legs, labels = self.legs, self.legs.car.labels[self.kind]
        seconds, kwh, _ = legs.approaches
        memo = legs.car.memo(self.kind)
        return Roads(
            labels.maker.parent,
            self._ranks,
            legs.pages(self.kind, inward=False),
            legs.pages(self.kind, inward=True),
            memo.arcs,
            memo.edges,
            memo.car,
            seconds,
            kwh,
        )


def _empty(sought: Sought, away: Pages, level: NDArray[np.uint16]) -> Work:
    places = sought.place.size
    root = np.concatenate(([0], np.cumsum(level.astype(np.int64) + 1)))
    sizes = (away.end - away.start)[sought.place]
    first = np.concatenate(([0], np.cumsum(sizes)))
    return Work(
        value=np.full(2, np.inf),
        tally=np.zeros(2, np.int64),
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
        root=root,
        chain=np.empty((3, int(root[-1])), np.int32),
        is_spread=np.zeros(places, np.bool_),
        bound_s=np.empty(places),
    )
