"""Streets of a road graph: one entry for each name and settlement, with the edges that carry it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from planner.model.geo import EARTH_RADIUS_M, BBox, LonLat
from planner.roads.classes import CLASS_INDEX, CLASSES
from planner.roads.gazetteer import Entry
from planner.roads.graph import RoadGraph
from planner.roads.names import name_and_ref
from planner.roads.settlements import Domains
from planner.roads.spelling import fold

_METRES_A_DEGREE = EARTH_RADIUS_M * radians(1.0)

_WEIGHT = {
    "motorway": 0.5, "trunk": 0.6, "primary": 0.6, "secondary": 0.5, "tertiary": 0.4,
    "pedestrian": 0.4, "unclassified": 0.3, "residential": 0.3, "living_street": 0.3,
}  # fmt: skip
_LEAST_WEIGHT, _PER_LENGTH = 1.0, 0.15
"""A street weighs as much as a hamlet at most. Source: chosen by hand."""


@dataclass(frozen=True)
class _Named:
    """Edges with a name, one of each two directions, in order of settlement and name."""

    edge: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    name: NDArray[np.int64]
    settlement: NDArray[np.int64]


def street_entries(
    graph: RoadGraph, domains: Domains, aliases: Mapping[str, tuple[str, ...]]
) -> Iterator[Entry]:
    """Yield the streets of a region in their order; ``aliases`` are other names by name.

    A country has millions: each is made when it is asked for. A road that has a number only, and a
    ferry, is none.
    """
    texts, of_label = _names(graph)
    named = _named_edges(graph, of_label, domains)
    if not len(named.edge):
        return
    fresh = (np.diff(named.settlement) != 0) | (np.diff(named.name) != 0)
    first = np.concatenate(([0], np.flatnonzero(fresh) + 1))
    ends = np.append(first[1:], len(named.edge))
    middle = _middles(named, first)
    boxes = _boxes(graph, named, first)
    weight = _weights(graph, named, first)
    towns = [(town.name, town.country) for town in domains.settlements] + [("", "")]
    for street in _ordered(weight, texts, named, first, middle).tolist():
        begin, end = int(first[street]), int(ends[street])
        name = texts[named.name[begin]]
        town, country = towns[named.settlement[begin]]
        at = middle[street]
        yield Entry(
            name=name,
            kind="street",
            country=country,
            within=town,
            location=LonLat(float(named.lon[at]), float(named.lat[at])),
            weight=float(weight[street]),
            aliases=aliases.get(name, ()),
            roads=named.edge[begin:end].astype("<i4").tobytes(),
            box=BBox(*boxes[street].tolist()),
        )


def _weights(graph: RoadGraph, named: _Named, first: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how much each street weighs: by its class of road and its length."""
    metres = np.add.reduceat(graph.length_m[named.edge].astype(float), first)
    kinds = np.array([_WEIGHT.get(word.removesuffix("_link"), 0.0) for word in CLASSES])
    rank = np.maximum.reduceat(kinds[graph.road_class[named.edge]], first)
    return np.asarray(
        _LEAST_WEIGHT + rank + _PER_LENGTH * np.log10(np.maximum(metres, 1.0) / 100 + 1.0)
    )


