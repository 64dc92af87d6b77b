"""The proof of a trip: for every stop a fallback, and from it a search to the end.

A stop may fail at any moment from arrival to departure. The proof starts from the earliest moment
with the least charge, and asks of every place on the way that it be open for as long as the delay
of the latest moment (the *slack*): a car that fails later has more charge, follows the same stops,
leaves each with the same charge no later than the slack allows, and waits where it is early.
"""

from dataclasses import dataclass

from planner.search.floors import Floors, Refuge, Shut
from planner.search.labels import NEARLY, Label, Search, Trace
from planner.search.problem import EPSILON_KWH, TRY_S, Problem

MOST_TRIES = 12
"""Fallbacks tried for one stop in one round, the most wished for first."""

SAME_OPERATOR_S = 1800.0
"""What it is worth that a fallback belongs to another operator than the stop, whose failure may
have closed both: half an hour."""

MOST_LABELS = 2_500
"""Labels after which a search is given up, which is then said."""

MOST_LABELS_IN_ALL = 6_000
"""Labels of all searches of a trip, those of its proofs among them, after which it is given up."""

MOST_LABELS_IN_PROOFS = 1_000
"""The same for the way on from a fallback: there are others to try."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A way to the end: hops in order; ``slack_s`` is how much later each arrival may come."""

    hops: tuple[Hop, ...]
    slack_s: float

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The stops in order."""
        return tuple(hop.stop for hop in self.hops if hop.stop is not None)


class _Unproven(Exception):  # noqa: N818 -- ends one round, never leaves this file
    """A stop of a found trip has no fallback that holds; what failed has been banned."""


@dataclass(eq=False)
class Prover:
    """Finds ways that survive failures; floors and rows are shared by all its searches."""

    problem: Problem
    floors: Floors
    most_labels: int = MOST_LABELS
    stretch: float = NEARLY
    most_rounds: int = 40
    _taken: int = 0
    _cut_short: bool = False
    """Whether a proof came to its limit: what it banned might have held."""

    def find(
        self,
        root: Label,
        *,
        shut: Shut,
        order: int,
        slack_s: float,
        windows: bool,
        spare: bool = False,
        trace: Trace | None = None,
    ) -> Way | None:
        """Search and prove until every stop has a fallback that holds, or nothing is left."""
        seen = trace if trace is not None else Trace()
        for _ in range(self.most_rounds):
            before = seen.labels
            search = Search(
                problem=self.problem,
                shut=shut,
                slack_s=slack_s,
                floor=self._floor(shut, order),
                windows=windows,
                spare=spare,
                most_labels=MOST_LABELS_IN_PROOFS if spare else self.most_labels,
                stretch=self.stretch,
                trace=seen,
            )
            goal = search.run(root)
            self._taken += seen.labels - before
            if goal is None:
                seen.exhausted &= not self._cut_short
                return None
            if self._taken > MOST_LABELS_IN_ALL:
                break
            try:
                return self._prove(root, goal, shut, order, slack_s)
            except _Unproven:
                continue
        seen.exhausted = False
        return None

    def _floor(self, shut: Shut, order: int) -> "_FloorOf | None":
        return _FloorOf(self.floors, shut, order) if order > 0 else None

    def _prove(self, root: Label, goal: Label, shut: Shut, order: int, slack_s: float) -> Way:
        """Give each stop of a found trip its fallback; raises _Unproven where one has none."""
        labels = _chain(goal)
        hops: list[Hop] = []
        for number, label in enumerate(labels):
            following = labels[number + 1] if number + 1 < len(labels) else None
            stop = self._stop(label, following, shut, order, slack_s)
            if label.parent is None:
                if stop is not None:
                    hops.append(_arrived(root, stop))
                continue
            hops.append(_hop(label, stop))
        return Way(tuple(hops), slack_s)

    def _stop(
        self, label: Label, following: Label | None, shut: Shut, order: int, slack_s: float
    ) -> Stop | None:
        if label.place >= self.problem.stations or following is None or following.offer is None:
            return None
        fallbacks: tuple[Way, ...] = ()
        floor_kwh = 0.0
        if order > 0:
            delay_s = slack_s + following.left_at - label.time
            way, floor_kwh = self._fallback(label, shut, order, delay_s)
            fallbacks = (way,)
        return Stop(
            place=label.place,
            stage=label.stage,
            evse=following.offer.evse,
            arrival=label.time,
            charge=label.charge,
            departure=following.left_at,
            left_kwh=following.left_kwh,
            floor_kwh=floor_kwh,
            fallbacks=fallbacks,
        )

    def _fallback(self, label: Label, shut: Shut, order: int, slack_s: float) -> tuple[Way, float]:
        """Find the best fallback that holds, and the charge on arrival that it takes."""
        failed = shut | {label.place}
        for refuge in self._wished(label, shut, order)[:MOST_TRIES]:
            row = self.problem.legs.row(label.place, refuge.kind)
            charge = min(
                label.charge - float(row.net_kwh[refuge.place]), float(row.cap_kwh[refuge.place])
            )
            there = self.floors.floor(label.stage, refuge.place, failed, order - 1)
            if charge < max(there, 0.0) - EPSILON_KWH:
                self.floors.ban(label.stage, label.place, shut, order, refuge.place)
                continue
            left_at = label.time + TRY_S
            root = Label(
                stage=label.stage,
                place=refuge.place,
                time=left_at + refuge.drive_s,
                charge=charge,
            )
            way = self.find(
                root,
                shut=failed,
                order=order - 1,
                slack_s=slack_s,
                windows=self.problem.keep_windows_in_fallbacks,
                spare=True,
                trace=(proof := Trace()),
            )
            self._cut_short |= not proof.exhausted
            if way is not None:
                first = _driven(way.hops[0], label, refuge, left_at)
                beyond = first.stop.floor_kwh if first.stop is not None else 0.0
                needs = max(refuge.needs_kwh, float(row.net_kwh[refuge.place]) + beyond)
                return Way((first, *way.hops[1:]), slack_s), needs
            self.floors.ban(label.stage, label.place, shut, order, refuge.place)
        raise _Unproven

    def _wished(self, label: Label, shut: Shut, order: int) -> list[Refuge]:
        """Fallbacks within the charge at hand, by when one might be at the end by them.

        That the operator is the same one counts as `SAME_OPERATOR_S` of delay.
        """
        problem = self.problem
        within = [
            refuge
            for refuge in self.floors.refuges(label.stage, label.place, shut)
            if refuge.needs_kwh <= label.charge + EPSILON_KWH
            and not self.floors.is_banned(label.stage, label.place, shut, order, refuge.place)
        ]
        own = problem.operator[label.place]
        bounds = problem.bounds

        def delay_s(refuge: Refuge) -> float:
            place = refuge.place
            short = float(bounds.energy_kwh[label.stage, place]) + problem.end_kwh
            short -= label.charge - refuge.needs_kwh
            charging_s = max(short, 0.0) / float(problem.power_kw[place]) * 3600.0
            same_s = SAME_OPERATOR_S if problem.operator[place] == own else 0.0
            return refuge.drive_s + float(bounds.time_s[label.stage, place]) + charging_s + same_s

        return sorted(within, key=lambda refuge: (delay_s(refuge), refuge.place))


@dataclass(frozen=True, slots=True)
class _FloorOf:
    """Floors for one set of failed sites and one order, as a search asks for them."""

    floors: Floors
    shut: Shut
    order: int

    def __call__(self, stage: int, place: int) -> float:
        return self.floors.floor(stage, place, self.shut, self.order)


def _chain(goal: Label) -> list[Label]:
    labels = [goal]
    while labels[-1].parent is not None:
        labels.append(labels[-1].parent)
    return labels[::-1]


def _hop(label: Label, stop: Stop | None) -> Hop:
    assert label.parent is not None
    return Hop(
        start=label.parent.place,
        end=label.place,
        kind=label.kind,
        stage=label.stage,
        left_at=label.left_at,
        left_kwh=label.left_kwh,
        arrival=label.time,
        charge=label.charge,
        stop=stop,
    )


def _arrived(root: Label, stop: Stop) -> Hop:
    """Stand in for the drive to a fallback until it is known where it starts."""
    return Hop(
        start=root.place,
        end=root.place,
        kind=0,
        stage=root.stage,
        left_at=root.time,
        left_kwh=root.charge,
        arrival=root.time,
        charge=root.charge,
        stop=stop,
    )


def _driven(first: Hop, failed: Label, refuge: Refuge, left_at: float) -> Hop:
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
