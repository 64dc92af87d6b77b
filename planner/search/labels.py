"""Label-setting over (place, time, charge): the one loop that finds a trip.

A label is an arrival at a place. Taken from the heap in the order of the least that the whole trip
could still cost, it is expanded to all places that one can drive to from there, with the departure
charge just enough for the drive (and for the fallback floor at its end), just enough to go on from
the waypoint at its end, or at a kink of the charging curve. The successors of one label stay
together in a sorted batch of which only the best stands in the heap, so that successors that are
never looked at cost nothing.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from planner.search.problem import (
    EPSILON_KWH,
    LEAST_CHARGE_KWH,
    STOP_OVERHEAD_S,
    Offer,
    Problem,
)

F64 = NDArray[np.float64]

MOST_PASSING = 40
"""Charges with which a waypoint is passed that are tried, of those just enough for a place after;
they are spread evenly over all where there are more."""

NEARLY = 0.02
"""The bound of the rest is stretched by this share: the trip found costs at most that much more
than the best one on the same legs and stations, and is found much sooner (weighted A*)."""


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """An arrival; ``parent`` was left at ``left_at`` with ``left_kwh`` by a leg of ``kind``.

    ``stage`` counts the waypoints reached. ``offer`` is the EVSE used at the parent, None where
    nothing was charged. ``money`` is what the stops so far cost by the search's estimate.
    """

    stage: int
    place: int
    time: float
    charge: float
    money: float = 0.0
    parent: "Label | None" = None
    left_at: float = 0.0
    left_kwh: float = 0.0
    kind: int = 0
    offer: Offer | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Successors of one label in the order of their bounds."""

    label: Label
    offer: Offer | None
    kind: int
    bound: F64
    place: NDArray[np.intp]
    left_kwh: F64
    left_at: F64
    time: F64
    charge: F64
    money: F64


@dataclass(eq=False)
class Trace:
    """What a search saw, for those who ask why there is no trip."""

    labels: int = 0
    reached: list[Label] = field(default_factory=list)
    window_missed: bool = False
    exhausted: bool = True


Floor = Callable[[int, int], float]
"""(stage, place) → the least charge with which one may arrive there; infinite: never."""


