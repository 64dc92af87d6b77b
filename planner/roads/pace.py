"""How roads are driven where no sign tells: slower within towns, and giving way at junctions.

Works on the edges of a draft, by whole arrays, and looks only at where roads lie and which class
they have; so it does not mind nodes that were doubled for turn restrictions.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.roads.classes import CLASS_INDEX, CLASSES, SPEED_SOURCES
from planner.roads.draft import Draft
from planner.roads.graph import E7
from planner.roads.speeds import HIGHEST_KMH, TOWN_SPEED_KMH

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
BOOL = NDArray[np.bool_]

TOWN_KM_PER_KM2 = 8.0
"""Streets in a square kilometre from which on a place is a town.

Source: fitted to signs on four extracts of OpenStreetMap. Of primary to unclassified roads signed
50 km/h or less this share of the length lies in such places, and of those signed 70 or more that:
Rhein-Neckar 56 % and 11 %, Porto 61 % and 35 % (of 43 km), Andorra 40 % and 28 % (of 28 km), the
Chinese extract, where few streets are mapped, 33 % and 3 %. It errs towards the open country.
"""

_STREETS_FROM = 2
"""Motorways and trunk roads are no streets."""

_CELL_M = 250.0
_ROW = 1 << 32
_AROUND = tuple(row * _ROW + column for row in (-1, 0, 1) for column in (-1, 0, 1))
"""Streets are counted in three by three squares of this side."""

GIVE_WAY_S = 5.0
"""Delay where a road of a higher class goes through. Source: Highway Capacity Manual 2000,
two-way stop control: level of service A is up to 10 s a vehicle; half of that on average."""

GIVE_RIGHT_S = 1.0
"""Delay at a crossing of two streets of the same low class. Source: assumed: slowing from 30 to
15 km/h over 20 m and back takes some 2 s, on half of the arms."""

JUNCTION_M = 50.0
"""Nodes nearer than this along a road are of one junction, at which one waits once. Source:
assumed: wider than the two carriageways of a street and the way between them."""

_RANK = {
    "motorway": 0, "trunk": 1, "primary": 2, "secondary": 3, "tertiary": 4, "unclassified": 5,
    "road": 5, "residential": 6, "living_street": 7, "service": 8, "track": 9, "pedestrian": 9,
    "busway": 9,
}  # fmt: skip
_TRUNK, _LOW, _STREET, _LEAST = 1, 5, 7, 10
"""The last class that is joined from slip roads without waiting; the first where those on the right
go first; the last that makes a crossing; less than any."""

_SLIP_RANK = 5
"""A slip road gives way as an unclassified road does."""

_ARMS = 3
_M_PER_DEGREE = 111_195.0


def paced(draft: Draft) -> Draft:
    """Return the draft with the speeds of towns, and with delays at junctions without lights."""
    place = _places(draft)
    waiting_s = draft.duration_s - draft.length_m / draft.speed_kmh * 3.6
    speed_kmh = np.minimum(draft.speed_kmh, _most_kmh(draft, place))
    waiting_s = np.maximum(waiting_s, _giving_way_s(draft, place))
    waiting_s = np.where(_waited_before(draft, place, waiting_s), 0.0, waiting_s)
    duration_s = draft.length_m / speed_kmh * 3.6 + waiting_s
    return replace(draft, speed_kmh=speed_kmh, duration_s=duration_s)


def _places(draft: Draft) -> I64:
    """Give nodes at one point one number, shape (nodes,)."""
    lon, lat = np.rint(draft.lon / E7).astype(np.int64), np.rint(draft.lat / E7).astype(np.int64)
    _, place = np.unique(lon * 4_000_000_000 + lat, return_inverse=True)
    return np.asarray(place, np.int64)


def _most_kmh(draft: Draft, place: I64) -> F64:
    """Return the most that is driven on each edge: a town's speed where none is signed."""
    by_class = np.array([TOWN_SPEED_KMH.get(word, HIGHEST_KMH) for word in CLASSES])
    unsigned = draft.speed_from == SPEED_SOURCES.index("class")
    return np.where(unsigned & _in_town(draft, place), by_class[draft.road_class], HIGHEST_KMH)


def in_town(draft: Draft) -> BOOL:
    """Mark edges, shape (edges,), with at least `TOWN_KM_PER_KM2` of streets around them."""
    return _in_town(draft, _places(draft))


