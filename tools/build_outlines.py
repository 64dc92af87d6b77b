"""Make data/outlines.geojson.gz, the land and borders under the page's offline map.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/build_outlines.py package

Natural Earth (public domain) as the npm package world-atlas carries it: the world at 1:50,000,000,
Europe and its neighbours at 1:10,000,000. Features have the property ``kind``: ``land``
(MultiPolygon), ``border`` (MultiLineString), ``country`` (Point with ``name`` and ``degrees2``,
the area of its largest part, by which labels can be thinned out).
"""

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from planner.roads.shipped import data_folder

FINE = shapely.box(-12.0, 34.0, 35.0, 72.0)
FINE_TOLERANCE, COARSE_TOLERANCE = 0.004, 0.02


def read_arcs(topology: dict[str, Any]) -> list[np.ndarray]:
    """Return the arcs of a TopoJSON as arrays of degrees."""
    scale, shift = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    return [np.cumsum(arc, axis=0) * scale + shift for arc in topology["arcs"]]


def ring(arcs: list[np.ndarray], numbers: list[int]) -> np.ndarray:
    """Join arcs to a ring; a number below 0 means an arc backwards."""
    parts = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def polygons(arcs: list[np.ndarray], shape: dict[str, Any]) -> list[shapely.Polygon]:
    """Return the polygons of a TopoJSON geometry."""
    groups = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
    made = []
    for rings in groups:
        lines = [ring(arcs, numbers) for numbers in rings]
        lines = [unwrapped(line) for line in lines if len(line) >= 4]
        if lines and abs(lines[0][0, 0] - lines[0][-1, 0]) < 1:
            made += within_the_map(shapely.make_valid(shapely.Polygon(lines[0], lines[1:])))
    return made


def unwrapped(line: np.ndarray) -> np.ndarray:
    """Return a ring without the leaps from 180 to -180 degrees; round a pole it does not close."""
    leaps = np.diff(line[:, 0], prepend=line[0, 0])
    turns = np.cumsum(np.where(leaps > 180, -1, np.where(leaps < -180, 1, 0)))
    return np.stack((line[:, 0] + 360 * turns, line[:, 1]), axis=1)


def within_the_map(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """Cut a shape at the antimeridian and return the parts where the map has them."""
    parts = []
    for shift in (-360, 0, 360):
        moved = shapely.transform(shape, lambda points, by=shift: points + np.array([by, 0]))
        held = shapely.intersection(moved, shapely.box(-180, -85, 180, 85))
        if not held.is_empty:
            parts.append(held)
    return parts


def read(path: Path) -> tuple[shapely.Geometry, shapely.Geometry, list[tuple[str, Any]]]:
    """Return land, borders between countries, and the countries by name."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    arcs = read_arcs(topology)
    countries = topology["objects"]["countries"]["geometries"]
    uses: dict[int, set[int]] = {}
    shapes = []
    for index, shape in enumerate(countries):
        if shape.get("type") not in {"Polygon", "MultiPolygon"}:
            continue
        shapes.append((shape["properties"]["name"], shapely.union_all(polygons(arcs, shape))))
        for number in np.concatenate(
            [np.ravel(part) for group in shape["arcs"] for part in _rings(group)]
        ).astype(int):
            uses.setdefault(int(number if number >= 0 else ~number), set()).add(index)
    shared = [arcs[number] for number, users in uses.items() if len(users) > 1]
    border = shapely.line_merge(shapely.multilinestrings([shapely.linestrings(a) for a in shared]))
    return shapely.union_all([shape for _name, shape in shapes]), border, shapes


def _rings(group: list[Any]) -> list[list[int]]:
    return [group] if isinstance(group[0], int) else group


def both(coarse: shapely.Geometry, fine: shapely.Geometry) -> shapely.Geometry:
    """Return the fine shape inside the box of fine ones and the coarse shape outside."""
    inner = shapely.intersection(shapely.simplify(fine, FINE_TOLERANCE), FINE)
    outer = shapely.difference(shapely.simplify(coarse, COARSE_TOLERANCE), FINE)
    whole = shapely.union_all(shapely.get_parts([inner, outer]))
    rounded = shapely.set_precision(shapely.make_valid(whole), 0.001)
    parts = shapely.get_parts(shapely.get_parts(rounded))
    dimension = shapely.get_dimensions(coarse)
    return _multi(parts[shapely.get_dimensions(parts) == dimension], dimension)


def _multi(parts: np.ndarray, dimension: int) -> shapely.Geometry:
    if dimension == 1:
        return shapely.multilinestrings(parts)
    return shapely.multipolygons(parts)


def feature(kind: str, shape: shapely.Geometry, **more: Any) -> dict[str, Any]:
    """Return a GeoJSON feature with rounded coordinates."""
    text = shapely.to_geojson(shape)
    told = json.loads(text, parse_float=lambda number: round(float(number), 3))
    return {"type": "Feature", "properties": {"kind": kind, **more}, "geometry": told}


def main() -> None:
    """Make the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    parser.add_argument("--out", type=Path, default=data_folder() / "outlines.geojson.gz")
    told = parser.parse_args()
    land, border, countries = read(told.package / "countries-50m.json")
    fine_land, fine_border, _countries = read(told.package / "countries-10m.json")
    features = [
        feature("land", both(land, fine_land)),
        feature("border", both(border, fine_border)),
    ]
    for name, shape in sorted(countries, key=lambda pair: pair[0]):
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        spot = shapely.point_on_surface(largest)
        features.append(feature("country", spot, name=name, degrees2=round(largest.area, 2)))
    whole = {
        "type": "FeatureCollection",
        "attribution": "Made with Natural Earth",
        "features": features,
    }
    raw = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    told.out.write_bytes(gzip.compress(raw, 9, mtime=0))
    print(f"{told.out}: {len(raw):,} bytes, {told.out.stat().st_size:,} compressed")


if __name__ == "__main__":
    main()
