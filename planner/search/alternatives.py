"""Other trips that differ in a way a driver cares about: road, price, stops, operator.

Each is sought by asking for just that, and is told by how it differs. A trip is no alternative
if it differs from the best one, or from an alternative before it, in nothing that matters; nor if
it takes much longer for it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice

import numpy as np
from scipy.spatial import cKDTree

from planner.legs.profiles import THRIFTIEST
from planner.model.plan import Plan
from planner.roads.sphere import chord_of, unit_vectors
from planner.search.answers import write_plan
from planner.search.differences import (
    OTHER_ROAD,
    compare,
    dearer,
    edges_of,
    only_operator,
    operator_words,
    shared_road,
)
from planner.search.setup import Mask, on_legs_of, stage_first
from planner.search.solve import FIRST_SETTLED, Solution, is_priced, search_stage
from planner.search.trip import Trip

MOST = 5
"""Alternatives that one answer carries at most."""

BESIDE = 0.04
LEAST_BESIDE_M, MOST_BESIDE_M = 3_000.0, 15_000.0
"""How near to the best trip's road a station counts as on it: that share of its length, within
bounds. Chosen by hand."""

MUCH_LONGER, LONGER_S = 1.3, 1200.0
"""An alternative takes at most so many times as long as the best trip, and so much longer."""

CHEAPER = Decimal("0.04")
LEAST_CHEAPER = Decimal("0.50")
"""What a trip must cost less to be told for that: a share of the price, and an amount."""

SOONER_S = 120.0
"""By how much a trip must arrive sooner to be told for that."""

SPARE_WISHES = 3
"""Searches that may come to nothing, beside two for each alternative that is asked for."""

MOST_OPERATORS = 3
"""Operators that are tried as the only one."""


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """What to ask for besides, and what that is in words.

    ``stops`` is where the trip may stop, ``kind`` the kind of legs, ``preset`` the objective; None
    leaves each as it is.
    """

    says: str
    stops: Mask | None = None
    kind: int | None = None
    preset: str | None = None


def find_alternatives(best: Plan, trip: Trip) -> Plan:
    """Return the plan with up to as many alternatives as its mission asks for."""
    wanted = min(trip.mission.alternatives, MOST)
    found: list[Plan] = []
    for wish in islice(_wishes(best, trip), 2 * wanted + SPARE_WISHES if wanted else 0):
        other = _sought(best, trip, wish)
        if other is None or _is_far_longer(best, other):
            continue
        if all(_is_worth_a_look(kept, other, trip) for kept in (best, *found)):
            found.append(replace(other, differs=compare(best, other, trip.world.region)))
        if len(found) == wanted:
            break
    return replace(best, alternatives=tuple(found))


def _wishes(best: Plan, trip: Trip) -> Iterator[_Wish]:
    """Ask for another road, another price, fewer stops, one operator, other stations; in turn."""
    if not best.charging_stops:
        for kind in range(THRIFTIEST, -1, -1):
            yield _Wish(f"another road, thrifty to the degree {kind}", kind=kind)
        return
    yield _Wish("stops away from the first trip's road", _off_the_road(best, trip))
    for preset, says in (("cheapest", "cheapest"), ("fastest", "quickest"), ("surest", "surest")):
        if preset != trip.mission.objective.preset:
            yield _Wish(f"the {says} trip", preset=preset)
    for party in _operators(best, trip):
        allowed = np.array([each == party for each in trip.world.snapshot.parties])
        operator = trip.world.snapshot.stations[int(np.argmax(allowed))].operated_by
        yield _Wish(f"stops of {operator or party} only", allowed)
    for stop in best.charging_stops:
        yield _Wish(f"no stop at {stop.station_name}", stops_without(stop.station_id, trip))


def _sought(best: Plan, trip: Trip, wish: _Wish) -> Plan | None:
    """Search the trip that a wish asks for; None if there is none."""
    mission = trip.mission
    if wish.preset is not None:
        mission = replace(mission, objective=replace(mission.objective, preset=wish.preset))
    said = (*mission.assumed, f"an alternative: {wish.says}")
    asked = replace(trip, mission=replace(mission, alternatives=0, assumed=said))
    stage = stage_first(asked, priced=is_priced(asked), stops=wish.stops)
    if wish.kind is not None:
        stage = on_legs_of(stage, wish.kind)
    order = mission.guarantee.fallbacks
    solved = search_stage(
        stage, order=order, windows=True, most_settled=FIRST_SETTLED, stretch=NEAR_THE_BEST
    )
    if not isinstance(solved, Solution):
        return None
    return replace(write_plan(solved, 0), rejected=best.rejected)


NEAR_THE_BEST = 1.02
"""How many times the best of its kind an alternative may cost."""


def _off_the_road(best: Plan, trip: Trip) -> Mask:
    """Mark the stations that lie away from the best trip's road."""
    graph, snapshot = trip.world.region, trip.world.snapshot
    nodes = np.unique(graph.head[edges_of(best)])
    beside_m = float(np.clip(BESIDE * best.summary.distance_m, LEAST_BESIDE_M, MOST_BESIDE_M))
    tree = cKDTree(unit_vectors(graph.lon[nodes], graph.lat[nodes]))
    away, _ = tree.query(
        unit_vectors(snapshot.lon, snapshot.lat), distance_upper_bound=chord_of(beside_m)
    )
    found: Mask = ~np.isfinite(away)
    return found


def _operators(best: Plan, trip: Trip) -> list[str]:
    """Parties to try as the only one: those of the best trip's stops, then the most frequent."""
    if only_operator(best) and len(best.charging_stops) > 1:
        return []
    party_of = trip.world.snapshot.parties
    own = Counter(stop.party for stop in best.charging_stops)
    near = Counter(party_of[int(number)] for number in trip.usable)
    parties = [party for party, _ in (*own.most_common(), *near.most_common(MOST_OPERATORS + 1))]
    only = own.most_common(1)[0][0] if len(own) == 1 else ""
    return [party for party in dict.fromkeys(parties) if party != only][:MOST_OPERATORS]


def stops_without(station_id: str, trip: Trip) -> Mask:
    """Mark the stations that are not at the site of one."""
    world = trip.world
    allowed = np.ones(len(world.snapshot.stations), np.bool_)
    for number, station in enumerate(world.snapshot.stations):
        if station.id == station_id:
            allowed[world.stations_near(number)] = False
    return allowed


def _is_far_longer(best: Plan, other: Plan) -> bool:
    took_s = best.summary.arrival - best.summary.departure
    other_s = other.summary.arrival - other.summary.departure
    return other_s > took_s * MUCH_LONGER and other_s > took_s + LONGER_S


def _is_worth_a_look(kept: Plan, other: Plan, trip: Trip) -> bool:
    """Say whether a trip has something for it, beside another, that a driver would choose by."""
    graph = trip.world.region
    if min(shared_road(kept, other, graph), shared_road(other, kept, graph)) < OTHER_ROAD:
        return True
    return (
        len(other.charging_stops) < len(kept.charging_stops)
        or other.summary.arrival < kept.summary.arrival - SOONER_S
        or bool(operator_words(kept, other))
        or _is_cheaper(kept, other)
    )


def _is_cheaper(kept: Plan, other: Plan) -> bool:
    more = dearer(kept, other)
    if more is None:
        return False
    price = sum((cost.amount for cost in kept.summary.costs), Decimal(0))
    return -more.amount >= max(LEAST_CHEAPER, price * CHEAPER)
