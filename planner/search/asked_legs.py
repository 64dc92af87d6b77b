"""Legs between the places of a trip, as the exact core asks for them: bounds first, then driven."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.legs.rests import Rests
from planner.legs.rows import Row
from planner.search import core
from planner.search.problem import EPSILON_KWH, Problem

Ints = NDArray[np.intp]


@dataclass(eq=False)
class AskedLegs:
    """Rows of legs, made when a search first leaves a place, the same for all searches of a trip.

    Legs that were driven to know the ``rests`` of the trip are exact from the first.
    """

    problem: Problem
    rests: Rests | None
    _leads_to: dict[int, Ints] = field(default_factory=dict)
    """Of the places with a row, those that its legs lead to, for each kind in turn."""

    @cached_property
    def table(self) -> core.LegTable:
        """The table that brings the rows."""
        places = self.problem.stations + len(self.problem.vias)
        return core.LegTable.lazy(places, self._row, self._drive)

    def kind(self, place: int, leg: int) -> int:
        """Return the kind of one of the legs from a place, by its number in the table."""
        return (leg - int(self.table.arrays.first[place])) // self._leads_to[place].size

    def _row(self, place: int) -> core.LegRow:
        """Bounds of legs to candidates at other sites and to the waypoints after, of all kinds."""
        problem = self.problem
        targets = self._targets(place)
        time_s, net_kwh = problem.bounds.between(place, targets)
        net_kwh = np.maximum(net_kwh, problem.legs.lift_kwh(place, targets))
        least = np.maximum(net_kwh, 0.0)
        most = np.full(targets.size, problem.capacity_kwh)
        exact = self._put_driven(place, targets, Row(time_s, net_kwh, least, most))
        near = np.isfinite(time_s) & (net_kwh <= problem.capacity_kwh)
        self._leads_to[place] = targets[near]
        columns = (column[near] for column in (targets, time_s, net_kwh, least, most, exact))
        if problem.kinds == 1:
            return core.LegRow(*columns)
        return core.LegRow(*(np.tile(column, problem.kinds) for column in columns))

    def _put_driven(self, place: int, targets: Ints, row: Row) -> NDArray[np.bool_]:
        """Put what is known of driven legs in the place of bounds; mark these legs."""
        is_exact = np.zeros(targets.size, np.bool_)
        if self.rests is None or place not in self._number_of:
            return is_exact
        ends, driven = self.rests.legs_from(self._number_of[place])
        at = np.minimum(np.searchsorted(targets, ends), targets.size - 1)
        there = targets[at] == ends
        for mine in Row.__slots__:
            getattr(row, mine)[at[there]] = getattr(driven, mine)[there]
        is_exact[at[there]] = True
        return is_exact

    @cached_property
    def _number_of(self) -> dict[int, int]:
        """Number of each place among the rests."""
        assert self.rests is not None
        return {place: number for number, place in enumerate(self.rests.place.tolist())}

    def _drive(self, place: int, positions: NDArray[np.int64]) -> core.LegFigures:
        """Legs of all kinds to the places to which some legs of a row lead."""
        targets, capacity = self._leads_to[place], self.problem.capacity_kwh
        asked = positions if self.problem.kinds == 1 else np.unique(positions % targets.size)
        rows = self.problem.legs.to(place, targets[asked])
        time_s = np.stack([row.time_s for row in rows])
        for number, row in enumerate(rows):
            drives = (row.cap_kwh >= -EPSILON_KWH) & (row.required_kwh <= capacity + EPSILON_KWH)
            for other, other_s in zip(rows[:number], time_s, strict=False):
                drives &= ~(np.isfinite(other_s) & _is_worse(row, other))
            time_s[number, ~drives] = np.inf
        return core.LegFigures(
            position=(np.arange(len(rows))[:, None] * targets.size + asked).ravel(),
            time_s=time_s.ravel(),
            net_kwh=np.concatenate([row.net_kwh for row in rows]),
            required_kwh=np.concatenate([row.required_kwh for row in rows]),
            cap_kwh=np.concatenate([row.cap_kwh for row in rows]),
        )

    def _targets(self, place: int) -> Ints:
        problem = self.problem
        if place >= problem.stations:
            following = np.array([place + 1], np.intp)
            if place == problem.vias[0].place and problem.first_stop >= 0:
                return np.array([problem.first_stop], np.intp)
        else:
            following = np.array([via.place for via in problem.vias[1:]], np.intp)
        if place >= problem.stations + len(problem.vias) - 1:
            return np.empty(0, np.intp)
        usable = problem.candidate.copy()
        if place < problem.stations:
            usable[problem.sites.near(place)] = False
        return np.concatenate((np.flatnonzero(usable), following))


def _is_worse(row: Row, other: Row) -> NDArray[np.bool_]:
    """Mark the legs for which another leads to the same place no later with no less charge."""
    return np.asarray(
        (row.time_s >= other.time_s)
        & (row.net_kwh >= other.net_kwh)
        & (row.required_kwh >= other.required_kwh)
        & (row.cap_kwh <= other.cap_kwh)
    )
