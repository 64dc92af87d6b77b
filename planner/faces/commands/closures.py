"""``plugsure closures``: roads that are closed or slower for a while."""

import time
from collections.abc import Sequence
from pathlib import Path

import click

from planner.errors import Fault, InputError
from planner.faces.closure_files import read_file
from planner.faces.closures import place_closures, read_features, show_closures
from planner.faces.commands.console import note, office, show_json, show_table
from planner.formats.stamps import stamp
from planner.model.closure import Closure

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN_FAULTS = 20


@click.group()
def closures() -> None:
    """Closures and slow-downs: roads that plans keep off, or drive slower, for a while."""


@closures.command(name="import", epilog="Example: plugsure closures import closures.geojson")
@click.argument("file", type=FILE)
@click.option("--region", help="The region whose roads they mean; default: the one that is used.")
def import_(file: Path, region: str | None) -> None:
    """Replace all closures by those of FILE, GeoJSON or CSV.

    Each has a geometry along the road (or edges of the region), one of closed, speed_kmh and
    factor, and if need be from, until, both_directions, reason and id.
    """
    used = office(region)
    features, faults = read_file(file)
    good, more = read_features(features)
    placed = place_closures(used.world.region, good)
    left_out = [*faults, *more, *placed.faults]
    if left_out and not placed.closures:
        raise InputError.of(left_out[:SHOWN_FAULTS])
    used.store.closures.replace(placed.closures)
    _tell("left out", left_out)
    _tell("in part", placed.notes)
    edges = sum(len(closure.edges) for closure in placed.closures)
    refused = len(features) + len(faults) - len(placed.closures)
    click.echo(
        f"{len(placed.closures)} closures imported on {edges} edges of the roads, "
        f"{refused} left out"
    )


@closures.command(name="list", epilog="Example: plugsure closures list --json")
@click.option("--json", "as_json", is_flag=True, help="GeoJSON that can be imported again.")
@click.option("--region", help="The region whose roads they mean; default: the one that is used.")
def list_(as_json: bool, region: str | None) -> None:
    """Show all closures, past and coming ones among them."""
    used = office(region)
    known, now = used.store.closures.all(), time.time()
    if as_json:
        show_json(show_closures(known, used.world.region, now=now))
        return
    shown = [
        (
            closure.id,
            _effect(closure),
            "always" if closure.begins is None else stamp(closure.begins),
            "open end" if closure.ends is None else stamp(closure.ends),
            "yes" if closure.is_in_force(now, 0.0) else "no",
            str(len(closure.edges)),
            closure.reason,
        )
        for closure in known
    ]
    columns = ("id", "effect", "from", "until", "in force", "edges", "reason")
    show_table("Closures", columns, shown)


@closures.command(name="clear", epilog="Example: plugsure closures clear")
def clear() -> None:
    """Lift all closures."""
    store = office().store
    count = len(store.closures.all())
    store.closures.replace(())
    click.echo(f"{count} closures lifted")


def _effect(closure: Closure) -> str:
    if closure.closed:
        return "closed"
    if closure.factor is not None:
        return f"{closure.factor:.0%} of the speed"
    return f"{closure.speed_kmh:g} km/h"


def _tell(says: str, faults: Sequence[Fault]) -> None:
    for fault in faults[:SHOWN_FAULTS]:
        note(f"  {says}: {fault}")
    if len(faults) > SHOWN_FAULTS:
        note(f"  and {len(faults) - SHOWN_FAULTS} more")
