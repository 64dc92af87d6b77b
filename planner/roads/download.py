"""The roads of a place from OpenStreetMap's servers, by OSMnx: for towns and counties.

This is the one module of this room that opens sockets: OSMnx asks Nominatim for the outline of the
place and Overpass for the roads in it. For whole countries take an extract.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from planner.errors import DataMissing, InputError
from planner.roads.elevation import HeightSource
from planner.roads.exchange_reading import from_networkx
from planner.roads.graph import RoadGraph
from planner.roads.optional import library
from planner.settings import NOMINATIM, OVERPASS

KEPT_APART = ("highway", "maxspeed", "name", "ref", "bridge", "tunnel", "toll", "surface")
"""Ways are merged between junctions only where these are the same."""

TAGS = (
    *KEPT_APART, "access", "motor_vehicle", "motorcar", "vehicle", "junction", "oneway", "service",
    "maxspeed:type", "source:maxspeed", "zone:maxspeed", "tracktype", "area",
)  # fmt: skip

_REMEDY = (
    "Check the network, or build the region from an extract with --osm; extracts are at "
    "download.geofabrik.de"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where Nominatim and Overpass answer, and how long one waits for an answer."""

    nominatim: str = NOMINATIM
    overpass: str = OVERPASS
    timeout_s: float = 180.0


def download_place(
    place: str,
    *,
    name: str,
    servers: Servers,
    heights: HeightSource | None = None,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> RoadGraph:
    """Download the roads that cars may drive within a place, and make a region of them.

    Parameters
    ----------
    place : str
        As one asks Nominatim: ``Heidelberg, Germany``.

    Raises
    ------
    DataMissing
        OSMnx is not installed, or a server does not answer.
    InputError
        There is no such place, it has no outline, or no road for cars is in it.
    """
    osmnx = library("osmnx")
    progress(f"downloading {place}", 0.0)
    with _set(osmnx, servers), _told_plainly(osmnx, place):
        found = osmnx.graph_from_place(
            place, network_type="drive", simplify=False, retain_all=True, truncate_by_edge=True
        )
        found = osmnx.simplify_graph(
            found, node_attrs_include=["highway"], edge_attrs_differ=list(KEPT_APART)
        )
    progress(f"downloading {place}", 1.0)
    return from_networkx(
        found,
        name=name,
        source=f"OpenStreetMap by Overpass: {place}",
        as_of=str(found.graph.get("created_date", ""))[:10],
        heights=heights,
        progress=progress,
    )


@contextmanager
def _set(osmnx: Any, servers: Servers) -> Iterator[None]:
    """Set what OSMnx keeps for its whole process, and put it back."""
    wanted = {
        "nominatim_url": servers.nominatim.rstrip("/") + "/",
        "overpass_url": servers.overpass.rstrip("/"),
        "requests_timeout": servers.timeout_s,
        "use_cache": False,
        "useful_tags_way": list(TAGS),
    }
    before = {key: getattr(osmnx.settings, key) for key in wanted}
    try:
        for key, value in wanted.items():
            setattr(osmnx.settings, key, value)
        yield
    finally:
        for key, value in before.items():
            setattr(osmnx.settings, key, value)


@contextmanager
def _told_plainly(osmnx: Any, place: str) -> Iterator[None]:
    """Turn what OSMnx and its transport raise into errors with a remedy."""
    requests = library("requests")
    try:
        yield
    except requests.exceptions.RequestException as error:
        host = getattr(getattr(error, "request", None), "url", None) or "the server"
        raise DataMissing(
            f"no answer from {host.split('?')[0]} ({type(error).__name__})",
            place=f"--place {place}",
            remedy=_REMEDY,
        ) from error
    except osmnx._errors.ResponseStatusCodeError as error:  # noqa: SLF001 -- it has no other name
        raise DataMissing(
            "the server refused to answer", place=f"--place {place}", remedy=_REMEDY
        ) from error
    except (ValueError, TypeError) as error:
        raise InputError(
            f"no roads can be had for this place ({str(error).splitlines()[0]})",
            place=f"--place {place}",
            remedy="Name it as Nominatim knows it, with its country; it must have an outline",
        ) from error