def _ordered(
    weight: NDArray[np.float64],
    texts: list[str],
    named: _Named,
    first: NDArray[np.int64],
    middle: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the streets in the order of `planner.roads.gazetteer.order_of`."""
    place = np.empty(len(texts), np.int64)
    place[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    keys = (named.lat[middle], named.lon[middle], place[named.name[first]], -weight)
    return np.asarray(np.lexsort(keys), np.int64)


def nearest_of(
    graph: RoadGraph, streets: "list[tuple[int, bytes]]", point: LonLat, within_m: float
) -> tuple[int, float] | None:
    """Return the number of the street that passes nearest to a point, and its distance in metres.

    Of streets equally near the first. None where none passes within ``within_m``.
    """
    if not streets:
        return None
    edges = [np.frombuffer(roads, "<i4") for _number, roads in streets]
    points, of = graph.lines(np.concatenate(edges))
    away_m = _distances_m(points, of, point)
    best = int(np.argmin(away_m))
    if away_m[best] > within_m:
        return None
    ends = np.cumsum([len(some) for some in edges])
    return streets[int(np.searchsorted(ends, of[best], side="right"))][0], float(away_m[best])


def degrees_around(point: LonLat, metres: float) -> tuple[float, float]:
    """Return how many degrees of longitude and latitude so many metres are at a point."""
    lat = metres / _METRES_A_DEGREE
    return lat / max(cos(radians(point.lat)), 0.01), lat


def _distances_m(
    points: NDArray[np.float64], of: NDArray[np.int64], point: LonLat
) -> NDArray[np.float64]:
    """Return the distance of each line section (from one point to the next) from a point."""
    scale = np.array([cos(radians(point.lat)), 1.0]) * _METRES_A_DEGREE
    flat = (points - np.array(point)) * scale
    begin, end = flat[:-1], flat[1:]
    along = end - begin
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(-(begin * along).sum(axis=1) / length, 0.0, 1.0)
    foot = begin + share[:, None] * along
    away = np.hypot(foot[:, 0], foot[:, 1])
    away[of[1:] != of[:-1]] = np.inf
    return np.asarray(away)


def _names(graph: RoadGraph) -> tuple[list[str], NDArray[np.int64]]:
    """Return the names without numbers, and the index of each label's; 0 is none.

    Names that differ by case, accents or punctuation only are one, as spelled first.
    """
    raw = graph.name_utf8.tobytes()
    spans = zip(graph.name_first[:-1].tolist(), graph.name_first[1:].tolist(), strict=True)
    texts, known = [""], {"": 0}
    index = []
    for begin, end in spans:
        name, _ref = name_and_ref(raw[begin:end].decode("utf-8"))
        key = fold(name)
        if key not in known:
            known[key] = len(texts)
            texts.append(name)
        index.append(known[key])
    return texts, np.array(index, np.int64)


def _named_edges(graph: RoadGraph, of_label: NDArray[np.int64], domains: Domains) -> _Named:
    name = of_label[graph.name_of]
    edge = np.flatnonzero((name > 0) & (graph.road_class != CLASS_INDEX["ferry"]))
    tail, head = graph.tail[edge], graph.head[edge]
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    shape = np.abs(graph.shape_of[edge])
    order = np.lexsort((edge, name[edge], shape, high, low))
    again = np.ones(len(order), np.bool_)
    for values in (low, high, shape, name[edge]):
        again[1:] &= np.diff(values[order]) == 0
    again[:1] = False
    edge = np.sort(edge[order[~again]])
    lon = (graph.lon[graph.tail[edge]] + graph.lon[graph.head[edge]]) / 2
    lat = (graph.lat[graph.tail[edge]] + graph.lat[graph.head[edge]]) / 2
    settlement = domains.settlement_of(lon, lat)
    order = np.lexsort((edge, name[edge], settlement))
    return _Named(edge[order], lon[order], lat[order], name[edge[order]], settlement[order])


def _middles(named: _Named, first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the position of each street's edge that is the nearest to the mean of its edges."""
    counts = np.diff(np.append(first, len(named.edge)))
    street = np.repeat(np.arange(len(first)), counts)
    lon, lat = (np.add.reduceat(values, first) / counts for values in (named.lon, named.lat))
    away = (named.lon - lon[street]) ** 2 + (named.lat - lat[street]) ** 2
    order = np.lexsort((away, street))
    return np.asarray(order[first], np.int64)


def _boxes(graph: RoadGraph, named: _Named, first: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a box around each street, shape (streets, 4): west, south, east, north.

    No point of an edge is farther from one of its ends than half its length.
    """
    ends = np.stack((graph.tail[named.edge], graph.head[named.edge]))
    lon, lat = graph.lon[ends], graph.lat[ends]
    more = graph.length_m[named.edge].astype(float) / 2 / _METRES_A_DEGREE
    wide = more / np.maximum(np.cos(np.radians(lat[0])), 0.01)
    return np.stack(
        (
            np.minimum.reduceat(lon.min(axis=0) - wide, first),
            np.minimum.reduceat(lat.min(axis=0) - more, first),
            np.maximum.reduceat(lon.max(axis=0) + wide, first),
            np.maximum.reduceat(lat.max(axis=0) + more, first),
        ),
        axis=1,
    )
