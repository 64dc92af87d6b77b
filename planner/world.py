"""What is known at one moment: a region, a snapshot of its stations, and where they meet.

A world never changes; a newer snapshot makes a new world that shares the region.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.errors import DataMissing
from planner.legs.bounds import RoadBounds
from planner.legs.car import CarOnRoads, JoinedPlaces
from planner.legs.closing import ChangedRoads
from planner.legs.parted import Parted
from planner.legs.prepared import PreparedRoads
from planner.legs.swept import SiteSelections, SweptPlaces
from planner.model.closure import Closure
from planner.model.fleet import PowerShare
from planner.model.plan import WorldNames
from planner.model.station import DEPOT_PARTY
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.chargers import ChargerNames
from planner.roads.closing import Works, put_in_force
from planner.roads.geonames import ATTRIBUTION as PLACES_ATTRIBUTION
from planner.roads.graph import RoadGraph
from planner.roads.near import NearPoints
from planner.roads.places import Places
from planner.roads.region import list_regions, open_region
from planner.roads.snap import Snapper
from planner.settings import Settings
from planner.store.snapshot import Snapshot
from planner.store.store import Store
from planner.store.throttling import throttled

SAME_SITE_M = 300.0
"""Stations nearer than this to each other are one site: what closes one may close the other."""

KEPT_CARS = 16
"""Cars and days of which each thread keeps what it has learned of roads, some 10 to 40 MB each."""


KEPT_WORKS = 4
"""Sets of closures and of kinds of roads to avoid, each with metrics of its own, that are kept at a
time: now, and another day, each for those who avoid something and those who do not."""


KEPT_SHARES = 4
"""Sets of shares of depots' power whose worlds are kept at a time."""


Hindrance = tuple[tuple[Closure, ...], tuple[str, ...]]
"""Closures in force, and kinds of roads that are avoided."""


@dataclass(frozen=True, eq=False)
class RoadSide:
    """The parts of a world that only a region makes: shared by all worlds on it.

    Where closures are in force or roads are avoided, ``works`` are these, ``usual`` the roads
    without them, and ``graph`` the changed one.
    """

    graph: RoadGraph
    snapper: Snapper
    usual: "RoadSide | None" = None
    works: Works | None = None
    kept_cars: int = KEPT_CARS
    _under: "list[tuple[Hindrance, RoadSide]]" = field(default_factory=list, repr=False)
    _changing: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _threads: threading.local = field(default_factory=threading.local, repr=False)

    @classmethod
    def of(cls, graph: RoadGraph, kept_cars: int = KEPT_CARS) -> "RoadSide":
        """Make the indexes of a region."""
        return cls(graph, Snapper(graph), kept_cars=kept_cars)

    def under(self, closures: tuple[Closure, ...], avoid: tuple[str, ...] = ()) -> "RoadSide":
        """Return these roads with closures in force, or some kinds avoided; the last are kept."""
        with self._changing:
            asked = (closures, avoid)
            place = next((n for n, known in enumerate(self._under) if known[0] == asked), None)
            if place is None:
                works = put_in_force(self.graph, closures, avoid)
                made = RoadSide(works.changed.graph, self.snapper, self, works, self.kept_cars)
                self._under.insert(0, (asked, made))
                del self._under[KEPT_WORKS:]
            else:
                self._under.insert(0, self._under.pop(place))
            return self._under[0][1]

    def sites(self, usual: "Sites") -> "Sites":
        """Return the sites of the usual roads as they stand on these, the same for the same."""
        with self._changing:
            known: tuple[Sites, Sites] | None = self.__dict__.get("_sites")
            if known is None or known[0] is not usual:
                known = (usual, Sites(self.graph, usual.node, usual.distance_m))
                self.__dict__["_sites"] = known
            return known[1]

    @cached_property
    def prepared(self) -> PreparedRoads | ChangedRoads:
        """The roads prepared for legs, opened (or made) when first asked for."""
        if self.usual is not None and self.works is not None:
            usual = self.usual.prepared
            assert isinstance(usual, PreparedRoads)
            return ChangedRoads(usual, self.works.changed)
        return PreparedRoads.of(self.graph)

    @cached_property
    def places(self) -> Places:
        """Places of the region by name, opened when first asked for."""
        return Places.of(self.graph) if self.usual is None else self.usual.places

    @cached_property
    def charger_names(self) -> ChargerNames:
        """Stations by name, of the snapshot that was last asked about."""
        return ChargerNames() if self.usual is None else self.usual.charger_names

    def car(self, vehicle: Vehicle, conditions: Conditions, sites: "Sites") -> CarOnRoads:
        """Put a car on the roads; each thread keeps the last few, and what they have learned."""
        kept: OrderedDict[tuple[Vehicle, Conditions], tuple[Sites, CarOnRoads]]
        kept = self._threads.__dict__.setdefault("cars", OrderedDict())
        key = (vehicle, conditions)
        known = kept.pop(key, None)
        if known is None or known[0] is not sites:
            known = (sites, self.prepared.car(vehicle, conditions, sites.nodes))
        kept[key] = known
        while len(kept) > self.kept_cars:
            kept.popitem(last=False)
        return known[1]


