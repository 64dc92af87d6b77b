"""Graphs in files: GraphML as OSMnx keeps it, and GeoPackage for maps."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from planner.errors import DataError, DataMissing, InputError
from planner.roads.exchange import to_networkx
from planner.roads.graph import RoadGraph
from planner.roads.optional import library

SUFFIXES: tuple[str, ...] = (".graphml", ".gpkg")


def save_graph(graph: RoadGraph, path: Path) -> None:
    """Write a region by OSMnx: GraphML, or a GeoPackage with the layers ``nodes`` and ``edges``.

    Raises
    ------
    InputError
        The file's name has another ending, or its folder is not there.
    DataMissing
        OSMnx is not installed.
    """
    kind = ending_of(path, SUFFIXES)
    if not path.parent.is_dir():
        raise InputError("there is no such folder", place=str(path.parent))
    osmnx = library("osmnx")
    made = to_networkx(graph)
    if kind == ".graphml":
        osmnx.save_graphml(made, path)
    else:
        path.unlink(missing_ok=True)
        osmnx.save_graph_geopackage(made, path, directed=True)


def ending_of(path: Path, known: Iterable[str]) -> str:
    """Return the ending by which a file's format is told; `InputError` for one not known."""
    ending = path.suffix.lower()
    if ending not in known:
        raise InputError(
            "the file's name does not tell its format",
            place=str(path),
            remedy=f"Name it with one of {', '.join(known)}",
        )
    return ending


def load_graph(path: Path) -> Any:
    """Read a GraphML file that OSMnx or `save_graph` wrote; a ``networkx.MultiDiGraph``.

    Raises
    ------
    DataMissing
        There is no such file, or OSMnx is not installed.
    DataError
        It is none.
    """
    osmnx = library("osmnx")
    if not path.is_file():
        raise DataMissing("there is no such file", place=str(path), remedy="Check the path")
    networkx_error = library("networkx").NetworkXError
    try:
        return osmnx.load_graphml(path)
    except (
        ParseError, AttributeError, ValueError, KeyError, TypeError, RecursionError, networkx_error
    ) as e:  # fmt: skip
        raise DataError(
            f"the file is no GraphML of OSMnx ({e})",
            place=str(path),
            remedy="Write it with `osmnx.save_graphml`",
        ) from e
