"""RoadGraph: a road network as flat read-only arrays, memory-mapped and shared by all processes.

Edges are directed and stand in order of their tail (CSR); nodes are junctions, ends of roads and
points along them. Along every edge ``climb_m - descent_m`` is the difference of its ends' heights,
so that heights are a potential of the climbs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from planner.errors import RegionDamaged
from planner.model.geo import BBox
from planner.roads import names, shapes
from planner.roads.parts import read_manifest, verify_part, write_parts
from planner.roads.seals import mark_files, read_sealed, set_seal

TOOL = "plugsure 0.1.0"
E7 = shapes.E7


class Flag(IntFlag):
    """What is so along the whole of an edge: bits of ``RoadGraph.flags``.

    A virtual edge leads from one node of a place to another and takes neither way nor time. Closed
    are edges in copies of a region only, see `planner.roads.closing`.
    """

    TOLL = 1
    FERRY = 2
    MOTORWAY = 4
    BRIDGE_OR_TUNNEL = 8
    VIRTUAL = 16
    CLOSED = 32


PARTS: dict[str, tuple[str, str]] = {
    "lon": ("<f8", "n"),
    "lat": ("<f8", "n"),
    "ele_m": ("<f4", "n"),
    "first_out": ("<i4", "n+1"),
    "head": ("<i4", "m"),
    "tail": ("<i4", "m"),
    "first_in": ("<i4", "n+1"),
    "in_edge": ("<i4", "m"),
    "length_m": ("<f4", "m"),
    "speed_kmh": ("<f4", "m"),
    "climb_m": ("<f4", "m"),
    "descent_m": ("<f4", "m"),
    "flags": ("|u1", "m"),
    "duration_s": ("<f4", "m"),
    "component_ok": ("|b1", "n"),
    "road_class": ("|u1", "m"),
    "speed_from": ("|u1", "m"),
    "shape_of": ("<i4", "m"),
    "shape_first": ("<u4", "shapes+1"),
    "shape_steps": ("|u1", "bytes"),
    "name_of": ("<i4", "m"),
    "name_first": ("<i8", "names+1"),
    "name_utf8": ("|u1", "bytes"),
    "leaves_from": ("<i4", "n"),
    "report_kind": ("|u1", "reports"),
    "report_id": ("<i8", "reports"),
}
"""The arrays of a region: dtype and shape, n nodes, m edges."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadGraph:
    """A road network of n nodes and m directed edges.

    Attributes
    ----------
    name, hash, as_of, attribution : str
        The region's name; a hash of all its arrays; the date of its source (ISO 8601, or empty
        where the source does not tell); who is to be named beside every use of it.
    notes : tuple of str
        What the network ignores or assumes, in sentences for users.
    source : str
        Names of the files or packages it was made from.
    max_snap_m : float
        A point farther than this from every node is off the network.
    has_elevation : bool
        Whether ``ele_m``, ``climb_m`` and ``descent_m`` were told by a source; else they are 0.
    lon, lat : float64[n]
        Degrees.
    ele_m : float32[n]
        Metres above sea level.
    first_out : int32[n + 1]
        Edges of node v are ``first_out[v]`` up to ``first_out[v + 1]``.
    tail, head : int32[m]
        Nodes.
    first_in, in_edge : int32[n + 1], int32[m]
        Ids of the edges into node v are ``in_edge[first_in[v]:first_in[v + 1]]``.
    length_m, climb_m, descent_m : float32[m]
        Metres; climb and descent are not negative.
    speed_kmh : float32[m]
        Speed that is driven where nothing hinders, within the law.
    duration_s : float32[m]
        Driving time of a car at that speed with the delay at the edge's end, if any.
    flags : uint8[m]
        Bits of `Flag`.
    component_ok : bool[n]
        Whether drives may end at the node, one gets there from the largest strongly connected
        component, and from its ``leaves_from`` back into it.
    road_class : uint8[m]
        Index in `planner.roads.classes.CLASSES`.
    speed_from : uint8[m]
        Index in `planner.roads.classes.SPEED_SOURCES`: where the speed is from.
    shape_of, shape_first, shape_steps : int32[m], uint32[shapes + 1], uint8[bytes]
        Points between an edge's ends: shape ``shape_of - 1``, or ``-shape_of - 1`` reversed,
        0 for a straight edge; packed as `planner.roads.shapes` tells.
    name_of, name_first, name_utf8 : int32[m], int64[names + 1], uint8[bytes]
        Index in the table of labels (0 is no name), and that table as UTF-8; a label holds name
        and number as `planner.roads.names` tells.
    leaves_from : int32[n]
        The node from which a drive on from there starts. A place that has turn restrictions, or
        that one may only arrive at, has several nodes: one where drives end, one where they begin
        and one for each way of coming there that restricts the way on. Of all of these it is the
        one where drives begin; elsewhere it is the node itself.
    report_kind, report_id : uint8[k], int64[k]
        What of the map was not taken over; see `planner.roads.reports`.
    folder : Path or None
        Where it was opened from.
    """

    name: str
    hash: str
    as_of: str
    attribution: str
    notes: tuple[str, ...]
    source: str
    max_snap_m: float
    has_elevation: bool
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ele_m: NDArray[np.float32]
    first_out: NDArray[np.int32]
    head: NDArray[np.int32]
    tail: NDArray[np.int32]
    first_in: NDArray[np.int32]
    in_edge: NDArray[np.int32]
    length_m: NDArray[np.float32]
    speed_kmh: NDArray[np.float32]
    climb_m: NDArray[np.float32]
    descent_m: NDArray[np.float32]
    flags: NDArray[np.uint8]
    duration_s: NDArray[np.float32]
    component_ok: NDArray[np.bool_]
    road_class: NDArray[np.uint8]
    speed_from: NDArray[np.uint8]
    shape_of: NDArray[np.int32]
    shape_first: NDArray[np.uint32]
    shape_steps: NDArray[np.uint8]
    name_of: NDArray[np.int32]
    name_first: NDArray[np.int64]
    name_utf8: NDArray[np.uint8]
    leaves_from: NDArray[np.int32]
    report_kind: NDArray[np.uint8]
    report_id: NDArray[np.int64]
    folder: Path | None = None

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map a saved region; reads the manifest only, values when they are used.

        Where a file was written to, or copied, since its values were known to be right, all are
        read once; see `planner.roads.seals`.

        Raises
        ------
        RegionDamaged
            A part is missing, cut, of another type than the manifest says, or was changed; names
            it.
        """
        manifest, found = read_sealed(folder, PARTS)
        arrays: dict[str, Any] = found
        for name, (dtype, _shape) in PARTS.items():
            if arrays[name].dtype.str != dtype:
                raise RegionDamaged(
                    f"the part holds {arrays[name].dtype.str} instead of {dtype}",
                    place=str(folder / f"{name}.npy"),
                    remedy="Build the region again with `plugsure region build`",
                )
        facts: dict[str, Any] = {key: manifest[key] for key in _FACTS}
        facts["notes"] = tuple(facts["notes"])
        return cls(**facts, **arrays, folder=folder)

    def save(self, folder: Path, beside: Callable[[Path], object] | None = None) -> None:
        """Write all parts and the manifest in one atomic step, replacing what was there.

        ``beside`` is called with the new folder before it takes its place, to add files.
        """
        facts: dict[str, Any] = {key: getattr(self, key) for key in _FACTS}
        facts |= {"tool": TOOL, "counts": self.counts(), "bbox": list(self.bbox)}
        write_parts(folder, self.arrays(), facts, beside)
        manifest = read_manifest(folder)
        set_seal(folder, manifest, mark_files(folder, manifest))

    def verify_parts(self) -> None:
        """Read every value of an opened region and compare it with its hash.

        Raises
        ------
        RegionDamaged
            The first part whose values are not those that were saved.
        ValueError
            The graph was not opened from a folder.
        """
        if self.folder is None:
            raise ValueError("only a region opened from a folder has hashes to be held against")
        manifest = read_manifest(self.folder)
        for name, array in self.arrays().items():
            verify_part(self.folder, name, array, manifest)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all parts by name."""
        return {name: getattr(self, name) for name in PARTS}

    def counts(self) -> dict[str, int]:
        """Return the numbers of nodes, edges, shape points and names."""
        return {
            "nodes": len(self.lon),
            "edges": len(self.head),
            "shape_points": shapes.count_all(self.shape_steps),
            "names": len(self.name_first) - 1,
        }

    @cached_property
    def deck_climb_m(self) -> float:
        """Metres that all decks together lift a car, which takes none of its energy."""
        decks = np.flatnonzero(np.asarray(self.flags) & Flag.FERRY)
        rise_m = self.ele_m[self.head[decks]] - self.ele_m[self.tail[decks]]
        return float(np.maximum(rise_m, 0.0).sum(dtype=np.float64))

    @property
    def bbox(self) -> BBox:
        """The box around all nodes."""
        if not len(self.lon):
            return BBox(0.0, 0.0, 0.0, 0.0)
        return BBox(
            float(self.lon.min()),
            float(self.lat.min()),
            float(self.lon.max()),
            float(self.lat.max()),
        )

    def geometry(self, edge: int) -> NDArray[np.float64]:
        """Return the points of an edge, shape (k, 2), longitude and latitude, ends included."""
        return self.lines((edge,))[0]

    def path_geometry(self, edges: Sequence[int] | NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the points along edges that follow each other, shape (k, 2), each point once."""
        points, of = self.lines(edges)
        again = np.zeros(len(of), np.bool_)
        again[1:] = of[1:] != of[:-1]
        return points[~again]

    def lines(
        self, edges: Sequence[int] | NDArray[np.integer]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the points of each edge one after the other, and which edge (0, 1, ..) each is of.

        Shapes (k, 2) and (k,); points are longitude and latitude, both ends of each edge included.
        """
        return shapes.lines(self, np.asarray(edges, dtype=np.int64))

    def edge_name(self, edge: int) -> str:
        """Return the road's name and number as signed, or an empty string."""
        return names.shown(self._label(edge))

    def edge_road(self, edge: int) -> tuple[str, str]:
        """Return the road's name and its number, several parted by a comma; empty if untold."""
        return names.name_and_ref(self._label(edge))

    def roads_along(self, edges: Sequence[int] | NDArray[np.integer]) -> tuple[names.Stretch, ...]:
        """Return the roads that a path follows, in order, by name and number, with their metres."""
        return names.roads_along(self, edges)

    def _label(self, edge: int) -> str:
        index = int(self.name_of[edge])
        span = slice(int(self.name_first[index]), int(self.name_first[index + 1]))
        return self.name_utf8[span].tobytes().decode("utf-8")

    def to_networkx(self) -> Any:
        """Return the roads as a ``networkx.MultiDiGraph`` in the form of OSMnx.

        See `planner.roads.exchange`. `DataMissing` where networkx is not installed.
        """
        from planner.roads.exchange import to_networkx  # noqa: PLC0415 -- it builds on this module

        return to_networkx(self)

    @staticmethod
    def from_networkx(given: Any, *, name: str, **more: Any) -> "RoadGraph":
        """Make a region of a graph of networkx in the form of OSMnx.

        See `planner.roads.exchange_reading.from_networkx` for what it takes and raises.
        """
        from planner.roads.exchange_reading import (  # noqa: PLC0415 -- it builds on this module
            from_networkx,
        )

        return from_networkx(given, name=name, **more)

    def __reduce__(self) -> Any:
        """Send a saved region to another process by its folder, not by its arrays."""
        if self.folder is None:
            return _restore, (dict(self.__dict__),)
        return type(self).open, (self.folder,)


def _restore(fields: dict[str, Any]) -> RoadGraph:
    return RoadGraph(**fields)


_FACTS = ("name", "hash", "as_of", "attribution", "notes", "source", "max_snap_m", "has_elevation")