@dataclass(eq=False)
class Sites:
    """Where the stations of a snapshot are on the roads: the same for all wallets and cars.

    ``node`` (-1: too far from the roads) and ``distance_m`` have the shape (stations,).
    """

    graph: RoadGraph
    node: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    _selections: dict[int, SiteSelections] = field(default_factory=dict)
    _parted: dict[int, Parted] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> NDArray[np.int32]:
        """All nodes where drives to stations end or drives from them begin."""
        arrive = np.unique(self.node[self.node >= 0])
        return np.union1d(arrive, self.graph.leaves_from[arrive]).astype(np.int32)

    @cached_property
    def by_node(self) -> NDArray[np.intp]:
        """The stations on the roads, node by node, those at one node the nearest to it first."""
        joined = np.flatnonzero(self.node >= 0)
        return joined[np.lexsort((self.distance_m[joined], self.node[joined]))]

    def joined(self, node: NDArray[np.int32], distance_m: NDArray[np.float64]) -> JoinedPlaces:
        """Join the stations and some more points; stations too far away stand anywhere."""
        own, more = self._places, JoinedPlaces.at(self.graph, node, distance_m)
        return JoinedPlaces(
            np.concatenate((own.arrive, more.arrive)),
            np.concatenate((own.depart, more.depart)),
            np.concatenate((own.distance_m, more.distance_m)),
        )

    @cached_property
    def _places(self) -> JoinedPlaces:
        distance_m = np.where(self.node >= 0, self.distance_m, 0.0)
        return JoinedPlaces.at(self.graph, np.maximum(self.node, 0), distance_m)

    def selections(self, car: CarOnRoads) -> SiteSelections:
        """Give the selections of the stations' nodes under the metrics of a car's reference."""
        metrics = tuple(labels.metric for labels in car.labels)
        key = id(metrics[0])
        if key not in self._selections:
            arrive = np.maximum(self.node, 0)
            self._selections[key] = SiteSelections(metrics, arrive, self.graph.leaves_from[arrive])
        return self._selections[key]

    def parted(self, car: CarOnRoads) -> Parted:
        """Tell what stops save of the least weights under the metrics of a car's reference."""
        metrics = tuple(labels.metric for labels in car.labels)
        return self._parted.setdefault(id(metrics[0]), Parted(self.graph, metrics))