def _in_town(draft: Draft, place: I64) -> BOOL:
    lon = (draft.lon[draft.tail] + draft.lon[draft.head]) / 2
    lat = (draft.lat[draft.tail] + draft.lat[draft.head]) / 2
    narrow = np.cos(np.radians(np.median(lat))) if len(lat) else 1.0
    row = np.floor(lat * (_M_PER_DEGREE / _CELL_M)).astype(np.int64)
    column = np.floor(lon * (_M_PER_DEGREE * narrow / _CELL_M)).astype(np.int64)
    cells, cell = np.unique(row * _ROW + column, return_inverse=True)
    street = _ranks()[draft.road_class] >= _STREETS_FROM
    street &= draft.road_class != CLASS_INDEX["ferry"]
    metres = np.bincount(cell, np.where(street, draft.length_m * _once(draft, place), 0.0))
    around_m = np.zeros(len(cells))
    for step in _AROUND:
        at = np.searchsorted(cells, cells + step).clip(max=len(cells) - 1)
        around_m += np.where(cells[at] == cells + step, metres[at], 0.0)
    true = np.cos(np.radians(lat)) / narrow
    km2 = 9 * (_CELL_M / 1000) ** 2 * true
    return np.asarray(around_m[cell] / 1000 >= TOWN_KM_PER_KM2 * km2, np.bool_)


def _once(draft: Draft, place: I64) -> F64:
    """Return the share of each edge in the edges between its two places, so that they make one."""
    _, pair, count = np.unique(_pairs(draft, place), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[pair], np.float64)


def _pairs(draft: Draft, place: I64) -> I64:
    a, b = place[draft.tail], place[draft.head]
    return np.minimum(a, b) * (int(place.max(initial=0)) + 1) + np.maximum(a, b)


def _giving_way_s(draft: Draft, place: I64) -> F64:
    """Return the delay at the end of each edge where another road goes first."""
    rank = _ranks()[draft.road_class]
    slip = _slips()[draft.road_class]
    sea = draft.road_class == CLASS_INDEX["ferry"]
    places = int(place.max(initial=-1)) + 1
    best = np.full(places, _LEAST)
    for end in (draft.tail, draft.head):
        np.minimum.at(best, place[end], np.where(slip | sea, _LEAST, rank))
    first = best[place[draft.head]]
    crossing = _arms(draft, place, ~sea)[place[draft.head]] >= _ARMS
    street = _arms(draft, place, ~sea & (rank <= _STREET))[place[draft.head]] >= _ARMS
    merging = slip & (first <= _TRUNK)
    gives_way = crossing & (first < rank) & ~merging & (rank > _TRUNK) & ~sea
    gives_right = street & (first == rank) & (rank >= _LOW) & (rank <= _STREET) & ~slip
    return np.where(gives_way, GIVE_WAY_S, np.where(gives_right, GIVE_RIGHT_S, 0.0))


def _waited_before(draft: Draft, place: I64, waiting_s: F64) -> BOOL:
    """Mark edges within a junction of several nodes: one has waited as long where they begin."""
    on_land = draft.road_class != CLASS_INDEX["ferry"]
    before_s = np.zeros(int(place.max(initial=-1)) + 1)
    long = draft.length_m >= JUNCTION_M
    np.maximum.at(before_s, place[draft.head], np.where(long & on_land, waiting_s, 0.0))
    return np.asarray(on_land & ~long & (before_s[place[draft.tail]] >= waiting_s), np.bool_)


def _arms(draft: Draft, place: I64, counted: BOOL) -> I64:
    """Count the places that each place has edges to or from, of those edges that are counted."""
    places = int(place.max(initial=-1)) + 1
    pairs, _counts = np.unique(_pairs(draft, place)[counted], return_counts=True)  # by sorting
    ends = np.concatenate((pairs // max(places, 1), pairs % max(places, 1)))
    return np.bincount(ends, minlength=places).astype(np.int64)


def _ranks() -> I64:
    """Return who goes first, by class: the lesser number."""
    return np.array(
        [_SLIP_RANK if word.endswith("_link") else _RANK.get(word, _LEAST) for word in CLASSES]
    )


def _slips() -> BOOL:
    return np.array([word.endswith("_link") for word in CLASSES])