@dataclass(eq=False)
class Search:
    """One run over a problem.

    ``shut`` holds stations whose sites are not to be used, ``slack_s`` how much later than planned
    each arrival may come (a stop that failed late), ``floor`` the charge that a stop must leave.
    With ``spare`` the way is that of a fallback, of whose EVSEs more is asked.
    """

    problem: Problem
    shut: frozenset[int]
    slack_s: float
    floor: Floor | None
    windows: bool
    spare: bool
    most_labels: int
    stretch: float = NEARLY
    trace: Trace = field(default_factory=Trace)
    _heap: list[tuple[float, int, _Batch, int]] = field(default_factory=list)
    _settled: dict[tuple[int, int], list[tuple[float, float, float]]] = field(default_factory=dict)
    _charging: dict[tuple[int, int], list[tuple[Label, Offer]]] = field(default_factory=dict)
    _passing: dict[tuple[int, int], F64] = field(default_factory=dict)
    _floors: F64 = field(init=False)
    _open: NDArray[np.bool_] = field(init=False)
    _tick: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        problem = self.problem
        self._floors = np.zeros((len(problem.vias), problem.stations))
        self._open = problem.candidate.copy()
        for place in self.shut:
            self._open[problem.sites.near(place)] = False

    def run(self, root: Label) -> Label | None:
        """Return the arrival at the last waypoint that costs least, or None."""
        last = len(self.problem.vias) - 1
        self._expand(root)
        taken = 0
        while self._heap:
            _, _, batch, position = heapq.heappop(self._heap)
            self._push(batch, position + 1)
            label = self._arrive(batch, position)
            if label is None:
                continue
            if label.stage == last and label.place == self.problem.vias[last].place:
                return label
            taken += 1
            self.trace.labels += 1
            if taken > self.most_labels:
                self.trace.exhausted = False
                return None
            self._expand(label)
        return None

    def _push(self, batch: _Batch, position: int) -> None:
        if position < batch.bound.size:
            entry = (float(batch.bound[position]), next(self._tick), batch, position)
            heapq.heappush(self._heap, entry)

    def _arrive(self, batch: _Batch, position: int) -> Label | None:
        """Make the label of one successor, or None if it breaks a rule or is dominated."""
        parent, place = batch.label, int(batch.place[position])
        left_at = float(batch.left_at[position])
        if batch.offer is not None and left_at + self.slack_s > batch.offer.until:
            doors = self.problem.doors
            if not doors.allows(batch.offer, parent.time, left_at + self.slack_s):
                return None
        label = Label(
            stage=parent.stage,
            place=place,
            time=float(batch.time[position]),
            charge=float(batch.charge[position]),
            money=float(batch.money[position]),
            parent=parent,
            left_at=left_at,
            left_kwh=float(batch.left_kwh[position]),
            kind=batch.kind,
            offer=batch.offer,
        )
        if place >= self.problem.stations:
            return self._reach(label)
        if self.floor is not None and not self._above_floor(label, batch):
            return None
        return None if self._dominated(label) else label

    def _reach(self, label: Label) -> Label | None:
        """Turn an arrival at a waypoint into a label of the next stage."""
        via = self.problem.vias[label.stage + 1]
        late = via.arrive_before is not None and label.time + self.slack_s > via.arrive_before
        if late and self.windows:
            self.trace.window_missed = True
            return None
        reached = Label(
            stage=label.stage + 1,
            place=label.place,
            time=label.time,
            charge=label.charge,
            money=label.money,
            parent=label.parent,
            left_at=label.left_at,
            left_kwh=label.left_kwh,
            kind=label.kind,
            offer=label.offer,
        )
        return None if self._dominated(reached) else reached

    def _above_floor(self, label: Label, batch: _Batch) -> bool:
        """Check the fallback floor, which is worked out for places one really gets to.

        A label below a floor that has just become known is driven again with more charge.
        """
        assert self.floor is not None
        known = self._floors[label.stage, label.place]
        if known == 0.0:
            known = max(self.floor(label.stage, label.place), EPSILON_KWH)
            self._floors[label.stage, label.place] = known
        if label.charge >= known - EPSILON_KWH:
            return True
        if np.isfinite(known):
            self._drive_fuller(batch, label.place, known)
        return False

    def _drive_fuller(self, batch: _Batch, place: int, arrival_kwh: float) -> None:
        """Go again from the last stop before a place so as to arrive there with that charge."""
        label, offer, kind = batch.label, batch.offer, batch.kind
        legs = self.problem.legs
        while True:
            row = legs.row(label.place, kind)
            if row.cap_kwh[place] < arrival_kwh - EPSILON_KWH:
                return
            net_kwh, needed_kwh = float(row.net_kwh[place]), float(row.required_kwh[place])
            arrival_kwh = max(needed_kwh, net_kwh + arrival_kwh)
            if offer is not None or label.parent is None:
                break
            place, kind, offer, label = label.place, label.kind, label.offer, label.parent
        if offer is None or arrival_kwh > self.problem.capacity_kwh + EPSILON_KWH:
            return
        fuller_kwh = max(arrival_kwh, label.charge + LEAST_CHARGE_KWH)
        left = np.array([min(fuller_kwh, self.problem.capacity_kwh)])
        charge = np.minimum(left - row.net_kwh[place], row.cap_kwh[place])
        target, drive_s = np.array([place], np.intp), row.time_s[[place]]
        self._push(self._batch(label, offer, kind, target, left, drive_s, charge), 0)

    def _dominated(self, label: Label) -> bool:
        """Say whether an expanded label at the same place is no dearer, no later, no emptier."""
        return any(
            time <= label.time and charge >= label.charge and money <= label.money
            for money, time, charge in self._settled.get((label.stage, label.place), ())
        )

    def _overtaken(self, label: Label, offer: Offer) -> bool:
        """Say whether a car that came before and emptier has charged as much there by now.

        It has paid no more by then, is at the same EVSE, which stays open to it until later.
        """
        curve = offer.curve
        reserve = curve.usable_kwh - self.problem.capacity_kwh
        for before, had in self._charging.get((label.stage, label.place), ()):
            gained = label.charge - before.charge
            if had.evse != offer.evse or gained < 0.0 or had.until < label.time:
                continue
            charging_s = curve.time_between(before.charge + reserve, label.charge + reserve)
            paid = had.eur_per_kwh * gained + had.eur_per_hour * charging_s / 3600.0
            if before.time + charging_s <= label.time and before.money + paid <= label.money:
                return True
        return False

    def _expand(self, label: Label) -> None:
        """Push the successors of a label."""
        problem = self.problem
        offer = None
        if label.place < problem.stations:
            offer = problem.doors.offer(label.place, label.time, self.slack_s, spare=self.spare)
            if offer is None or self._overtaken(label, offer):
                return
            self._charging.setdefault((label.stage, label.place), []).append((label, offer))
        settled = self._settled.setdefault((label.stage, label.place), [])
        settled.append((label.money, label.time, label.charge))
        self.trace.reached.append(label)
        targets = self._targets(label)
        for kind in range(problem.kinds):
            batch = self._successors(label, offer, kind, targets)
            if batch is not None:
                self._push(batch, 0)

    def _targets(self, label: Label) -> NDArray[np.intp]:
        problem = self.problem
        if problem.first_stop >= 0 and label.parent is None and label.place >= problem.stations:
            return np.array([problem.first_stop], np.intp)
        usable = self._open
        if label.place < problem.stations:
            usable = usable.copy()
            usable[problem.sites.near(label.place)] = False
        via = problem.vias[label.stage + 1].place
        return np.append(np.flatnonzero(usable), via)

    def _successors(
        self, label: Label, offer: Offer | None, kind: int, targets: NDArray[np.intp]
    ) -> _Batch | None:
        """Drive from a label to each target with each sensible departure charge."""
        problem = self.problem
        row = problem.legs.row(label.place, kind)
        net, cap = row.net_kwh[targets], row.cap_kwh[targets]
        least = self._least_arrival(label.stage, targets)
        enough = np.maximum(row.required_kwh[targets], net + least)
        fits = np.isfinite(row.time_s[targets]) & (cap >= least - EPSILON_KWH)
        fits &= enough <= problem.capacity_kwh + EPSILON_KWH
        if offer is None:
            fits &= enough <= label.charge + EPSILON_KWH
            choices = [np.full(targets.size, label.charge)]
        else:
            base = np.maximum(enough, label.charge + LEAST_CHARGE_KWH)
            base = np.minimum(base, problem.capacity_kwh)
            fits &= label.charge + LEAST_CHARGE_KWH <= problem.capacity_kwh
            choices = [base]
            choices += [
                np.where(base < kink - EPSILON_KWH, kink, np.nan) for kink in problem.kinks_kwh
            ]
        left = np.concatenate(choices)
        keep = np.flatnonzero(np.tile(fits, len(choices)) & ~np.isnan(left))
        target = keep % targets.size
        left = left[keep]
        if offer is not None and fits[-1] and label.stage + 2 < len(problem.vias):
            further = np.maximum(enough[-1], net[-1] + self._worth_passing(label.stage + 1, kind))
            further = further[(further > base[-1]) & (further <= problem.capacity_kwh)]
            left = np.concatenate((left, further))
            target = np.concatenate((target, np.full(further.size, targets.size - 1)))
        if left.size == 0:
            return None
        return self._batch(
            label,
            offer,
            kind,
            targets[target],
            left,
            row.time_s[targets][target],
            np.minimum(left - net[target], cap[target]),
        )

    def _worth_passing(self, stage: int, kind: int) -> F64:
        """Charges just enough to go on from a waypoint, where nothing charges, to each place after.

        They are told for the floors known so far; where one turns out higher, see `_drive_fuller`.
        """
        known = self._passing.get((stage, kind))
        if known is None:
            here = self.problem.vias[stage].place
            targets = np.append(np.flatnonzero(self._open), self.problem.vias[stage + 1].place)
            row = self.problem.legs.row(here, kind)
            least = self._least_arrival(stage, targets)
            enough = np.maximum(row.required_kwh[targets], row.net_kwh[targets] + least)
            known = enough[np.isfinite(row.time_s[targets])]
            if stage + 2 < len(self.problem.vias) and np.isfinite(row.time_s[targets[-1]]):
                last = targets[-1]
                beyond = row.net_kwh[last] + self._worth_passing(stage + 1, kind)
                known = np.concatenate((known, np.maximum(row.required_kwh[last], beyond)))
            known = np.unique(known)
            if known.size > MOST_PASSING:
                known = known[np.linspace(0, known.size - 1, MOST_PASSING).round().astype(np.intp)]
            self._passing[stage, kind] = known
        return known

    def _least_arrival(self, stage: int, targets: NDArray[np.intp]) -> F64:
        """Charge that must be left at each target; the last of the targets is the waypoint."""
        least = np.zeros(targets.size)
        stations = targets < self.problem.stations
        if self.floor is not None:
            least[stations] = self._floors[stage, targets[stations]]
        if stage + 2 == len(self.problem.vias):
            least[~stations] = self.problem.end_kwh
        return least

    def _batch(
        self,
        label: Label,
        offer: Offer | None,
        kind: int,
        place: NDArray[np.intp],
        left_kwh: F64,
        drive_s: F64,
        charge: F64,
    ) -> _Batch:
        problem = self.problem
        left_at, money = self._depart(label, offer, left_kwh)
        time = left_at + drive_s
        ahead = problem.bounds.remaining_s(label.stage, place, charge, problem.end_kwh)
        elapsed = time - problem.departure + (1.0 + self.stretch) * ahead
        short = problem.bounds.energy_kwh[label.stage, place] + problem.end_kwh - charge
        still = (1.0 + self.stretch) * problem.least_per_kwh * np.maximum(short, 0.0)
        bound = problem.seconds_weight * elapsed + problem.money_weight * (money + still)
        bound[self._too_late(label.stage, place, time)] = np.inf
        order = np.argsort(bound, kind="stable")
        order = order[np.isfinite(bound[order])]
        return _Batch(
            label,
            offer,
            kind,
            bound[order],
            place[order],
            left_kwh[order],
            left_at[order],
            time[order],
            charge[order],
            money[order],
        )

    def _too_late(self, stage: int, place: NDArray[np.intp], time: F64) -> NDArray[np.bool_]:
        """Arrivals from which the next waypoint's window is missed whatever one does."""
        bounds, before = self.problem.bounds, self.problem.vias[stage + 1].arrive_before
        if before is None or not self.windows:
            return np.zeros(place.size, np.bool_)
        soonest = time + bounds.time_s[stage, place] - bounds.later_s[stage]
        late: NDArray[np.bool_] = np.isfinite(soonest) & (soonest + self.slack_s > before)
        self.trace.window_missed |= bool(late.any())
        return late

    def _depart(self, label: Label, offer: Offer | None, left_kwh: F64) -> tuple[F64, F64]:
        """Tell when one leaves with each charge, and what the stops then cost."""
        if offer is None:
            ready = label.time
            via = next((v for v in self.problem.vias if v.place == label.place), None)
            if via is not None and label.parent is not None:
                ready = max(ready, via.arrive_after or ready) + via.service_s
            return np.full(left_kwh.size, ready), np.full(left_kwh.size, label.money)
        curve = offer.curve
        reserve = curve.energy_kwh[-1] - self.problem.capacity_kwh
        until = np.interp(left_kwh + reserve, curve.energy_kwh, curve.time_s)
        charging_s = until - np.interp(label.charge + reserve, curve.energy_kwh, curve.time_s)
        left_at = label.time + STOP_OVERHEAD_S + charging_s
        money = (
            label.money
            + offer.eur_per_stop
            + offer.eur_per_kwh * (left_kwh - label.charge)
            + offer.eur_per_hour * charging_s / 3600.0
        )
        return left_at, money