@dataclass(frozen=True, eq=False)
class World:
    """A region and a snapshot, named by their hash.

    Which closures count depends on when a trip is made: `during` gives the world for one, with
    ``usual`` the world that it was made from.
    """

    roads: RoadSide
    snapshot: Snapshot
    usual: "World | None" = None

    @classmethod
    def open(cls, settings: Settings, region: str | None = None) -> "World":
        """Open the region and the newest snapshot of an installation.

        Raises
        ------
        DataMissing
            Where there is no region, or several and none was chosen.
        """
        store = Store.open(settings.database, settings.home / "secret.key")
        try:
            return cls.over(store.snapshot(), settings, region)
        finally:
            store.close()

    @classmethod
    def over(cls, snapshot: Snapshot, settings: Settings, region: str | None = None) -> "World":
        """Put a snapshot on the region of an installation; raises what `open` does."""
        graph = open_region(settings.regions, choose_region(settings, region))
        return cls(RoadSide.of(graph), snapshot)

    def renewed(self, snapshot: Snapshot) -> "World":
        """Return the world with a newer snapshot; where no station moved, the joins are kept."""
        newer, here, there = replace(self, snapshot=snapshot), self.snapshot, snapshot
        # A store hands on the very same columns as long as no station comes, goes or moves.
        if there.static_hash == here.static_hash or (
            there.lon is here.lon and there.lat is here.lat
        ):
            for name in ("sites", "station_points"):
                if name in self.__dict__:
                    newer.__dict__[name] = self.__dict__[name]
        return newer

    def during(
        self,
        departure: float,
        avoid: tuple[str, ...] = (),
        shares: tuple[PowerShare, ...] = (),
    ) -> "World":
        """Return the world for a trip that departs then: with the closures that are in force.

        Roads to ``avoid`` (`planner.model.mission.AVOIDABLE`) are closed as well. The same closures
        give the same roads until others push them out; where none is in force and nothing is
        avoided, it is the usual world. Where the fleet leaves a trip but ``shares`` of its depots'
        power, they give no more.
        """
        usual = self.usual or self
        if shares:
            return usual.sharing(shares).during(departure, avoid)
        closures = tuple(c for c in self.snapshot.closures if c.is_in_force(departure))
        if not closures and not avoid:
            return usual
        roads = usual.roads.under(closures, avoid)
        if roads is self.roads:
            return self
        changed = replace(usual, roads=roads, usual=usual)
        changed.__dict__["sites"] = roads.sites(usual.sites)
        changed.__dict__["station_points"] = usual.station_points
        return changed

    def sharing(self, shares: tuple[PowerShare, ...]) -> "World":
        """Return the world whose depots give no more than these shares; the last are kept."""
        kept: OrderedDict[tuple[PowerShare, ...], World] = self._shared
        there = kept.pop(shares, None)
        if there is None:
            least = {
                self._depots[share.station_id]: share.power_kw
                for share in shares
                if share.station_id in self._depots
            }
            there = replace(self, snapshot=throttled(self.snapshot, least))
            there.__dict__["sites"] = self.sites
            there.__dict__["station_points"] = self.station_points
        kept[shares] = there
        while len(kept) > KEPT_SHARES:
            kept.popitem(last=False)
        return there

    @cached_property
    def _depots(self) -> dict[str, int]:
        """Numbers of the fleet's own depots, by their ids."""
        stations = enumerate(self.snapshot.stations)
        return {station.id: number for number, station in stations if station.party == DEPOT_PARTY}

    @cached_property
    def _shared(self) -> "OrderedDict[tuple[PowerShare, ...], World]":
        return OrderedDict()

    @property
    def works(self) -> Works | None:
        """The closures in force and roads avoided; None in the usual world."""
        return self.roads.works

    @property
    def region(self) -> RoadGraph:
        """The road graph."""
        return self.roads.graph

    @property
    def places(self) -> Places:
        """Places by name, charging stations among them."""
        names, snapshot = self.roads.charger_names, self.snapshot
        return self.roads.places.beside(lambda: names.at(snapshot.static_hash, snapshot.stations))

    @property
    def snapper(self) -> Snapper:
        """From points to road nodes."""
        return self.roads.snapper

    @cached_property
    def hash(self) -> str:
        """Name of the world: of region and snapshot together, and the closures in force."""
        text = f"{self._map.hash}|{self.snapshot.hash}"
        if self.works is not None and self.works.hash:
            text += f"|{self.works.hash}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def sites(self) -> Sites:
        """Where the stations are on the roads."""
        node, distance_m = self.snapper.snap_many(self.snapshot.lon, self.snapshot.lat)
        return Sites(self.region, node, distance_m)

    @property
    def station_nodes(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Road node (-1: too far) and straight distance in metres of each station."""
        return self.sites.node, self.sites.distance_m

    def bounds(
        self,
        vehicle: Vehicle,
        conditions: Conditions,
        node: NDArray[np.int32],
        distance_m: NDArray[np.float64],
    ) -> RoadBounds:
        """Bound what roads can do for a car between all stations and the given points.

        Places are numbered as the snapshot's stations, the points behind them.
        """
        car = self.roads.car(vehicle, conditions, self.sites)
        places = self.sites.joined(node, distance_m)
        return RoadBounds(SweptPlaces(car, places, self.sites.selections(car)))

    @cached_property
    def station_points(self) -> NearPoints:
        """Stations on the sphere, for the question of what is near."""
        return NearPoints.at(self.snapshot.lon, self.snapshot.lat)

    def stations_near(self, station: int, radius_m: float = SAME_SITE_M) -> NDArray[np.intp]:
        """Stations within a distance of one, itself included, in their order."""
        return self.station_points.near(station, radius_m)

    def at_site_of(self, stations: NDArray[np.intp]) -> list[list[int]]:
        """List of each of these the stations at its site, itself included."""
        return self.station_points.near_each(stations, SAME_SITE_M)

    @cached_property
    def names(self) -> WorldNames:
        """Hashes and times, as every plan carries them."""
        synced = [feed.last_sync for feed in self.snapshot.feeds.values() if feed.last_sync]
        return WorldNames(
            hash=self.hash,
            region=self.region.name,
            region_hash=self._map.hash,
            region_as_of=self.region.as_of,
            feeds=self.snapshot.hash,
            feeds_as_of=min(synced) if synced else None,
            agreements=self.snapshot.agreements_hash,
            attribution=self._attribution(),
            closures="" if self.works is None else self.works.hash,
        )

    def _attribution(self) -> tuple[str, ...]:
        """Whom the licences of roads, names of places and stations want named."""
        feeds = [self.snapshot.feeds[name].attribution for name in sorted(self.snapshot.feeds)]
        named = (self.region.attribution, PLACES_ATTRIBUTION, *feeds)
        return tuple(dict.fromkeys(said for said in named if said))

    @property
    def _map(self) -> RoadGraph:
        """The region as it was built."""
        return self.region if self.usual is None else self.usual.region


def choose_region(settings: Settings, region: str | None = None) -> str:
    """Return the region to use: the one asked for, the one set, or the only one there is."""
    wanted = region or settings.region
    if wanted:
        return wanted
    names = [info.name for info in list_regions(settings.regions)]
    if len(names) == 1:
        return names[0]
    if not names:
        raise DataMissing(
            "there is no region yet",
            place=str(settings.regions),
            remedy="Make one with `plugsure region build NAME --osm FILE`",
        )
    raise DataMissing(
        f"there are several regions: {', '.join(sorted(names))}",
        place=str(settings.regions),
        remedy="Choose one with --region or PLUGSURE_REGION",
    )
