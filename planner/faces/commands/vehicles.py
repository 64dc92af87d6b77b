"""``plugsure vehicles``: the catalogue, and importing more."""

from pathlib import Path
from typing import Any

import click

from planner.energy.catalogue import read_open_ev_data, save_imported, search_vehicles
from planner.energy.description import vehicle_to_dict
from planner.faces.commands.console import note, office, show_json, show_table
from planner.settings import Settings

SHOWN_FAULTS = 20


@click.group(
    invoke_without_command=True,
    epilog="Example: plugsure vehicles --search 'ioniq 5'",
)
@click.option("--search", default="", help="Words of make, model or id; may be misspelt.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def vehicles(ctx: click.Context, search: str, limit: int, as_json: bool) -> None:
    """List the catalogue of vehicles, with the quality of their charging curves."""
    if ctx.invoked_subcommand is not None:
        return
    catalogue = office().catalogue
    found = search_vehicles(catalogue, search, limit=limit)
    if as_json:
        show_json([vehicle_to_dict(vehicle) for vehicle in found])
        return
    rows = []
    for vehicle in found:
        peak = max((point.power_kw for point in vehicle.dc_curve), default=0.0)
        rows.append(
            (
                vehicle.id,
                vehicle.title,
                f"{vehicle.usable_kwh:.1f}",
                f"{peak:.0f}" if peak else "-",
                f"{vehicle.ac_kw:.0f}",
                vehicle.curve_quality,
                vehicle.curve_source,
            )
        )
    columns = ("id", "vehicle", "usable kWh", "DC kW", "AC kW", "curve", "source")
    show_table("", columns, rows)
    if len(found) < len(catalogue.vehicles):
        note(f"{len(found)} of {len(catalogue.vehicles)} vehicles; see --search and --limit")


@vehicles.command(name="import", epilog="Example: plugsure vehicles import open-ev-data.json")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_(file: Path, as_json: bool) -> None:
    """Import FILE, in the form of open-ev-data; what cannot be used is listed with its reason."""
    read, faults = read_open_ev_data(file)
    path = save_imported(Settings.read().home, read)
    for fault in faults[:SHOWN_FAULTS]:
        note(f"  left out: {fault}")
    if len(faults) > SHOWN_FAULTS:
        note(f"  and {len(faults) - SHOWN_FAULTS} more")
    said: dict[str, Any] = {"imported": len(read), "left_out": len(faults), "file": str(path)}
    if as_json:
        show_json(said)
    else:
        click.echo(f"{len(read)} vehicles imported, {len(faults)} left out")
