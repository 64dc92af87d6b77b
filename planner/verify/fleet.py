"""The check of a fleet: plans that each hold must also hold beside each other.

No two vehicles are at one EVSE at a time, no fallback counts on an EVSE at which another vehicle of
the fleet stands by then, and no depot gives more than it may draw. Plain and slow on purpose: every
pair at an EVSE is compared, and a depot's power is summed at every moment at which it may rise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from planner.model.plan import ChargingStop, Claim, Plan
from planner.ocpi.ids import normalise_evse_id, read_evse_id
from planner.store.snapshot import Snapshot

SECONDS = 1e-2
KW = 1e-3


@dataclass(frozen=True, slots=True)
class _Use:
    """A time at an EVSE that a plan counts on; ``depth`` 0 is a stop of the trip itself."""

    plan: int
    where: str
    stop: ChargingStop
    ends: float
    depth: int

    @property
    def begins(self) -> float:
        return self.stop.arrival

    def meets(self, other: "_Use") -> bool:
        """Say whether both last at some moment."""
        return self.begins < other.ends - SECONDS and other.begins < self.ends - SECONDS


def verify_fleet(snapshot: Snapshot, plans: Sequence[Plan]) -> list[Claim]:
    """List where plans of one fleet count on what another takes; empty: they hold together.

    Returns
    -------
    list of Claim
        ``kind`` is fleet; ``where`` begins with the plan's place in the list.
    """
    uses = [use for number, plan in enumerate(plans) for use in _uses(number, plan)]
    claims = list(_queues(plans, uses))
    for station in snapshot.stations:
        if station.max_kw is None and not station.shared:
            continue
        there = [use for use in uses if use.stop.station_id == station.id]
        if station.max_kw is not None:
            claims += _overloads(there, station.max_kw)
        for part in station.shared:
            of_part = [use for use in there if use.stop.evse_uid in part.evse_uids]
            claims += _overloads(of_part, part.max_kw)
    return claims


def _uses(number: int, plan: Plan) -> Iterator[_Use]:
    for place, stop in enumerate(plan.charging_stops):
        yield from _of_stop(number, f"/{number}/charging_stops/{place}", stop, 0.0, 0)


def _of_stop(
    number: int, where: str, stop: ChargingStop, slack_s: float, depth: int
) -> Iterator[_Use]:
    yield _Use(number, where, stop, stop.departure + slack_s, depth)
    lasts_s = slack_s + stop.departure - stop.arrival
    for place, fallback in enumerate(stop.fallbacks):
        behind = f"{where}/fallbacks/{place}"
        yield from _of_stop(number, f"{behind}/stop", fallback.stop, lasts_s, depth + 1)
        for later, onward in enumerate(fallback.onward_stops):
            at = f"{behind}/onward_stops/{later}"
            yield from _of_stop(number, at, onward, lasts_s, depth + 1)


def _queues(plans: Sequence[Plan], uses: Sequence[_Use]) -> Iterator[Claim]:
    by_evse: dict[tuple[str, str], list[_Use]] = {}
    for use in uses:
        for evse in _names(use.stop):
            by_evse.setdefault(evse, []).append(use)
    told: set[tuple[str, str]] = set()
    for there in by_evse.values():
        for one, other in combinations(there, 2):
            if one.plan == other.plan or (one.depth and other.depth) or not one.meets(other):
                continue
            pair = (one.where, other.where)
            if pair in told:  # they share both names
                continue
            told.add(pair)
            late, first = (one, other) if one.depth > other.depth else (other, one)
            said = "a fallback counts on it" if late.depth else "another vehicle is there too"
            name = plans[first.plan].mission.id or plans[first.plan].id
            detail = f"{said}: {first.stop.evse_uid} is taken by mission {name}"
            yield Claim("fleet", late.where, detail)


def _names(stop: ChargingStop) -> Iterator[tuple[str, str]]:
    """Name an EVSE as its station does, and by its id where that follows a norm.

    Two feeds that tell of one EVSE may have it under two stations.
    """
    yield stop.station_id, stop.evse_uid
    if stop.evse_id and read_evse_id(stop.evse_id).form:
        yield "", normalise_evse_id(stop.evse_id)


def _overloads(there: Sequence[_Use], max_kw: float) -> Iterator[Claim]:
    """Sum a depot's power whenever something begins: all stops, and the worst one fallback.

    The fallback is of a plan whose own stops there have failed or not yet come: they do not count.
    """
    for use in there:
        drawn = [u for u in there if u.depth == 0 and u.begins <= use.begins < u.ends - SECONDS]
        sums = [sum(u.stop.power_kw for u in drawn)]
        for spare in there:
            if spare.depth and spare.begins <= use.begins < spare.ends - SECONDS:
                others = (u.stop.power_kw for u in drawn if u.plan != spare.plan)
                sums.append(spare.stop.power_kw + sum(others))
        if max(sums) > max_kw + KW:
            detail = f"the depot would draw {max(sums):.1f} kW of {max_kw:g} kW"
            yield Claim("fleet", use.where, detail)
