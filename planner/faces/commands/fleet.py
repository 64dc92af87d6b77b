"""``plugsure fleet``: the fleet's own records, and the plans by which it drives."""

import time
from pathlib import Path
from typing import Any

import click

from planner.errors import InputError
from planner.faces.commands.console import note, office, show_json, show_table
from planner.faces.dispatch import Dispatch, risk_to_json, use_to_json
from planner.faces.faults import read_json
from planner.faces.records import keep_document, remove_rules
from planner.formats.fleet_json import driver_to_json, policy_to_json, vehicle_record_to_json

KINDS = ("vehicles", "drivers", "policies", "plans")
SHOWN_FAULTS = 20
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def fleet() -> None:
    """Keep the fleet's own vehicles, drivers and policies, and see the plans in use."""


@fleet.command(name="import", epilog="Example: plugsure fleet import fleet.json")
@click.argument("file", type=FILE)
def import_(file: Path) -> None:
    """Store the policies, vehicles and drivers of FILE (.json); those of an id are replaced."""
    counts, faults = keep_document(office(), read_json(file.read_bytes()))
    for fault in faults[:SHOWN_FAULTS]:
        note(f"  left out: {fault}")
    if len(faults) > SHOWN_FAULTS:
        note(f"  and {len(faults) - SHOWN_FAULTS} more")
    if faults and not counts:
        raise InputError("nothing was stored", place=file.name)
    click.echo(", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing")


@fleet.command(name="list", epilog="Example: plugsure fleet list vehicles --json")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(kind: str, as_json: bool) -> None:
    """List vehicles, drivers, policies, or the plans in use."""
    found = _found(kind)
    if as_json:
        show_json(found)
        return
    columns = [name for name in (found[0] if found else {"id": ""}) if name not in _LONG]
    rows = [[_cell(row[name]) for name in columns] for row in found]
    show_table("", columns, rows)


@fleet.command(epilog="Example: plugsure fleet remove drivers d-7")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("id_", metavar="ID")
def remove(kind: str, id_: str) -> None:
    """Delete a record, or take a plan out of use."""
    used = office()
    if kind == "policies":
        remove_rules(used, id_)
    elif kind == "plans":
        used.store.fleet_plans.release(id_)
    elif kind == "vehicles":
        used.store.fleet.remove_vehicle(id_)
    else:
        used.store.fleet.remove_driver(id_)
    note(f"Removed {id_}")


@fleet.command(name="at-risk", epilog="Example: plugsure fleet at-risk --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def at_risk(ctx: click.Context, as_json: bool) -> None:
    """Check all plans in use against what is known now; exit status 1 if any is at risk."""
    used = office()
    now = time.time()
    found = Dispatch(used, now).risks(used.store.fleet_plans.ending_after(now))
    told = [risk_to_json(use, risk) for use, risk in found]
    if as_json:
        show_json(told)
    else:
        rows = [
            (
                one["mission_id"],
                one["vehicle"] or "",
                f"{one['slack_s'] / 60:.0f} min",
                one["broken"][0]["detail"],
            )
            for one in told
        ]
        show_table("", ("mission", "vehicle", "slack", "first of what broke"), rows)
    if told:
        ctx.exit(1)


_LONG = ("state", "overrides")


def _found(kind: str) -> list[dict[str, Any]]:
    used = office()
    records = used.store.fleet
    if kind == "drivers":
        return [driver_to_json(one) for one in records.drivers()]
    if kind == "policies":
        return [policy_to_json(one) for one in records.policies()]
    if kind == "plans":
        return [use_to_json(one) for one in used.store.fleet_plans.ending_after(time.time())]
    models = used.catalogue.by_id
    return [
        vehicle_record_to_json(
            one,
            models[one.model].title if one.model in models else "",
            records.state(one.id),
        )
        for one in records.vehicles()
    ]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return "" if value is None else str(value)
