"""A mission on a world, made ready for its searches: roads swept, stations gathered."""

from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from planner.access.chargers import Chargers
from planner.energy.share import Share
from planner.legs.bounds import RoadBounds
from planner.legs.car import CarLegs, CarOnRoads, JoinedPlaces
from planner.legs.profiles import PRICES_S_PER_KWH, THRIFTIEST, sharp_share_of
from planner.model.mission import Mission
from planner.search.charge_price import ChargePrice, charge_price
from planner.search.corridor import Sweep, least_detour_s, sweep_trip, width_s
from planner.search.havens import Pool, pool_of, quickest_of_nodes, usable_of
from planner.world import World

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]

USUAL_PRICE = 1.5
"""How many times the best price of a kWh in time is what the last kWh of a stop takes, about. Of 1,
1.5, 2 and 2.5 the one by which trips came out shortest (120 of a fleet in Europe, 30 in China)."""

MOST_SAVED_S = 120.0
"""What a stop saves besides that a search looks at (`planner.search.charge_price`): the more, the
less is known before. Of a hundred places at which one leaves otherwise than one arrives, stops at
some 3 to 11 save more (four towns, ``bench/parted.py``). What is told of the best trip
(`planner.search.gap`) knows of these as well."""


@dataclass(frozen=True, eq=False)
class Trip:
    """A mission on a world, prepared: what its searches share.

    Places are numbered as the snapshot's stations, the waypoints behind them.
    """

    world: World
    mission: Mission
    chargers: Chargers
    bounds: RoadBounds
    sharp: Share
    """What of the energy of its reference is sure for the car."""
    sweeps: list[Sweep]
    prices: ChargePrice
    price_s_per_kwh: float
    """What a kWh counts in bounds: no charging near the way is worth more at that than its stop
    takes, less what it saves besides if that is no more than `MOST_SAVED_S`."""
    usable: Ints
    """Stations of the snapshot that static facts allow and the roads reach."""
    power_kw: F64
    """Shape (stations of the snapshot,): the most that the car takes there, 0 where nothing."""
    pool: Pool
    """Stations that may be fallbacks, whatever the trip leaves out."""
    first_stop: int = -1
    """Station of the snapshot to drive to first of all, -1: any."""
    legs_kept: "dict[tuple[bytes, float], CarLegs]" = field(default_factory=dict)
    """Legs between some of the places, made once for all searches of the trip."""

    def legs_between(self, place_of: Ints, capacity_kwh: float) -> CarLegs:
        """Return the legs between some of the places."""
        key = (place_of.tobytes(), capacity_kwh)
        if key not in self.legs_kept:
            places = self.places.part(place_of)
            self.legs_kept[key] = CarLegs(self.car, places, capacity_kwh)
        return self.legs_kept[key]

    @property
    def car(self) -> CarOnRoads:
        """The car on the region's roads."""
        return self.bounds.legs.car

    @property
    def places(self) -> JoinedPlaces:
        """All places, joined to the roads."""
        return self.bounds.legs.places

    def saved_s(self, stations: Ints) -> F64:
        """Most seconds that a stop saves of bounds where one leaves otherwise than one arrives.

        That is at any price of energy up to what charging it takes. Infinite where it is not known.
        """
        return _saved_s(self.world, self.bounds, self.sharp, stations, self.prices.of_posts)

    @cached_property
    def quickest(self) -> Ints:
        """Of the usable stations the few best at each road node."""
        if not self.mission.exclude_stations:
            return self.pool.chosen.places
        return quickest_of_nodes(self.world.sites, self.power_kw)

    @cached_property
    def least_detour_s(self) -> F64:
        """Extra driving time by each place, on the leg of the trip where it is least."""
        return least_detour_s(self.sweeps)

    @property
    def waypoints(self) -> list[int]:
        """Places of the waypoints, in order."""
        stations = len(self.world.snapshot.stations)
        return [stations + number for number in range(len(self.mission.waypoints))]

    def places_with(self, stations: Ints) -> Ints:
        """List some stations and behind them the waypoints, by their places."""
        return np.concatenate([stations, self.waypoints]).astype(np.intp)

    @property
    def has_route(self) -> bool:
        """Whether roads lead from each waypoint to the next."""
        return all(np.isfinite(sweep.direct_s) for sweep in self.sweeps)

    @property
    def kind(self) -> int:
        """Of the kinds of legs that the roads are prepared for, that which suits charging here."""
        usual = USUAL_PRICE * self.prices.of_posts
        return min(range(THRIFTIEST), key=lambda kind: abs(PRICES_S_PER_KWH[kind] - usual))


def prepare(world: World, mission: Mission, chargers: Chargers, *, first_stop: int = -1) -> Trip:
    """Sweep the roads for a mission and gather the stations that its wallet may use.

    Raises
    ------
    OffNetwork
        A waypoint is too far from the roads.
    """
    snaps = [world.snapper.snap(waypoint.location) for waypoint in mission.waypoints]
    ends = (np.array([s.node for s in snaps], np.int32), np.array([s.distance_m for s in snaps]))
    bounds = world.bounds(mission.vehicle, mission.conditions, *ends)
    pool = pool_of(world, chargers)
    power_kw, usable = _station_power(world, mission, pool), pool.usable
    if mission.exclude_stations:
        usable = usable_of(world.sites, power_kw)
    waypoints = [power_kw.size + number for number in range(len(snaps))]
    sharp = sharp_share_of(bounds.legs.car.terms, world.roads.prepared.terrain)

    prices = charge_price(pool, chargers, bounds, partial(_saved_s, world, bounds, sharp))
    price, sweeps = prices.of_posts, sweep_trip(bounds, waypoints, prices.of_posts, sharp)
    if prices.stations.size:
        near = least_detour_s(sweeps)[prices.stations] <= width_s(sweeps)
        price = prices.for_trips_by(prices.stations[near], MOST_SAVED_S)
        sweeps = sweep_trip(bounds, waypoints, price, sharp)
    return Trip(
        world, mission, chargers, bounds, sharp, sweeps, prices, price,
        usable, power_kw, pool, first_stop,
    )  # fmt: skip


def _saved_s(
    world: World, bounds: RoadBounds, sharp: Share, stations: Ints, price_s_per_kwh: float
) -> F64:
    legs = bounds.legs
    weight = world.sites.parted(legs.car).saved(legs.places.arrive[stations])
    return bounds.most_saved_s(weight, price_s_per_kwh, sharp)


def _station_power(world: World, mission: Mission, pool: Pool) -> F64:
    """Most power at each station's EVSEs that static facts allow, shape (stations,)."""
    if not mission.exclude_stations:
        return pool.power_kw
    best, shut = pool.power_kw.copy(), set(mission.exclude_stations)
    for number, station in enumerate(world.snapshot.stations):
        if station.id in shut:
            best[number] = 0.0
    return best
