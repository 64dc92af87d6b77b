"""From a trip to the problem that the search solves."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.legs.car import CarLegs
from planner.legs.nearest import Nearest
from planner.legs.profiles import THRIFTIEST
from planner.legs.rows import Path, Row
from planner.model.mission import Mission
from planner.search.corridor import choose_first, width_s
from planner.search.doors import WalletDoors
from planner.search.havens import (
    Havens,
)
from planner.search.problem import Bounds, Problem, Via
from planner.search.rests import StationRests
from planner.search.same_sites import SameSites
from planner.search.trip import Trip

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

STOPS_PER_STRETCH = 8
"""Stations of each quarter of an hour of the way that the first search may stop at."""

MOST_CANDIDATES = 1_200
"""Stations up to which the last search looks at all of them."""

MOST_STOPS_PER_STRETCH = 25
"""Stations of each quarter of an hour of the way that the last search may stop at beyond that."""


@dataclass(frozen=True, slots=True, eq=False)
class ChosenLegs:
    """Legs of some kinds out of those that the roads are prepared for."""

    legs: CarLegs
    kinds: tuple[int, ...]

    def to(self, place: int, targets: NDArray[np.intp]) -> list[Row]:
        """Legs of each kind from a place to some places."""
        return self.legs.to(place, self.kinds, targets, screened=False)

    def lift_kwh(self, place: int, targets: NDArray[np.intp]) -> F64:
        """Return what any leg from a place to some takes for its height alone at least."""
        return self.legs.lift_kwh(place, targets)

    def path(self, start: int, end: int, kind: int) -> Path:
        """List the edges of a leg."""
        return self.legs.path(start, end, self.kinds[kind])

    def approach_m(self, place: int) -> float:
        """Metres driven between the place and its node."""
        return self.legs.approach_m(place)

    def approach_of(self, place: int) -> tuple[float, float, float]:
        """Seconds, careful kWh and mean kWh between the place and its node."""
        return self.legs.approach_of(place)


@dataclass(frozen=True, eq=False)
class Stage:
    """A problem with what is needed to read its answer: which station each place is."""

    trip: Trip
    problem: Problem
    legs: ChosenLegs
    doors: WalletDoors
    havens: Havens
    station_of: NDArray[np.intp]
    reserve_kwh: float


def stage_first(
    trip: Trip, *, priced: bool, every_kind: bool = False, stops: Mask | None = None
) -> Stage:
    """Set up the first search: within a corridor, with the quickest stations of each stretch.

    On legs of the kind that suits the best charging here, or on the quickest and thriftiest ones
    besides. ``stops``, of shape (stations of the snapshot,), says where the trip may stop; its
    fallbacks may be anywhere.
    """
    quickest = trip.quickest
    kept = quickest[trip.least_detour_s[quickest] <= width_s(trip.sweeps)]
    if trip.first_stop in trip.usable:
        kept = np.union1d(kept, [trip.first_stop])
    candidate = _candidates(trip, kept, STOPS_PER_STRETCH, stops)
    kinds = _kinds(trip) if every_kind else (trip.kind,)
    return _stage(trip, kept, candidate, kinds, priced=priced)


def on_legs_of(stage: Stage, kind: int) -> Stage:
    """Return the stage on legs of one kind, of those that the roads are prepared for."""
    legs, havens = ChosenLegs(stage.legs.legs, (kind,)), replace(stage.havens, kinds=(kind,))
    rests = _rests(stage.trip, legs, stage.station_of)
    problem = replace(stage.problem, legs=legs, havens=havens, rests=rests, kinds=1)
    return replace(stage, legs=legs, havens=havens, problem=problem)


def stage_full(trip: Trip, *, priced: bool, stops: Mask | None = None) -> Stage:
    """Set up the last search: all stations, and the quickest and thriftiest legs besides.

    All stations are candidates up to `MOST_CANDIDATES`, else the best of each stretch of the way;
    an answer says where not all were.
    """
    kept = trip.usable
    if kept.size > MOST_CANDIDATES:
        kept = trip.quickest
        candidate = _candidates(trip, kept, MOST_STOPS_PER_STRETCH, stops)
    else:
        candidate = np.ones(kept.size, np.bool_) if stops is None else stops[kept]
    return _stage(trip, kept, candidate, _kinds(trip), priced=priced)


def _kinds(trip: Trip) -> tuple[int, ...]:
    return tuple(sorted({0, trip.kind, THRIFTIEST}))


def _candidates(trip: Trip, kept: NDArray[np.intp], per_stretch: int, stops: Mask | None) -> Mask:
    """Mark those of the kept stations that may be a stop, shape (kept,)."""
    node, _ = trip.world.station_nodes
    within = np.arange(kept.size) if stops is None else np.flatnonzero(stops[kept])
    chosen = choose_first(
        trip.sweeps,
        kept[within],
        node[kept[within]],
        trip.power_kw[kept[within]],
        trip.mission.vehicle.usable_kwh,
        per_stretch,
    )
    candidate = np.zeros(kept.size, np.bool_)
    candidate[within[chosen]] = True
    return candidate


def _stage(
    trip: Trip,
    stations: NDArray[np.intp],
    candidate: NDArray[np.bool_],
    kinds: tuple[int, ...],
    *,
    priced: bool,
) -> Stage:
    world, mission = trip.world, trip.mission
    vehicle = mission.vehicle
    place_of = trip.places_with(stations)
    reserve_kwh = mission.reserve_soc * vehicle.usable_kwh
    capacity = vehicle.usable_kwh - reserve_kwh
    legs = ChosenLegs(trip.legs_between(place_of, capacity), kinds)
    doors = WalletDoors(
        world.snapshot, trip.chargers, mission, stations, priced, _soonest(trip, stations)
    )
    vias = tuple(
        Via(stations.size + number, point.service_s, point.arrive_after, point.arrive_before)
        for number, point in enumerate(mission.waypoints)
    )
    seconds_weight, money_weight = _weights(mission)
    first = np.flatnonzero(stations == trip.first_stop)
    nearest = Nearest.of(trip.car, trip.places, trip.pool.chosen, capacity)
    havens = Havens(nearest, kinds, stations)
    problem = Problem(
        legs=legs,
        kinds=len(kinds),
        stations=stations.size,
        vias=vias,
        doors=doors,
        sites=SameSites(world, stations),
        candidate=candidate,
        havens=havens,
        operator=tuple(map(world.snapshot.parties.__getitem__, stations.tolist())),
        power_kw=trip.power_kw[stations],
        bounds=_bounds(trip, place_of),
        capacity_kwh=capacity,
        start_kwh=mission.soc * vehicle.usable_kwh - reserve_kwh,
        end_kwh=max(mission.arrival_soc - mission.reserve_soc, 0.0) * vehicle.usable_kwh,
        departure=mission.departure,
        seconds_weight=seconds_weight,
        money_weight=money_weight,
        keep_windows_in_fallbacks=mission.guarantee.windows,
        rests=_rests(trip, legs, stations),
        first_stop=int(first[0]) if first.size else -1,
    )
    return Stage(trip, problem, legs, doors, havens, stations, reserve_kwh)


def _rests(trip: Trip, legs: ChosenLegs, stations: NDArray[np.intp]) -> StationRests:
    return StationRests(
        legs.legs,
        legs.kinds[0],
        trip.bounds,
        trip.places_with(stations),
        trip.world.station_points.points_m[stations],
        trip.sharp,
        trip.mission.vehicle,
    )


def _soonest(trip: Trip, stations: NDArray[np.intp]) -> F64:
    """Earliest arrival at each station that the roads allow, UTC epoch seconds."""
    begins, soonest = trip.mission.departure, np.full(stations.size, np.inf)
    for sweep in trip.sweeps:
        soonest = np.minimum(soonest, begins + sweep.after_s[stations])
        begins += sweep.direct_s
    return soonest


def _weights(mission: Mission) -> tuple[float, float]:
    """Price of a second and of a unit of currency under the mission's objective.

    Under ``surest`` doubts take the place of money, and count in seconds.
    """
    objective = mission.objective
    hour = float(objective.value_of_time)
    if objective.preset == "surest":
        return 1.0, 1.0
    if objective.preset == "fastest":
        return 1.0, 0.0
    if objective.preset == "cheapest":
        hour = min(hour, CHEAPEST_HOUR)
    return hour / 3600.0, 1.0


CHEAPEST_HOUR = 1.0
"""What an hour is worth under ``cheapest``: little, but not nothing, so that nobody is sent round
in circles for a cent."""


def _bounds(trip: Trip, place_of: NDArray[np.intp]) -> Bounds:
    """Add the sweeps up to the least that remains from each place, at each stage."""
    stages = len(trip.sweeps)
    time_s, energy, priced, behind = (np.empty((stages, place_of.size)) for _ in range(4))
    beyond_s = np.zeros(stages)
    later_s = later_kwh = later_priced = 0.0
    for stage in range(stages - 1, -1, -1):
        sweep = trip.sweeps[stage]
        beyond_s[stage] = later_s
        time_s[stage] = sweep.before_s[place_of] + later_s
        energy[stage] = sweep.energy_kwh[place_of] + later_kwh
        priced[stage] = sweep.priced_s[place_of] + later_priced
        goal = place_of.size - stages + stage
        behind[stage] = sweep.after_s[place_of]
        time_s[stage, goal], energy[stage, goal] = later_s, later_kwh
        priced[stage, goal] = later_priced
        service_s = trip.mission.waypoints[stage].service_s if stage > 0 else 0.0
        later_s += sweep.direct_s + service_s
        later_kwh += sweep.direct_kwh
        later_priced += sweep.direct_priced_s + service_s
    through = trip.places.arrive[place_of] == trip.places.depart[place_of]
    price, allowance_kwh = trip.price_s_per_kwh, 2.0 * trip.car.allowance_kwh
    return Bounds(time_s, energy, priced, beyond_s, price, behind, through, allowance_kwh)
